//! What became of the gateway's own attempts to call over TLS.
use cert_manager::{ClosedBy, FailureReason};

use super::{Diagnosis, Finding, GatewayFacts};
use crate::observe::handshake_log::KeptHandshake;

/// The last one came to nothing, and no other has come through since.
pub(super) fn refused(facts: &GatewayFacts, kept: &KeptHandshake) -> Finding {
    let row = &kept.row;
    let minutes = facts.now.duration_since(row.at).as_mins().max(0);
    let what = format!(
        "the last handshake that it began ({} from {}, {minutes} min ago) failed: {}",
        facts.gateway.name, row.peer, row.reason
    );
    Finding::fault(diagnosis(kept.class, kept.closed_by), what, row.remedy.clone())
}

/// A certificate that was refused is the gateway's if we ended the handshake, and ours if the gateway did.
fn diagnosis(class: FailureReason, closed_by: ClosedBy) -> Diagnosis {
    use FailureReason as Class;
    match (class, closed_by) {
        (Class::Expired, ClosedBy::Us) => Diagnosis::PeerExpired,
        (Class::NotYetValid, ClosedBy::Us) => Diagnosis::PeerNotYetValid,
        (Class::WrongName, ClosedBy::Us) => Diagnosis::PeerWrongName,
        (Class::WrongUsage, ClosedBy::Us) => Diagnosis::PeerServesOnly,
        (Class::Revoked, ClosedBy::Us) => Diagnosis::PeerRevoked,
        (Class::Untrusted, ClosedBy::Us) => Diagnosis::PeerUntrusted,
        (Class::NoCertificate, ClosedBy::Us) => Diagnosis::PeerWithoutCertificate,
        (Class::Untrusted, ClosedBy::Peer) => Diagnosis::PeerDoesNotTrustUs,
        (
            Class::Expired | Class::NotYetValid | Class::WrongName | Class::WrongUsage | Class::Revoked,
            ClosedBy::Peer,
        ) => Diagnosis::PeerRejectsOurs,
        (Class::NoLocalCertificate | Class::PeerDisconnected | Class::NegotiationFailed, _)
        | (Class::NoCertificate, ClosedBy::Peer) => Diagnosis::CallsRefused,
    }
}
