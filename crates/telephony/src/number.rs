use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a text is no extension or telephone number.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NumberError {
    /// Nothing between the quotes.
    #[error("the number is empty: give its digits")]
    Empty,
    /// Longer than any number of the field.
    #[error("`{text}` has more than {limit} characters: shorten it")]
    TooLong {
        /// The offered text.
        text: String,
        /// The most characters allowed.
        limit: usize,
    },
    /// A character that is no digit.
    #[error("`{text}` holds `{found}`, which is no digit: use 0-9 only (a number may begin with +)")]
    NotADigit {
        /// The offered text.
        text: String,
        /// The first character that does not fit.
        found: char,
    },
}

/// The number of a mailbox inside its dial plan: 1 to 20 decimal digits, leading zeros kept.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Extension(String);

/// A telephone number: 1 to 32 decimal digits, with a leading `+` for E.164.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

impl Extension {
    /// Reads the digits as an administrator types them.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        digits(text, text, 20)?;
        Ok(Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PhoneNumber {
    /// Reads the number, keeping a leading `+`.
    pub fn parse(text: &str) -> Result<Self, NumberError> {
        digits(text, text.strip_prefix('+').unwrap_or(text), 32)?;
        Ok(Self(text.to_owned()))
    }

    /// The number, with its `+` if it has one.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn digits(text: &str, digits: &str, limit: usize) -> Result<(), NumberError> {
    if digits.is_empty() {
        return Err(NumberError::Empty);
    }
    if digits.len() > limit {
        return Err(NumberError::TooLong { text: text.to_owned(), limit });
    }
    match digits.chars().find(|c| !c.is_ascii_digit()) {
        Some(found) => Err(NumberError::NotADigit { text: text.to_owned(), found }),
        None => Ok(()),
    }
}

impl TryFrom<String> for Extension {
    type Error = NumberError;
    fn try_from(text: String) -> Result<Self, NumberError> {
        Self::parse(&text)
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = NumberError;
    fn try_from(text: String) -> Result<Self, NumberError> {
        Self::parse(&text)
    }
}

impl From<Extension> for String {
    fn from(extension: Extension) -> Self {
        extension.0
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extension_keeps_leading_zeros() {
        assert_eq!(Extension::parse("0042").unwrap().as_str(), "0042");
    }

    #[test]
    fn extension_of_letters_is_refused_with_the_letter() {
        assert_eq!(Extension::parse("40a1"), Err(NumberError::NotADigit { text: "40a1".into(), found: 'a' }));
    }

    #[test]
    fn plus_alone_is_no_number() {
        assert_eq!(PhoneNumber::parse("+"), Err(NumberError::Empty));
    }
}
