use std::fmt;
use std::str::FromStr;

use telephony::{Extension, NumberError};

/// A mailbox as the administrator names it: `EXT@PLAN`, or `EXT` where only one plan has the extension.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailboxAddress {
    /// The extension.
    pub extension: Extension,
    /// The dial plan, if it was said.
    pub dial_plan: Option<String>,
}

/// Why a text names no mailbox.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MailboxAddressError {
    /// The part before `@` is no extension.
    Extension(NumberError),
    /// Nothing after `@`.
    EmptyPlan,
}

impl FromStr for MailboxAddress {
    type Err = MailboxAddressError;

    fn from_str(text: &str) -> Result<Self, MailboxAddressError> {
        let (extension, dial_plan) = match text.split_once('@') {
            Some((_, "")) => return Err(MailboxAddressError::EmptyPlan),
            Some((extension, plan)) => (extension, Some(plan.to_owned())),
            None => (text, None),
        };
        let extension = Extension::parse(extension).map_err(MailboxAddressError::Extension)?;
        Ok(Self { extension, dial_plan })
    }
}

impl fmt::Display for MailboxAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.dial_plan {
            Some(plan) => write!(f, "{}@{plan}", self.extension),
            None => write!(f, "{}", self.extension),
        }
    }
}

impl fmt::Display for MailboxAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension(error) => error.fmt(f),
            Self::EmptyPlan => f.write_str("nothing stands behind the @: write EXT@PLAN, or EXT alone"),
        }
    }
}

impl std::error::Error for MailboxAddressError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_reads_and_prints_with_and_without_plan() {
        let both: MailboxAddress = "4001@head office".parse().unwrap();
        let alone: MailboxAddress = "4001".parse().unwrap();

        assert_eq!(both.dial_plan.as_deref(), Some("head office"));
        assert_eq!(both.to_string(), "4001@head office");
        assert_eq!(alone.dial_plan, None);
        assert_eq!(alone.to_string(), "4001");
    }

    #[test]
    fn address_without_digits_or_plan_is_refused() {
        assert_eq!("4001@".parse::<MailboxAddress>(), Err(MailboxAddressError::EmptyPlan));
        assert_eq!("@hq".parse::<MailboxAddress>(), Err(MailboxAddressError::Extension(NumberError::Empty)));
    }
}
