use std::fmt;

use jiff::civil::{DateTime, Time, Weekday};
use serde::{Deserialize, Serialize};

/// Why a text is no range of business hours.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadHours {
    /// Not of the form.
    #[error("`{}` is no time of the week: write Mon-Fri.09:00-17:00, Sat.10:00-14:00, or Fri.22:00-Sat.02:00", text.escape_debug())]
    NotARange {
        /// The offered text.
        text: String,
    },
    /// Less than a quarter of an hour.
    #[error("`{}` is shorter than {} minutes: make it longer", text.escape_debug(), HoursRange::SHORTEST_MINUTES)]
    TooShort {
        /// The offered text.
        text: String,
    },
    /// More ranges than a schedule may have.
    #[error("more than {} ranges: join those that meet", BusinessHours::MAX_RANGES)]
    TooMany,
}

/// A minute of the week: 0 is Sunday 00:00, 10,079 Saturday 23:59.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct WeekMinute(u16);

/// A time of the week in which the business is open, by the clock on its wall; it may go over the end of the week.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String")]
pub struct HoursRange {
    from: WeekMinute,
    /// Not open any more; equal to `from`, it is a whole week later.
    until: WeekMinute,
}

/// When the business is open: always, if there is no range.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Vec<String>", into = "Vec<HoursRange>")]
pub struct BusinessHours(Vec<HoursRange>);

const DAY: u16 = 24 * 60;
const WEEK: u16 = 7 * DAY;

impl WeekMinute {
    /// The minute in which such a date and time is.
    pub fn of(moment: DateTime) -> Self {
        Self::at(moment.weekday(), moment.time())
    }

    fn at(day: Weekday, time: Time) -> Self {
        let minutes = i16::from(day.to_sunday_zero_offset()) * 1440
            + i16::from(time.hour()) * 60
            + i16::from(time.minute());
        Self(u16::try_from(minutes).unwrap_or(0) % WEEK)
    }

    /// Its day.
    pub fn weekday(self) -> Weekday {
        let day = i8::try_from(self.0 / DAY % 7).unwrap_or(0);
        Weekday::from_sunday_zero_offset(day).unwrap_or(Weekday::Sunday)
    }

    /// Its time of the day.
    pub fn time(self) -> Time {
        let part = |minutes: u16| i8::try_from(minutes).unwrap_or(0);
        Time::new(part(self.0 % DAY / 60), part(self.0 % 60), 0, 0).unwrap_or(Time::midnight())
    }

    fn later(self, minutes: u16) -> Self {
        Self((self.0 + minutes % WEEK) % WEEK)
    }
}

impl HoursRange {
    /// The shortest range.
    pub const SHORTEST_MINUTES: u16 = 15;

    /// The first minute in which it is open.
    pub fn from(self) -> WeekMinute {
        self.from
    }

    /// The first minute in which it is not open any more.
    pub fn until(self) -> WeekMinute {
        self.until
    }

    fn minutes(self) -> u16 {
        match (self.until.0 + WEEK - self.from.0) % WEEK {
            0 => WEEK,
            minutes => minutes,
        }
    }

    fn is_open(self, minute: WeekMinute) -> bool {
        (minute.0 + WEEK - self.from.0) % WEEK < self.minutes()
    }

    /// Reads `Mon-Fri.09:00-17:00` (a range for each day), `Sat.10:00-14:00`, `Fri.22:00-Sat.02:00`, and Exchange's
    /// `1.9:00-1.17:00` (0 is Sunday). 24:00 is the end of a day.
    ///
    /// # Errors
    /// [`BadHours`]: the form, or the length.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, BadHours> {
        let bad = || BadHours::NotARange { text: text.to_owned() };
        let (days, times) = text.trim().split_once('.').ok_or_else(bad)?;
        let (from, until) = times.split_once('-').ok_or_else(bad)?;
        let from = minute_of_day(from).filter(|minute| *minute < DAY).ok_or_else(bad)?;
        let ranges = match until.split_once('.') {
            // A day on each side.
            Some((last, until)) => {
                let (first, last) = (weekday(days).ok_or_else(bad)?, weekday(last).ok_or_else(bad)?);
                let until = minute_of_day(until).ok_or_else(bad)?;
                vec![Self { from: midnight(first).later(from), until: midnight(last).later(until) }]
            }
            None => {
                let (first, last) = days.split_once('-').unwrap_or((days, days));
                let (first, last) = (weekday(first).ok_or_else(bad)?, weekday(last).ok_or_else(bad)?);
                let until = minute_of_day(until).ok_or_else(bad)?;
                if until <= from {
                    return Err(bad());
                }
                let day = |day| Self { from: midnight(day).later(from), until: midnight(day).later(until) };
                days_between(first, last).into_iter().map(day).collect()
            }
        };
        if ranges.iter().any(|range| range.minutes() < Self::SHORTEST_MINUTES) {
            return Err(BadHours::TooShort { text: text.to_owned() });
        }
        Ok(ranges)
    }
}

impl BusinessHours {
    /// The most ranges of a schedule.
    pub const MAX_RANGES: usize = 64;

    /// A schedule of texts as an administrator types them; see [`HoursRange::parse_all`]. In the order of the week.
    ///
    /// # Errors
    /// The first [`BadHours`].
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, BadHours> {
        let mut ranges = Vec::new();
        for text in texts {
            ranges.extend(HoursRange::parse_all(text)?);
        }
        ranges.sort();
        ranges.dedup();
        if ranges.len() > Self::MAX_RANGES { Err(BadHours::TooMany) } else { Ok(Self(ranges)) }
    }

    /// Whether the business is open in such a minute.
    pub fn is_open(&self, minute: WeekMinute) -> bool {
        self.0.is_empty() || self.0.iter().any(|range| range.is_open(minute))
    }

    /// The ranges; none is always.
    pub fn ranges(&self) -> &[HoursRange] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for BusinessHours {
    type Error = BadHours;
    fn try_from(texts: Vec<String>) -> Result<Self, BadHours> {
        Self::parse(texts.iter().map(String::as_str))
    }
}

impl From<BusinessHours> for Vec<HoursRange> {
    fn from(hours: BusinessHours) -> Self {
        hours.0
    }
}

impl From<HoursRange> for String {
    fn from(range: HoursRange) -> Self {
        range.to_string()
    }
}

impl fmt::Display for HoursRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from, self.until);
        write!(f, "{}.{}", day_word(from.weekday()), from.time().strftime("%H:%M"))?;
        let last_minute = until.later(WEEK - 1);
        if self.minutes() <= DAY && last_minute.weekday() == from.weekday() {
            let end = if until.0 % DAY == 0 {
                "24:00".to_owned()
            } else {
                until.time().strftime("%H:%M").to_string()
            };
            return write!(f, "-{end}");
        }
        write!(f, "-{}.{}", day_word(until.weekday()), until.time().strftime("%H:%M"))
    }
}

impl fmt::Display for BusinessHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("always");
        }
        let words: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&words.join(", "))
    }
}

const DAYS: [(Weekday, &str); 7] = [
    (Weekday::Sunday, "Sun"),
    (Weekday::Monday, "Mon"),
    (Weekday::Tuesday, "Tue"),
    (Weekday::Wednesday, "Wed"),
    (Weekday::Thursday, "Thu"),
    (Weekday::Friday, "Fri"),
    (Weekday::Saturday, "Sat"),
];

fn day_word(day: Weekday) -> &'static str {
    DAYS.iter().find(|(known, _)| *known == day).map_or("", |(_, word)| word)
}

/// `Mon`, `Monday`, or `1`; 0 is Sunday.
fn weekday(text: &str) -> Option<Weekday> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i8>() {
        return Weekday::from_sunday_zero_offset(number).ok();
    }
    let head = text.get(..3)?;
    let (day, _) = DAYS.iter().find(|(_, word)| word.eq_ignore_ascii_case(head))?;
    let whole = format!("{day:?}");
    (text.len() == 3 || text.eq_ignore_ascii_case(&whole)).then_some(*day)
}

/// `9:00`, `17:30`, and `24:00` for the end of the day.
fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let is_number = |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= DAY).then_some(hours * 60 + minutes)
}

fn midnight(day: Weekday) -> WeekMinute {
    WeekMinute::at(day, Time::midnight())
}

fn days_between(first: Weekday, last: Weekday) -> Vec<Weekday> {
    let mut days = vec![first];
    let mut day = first;
    while day != last {
        day = day.next();
        days.push(day);
    }
    days
}
