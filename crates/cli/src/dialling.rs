//! What may be dialled, as dial plans, attendants and policies are told it.
use std::{fmt::Display, str::FromStr};

use clap::Args;
use dial_plan::{DialPermissions, DialPermissionsPatch, Name};
use telephony::{NumberError, PhoneNumber};

/// The switches of permissions.
#[derive(Args, Debug)]
pub(crate) struct Permissions {
    /// Whether numbers of the plan that have a mailbox may be dialled. Default: true.
    #[arg(long, value_name = "BOOL")]
    allow_dial_plan_subscribers: Option<bool>,
    /// Whether every number as long as the plan's extensions may be dialled. Default: false.
    #[arg(long, value_name = "BOOL")]
    allow_extensions: Option<bool>,
    /// Groups of the plan's dialling rules that may be dialled, in place of those there were; "" takes them away.
    /// Default: none.
    #[arg(long, value_name = "GROUP,..", action = clap::ArgAction::Set, value_delimiter = ',', value_parser = name_or_none)]
    allowed_groups: Option<Vec<OrNone<Name>>>,
}

/// One entry of a list that the empty string takes away.
#[derive(Clone, Debug)]
pub(crate) struct OrNone<T>(Option<T>);

impl<T: FromStr> FromStr for OrNone<T> {
    type Err = T::Err;
    fn from_str(text: &str) -> Result<Self, T::Err> {
        if text.is_empty() { Ok(Self(None)) } else { text.parse().map(|value| Self(Some(value))) }
    }
}

impl<T> OrNone<T> {
    /// The value; `None` takes it away.
    pub(crate) fn value(self) -> Option<T> {
        self.0
    }
}

/// Reads a number, or none.
pub(crate) fn number_or_none(text: &str) -> Result<OrNone<PhoneNumber>, NumberError> {
    if text.is_empty() {
        Ok(OrNone(None))
    } else {
        PhoneNumber::parse(text).map(|number| OrNone(Some(number)))
    }
}

/// Reads a name, or none.
pub(crate) fn name_or_none(text: &str) -> Result<OrNone<Name>, dial_plan::NameError> {
    text.parse()
}

/// The entries that were given.
pub(crate) fn given<T>(list: Vec<OrNone<T>>) -> Vec<T> {
    list.into_iter().filter_map(OrNone::value).collect()
}

impl From<Permissions> for DialPermissionsPatch {
    fn from(given_now: Permissions) -> Self {
        Self {
            allow_dial_plan_subscribers: given_now.allow_dial_plan_subscribers,
            allow_extensions: given_now.allow_extensions,
            allowed_groups: given_now.allowed_groups.map(given),
        }
    }
}

/// Permissions in words.
pub(crate) fn words(permissions: &DialPermissions) -> String {
    let mut words = vec!["the operator".to_owned()];
    if permissions.allow_dial_plan_subscribers {
        words.push("mailboxes of the plan".to_owned());
    }
    if permissions.allow_extensions {
        words.push("every extension".to_owned());
    }
    words.extend(permissions.allowed_groups.iter().map(|group| format!("group {group}")));
    words.join(", ")
}

/// A list in words.
pub(crate) fn listed<T: Display>(list: &[T]) -> String {
    let words: Vec<String> = list.iter().map(ToString::to_string).collect();
    crate::report::or_hyphen(Some(&words.join(", ")))
}
