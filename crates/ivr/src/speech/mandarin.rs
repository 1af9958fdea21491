//! Mandarin of the mainland.
use jiff::civil::{Date, Time};
use mailbox::Clock;

use crate::{
    phrase::{Counted, PromptKey},
    speech::{
        grammar::{Grammar, named_day, other_year, unsigned},
        numbered::{DIGITS, MONTHS, NEAR_DAYS, WEEKDAYS, at, month, numbered, weekday},
    },
};

/// Numbers in sections of ten thousand; what is counted has a measure word; two of something is "liang".
pub(super) struct Mandarin;

const ZERO: PromptKey = PromptKey("number-0");
const TEN: PromptKey = PromptKey("number-10");
/// "liang": two of something, and before hundred, thousand and ten thousand.
const TWO_OF: PromptKey = PromptKey("number-two-of");
const HUNDRED: PromptKey = PromptKey("number-hundred");
const THOUSAND: PromptKey = PromptKey("number-thousand");
const TEN_THOUSAND: PromptKey = PromptKey("number-ten-thousand");
const YEAR: PromptKey = PromptKey("day-year");
const DAY_OF_MONTH: PromptKey = PromptKey("day-of-month");
const HOUR: PromptKey = PromptKey("time-hour");
const MINUTE: PromptKey = PromptKey("time-minute");
const EARLY: PromptKey = PromptKey("time-early");
const MORNING: PromptKey = PromptKey("time-morning");
const MIDDAY: PromptKey = PromptKey("time-midday");
const AFTERNOON: PromptKey = PromptKey("time-afternoon");
const EVENING: PromptKey = PromptKey("time-evening");
const MINUTES: PromptKey = PromptKey("length-minutes");
const SECONDS: PromptKey = PromptKey("length-seconds");

const NUMBERS: &[PromptKey] = &numbered!("number-": 0 1 2 3 4 5 6 7 8 9 10);

/// What is counted: with its measure word, and as what there is none of.
const NEW: [PromptKey; 2] = [PromptKey("count-new"), PromptKey("count-new-none")];
const SAVED: [PromptKey; 2] = [PromptKey("count-saved"), PromptKey("count-saved-none")];
const URGENT: [PromptKey; 2] = [PromptKey("count-urgent"), PromptKey("count-urgent-none")];
const MESSAGES: [PromptKey; 2] = [PromptKey("count-messages"), PromptKey("count-messages-none")];
const DAYS: [PromptKey; 2] = [PromptKey("count-days"), PromptKey("count-days-none")];
const MATCHES: [PromptKey; 2] = [PromptKey("count-matches"), PromptKey("count-matches-none")];

impl Grammar for Mandarin {
    fn pieces(&self) -> &'static [&'static [PromptKey]] {
        &[
            NUMBERS,
            &[TWO_OF, HUNDRED, THOUSAND, TEN_THOUSAND],
            &NEW,
            &SAVED,
            &URGENT,
            &MESSAGES,
            &DAYS,
            &MATCHES,
            NEAR_DAYS,
            &WEEKDAYS,
            &MONTHS,
            &[YEAR, DAY_OF_MONTH],
            &[HOUR, MINUTE, EARLY, MORNING, MIDDAY, AFTERNOON, EVENING],
            &[MINUTES, SECONDS],
        ]
    }

    /// "Yao" is the one of telephone numbers; a single key is "yi".
    fn digits(&self, digits: &str) -> Vec<PromptKey> {
        match digits {
            "1" => at(NUMBERS, 1).into_iter().collect(),
            _ => digits.chars().filter_map(|c| at(&DIGITS, c.to_digit(10)?)).collect(),
        }
    }

    fn number(&self, number: u32) -> Vec<PromptKey> {
        number_pieces(number)
    }

    fn count(&self, number: u32, what: Counted) -> Vec<PromptKey> {
        let [some, none] = match what {
            Counted::NewMessages => NEW,
            Counted::SavedMessages => SAVED,
            Counted::UrgentMessages => URGENT,
            Counted::Messages => MESSAGES,
            Counted::Days => DAYS,
            Counted::Matches => MATCHES,
        };
        if number == 0 { vec![none] } else { so_many(number, some) }
    }

    fn day(&self, date: Date, today: Date) -> Vec<PromptKey> {
        if let Some(name) = named_day(date, today) {
            return vec![name];
        }
        let mut pieces = Vec::new();
        if let Some(year) = other_year(date, today) {
            // Figure by figure.
            pieces.extend([1000, 100, 10, 1].iter().filter_map(|place| at(NUMBERS, year / place % 10)));
            pieces.push(YEAR);
        }
        pieces.extend(month(date));
        pieces.extend(number_pieces(unsigned(date.day())));
        pieces.push(DAY_OF_MONTH);
        pieces.extend(weekday(date));
        pieces
    }

    fn time_of_day(&self, time: Time, clock: Clock) -> Vec<PromptKey> {
        let (hour, minute) = (unsigned(time.hour()), unsigned(time.minute()));
        let mut pieces = match clock {
            Clock::OfLanguage | Clock::TwentyFour => so_many(hour, HOUR),
            Clock::Twelve => {
                let spoken = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
                [part_of_day(hour)].into_iter().chain(so_many(spoken, HOUR)).collect()
            }
        };
        match minute {
            0 => {}
            1..10 => pieces.extend([Some(ZERO), at(NUMBERS, minute), Some(MINUTE)].into_iter().flatten()),
            _ => pieces.extend(number_pieces(minute).into_iter().chain([MINUTE])),
        }
        pieces
    }

    fn between_day_and_time(&self) -> Option<PromptKey> {
        None
    }

    fn length(&self, seconds: u32) -> Vec<PromptKey> {
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let mut pieces = Vec::new();
        if minutes > 0 {
            pieces.extend(so_many(minutes, MINUTES));
        }
        if seconds > 0 || minutes == 0 {
            pieces.extend(so_many(seconds, SECONDS));
        }
        pieces
    }
}

/// A number and its measure word.
fn so_many(number: u32, measure: PromptKey) -> Vec<PromptKey> {
    let mut pieces = if number == 2 { vec![TWO_OF] } else { number_pieces(number) };
    pieces.push(measure);
    pieces
}

fn part_of_day(hour: u32) -> PromptKey {
    match hour {
        0..6 => EARLY,
        6..12 => MORNING,
        12 => MIDDAY,
        13..18 => AFTERNOON,
        _ => EVENING,
    }
}

fn number_pieces(number: u32) -> Vec<PromptKey> {
    let (above, below) = (number / 10_000, number % 10_000);
    let mut pieces = Vec::new();
    match above {
        0 => return section(below, Leading::Yes),
        2 => pieces.push(TWO_OF),
        _ => pieces.extend(section(above, Leading::Yes)),
    }
    pieces.push(TEN_THOUSAND);
    if below > 0 {
        if below < 1000 {
            pieces.push(ZERO);
        }
        pieces.extend(section(below, Leading::No));
    }
    pieces
}

/// Whether a section begins the number: ten is "shi" there, and "yi shi" behind something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Leading {
    Yes,
    No,
}

/// A number below ten thousand.
fn section(number: u32, leading: Leading) -> Vec<PromptKey> {
    let mut pieces = Vec::new();
    for (place, word) in [(1000, THOUSAND), (100, HUNDRED)] {
        let figure = number / place % 10;
        match figure {
            0 => {}
            2 => pieces.extend([TWO_OF, word]),
            _ => pieces.extend(at(NUMBERS, figure).into_iter().chain([word])),
        }
        let below = number % place;
        // "yi qian ling wu": one zero for the figures that are passed over.
        if figure > 0 && below > 0 && below < place / 10 {
            pieces.push(ZERO);
        }
    }
    let (tens, ones) = (number / 10 % 10, number % 10);
    match tens {
        0 => {}
        1 if number < 100 && leading == Leading::Yes => pieces.push(TEN),
        _ => pieces.extend(at(NUMBERS, tens).into_iter().chain([TEN])),
    }
    if ones > 0 || number == 0 {
        pieces.extend(at(NUMBERS, ones));
    }
    pieces
}
