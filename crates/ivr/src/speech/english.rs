//! American English.
use jiff::civil::{Date, Time};
use mailbox::Clock;

use crate::{
    phrase::{Counted, PromptKey},
    speech::{
        grammar::{COUNTED, Grammar, counted, named_day, one_or_many, other_year, unsigned},
        numbered::{AT, BELOW_HUNDRED, MONTHS, NEAR_DAYS, WEEKDAYS, at, month, numbered, weekday},
    },
};

/// Pieces: "two hundred", "forty", "one".
pub(super) struct English;

const HUNDRED: PromptKey = PromptKey("number-hundred");
const THOUSAND: PromptKey = PromptKey("number-thousand");
const NO: PromptKey = PromptKey("count-none");
const OH: PromptKey = PromptKey("time-oh");
const HUNDRED_HOURS: PromptKey = PromptKey("time-hundred-hours");
const MIDNIGHT: PromptKey = PromptKey("time-midnight");
const NOON: PromptKey = PromptKey("time-noon");
const AM: PromptKey = PromptKey("time-am");
const PM: PromptKey = PromptKey("time-pm");
const MINUTES: [PromptKey; 2] = [PromptKey("length-minute"), PromptKey("length-minutes")];
const SECONDS: [PromptKey; 2] = [PromptKey("length-second"), PromptKey("length-seconds")];
const AND: PromptKey = PromptKey("length-and");

const NUMBERS: &[PromptKey] = &numbered!("number-":
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 30 40 50 60 70 80 90);

/// "first" to "thirty-first".
const ORDINALS: [PromptKey; 31] = numbered!("ordinal-":
    1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);

impl Grammar for English {
    fn pieces(&self) -> &'static [&'static [PromptKey]] {
        &[
            NUMBERS,
            &[HUNDRED, THOUSAND, NO],
            COUNTED,
            NEAR_DAYS,
            &[AT],
            &WEEKDAYS,
            &MONTHS,
            &ORDINALS,
            &[OH, HUNDRED_HOURS, MIDNIGHT, NOON, AM, PM],
            &MINUTES,
            &SECONDS,
            &[AND],
        ]
    }

    fn number(&self, number: u32) -> Vec<PromptKey> {
        number_pieces(number)
    }

    fn count(&self, number: u32, what: Counted) -> Vec<PromptKey> {
        let mut pieces = if number == 0 { vec![NO] } else { number_pieces(number) };
        pieces.push(one_or_many(number, counted(what)));
        pieces
    }

    fn day(&self, date: Date, today: Date) -> Vec<PromptKey> {
        if let Some(name) = named_day(date, today) {
            return vec![name];
        }
        let ordinal = at(&ORDINALS, unsigned(date.day()).saturating_sub(1));
        let mut pieces: Vec<_> = [weekday(date), month(date), ordinal].into_iter().flatten().collect();
        pieces.extend(other_year(date, today).into_iter().flat_map(year));
        pieces
    }

    fn time_of_day(&self, time: Time, clock: Clock) -> Vec<PromptKey> {
        let (hour, minute) = (unsigned(time.hour()), unsigned(time.minute()));
        match clock {
            Clock::OfLanguage | Clock::Twelve => twelve_hours(hour, minute),
            Clock::TwentyFour => twenty_four_hours(hour, minute),
        }
    }

    fn between_day_and_time(&self) -> Option<PromptKey> {
        Some(AT)
    }

    fn length(&self, seconds: u32) -> Vec<PromptKey> {
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let mut pieces = Vec::new();
        if minutes > 0 {
            pieces.extend(number_pieces(minutes));
            pieces.push(one_or_many(minutes, MINUTES));
            if seconds > 0 {
                pieces.push(AND);
            }
        }
        if seconds > 0 || minutes == 0 {
            pieces.extend(number_pieces(seconds));
            pieces.push(one_or_many(seconds, SECONDS));
        }
        pieces
    }
}

fn number_pieces(number: u32) -> Vec<PromptKey> {
    let mut pieces = Vec::new();
    let (thousands, below) = (number / 1000, number % 1000);
    if thousands > 0 {
        pieces.extend(number_pieces(thousands));
        pieces.push(THOUSAND);
    }
    let (hundreds, below) = (below / 100, below % 100);
    if hundreds > 0 {
        pieces.extend(at(&BELOW_HUNDRED, hundreds));
        pieces.push(HUNDRED);
    }
    if below >= 20 {
        pieces.extend(at(&BELOW_HUNDRED, below - below % 10));
    }
    let last = if below >= 20 { below % 10 } else { below };
    if last > 0 || number == 0 {
        pieces.extend(at(&BELOW_HUNDRED, last));
    }
    pieces
}

/// "twenty twenty-six", "nineteen oh five", "two thousand one".
fn year(year: u32) -> Vec<PromptKey> {
    let (century, below) = (year / 100, year % 100);
    if century.is_multiple_of(10) && below < 10 {
        return number_pieces(year);
    }
    let mut pieces = number_pieces(century);
    match below {
        0 => pieces.push(HUNDRED),
        1..=9 => pieces.push(OH),
        _ => {}
    }
    if below > 0 {
        pieces.extend(number_pieces(below));
    }
    pieces
}

/// "three oh five PM".
fn twelve_hours(hour: u32, minute: u32) -> Vec<PromptKey> {
    match (hour, minute) {
        (0, 0) => return vec![MIDNIGHT],
        (12, 0) => return vec![NOON],
        _ => {}
    }
    let mut pieces = number_pieces(if hour.is_multiple_of(12) { 12 } else { hour % 12 });
    if (1..10).contains(&minute) {
        pieces.push(OH);
    }
    if minute > 0 {
        pieces.extend(number_pieces(minute));
    }
    pieces.push(if hour < 12 { AM } else { PM });
    pieces
}

/// "fifteen oh five", "oh nine hundred hours".
fn twenty_four_hours(hour: u32, minute: u32) -> Vec<PromptKey> {
    let mut pieces = Vec::new();
    if (1..10).contains(&hour) {
        pieces.push(OH);
    }
    pieces.extend(number_pieces(hour));
    match minute {
        0 => pieces.push(HUNDRED_HOURS),
        1..=9 => {
            pieces.push(OH);
            pieces.extend(number_pieces(minute));
        }
        _ => pieces.extend(number_pieces(minute)),
    }
    pieces
}
