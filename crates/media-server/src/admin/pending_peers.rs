use std::sync::Arc;

use admin_api::{ApiError, ApprovePeer, Changed, PendingPeerRow, code};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use cert_manager::Thumbprint;
use dial_plan::{GatewayPatch, ObjectKind, SiteChange, TrustChange};

use super::answer::{Answer, Refusal, blocking, body};
use super::certificate_desk::certificate_row;
use super::order::Order;
use super::router::Desk;
use super::site::{changed, missing};
use super::trust;
use crate::trust::PendingPeer;

/// `GET /v1/pending-peers`: unknown self-signed peers of late, the latest first.
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<PendingPeerRow>> {
    Ok(Json(desk.state.trust.encounters.pending().list().iter().map(row).collect()))
}

/// `POST /v1/gateways/NAME/approve`: the certificate becomes a pin of the gateway, beside those that it has.
pub(super) async fn approve(
    Order { desk, peer }: Order,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer<Changed> {
    let ApprovePeer { thumbprint } = body(&bytes)?;
    blocking(move || {
        if desk.state.site.current().gateway(&name).is_none() {
            return Err(missing(ObjectKind::Gateway, &name));
        }
        let pending = desk.state.trust.encounters.pending();
        let wanted = Thumbprint::parse(&thumbprint)
            .map_err(|error| Refusal(ApiError::told(code::INVALID, "", &error.to_string())))?;
        let found = match pending.find(&wanted).as_slice() {
            [only] => only.clone(),
            [] => return Err(not_pending(&thumbprint)),
            [_, ..] => {
                return Err(Refusal(ApiError::new(
                    code::AMBIGUOUS,
                    "",
                    format!("several certificates begin with {thumbprint}"),
                    "give more digits; `um gateway pending` shows them whole",
                )));
            }
        };
        let trust = Some(TrustChange::Add(vec![trust::pin(&found.pem)?]));
        let patch = GatewayPatch { trust, ..GatewayPatch::default() };
        let answer = changed(&desk, &peer, &SiteChange::SetGateway { name, patch })?;
        pending.forget(&found.facts.sha256);
        Ok(answer)
    })
    .await
}

fn not_pending(thumbprint: &str) -> Refusal {
    Refusal(ApiError::new(
        code::NOT_FOUND,
        "",
        format!("no unknown peer has shown a certificate {thumbprint} of late"),
        "let the gateway connect once more and look with `um gateway pending`, or give its certificate with `um gateway \
         set NAME --pin FILE.pem`",
    ))
}

fn row(peer: &PendingPeer) -> PendingPeerRow {
    PendingPeerRow {
        certificate: certificate_row(&peer.facts),
        source: peer.source.to_string(),
        gateway: peer.gateway.clone(),
        first_seen: peer.first_seen,
        last_seen: peer.last_seen,
        count: peer.count,
    }
}
