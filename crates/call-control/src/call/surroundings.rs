use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use bytes::Bytes;
use dial_plan::Dialled;
use ivr::MessageRoom;
use jiff::Timestamp;
use mailbox::{StoreRequest, StoreRequestKind};
use rand_chacha::ChaCha20Rng;
use sip_signaling::{DialogId, HeaderName, Reply, SipBody, TransactionId};
use telephony::Event;

use super::media_leg::Addressed;
use crate::{
    core::CoreSettings, leases::LeasePool, negotiation::MediaAddress, refusal::Refusal,
    vocabulary::CallSnapshot,
};

/// What a step of a call may look at and use, lent by the core.
pub(crate) struct Surroundings<'a> {
    pub now: Instant,
    pub date: Timestamp,
    pub settings: &'a CoreSettings,
    pub leases: &'a mut LeasePool,
    pub rng: &'a mut ChaCha20Rng,
    pub ids: &'a mut u64,
    /// Whether a message can be left.
    pub room: MessageRoom,
    /// Where the call's signalling comes from.
    pub peer: SocketAddr,
    /// The addresses of the call's gateway.
    pub gateway_addresses: Vec<IpAddr>,
    pub effects: &'a mut Vec<Effect>,
}

/// What a step of a call orders.
#[derive(Debug)]
pub(crate) enum Effect {
    /// 200 to the INVITE; the dialog is told to the call.
    Accept { transaction: TransactionId, reply: Reply },
    /// Any other answer.
    Respond { transaction: TransactionId, reply: Reply },
    /// A re-INVITE; its end is told to the call.
    Reinvite { dialog: DialogId, offer: SipBody },
    /// BYE.
    Bye { dialog: DialogId, headers: Vec<(HeaderName, Bytes)> },
    /// A REFER to this number at the peer's host, or at another one; its end is told to the call.
    Refer {
        dialog: DialogId,
        dialled: Dialled,
        domain: Option<String>,
        /// On whose behalf, by extension.
        by: Option<String>,
    },
    /// A command for the call's media session.
    Media(Addressed),
    /// A request to the store, answered to this call.
    Store(StoreRequest),
    /// For the administrator.
    Event(Event),
    /// For the board.
    Changed(CallSnapshot),
}

impl Surroundings<'_> {
    /// Asks the store; what it answers comes with this token.
    pub(crate) fn store(&mut self, what: StoreRequestKind) -> u64 {
        let token = self.new_id();
        self.effects.push(Effect::Store(StoreRequest { token, what }));
        token
    }

    /// An id never given before in this process.
    pub(crate) fn new_id(&mut self) -> u64 {
        *self.ids += 1;
        *self.ids
    }

    /// The addresses that our SDP may name towards media at `peers`, each once, in their order: an offer may name several
    /// address families of which we have one. Without a peer, the signalling's is taken.
    pub(crate) fn media_addresses(&self, mut peers: Vec<IpAddr>) -> Result<Vec<IpAddr>, Refusal> {
        if peers.is_empty() {
            peers.push(self.peer.ip().to_canonical());
        }
        let (mut ours, mut first_refusal) = (Vec::new(), None);
        for peer in peers {
            match self.media_address(peer) {
                Ok(address) if ours.contains(&address) => {}
                Ok(address) => ours.push(address),
                Err(refusal) => first_refusal = first_refusal.or(Some(refusal)),
            }
        }
        match first_refusal {
            Some(refusal) if ours.is_empty() => Err(refusal),
            Some(_) | None => Ok(ours),
        }
    }

    /// The address that our SDP names towards `peer` (security-modes 5).
    pub(crate) fn media_address(&self, peer: IpAddr) -> Result<IpAddr, Refusal> {
        match self.settings.media_address {
            MediaAddress::Fixed(address) => Ok(address),
            MediaAddress::Auto => self
                .settings
                .local_route
                .source_towards(peer)
                .filter(|source| !source.is_unspecified() && (!source.is_loopback() || peer.is_loopback()))
                .ok_or_else(|| Refusal::NoLocalAddress { peer: peer.to_string() }),
        }
    }
}
