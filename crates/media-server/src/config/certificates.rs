use cert_manager::KeyKind;
use toml::Spanned;

use super::error::{ConfigError, Source};
use super::file::CertificateWords;

/// Days before an expiry at which it is told first, if nobody says otherwise.
const FIRST_WARNING: u16 = 30;
/// Steps that a file may name.
const MOST_STEPS: usize = 16;
/// The largest step, ten years.
const LONGEST_STEP: u16 = 3_650;

/// `[certificates]`, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertificatesConfig {
    /// What happens where no certificate can be used.
    pub self_signed: SelfSigned,
    /// Days before an expiry at which it is told, the largest first, each once.
    pub warn_days: Vec<u16>,
    /// The program that is to supply a certificate for an owner without one.
    pub command: Option<String>,
}

/// Whether a certificate that no authority has signed may be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SelfSigned {
    /// It is made where none can be used, so that the server has one.
    Generate,
    /// Then there is none: TLS is refused, and clear plans are served.
    Forbid,
}

impl CertificatesConfig {
    pub(super) fn validate(words: &CertificateWords, source: Source<'_>) -> Result<Self, ConfigError> {
        let self_signed = match words.self_signed.as_ref().map(|word| (word.get_ref().as_str(), word)) {
            None | Some(("generate", _)) => SelfSigned::Generate,
            Some(("forbid", _)) => SelfSigned::Forbid,
            Some((_, word)) => {
                let allowed = "allowed are \"generate\" and \"forbid\"";
                return Err(source.refused("certificates.self_signed", word.span(), allowed));
            }
        };
        let command = match &words.command {
            Some(word) if !word.get_ref().starts_with('/') => {
                let allowed = "write the whole path of a program, as in \"/usr/local/bin/renew\"";
                return Err(source.refused("certificates.command", word.span(), allowed));
            }
            word => word.as_ref().map(|word| word.get_ref().clone()),
        };
        Ok(Self { self_signed, warn_days: warn_days(words.warn_days.as_ref(), source)?, command })
    }
}

/// The word for a key, as in `certificate_key`.
pub fn key_kind(word: &str) -> Option<KeyKind> {
    Some(match word {
        "rsa-2048" => KeyKind::Rsa2048,
        "rsa-3072" => KeyKind::Rsa3072,
        "p-256" => KeyKind::P256,
        "p-384" => KeyKind::P384,
        _ => return None,
    })
}

fn warn_days(word: Option<&Spanned<Vec<u16>>>, source: Source<'_>) -> Result<Vec<u16>, ConfigError> {
    let Some(word) = word else { return Ok(vec![FIRST_WARNING]) };
    let mut days = word.get_ref().clone();
    days.sort_by_key(|days| std::cmp::Reverse(*days));
    days.dedup();
    let fits = |days: &u16| (1..=LONGEST_STEP).contains(days);
    if days.is_empty() || days.len() > MOST_STEPS || !days.iter().all(fits) {
        let allowed =
            format!("write 1 to {MOST_STEPS} numbers of days from 1 to {LONGEST_STEP}, as in [60, 30]");
        return Err(source.refused("certificates.warn_days", word.span(), allowed));
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Overrides, ServerConfig};

    fn load(text: &str) -> Result<CertificatesConfig, String> {
        let config = ServerConfig::from_text(text, Path::new("um.toml"), &Overrides::default());
        config.map(|config| config.certificates).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_word_a_certificate_is_made_and_expiry_is_told_thirty_days_before() {
        let expected =
            CertificatesConfig { self_signed: SelfSigned::Generate, warn_days: vec![30], command: None };

        assert_eq!(load(""), Ok(expected));
    }

    #[test]
    fn steps_are_sorted_and_each_mistake_is_told_with_its_line() {
        let read = load(
            "[certificates]\nself_signed = \"forbid\"\nwarn_days = [7, 60, 7]\ncommand = \"/usr/bin/renew\"\n",
        );

        assert_eq!(
            read,
            Ok(CertificatesConfig {
                self_signed: SelfSigned::Forbid,
                warn_days: vec![60, 7],
                command: Some("/usr/bin/renew".to_owned())
            })
        );
        assert_eq!(
            load("[certificates]\nself_signed = \"no\"\n").unwrap_err(),
            "um.toml:2: certificates.self_signed = \"no\" is not possible: allowed are \"generate\" and \"forbid\""
        );
        assert_eq!(
            load("[certificates]\nwarn_days = []\n").unwrap_err(),
            "um.toml:2: certificates.warn_days = [] is not possible: write 1 to 16 numbers of days from 1 to 3650, as \
             in [60, 30]"
        );
        assert!(load("[certificates]\nwarn_days = [0]\n").is_err());
        assert!(load("[certificates]\ncommand = \"renew\"\n").is_err());
    }
}
