mod settings;
mod spoken;
mod walk;

use admin_api::Changed;
use clap::{Args, Subcommand};
use dial_plan::{
    AttendantMenu, AttendantPatch, AutoAttendant, BusinessHours, Holiday, KeyAction, KeyChange, KeyMapping,
    MenuKey, MenuTime, Name,
};
use jiff::civil::Date;

use self::settings::{Settings, pilots};
use self::walk::TestAttendant;
use crate::client::{Client, path};
use crate::dialling::{self, listed};
use crate::failure::Failure;
use crate::report::{self, Format, or_hyphen, yes_no};
use crate::words;

/// `um attendant ..`
#[derive(Debug, Subcommand)]
pub(crate) enum AttendantCommand {
    /// Make an auto attendant. It answers calls once it is enabled: `um attendant set NAME --enabled true`.
    Create(Box<Create>),
    /// Change settings of an attendant; they hold from the next call on.
    Set {
        /// The attendant.
        name: String,
        #[command(flatten)]
        settings: Box<Settings>,
    },
    /// Say where a key leads, or that it leads nowhere.
    Key(SetKey),
    /// Say when the business is open, in place of what was said before.
    Hours {
        /// The attendant.
        name: String,
        /// Times of the week such as Mon-Fri.09:00-17:00, Sat.10:00-14:00 or Fri.22:00-Sat.02:00; or the word always.
        #[arg(value_name = "RANGE", required = true)]
        ranges: Vec<String>,
    },
    /// Days on which the business is closed.
    #[command(subcommand)]
    Holiday(HolidayCommand),
    /// Show one attendant.
    Show {
        /// The attendant.
        name: String,
        #[command(flatten)]
        format: Format,
    },
    /// List the attendants.
    List(Format),
    /// Remove an attendant that no other one leads to.
    #[command(visible_alias = "delete")]
    Remove {
        /// The attendant.
        name: String,
    },
    /// Walk through an attendant without a telephone: lines of keys are read from standard input, an empty line is silence.
    Test(TestAttendant),
}

/// `um attendant create`
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The new attendant's name.
    name: Name,
    /// The dial plan whose people it reaches.
    #[arg(long, value_name = "PLAN")]
    dialplan: Name,
    #[command(flatten)]
    settings: Settings,
}

/// `um attendant key`
#[derive(Args, Debug)]
pub(crate) struct SetKey {
    /// The attendant.
    name: String,
    /// A key from 1 to 9, or timeout: the caller presses nothing. 0 is the operator's.
    key: MenuKey,
    /// transfer:NUMBER, message:NUMBER, attendant:NAME, operator, directory, hours, location, announcement; or none.
    #[arg(value_parser = action)]
    action: ActionOrNone,
    /// Which menu: the one during business hours, or the one after them.
    #[arg(long, value_name = "TIME", default_value = "business", value_parser = words::of::<MenuTime>())]
    when: MenuTime,
    /// A recording that is heard before; see `um prompt import --announcement`.
    #[arg(long, value_name = "RECORDING")]
    announcement: Option<Name>,
}

/// `um attendant holiday ..`
#[derive(Debug, Subcommand)]
pub(crate) enum HolidayCommand {
    /// Add a holiday, in place of one of the same name.
    Add {
        /// The attendant.
        name: String,
        /// The holiday's name.
        holiday: Name,
        /// The first day, YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// The last day. Default: the first one.
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
        /// The recording that greets callers.
        #[arg(long, value_name = "RECORDING")]
        greeting: Option<Name>,
    },
    /// Forget a holiday.
    Remove {
        /// The attendant.
        name: String,
        /// The holiday's name.
        holiday: Name,
    },
}

/// Where a key leads; `None`: nowhere.
#[derive(Clone, Debug)]
struct ActionOrNone(Option<KeyAction>);

fn action(text: &str) -> Result<ActionOrNone, dial_plan::BadKeyAction> {
    if text == "none" {
        Ok(ActionOrNone(None))
    } else {
        text.parse().map(|action| ActionOrNone(Some(action)))
    }
}

impl AttendantCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                let attendant = AutoAttendant::new(create.name, create.dialplan);
                let attendant = attendant.patched(&create.settings.into());
                client.post::<Changed>(&path(&["attendants"]), &attendant).await.map(report::warnings)
            }
            Self::Set { name, settings } => {
                let patch = AttendantPatch::from(*settings);
                if patch == AttendantPatch::default() {
                    return Err(report::nothing_to_set("attendant set"));
                }
                set(client, &name, &patch).await
            }
            Self::Key(SetKey { name, key, action, when, announcement }) => {
                let mapping = action.0.map(|action| KeyMapping { action, announcement });
                let keys = vec![KeyChange { when, key, mapping }];
                set(client, &name, &AttendantPatch { keys, ..AttendantPatch::default() }).await
            }
            Self::Hours { name, ranges } => {
                let hours = Some(hours(&ranges)?);
                set(client, &name, &AttendantPatch { hours, ..AttendantPatch::default() }).await
            }
            Self::Holiday(command) => command.run(client).await,
            Self::Show { name, format } => {
                let attendant: AutoAttendant = client.get(&path(&["attendants", &name])).await?;
                format.facts(&attendant, facts)
            }
            Self::List(format) => {
                let attendants: Vec<AutoAttendant> = client.get(&path(&["attendants"])).await?;
                format.list(&attendants, ["NAME", "DIAL PLAN", "ENABLED", "PILOTS", "HOURS"], |attendant| {
                    [
                        attendant.name.to_string(),
                        attendant.dial_plan.to_string(),
                        yes_no(attendant.enabled),
                        listed(&attendant.pilots),
                        attendant.hours.to_string(),
                    ]
                })
            }
            Self::Remove { name } => {
                client.delete::<Changed>(&path(&["attendants", &name])).await.map(report::warnings)
            }
            Self::Test(test) => test.run(client).await,
        }
    }
}

impl HolidayCommand {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Add { name, holiday, from, until, greeting } => {
                let add_holidays = vec![Holiday { name: holiday, from, until, greeting }];
                set(client, &name, &AttendantPatch { add_holidays, ..AttendantPatch::default() }).await
            }
            Self::Remove { name, holiday } => {
                let attendant: AutoAttendant = client.get(&path(&["attendants", &name])).await?;
                if !attendant.holidays.iter().any(|known| known.name == holiday) {
                    return Err(Failure::no(
                        format!("attendant `{name}` has no holiday `{holiday}`"),
                        format!(
                            "run `um attendant show {}` to see its holidays",
                            attendant.name.shell_word()
                        ),
                    ));
                }
                let patch = AttendantPatch { remove_holidays: vec![holiday], ..AttendantPatch::default() };
                set(client, &name, &patch).await
            }
        }
    }
}

async fn set(client: &Client, name: &str, patch: &AttendantPatch) -> Result<(), Failure> {
    client.patch::<Changed>(&path(&["attendants", name]), patch).await.map(report::warnings)
}

fn hours(ranges: &[String]) -> Result<BusinessHours, Failure> {
    if ranges == ["always"] {
        return Ok(BusinessHours::default());
    }
    BusinessHours::parse(ranges.iter().map(String::as_str))
        .map_err(|error| Failure::told_no(&error.to_string()))
}

fn facts(attendant: &AutoAttendant) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("name", attendant.name.to_string()),
        ("dial plan", attendant.dial_plan.to_string()),
        ("enabled", yes_no(attendant.enabled)),
        ("pilots", pilots(&attendant.pilots)),
        ("language", of_plan(attendant.language.as_deref())),
        ("time zone", of_plan(attendant.time_zone.as_deref())),
        ("operator", of_plan(attendant.operator.as_ref().map(telephony::PhoneNumber::as_str))),
        ("time-out", format!("{} seconds", attendant.timeout_seconds)),
        ("names", attendant.name_lookup.to_string()),
        ("calls to people", yes_no(attendant.call_someone)),
        ("messages for people", yes_no(attendant.send_messages)),
        (
            "announcement",
            announcement(attendant.announcement.as_ref(), attendant.announcement_uninterruptible),
        ),
        ("location", recording(attendant.location.as_ref())),
        ("hours", attendant.hours.to_string()),
        ("holidays", listed(&attendant.holidays)),
        ("may be dialled", dialling::words(&attendant.dialling)),
    ];
    facts.extend(menu_facts(["greeting", "menu", "operator key", "keys"], &attendant.business));
    facts.extend(menu_facts(
        ["greeting after hours", "menu after hours", "operator key after hours", "keys after hours"],
        &attendant.after_hours,
    ));
    facts
}

fn menu_facts(names: [&'static str; 4], menu: &AttendantMenu) -> Vec<(&'static str, String)> {
    let keys: Vec<String> = menu.keys.iter().map(|(key, mapping)| format!("{key} {mapping}")).collect();
    let values = [
        recording(menu.greeting.as_ref()),
        recording(menu.prompt.as_ref()),
        yes_no(menu.operator),
        listed(&keys),
    ];
    names.into_iter().zip(values).collect()
}

/// A recording of the administrator's own, in words.
pub(crate) fn recording(name: Option<&Name>) -> String {
    or_hyphen(name.map(Name::as_str))
}

fn of_plan(own: Option<&str>) -> String {
    own.unwrap_or("that of the dial plan").to_owned()
}

/// An announcement of the administrator's own, in words.
pub(crate) fn announcement(name: Option<&Name>, uninterruptible: bool) -> String {
    match (name, uninterruptible) {
        (Some(name), true) => format!("{name}, no key cuts it short"),
        (name, _) => recording(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_that_cannot_be_read_are_told_with_the_way_to_write_them() {
        let failure = format!("{:?}", hours(&["Mon.9-17".to_owned()]).unwrap_err());

        assert!(failure.contains("`Mon.9-17` is no time of the week"), "{failure}");
        assert!(failure.contains("write Mon-Fri.09:00-17:00"), "{failure}");
        assert_eq!(hours(&["always".to_owned()]).unwrap(), BusinessHours::default());
    }

    #[test]
    fn none_takes_the_meaning_of_a_key_away() {
        assert!(action("none").unwrap().0.is_none());
        assert_eq!(action("hours").unwrap().0, Some(KeyAction::Hours));
        assert!(action("nothing").is_err());
    }
}
