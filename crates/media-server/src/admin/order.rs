//! What every order that changes something has in common: who gives it, and at which desk.
use std::sync::Arc;

use admin_api::{ApiError, Changed, code};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use dial_plan::SiteChange;

use super::{
    answer::{Answer, Refusal, blocking},
    listener::Peer,
    router::Desk,
    site::changed,
};

/// An order that has come in.
pub(super) struct Order {
    /// Where it came in.
    pub(super) desk: Arc<Desk>,
    /// Who gives it.
    pub(super) peer: Peer,
}

impl Order {
    /// Makes one change of the configuration.
    pub(super) async fn change(self, wanted: SiteChange) -> Answer<Changed> {
        blocking(move || changed(&self.desk, &self.peer, &wanted)).await
    }
}

impl FromRequestParts<Arc<Desk>> for Order {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Refusal> {
        let peer = ConnectInfo::<Peer>::from_request_parts(parts, desk).await;
        let ConnectInfo(peer) = peer.map_err(|rejection| {
            Refusal(ApiError::told(code::INTERNAL, "", &format!("nobody knows who asks: {rejection}")))
        })?;
        Ok(Self { desk: Arc::clone(desk), peer })
    }
}
