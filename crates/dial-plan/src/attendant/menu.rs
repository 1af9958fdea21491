use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use telephony::PhoneNumber;

use crate::{mode::words, name::Name};

/// What callers hear and press at one time of the week.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttendantMenu {
    /// The recording that greets callers, in place of the server's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting: Option<Name>,
    /// The recording that tells the keys, in place of words made from the keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Name>,
    /// Whether `0` leads to the operator, if there is one.
    pub operator: bool,
    /// Where the keys lead.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<MenuKey, KeyMapping>,
}

impl Default for AttendantMenu {
    fn default() -> Self {
        Self { greeting: None, prompt: None, operator: true, keys: BTreeMap::new() }
    }
}

impl AttendantMenu {
    /// The recordings that it names.
    pub(crate) fn recordings(&self) -> impl Iterator<Item = &Name> {
        let of_keys = self.keys.values().filter_map(|mapping| mapping.announcement.as_ref());
        self.greeting.iter().chain(&self.prompt).chain(of_keys)
    }
}

/// Which of an attendant's menus.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MenuTime {
    /// The one during business hours.
    Business,
    /// The one after them and on holidays.
    AfterHours,
}

words!(MenuTime { Business = "business", AfterHours = "after-hours" });

impl MenuTime {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Business, Self::AfterHours];
}

/// A key that can be given a meaning: 1 to 9, or none for a while.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct MenuKey(u8);

impl MenuKey {
    /// The caller has pressed nothing for the time-out.
    pub const TIMEOUT: Self = Self(u8::MAX);

    /// A key 1 to 9.
    pub fn digit(digit: u8) -> Option<Self> {
        (1..=9).contains(&digit).then_some(Self(digit))
    }

    /// 1 to 9; `None` for the time-out.
    pub fn as_digit(self) -> Option<u8> {
        (self != Self::TIMEOUT).then_some(self.0)
    }
}

/// What a key does.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyMapping {
    /// The act.
    pub action: KeyAction,
    /// A recording that is heard before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announcement: Option<Name>,
}

/// Where a key leads. One word in JSON and on the command line, such as `transfer:4001`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum KeyAction {
    /// `transfer:NUMBER`: the caller is put through, if the dialling rules of the attendant allow it.
    Transfer(PhoneNumber),
    /// `attendant:NAME`: another attendant of the plan takes over.
    Attendant(Name),
    /// `message:NUMBER`: the caller leaves a message for the mailbox of this number.
    LeaveMessage(PhoneNumber),
    /// `operator`
    Operator,
    /// `directory`: the caller spells a name.
    Directory,
    /// `hours`: the business hours are told.
    Hours,
    /// `location`: the recording of the location is heard.
    Location,
    /// `announcement`: the recording of the key is heard, and then the menu again.
    Announcement,
}

/// A text that is no key action or menu key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{}` is unknown here: use {allowed}", text.escape_debug())]
pub struct BadKeyAction {
    /// The offered text.
    pub text: String,
    /// What would do.
    pub allowed: &'static str,
}

const ACTIONS: &str =
    "transfer:NUMBER, message:NUMBER, attendant:NAME, operator, directory, hours, location or announcement";
const KEYS: &str = "a key from 1 to 9, or timeout (0 is the operator's)";

impl FromStr for KeyAction {
    type Err = BadKeyAction;
    fn from_str(text: &str) -> Result<Self, BadKeyAction> {
        let bad = || BadKeyAction { text: text.to_owned(), allowed: ACTIONS };
        let number = |number: &str| PhoneNumber::parse(number).map_err(|_| bad());
        match text.split_once(':') {
            Some(("transfer", to)) => number(to).map(Self::Transfer),
            Some(("message", to)) => number(to).map(Self::LeaveMessage),
            Some(("attendant", name)) => Name::parse(name).map(Self::Attendant).map_err(|_| bad()),
            Some(_) => Err(bad()),
            None => match text {
                "operator" => Ok(Self::Operator),
                "directory" => Ok(Self::Directory),
                "hours" => Ok(Self::Hours),
                "location" => Ok(Self::Location),
                "announcement" => Ok(Self::Announcement),
                _ => Err(bad()),
            },
        }
    }
}

impl fmt::Display for KeyAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer(number) => write!(f, "transfer:{number}"),
            Self::Attendant(name) => write!(f, "attendant:{name}"),
            Self::LeaveMessage(number) => write!(f, "message:{number}"),
            Self::Operator => f.write_str("operator"),
            Self::Directory => f.write_str("directory"),
            Self::Hours => f.write_str("hours"),
            Self::Location => f.write_str("location"),
            Self::Announcement => f.write_str("announcement"),
        }
    }
}

impl TryFrom<String> for KeyAction {
    type Error = BadKeyAction;
    fn try_from(text: String) -> Result<Self, BadKeyAction> {
        text.parse()
    }
}

impl From<KeyAction> for String {
    fn from(action: KeyAction) -> Self {
        action.to_string()
    }
}

impl fmt::Display for KeyMapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.action.fmt(f)?;
        match &self.announcement {
            Some(name) => write!(f, " after {name}"),
            None => Ok(()),
        }
    }
}

impl FromStr for MenuKey {
    type Err = BadKeyAction;
    fn from_str(text: &str) -> Result<Self, BadKeyAction> {
        let digit = || text.parse().ok().filter(|_| text.len() == 1).and_then(Self::digit);
        if text == "timeout" {
            return Ok(Self::TIMEOUT);
        }
        digit().ok_or_else(|| BadKeyAction { text: text.to_owned(), allowed: KEYS })
    }
}

impl fmt::Display for MenuKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_digit() {
            Some(digit) => digit.fmt(f),
            None => f.write_str("timeout"),
        }
    }
}

impl TryFrom<String> for MenuKey {
    type Error = BadKeyAction;
    fn try_from(text: String) -> Result<Self, BadKeyAction> {
        text.parse()
    }
}

impl From<MenuKey> for String {
    fn from(key: MenuKey) -> Self {
        key.to_string()
    }
}
