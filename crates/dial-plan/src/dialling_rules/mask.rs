#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::mask::without_separators;

/// Why a text is no mask of a dialling rule.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DialMaskError {
    /// Nothing to match.
    #[error("the mask is empty: give digits, with x for any digit and * at the end for any more of them")]
    Empty,
    /// More characters than a number may have.
    #[error("the mask `{}` has more than {} characters: shorten it", text.escape_debug(), DialMask::MAX_CHARACTERS)]
    TooLong {
        /// The offered mask.
        text: String,
    },
    /// A character with no meaning in a mask, or in a place where it has none.
    #[error("the mask `{}` holds {found:?}: use 0-9, x for any digit, + only in front and * only at the end", text.escape_debug())]
    Forbidden {
        /// The offered mask.
        text: String,
        /// The first character that does not fit.
        found: char,
    },
}

/// Which numbers a dialling rule is about: digits, `x` for any digit, at the end `*` for one or more of any digits.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct DialMask(String);

/// What of a number stood in the places of `x` and `*`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Matched {
    places: String,
    tail: String,
}

impl DialMask {
    /// The most characters of a mask.
    pub const MAX_CHARACTERS: usize = 32;

    /// Reads a mask as an administrator types it: visual separators fall, `X` is `x`.
    ///
    /// # Errors
    /// [`DialMaskError`], by the first character that has no meaning.
    pub fn parse(text: &str) -> Result<Self, DialMaskError> {
        let bare = without_separators(text);
        let count = bare.chars().count();
        if count == 0 || bare == "+" {
            return Err(DialMaskError::Empty);
        }
        if count > Self::MAX_CHARACTERS {
            return Err(DialMaskError::TooLong { text: text.to_owned() });
        }
        let misplaced = |(place, c): &(usize, char)| match c {
            '0'..='9' | 'x' => false,
            '+' => *place != 0,
            '*' => place.saturating_add(1) != count,
            _ => true,
        };
        match bare.chars().enumerate().find(misplaced) {
            Some((_, found)) => Err(DialMaskError::Forbidden { text: text.to_owned(), found }),
            None => Ok(Self(bare)),
        }
    }

    /// The mask as it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn has_tail(&self) -> bool {
        self.0.ends_with('*')
    }

    pub(crate) fn wildcards(&self) -> usize {
        self.0.chars().filter(|c| *c == 'x').count()
    }

    /// What stands for `x` and `*`, if the whole number fits.
    pub(crate) fn matched(&self, number: &str) -> Option<Matched> {
        let (mut places, mut rest) = (String::new(), number.chars());
        for wanted in self.0.chars() {
            if wanted == '*' {
                let tail: String = rest.collect();
                let is_more = !tail.is_empty() && tail.chars().all(|c| c.is_ascii_digit());
                return is_more.then_some(Matched { places, tail });
            }
            match rest.next()? {
                found if wanted == 'x' && found.is_ascii_digit() => places.push(found),
                found if wanted == found => {}
                _ => return None,
            }
        }
        rest.next().is_none().then_some(Matched { places, tail: String::new() })
    }

    /// The mask with `x` filled from the end of what stood in such places, and `*` by what stood there.
    pub(crate) fn filled(&self, matched: &Matched) -> String {
        let spare = matched.places.len().saturating_sub(self.wildcards());
        let mut places = matched.places.chars().skip(spare);
        let mut number = String::new();
        for c in self.0.chars() {
            match c {
                'x' => number.extend(places.next()),
                '*' => number.push_str(&matched.tail),
                digit => number.push(digit),
            }
        }
        number
    }
}

impl TryFrom<String> for DialMask {
    type Error = DialMaskError;
    fn try_from(text: String) -> Result<Self, DialMaskError> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for DialMask {
    type Err = DialMaskError;
    fn from_str(text: &str) -> Result<Self, DialMaskError> {
        Self::parse(text)
    }
}

impl From<DialMask> for String {
    fn from(mask: DialMask) -> Self {
        mask.0
    }
}

impl fmt::Display for DialMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(from: &str, to: &str, number: &str) -> Option<String> {
        let (from, to) = (DialMask::parse(from).unwrap(), DialMask::parse(to).unwrap());
        from.matched(number).map(|matched| to.filled(&matched))
    }

    #[test]
    fn x_is_one_digit_and_a_star_at_the_end_is_one_or_more() {
        assert_eq!(rewritten("91425*", "91*", "914255550100"), Some("915550100".into()));
        assert_eq!(rewritten("91425*", "91*", "91425"), None);
        assert_eq!(rewritten("7xxx", "8xxx", "7123"), Some("8123".into()));
        assert_eq!(rewritten("7xxx", "8xxx", "71234"), None);
        assert_eq!(rewritten("*", "9*", "112"), Some("9112".into()));
    }

    #[test]
    fn nothing_but_digits_fits_a_wildcard() {
        for number in ["7*23", "712#", "71 3", "+7123", "7\u{661}23", "7123;ext=1", ""] {
            assert_eq!(rewritten("7xxx", "xxx", number), None, "{number}");
            assert_eq!(rewritten("7*", "*", number).filter(|_| number != "7123"), None, "{number}");
        }
    }

    #[test]
    fn a_result_with_fewer_x_takes_the_last_digits() {
        assert_eq!(rewritten("xxxxxxx", "9xxx", "1234567"), Some("9567".into()));
    }

    #[test]
    fn masks_refuse_letters_inner_plus_and_inner_star() {
        assert_eq!(DialMask::parse("+1 (425) 555-XXXX").unwrap().as_str(), "+1425555xxxx");
        assert_eq!(DialMask::parse("9a"), Err(DialMaskError::Forbidden { text: "9a".into(), found: 'a' }));
        assert_eq!(DialMask::parse("9+1"), Err(DialMaskError::Forbidden { text: "9+1".into(), found: '+' }));
        assert_eq!(DialMask::parse("9*1"), Err(DialMaskError::Forbidden { text: "9*1".into(), found: '*' }));
        assert_eq!(DialMask::parse(" - "), Err(DialMaskError::Empty));
        assert_eq!(DialMask::parse("+"), Err(DialMaskError::Empty));
        assert!(DialMask::parse(&"9".repeat(32)).is_ok());
        assert_eq!(DialMask::parse(&"9".repeat(33)), Err(DialMaskError::TooLong { text: "9".repeat(33) }));
    }
}
