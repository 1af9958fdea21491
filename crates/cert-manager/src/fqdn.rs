use std::net::IpAddr;

/// Octets of a name (RFC 1035 2.3.4).
const MAX_NAME: usize = 253;
/// Octets between two dots.
const MAX_LABEL: usize = 63;

/// Why a text is no name for a certificate of a SIP server or gateway.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameFault {
    /// No text.
    #[error("there is no name: give the FQDN, such as um.example.com")]
    Empty,
    /// An address.
    #[error("`{name}` is an IP address, and SIP peers match names (RFC 5922): give the FQDN that peers dial")]
    Address {
        /// The text.
        name: String,
    },
    /// One label.
    #[error("`{name}` has no domain: give the whole FQDN, such as {name}.example.com")]
    SingleLabel {
        /// The text.
        name: String,
    },
    /// A wildcard.
    #[error(
        "`{name}` is a wildcard, which SIP does not match (RFC 5922 7.2): give the one FQDN that peers dial"
    )]
    Wildcard {
        /// The text.
        name: String,
    },
    /// Letters beyond ASCII.
    #[error("`{name}` is not ASCII: give the form that DNS has, which begins with xn--")]
    NotAscii {
        /// The text, its control characters escaped.
        name: String,
    },
    /// Something that no host name has.
    #[error(
        "`{name}` is no host name: write letters, digits and hyphens between the dots, 63 of them at most, no hyphen \
         first or last, 253 characters in all"
    )]
    NoHostName {
        /// The text, its control characters escaped.
        name: String,
    },
}

/// Whether a text is a fully qualified domain name (RFC 1123 2.1) that a certificate can be made for.
///
/// # Errors
/// [`NameFault`]: the first reason against it.
pub fn check_fqdn(name: &str) -> Result<(), NameFault> {
    let shown = || name.chars().take(MAX_NAME).flat_map(char::escape_debug).collect::<String>();
    if name.is_empty() {
        return Err(NameFault::Empty);
    }
    if name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok() {
        return Err(NameFault::Address { name: shown() });
    }
    if !name.is_ascii() {
        let name = name.chars().take(MAX_NAME).filter(|c| !c.is_control()).collect();
        return Err(NameFault::NotAscii { name });
    }
    if name.contains('*') {
        return Err(NameFault::Wildcard { name: shown() });
    }
    if name.len() > MAX_NAME || !name.split('.').all(is_label) {
        return Err(NameFault::NoHostName { name: shown() });
    }
    match name.rsplit_once('.') {
        None => Err(NameFault::SingleLabel { name: shown() }),
        // No top level domain is a number; "192.0.2" is half an address.
        Some((_, last)) if last.bytes().all(|b| b.is_ascii_digit()) => {
            Err(NameFault::Address { name: shown() })
        }
        Some(_) => Ok(()),
    }
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= MAX_LABEL
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str) -> String {
        check_fqdn(name).unwrap_err().to_string()
    }

    #[test]
    fn fully_qualified_names_are_taken_up_to_their_limits() {
        for name in ["um.example.com", "UM-1.Example.COM", "xn--mnchen-3ya.example", "1.2.3.example"] {
            assert_eq!(check_fqdn(name), Ok(()), "{name}");
        }
        let longest =
            format!("{}.{}.{}.{}.com", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(57));
        assert_eq!((longest.len(), check_fqdn(&longest)), (253, Ok(())));
        assert!(matches!(check_fqdn(&format!("a{longest}")), Err(NameFault::NoHostName { .. })));
        assert!(matches!(check_fqdn(&format!("{}.com", "a".repeat(64))), Err(NameFault::NoHostName { .. })));
    }

    #[test]
    fn every_other_text_is_refused_with_its_reason_and_what_to_give_instead() {
        assert_eq!(fault(""), "there is no name: give the FQDN, such as um.example.com");
        for address in ["192.0.2.1", "2001:db8::1", "[2001:db8::1]", "192.0.2"] {
            assert_eq!(
                fault(address),
                format!(
                    "`{address}` is an IP address, and SIP peers match names (RFC 5922): give the FQDN that peers dial"
                )
            );
        }
        assert_eq!(fault("um"), "`um` has no domain: give the whole FQDN, such as um.example.com");
        assert_eq!(
            fault("*.example.com"),
            "`*.example.com` is a wildcard, which SIP does not match (RFC 5922 7.2): give the one FQDN that peers dial"
        );
        assert_eq!(
            fault("ü.example.com"),
            "`ü.example.com` is not ASCII: give the form that DNS has, which begins with xn--"
        );
    }

    #[test]
    fn texts_that_are_no_host_name_are_refused() {
        for name in [
            "a_b.example.com",
            "um..example.com",
            "-um.example.com",
            "um-.example.com",
            "um.example.com.",
            "a b.c",
        ] {
            assert_eq!(check_fqdn(name), Err(NameFault::NoHostName { name: name.to_owned() }), "{name}");
        }
        assert_eq!(check_fqdn("a\n.b"), Err(NameFault::NoHostName { name: "a\\n.b".to_owned() }));
    }
}
