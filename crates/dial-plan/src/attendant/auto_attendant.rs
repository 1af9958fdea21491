use serde::{Deserialize, Serialize};
use telephony::PhoneNumber;

use super::{
    holiday::Holiday,
    hours::BusinessHours,
    menu::{AttendantMenu, MenuTime},
};
use crate::{dialling_rules::DialPermissions, mode::words, name::Name};

/// How callers of an attendant find people by the letters of their names.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameLookup {
    /// Last name, then first name; the caller may turn it round.
    #[default]
    LastFirst,
    /// First name, then last name; the caller may turn it round.
    FirstLast,
    /// Not at all.
    Off,
}

words!(NameLookup { LastFirst = "last-first", FirstLast = "first-last", Off = "off" });

/// An auto attendant: answers its pilot numbers with a menu. Defaults are those of Exchange UM's attendants, which begin
/// disabled.
///
/// The fields are checked by the [`crate::Site`] that takes the attendant in. Recordings are named; that they exist is
/// the caller's to check.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AutoAttendant {
    /// At most 64 characters, unique among all attendants.
    pub name: Name,
    /// The plan whose people it reaches.
    pub dial_plan: Name,
    /// Whether it answers calls.
    #[serde(default)]
    pub enabled: bool,
    /// The numbers that it answers, after the gateway's number rules; at most [`AutoAttendant::MAX_PILOTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pilots: Vec<PhoneNumber>,
    /// The language of its prompts, a BCP 47 tag; without it the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Where its hours and days are, an IANA name; without it the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Where `0` leads; without it the plan's operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<PhoneNumber>,
    /// Silence after the menu that counts as no key, 1 to 30 seconds.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u8,
    /// Whether callers find people by name.
    #[serde(default)]
    pub name_lookup: NameLookup,
    /// Whether callers may be put through to people.
    #[serde(default = "yes")]
    pub call_someone: bool,
    /// Whether callers who look for somebody may leave them a message.
    #[serde(default = "yes")]
    pub send_messages: bool,
    /// A recording that is heard after the greeting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<Name>,
    /// Whether no key cuts that recording short.
    #[serde(default)]
    pub announcement_uninterruptible: bool,
    /// A recording that says where the business is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Name>,
    /// When the business is open.
    #[serde(default)]
    pub hours: BusinessHours,
    /// The menu while it is open.
    #[serde(default)]
    pub business: AttendantMenu,
    /// The menu while it is closed, and on holidays.
    #[serde(default)]
    pub after_hours: AttendantMenu,
    /// Days on which it is closed whatever the hours say; at most [`AutoAttendant::MAX_HOLIDAYS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
    /// What its callers may dial.
    #[serde(default, skip_serializing_if = "DialPermissions::is_default")]
    pub dialling: DialPermissions,
}

impl AutoAttendant {
    /// The most pilot numbers.
    pub const MAX_PILOTS: usize = 32;
    /// The most holidays.
    pub const MAX_HOLIDAYS: usize = 128;
    /// The longest silence after the menu.
    pub const MAX_TIMEOUT_SECONDS: u8 = 30;

    /// An attendant with every default: disabled, always open, no keys.
    pub fn new(name: Name, dial_plan: Name) -> Self {
        Self {
            name,
            dial_plan,
            enabled: false,
            pilots: Vec::new(),
            language: None,
            time_zone: None,
            operator: None,
            timeout_seconds: timeout_seconds(),
            name_lookup: NameLookup::default(),
            call_someone: true,
            send_messages: true,
            announcement: None,
            announcement_uninterruptible: false,
            location: None,
            hours: BusinessHours::default(),
            business: AttendantMenu::default(),
            after_hours: AttendantMenu::default(),
            holidays: Vec::new(),
            dialling: DialPermissions::default(),
        }
    }

    /// Its menu at such a time.
    pub fn menu(&self, time: MenuTime) -> &AttendantMenu {
        match time {
            MenuTime::Business => &self.business,
            MenuTime::AfterHours => &self.after_hours,
        }
    }

    pub(crate) fn menu_mut(&mut self, time: MenuTime) -> &mut AttendantMenu {
        match time {
            MenuTime::Business => &mut self.business,
            MenuTime::AfterHours => &mut self.after_hours,
        }
    }

    /// Both menus.
    pub fn menus(&self) -> [&AttendantMenu; 2] {
        [&self.business, &self.after_hours]
    }

    /// Every recording that it names, as often as it does.
    pub fn recordings(&self) -> impl Iterator<Item = &Name> {
        let of_menus = self.menus().into_iter().flat_map(AttendantMenu::recordings);
        let of_holidays = self.holidays.iter().filter_map(|holiday| holiday.greeting.as_ref());
        self.announcement.iter().chain(&self.location).chain(of_menus).chain(of_holidays)
    }
}

fn timeout_seconds() -> u8 {
    5
}

fn yes() -> bool {
    true
}
