//! What an attendant says, in words made from its settings.
use dial_plan::{AttendantMenu, BusinessHours, HoursRange, KeyAction, KeyMapping, MenuKey};
use jiff::civil::{Time, Weekday};
use mailbox::{Clock, MailboxCard};

use super::settings::{AttendantSettings, Openness};
use crate::phrase::{Counted, Phrase, PromptKey};

pub(super) const WELCOME: PromptKey = PromptKey("attendant-welcome");
pub(super) const CLOSED: PromptKey = PromptKey("attendant-closed");
pub(super) const CLOSED_TODAY: PromptKey = PromptKey("attendant-closed-today");
pub(super) const FOR_EXTENSION: PromptKey = PromptKey("attendant-for-extension");
pub(super) const FOR_MESSAGE: PromptKey = PromptKey("attendant-for-message");
pub(super) const FOR_MENU: PromptKey = PromptKey("attendant-for-menu");
pub(super) const FOR_OPERATOR: PromptKey = PromptKey("attendant-for-operator");
pub(crate) const FOR_DIRECTORY: PromptKey = PromptKey("attendant-for-directory");
pub(super) const FOR_HOURS: PromptKey = PromptKey("attendant-for-hours");
pub(super) const FOR_LOCATION: PromptKey = PromptKey("attendant-for-location");
pub(super) const FOR_INFORMATION: PromptKey = PromptKey("attendant-for-information");
pub(super) const PRESS: PromptKey = PromptKey("attendant-press");
pub(crate) const PRESS_POUND: PromptKey = PromptKey("attendant-press-pound");
pub(super) const DIAL_EXTENSION: PromptKey = PromptKey("attendant-dial-extension");
pub(super) const ONE_MOMENT: PromptKey = PromptKey("attendant-one-moment");
pub(super) const UNKNOWN_NUMBER: PromptKey = PromptKey("attendant-unknown-number");
pub(super) const NO_ANSWER: PromptKey = PromptKey("attendant-no-answer");
pub(super) const NO_OPERATOR: PromptKey = PromptKey("attendant-no-operator");
pub(super) const NOT_NOW: PromptKey = PromptKey("attendant-not-now");
pub(super) const ALWAYS_OPEN: PromptKey = PromptKey("attendant-always-open");
pub(super) const OUR_HOURS: PromptKey = PromptKey("attendant-our-hours");
pub(super) const TO_DAY: PromptKey = PromptKey("attendant-to-day");
pub(super) const FROM_TIME: PromptKey = PromptKey("attendant-from-time");
pub(super) const UNTIL: PromptKey = PromptKey("attendant-until");
pub(super) const SPELL_LAST_FIRST: PromptKey = PromptKey("attendant-spell-last-first");
pub(super) const SPELL_FIRST_LAST: PromptKey = PromptKey("attendant-spell-first-last");
pub(super) const MORE_LETTERS: PromptKey = PromptKey("attendant-more-letters");
pub(super) const NO_SUCH_NAME: PromptKey = PromptKey("attendant-no-such-name");
pub(super) const FOR_PERSON: PromptKey = PromptKey("attendant-for-person");
pub(super) const AT_EXTENSION: PromptKey = PromptKey("attendant-at-extension");
pub(super) const TOO_MANY_NAMES: PromptKey = PromptKey("attendant-too-many-names");
pub(super) const OTHER_NAME: PromptKey = PromptKey("attendant-other-name");
pub(super) const PERSON_MENU: PromptKey = PromptKey("attendant-person-menu");

const DAYS: [PromptKey; 7] = [
    PromptKey("attendant-sunday"),
    PromptKey("attendant-monday"),
    PromptKey("attendant-tuesday"),
    PromptKey("attendant-wednesday"),
    PromptKey("attendant-thursday"),
    PromptKey("attendant-friday"),
    PromptKey("attendant-saturday"),
];

/// Every key of an attendant's own; the digits and the common ones are others'.
pub(crate) const KEYS: &[PromptKey] = &[
    WELCOME,
    CLOSED,
    CLOSED_TODAY,
    FOR_EXTENSION,
    FOR_MESSAGE,
    FOR_MENU,
    FOR_OPERATOR,
    FOR_DIRECTORY,
    FOR_HOURS,
    FOR_LOCATION,
    FOR_INFORMATION,
    PRESS,
    PRESS_POUND,
    DIAL_EXTENSION,
    ONE_MOMENT,
    UNKNOWN_NUMBER,
    NO_ANSWER,
    NO_OPERATOR,
    NOT_NOW,
    ALWAYS_OPEN,
    OUR_HOURS,
    TO_DAY,
    FROM_TIME,
    UNTIL,
    SPELL_LAST_FIRST,
    SPELL_FIRST_LAST,
    MORE_LETTERS,
    NO_SUCH_NAME,
    FOR_PERSON,
    AT_EXTENSION,
    TOO_MANY_NAMES,
    OTHER_NAME,
    PERSON_MENU,
    DAYS[0],
    DAYS[1],
    DAYS[2],
    DAYS[3],
    DAYS[4],
    DAYS[5],
    DAYS[6],
];

impl PromptKey {
    /// Every key that an attendant may speak, beside the common ones.
    pub const ATTENDANT: &'static [Self] = KEYS;
}

pub(super) fn prompt(key: PromptKey) -> Phrase {
    Phrase::Prompt(key)
}

/// The greeting of the moment: a recording, or the server's own words.
pub(super) fn greeting(settings: &AttendantSettings) -> Vec<Phrase> {
    match (&settings.greeting, settings.open) {
        (Some(recording), _) => vec![Phrase::Announcement(recording.clone())],
        (None, Openness::Open) => vec![prompt(WELCOME)],
        (None, Openness::Closed) => vec![prompt(WELCOME), prompt(CLOSED)],
        (None, Openness::Holiday) => vec![prompt(WELCOME), prompt(CLOSED_TODAY)],
    }
}

/// What the keys do: a recording, or words made from the keys.
pub(super) fn menu(settings: &AttendantSettings) -> Vec<Phrase> {
    let AttendantMenu { prompt: recording, keys, .. } = &settings.menu;
    if let Some(recording) = recording {
        return vec![Phrase::Announcement(recording.to_string())];
    }
    let mut words = Vec::new();
    if settings.takes_numbers() {
        words.push(prompt(DIAL_EXTENSION));
    }
    if settings.name_order.is_some() {
        words.extend([prompt(FOR_DIRECTORY), prompt(PRESS_POUND)]);
    }
    for (key, mapping) in keys {
        words.extend(key_words(*key, mapping));
    }
    if settings.operator.is_some() {
        words.extend([prompt(FOR_OPERATOR), prompt(PRESS), Phrase::Digits("0".to_owned())]);
    }
    words
}

fn key_words(key: MenuKey, mapping: &KeyMapping) -> Vec<Phrase> {
    let Some(digit) = key.as_digit() else { return Vec::new() };
    let mut words = match &mapping.action {
        KeyAction::Transfer(number) => vec![prompt(FOR_EXTENSION), Phrase::Digits(number.to_string())],
        KeyAction::LeaveMessage(number) => vec![prompt(FOR_MESSAGE), Phrase::Digits(number.to_string())],
        KeyAction::Attendant(_) => vec![prompt(FOR_MENU)],
        KeyAction::Operator => vec![prompt(FOR_OPERATOR)],
        KeyAction::Directory => vec![prompt(FOR_DIRECTORY)],
        KeyAction::Hours => vec![prompt(FOR_HOURS)],
        KeyAction::Location => vec![prompt(FOR_LOCATION)],
        KeyAction::Announcement => vec![prompt(FOR_INFORMATION)],
    };
    words.extend([prompt(PRESS), Phrase::Digits(digit.to_string())]);
    words
}

/// The person by their recorded name, or else by their extension.
pub(super) fn person(card: &MailboxCard) -> Vec<Phrase> {
    match &card.recorded_name {
        Some(name) => vec![Phrase::Name(name.clone())],
        None => vec![prompt(AT_EXTENSION), Phrase::Digits(card.extension.to_string())],
    }
}

/// The people that a search has found, each with its key.
pub(super) fn people(cards: &[MailboxCard], more: bool) -> Vec<Phrase> {
    let mut words = vec![Phrase::Count(u32::try_from(cards.len()).unwrap_or(u32::MAX), Counted::Matches)];
    for (key, card) in (1_u8..).zip(cards) {
        words.push(prompt(FOR_PERSON));
        words.extend(person(card));
        words.extend([prompt(PRESS), Phrase::Digits(key.to_string())]);
    }
    words.push(prompt(if more { TOO_MANY_NAMES } else { OTHER_NAME }));
    words
}

/// When the business is open; days with the same hours together.
pub(super) fn hours(hours: &BusinessHours) -> Vec<Phrase> {
    if hours.ranges().is_empty() {
        return vec![prompt(ALWAYS_OPEN)];
    }
    let mut words = vec![prompt(OUR_HOURS)];
    for run in runs(hours.ranges()) {
        words.push(day(run.first));
        if run.last != run.first {
            words.extend([prompt(TO_DAY), day(run.last)]);
        }
        words.extend([prompt(FROM_TIME), time(run.from), prompt(UNTIL)]);
        words.extend(run.next_day.map(day));
        words.push(time(run.until));
    }
    words
}

/// Days one after the other with the same hours.
struct Run {
    first: Weekday,
    last: Weekday,
    from: Time,
    until: Time,
    /// The day on which it ends, if that is another one.
    next_day: Option<Weekday>,
}

fn runs(ranges: &[HoursRange]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for range in ranges {
        let (day, from, until) = (range.from().weekday(), range.from().time(), range.until().time());
        // Midnight at the end of a day belongs to it.
        let end = range.until().weekday();
        let ends_today = (end == day && until > from) || (end == day.next() && until == Time::midnight());
        let next_day = (!ends_today).then_some(end);
        let same = |run: &&mut Run| {
            run.next_day.is_none() && run.from == from && run.until == until && run.last.next() == day
        };
        match runs.iter_mut().find(same).filter(|_| next_day.is_none()) {
            Some(run) => run.last = day,
            None => runs.push(Run { first: day, last: day, from, until, next_day }),
        }
    }
    runs
}

fn time(time: Time) -> Phrase {
    Phrase::TimeOfDay(time, Clock::OfLanguage)
}

fn day(day: Weekday) -> Phrase {
    let place = usize::try_from(day.to_sunday_zero_offset()).unwrap_or(0);
    prompt(DAYS.get(place).copied().unwrap_or(DAYS[0]))
}
