//! Spanish of Spain.
use jiff::civil::{Date, Time};
use mailbox::Clock;

use crate::{
    phrase::{Counted, PromptKey},
    speech::{
        grammar::{COUNTED, Grammar, counted, named_day, one_or_many, other_year, unsigned},
        numbered::{AT, BELOW_HUNDRED, MONTHS, NEAR_DAYS, WEEKDAYS, at, month, numbered, weekday},
    },
};

/// 0 to 29 are a piece each; from there on tens, "y" and ones. One and the hundreds have genders.
pub(super) struct Spanish;

const ONE: Gendered = Gendered {
    alone: PromptKey("number-1"),
    masculine: PromptKey("number-1-masculine"),
    feminine: PromptKey("number-1-feminine"),
};
const TWENTY_ONE: Gendered = Gendered {
    alone: PromptKey("number-21"),
    masculine: PromptKey("number-21-masculine"),
    feminine: PromptKey("number-21-feminine"),
};
/// "y", in numbers, times and lengths.
const AND: PromptKey = PromptKey("number-and");
/// "cien": exactly.
const HUNDRED: PromptKey = PromptKey("number-hundred");
/// "ciento": and something.
const HUNDRED_AND: PromptKey = PromptKey("number-hundred-and");
const HUNDREDS: [PromptKey; 8] = numbered!("number-": 200 300 400 500 600 700 800 900);
const HUNDREDS_FEMININE: [PromptKey; 8] = numbered!("number-feminine-": 200 300 400 500 600 700 800 900);
const THOUSAND: PromptKey = PromptKey("number-thousand");
const NO: PromptKey = PromptKey("count-none");
const NO_FEMININE: PromptKey = PromptKey("count-none-feminine");
/// "de", before a year.
const OF: PromptKey = PromptKey("day-of");
/// "la" and "las", before an hour.
const ARTICLES: [PromptKey; 2] = [PromptKey("time-at-one"), PromptKey("time-at")];
const HOURS: [PromptKey; 2] = [PromptKey("time-hour"), PromptKey("time-hours")];
const MIDDAY: PromptKey = PromptKey("time-midday");
const EARLY: PromptKey = PromptKey("time-early");
const MORNING: PromptKey = PromptKey("time-morning");
const AFTERNOON: PromptKey = PromptKey("time-afternoon");
const NIGHT: PromptKey = PromptKey("time-night");
const MINUTES: [PromptKey; 2] = [PromptKey("length-minute"), PromptKey("length-minutes")];
const SECONDS: [PromptKey; 2] = [PromptKey("length-second"), PromptKey("length-seconds")];

const NUMBERS: &[PromptKey] = &numbered!("number-":
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 40 50 60 70 80 90);

/// A number word that agrees with what is counted.
struct Gendered {
    alone: PromptKey,
    masculine: PromptKey,
    feminine: PromptKey,
}

/// What stands behind a number.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Before {
    Nothing,
    Masculine,
    Feminine,
}

impl Gendered {
    fn before(&self, before: Before) -> PromptKey {
        match before {
            Before::Nothing => self.alone,
            Before::Masculine => self.masculine,
            Before::Feminine => self.feminine,
        }
    }
}

impl Grammar for Spanish {
    fn pieces(&self) -> &'static [&'static [PromptKey]] {
        &[
            NUMBERS,
            &[ONE.masculine, ONE.feminine, TWENTY_ONE.masculine, TWENTY_ONE.feminine],
            &[AND, HUNDRED, HUNDRED_AND, THOUSAND],
            &HUNDREDS,
            &HUNDREDS_FEMININE,
            &[NO, NO_FEMININE],
            COUNTED,
            NEAR_DAYS,
            &[AT],
            &WEEKDAYS,
            &MONTHS,
            &[OF],
            &ARTICLES,
            &HOURS,
            &[MIDDAY, EARLY, MORNING, AFTERNOON, NIGHT],
            &MINUTES,
            &SECONDS,
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
        let [one, many] = counted(what);
        // "ningún mensaje nuevo": in the singular.
        if number == 0 {
            return vec![no, one];
        }
        let mut pieces = number_pieces(number, before);
        pieces.push(one_or_many(number, [one, many]));
        pieces
    }

    fn day(&self, date: Date, today: Date) -> Vec<PromptKey> {
        if let Some(name) = named_day(date, today) {
            return vec![name];
        }
        let mut pieces: Vec<_> = weekday(date).into_iter().collect();
        pieces.extend(number_pieces(unsigned(date.day()), Before::Nothing));
        pieces.extend(month(date));
        if let Some(year) = other_year(date, today) {
            pieces.push(OF);
            pieces.extend(number_pieces(year, Before::Nothing));
        }
        pieces
    }

    fn time_of_day(&self, time: Time, clock: Clock) -> Vec<PromptKey> {
        let (hour, minute) = (unsigned(time.hour()), unsigned(time.minute()));
        match clock {
            Clock::OfLanguage | Clock::TwentyFour => twenty_four_hours(hour, minute),
            Clock::Twelve => twelve_hours(hour, minute),
        }
    }

    fn between_day_and_time(&self) -> Option<PromptKey> {
        Some(AT)
    }

    fn length(&self, seconds: u32) -> Vec<PromptKey> {
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        let mut pieces = Vec::new();
        if minutes > 0 {
            pieces.extend(number_pieces(minutes, Before::Masculine));
            pieces.push(one_or_many(minutes, MINUTES));
            if seconds > 0 {
                pieces.push(AND);
            }
        }
        if seconds > 0 || minutes == 0 {
            pieces.extend(number_pieces(seconds, Before::Masculine));
            pieces.push(one_or_many(seconds, SECONDS));
        }
        pieces
    }
}

fn number_pieces(number: u32, before: Before) -> Vec<PromptKey> {
    let mut pieces = Vec::new();
    let (thousands, below) = (number / 1000, number % 1000);
    if thousands > 1 {
        // "veintiún mil", "veintiuna mil" of something feminine.
        let before = if before == Before::Feminine { before } else { Before::Masculine };
        pieces.extend(number_pieces(thousands, before));
    }
    if thousands > 0 {
        pieces.push(THOUSAND);
    }
    let (hundreds, below) = (below / 100, below % 100);
    pieces.extend(match hundreds {
        0 => None,
        1 if below == 0 => Some(HUNDRED),
        1 => Some(HUNDRED_AND),
        _ if before == Before::Feminine => at(&HUNDREDS_FEMININE, hundreds.saturating_sub(2)),
        _ => at(&HUNDREDS, hundreds.saturating_sub(2)),
    });
    let ones = below % 10;
    match below {
        0 if number > 0 => {}
        1 => pieces.push(ONE.before(before)),
        21 => pieces.push(TWENTY_ONE.before(before)),
        0..30 => pieces.extend(at(&BELOW_HUNDRED, below)),
        _ => {
            pieces.extend(at(&BELOW_HUNDRED, below.saturating_sub(ones)));
            match ones {
                0 => {}
                1 => pieces.extend([AND, ONE.before(before)]),
                _ => pieces.extend([Some(AND), at(&BELOW_HUNDRED, ones)].into_iter().flatten()),
            }
        }
    }
    pieces
}

/// "las quince horas y cinco minutos".
fn twenty_four_hours(hour: u32, minute: u32) -> Vec<PromptKey> {
    let mut pieces = vec![one_or_many(hour, ARTICLES)];
    pieces.extend(number_pieces(hour, Before::Feminine));
    pieces.push(one_or_many(hour, HOURS));
    if minute > 0 {
        pieces.push(AND);
        pieces.extend(number_pieces(minute, Before::Masculine));
        pieces.push(one_or_many(minute, MINUTES));
    }
    pieces
}

/// "las tres y cinco de la tarde".
fn twelve_hours(hour: u32, minute: u32) -> Vec<PromptKey> {
    let spoken = if hour.is_multiple_of(12) { 12 } else { hour % 12 };
    let mut pieces = vec![one_or_many(spoken, ARTICLES)];
    pieces.extend(number_pieces(spoken, Before::Feminine));
    if minute > 0 {
        pieces.push(AND);
        pieces.extend(number_pieces(minute, Before::Masculine));
    }
    // "las tres y un minuto": a one does not stand alone.
    if minute % 10 == 1 && minute != 11 {
        pieces.push(one_or_many(minute, MINUTES));
    }
    pieces.push(match hour {
        0 | 21.. => NIGHT,
        1..6 => EARLY,
        6..12 => MORNING,
        12 => MIDDAY,
        13..21 => AFTERNOON,
    });
    pieces
}
