//! Ways to gateways: which are asked of the world, which UDP has by itself, and which connections close after their last
//! call (security-modes 1 and 2a).
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use sip_signaling::{FlowId, FlowOrder, FlowPurpose, FlowTicket, PeerName, Transport};
use telephony::{Event, kind};

use super::SignalingCore;
use crate::{
    address_book::AddressBook, gateway_probe::ProbeAttempt, message_waiting::LampAttempt, moment::Moment,
    refusal::transport_word, vocabulary::Output,
};

/// The port of clear SIP where a gateway has none (RFC 3261 19.1.2).
const SIP_PORT: u16 = 5060;

/// Who looks for a way.
pub(super) enum Seeker {
    /// A dialog of a call or a subscription.
    Dialog(FlowOrder),
    Probe(ProbeAttempt),
    Lamp(LampAttempt),
}

impl SignalingCore {
    /// Over UDP the gateway's own address is the way; a connection is the world's to find.
    pub(super) fn look_for_way(&mut self, order: FlowOrder, now: Instant) {
        let ticket = order.ticket;
        match (order.transport, order.purpose) {
            (Transport::Udp, FlowPurpose::Dialog { began_on, source }) => {
                match self.address_for(&order, source) {
                    Some(remote) => self.endpoint.flow_opened(ticket, began_on, remote),
                    None => self.lose_way(&order, "the gateway has no address of this family", now),
                }
            }
            // Its gateway knows nothing of a test call, and is not to hear of it.
            (Transport::Tcp | Transport::Tls, FlowPurpose::Dialog { began_on, .. })
                if self.is_tested_on(began_on) =>
            {
                self.lose_way(&order, "the test call has gone", now);
            }
            (Transport::Udp, FlowPurpose::Probe(_)) | (Transport::Tcp | Transport::Tls, _) => {
                self.sought.insert(ticket, Seeker::Dialog(order.clone()));
                self.outputs.push_back(Output::OpenFlow(order));
            }
        }
    }

    pub(super) fn take_way(&mut self, ticket: FlowTicket, flow: FlowId, remote: SocketAddr, at: Moment) {
        match self.sought.remove(&ticket) {
            Some(Seeker::Lamp(attempt)) => {
                self.lamps.way_found(attempt, flow, remote, at);
            }
            Some(Seeker::Probe(attempt)) => self.probes.way_found(attempt, flow, remote, at.now),
            Some(Seeker::Dialog(_)) | None => self.endpoint.flow_opened(ticket, flow, remote),
        }
    }

    pub(super) fn take_no_way(&mut self, ticket: FlowTicket, reason: &str, at: Moment) {
        match self.sought.remove(&ticket) {
            Some(Seeker::Lamp(attempt)) => self.lamps.no_way(attempt, reason, at),
            Some(Seeker::Probe(attempt)) => self.probes.no_way(attempt, reason, at.now, at.date),
            Some(Seeker::Dialog(order)) => self.lose_way(&order, reason, at.now),
            None => self.endpoint.flow_failed(ticket, at.now),
        }
    }

    /// Something of a dialog stays unsent.
    fn lose_way(&mut self, order: &FlowOrder, reason: &str, now: Instant) {
        self.outputs.push_back(Output::Event(
            Event::new(&kind::GATEWAY_UNREACHED)
                .with("gateway", order.peers.first().map(|name| &**name).unwrap_or_default())
                .with("transport", transport_word(order.transport))
                .with("reason", reason),
        ));
        self.endpoint.flow_failed(order.ticket, now);
    }

    /// Gateways are at these addresses from now on. What a running call has over UDP goes to its last source only as long
    /// as that is one of them.
    pub(super) fn follow_addresses(&mut self, addresses: Arc<AddressBook>) {
        let test_source = self.test_line.as_ref().map(|line| line.remote());
        self.endpoint.forget_sources(|peers, source| {
            let there = addresses.gateways_at(source.ip());
            let is_theirs = peers.iter().any(|peer| there.contains(peer));
            // Nowhere else to go: a source stays known to its running dialogs.
            is_theirs || test_source == Some(source) || address_of(&addresses, peers, source.ip()).is_none()
        });
        self.addresses = addresses;
    }

    /// The connection closes after its last call.
    pub(super) fn retire(&mut self, flow: FlowId) {
        self.retired.insert(flow);
    }

    pub(super) fn close_retired(&mut self) {
        let Self { retired, endpoint, outputs, .. } = self;
        retired.retain(|flow| {
            let is_needed = endpoint.needs_flow(*flow);
            if !is_needed {
                outputs.push_back(Output::CloseFlow(*flow));
            }
            is_needed
        });
    }

    fn address_for(&self, order: &FlowOrder, source: SocketAddr) -> Option<SocketAddr> {
        let address = address_of(&self.addresses, &order.peers, source.ip())?;
        let port = order.peers.first().and_then(|name| self.site.gateway(name)).map(|gateway| gateway.port);
        Some(SocketAddr::new(address, port.filter(|port| *port != 0).unwrap_or(SIP_PORT)))
    }
}

/// An address of the first of `peers`, of the family of `like`.
fn address_of(book: &AddressBook, peers: &[PeerName], like: IpAddr) -> Option<IpAddr> {
    let is_v4 = like.to_canonical().is_ipv4();
    book.addresses_of(peers.first()?).find(|address| address.is_ipv4() == is_v4)
}
