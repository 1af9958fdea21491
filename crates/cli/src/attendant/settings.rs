use clap::{ArgAction, Args};
use dial_plan::{AttendantPatch, MenuChange, MenuTime, Name, NameLookup};
use telephony::PhoneNumber;

use crate::dialling::{self, OrNone, listed, name_or_none, number_or_none};
use crate::words;

/// What can be changed with `um attendant set`.
#[derive(Args, Debug)]
pub(crate) struct Settings {
    /// The numbers that it answers, in place of those there were; "" takes them away.
    #[arg(long, value_name = "NUMBER,..", action = ArgAction::Set, value_delimiter = ',', value_parser = number_or_none)]
    pilot: Option<Vec<OrNone<PhoneNumber>>>,
    /// Whether it answers calls. Default: false.
    #[arg(long, value_name = "BOOL")]
    enabled: Option<bool>,
    /// The language of its prompts; "" is the dial plan's. Default: the dial plan's.
    #[arg(long, value_name = "TAG")]
    language: Option<String>,
    /// Where its hours and days are, such as Europe/Berlin; "" is the dial plan's. Default: the dial plan's.
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Where 0 leads; "" is the dial plan's operator. Default: the dial plan's.
    #[arg(long, value_name = "NUMBER", value_parser = number_or_none)]
    operator: Option<OrNone<PhoneNumber>>,
    /// Silence after the menu that counts as no key, 1 to 30. Default: 5.
    #[arg(long, value_name = "SECONDS")]
    timeout_seconds: Option<u8>,
    /// How callers spell names: which name first, or not at all. Default: last-first.
    #[arg(long, value_name = "ORDER", value_parser = words::of::<NameLookup>())]
    name_lookup: Option<NameLookup>,
    /// Whether callers may be put through to people. Default: true.
    #[arg(long, value_name = "BOOL")]
    call_someone: Option<bool>,
    /// Whether callers who look for somebody may leave a message. Default: true.
    #[arg(long, value_name = "BOOL")]
    send_messages: Option<bool>,
    /// A recording that is heard after the greeting; "" takes it away.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    announcement: Option<OrNone<Name>>,
    /// Whether no key cuts that recording short. Default: false.
    #[arg(long, value_name = "BOOL")]
    announcement_uninterruptible: Option<bool>,
    /// A recording that says where the business is; "" takes it away.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    location: Option<OrNone<Name>>,
    /// The recording that greets callers while it is open; "" takes it away.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    business_greeting: Option<OrNone<Name>>,
    /// The recording that tells the keys while it is open, in place of words made from the keys; "" takes it away.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    business_prompt: Option<OrNone<Name>>,
    /// Whether 0 leads to the operator while it is open. Default: true.
    #[arg(long, value_name = "BOOL")]
    business_operator: Option<bool>,
    /// The recording that greets callers while it is closed; "" takes it away.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    after_hours_greeting: Option<OrNone<Name>>,
    /// The recording that tells the keys while it is closed; "" takes it away.
    #[arg(long, value_name = "RECORDING", value_parser = name_or_none)]
    after_hours_prompt: Option<OrNone<Name>>,
    /// Whether 0 leads to the operator while it is closed. Default: true.
    #[arg(long, value_name = "BOOL")]
    after_hours_operator: Option<bool>,
    #[command(flatten)]
    dialling: dialling::Permissions,
}

impl From<Settings> for AttendantPatch {
    fn from(settings: Settings) -> Self {
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        let business = MenuChange {
            when: MenuTime::Business,
            greeting: settings.business_greeting.map(OrNone::value),
            prompt: settings.business_prompt.map(OrNone::value),
            operator: settings.business_operator,
        };
        let after_hours = MenuChange {
            when: MenuTime::AfterHours,
            greeting: settings.after_hours_greeting.map(OrNone::value),
            prompt: settings.after_hours_prompt.map(OrNone::value),
            operator: settings.after_hours_operator,
        };
        let changes =
            |menu: &MenuChange| menu.greeting.is_some() || menu.prompt.is_some() || menu.operator.is_some();
        Self {
            enabled: settings.enabled,
            pilots: settings.pilot.map(dialling::given),
            language: settings.language.map(text),
            time_zone: settings.time_zone.map(text),
            operator: settings.operator.map(OrNone::value),
            timeout_seconds: settings.timeout_seconds,
            name_lookup: settings.name_lookup,
            call_someone: settings.call_someone,
            send_messages: settings.send_messages,
            announcement: settings.announcement.map(OrNone::value),
            announcement_uninterruptible: settings.announcement_uninterruptible,
            location: settings.location.map(OrNone::value),
            menus: [business, after_hours].into_iter().filter(changes).collect(),
            dialling: settings.dialling.into(),
            ..Self::default()
        }
    }
}

/// Pilot numbers in words.
pub(super) fn pilots(pilots: &[PhoneNumber]) -> String {
    if pilots.is_empty() { "none: no call reaches it by itself".to_owned() } else { listed(pilots) }
}
