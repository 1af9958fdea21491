use std::{error::Error as _, io, sync::Arc};

use rustls::{AlertDescription, Error};

use crate::{
    facts::CertificateFacts,
    policy::NO_CERTIFICATE,
    verdict::{Verdict, VerdictCell},
};

/// Record type, version 1.2, length, fatal, `certificate_required`: what rustls writes in TLS 1.2.
const CERTIFICATE_REQUIRED: [u8; 7] = [21, 3, 3, 0, 2, 2, 116];
/// The same with `handshake_failure`.
const HANDSHAKE_FAILURE: [u8; 7] = [21, 3, 3, 0, 2, 2, 40];

/// A handshake that came to nothing, in words for an administrator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandshakeFailure {
    /// What happened and what mends it.
    pub reason: String,
    /// The alert that this server sent, by its registered name; `None` if the peer or the network ended it.
    pub alert: Option<&'static str>,
    /// The peer's certificate, if it showed one.
    pub facts: Option<Arc<CertificateFacts>>,
}

/// Explains the error with which a handshake ended, with the verdict on the peer if there was one.
pub fn explain_failure(error: &io::Error, cell: &VerdictCell) -> HandshakeFailure {
    let facts = cell.get().and_then(Verdict::facts).map(Arc::clone);
    if let Some(Verdict::Refused(refusal)) = cell.get() {
        return HandshakeFailure { reason: refusal.reason.clone(), alert: Some(refusal.alert.name()), facts };
    }
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let (reason, alert) = match inner {
        Some(Error::NoCertificatesPresented) => (NO_CERTIFICATE.to_owned(), Some("certificate_required")),
        Some(Error::AlertReceived(alert)) => (alert_words(*alert), None),
        Some(Error::PeerIncompatible(why)) => (
            format!(
                "the peer and this server have no TLS in common ({why:?}): TLS 1.2 with ECDHE and AES-GCM, or TLS 1.3, \
                 is needed"
            ),
            Some("handshake_failure"),
        ),
        Some(Error::InvalidMessage(_)) => {
            ("the peer does not speak TLS: point clear SIP at port 5060".to_owned(), None)
        }
        Some(Error::InvalidCertificate(_)) => (
            "the peer could not prove that it has the key of its certificate".to_owned(),
            Some("decrypt_error"),
        ),
        Some(other) => (format!("the handshake failed: {other}"), None),
        None => (format!("the connection ended during the handshake: {}", innermost(error)), None),
    };
    HandshakeFailure { reason, alert, facts }
}

/// The bytes to write instead, if `written` is the alert with which rustls answers a TLS 1.2 client that shows no
/// certificate: `certificate_required` exists in TLS 1.3 only, TLS 1.2 has `handshake_failure` (RFC 5246 7.4.6). In TLS
/// 1.3 alerts are encrypted and pass unchanged.
pub fn amended_alert(written: &[u8]) -> Option<[u8; 7]> {
    (written == CERTIFICATE_REQUIRED).then_some(HANDSHAKE_FAILURE)
}

fn alert_words(alert: AlertDescription) -> String {
    use AlertDescription as Alert;
    match alert {
        Alert::UnknownCA | Alert::BadCertificate | Alert::CertificateUnknown | Alert::AccessDenied => {
            format!(
                "the peer does not trust this server's certificate (alert {alert:?}): give it what `um cert export --to \
             FILE.pem` writes"
            )
        }
        Alert::CertificateExpired | Alert::CertificateRevoked | Alert::UnsupportedCertificate => format!(
            "the peer does not accept this server's certificate (alert {alert:?}): look at it with `um cert show`, and \
             at the peer's clock"
        ),
        Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity => format!(
            "the peer has no TLS in common with this server (alert {alert:?}): TLS 1.2 with ECDHE and AES-GCM, or TLS \
             1.3, is needed"
        ),
        other => format!("the peer ended the handshake (alert {other:?})"),
    }
}

fn innermost(error: &io::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_clear_alert_of_tls_1_2_without_certificate_is_amended() {
        assert_eq!(amended_alert(&[21, 3, 3, 0, 2, 2, 116]), Some([21, 3, 3, 0, 2, 2, 40]));
        assert_eq!(amended_alert(&[21, 3, 3, 0, 2, 2, 48]), None);
        assert_eq!(amended_alert(&[23, 3, 3, 0, 19, 2, 116]), None);
    }

    #[test]
    fn alert_of_a_peer_that_does_not_trust_us_names_the_command_that_mends_it() {
        let error = io::Error::other(Error::AlertReceived(AlertDescription::UnknownCA));

        let failure = explain_failure(&error, &VerdictCell::default());

        assert_eq!(
            failure.reason,
            "the peer does not trust this server's certificate (alert UnknownCA): give it what `um cert export --to \
             FILE.pem` writes"
        );
        assert_eq!((failure.alert, failure.facts), (None, None));
    }

    #[test]
    fn connection_that_just_ends_is_told_as_such() {
        let error = io::Error::from(io::ErrorKind::UnexpectedEof);

        let failure = explain_failure(&error, &VerdictCell::default());

        assert_eq!(failure.reason, "the connection ended during the handshake: unexpected end of file");
    }
}
