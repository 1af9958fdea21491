use std::{borrow::Borrow, fmt, ops::Deref, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is no name of a site object.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameError {
    /// Nothing but blanks.
    #[error("the name is empty: give at least one character")]
    Empty,
    /// Longer than a name may be.
    #[error("the name `{name}` has {length} characters: use at most {limit}")]
    TooLong {
        /// The offered name.
        name: String,
        /// Its characters.
        length: usize,
        /// The most allowed here.
        limit: usize,
    },
    /// A character that Exchange's names may not hold either.
    #[error("the name `{}` holds {found:?}: leave out \" / \\ [ ] : ; | = , + * ? < > and control characters", name.escape_debug())]
    Forbidden {
        /// The offered name.
        name: String,
        /// The first character that does not fit.
        found: char,
    },
    /// A blank at the begin or end, which nobody sees in a table.
    #[error("the name `{name}` begins or ends with a blank: leave it out")]
    BlankAtEdge {
        /// The offered name.
        name: String,
    },
}

/// The name of a dial plan, gateway, hunt group or mailbox policy: 1 to 64 characters, compared exactly.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The most characters of a name.
    pub const MAX_CHARACTERS: usize = 64;
    /// The most characters of a dial plan's name: `<plan> Default Policy` is a name too.
    pub const MAX_PLAN_CHARACTERS: usize = 49;

    /// Reads a name as an administrator types it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        if text.trim() != text {
            return Err(NameError::BlankAtEdge { name: text.to_owned() });
        }
        if let Some(found) = text.chars().find(|c| c.is_control() || FORBIDDEN.contains(c)) {
            return Err(NameError::Forbidden { name: text.to_owned(), found });
        }
        let name = Self(text.to_owned());
        name.within(Self::MAX_CHARACTERS)?;
        Ok(name)
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name with words behind it, such as ` Default Policy`.
    pub(crate) fn followed_by(&self, words: &str) -> Result<Self, NameError> {
        Self::parse(&format!("{}{words}", self.0))
    }

    pub(crate) fn within(&self, limit: usize) -> Result<(), NameError> {
        let length = self.0.chars().count();
        if length > limit {
            return Err(NameError::TooLong { name: self.0.clone(), length, limit });
        }
        Ok(())
    }

    /// The name as one word of a command line: quoted if the shell would split it.
    pub fn shell_word(&self) -> String {
        let plain = self.0.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if plain { self.0.clone() } else { format!("'{}'", self.0.replace('\'', r"'\''")) }
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl FromStr for Name {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const FORBIDDEN: [char; 16] =
    ['"', '/', '\\', '[', ']', ':', ';', '|', '=', ',', '+', '*', '?', '<', '>', '\u{7f}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_inner_blanks_and_letters_of_any_script() {
        assert_eq!(Name::parse("Büro Süd").unwrap().as_str(), "Büro Süd");
    }

    #[test]
    fn each_character_that_exchange_forbids_is_refused() {
        for found in "\"/\\[]:;|=,+*?<>\n".chars() {
            let name = format!("a{found}b");

            assert_eq!(Name::parse(&name), Err(NameError::Forbidden { name: name.clone(), found }));
        }
    }

    #[test]
    fn sixty_four_characters_fit_and_sixty_five_do_not() {
        assert!(Name::parse(&"é".repeat(64)).is_ok());
        assert_eq!(
            Name::parse(&"e".repeat(65)),
            Err(NameError::TooLong { name: "e".repeat(65), length: 65, limit: 64 })
        );
    }

    #[test]
    fn blank_names_and_blanks_at_the_edge_are_refused() {
        assert_eq!(Name::parse("  "), Err(NameError::Empty));
        assert_eq!(Name::parse("hq "), Err(NameError::BlankAtEdge { name: "hq ".into() }));
    }

    #[test]
    fn a_name_with_a_blank_is_quoted_in_a_command() {
        assert_eq!(Name::parse("gw1").unwrap().shell_word(), "gw1");
        assert_eq!(Name::parse("O'Neil PBX").unwrap().shell_word(), r"'O'\''Neil PBX'");
    }
}
