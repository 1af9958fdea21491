//! `NAME.flags`: what the administrator has said of a certificate.

use super::{is_sha256, plain_digits};

/// The longest name of an owner, in bytes.
const MAX_OWNER: usize = 64;

/// What the administrator has said of a certificate; by default it is active and ours. As a file: one a line, `inactive`,
/// `owner = NAME`, `successor-of = SHA256`; empty lines and those that begin with `#` do not count.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Flags {
    /// It is no candidate. Together with `successor_of` it is none as long as its predecessor can be presented.
    pub inactive: bool,
    /// Whom it is presented for: gateways (and listeners) that are bound to this owner. `None`: everyone else.
    pub owner: Option<String>,
    /// SHA-256 of the self-signed certificate that it succeeds.
    pub successor_of: Option<String>,
}

impl Flags {
    /// Whether it waits for the end of a predecessor.
    pub fn is_waiting(&self) -> bool {
        self.inactive && self.successor_of.is_some()
    }

    pub(super) fn read(text: &str) -> Result<Self, String> {
        let mut flags = Self::default();
        for (place, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            flags.read_line(line).map_err(|why| format!("line {}: {why}", place.saturating_add(1)))?;
        }
        Ok(flags)
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if self.inactive {
            text.push_str("inactive\n");
        }
        if let Some(owner) = &self.owner {
            text.push_str(&format!("owner = {owner}\n"));
        }
        if let Some(predecessor) = &self.successor_of {
            text.push_str(&format!("successor-of = {predecessor}\n"));
        }
        text
    }

    fn read_line(&mut self, line: &str) -> Result<(), String> {
        let (word, value) = match line.split_once('=') {
            Some((word, value)) => (word.trim(), Some(value.trim())),
            None => (line, None),
        };
        match (word, value) {
            ("inactive", None) => self.inactive = true,
            ("owner", Some(owner)) if is_owner(owner) => self.owner = Some(owner.to_owned()),
            ("owner", Some(_)) => {
                return Err(format!(
                    "an owner's name has 1 to {MAX_OWNER} characters, none of them a control"
                ));
            }
            ("successor-of", Some(predecessor)) if is_sha256(&plain_digits(predecessor)) => {
                self.successor_of = Some(plain_digits(predecessor));
            }
            _ => {
                let shown: String = line.chars().filter(|c| !c.is_control()).take(MAX_OWNER).collect();
                return Err(format!(
                    "`{shown}` is no flag: write `inactive`, `owner = NAME` or `successor-of = SHA256`"
                ));
            }
        }
        Ok(())
    }
}

/// Whether a text can be the name of an owner: it has to come back from the file as it went in.
pub(super) fn is_owner(name: &str) -> bool {
    !name.is_empty() && name.len() <= MAX_OWNER && name.trim() == name && !name.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_were_written_read_back() {
        let all = Flags {
            inactive: true,
            owner: Some("partner one".to_owned()),
            successor_of: Some("ab".repeat(32)),
        };

        assert_eq!(
            all.text(),
            format!("inactive\nowner = partner one\nsuccessor-of = {}\n", "ab".repeat(32))
        );
        assert_eq!(Flags::read(&all.text()), Ok(all));
        assert_eq!(Flags::default().text(), "");
        assert_eq!(Flags::read(""), Ok(Flags::default()));
    }

    #[test]
    fn comments_blanks_and_upper_case_digits_are_read() {
        let text =
            format!("# of the partner\r\n\r\n  owner=partner\r\nsuccessor-of = {}\r\n", "AB:".repeat(32));

        let flags = Flags::read(&text).unwrap();

        assert_eq!(flags.owner.as_deref(), Some("partner"));
        assert_eq!(flags.successor_of, Some("ab".repeat(32)));
    }

    #[test]
    fn line_that_is_no_flag_is_named_with_those_that_are() {
        let flags = "write `inactive`, `owner = NAME` or `successor-of = SHA256`";

        assert_eq!(Flags::read("\ninactiv"), Err(format!("line 2: `inactiv` is no flag: {flags}")));
        assert_eq!(
            Flags::read("successor-of = 12"),
            Err(format!("line 1: `successor-of = 12` is no flag: {flags}"))
        );
        assert_eq!(
            Flags::read("owner ="),
            Err("line 1: an owner's name has 1 to 64 characters, none of them a control".to_owned())
        );
        assert!(is_owner(&"a".repeat(64)));
        assert!(!is_owner(&"a".repeat(65)));
        assert!(!is_owner("a\nb"));
    }
}
