use std::collections::BTreeMap;

use telephony::PhoneNumber;

use super::{
    auto_attendant::AutoAttendant,
    menu::{KeyAction, MenuKey},
    patch::AttendantPatch,
};
use crate::{
    dialling_rules::known_groups,
    mask::Pilot,
    name::Name,
    object_kind::ObjectKind,
    refusal::SiteError,
    site::{Site, insert_once},
    validation::{in_range, known_zone, language_tag},
};

impl Site {
    /// The most attendants.
    pub const MAX_ATTENDANTS: usize = 1000;

    /// The attendant of that name.
    pub fn attendant(&self, name: &str) -> Option<&AutoAttendant> {
        self.attendants.get(name)
    }

    /// Every attendant.
    pub fn attendants(&self) -> impl Iterator<Item = &AutoAttendant> {
        self.attendants.values()
    }

    /// The attendant of the plan that answers a number, after the gateway's number rules; a disabled one answers none.
    pub fn attendant_of_pilot(&self, plan: &str, number: &str) -> Option<&AutoAttendant> {
        self.attendants.values().find(|attendant| {
            attendant.enabled
                && attendant.dial_plan.as_str() == plan
                && attendant.pilots.iter().any(|pilot| pilot.as_str() == number)
        })
    }

    /// Whether a number is one that subscribers of the plan call to hear their messages.
    pub fn is_access_number(&self, plan: &str, number: &str) -> bool {
        self.dial_plan(plan).is_some_and(|plan| plan.access_numbers.iter().any(|own| own.as_str() == number))
    }

    pub(crate) fn add_attendant(&mut self, attendant: &AutoAttendant) -> Result<(), SiteError> {
        let name = attendant.name.clone();
        insert_once(&mut self.attendants, ObjectKind::Attendant, name, attendant.clone())?;
        self.numbers_are_free(ObjectKind::Attendant, &attendant.name, &attendant.pilots)
    }

    pub(crate) fn set_attendant(&mut self, name: &str, patch: &AttendantPatch) -> Result<(), SiteError> {
        let old = self.attendants.get(name).ok_or_else(|| no_attendant(name))?;
        let new = old.patched(patch);
        let (name, pilots) = (new.name.clone(), new.pilots.clone());
        self.attendants.insert(name.clone(), new);
        self.numbers_are_free(ObjectKind::Attendant, &name, &pilots)
    }

    pub(crate) fn delete_attendant(&mut self, name: &str) -> Result<(), SiteError> {
        let gone = self.attendants.remove(name).ok_or_else(|| no_attendant(name))?.name;
        let leads_there = |attendant: &&AutoAttendant| successors(attendant).any(|(_, to)| *to == gone);
        match self.attendants.values().find(leads_there) {
            None => Ok(()),
            Some(user) => Err(SiteError::InUse {
                kind: ObjectKind::Attendant,
                user_kind: ObjectKind::Attendant,
                user: user.name.clone(),
                name: gone,
            }),
        }
    }

    pub(crate) fn check_attendants(&self) -> Result<(), SiteError> {
        for attendant in self.attendants.values() {
            self.check_attendant(attendant)?;
        }
        match self.attendants.values().nth(Self::MAX_ATTENDANTS) {
            Some(one_too_many) => Err(SiteError::BadAttendant {
                attendant: one_too_many.name.clone(),
                fault: format!("there would be more than {} attendants", Self::MAX_ATTENDANTS),
                remedy: "run `um attendant remove NAME` for those that nobody calls".to_owned(),
            }),
            None => self.check_silence_ends(),
        }
    }

    fn check_attendant(&self, attendant: &AutoAttendant) -> Result<(), SiteError> {
        let (kind, name) = (ObjectKind::Attendant, &attendant.name);
        let dangling = |wanted_kind, wanted: &Name| SiteError::DanglingReference {
            kind,
            name: name.clone(),
            wanted_kind,
            wanted: wanted.clone(),
        };
        let plan = self
            .dial_plans
            .get(&attendant.dial_plan)
            .ok_or_else(|| dangling(ObjectKind::DialPlan, &attendant.dial_plan))?;
        if let Some(zone) = &attendant.time_zone {
            known_zone(kind, name, zone)?;
        }
        if let Some(tag) = &attendant.language {
            language_tag(kind, name, tag)?;
        }
        let longest = AutoAttendant::MAX_TIMEOUT_SECONDS;
        in_range(kind, name, "timeout_seconds", attendant.timeout_seconds, &(1..=longest))?;
        known_groups(plan, kind, name, &attendant.dialling)?;
        check_lists(attendant)?;
        check_keys(attendant)?;
        for (_, wanted) in successors(attendant) {
            let found = self.attendants.get(wanted).ok_or_else(|| dangling(kind, wanted))?;
            if found.dial_plan != attendant.dial_plan {
                return Err(bad(
                    attendant,
                    format!("its keys lead to attendant `{wanted}` of dial plan `{}`", found.dial_plan),
                    ("key", "KEY transfer:NUMBER"),
                ));
            }
        }
        Ok(())
    }

    /// A silent caller must not be handed round for ever: the time-outs of attendants lead nowhere back.
    fn check_silence_ends(&self) -> Result<(), SiteError> {
        for start in self.attendants.values() {
            let mut seen = vec![&start.name];
            let mut ahead: Vec<&Name> = on_silence(start).collect();
            while let Some(next) = ahead.pop() {
                if *next == start.name {
                    return Err(bad(
                        start,
                        "a caller who presses nothing would come back to it for ever".to_owned(),
                        ("key", "timeout operator"),
                    ));
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    ahead.extend(self.attendants.get(next).into_iter().flat_map(on_silence));
                }
            }
        }
        Ok(())
    }

    /// Whether each pilot and each access number of the site leads where it says.
    pub(crate) fn check_numbers(&self) -> Result<(), SiteError> {
        let mut holders: BTreeMap<(&Name, &PhoneNumber), (ObjectKind, &Name)> = BTreeMap::new();
        let of_plans = self.dial_plans.values().flat_map(|plan| {
            plan.access_numbers
                .iter()
                .map(move |number| (&plan.name, number, ObjectKind::DialPlan, &plan.name))
        });
        let of_attendants = self.attendants.values().flat_map(|own| {
            own.pilots.iter().map(move |number| (&own.dial_plan, number, ObjectKind::Attendant, &own.name))
        });
        for (plan, number, kind, name) in of_plans.chain(of_attendants) {
            if let Some((holder_kind, holder)) = holders.insert((plan, number), (kind, name)) {
                return Err(taken_by(kind, name, number, (holder_kind, holder)));
            }
            self.reaches_plan(plan, number, (kind, name))?;
        }
        Ok(())
    }

    /// Asked before the change is checked as a whole, so that the refusal blames the newcomer.
    fn numbers_are_free(
        &self,
        kind: ObjectKind,
        name: &Name,
        numbers: &[PhoneNumber],
    ) -> Result<(), SiteError> {
        let Some(plan) = self.attendants.get(name).map(|attendant| &attendant.dial_plan) else {
            return Ok(());
        };
        for number in numbers {
            let access = self.dial_plans.get(plan).filter(|plan| plan.access_numbers.contains(number));
            if let Some(plan) = access {
                return Err(taken_by(kind, name, number, (ObjectKind::DialPlan, &plan.name)));
            }
            let mut others = self.attendants.values().filter(|other| other.name != *name);
            let holder = others.find(|other| other.dial_plan == *plan && other.pilots.contains(number));
            if let Some(holder) = holder {
                return Err(taken_by(kind, name, number, (ObjectKind::Attendant, &holder.name)));
            }
        }
        Ok(())
    }

    /// A hunt group with the very number as its pilot must not lead its calls into another plan, where the same gateway
    /// brings calls into this one.
    fn reaches_plan(
        &self,
        plan: &Name,
        number: &PhoneNumber,
        (kind, name): (ObjectKind, &Name),
    ) -> Result<(), SiteError> {
        let serves = |gateway: &Name| {
            self.hunt_groups.values().any(|group| group.gateway == *gateway && group.dial_plan == *plan)
        };
        let is_pilot = |pilot: Option<&Pilot>| matches!(pilot, Some(Pilot::Number(mask)) if mask.as_str() == number.as_str());
        let elsewhere = self.hunt_groups.values().find(|group| {
            is_pilot(group.pilot.as_ref()) && group.dial_plan != *plan && serves(&group.gateway)
        });
        match elsewhere {
            None => Ok(()),
            Some(group) => Err(SiteError::NumberTaken {
                kind,
                name: name.clone(),
                number: number.clone(),
                taken: format!(
                    "is the pilot of hunt group `{}`, which takes its calls into dial plan `{}`",
                    group.name, group.dial_plan
                ),
                remedy: format!(
                    "run `um huntgroup delete {}`, or `um {} set {} --{} OTHER`, before",
                    group.name.shell_word(),
                    kind.command(),
                    name.shell_word(),
                    switch_and_words(kind).0
                ),
            }),
        }
    }
}

/// The attendants that keys lead to, and by which key.
fn successors(attendant: &AutoAttendant) -> impl Iterator<Item = (MenuKey, &Name)> {
    attendant.menus().into_iter().flat_map(|menu| {
        menu.keys.iter().filter_map(|(key, mapping)| match &mapping.action {
            KeyAction::Attendant(name) => Some((*key, name)),
            KeyAction::Transfer(_)
            | KeyAction::LeaveMessage(_)
            | KeyAction::Operator
            | KeyAction::Directory
            | KeyAction::Hours
            | KeyAction::Location
            | KeyAction::Announcement => None,
        })
    })
}

fn on_silence(attendant: &AutoAttendant) -> impl Iterator<Item = &Name> {
    successors(attendant).filter(|(key, _)| *key == MenuKey::TIMEOUT).map(|(_, name)| name)
}

fn check_lists(attendant: &AutoAttendant) -> Result<(), SiteError> {
    let pilots = &attendant.pilots;
    if let Some(twice) =
        pilots.iter().enumerate().find(|(at, pilot)| pilots.iter().take(*at).any(|p| p == *pilot))
    {
        return Err(bad(attendant, format!("its pilot {} stands twice", twice.1), ("set", "--pilot NUMBER")));
    }
    if pilots.len() > AutoAttendant::MAX_PILOTS {
        let most = AutoAttendant::MAX_PILOTS;
        return Err(bad(attendant, format!("it has more than {most} pilots"), ("set", "--pilot NUMBER")));
    }
    let holidays = &attendant.holidays;
    if holidays.len() > AutoAttendant::MAX_HOLIDAYS {
        let most = AutoAttendant::MAX_HOLIDAYS;
        return Err(bad(
            attendant,
            format!("it has more than {most} holidays"),
            ("holiday remove", "HOLIDAY"),
        ));
    }
    for (place, holiday) in holidays.iter().enumerate() {
        if holiday.last_day() < holiday.from {
            let fault = format!("holiday `{}` ends on {} before it begins", holiday.name, holiday.last_day());
            return Err(bad(attendant, fault, ("holiday add", "HOLIDAY --from DATE --until DATE")));
        }
        if holidays.iter().take(place).any(|earlier| earlier.name == holiday.name) {
            let fault = format!("holiday `{}` stands twice", holiday.name);
            return Err(bad(attendant, fault, ("holiday add", "OTHER-NAME --from DATE")));
        }
    }
    Ok(())
}

/// Keys that would say nothing.
fn check_keys(attendant: &AutoAttendant) -> Result<(), SiteError> {
    for (key, mapping) in attendant.menus().into_iter().flat_map(|menu| &menu.keys) {
        match mapping.action {
            KeyAction::Location if attendant.location.is_none() => {
                let fault = format!("key {key} tells the location, and there is no recording of it");
                return Err(bad(attendant, fault, ("set", "--location RECORDING")));
            }
            KeyAction::Announcement if mapping.announcement.is_none() => {
                let fault = format!("key {key} plays a recording and names none");
                return Err(bad(attendant, fault, ("key", "KEY announcement --announcement RECORDING")));
            }
            KeyAction::Transfer(_)
            | KeyAction::Attendant(_)
            | KeyAction::LeaveMessage(_)
            | KeyAction::Operator
            | KeyAction::Directory
            | KeyAction::Hours
            | KeyAction::Location
            | KeyAction::Announcement => {}
        }
    }
    Ok(())
}

/// The remedy is a command of `um attendant`: the verb, the attendant and the rest.
fn bad(attendant: &AutoAttendant, fault: String, (verb, rest): (&str, &str)) -> SiteError {
    let remedy = format!("run `um attendant {verb} {} {rest}`", attendant.name.shell_word());
    SiteError::BadAttendant { attendant: attendant.name.clone(), fault, remedy }
}

fn taken_by(
    kind: ObjectKind,
    name: &Name,
    number: &PhoneNumber,
    (holder_kind, holder): (ObjectKind, &Name),
) -> SiteError {
    let (switch, words) = switch_and_words(holder_kind);
    let taken = format!("is {words} of {holder_kind} `{holder}` already");
    let remedy = format!(
        "choose another number, or run `um {} set {} --{switch} OTHER` before",
        holder_kind.command(),
        holder.shell_word()
    );
    SiteError::NumberTaken { kind, name: name.clone(), number: number.clone(), taken, remedy }
}

/// How the numbers of a plan or an attendant are set and called.
fn switch_and_words(kind: ObjectKind) -> (&'static str, &'static str) {
    match kind == ObjectKind::DialPlan {
        true => ("access-number", "an access number"),
        false => ("pilot", "a pilot"),
    }
}

fn no_attendant(name: &str) -> SiteError {
    SiteError::NotFound { kind: ObjectKind::Attendant, name: name.to_owned() }
}
