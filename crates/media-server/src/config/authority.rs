use std::net::SocketAddr;

use toml::Spanned;

use super::{
    error::{ConfigError, Source},
    file::AuthorityWords,
};

/// The longest URL, in characters.
const LONGEST_URL: usize = 2_048;

/// `[authority]`, checked: how the revocation list of this server's CA is handed out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuthorityConfig {
    /// Where the list is served over HTTP; `None`: nowhere. Port 0 is any free one.
    pub crl_listen: Option<SocketAddr>,
    /// The URL of the list in the certificates that the CA issues.
    pub crl_url: Option<String>,
}

impl AuthorityConfig {
    pub(super) fn validate(words: &AuthorityWords, source: Source<'_>) -> Result<Self, ConfigError> {
        let crl_listen = words.crl_listen.as_ref().map(|word| {
            let allowed = "write an address and a port of this machine, as in \"192.0.2.10:8080\"";
            word.get_ref().parse().map_err(|_| source.refused("authority.crl_listen", word.span(), allowed))
        });
        let crl_url = words.crl_url.as_ref().map(|word| url(word, source));
        Ok(Self { crl_listen: crl_listen.transpose()?, crl_url: crl_url.transpose()? })
    }
}

fn url(word: &Spanned<String>, source: Source<'_>) -> Result<String, ConfigError> {
    let url = word.get_ref();
    let rest = url.strip_prefix("http://").unwrap_or_default();
    let fits = url.len() <= LONGEST_URL
        && url.chars().all(|c| c.is_ascii_graphic())
        && rest.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '[');
    if fits {
        return Ok(url.clone());
    }
    let allowed = "write an http:// URL, as in \"http://um.example.com:8080/ca.crl\": a list is signed, and who asks for it \
                   has no certificate to check yet";
    Err(source.refused("authority.crl_url", word.span(), allowed))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Overrides, ServerConfig};

    fn load(text: &str) -> Result<AuthorityConfig, String> {
        let text = format!("[authority]\n{text}\n");
        let config = ServerConfig::from_text(&text, Path::new("um.toml"), &Overrides::default());
        config.map(|config| config.authority).map_err(|error| error.to_string())
    }

    #[test]
    fn list_is_served_nowhere_unless_an_address_is_given() {
        assert_eq!(load(""), Ok(AuthorityConfig::default()));
        let read =
            load("crl_listen = \"[::1]:8080\"\ncrl_url = \"http://um.example.com:8080/ca.crl\"").unwrap();
        assert_eq!(read.crl_listen, Some("[::1]:8080".parse().unwrap()));
        assert_eq!(read.crl_url.as_deref(), Some("http://um.example.com:8080/ca.crl"));
    }

    #[test]
    fn what_is_no_address_and_what_is_no_url_are_refused_with_their_line() {
        for word in ["8080", "um.example.com:8080", "192.0.2.1", ""] {
            let error = load(&format!("crl_listen = {word:?}")).unwrap_err();
            assert!(error.starts_with("um.toml:2: authority.crl_listen"), "{error}");
        }
        for word in ["https://um.example.com/ca.crl", "http://", "http:// x", "ca.crl", "http:///ca.crl"] {
            let error = load(&format!("crl_url = {word:?}")).unwrap_err();
            assert!(error.starts_with("um.toml:2: authority.crl_url"), "{error}");
        }
    }
}
