//! What the site alone cannot know of what is spoken: the languages that have a voice, and the recordings that are there.
use dial_plan::{Name, Site};
use ivr::Language;

use super::ChangeError;
use crate::prompts::PromptShelf;

/// Refuses languages without a voice, and attendants that name a recording which is not there. What was so before stays.
pub(super) fn check(prompts: &PromptShelf, before: &Site, after: &Site) -> Result<(), ChangeError> {
    for plan in after.dial_plans() {
        let had = before.dial_plan(plan.name.as_str()).map(|plan| plan.language.as_str());
        if had != Some(plan.language.as_str()) {
            has_voice(&plan.language, || format!("dial plan {}", plan.name))?;
        }
    }
    let there = prompts.current();
    for attendant in after.attendants() {
        let had = before.attendant(attendant.name.as_str());
        let object = || format!("attendant {}", attendant.name);
        if let Some(language) = &attendant.language
            && had.is_none_or(|had| had.language.as_ref() != Some(language))
        {
            has_voice(language, object)?;
        }
        for name in attendant.recordings() {
            let was_named = had.is_some_and(|had| had.recordings().any(|named| named == name));
            if !was_named && there.announcement(name).is_none() {
                return Err(ChangeError::NoSuchAnnouncement { object: object(), name: name.clone() });
            }
        }
    }
    Ok(())
}

fn has_voice(tag: &str, object: impl FnOnce() -> String) -> Result<(), ChangeError> {
    match tag.parse::<Language>() {
        Ok(_) => Ok(()),
        Err(unknown) => Err(ChangeError::UnknownLanguage { object: object(), unknown }),
    }
}

/// The first attendant that plays this recording.
pub(super) fn player<'a>(site: &'a Site, announcement: &Name) -> Option<&'a Name> {
    site.attendants()
        .find(|attendant| attendant.recordings().any(|named| named == announcement))
        .map(|attendant| &attendant.name)
}
