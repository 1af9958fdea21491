//! What a call meets: plans, attendants, words.
use dial_plan::{AutoAttendant, KeyMapping, PolicyPatch};
use telephony::PhoneNumber;

use super::*;

/// A prompt by its key in the catalogue.
pub(super) fn said(key: &str) -> Phrase {
    let found = PromptKey::all().into_iter().find(|known| known.as_str() == key);
    Phrase::Prompt(found.unwrap_or_else(|| panic!("no prompt {key}")))
}

/// A recording of the administrator's own.
pub(super) fn recording(name: &str) -> Phrase {
    Phrase::Announcement(name.to_owned())
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(super) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

/// An attendant of the plan `hq` that takes calls and answers these numbers.
pub(super) fn attendant(text: &str, pilots: &[&str]) -> AutoAttendant {
    let mut attendant = AutoAttendant::new(name(text), name("hq"));
    attendant.enabled = true;
    attendant.pilots = pilots.iter().map(|pilot| number(pilot)).collect();
    attendant
}

/// Gives a key of the menu in business hours a meaning.
pub(super) fn key(attendant: &mut AutoAttendant, key: &str, action: &str) {
    let mapping = KeyMapping { action: action.parse().unwrap(), announcement: None };
    attendant.business.keys.insert(key.parse().unwrap(), mapping);
}

pub(super) fn set_plan(patch: DialPlanPatch) -> SiteChange {
    SiteChange::SetDialPlan { name: "hq".into(), patch }
}

pub(super) fn set_policy(patch: PolicyPatch) -> SiteChange {
    SiteChange::SetPolicy { name: "hq Default Policy".into(), patch }
}

/// An Unsecured plan `hq` with these changes, and recordings of these names.
pub(super) fn rig_with(changes: &[SiteChange], recordings: &[&str]) -> Rig {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    for change in changes {
        rig.site = rig.site.apply(change).unwrap().0;
    }
    rig.put_site();
    let mut prompts = PromptSet::clone(&rig.core.settings.prompts);
    for (place, recording) in recordings.iter().enumerate() {
        prompts.insert_announcement((*recording).to_owned(), Arc::from(vec![0xfe; 80 + place]));
    }
    rig.input(Input::Prompts(Arc::new(prompts)));
    rig
}

pub(super) fn create(attendant: AutoAttendant) -> SiteChange {
    SiteChange::CreateAttendant(Box::new(attendant))
}
