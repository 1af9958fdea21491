//! What a peer says by its alert (RFC 8446 6, RFC 5246 7.2): of this server's certificate, or of itself.
use rustls::AlertDescription;

use super::FailureReason;

pub(super) fn class(alert: AlertDescription) -> FailureReason {
    use AlertDescription as Received;
    match alert {
        Received::UnknownCA
        | Received::BadCertificate
        | Received::CertificateUnknown
        | Received::AccessDenied
        | Received::DecryptError => FailureReason::Untrusted,
        Received::CertificateExpired => FailureReason::Expired,
        Received::CertificateRevoked | Received::BadCertificateStatusResponse => FailureReason::Revoked,
        Received::UnsupportedCertificate => FailureReason::WrongUsage,
        Received::UnrecognisedName => FailureReason::WrongName,
        Received::CertificateRequired => FailureReason::NoLocalCertificate,
        Received::NoCertificate => FailureReason::NoCertificate,
        Received::CloseNotify | Received::UserCanceled => FailureReason::PeerDisconnected,
        // Versions, suites, extensions and faults; the enumeration of rustls is open.
        _ => FailureReason::NegotiationFailed,
    }
}

/// The name in the TLS registry; `None` for a number that it does not have.
pub(super) fn name(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription as Received;
    Some(match alert {
        Received::CloseNotify => "close_notify",
        Received::UnexpectedMessage => "unexpected_message",
        Received::BadRecordMac => "bad_record_mac",
        Received::RecordOverflow => "record_overflow",
        Received::HandshakeFailure => "handshake_failure",
        Received::NoCertificate => "no_certificate",
        Received::BadCertificate => "bad_certificate",
        Received::UnsupportedCertificate => "unsupported_certificate",
        Received::CertificateRevoked => "certificate_revoked",
        Received::CertificateExpired => "certificate_expired",
        Received::CertificateUnknown => "certificate_unknown",
        Received::IllegalParameter => "illegal_parameter",
        Received::UnknownCA => "unknown_ca",
        Received::AccessDenied => "access_denied",
        Received::DecodeError => "decode_error",
        Received::DecryptError => "decrypt_error",
        Received::ProtocolVersion => "protocol_version",
        Received::InsufficientSecurity => "insufficient_security",
        Received::InternalError => "internal_error",
        Received::InappropriateFallback => "inappropriate_fallback",
        Received::UserCanceled => "user_canceled",
        Received::MissingExtension => "missing_extension",
        Received::UnsupportedExtension => "unsupported_extension",
        Received::UnrecognisedName => "unrecognized_name",
        Received::BadCertificateStatusResponse => "bad_certificate_status_response",
        Received::UnknownPSKIdentity => "unknown_psk_identity",
        Received::CertificateRequired => "certificate_required",
        Received::NoApplicationProtocol => "no_application_protocol",
        _ => return None,
    })
}

/// What happened and what mends it.
pub(super) fn words(alert: AlertDescription) -> String {
    use AlertDescription as Received;
    match alert {
        Received::UnknownCA
        | Received::BadCertificate
        | Received::CertificateUnknown
        | Received::AccessDenied => {
            format!(
                "the peer does not trust this server's certificate (alert {alert:?}): give it what `um cert export --to \
                 FILE.pem` writes"
            )
        }
        Received::CertificateExpired | Received::CertificateRevoked | Received::UnsupportedCertificate => {
            format!(
                "the peer does not accept this server's certificate (alert {alert:?}): look at it with `um cert show`, \
                 and at the peer's clock"
            )
        }
        Received::CertificateRequired => format!(
            "the peer asks for a certificate and says that this server showed none (alert {alert:?}): look at `um cert \
             list`"
        ),
        Received::ProtocolVersion | Received::HandshakeFailure | Received::InsufficientSecurity => format!(
            "the peer has no TLS in common with this server (alert {alert:?}): TLS 1.2 with ECDHE and AES-GCM, or TLS \
             1.3, is needed"
        ),
        other => format!("the peer ended the handshake (alert {other:?})"),
    }
}
