//! Keys that come in rows.
use jiff::civil::Date;

use crate::{phrase::PromptKey, speech::grammar::unsigned};

/// `"stem-": 1 2 3` as the keys `stem-1`, `stem-2`, `stem-3`.
macro_rules! numbered {
    ($stem:literal: $($number:literal)*) => { [$(PromptKey(concat!($stem, $number))),*] };
}
pub(super) use numbered;

/// A telephone number's keys.
pub(crate) const DIGITS: [PromptKey; 10] = numbered!("digit-": 0 1 2 3 4 5 6 7 8 9);

/// 0 to 99; which of them a language has is its own choice.
pub(super) const BELOW_HUNDRED: [PromptKey; 100] = numbered!("number-":
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39
    40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76
    77 78 79 80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 95 96 97 98 99);

/// Monday to Sunday.
pub(super) const WEEKDAYS: [PromptKey; 7] = numbered!("weekday-": 1 2 3 4 5 6 7);

/// January to December.
pub(super) const MONTHS: [PromptKey; 12] = numbered!("month-": 1 2 3 4 5 6 7 8 9 10 11 12);

pub(super) const TODAY: PromptKey = PromptKey("day-today");
pub(super) const YESTERDAY: PromptKey = PromptKey("day-yesterday");
pub(super) const TOMORROW: PromptKey = PromptKey("day-tomorrow");

/// "at", between a day and the time on it.
pub(super) const AT: PromptKey = PromptKey("day-at");

/// Days near today.
pub(super) const NEAR_DAYS: &[PromptKey] = &[TODAY, YESTERDAY, TOMORROW];

/// The key at a place of a row.
pub(super) fn at(row: &[PromptKey], place: u32) -> Option<PromptKey> {
    row.get(usize::try_from(place).ok()?).copied()
}

pub(super) fn weekday(date: Date) -> Option<PromptKey> {
    at(&WEEKDAYS, unsigned(date.weekday().to_monday_zero_offset()))
}

pub(super) fn month(date: Date) -> Option<PromptKey> {
    at(&MONTHS, unsigned(date.month()).checked_sub(1)?)
}
