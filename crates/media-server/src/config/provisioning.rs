use std::net::IpAddr;

use super::{
    error::{ConfigError, Source},
    file::ProvisioningWords,
    tls_listener::{addresses, is_owner, share_an_address},
    validated::{SipConfig, StartupMode},
};

/// `[provisioning]`, checked: HTTPS for devices that fetch their profiles.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProvisioningConfig {
    /// Addresses to listen on, each once.
    pub listen: Vec<IpAddr>,
    /// Its port; 0 is any free one.
    pub port: u16,
    /// Whose certificate devices are shown.
    pub owner: String,
}

impl ProvisioningConfig {
    pub(super) fn validate(
        words: &ProvisioningWords,
        sip: &SipConfig,
        source: Source<'_>,
    ) -> Result<Self, ConfigError> {
        let listen = match &words.listen {
            None => sip.listen.clone(),
            Some(list) => addresses("provisioning.listen", list, source)?,
        };
        if !is_owner(words.owner.get_ref()) {
            let allowed = "write a name of at most 64 characters";
            return Err(source.refused("provisioning.owner", words.owner.span(), allowed));
        }
        if sip.startup_mode == StartupMode::Tcp {
            let allowed = "with startup_mode = \"tcp\" this server has no certificates: take \"dual\", or leave the section out";
            return Err(source.refused("provisioning.port", words.port.span(), allowed));
        }
        let port = *words.port.get_ref();
        if port != 0 && is_taken(sip, &listen, port) {
            let allowed = "SIP has this port on the same address: take another port, such as 8443";
            return Err(source.refused("provisioning.port", words.port.span(), allowed));
        }
        Ok(Self { listen, port, owner: words.owner.get_ref().clone() })
    }
}

/// Whether a port of SIP is this one on one of these addresses.
fn is_taken(sip: &SipConfig, listen: &[IpAddr], port: u16) -> bool {
    let is_clear = sip.startup_mode != StartupMode::Tls && sip.port == port;
    let by_owner = sip.listeners.iter().filter(|listener| listener.tls_port == port);
    let mut others = by_owner.map(|listener| listener.listen.as_slice());
    let is_sip = (is_clear || sip.tls_port == port) && share_an_address(&sip.listen, listen);
    is_sip || others.any(|addresses| share_an_address(addresses, listen))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Overrides, ServerConfig};

    fn load(text: &str) -> Result<Option<ProvisioningConfig>, String> {
        let config = ServerConfig::from_text(text, Path::new("um.toml"), &Overrides::default());
        config.map(|config| config.provisioning).map_err(|error| error.to_string())
    }

    #[test]
    fn without_the_section_no_device_is_served_and_with_it_port_and_owner_are_needed() {
        assert_eq!(load(""), Ok(None));
        assert!(load("[provisioning]\nowner = \"phones\"\n").unwrap_err().contains("missing field `port`"));
        assert!(load("[provisioning]\nport = 8443\n").unwrap_err().contains("missing field `owner`"));
        let text = "[sip]\nlisten = [\"192.0.2.1\"]\n[provisioning]\nport = 8443\nowner = \"phones\"\n";
        let listen = vec!["192.0.2.1".parse().unwrap()];
        let expected = ProvisioningConfig { listen, port: 8443, owner: "phones".to_owned() };
        assert_eq!(load(text), Ok(Some(expected)));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line() {
        let at = |port: u16| format!("[provisioning]\nport = {port}\nowner = \"phones\"\n");

        for port in [5060, 5061] {
            assert_eq!(
                load(&at(port)).unwrap_err(),
                format!(
                    "um.toml:2: provisioning.port = {port} is not possible: SIP has this port on the same address: take \
                     another port, such as 8443"
                )
            );
        }
        let listener = "[[sip.listener]]\ntls_port = 5062\nowner = \"partner\"\n";
        assert!(load(&[listener, &at(5062)].concat()).is_err());
        assert!(load(&["[sip]\nstartup_mode = \"tls\"\n", &at(5060)].concat()).is_ok());
        assert!(load(&["[sip]\nstartup_mode = \"tcp\"\n", &at(8443)].concat()).is_err());
        assert!(load("[provisioning]\nport = 8443\nowner = \" \"\n").is_err());
        assert!(load("[provisioning]\nport = 8443\nowner = \"a\"\nlisten = []\n").is_err());
        assert!(load(&at(0)).is_ok());
    }
}
