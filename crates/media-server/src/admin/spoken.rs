//! What the site alone cannot know of what is spoken: the languages that have a voice, and the recordings that are there.
use std::collections::BTreeSet;

use call_control::PromptSet;
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
        let had = had.into_iter().flat_map(|had| had.greetings.recordings()).collect();
        are_there(&there, had, plan.greetings.recordings(), object)?;
    }
    for attendant in after.attendants() {
        let had = before.attendant(attendant.name.as_str());
        let object = || format!("attendant {}", attendant.name);
        if let Some(language) = &attendant.language
            && had.is_none_or(|had| had.language.as_ref() != Some(language))
        {
            has_voice(language, object)?;
        }
        let had = had.into_iter().flat_map(|had| had.recordings()).collect();
        are_there(&there, had, attendant.recordings(), object)?;
    }
    Ok(())
}

/// The recordings that something did not name before.
fn are_there<'a>(
    there: &PromptSet,
    before: BTreeSet<&Name>,
    mut after: impl Iterator<Item = &'a Name>,
    object: impl FnOnce() -> String,
) -> Result<(), ChangeError> {
    let is_missing = |name: &&Name| !before.contains(name) && there.announcement(name).is_none();
    match after.find(is_missing) {
        None => Ok(()),
        Some(name) => Err(ChangeError::NoSuchAnnouncement { object: object(), name: name.clone() }),
    }
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
