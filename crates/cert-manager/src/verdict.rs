use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;
use rustls::{CertificateError, Error, pki_types::CertificateDer};

use crate::{facts::CertificateFacts, failure::FailureReason};

/// Who a peer is by its certificate and by the trust of the moment.
///
/// In a handshake it is known before the peer has proved that it has the key: it counts only once the handshake is
/// complete.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is one of these peers.
    Known {
        /// Never empty; in the order of the policies.
        peers: Arc<[Arc<str>]>,
        /// Its certificate.
        facts: Arc<CertificateFacts>,
        /// What it does not meet and was let pass, see [`crate::Enforcement::Observe`].
        waived: Vec<Waiver>,
    },
    /// Its chain is trusted, but it names none of the peers that the root is trusted for: the handshake completes, the
    /// first request gets a bare 403, the connection is closed.
    Unnamed {
        /// Its certificate.
        facts: Arc<CertificateFacts>,
        /// FQDNs (or names, where there is none) of the peers that its root is trusted for.
        trusted_for: Vec<String>,
    },
    /// It is nobody: the handshake fails.
    Refused(Refusal),
}

/// A demand that a peer does not meet yet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Waiver {
    /// Who was to meet it.
    pub peer: Arc<str>,
    /// Which.
    pub demand: Demand,
    /// What will be refused once it is enforced, and what mends it, in words for an administrator.
    pub words: String,
}

/// The demands that need not be enforced.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Demand {
    /// The certificate of a TLS client is made for it.
    ClientAuth,
    /// A SAN names the peer, not the CN.
    SubjectAltName,
    /// A fresh revocation list is there.
    RevocationList,
}

/// Why a peer is nobody.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Its class: by default the one that the alert stands for.
    pub class: FailureReason,
    /// What is wrong and what mends it, in words for an administrator.
    pub reason: String,
    /// What the peer is told.
    pub alert: Alert,
    /// Its certificate, if it could be read.
    pub facts: Option<Arc<CertificateFacts>>,
    /// The certificate itself, if it is self-signed and nothing is known of it: an administrator may pin it. The peer has
    /// not proved that it has the key.
    pub unknown: Option<CertificateDer<'static>>,
}

/// The TLS alerts of a refusal (security-modes 1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Alert {
    /// No certificate at all; TLS 1.2 says `handshake_failure`, see [`crate::amended_alert`].
    CertificateRequired,
    /// The root is not trusted.
    UnknownCa,
    /// Outside of its dates, on either side.
    CertificateExpired,
    /// Revoked.
    CertificateRevoked,
    /// Made for another use.
    UnsupportedCertificate,
    /// Whatever else is wrong with it.
    BadCertificate,
}

/// Where the verdict of one handshake is found afterwards.
#[derive(Clone, Debug, Default)]
pub struct VerdictCell(Arc<OnceLock<Verdict>>);

impl Verdict {
    /// The certificate that was judged, if it could be read.
    pub fn facts(&self) -> Option<&Arc<CertificateFacts>> {
        match self {
            Self::Known { facts, .. } | Self::Unnamed { facts, .. } => Some(facts),
            Self::Refused(refusal) => refusal.facts.as_ref(),
        }
    }

    /// What it means to a connection of ours: we asked for one host, and a certificate that names somebody else is a
    /// refusal.
    pub(crate) fn refused_unless_named(self) -> Self {
        match self {
            Self::Unnamed { facts, trusted_for } => {
                let reason = format!(
                    "the certificate names {}, not {}: connect to the right host, or have its certificate reissued",
                    facts.names().join(", "),
                    trusted_for.join(", ")
                );
                let refusal = Refusal::new(Alert::BadCertificate, reason, Some(&facts));
                Self::Refused(Refusal { class: FailureReason::WrongName, ..refusal })
            }
            Self::Known { .. } | Self::Refused(_) => self,
        }
    }

    pub(crate) fn refused(
        alert: Alert,
        reason: impl Into<String>,
        facts: Option<&Arc<CertificateFacts>>,
    ) -> Self {
        Self::Refused(Refusal::new(alert, reason, facts))
    }
}

impl Refusal {
    /// A refusal of the class that the alert stands for.
    pub(crate) fn new(
        alert: Alert,
        reason: impl Into<String>,
        facts: Option<&Arc<CertificateFacts>>,
    ) -> Self {
        let class = FailureReason::of_refusal(alert);
        Self { class, reason: reason.into(), alert, facts: facts.map(Arc::clone), unknown: None }
    }

    /// One alert stands for both ends of a life: which of them it is, at `now`.
    pub(crate) fn at(mut self, now: Timestamp) -> Self {
        let early = self.facts.as_ref().is_some_and(|facts| now < facts.not_before);
        if early && self.class == FailureReason::Expired {
            self.class = FailureReason::NotYetValid;
        }
        self
    }
}

impl VerdictCell {
    /// The verdict; `None` as long as the peer has shown no certificate.
    pub fn get(&self) -> Option<&Verdict> {
        self.0.get()
    }

    pub(crate) fn set(&self, verdict: Verdict) {
        // A handshake asks once; a second answer could only be the same.
        let _ = self.0.set(verdict);
    }
}

impl Alert {
    /// Its name in the TLS registry.
    pub fn name(self) -> &'static str {
        match self {
            Self::CertificateRequired => "certificate_required",
            Self::UnknownCa => "unknown_ca",
            Self::CertificateExpired => "certificate_expired",
            Self::CertificateRevoked => "certificate_revoked",
            Self::UnsupportedCertificate => "unsupported_certificate",
            Self::BadCertificate => "bad_certificate",
        }
    }

    /// The error that makes rustls send this alert.
    pub(crate) fn error(self) -> Error {
        let certificate = match self {
            Self::CertificateRequired => return Error::NoCertificatesPresented,
            Self::UnknownCa => CertificateError::UnknownIssuer,
            Self::CertificateExpired => CertificateError::Expired,
            Self::CertificateRevoked => CertificateError::Revoked,
            Self::UnsupportedCertificate => CertificateError::InvalidPurpose,
            Self::BadCertificate => CertificateError::NotValidForName,
        };
        Error::InvalidCertificate(certificate)
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientAuth => "client-auth",
            Self::SubjectAltName => "subject-alt-name",
            Self::RevocationList => "revocation-list",
        })
    }
}

impl fmt::Display for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
