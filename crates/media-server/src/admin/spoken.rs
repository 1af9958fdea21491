//! What the site alone cannot know of what is spoken: the languages that have a voice, and the recordings that are there.
use dial_plan::{Name, ObjectKind, Site};
use ivr::Language;

use super::ChangeError;
use crate::prompts::PromptShelf;

/// Refuses languages without a voice, and plans and attendants that name a recording which is not there. What was so
/// before stays.
pub(super) fn check(prompts: &PromptShelf, before: &Site, after: &Site) -> Result<(), ChangeError> {
    let there = prompts.current();
    for plan in after.dial_plans() {
        let had = before.dial_plan(plan.name.as_str());
        let object = || format!("dial plan {}", plan.name);
        if had.is_none_or(|had| had.language != plan.language) {
            has_voice(&plan.language, object)?;
        }
        for name in plan.greetings.recordings() {
            let was_named = had.is_some_and(|had| had.greetings.recordings().any(|named| named == name));
            if !was_named && there.announcement(name).is_none() {
                return Err(ChangeError::NoSuchAnnouncement { object: object(), name: name.clone() });
            }
        }
    }
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

/// The first dial plan or attendant whose callers hear this recording.
pub(super) fn player<'a>(site: &'a Site, announcement: &Name) -> Option<(ObjectKind, &'a Name)> {
    let plan = site
        .dial_plans()
        .find(|plan| plan.greetings.recordings().any(|named| named == announcement))
        .map(|plan| (ObjectKind::DialPlan, &plan.name));
    let attendant = || {
        site.attendants()
            .find(|attendant| attendant.recordings().any(|named| named == announcement))
            .map(|attendant| (ObjectKind::Attendant, &attendant.name))
    };
    plan.or_else(attendant)
}
