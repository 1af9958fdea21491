#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::called_number::canonical_user;

/// Why a text is no mask, number rule or pilot.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MaskError {
    /// Nothing to match.
    #[error("the mask is empty: give digits, with x for any digit")]
    Empty,
    /// More characters than a number may have.
    #[error("the mask `{}` has more than {} characters: shorten it", text.escape_debug(), Mask::MAX_CHARACTERS)]
    TooLong {
        /// The offered mask.
        text: String,
    },
    /// A character with no meaning in a mask.
    #[error("the mask `{}` holds {found:?}: use 0-9, *, #, x for any digit, and + only in front", text.escape_debug())]
    Forbidden {
        /// The offered mask.
        text: String,
        /// The first character that does not fit.
        found: char,
    },
    /// The result of a rule asks for digits that the rule does not match.
    #[error(
        "`{to}` has {to_wildcards} x but `{from}` only {from_wildcards}: a rule can keep no more digits than it matches"
    )]
    MoreWildcards {
        /// What the rule matches.
        from: Mask,
        /// What the rule makes of it.
        to: Mask,
        /// The x of `from`.
        from_wildcards: usize,
        /// The x of `to`.
        to_wildcards: usize,
    },
    /// A pilot with `@` that is no user@host.
    #[error("the pilot `{}` is no user@host: give both sides of the @", text.escape_debug())]
    NotUserAtHost {
        /// The offered pilot.
        text: String,
    },
}

/// A number with `x` in place of any decimal digit: `+1425555xxxx`, `*xxxx`, `4001`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mask(String);

/// A mask as it is compared: the separators that people write fall, `X` is `x`.
pub(crate) fn without_separators(text: &str) -> String {
    let significant = text.trim().chars().filter(|c| !matches!(c, '-' | '.' | '(' | ')' | ' '));
    significant.map(|c| if c == 'X' { 'x' } else { c }).collect()
}

impl Mask {
    /// The most characters of a mask.
    pub const MAX_CHARACTERS: usize = 32;

    /// Reads a mask as an administrator types it: visual separators fall, `X` is `x`.
    pub fn parse(text: &str) -> Result<Self, MaskError> {
        let bare = without_separators(text);
        if bare.is_empty() {
            return Err(MaskError::Empty);
        }
        if bare.chars().count() > Self::MAX_CHARACTERS {
            return Err(MaskError::TooLong { text: text.to_owned() });
        }
        let misplaced = |(place, c): &(usize, char)| match c {
            '0'..='9' | '*' | '#' | 'x' => false,
            '+' => *place != 0,
            _ => true,
        };
        match bare.chars().enumerate().find(misplaced) {
            Some((_, found)) => Err(MaskError::Forbidden { text: text.to_owned(), found }),
            None => Ok(Self(bare)),
        }
    }

    /// The mask as it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many characters stand for any digit.
    pub fn wildcards(&self) -> usize {
        self.0.chars().filter(|c| *c == 'x').count()
    }

    /// The digits in the places of `x`, if the whole number fits.
    pub fn matched_digits(&self, number: &str) -> Option<String> {
        if self.0.len() != number.len() {
            return None;
        }
        let mut digits = String::new();
        for (wanted, found) in self.0.chars().zip(number.chars()) {
            match wanted {
                'x' if found.is_ascii_digit() => digits.push(found),
                _ if wanted == found => {}
                _ => return None,
            }
        }
        Some(digits)
    }

    /// The mask with its `x` filled from the end of `digits`.
    fn filled(&self, digits: &str) -> String {
        let spare = digits.len().saturating_sub(self.wildcards());
        let mut digits = digits.chars().skip(spare);
        self.0.chars().filter_map(|c| if c == 'x' { digits.next() } else { Some(c) }).collect()
    }
}

impl TryFrom<String> for Mask {
    type Error = MaskError;
    fn try_from(text: String) -> Result<Self, MaskError> {
        Self::parse(&text)
    }
}

impl FromStr for Mask {
    type Err = MaskError;
    fn from_str(text: &str) -> Result<Self, MaskError> {
        Self::parse(text)
    }
}

impl From<Mask> for String {
    fn from(mask: Mask) -> Self {
        mask.0
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A rewriting of numbers: what fits `from` becomes `to`, whose `x` are filled with the last digits that fitted.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRule {
    /// What it matches.
    pub from: Mask,
    /// What it makes of it; keeps at most as many digits as `from` matches.
    pub to: Mask,
}

impl NumberRule {
    /// A rule as an administrator types it.
    pub fn parse(from: &str, to: &str) -> Result<Self, MaskError> {
        let rule = Self { from: Mask::parse(from)?, to: Mask::parse(to)? };
        rule.check()?;
        Ok(rule)
    }

    /// Refuses a result that asks for digits which the rule does not match.
    pub(crate) fn check(&self) -> Result<(), MaskError> {
        let (from_wildcards, to_wildcards) = (self.from.wildcards(), self.to.wildcards());
        if to_wildcards > from_wildcards {
            let (from, to) = (self.from.clone(), self.to.clone());
            return Err(MaskError::MoreWildcards { from, to, from_wildcards, to_wildcards });
        }
        Ok(())
    }

    /// The rewritten number, if the rule fits.
    pub fn rewrite(&self, number: &str) -> Option<String> {
        self.from.matched_digits(number).map(|digits| self.to.filled(&digits))
    }
}

impl fmt::Display for NumberRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}

/// Which calls a hunt group takes: a number, a mask, or a `user@host`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum Pilot {
    /// Exactly this number.
    Number(Mask),
    /// Every number that fits: straight to voicemail.
    Mask(Mask),
    /// Exactly this user at this host; the host in lower case.
    UserAtHost {
        /// The user part, canonical.
        user: String,
        /// The host part of the Request-URI, without port.
        host: String,
    },
}

impl Pilot {
    /// Reads a pilot as an administrator types it; `sip:` in front falls.
    pub fn parse(text: &str) -> Result<Self, MaskError> {
        let bare = text.trim();
        let bare =
            ["sip:", "sips:", "tel:"].iter().find_map(|scheme| bare.strip_prefix(scheme)).unwrap_or(bare);
        let Some((user, host)) = bare.split_once('@') else {
            let mask = Mask::parse(bare)?;
            return Ok(if mask.wildcards() == 0 { Self::Number(mask) } else { Self::Mask(mask) });
        };
        let (user, host) = (canonical_user(user), host.to_ascii_lowercase());
        let fits =
            |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_control() || " <>;,@".contains(c));
        if !fits(&user) || !fits(&host) || bare.chars().count() > MAX_USER_AT_HOST {
            return Err(MaskError::NotUserAtHost { text: text.to_owned() });
        }
        Ok(Self::UserAtHost { user, host })
    }
}

/// The most characters of a `user@host` pilot.
const MAX_USER_AT_HOST: usize = 255;

impl TryFrom<String> for Pilot {
    type Error = MaskError;
    fn try_from(text: String) -> Result<Self, MaskError> {
        Self::parse(&text)
    }
}

impl FromStr for Pilot {
    type Err = MaskError;
    fn from_str(text: &str) -> Result<Self, MaskError> {
        Self::parse(text)
    }
}

impl From<Pilot> for String {
    fn from(pilot: Pilot) -> Self {
        pilot.to_string()
    }
}

impl fmt::Display for Pilot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(mask) | Self::Mask(mask) => mask.fmt(f),
            Self::UserAtHost { user, host } => write!(f, "{user}@{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_keeps_the_digits_in_the_places_of_x() {
        let rule = NumberRule::parse("+1425555xxxx", "xxxx").unwrap();

        assert_eq!(rule.rewrite("+14255554001"), Some("4001".into()));
        assert_eq!(rule.rewrite("+14255564001"), None);
        assert_eq!(rule.rewrite("14255554001"), None);
        assert_eq!(rule.rewrite("+1425555400"), None);
    }

    #[test]
    fn a_result_with_fewer_x_takes_the_last_digits() {
        assert_eq!(NumberRule::parse("xxxxxxx", "9xxx").unwrap().rewrite("1234567"), Some("9567".into()));
    }

    #[test]
    fn a_rule_that_keeps_more_digits_than_it_matches_is_refused() {
        assert_eq!(
            NumberRule::parse("4xx", "xxx").unwrap_err().to_string(),
            "`xxx` has 3 x but `4xx` only 2: a rule can keep no more digits than it matches"
        );
    }

    #[test]
    fn x_stands_for_a_decimal_digit_only() {
        let mask = Mask::parse("*xxxx").unwrap();

        assert_eq!(mask.matched_digits("*4001"), Some("4001".into()));
        assert_eq!(mask.matched_digits("**001"), None);
        assert_eq!(mask.matched_digits("*400é"), None);
    }

    #[test]
    fn masks_lose_visual_separators_and_refuse_letters_and_inner_plus() {
        assert_eq!(Mask::parse("+1 (425) 555-XXXX").unwrap().as_str(), "+1425555xxxx");
        assert_eq!(Mask::parse("40a1"), Err(MaskError::Forbidden { text: "40a1".into(), found: 'a' }));
        assert_eq!(Mask::parse("4+1"), Err(MaskError::Forbidden { text: "4+1".into(), found: '+' }));
        assert_eq!(Mask::parse(" - "), Err(MaskError::Empty));
        assert!(Mask::parse(&"9".repeat(32)).is_ok());
        assert_eq!(Mask::parse(&"9".repeat(33)), Err(MaskError::TooLong { text: "9".repeat(33) }));
    }

    #[test]
    fn pilots_are_numbers_masks_or_users_at_hosts() {
        assert_eq!(Pilot::parse("5000"), Ok(Pilot::Number(Mask::parse("5000").unwrap())));
        assert_eq!(Pilot::parse("*xxxx"), Ok(Pilot::Mask(Mask::parse("*xxxx").unwrap())));
        assert_eq!(
            Pilot::parse("sip:voicemail@Example.com"),
            Ok(Pilot::UserAtHost { user: "voicemail".into(), host: "example.com".into() })
        );
        assert_eq!(
            Pilot::parse("@example.com"),
            Err(MaskError::NotUserAtHost { text: "@example.com".into() })
        );
    }
}
