use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{
    error::{ConfigError, Source},
    file::HealthWords,
};

/// Where metrics and health are served if nobody says otherwise.
pub const DEFAULT_HEALTH: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9563);

/// `[health]`, checked: where `/metrics`, `/healthz` and `/readyz` are served over HTTP.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum HealthConfig {
    /// Nowhere.
    Off,
    /// At [`DEFAULT_HEALTH`], unless another program has it.
    #[default]
    Default,
    /// At this address of the file; port 0 is any free one.
    At(SocketAddr),
}

impl HealthConfig {
    pub(super) fn validate(words: &HealthWords, source: Source<'_>) -> Result<Self, ConfigError> {
        let Some(word) = &words.listen else { return Ok(Self::Default) };
        if word.get_ref() == "off" {
            return Ok(Self::Off);
        }
        let refused = |allowed: &str| source.refused("health.listen", word.span(), allowed);
        let address: SocketAddr = word.get_ref().parse().map_err(|_| {
            refused("write an address and a port of this machine, as in \"127.0.0.1:9563\", or \"off\"")
        })?;
        if !address.ip().to_canonical().is_loopback() && words.allow_remote != Some(true) {
            return Err(refused(
                "the pages have no log-on: take an address such as \"127.0.0.1:9563\", or add allow_remote = true \
                 under [health] if the network keeps others away",
            ));
        }
        Ok(Self::At(address))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Overrides, ServerConfig};

    fn load(text: &str) -> Result<HealthConfig, String> {
        let text = format!("[health]\n{text}\n");
        let config = ServerConfig::from_text(&text, Path::new("um.toml"), &Overrides::default());
        config.map(|config| config.health).map_err(|error| error.to_string())
    }

    #[test]
    fn health_is_served_on_this_machine_unless_the_file_says_otherwise() {
        let at = |text: &str| Ok(HealthConfig::At(text.parse().unwrap()));

        assert_eq!(load(""), Ok(HealthConfig::Default));
        assert_eq!(DEFAULT_HEALTH.to_string(), "127.0.0.1:9563");
        assert_eq!(load("listen = \"off\""), Ok(HealthConfig::Off));
        assert_eq!(load("listen = \"127.0.0.2:0\""), at("127.0.0.2:0"));
        assert_eq!(load("listen = \"[::1]:9000\""), at("[::1]:9000"));
        assert_eq!(load("listen = \"192.0.2.1:9000\"\nallow_remote = true"), at("192.0.2.1:9000"));
    }

    #[test]
    fn address_that_others_reach_is_refused_with_its_line_unless_it_is_allowed() {
        for listen in ["192.0.2.1:9000", "0.0.0.0:9000", "[::]:9000"] {
            let told = load(&format!("listen = \"{listen}\"")).unwrap_err();
            assert!(
                told.starts_with(&format!("um.toml:2: health.listen = \"{listen}\" is not possible")),
                "{told}"
            );
            assert!(told.contains("allow_remote = true under [health]"), "{told}");
        }
        let told = load("listen = \"9000\"").unwrap_err();
        assert!(told.contains("as in \"127.0.0.1:9563\", or \"off\""), "{told}");
    }
}
