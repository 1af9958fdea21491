use std::{error::Error as _, fmt, io, sync::Arc};

use rustls::Error;

use crate::{
    facts::CertificateFacts,
    policy::NO_CERTIFICATE,
    verdict::{Alert, Verdict, VerdictCell},
};

mod received;

/// Record type, version 1.2, length, fatal, `certificate_required`: what rustls writes in TLS 1.2.
const CERTIFICATE_REQUIRED: [u8; 7] = [21, 3, 3, 0, 2, 2, 116];
/// The same with `handshake_failure`.
const HANDSHAKE_FAILURE: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// What is told of a device that begins with `GET`.
const NO_HTTPS: &str = "the device does not speak TLS: its profile rule is to begin with https://, and its settings are given to nobody without";

/// The class of a handshake that failed, whichever side refused the other. The words are stable for ever: alarms and
/// dashboards are made of them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum FailureReason {
    /// A certificate is past its end, or a CA's above it is outside of its dates.
    Expired,
    /// A certificate is before its beginning.
    NotYetValid,
    /// A certificate names somebody else.
    WrongName,
    /// This server has no certificate that it may show to this peer.
    NoLocalCertificate,
    /// A certificate is made for another use.
    WrongUsage,
    /// A certificate is revoked, or a revocation list that must be asked is not there.
    Revoked,
    /// The connection ended, or the peer fell silent.
    PeerDisconnected,
    /// The two sides have no TLS in common, or one of them does not speak it.
    NegotiationFailed,
    /// A certificate leads to no root or pin that the other side trusts.
    Untrusted,
    /// The peer shows no certificate.
    NoCertificate,
}

/// Which side ended a handshake.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClosedBy {
    /// This server.
    Us,
    /// The peer, or the network between.
    Peer,
}

/// A handshake that came to nothing, in words for an administrator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandshakeFailure {
    /// Its class.
    pub class: FailureReason,
    /// What happened and what mends it.
    pub reason: String,
    /// Who ended it.
    pub closed_by: ClosedBy,
    /// The alert of that side, by its registered name; `None` if there was none, or ours is not known.
    pub alert: Option<&'static str>,
    /// The peer's certificate, if it showed one.
    pub facts: Option<Arc<CertificateFacts>>,
}

impl FailureReason {
    /// All of them, in the order of their documentation.
    pub const ALL: [Self; 10] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongName,
        Self::NoLocalCertificate,
        Self::WrongUsage,
        Self::Revoked,
        Self::PeerDisconnected,
        Self::NegotiationFailed,
        Self::Untrusted,
        Self::NoCertificate,
    ];

    /// The stable word in events, tables and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::WrongName => "wrong-name",
            Self::NoLocalCertificate => "no-local-certificate",
            Self::WrongUsage => "wrong-usage",
            Self::Revoked => "revoked",
            Self::PeerDisconnected => "peer-disconnected",
            Self::NegotiationFailed => "negotiation-failed",
            Self::Untrusted => "untrusted",
            Self::NoCertificate => "no-certificate",
        }
    }

    /// What a refusal of ours with this alert is, unless its maker knows better.
    pub(crate) fn of_refusal(alert: Alert) -> Self {
        match alert {
            Alert::CertificateRequired => Self::NoCertificate,
            Alert::UnknownCa | Alert::BadCertificate => Self::Untrusted,
            Alert::CertificateExpired => Self::Expired,
            Alert::CertificateRevoked => Self::Revoked,
            Alert::UnsupportedCertificate => Self::WrongUsage,
        }
    }
}

impl ClosedBy {
    /// The word in events and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Peer => "peer",
        }
    }
}

impl HandshakeFailure {
    /// This server has nothing that it may show to the peer, so that no handshake was tried.
    pub fn no_local_certificate(reason: impl Into<String>) -> Self {
        Self::ours(FailureReason::NoLocalCertificate, reason, None)
    }

    /// This server ended the handshake before it was finished: the peer was too slow for it, or too many others came.
    pub fn given_up(why: impl fmt::Display) -> Self {
        let reason = format!("the connection ended during the handshake: {why}");
        Self::ours(FailureReason::PeerDisconnected, reason, None)
    }

    /// The chain is trusted, but names none of those that its root is trusted for: the handshake completes, and the
    /// peer is told so in answer to its first request. `None` for any other verdict.
    pub fn of_unnamed(verdict: &Verdict) -> Option<Self> {
        let Verdict::Unnamed { facts, trusted_for } = verdict else { return None };
        let names = |names: &[String]| if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        let reason = format!(
            "certificate names {}; this root is trusted for {}",
            names(&facts.names()),
            names(trusted_for)
        );
        let failure = Self::ours(FailureReason::WrongName, reason, None);
        Some(Self { facts: Some(Arc::clone(facts)), ..failure })
    }

    fn ours(class: FailureReason, reason: impl Into<String>, alert: Option<&'static str>) -> Self {
        Self { class, reason: reason.into(), closed_by: ClosedBy::Us, alert, facts: None }
    }

    fn of_error(error: &Error) -> Self {
        use FailureReason as Reason;
        match error {
            Error::NoCertificatesPresented => {
                Self::ours(Reason::NoCertificate, NO_CERTIFICATE, Some("certificate_required"))
            }
            Error::AlertReceived(alert) => Self {
                class: received::class(*alert),
                reason: received::words(*alert),
                closed_by: ClosedBy::Peer,
                alert: received::name(*alert),
                facts: None,
            },
            Error::PeerIncompatible(why) => {
                let reason = format!(
                    "the peer and this server have no TLS in common ({why:?}): TLS 1.2 with ECDHE and AES-GCM, or TLS \
                     1.3, is needed"
                );
                Self::ours(Reason::NegotiationFailed, reason, Some("handshake_failure"))
            }
            Error::InvalidMessage(_) => Self::ours(
                Reason::NegotiationFailed,
                "the peer does not speak TLS: point clear SIP at port 5060",
                None,
            ),
            Error::InvalidCertificate(_) => Self::ours(
                Reason::Untrusted,
                "the peer could not prove that it has the key of its certificate",
                Some("decrypt_error"),
            ),
            // The enumeration of rustls is open.
            other => Self::ours(Reason::NegotiationFailed, format!("the handshake failed: {other}"), None),
        }
    }

    fn of_connection(error: &io::Error) -> Self {
        let reason = format!("the connection ended during the handshake: {}", innermost(error));
        let failure = Self::ours(FailureReason::PeerDisconnected, reason, None);
        match error.kind() {
            // Our own deadline.
            io::ErrorKind::TimedOut => failure,
            _ => Self { closed_by: ClosedBy::Peer, ..failure },
        }
    }
}

/// Explains the error with which a handshake ended, with the verdict on the peer if there was one.
pub fn explain_failure(error: &io::Error, cell: &VerdictCell) -> HandshakeFailure {
    let failure = match cell.get() {
        Some(Verdict::Refused(refusal)) => {
            HandshakeFailure::ours(refusal.class, refusal.reason.clone(), Some(refusal.alert.name()))
        }
        Some(Verdict::Known { .. } | Verdict::Unnamed { .. }) | None => match inner(error) {
            Some(error) => HandshakeFailure::of_error(error),
            None => HandshakeFailure::of_connection(error),
        },
    };
    HandshakeFailure { facts: cell.get().and_then(Verdict::facts).map(Arc::clone), ..failure }
}

/// The same on a port where devices fetch their settings over HTTPS. Nobody is judged in its handshake, and what speaks no
/// TLS there is no SIP.
pub fn explain_device_failure(error: &io::Error) -> HandshakeFailure {
    let failure = explain_failure(error, &VerdictCell::default());
    match inner(error) {
        Some(Error::InvalidMessage(_)) => HandshakeFailure { reason: NO_HTTPS.to_owned(), ..failure },
        Some(_) | None => failure,
    }
}

/// Explains the alert with which a peer refused this server after the handshake was complete on our side: in TLS 1.3 a
/// client is done before the server has judged its certificate. `None` if `error` is no alert.
pub fn explain_late_alert(error: &io::Error) -> Option<HandshakeFailure> {
    match inner(error)? {
        error @ Error::AlertReceived(_) => Some(HandshakeFailure::of_error(error)),
        // Anything else is no refusal.
        _ => None,
    }
}

/// The bytes to write instead, if `written` is the alert with which rustls answers a TLS 1.2 client that shows no
/// certificate: `certificate_required` exists in TLS 1.3 only, TLS 1.2 has `handshake_failure` (RFC 5246 7.4.6). In TLS
/// 1.3 alerts are encrypted and pass unchanged.
pub fn amended_alert(written: &[u8]) -> Option<[u8; 7]> {
    (written == CERTIFICATE_REQUIRED).then_some(HANDSHAKE_FAILURE)
}

fn inner(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Error>())
}

fn innermost(error: &io::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

impl fmt::Display for FailureReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for ClosedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests;
