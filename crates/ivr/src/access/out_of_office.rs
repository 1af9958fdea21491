//! The owner is away: from a day, until a day.
use jiff::civil::Date;
use mailbox::{OptionChange, OutOfOffice};

use super::{SubscriberAccess, digit_entry::Wanted, prompts as say};
use crate::phrase::Phrase;

/// A day is entered as month and day.
const DAY_DIGITS: usize = 4;

impl SubscriberAccess {
    /// Back again, or away: then the days are asked for.
    pub(super) fn change_out_of_office(&mut self) {
        let is_away = self.subscriber.as_ref().is_some_and(|owner| owner.options.out_of_office.is_some());
        if is_away {
            self.set_option(OptionChange::OutOfOffice(None));
        } else {
            self.ask_first_day();
        }
    }

    pub(super) fn first_day_entered(&mut self, digits: &str) {
        match (digits.is_empty(), day(digits, self.today())) {
            (true, _) => self.ask_last_day(None),
            (false, Some(from)) => self.ask_last_day(Some(from)),
            (false, None) => {
                self.announce(say::NOT_A_DAY);
                self.ask_first_day();
            }
        }
    }

    pub(super) fn last_day_entered(&mut self, from: Option<Date>, digits: &str) {
        let until = day(digits, from.unwrap_or_else(|| self.today()));
        if until.is_none() && !digits.is_empty() {
            self.announce(say::NOT_A_DAY);
            return self.ask_last_day(from);
        }
        self.set_option(OptionChange::OutOfOffice(Some(OutOfOffice { from, until })));
    }

    /// What is in force now.
    pub(super) fn tell_out_of_office(&mut self) {
        let today = self.today();
        let Some(owner) = &self.subscriber else { return };
        let Some(away) = owner.options.out_of_office else { return self.announce(say::OUT_OF_OFFICE_IS_OFF) };
        let is_recorded = owner.greetings.out_of_office.is_some();
        self.announce(say::OUT_OF_OFFICE_IS_ON);
        if let Some(date) = away.from {
            self.announce(say::FROM_DAY);
            self.opening.push(Phrase::Day { date, today });
        }
        if let Some(date) = away.until {
            self.announce(say::UNTIL_DAY);
            self.opening.push(Phrase::Day { date, today });
        }
        if !is_recorded {
            self.announce(say::OUT_OF_OFFICE_NOT_RECORDED);
        }
    }

    fn ask_first_day(&mut self) {
        self.open_entry(Wanted::FirstDay, None, &[say::ENTER_FIRST_DAY]);
    }

    fn ask_last_day(&mut self, from: Option<Date>) {
        self.open_entry(Wanted::LastDay { from }, None, &[say::ENTER_LAST_DAY]);
    }
}

/// The next such day of month and day, from this one on: this year or next year.
fn day(digits: &str, not_before: Date) -> Option<Date> {
    if digits.len() != DAY_DIGITS {
        return None;
    }
    let (month, day) = digits.split_at_checked(2)?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    [not_before.year(), not_before.year().saturating_add(1)]
        .into_iter()
        .filter_map(|year| Date::new(year, month, day).ok())
        .find(|date| *date >= not_before)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_the_next_one_of_that_month_and_day() {
        let today = date(2026, 11, 22);
        let cases = [
            ("1122", Some(date(2026, 11, 22))),
            ("1224", Some(date(2026, 12, 24))),
            ("1121", Some(date(2027, 11, 21))),
            ("0101", Some(date(2027, 1, 1))),
            ("0229", None),
            ("1301", None),
            ("0431", None),
            ("0000", None),
            ("112", None),
            ("11222", None),
            ("", None),
        ];
        for (digits, expected) in cases {
            assert_eq!(day(digits, today), expected, "{digits}");
        }
        assert_eq!(day("0229", date(2027, 3, 1)), Some(date(2028, 2, 29)));
    }
}
