//! What a CA has issued: a text with a line for each certificate.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use jiff::Timestamp;

use super::RevokeRefusal;
use crate::facts::CertificateFacts;

const HEADER: &str = "# serial\tfqdn\tsha256\tnot before\tnot after\trevoked";
/// In the last column of a certificate that is not revoked.
const NOT_REVOKED: &str = "-";

/// A certificate that a CA has issued.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuedEntry {
    /// Its serial number in hexadecimal, lower case.
    pub serial: String,
    /// The name in it.
    pub fqdn: String,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// The first moment of its life.
    pub not_before: Timestamp,
    /// The last moment of its life.
    pub not_after: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Index(Vec<IssuedEntry>);

impl IssuedEntry {
    /// The serial number as octets.
    pub(super) fn serial_octets(&self) -> Vec<u8> {
        let digits: Vec<char> = self.serial.chars().collect();
        let octet = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap_or(0);
        digits.chunks(2).map(octet).collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let mut columns = line.split('\t');
        let mut next = || columns.next();
        let entry = Self {
            serial: hexadecimal(next()?)?,
            fqdn: next()?.to_owned(),
            sha256: hexadecimal(next()?)?,
            not_before: next()?.parse().ok()?,
            not_after: next()?.parse().ok()?,
            revoked: match next()? {
                NOT_REVOKED => None,
                moment => Some(moment.parse().ok()?),
            },
        };
        next().is_none().then_some(entry)
    }
}

impl Index {
    /// Reads what [`Index::to_string`] wrote; an empty text is a CA that has issued nothing.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let entry = |(place, line): (usize, &str)| {
            IssuedEntry::parse(line).ok_or_else(|| format!("line {} of its index", place.saturating_add(1)))
        };
        lines.map(entry).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn entries(&self) -> &[IssuedEntry] {
        &self.0
    }

    pub(super) fn add(&mut self, fqdn: &str, facts: &CertificateFacts) {
        self.0.push(IssuedEntry {
            serial: facts.serial.clone(),
            fqdn: fqdn.to_owned(),
            sha256: facts.sha256.clone(),
            not_before: facts.not_before,
            not_after: facts.not_after,
            revoked: None,
        });
    }

    pub(super) fn revoke(&mut self, which: &str, now: Timestamp) -> Result<IssuedEntry, RevokeRefusal> {
        let digits: String = which.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
        let by_serial = self.0.iter().position(|entry| entry.serial.eq_ignore_ascii_case(&digits));
        let named: Vec<usize> = (0..self.0.len())
            .filter(|place| {
                let entry = self.0.get(*place);
                entry.is_some_and(|e| e.revoked.is_none() && e.fqdn.eq_ignore_ascii_case(which))
            })
            .collect();
        let place = match (by_serial, named.as_slice()) {
            (Some(place), _) | (None, &[place]) => place,
            (None, []) => return Err(RevokeRefusal::Unknown { which: which.to_owned() }),
            (None, several) => {
                return Err(RevokeRefusal::Ambiguous { which: which.to_owned(), count: several.len() });
            }
        };
        let Some(entry) = self.0.get_mut(place) else {
            return Err(RevokeRefusal::Unknown { which: which.to_owned() });
        };
        if let Some(on) = entry.revoked {
            return Err(RevokeRefusal::AlreadyRevoked { serial: entry.serial.clone(), on });
        }
        // Whole seconds, as the list has them.
        entry.revoked = Some(Timestamp::from_second(now.as_second()).unwrap_or(now));
        Ok(entry.clone())
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        for entry in &self.0 {
            let IssuedEntry { serial, fqdn, sha256, not_before, not_after, revoked } = entry;
            let revoked = revoked.map_or_else(|| NOT_REVOKED.to_owned(), |on| on.to_string());
            writeln!(f, "{serial}\t{fqdn}\t{sha256}\t{not_before}\t{not_after}\t{revoked}")?;
        }
        Ok(())
    }
}

fn hexadecimal(text: &str) -> Option<String> {
    let whole =
        !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| text.to_owned())
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    const TEXT: &str = "# serial\tfqdn\tsha256\tnot before\tnot after\trevoked\n\
                        4a01\tgw1.example.com\tab01\t2029-12-31T00:00:00Z\t2032-04-05T00:00:00Z\t-\n\
                        4a02\tgw1.example.com\tab02\t2029-12-31T00:00:00Z\t2032-04-05T00:00:00Z\t-\n\
                        4a03\tgw2.example.com\tab03\t2029-12-31T00:00:00Z\t2032-04-05T00:00:00Z\t2030-01-01T00:00:00Z\n";

    fn now() -> Timestamp {
        "2030-06-01T00:00:00.5Z".parse().unwrap()
    }

    #[test]
    fn index_reads_what_it_writes() {
        let index = Index::parse(TEXT).unwrap();

        assert_eq!(index.to_string(), TEXT);
        assert_eq!(index.entries()[2].serial_octets(), [0x4a, 0x03]);
        assert_eq!(index.entries()[2].revoked, Some("2030-01-01T00:00:00Z".parse().unwrap()));
        assert_eq!(Index::parse("").unwrap().entries(), []);
    }

    #[test]
    fn damaged_line_is_named() {
        for damage in
            ["4a0", "4a01\tgw1", &TEXT.replace("2032-04", "2032-4"), &TEXT.replace("\t-\n", "\t-\tx\n")]
        {
            let error = Index::parse(&format!("#\n{damage}")).unwrap_err();

            assert!(error.starts_with("line ") && error.ends_with(" of its index"), "{error}");
        }
        assert_eq!(Index::parse("#\nx").unwrap_err(), "line 2 of its index");
    }

    #[test]
    fn certificate_is_found_by_its_serial_number_or_by_a_name_that_has_no_other() {
        let mut index = Index::parse(TEXT).unwrap();
        let which = |which: &str| which.to_owned();

        assert_eq!(
            index.revoke("gw1.example.com", now()),
            Err(RevokeRefusal::Ambiguous { which: which("gw1.example.com"), count: 2 })
        );
        assert_eq!(index.revoke("4A:01", now()).unwrap().serial, "4a01");
        assert_eq!(index.revoke("GW1.example.com", now()).unwrap().serial, "4a02");
        let on = "2030-06-01T00:00:00Z".parse().unwrap();
        assert_eq!(
            index.revoke("4a01", now()),
            Err(RevokeRefusal::AlreadyRevoked { serial: which("4a01"), on })
        );
        assert_eq!(
            index.revoke("gw2.example.com", now()),
            Err(RevokeRefusal::Unknown { which: which("gw2.example.com") })
        );
    }
}
