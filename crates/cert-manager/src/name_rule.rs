//! Which SIP identities a certificate has (RFC 5922 7.1, 7.2), by security-modes 1.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::facts::CertificateFacts;

/// Whether a CN may name a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CommonName {
    /// Where there is no SAN of type DNS or URI.
    Counts,
    /// Never.
    Ignored,
}

impl CertificateFacts {
    /// Whether the certificate names the FQDN: SAN URI `sip:`; without such, SAN DNS; then CN if allowed. Whole names,
    /// without case; a wildcard is a name like any other and so equals no FQDN (RFC 5922 7.2).
    pub(crate) fn names_peer(&self, fqdn: &str, common_name: CommonName) -> bool {
        let fqdn = fqdn.strip_suffix('.').unwrap_or(fqdn);
        let equals = |name: &str| name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case(fqdn);
        if fqdn.is_empty() {
            return false;
        }
        let mut domains = self.uris.iter().filter_map(|uri| sip_domain(uri)).peekable();
        // "if and only if no other identity is found that matches the sip URI type" (RFC 5922 7.1)
        if domains.peek().is_some() {
            return domains.any(equals);
        }
        if self.dns_names.iter().any(|name| equals(name)) {
            return true;
        }
        let bare = self.dns_names.is_empty() && self.uris.is_empty();
        bare && common_name == CommonName::Counts && self.common_name.as_deref().is_some_and(equals)
    }
}

/// The host of a `sip:` URI without user (RFC 5922 7.1); with a user it is an identity of somebody else.
fn sip_domain(uri: &str) -> Option<&str> {
    let (scheme, rest) = uri.split_once(':')?;
    let host = rest.split([';', '?']).next()?;
    if !scheme.eq_ignore_ascii_case("sip") || rest.contains('@') || host.is_empty() {
        return None;
    }
    if host.starts_with('[') {
        return Some(host);
    }
    host.split(':').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_of_a_sip_uri_is_an_identity_unless_it_has_a_user() {
        assert_eq!(sip_domain("sip:example.com"), Some("example.com"));
        assert_eq!(sip_domain("SIP:example.com:5061;transport=tls"), Some("example.com"));
        assert_eq!(sip_domain("sip:alice@example.com"), None);
        assert_eq!(sip_domain("sips:example.com"), None);
        assert_eq!(sip_domain("https://example.com"), None);
        assert_eq!(sip_domain("sip:"), None);
    }
}
