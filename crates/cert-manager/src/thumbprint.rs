use crate::facts::CertificateFacts;

/// The least digits that name a certificate.
const MIN_DIGITS: usize = 8;
/// Digits of a SHA-256.
const MAX_DIGITS: usize = 64;

/// The beginning of a SHA-1 or SHA-256 of a certificate as people write it: in any case, with colons or blanks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Thumbprint(String);

/// A text that is no thumbprint.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{}` is no thumbprint: give at least {MIN_DIGITS} hexadecimal digits of the certificate's SHA-1 or SHA-256",
    text.escape_debug()
)]
pub struct BadThumbprint {
    /// The text.
    pub text: String,
}

impl Thumbprint {
    /// Reads a thumbprint.
    ///
    /// # Errors
    /// [`BadThumbprint`]: too few digits, too many, or something else among them.
    pub fn parse(text: &str) -> Result<Self, BadThumbprint> {
        let digits: String =
            text.chars().filter(|c| !matches!(c, ':' | ' ' | '-')).map(|c| c.to_ascii_lowercase()).collect();
        let fits = (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(|c| c.is_ascii_hexdigit());
        if fits { Ok(Self(digits)) } else { Err(BadThumbprint { text: text.chars().take(128).collect() }) }
    }

    /// Whether it is this certificate's.
    pub fn fits(&self, facts: &CertificateFacts) -> bool {
        facts.sha1.starts_with(&self.0) || facts.sha256.starts_with(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::{Minted, SHA_1};

    #[test]
    fn certificate_is_named_by_the_first_digits_of_either_hash_in_any_spelling() {
        // SHA-256 ad241119b3b6786b..
        let facts = CertificateFacts::read(&Minted::from_fixture(SHA_1).chain[0]).unwrap();
        let fits = |text: &str| Thumbprint::parse(text).unwrap().fits(&facts);

        assert!(fits("AD:24:11:19") && fits("ad241119 b3b6786b") && fits(&facts.sha1) && fits(&facts.sha256));
        assert!(!fits("ad24111a"));
    }

    #[test]
    fn fewer_than_8_digits_and_anything_else_are_refused() {
        let refused = |text: &str| Thumbprint::parse(text).unwrap_err().to_string();

        assert_eq!(
            refused("AD:24:11:1"),
            "`AD:24:11:1` is no thumbprint: give at least 8 hexadecimal digits of the certificate's SHA-1 or SHA-256"
        );
        assert!(refused("gw1.example.com").starts_with("`gw1.example.com` is no thumbprint"));
        assert!(Thumbprint::parse(&"a".repeat(65)).is_err());
    }
}
