use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use telephony::PhoneNumber;

use super::{
    auto_attendant::AutoAttendant,
    holiday::Holiday,
    hours::WeekMinute,
    menu::{AttendantMenu, MenuTime},
};
use crate::{name::Name, plan::DialPlan, site::Site, time_zone::time_zone};

/// What kind of time it is where an attendant is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment<'a> {
    /// The business is open.
    Business,
    /// It is closed.
    AfterHours,
    /// It is closed for these days.
    Holiday(&'a Holiday),
}

/// What an attendant does with a call that comes now.
#[derive(Clone, Debug, PartialEq)]
pub struct MenuNow<'a> {
    /// The attendant.
    pub attendant: &'a AutoAttendant,
    /// Its plan.
    pub plan: &'a DialPlan,
    /// What kind of time it is.
    pub moment: Moment<'a>,
    /// The menu of such a time.
    pub menu: &'a AttendantMenu,
    /// The recording that greets the caller.
    pub greeting: Option<&'a Name>,
    /// Where `0` leads now.
    pub operator: Option<&'a PhoneNumber>,
    /// The language of the prompts, a BCP 47 tag.
    pub language: &'a str,
}

impl AutoAttendant {
    /// What kind of time such a time of the attendant's clock is. Of several holidays the one that began last counts.
    pub fn moment(&self, local: DateTime) -> Moment<'_> {
        let today = self.holidays.iter().filter(|holiday| holiday.is_on(local.date()));
        match today.max_by_key(|holiday| (holiday.from, std::cmp::Reverse(&holiday.name))) {
            Some(holiday) => Moment::Holiday(holiday),
            None if self.hours.is_open(WeekMinute::of(local)) => Moment::Business,
            None => Moment::AfterHours,
        }
    }
}

impl Moment<'_> {
    /// Which menu is heard at such a time.
    pub fn menu(self) -> MenuTime {
        match self {
            Self::Business => MenuTime::Business,
            Self::AfterHours | Self::Holiday(_) => MenuTime::AfterHours,
        }
    }
}

impl Site {
    /// What an attendant does with a call that comes at `at`: business hours and holidays are those of its clock. `None`
    /// if there is no such attendant; that it is enabled is the caller's to ask.
    pub fn menu_at(&self, attendant: &str, at: Timestamp) -> Option<MenuNow<'_>> {
        let zone = self.zone_of_attendant(attendant)?;
        let attendant = self.attendant(attendant)?;
        let plan = self.dial_plans.get(&attendant.dial_plan)?;
        let moment = attendant.moment(at.to_zoned(zone).datetime());
        let menu = attendant.menu(moment.menu());
        let greeting = match moment {
            Moment::Holiday(holiday) => holiday.greeting.as_ref().or(menu.greeting.as_ref()),
            Moment::Business | Moment::AfterHours => menu.greeting.as_ref(),
        };
        let operator = attendant.operator.as_ref().or(plan.operator.as_ref()).filter(|_| menu.operator);
        let language = attendant.language.as_ref().unwrap_or(&plan.language);
        Some(MenuNow { attendant, plan, moment, menu, greeting, operator, language })
    }

    /// Where an attendant is: its own time zone, else its plan's. `None` if there is no such attendant.
    pub fn zone_of_attendant(&self, attendant: &str) -> Option<TimeZone> {
        let attendant = self.attendant(attendant)?;
        let plan = self.dial_plans.get(&attendant.dial_plan)?;
        Some(attendant.time_zone.as_deref().and_then(time_zone).unwrap_or_else(|| plan.zone()))
    }
}
