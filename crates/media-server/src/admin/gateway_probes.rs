//! What the probes of gateways have found, in the words of the API.
use admin_api::{GatewayProbe, PeerCertificate, days_left};
use call_control::{CertifiedPeer, GatewayReport, ProbeOutcome};
use jiff::Timestamp;

use super::Board;

/// The last probes of a gateway, clear before TLS.
pub(super) fn probes_of(board: &Board, gateway: &str, now: Timestamp) -> Vec<GatewayProbe> {
    board.probes_of(gateway).iter().map(|report| probe(report, now)).collect()
}

fn probe(report: &GatewayReport, now: Timestamp) -> GatewayProbe {
    let mut shown = GatewayProbe {
        transport: report.transport.via_token().to_owned(),
        state: report.state.word().to_owned(),
        since: report.since,
        probed: report.probed,
        address: report.remote.map(|remote| remote.to_string()),
        answer: None,
        product: None,
        round_trip_ms: None,
        reason: None,
        certificate: report.certificate.as_ref().map(|certificate| peer_certificate(certificate, now)),
    };
    match &report.outcome {
        ProbeOutcome::Answered { status, phrase, product, round_trip } => {
            shown.answer = Some(format!("{} {phrase}", status.code()));
            shown.product.clone_from(product);
            // Whole microseconds: more is noise.
            shown.round_trip_ms = Some((round_trip.as_secs_f64() * 1e6).round() / 1e3);
        }
        ProbeOutcome::Unanswered { reason } | ProbeOutcome::NotReached { reason } => {
            shown.reason = Some(reason.clone());
        }
    }
    shown
}

fn peer_certificate(certified: &CertifiedPeer, now: Timestamp) -> PeerCertificate {
    PeerCertificate {
        subject: certified.subject.clone(),
        names: certified.names.clone(),
        issuer: certified.issuer.clone(),
        serial: certified.serial.clone(),
        sha256: certified.sha256.clone(),
        not_after: certified.not_after,
        days_left: days_left(certified.not_after, now),
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use call_control::GatewayState;
    use sip_signaling::{StatusCode, Transport};

    use super::*;

    #[test]
    fn answer_is_told_with_its_round_trip_and_the_days_of_its_certificate() {
        let date = |text: &str| text.parse::<Timestamp>().unwrap();
        let certified = CertifiedPeer {
            was_known: true,
            peers: Arc::from(["gw1".into()]),
            subject: "CN=gw1.example.com".into(),
            names: vec!["gw1.example.com".into()],
            issuer: "CN=Example CA".into(),
            serial: "0a".into(),
            sha256: "ab".into(),
            not_after: date("2026-12-21T11:59:59Z"),
            trusted_for: Vec::new(),
        };
        let report = GatewayReport {
            gateway: "gw1".into(),
            transport: Transport::Tls,
            state: GatewayState::Up,
            since: Some(date("2026-11-20T12:00:00Z")),
            probed: date("2026-11-21T11:59:00Z"),
            outcome: ProbeOutcome::Answered {
                status: StatusCode::FORBIDDEN,
                phrase: "Not You".into(),
                product: Some("Example PBX".into()),
                round_trip: Duration::from_nanos(12_345_678),
            },
            remote: Some("192.0.2.7:5061".parse().unwrap()),
            certificate: Some(Arc::new(certified)),
        };

        let shown = probe(&report, date("2026-11-21T12:00:00Z"));

        assert_eq!((shown.transport.as_str(), shown.state.as_str()), ("TLS", "up"));
        assert_eq!((shown.answer.as_deref(), shown.reason), (Some("403 Not You"), None));
        assert_eq!((shown.round_trip_ms, shown.address.as_deref()), (Some(12.346), Some("192.0.2.7:5061")));
        assert_eq!(shown.certificate.map(|certificate| certificate.days_left), Some(29));
    }
}
