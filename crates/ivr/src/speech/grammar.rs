use jiff::civil::{Date, Time};
use mailbox::Clock;

use crate::{
    phrase::{Counted, PromptKey},
    speech::numbered::{DIGITS, TODAY, TOMORROW, YESTERDAY, at, weekday},
};

/// How a language puts numbers, dates and times into pieces.
pub(super) trait Grammar: Sync {
    /// Lists of every piece that the other functions return.
    fn pieces(&self) -> &'static [&'static [PromptKey]];

    /// Telephone keys, one after the other; other characters are passed over.
    fn digits(&self, digits: &str) -> Vec<PromptKey> {
        digits.chars().filter_map(|c| at(&DIGITS, c.to_digit(10)?)).collect()
    }

    /// A number alone, 0 to 999,999.
    fn number(&self, number: u32) -> Vec<PromptKey>;

    /// A number of things, 0 to 999,999.
    fn count(&self, number: u32, what: Counted) -> Vec<PromptKey>;

    /// A day, seen from today.
    fn day(&self, date: Date, today: Date) -> Vec<PromptKey>;

    /// Hour and minute.
    fn time_of_day(&self, time: Time, clock: Clock) -> Vec<PromptKey>;

    /// What stands between a day and the time on it.
    fn between_day_and_time(&self) -> Option<PromptKey>;

    /// A length of time.
    fn length(&self, seconds: u32) -> Vec<PromptKey>;
}

/// What a day is called that needs no date: today and its neighbours, and the weekdays of the six days before.
pub(super) fn named_day(date: Date, today: Date) -> Option<PromptKey> {
    match (today - date).get_days() {
        -1 => Some(TOMORROW),
        0 => Some(TODAY),
        1 => Some(YESTERDAY),
        2..=6 => weekday(date),
        _ => None,
    }
}

/// The year, if it has to be said.
pub(super) fn other_year(date: Date, today: Date) -> Option<u32> {
    (date.year() != today.year()).then(|| unsigned(date.year()))
}

/// Date fields are bounded and never negative where they are spoken.
pub(super) fn unsigned(field: impl Into<i32>) -> u32 {
    field.into().unsigned_abs()
}

/// One or many, for languages that have these two.
pub(super) fn one_or_many(number: u32, [one, many]: [PromptKey; 2]) -> PromptKey {
    if number == 1 { one } else { many }
}

/// The unit of a count in the singular and in the plural.
pub(super) fn counted(what: Counted) -> [PromptKey; 2] {
    let [one, many] = match what {
        Counted::NewMessages => ["count-new-one", "count-new-many"],
        Counted::SavedMessages => ["count-saved-one", "count-saved-many"],
        Counted::UrgentMessages => ["count-urgent-one", "count-urgent-many"],
        Counted::Messages => ["count-messages-one", "count-messages-many"],
        Counted::Days => ["count-days-one", "count-days-many"],
        Counted::Matches => ["count-matches-one", "count-matches-many"],
    };
    [PromptKey(one), PromptKey(many)]
}

/// Every key of [`counted`].
pub(super) const COUNTED: &[PromptKey] = &[
    PromptKey("count-new-one"),
    PromptKey("count-new-many"),
    PromptKey("count-saved-one"),
    PromptKey("count-saved-many"),
    PromptKey("count-urgent-one"),
    PromptKey("count-urgent-many"),
    PromptKey("count-messages-one"),
    PromptKey("count-messages-many"),
    PromptKey("count-days-one"),
    PromptKey("count-days-many"),
    PromptKey("count-matches-one"),
    PromptKey("count-matches-many"),
];
