//! French of France.
use jiff::civil::{Date, Time};
use mailbox::Clock;

use crate::{
    phrase::{Counted, PromptKey},
    speech::{
        grammar::{COUNTED, Grammar, counted, named_day, other_year, unsigned},
        numbered::{AT, BELOW_HUNDRED, MONTHS, NEAR_DAYS, WEEKDAYS, at, month, numbered, weekday},
    },
};

/// 0 to 99 are a piece each: what is heard inside of them ("vingt-deux", "soixante et onze") is heard in none of
/// their parts.
pub(super) struct French;

const HUNDRED: PromptKey = PromptKey("number-hundred");
/// "cents": exactly two hundred, three hundred ..
const HUNDREDS: PromptKey = PromptKey("number-hundreds");
const THOUSAND: PromptKey = PromptKey("number-thousand");
const NO: PromptKey = PromptKey("count-none");
const NO_FEMININE: PromptKey = PromptKey("count-none-feminine");
const FIRST: PromptKey = PromptKey("day-first");
const MIDNIGHT: PromptKey = PromptKey("time-midnight");
const NOON: PromptKey = PromptKey("time-noon");
const MORNING: PromptKey = PromptKey("time-morning");
const AFTERNOON: PromptKey = PromptKey("time-afternoon");
const EVENING: PromptKey = PromptKey("time-evening");
const MINUTES: [PromptKey; 2] = [PromptKey("length-minute"), PromptKey("length-minutes")];
const SECONDS: [PromptKey; 2] = [PromptKey("length-second"), PromptKey("length-seconds")];
const AND: PromptKey = PromptKey("length-and");

/// "une", "vingt et une" ..; 71 and 91 have no feminine.
const FEMININE: [PromptKey; 7] = numbered!("number-feminine-": 1 21 31 41 51 61 81);
const HAVE_FEMININE: [u32; 7] = [1, 21, 31, 41, 51, 61, 81];

/// "six", "huit", "dix" as they sound before a consonant: every unit that is counted begins with one.
const BEFORE_UNIT: [PromptKey; 3] = numbered!("number-before-unit-": 6 8 10);
const HAVE_BEFORE_UNIT: [u32; 3] = [6, 8, 10];

/// "zéro heure" to "vingt-trois heures", linked.
const HOURS: [PromptKey; 24] = numbered!("time-hour-":
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23);

/// What stands behind a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Before {
    Nothing,
    Masculine,
    Feminine,
    /// "mille" takes the s of "cents" away.
    Thousand,
}

impl Grammar for French {
    fn pieces(&self) -> &'static [&'static [PromptKey]] {
        &[
            &BELOW_HUNDRED,
            &FEMININE,
            &BEFORE_UNIT,
            &[HUNDRED, HUNDREDS, THOUSAND, NO, NO_FEMININE],
            COUNTED,
            NEAR_DAYS,
            &[AT],
            &WEEKDAYS,
            &[FIRST],
            &MONTHS,
            &HOURS,
            &[MIDNIGHT, NOON, MORNING, AFTERNOON, EVENING],
            &MINUTES,
            &SECONDS,
            &[AND],
        ]
    }

    fn number(&self, number: u32) -> Vec<PromptKey> {
        number_pieces(number, Before::Nothing)
    }

    fn count(&self, number: u32, what: Counted) -> Vec<PromptKey> {
        let (no, before) = match what {
            Counted::Matches => (NO_FEMININE, Before::Feminine),
            Counted::NewMessages
            | Counted::SavedMessages
            | Counted::UrgentMessages
            | Counted::Messages
            | Counted::Days => (NO, Before::Masculine),
        };
        let mut pieces = if number == 0 { vec![no] } else { number_pieces(number, before) };
        pieces.push(unit(number, counted(what)));
        pieces
    }

    fn day(&self, date: Date, today: Date) -> Vec<PromptKey> {
        if let Some(name) = named_day(date, today) {
            return vec![name];
        }
        let day = match date.day() {
            1 => Some(FIRST),
            day => at(&BELOW_HUNDRED, unsigned(day)),
        };
        let mut pieces: Vec<_> = [weekday(date), day, month(date)].into_iter().flatten().collect();
        let year = other_year(date, today);
        pieces.extend(year.into_iter().flat_map(|year| number_pieces(year, Before::Nothing)));
        pieces
    }

    fn time_of_day(&self, time: Time, clock: Clock) -> Vec<PromptKey> {
        let (hour, minute) = (unsigned(time.hour()), unsigned(time.minute()));
        // "trois heures une": minutes are feminine.
        let minutes = || if minute == 0 { Vec::new() } else { feminine(minute) };
        match clock {
            Clock::OfLanguage | Clock::TwentyFour => at(&HOURS, hour).into_iter().chain(minutes()).collect(),
            Clock::Twelve => {
                let (hour_piece, part) = match hour {
                    0 => (Some(MIDNIGHT), None),
                    12 => (Some(NOON), None),
                    1..12 => (at(&HOURS, hour), Some(MORNING)),
                    13..18 => (at(&HOURS, hour % 12), Some(AFTERNOON)),
                    _ => (at(&HOURS, hour % 12), Some(EVENING)),
                };
                hour_piece.into_iter().chain(minutes()).chain(part).collect()
            }
        }
    }

    fn between_day_and_time(&self) -> Option<PromptKey> {
        Some(AT)
    }

    fn length(&self, seconds: u32) -> Vec<PromptKey> {
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let mut pieces = Vec::new();
        if minutes > 0 {
            pieces.extend(number_pieces(minutes, Before::Feminine));
            pieces.push(unit(minutes, MINUTES));
            if seconds > 0 {
                pieces.push(AND);
            }
        }
        if seconds > 0 || minutes == 0 {
            pieces.extend(number_pieces(seconds, Before::Feminine));
            pieces.push(unit(seconds, SECONDS));
        }
        pieces
    }
}

/// The plural begins at two.
fn unit(number: u32, [one, many]: [PromptKey; 2]) -> PromptKey {
    if number < 2 { one } else { many }
}

fn number_pieces(number: u32, before: Before) -> Vec<PromptKey> {
    let mut pieces = Vec::new();
    let (thousands, below) = (number / 1000, number % 1000);
    if thousands > 1 {
        pieces.extend(number_pieces(thousands, Before::Thousand));
    }
    if thousands > 0 {
        pieces.push(THOUSAND);
    }
    let (hundreds, below) = (below / 100, below % 100);
    if hundreds > 1 {
        pieces.extend(at(&BELOW_HUNDRED, hundreds));
    }
    match hundreds {
        0 => {}
        2.. if below == 0 && before != Before::Thousand => pieces.push(HUNDREDS),
        _ => pieces.push(HUNDRED),
    }
    if below > 0 || number == 0 {
        pieces.extend(match before {
            Before::Nothing | Before::Thousand => at(&BELOW_HUNDRED, below).into_iter().collect(),
            Before::Masculine => before_unit(below),
            Before::Feminine if HAVE_FEMININE.contains(&below) => feminine(below),
            Before::Feminine => before_unit(below),
        });
    }
    pieces
}

/// Below 100.
fn before_unit(number: u32) -> Vec<PromptKey> {
    let place = HAVE_BEFORE_UNIT.iter().position(|has| *has == number);
    place
        .and_then(|place| BEFORE_UNIT.get(place).copied())
        .or_else(|| at(&BELOW_HUNDRED, number))
        .into_iter()
        .collect()
}

/// Below 100.
fn feminine(number: u32) -> Vec<PromptKey> {
    let place = HAVE_FEMININE.iter().position(|has| *has == number);
    place
        .and_then(|place| FEMININE.get(place).copied())
        .or_else(|| at(&BELOW_HUNDRED, number))
        .into_iter()
        .collect()
}
