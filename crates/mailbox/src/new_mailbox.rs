use serde::{Deserialize, Serialize};
use telephony::{Extension, PhoneNumber};

/// Bounds on what an administrator may write about a mailbox.
pub mod limits {
    /// Characters of a person's name.
    pub const NAME_CHARACTERS: usize = 256;
    /// Octets of a mail address (RFC 5321 4.5.3.1.3 leaves 254).
    pub const EMAIL_OCTETS: usize = 254;
    /// Number aliases of one mailbox.
    pub const NUMBERS: usize = 32;
}

/// A mailbox to be enabled.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct NewMailbox {
    /// The dial plan, by name; whether it exists is checked against the site by the caller.
    pub dial_plan: String,
    /// The number of the mailbox.
    pub extension: Extension,
    /// Further numbers that mean this mailbox.
    pub numbers: Vec<PhoneNumber>,
    /// The person's name.
    pub name: String,
    /// Where mail about messages goes.
    pub email: Option<String>,
    /// The mailbox policy, by name; checked by the caller too.
    pub policy: String,
}

/// What changes of a mailbox; `None` leaves a fact as it is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct MailboxChange {
    /// A new name.
    pub name: Option<String>,
    /// A new mail address; `Some(None)` removes it.
    pub email: Option<Option<String>>,
    /// The whole new list of number aliases.
    pub numbers: Option<Vec<PhoneNumber>>,
    /// Another policy.
    pub policy: Option<String>,
}

/// Why the facts of a mailbox cannot stand.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MailboxRefusal {
    /// The name is empty or blank.
    #[error("mailbox {extension} has no name: give the person's name")]
    NameEmpty {
        /// The mailbox meant.
        extension: Extension,
    },
    /// The name is longer than [`limits::NAME_CHARACTERS`], or holds a control character.
    #[error(
        "the name of mailbox {extension} is longer than {} characters or holds a control character: shorten it",
        limits::NAME_CHARACTERS
    )]
    NameUnfit {
        /// The mailbox meant.
        extension: Extension,
    },
    /// No address of the form `local@domain`.
    #[error("`{email}` is no mail address: write it as name@example.com")]
    EmailUnfit {
        /// The offered text.
        email: String,
    },
    /// More aliases than [`limits::NUMBERS`].
    #[error("mailbox {extension} has {count} numbers, {} are allowed: remove some", limits::NUMBERS)]
    TooManyNumbers {
        /// The mailbox meant.
        extension: Extension,
        /// How many were given.
        count: usize,
    },
    /// The same alias twice, or the extension again as an alias.
    #[error("`{number}` is given twice for mailbox {extension}: give it once")]
    NumberTwice {
        /// The mailbox meant.
        extension: Extension,
        /// The repeated number.
        number: String,
    },
}

impl NewMailbox {
    /// Checks everything that can be judged without the index and the site.
    ///
    /// # Errors
    /// The first fact that cannot stand; nothing is stored before this says yes.
    pub fn check(&self) -> Result<(), MailboxRefusal> {
        check_name(&self.extension, &self.name)?;
        if let Some(email) = &self.email {
            check_email(email)?;
        }
        check_numbers(&self.extension, &self.numbers)
    }
}

impl MailboxChange {
    /// Checks the new facts of the mailbox with this extension.
    ///
    /// # Errors
    /// The first fact that cannot stand.
    pub fn check(&self, extension: &Extension) -> Result<(), MailboxRefusal> {
        if let Some(name) = &self.name {
            check_name(extension, name)?;
        }
        if let Some(Some(email)) = &self.email {
            check_email(email)?;
        }
        self.numbers.as_ref().map_or(Ok(()), |numbers| check_numbers(extension, numbers))
    }
}

fn check_name(extension: &Extension, name: &str) -> Result<(), MailboxRefusal> {
    if name.trim().is_empty() {
        return Err(MailboxRefusal::NameEmpty { extension: extension.clone() });
    }
    if name.chars().count() > limits::NAME_CHARACTERS || name.chars().any(char::is_control) {
        return Err(MailboxRefusal::NameUnfit { extension: extension.clone() });
    }
    Ok(())
}

fn check_email(email: &str) -> Result<(), MailboxRefusal> {
    let fits = email.len() <= limits::EMAIL_OCTETS
        && !email.chars().any(|c| c.is_control() || c.is_whitespace())
        && email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if fits { Ok(()) } else { Err(MailboxRefusal::EmailUnfit { email: email.chars().take(256).collect() }) }
}

fn check_numbers(extension: &Extension, numbers: &[PhoneNumber]) -> Result<(), MailboxRefusal> {
    if numbers.len() > limits::NUMBERS {
        return Err(MailboxRefusal::TooManyNumbers { extension: extension.clone(), count: numbers.len() });
    }
    let repeated = numbers.iter().enumerate().find(|(place, number)| {
        number.as_str() == extension.as_str() || numbers.iter().take(*place).any(|earlier| earlier == *number)
    });
    match repeated {
        Some((_, number)) => Err(MailboxRefusal::NumberTwice {
            extension: extension.clone(),
            number: number.as_str().to_owned(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> NewMailbox {
        NewMailbox {
            dial_plan: "hq".into(),
            extension: Extension::parse("4001").unwrap(),
            numbers: vec![PhoneNumber::parse("+14255554001").unwrap()],
            name: "Ada".into(),
            email: Some("ada@example.com".into()),
            policy: "hq Default Policy".into(),
        }
    }

    #[test]
    fn a_whole_mailbox_is_accepted() {
        assert_eq!(ada().check(), Ok(()));
    }

    #[test]
    fn a_blank_name_is_refused() {
        let mailbox = NewMailbox { name: "  ".into(), ..ada() };

        assert_eq!(
            mailbox.check(),
            Err(MailboxRefusal::NameEmpty { extension: Extension::parse("4001").unwrap() })
        );
    }

    #[test]
    fn a_name_of_256_characters_fits_and_of_257_does_not() {
        let fits = NewMailbox { name: "\u{e4}".repeat(256), ..ada() };
        let unfit = NewMailbox { name: "\u{e4}".repeat(257), ..ada() };

        assert_eq!(fits.check(), Ok(()));
        assert_eq!(
            unfit.check(),
            Err(MailboxRefusal::NameUnfit { extension: Extension::parse("4001").unwrap() })
        );
    }

    #[test]
    fn an_address_without_domain_or_beyond_254_octets_is_refused() {
        let bare = NewMailbox { email: Some("ada@".into()), ..ada() };
        let long = NewMailbox { email: Some(format!("{}@example.com", "a".repeat(243))), ..ada() };

        assert_eq!(bare.check(), Err(MailboxRefusal::EmailUnfit { email: "ada@".into() }));
        assert!(matches!(long.check(), Err(MailboxRefusal::EmailUnfit { .. })));
    }

    #[test]
    fn thirty_three_numbers_are_too_many() {
        let numbers = (0..33).map(|n| PhoneNumber::parse(&format!("+1425555{n:04}")).unwrap()).collect();
        let mailbox = NewMailbox { numbers, ..ada() };

        assert_eq!(
            mailbox.check(),
            Err(MailboxRefusal::TooManyNumbers { extension: Extension::parse("4001").unwrap(), count: 33 })
        );
    }

    #[test]
    fn the_extension_again_as_a_number_is_refused() {
        let change =
            MailboxChange { numbers: Some(vec![PhoneNumber::parse("4001").unwrap()]), ..Default::default() };

        let extension = Extension::parse("4001").unwrap();
        assert_eq!(
            change.check(&extension),
            Err(MailboxRefusal::NumberTwice { extension, number: "4001".into() })
        );
    }
}
