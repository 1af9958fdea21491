//! Why the CA did not do what was asked.
use jiff::Timestamp;

use super::LeafRequest;
use crate::fqdn::NameFault;

/// The longest name of a CA (RFC 5280 appendix A, ub-common-name).
pub(super) const MAX_AUTHORITY_NAME: usize = 64;

/// Why there is no CA.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AuthorityError {
    /// A name that cannot stand in a certificate.
    #[error("a CA cannot be called `{name}`: write 1 to {MAX_AUTHORITY_NAME} printable characters of ASCII")]
    BadName {
        /// The name, escaped.
        name: String,
    },
    /// The parts do not make a CA.
    #[error(
        "the CA cannot be used ({detail}): restore its folder from a backup, or found another CA elsewhere"
    )]
    Broken {
        /// Which part, and what is wrong with it.
        detail: String,
    },
    /// The cryptographic library failed.
    #[error("the CA could do nothing: {detail}")]
    Failed {
        /// Its words.
        detail: String,
    },
}

/// Why a certificate was not issued.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LeafRefusal {
    /// A name that no gateway's certificate has.
    #[error("{0}")]
    BadName(NameFault),
    /// A life that is none, or too long.
    #[error("a certificate of {days} days is not issued: give 1 to {} days", LeafRequest::MAX_DAYS)]
    BadLife {
        /// The days asked for.
        days: u32,
    },
    /// The CA's own life is over.
    #[error("the CA {subject} expired on {not_after}: found a new one, and let every gateway trust its root")]
    AuthorityExpired {
        /// Its subject.
        subject: String,
        /// The last moment of its life.
        not_after: Timestamp,
    },
    /// Not a request.
    #[error("the file is no signing request ({detail}): give what the gateway made, in PEM form (PKCS#10)")]
    NoRequest {
        /// What the reader stumbled over.
        detail: String,
    },
    /// Whoever made the request does not have the key.
    #[error("the signing request is not signed by its own key ({detail}): make it anew on the gateway")]
    BadSignature {
        /// The verifier's words.
        detail: String,
    },
    /// A request for somebody else.
    #[error(
        "the signing request is for {names}, not for {fqdn}: give the request of {fqdn}, or make one for this name"
    )]
    NamesAnother {
        /// Whom it names.
        names: String,
        /// Who was to get the certificate.
        fqdn: String,
    },
    /// A key that is not certified.
    #[error(
        "the key of the signing request is {key}: make it with RSA of 2048 bits or more, or EC P-256 or P-384"
    )]
    WeakKey {
        /// The key.
        key: String,
    },
    /// The cryptographic library failed.
    #[error("no certificate could be issued: {detail}")]
    Failed {
        /// Its words.
        detail: String,
    },
}

/// Why nothing was revoked.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RevokeRefusal {
    /// Neither a serial number nor a name of this CA.
    #[error(
        "this CA has issued nothing for `{which}`: give a serial number or a name that `um ca list` shows"
    )]
    Unknown {
        /// As given.
        which: String,
    },
    /// Several certificates.
    #[error(
        "`{which}` has {count} certificates that are not revoked: give the serial number of one (`um ca list`)"
    )]
    Ambiguous {
        /// As given.
        which: String,
        /// How many.
        count: usize,
    },
    /// It was before.
    #[error("certificate {serial} was revoked on {on}")]
    AlreadyRevoked {
        /// Its serial number.
        serial: String,
        /// When.
        on: Timestamp,
    },
}
