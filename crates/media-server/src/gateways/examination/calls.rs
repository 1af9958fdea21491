//! What became of the gateway's own attempts to call over TLS.
use admin_api::TlsFailureRow;

use super::{Diagnosis, Finding, GatewayFacts};

/// The last one was refused, and no other has come through since.
pub(super) fn refused(facts: &GatewayFacts, row: &TlsFailureRow) -> Finding {
    let minutes = facts.now.duration_since(row.at).as_mins().max(0);
    let what = format!(
        "the last handshake that it began ({} from {}, {minutes} min ago) failed: {}",
        facts.gateway.name, row.peer, row.reason
    );
    Finding::fault(diagnosis(row), what, row.remedy.clone())
}

/// By the stable word of the class.
fn diagnosis(row: &TlsFailureRow) -> Diagnosis {
    match row.class.as_str() {
        "expired" => Diagnosis::PeerExpired,
        "not-yet-valid" => Diagnosis::PeerNotYetValid,
        "wrong-name" => Diagnosis::PeerWrongName,
        "wrong-usage" => Diagnosis::PeerServesOnly,
        "revoked" => Diagnosis::PeerRevoked,
        "untrusted" => Diagnosis::PeerUntrusted,
        "no-certificate" => Diagnosis::PeerWithoutCertificate,
        _ => Diagnosis::CallsRefused,
    }
}
