mod configuration;
mod opening;

use super::*;
use crate::{DialPlan, Name, Site, SiteChange, VoipSecurity};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn number(text: &str) -> telephony::PhoneNumber {
    telephony::PhoneNumber::parse(text).unwrap()
}

/// Attendant of plan `hq` that answers this number.
fn attendant(text: &str, pilot: &str) -> AutoAttendant {
    AutoAttendant { enabled: true, pilots: vec![number(pilot)], ..AutoAttendant::new(name(text), name("hq")) }
}

fn plan(text: &str) -> SiteChange {
    SiteChange::CreateDialPlan(DialPlan {
        voip_security: VoipSecurity::Unsecured,
        ..DialPlan::new(name(text), 4)
    })
}

fn create(attendant: AutoAttendant) -> SiteChange {
    SiteChange::CreateAttendant(Box::new(attendant))
}

fn set(text: &str, patch: AttendantPatch) -> SiteChange {
    SiteChange::SetAttendant { name: text.to_owned(), patch: Box::new(patch) }
}

fn site(changes: &[SiteChange]) -> Site {
    changes.iter().fold(Site::empty(), |site, change| site.apply(change).unwrap().0)
}

fn key(when: MenuTime, key: &str, action: &str) -> KeyChange {
    KeyChange {
        when,
        key: key.parse().unwrap(),
        mapping: Some(KeyMapping { action: action.parse().unwrap(), announcement: None }),
    }
}

fn keys(keys: &[KeyChange]) -> AttendantPatch {
    AttendantPatch { keys: keys.to_vec(), ..AttendantPatch::default() }
}
