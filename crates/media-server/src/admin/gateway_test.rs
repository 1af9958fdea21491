//! A look at a gateway, step by step: connections of our own, apart from the signalling core.

use std::sync::Arc;

use admin_api::{FindingGrade, GatewayTest, GatewayTested};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use dial_plan::ObjectKind;
use sip_signaling::Transport;

use super::answer::{Answer, body};
use super::router::Desk;
use super::site::missing;
use crate::flow::OpenedBy;
use crate::gateways::examination::{Finding, Grade, examine};
use crate::observe::handshake_log::{Direction, KeptHandshake};

/// `POST /v1/test/gateway`
pub(super) async fn gateway(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<GatewayTested> {
    let GatewayTest { gateway } = body(&bytes)?;
    let site = desk.state.site.current();
    let known = site.gateway(&gateway).ok_or_else(|| missing(ObjectKind::Gateway, &gateway))?;
    let mut facts = desk.state.examiner.look(&site, known).await;
    facts.refused_call = refused_call(&desk, &gateway);
    Ok(Json(GatewayTested { findings: examine(&facts).into_iter().map(shown).collect() }))
}

/// The last handshake of the gateway's that failed, unless it is connected now: then that is past.
fn refused_call(desk: &Desk, gateway: &str) -> Option<KeptHandshake> {
    let book = desk.state.board.addresses();
    let has_come_in = desk.state.trust.expiry.flows.peerings().iter().any(|(_, peering)| {
        peering.transport == Transport::Tls
            && peering.opened_by == OpenedBy::Peer
            && peering.is(gateway, &book)
    });
    let kept = desk.state.observed.handshakes.kept(Some(gateway));
    kept.into_iter().rfind(|kept| kept.direction == Direction::Inbound && !has_come_in)
}

fn shown(finding: Finding) -> admin_api::Finding {
    let grade = match finding.grade {
        Grade::Fine => FindingGrade::Fine,
        Grade::Attention => FindingGrade::Attention,
        Grade::Fault => FindingGrade::Fault,
    };
    let diagnosis = finding.diagnosis.word().to_owned();
    admin_api::Finding { diagnosis, grade, what: finding.what, remedy: finding.remedy }
}
