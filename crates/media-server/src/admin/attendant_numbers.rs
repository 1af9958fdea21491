//! What the site alone cannot know of the numbers of attendants: who has them.
use dial_plan::{
    AutoAttendant, DiallingScope, KeyAction, KeyMapping, MenuKey, MenuTime, Name, NumberHolder, Site,
};
use storage::Store;
use telephony::PhoneNumber;

use super::ChangeError;

/// Refuses numbers that lead nowhere, or that mean a mailbox too. What was so before stays.
pub(super) fn check(store: &Store, before: &Site, after: &Site) -> Result<(), ChangeError> {
    for plan in after.dial_plans() {
        let had = before.dial_plan(plan.name.as_str());
        for number in plan
            .access_numbers
            .iter()
            .filter(|number| had.is_none_or(|had| !had.access_numbers.contains(number)))
        {
            nobodys(store, &plan.name, number, &format!("dial plan {}", plan.name))?;
        }
    }
    for attendant in after.attendants() {
        let had = before.attendant(attendant.name.as_str());
        for pilot in attendant.pilots.iter().filter(|pilot| had.is_none_or(|had| !had.pilots.contains(pilot)))
        {
            nobodys(store, &attendant.dial_plan, pilot, &format!("attendant {}", attendant.name))?;
        }
        if had == Some(attendant) {
            continue;
        }
        for time in MenuTime::ALL {
            let old = had.map(|had| had.menu(time));
            let keys = &attendant.menu(time).keys;
            for (key, mapping) in
                keys.iter().filter(|(key, new)| old.is_none_or(|old| old.keys.get(key) != Some(new)))
            {
                leads_somewhere(store, after, attendant, (*key, mapping))?;
            }
        }
    }
    Ok(())
}

/// The first attendant or plan that answers a number which a mailbox is to get.
pub(super) fn pilot_holder(site: &Site, plan: &str, number: &str) -> Option<String> {
    let of_plan = |attendant: &&AutoAttendant| attendant.dial_plan.as_str() == plan;
    let answers = |attendant: &&AutoAttendant| attendant.pilots.iter().any(|pilot| pilot.as_str() == number);
    match site.attendants().filter(of_plan).find(answers) {
        Some(attendant) => Some(format!("a pilot of attendant `{}`", attendant.name)),
        None => {
            site.is_access_number(plan, number).then(|| format!("an access number of dial plan `{plan}`"))
        }
    }
}

/// The first attendant whose key leads to one of these numbers of the plan, and the command that takes the key away.
pub(super) fn key_to(site: &Site, plan: &str, numbers: &[&str]) -> Option<(String, String)> {
    for attendant in site.attendants().filter(|attendant| attendant.dial_plan.as_str() == plan) {
        for time in MenuTime::ALL {
            let leads_there = |mapping: &KeyMapping| match &mapping.action {
                KeyAction::Transfer(number) | KeyAction::LeaveMessage(number) => {
                    numbers.contains(&number.as_str())
                }
                KeyAction::Attendant(_)
                | KeyAction::Operator
                | KeyAction::Directory
                | KeyAction::Hours
                | KeyAction::Location
                | KeyAction::Announcement => false,
            };
            let found = attendant.menu(time).keys.iter().find(|(_, mapping)| leads_there(mapping));
            if let Some((key, _)) = found {
                let words = format!("key {key} of attendant `{}` leads to it", attendant.name);
                let remedy = format!(
                    "run `um attendant key {} {key} none --when {time}` before",
                    attendant.name.shell_word()
                );
                return Some((words, remedy));
            }
        }
    }
    None
}

fn nobodys(store: &Store, plan: &Name, number: &PhoneNumber, object: &str) -> Result<(), ChangeError> {
    match store.holder_of_number(plan.as_str(), number.as_str())? {
        None => Ok(()),
        Some(card) => Err(ChangeError::BadNumber {
            object: object.to_owned(),
            fault: format!("the number {number} is one of mailbox {}@{plan} ({})", card.extension, card.name),
            remedy: format!(
                "choose another number, or run `um mailbox disable {}@{plan}` before",
                card.extension
            ),
        }),
    }
}

fn leads_somewhere(
    store: &Store,
    site: &Site,
    attendant: &AutoAttendant,
    (key, mapping): (MenuKey, &KeyMapping),
) -> Result<(), ChangeError> {
    let plan = &attendant.dial_plan;
    let bad = |fault: String, remedy: String| ChangeError::BadNumber {
        object: format!("attendant {}", attendant.name),
        fault: format!("key {key}: {fault}"),
        remedy,
    };
    let enable = |number: &PhoneNumber| {
        format!("run `um mailbox enable {number} --dialplan {} --name NAME`", plan.shell_word())
    };
    match &mapping.action {
        KeyAction::Transfer(number) => {
            let holder = match store.holder_of_number(plan.as_str(), number.as_str())? {
                Some(_) => NumberHolder::Mailbox,
                None => NumberHolder::Nobody,
            };
            let scope = DiallingScope::Attendant(attendant.name.as_str());
            site.may_dial(plan.as_str(), scope, number.as_str(), holder).map(|_| ()).map_err(|refusal| {
                match holder {
                    NumberHolder::Mailbox => bad(refusal.to_string(), refusal.remedy()),
                    NumberHolder::Nobody => bad(
                        format!("nobody in dial plan `{plan}` has the number {number}, and {refusal}"),
                        format!("{}; {}", enable(number), refusal.remedy()),
                    ),
                }
            })
        }
        KeyAction::LeaveMessage(number) => match store.holder_of_number(plan.as_str(), number.as_str())? {
            Some(_) => Ok(()),
            None => {
                Err(bad(format!("there is no mailbox {number}@{plan} to leave a message in"), enable(number)))
            }
        },
        KeyAction::Attendant(_)
        | KeyAction::Operator
        | KeyAction::Directory
        | KeyAction::Hours
        | KeyAction::Location
        | KeyAction::Announcement => Ok(()),
    }
}
