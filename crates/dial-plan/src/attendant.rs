//! Auto attendants: what callers of a pilot number hear, by the hour and the day, and where its keys lead.
mod auto_attendant;
mod holiday;
mod hours;
mod menu;
mod moment;
mod of_site;
mod patch;

pub use self::{
    auto_attendant::{AutoAttendant, NameLookup},
    holiday::Holiday,
    hours::{BadHours, BusinessHours, HoursRange, WeekMinute},
    menu::{AttendantMenu, BadKeyAction, KeyAction, KeyMapping, MenuKey, MenuTime},
    moment::{MenuNow, Moment},
    patch::{AttendantPatch, KeyChange, MenuChange},
};

#[cfg(test)]
mod tests;
