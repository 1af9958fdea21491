//! The one value that owns every call: it feeds messages to the SIP endpoint, judges new calls, steps calls and does
//! what they order.
mod calls;
mod intake;
mod lamps;
mod of_calls;
mod orders;
mod performing;
mod probing;
mod records;
mod test_calls;
mod ways;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Instant,
};

use dial_plan::Site;
use jiff::Timestamp;
use mailbox::{StoreReply, StoreReplyKind};
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};
use sip_signaling::{Endpoint, EndpointConfig, FlowId, FlowTicket};
use srtp_media::MediaEvent;

use crate::{
    address_book::AddressBook,
    call::CallInput,
    gateway_probe::{GatewayProbes, ProbeSettings},
    leases::LeasePool,
    message_waiting::{LampTransports, MessageWaiting},
    moment::Moment,
    negotiation::{LocalRoute, MediaAddress},
    prompts::PromptSet,
    refusal::SipPorts,
    service::Service,
    strangers::StrangerLimiter,
    test_line::TestLine,
    vocabulary::{Input, Output},
};

use calls::Calls;
use ways::Seeker;

/// What the core begins with. All but the prompts stays the same as long as the server runs.
pub struct CoreSettings {
    /// The server's own host name: Warning, Contact on TLS, Call-IDs.
    pub fqdn: String,
    /// The ports that are open, for the words of refusals.
    pub sip_ports: SipPorts,
    /// Calls at once (rule 4 of security-modes section 0).
    pub max_calls: usize,
    /// The value of the Server header.
    pub server_name: String,
    /// What SDP says where media goes to.
    pub media_address: MediaAddress,
    /// Which local address reaches a peer.
    pub local_route: Box<dyn LocalRoute>,
    /// How gateways are probed.
    pub probes: ProbeSettings,
    /// The spoken prompts, until [`Input::Prompts`] brings others.
    pub prompts: Arc<PromptSet>,
    /// Seed of every random value: the same inputs then give the same bytes.
    pub seed: [u8; 32],
}

/// Every call of the server, without I/O.
pub struct SignalingCore {
    settings: CoreSettings,
    endpoint: Endpoint,
    site: Arc<Site>,
    addresses: Arc<AddressBook>,
    /// Who else counts as a gateway for a moment.
    test_line: Option<Arc<TestLine>>,
    strangers: StrangerLimiter,
    service: Service,
    leases: LeasePool,
    calls: Calls,
    /// Ways that are being looked for, and for whom.
    sought: BTreeMap<FlowTicket, Seeker>,
    probes: GatewayProbes,
    lamps: MessageWaiting,
    /// Call-IDs of the last calls that the endpoint has refused by itself: it keeps nothing, and answers a repetition
    /// as it did before.
    unheard: VecDeque<String>,
    /// Connections that close after their last call.
    retired: BTreeSet<FlowId>,
    rng: ChaCha20Rng,
    ids: u64,
    outputs: VecDeque<Output>,
}

impl SignalingCore {
    /// A core that knows no gateway until it is given a Site and an address book.
    pub fn new(settings: CoreSettings) -> Self {
        let mut rng = ChaCha20Rng::from_seed(settings.seed);
        let mut endpoint_seed = [0; 32];
        rng.fill_bytes(&mut endpoint_seed);
        let mut probe_seed = [0; 32];
        rng.fill_bytes(&mut probe_seed);
        let lamp_transports =
            LampTransports { clear: settings.probes.clear, has_tls: settings.probes.has_tls };
        let config = EndpointConfig {
            server_name: settings.server_name.clone(),
            ..EndpointConfig::new(settings.fqdn.clone())
        };
        Self {
            endpoint: Endpoint::new(config, endpoint_seed),
            service: Service::new(settings.max_calls),
            probes: GatewayProbes::new(settings.probes, probe_seed),
            lamps: MessageWaiting::new(settings.fqdn.clone(), lamp_transports),
            settings,
            site: Arc::new(Site::empty()),
            addresses: Arc::new(AddressBook::default()),
            test_line: None,
            strangers: StrangerLimiter::default(),
            leases: LeasePool::default(),
            calls: Calls::default(),
            sought: BTreeMap::new(),
            unheard: VecDeque::new(),
            retired: BTreeSet::new(),
            rng,
            ids: 0,
            outputs: VecDeque::new(),
        }
    }

    /// One thing from the world. `date` stamps recordings; no deadline depends on it.
    pub fn handle_input(&mut self, input: Input, now: Instant, date: Timestamp) {
        let at = Moment { now, date };
        match input {
            Input::Message { flow, bytes } => {
                let origin = self.origin_of(&flow, now);
                let limit = self.service.limit(self.calls.len(), now, &mut self.rng);
                self.endpoint.limit_calls(limit.map(|refusal| refusal.reply(&self.settings.fqdn)));
                self.endpoint.handle_message(&origin, &bytes, now);
                self.drain_endpoint(Some((&flow, bytes.len())), at);
            }
            Input::Unframed { flow, answer, detail } => self.close_unframed(&flow, answer, &detail, now),
            Input::FlowClosed(flow) => {
                self.retired.remove(&flow);
                self.endpoint.handle_flow_closed(flow, now);
            }
            Input::FlowOpened { ticket, flow, remote } => self.take_way(ticket, flow, remote, at),
            Input::FlowFailed { ticket, reason } => self.take_no_way(ticket, &reason, at),
            Input::FlowWithdrawn(flow) => self.retire(flow),
            Input::Media(event) => self.handle_media(event, at),
            Input::Lease(lease) => self.leases.offer(lease),
            Input::Store(reply) => self.handle_store(reply, at),
            Input::Site(site) => {
                self.site = site;
                self.follow_gateways(now);
                self.lamps.follow(&self.site, at);
            }
            Input::Addresses(addresses) => self.follow_addresses(addresses),
            Input::Admin(order) => self.handle_admin(&order, at),
            Input::TestLine(line) => self.follow_test_line(line, at),
            Input::Prompts(prompts) => self.settings.prompts = prompts,
            Input::Lamps(news) => self.take_lamp_news(news, at),
            Input::Disk(disk) => self.service.disk = disk,
            Input::Drain => {
                self.service.draining = true;
                self.probes.stop();
                self.lamps.stop();
            }
            Input::EndOfDrain => self.cut_off_all(at),
        }
        self.drain_endpoint(None, at);
        self.advance_probes(at);
        self.advance_lamps(at);
        self.close_retired();
    }

    /// Every deadline up to `now` fires.
    pub fn handle_timeout(&mut self, now: Instant, date: Timestamp) {
        let at = Moment { now, date };
        while let Some(key) = self.calls.take_due(now) {
            self.step(key, CallInput::Timeout, at);
        }
        self.end_test_line(at);
        self.outputs.extend(self.strangers.handle_timeout(now).map(Output::Event));
        self.probes.handle_timeout(at.now, at.date);
        self.lamps.handle_timeout(at);
        self.endpoint.handle_timeout(now);
        self.drain_endpoint(None, at);
        self.advance_probes(at);
        self.advance_lamps(at);
        self.close_retired();
    }

    /// When [`SignalingCore::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let line = self.test_line.as_ref().map(|line| line.until);
        let all = [
            self.endpoint.poll_timeout(),
            self.strangers.poll_timeout(),
            self.probes.poll_timeout(),
            self.lamps.poll_timeout(),
            line,
            self.calls.next_due(),
        ];
        all.into_iter().flatten().min()
    }

    /// What to do next; drain to `None` after each input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// No new call is taken any more.
    pub fn is_draining(&self) -> bool {
        self.service.draining
    }

    /// Live calls, those included whose message is still being stored.
    pub fn call_count(&self) -> usize {
        self.calls.len()
    }

    fn handle_media(&mut self, event: MediaEvent, at: Moment) {
        if let Some(key) = self.calls.with_session(event.session) {
            self.step(key, CallInput::Media(event), at);
        }
    }

    fn handle_store(&mut self, reply: StoreReply, at: Moment) {
        let Some(key) = self.calls.take_asker(reply.token) else { return };
        if let Ok(StoreReplyKind::Committed { message }) = reply.what {
            self.report_stored(key, message);
        }
        self.step(key, CallInput::Stored(reply), at);
    }
}

#[cfg(test)]
mod tests;
