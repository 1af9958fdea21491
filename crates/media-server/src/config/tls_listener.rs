use std::net::IpAddr;

use toml::Spanned;

use super::error::{ConfigError, Source};
use super::file::{ListenerWords, SipWords};
use super::validated::StartupMode;
use super::word::ip;

/// Listeners that a file may name.
const MOST_LISTENERS: usize = 32;
/// Characters of an owner's name.
const LONGEST_OWNER: usize = 64;

/// `[[sip.listener]]`, checked: a port for SIP over mutual TLS with a certificate of its own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsListener {
    /// Addresses to listen on, each once.
    pub listen: Vec<IpAddr>,
    /// Its port; 0 is any free one.
    pub tls_port: u16,
    /// Whose certificate is shown.
    pub owner: String,
}

/// The addresses and ports that are taken already.
pub(super) struct Taken<'a> {
    pub(super) listen: &'a [IpAddr],
    pub(super) port: u16,
    pub(super) tls_port: u16,
    pub(super) mode: StartupMode,
}

/// Every listener of the file.
pub(super) fn tls_listeners(
    words: &SipWords,
    taken: &Taken<'_>,
    source: Source<'_>,
) -> Result<Vec<TlsListener>, ConfigError> {
    let mut listeners: Vec<TlsListener> = Vec::new();
    for word in &words.listener {
        if listeners.len() == MOST_LISTENERS {
            let allowed = format!("there may be {MOST_LISTENERS} listeners");
            return Err(source.refused("sip.listener", word.span(), allowed));
        }
        let listener = tls_listener(word.get_ref(), taken.listen, source)?;
        let port = word.get_ref().tls_port.span();
        if taken.mode == StartupMode::Tcp {
            let allowed =
                "with startup_mode = \"tcp\" no TLS port opens: take \"dual\", or leave the listener out";
            return Err(source.refused("sip.listener.tls_port", port, allowed));
        }
        if listener.tls_port != 0
            && (taken.meets(&listener) || listeners.iter().any(|other| other.meets(&listener)))
        {
            let allowed =
                "another listener of this file has this port on the same address: take another port";
            return Err(source.refused("sip.listener.tls_port", port, allowed));
        }
        listeners.push(listener);
    }
    Ok(listeners)
}

impl Taken<'_> {
    fn meets(&self, listener: &TlsListener) -> bool {
        let is_clear = self.mode != StartupMode::Tls && self.port == listener.tls_port;
        (is_clear || self.tls_port == listener.tls_port) && share_an_address(self.listen, &listener.listen)
    }
}

impl TlsListener {
    fn meets(&self, other: &Self) -> bool {
        self.tls_port == other.tls_port && share_an_address(&self.listen, &other.listen)
    }
}

fn tls_listener(
    words: &ListenerWords,
    default: &[IpAddr],
    source: Source<'_>,
) -> Result<TlsListener, ConfigError> {
    let listen = match &words.listen {
        None => default.to_vec(),
        Some(list) => addresses("sip.listener.listen", list, source)?,
    };
    let owner = &words.owner;
    if !is_owner(owner.get_ref()) {
        let allowed = "write a name of at most 64 characters";
        return Err(source.refused("sip.listener.owner", owner.span(), allowed));
    }
    Ok(TlsListener { listen, tls_port: *words.tls_port.get_ref(), owner: owner.get_ref().clone() })
}

/// IP addresses of this machine, each once.
pub(super) fn addresses(
    key: &'static str,
    list: &[Spanned<String>],
    source: Source<'_>,
) -> Result<Vec<IpAddr>, ConfigError> {
    const ALLOWED: &str = "write IP addresses of this machine, each once, as in [\"0.0.0.0\", \"[::]\"]";
    let mut addresses = Vec::new();
    for word in list {
        match ip(word.get_ref()) {
            Some(address) if !addresses.contains(&address) => addresses.push(address),
            _ => return Err(source.refused(key, word.span(), ALLOWED)),
        }
    }
    if addresses.is_empty() {
        return Err(source.refused(key, 0..0, "name at least one address, or leave the key out"));
    }
    Ok(addresses)
}

/// What may name the owner of a certificate.
pub(super) fn is_owner(name: &str) -> bool {
    !name.is_empty() && name.len() <= LONGEST_OWNER && name.trim() == name && !name.contains(char::is_control)
}

/// A wildcard meets every address of its family.
pub(super) fn share_an_address(some: &[IpAddr], others: &[IpAddr]) -> bool {
    let meet = |a: &IpAddr, b: &IpAddr| {
        a == b || a.is_ipv4() == b.is_ipv4() && (a.is_unspecified() || b.is_unspecified())
    };
    some.iter().any(|a| others.iter().any(|b| meet(a, b)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Overrides, ServerConfig};

    fn load(text: &str) -> Result<Vec<TlsListener>, String> {
        let config = ServerConfig::from_text(text, Path::new("um.toml"), &Overrides::default());
        config.map(|config| config.sip.listeners).map_err(|error| error.to_string())
    }

    #[test]
    fn listener_takes_the_addresses_of_sip_unless_it_names_its_own() {
        let text = "[sip]\nlisten = [\"192.0.2.1\"]\n[[sip.listener]]\ntls_port = 5062\nowner = \"partner\"\n\
                    [[sip.listener]]\nlisten = [\"192.0.2.2\"]\ntls_port = 5061\nowner = \"lab\"\n";

        let listeners = load(text).unwrap();

        let shown: Vec<_> = listeners
            .iter()
            .map(|one| (one.listen[0].to_string(), one.tls_port, one.owner.as_str()))
            .collect();
        assert_eq!(shown, [("192.0.2.1".to_owned(), 5062, "partner"), ("192.0.2.2".to_owned(), 5061, "lab")]);
    }

    #[test]
    fn port_that_another_listener_has_on_the_same_address_is_refused_with_its_line() {
        let with = |port: u16| format!("[[sip.listener]]\ntls_port = {port}\nowner = \"partner\"\n");

        for port in [5060, 5061] {
            assert_eq!(
                load(&with(port)).unwrap_err(),
                format!(
                    "um.toml:2: sip.listener.tls_port = {port} is not possible: another listener of this file has \
                     this port on the same address: take another port"
                )
            );
        }
        assert!(load(&[with(5062), with(5062)].concat()).is_err());
        assert!(load(&[with(0), with(0)].concat()).is_ok());
        assert!(load(&format!("[sip]\nstartup_mode = \"tls\"\n{}", with(5060))).is_ok());
        assert!(load(&format!("[sip]\nstartup_mode = \"tcp\"\n{}", with(5062))).is_err());
    }

    #[test]
    fn owner_is_a_plain_name() {
        let error = load("[[sip.listener]]\ntls_port = 5062\nowner = \" a\"\n").unwrap_err();

        assert!(error.starts_with("um.toml:3: sip.listener.owner = \" a\" is not possible"), "{error}");
    }
}
