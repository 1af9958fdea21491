use std::time::Duration;

use dial_plan::{AttendantMenu, BusinessHours, MenuNow, Moment, Name, NameLookup};
use mailbox::NameOrder;

use crate::speech::Language;

/// What an attendant does with the call that comes now. Everything that depends on the time is decided here: the
/// conversation has no clock.
#[derive(Clone, Debug, PartialEq)]
pub struct AttendantSettings {
    /// The attendant, on whose behalf numbers are dialled.
    pub name: String,
    /// The language that it speaks.
    pub language: Language,
    /// What kind of time it is.
    pub open: Openness,
    /// The recording that greets the caller, in place of the server's words.
    pub greeting: Option<String>,
    /// The recording that is heard after the greeting.
    pub announcement: Option<Announcement>,
    /// The menu of the moment.
    pub menu: AttendantMenu,
    /// What the key for the business hours tells.
    pub hours: BusinessHours,
    /// The recording of the location.
    pub location: Option<String>,
    /// Where `0` leads now.
    pub operator: Option<String>,
    /// Silence after the menu that counts as no key.
    pub timeout: Duration,
    /// Wrong inputs and silences, one after the other, after which the caller is let go; 0 counts as 1.
    pub input_failures: u8,
    /// How names are spelled; `None`: they are not.
    pub name_order: Option<NameOrder>,
    /// What callers may do about people.
    pub people: PeopleOffered,
    /// Digits of an extension of the plan.
    pub extension_digits: u8,
    /// Digits after which a number needs no `#`: those of an extension, or more where longer numbers may be dialled.
    pub longest_number: u8,
}

/// A recording that is heard after the greeting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Announcement {
    /// Which.
    pub recording: String,
    /// What keys do meanwhile.
    pub keys: AnnouncementKeys,
}

/// What keys do while a recording is heard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnnouncementKeys {
    /// They choose from the menu at once.
    Choose,
    /// Nothing.
    AreIgnored,
}

/// What kind of time it is where the attendant is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Openness {
    /// The business is open.
    Open,
    /// It is closed.
    Closed,
    /// It is closed today.
    Holiday,
}

/// What callers may do about people.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PeopleOffered {
    /// Be put through to them.
    pub calls: bool,
    /// Leave them a message.
    pub messages: bool,
}

/// The most digits of a number.
const LONGEST_NUMBER: u8 = 32;

impl AttendantSettings {
    /// The settings for a call that comes at the moment of `now`.
    pub fn of(now: &MenuNow<'_>) -> Self {
        let attendant = now.attendant;
        let people = PeopleOffered { calls: attendant.call_someone, messages: attendant.send_messages };
        let order = match attendant.name_lookup {
            NameLookup::LastFirst => Some(NameOrder::LastFirst),
            NameLookup::FirstLast => Some(NameOrder::FirstLast),
            NameLookup::Off => None,
        };
        let keys = match attendant.announcement_uninterruptible {
            true => AnnouncementKeys::AreIgnored,
            false => AnnouncementKeys::Choose,
        };
        let extension_digits = now.plan.extension_digits;
        let dials_further = !attendant.dialling.allowed_groups.is_empty();
        Self {
            name: attendant.name.to_string(),
            language: now.language.parse().unwrap_or_default(),
            open: match now.moment {
                Moment::Business => Openness::Open,
                Moment::AfterHours => Openness::Closed,
                Moment::Holiday(_) => Openness::Holiday,
            },
            greeting: now.greeting.map(Name::to_string),
            announcement: attendant
                .announcement
                .as_ref()
                .map(|recording| Announcement { recording: recording.to_string(), keys }),
            menu: now.menu.clone(),
            hours: attendant.hours.clone(),
            location: attendant.location.as_ref().map(Name::to_string),
            operator: now.operator.map(ToString::to_string),
            timeout: Duration::from_secs(u64::from(attendant.timeout_seconds)),
            input_failures: now.plan.input_failures,
            name_order: order.filter(|_| people.calls || people.messages),
            people,
            extension_digits,
            longest_number: if dials_further { LONGEST_NUMBER } else { extension_digits },
        }
    }

    /// The same without the recordings that are not there: the server's own words are heard in place of greeting and menu.
    #[must_use]
    pub fn with_recordings(mut self, is_there: impl Fn(&str) -> bool) -> Self {
        self.greeting = self.greeting.filter(|recording| is_there(recording));
        self.announcement = self.announcement.filter(|announcement| is_there(&announcement.recording));
        self.menu.prompt = self.menu.prompt.filter(|recording| is_there(recording));
        self
    }

    /// Whether the caller may enter a number in the menu.
    pub(super) fn takes_numbers(&self) -> bool {
        self.people.calls
    }
}
