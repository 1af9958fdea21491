//! Does what the core orders. Nothing here waits: a full queue is an answer.
use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use call_control::{Input, Output, PeerIdentity};
use jiff::Timestamp;
use mailbox::{CallRecord, StoreFailure, StoreReply, StoreRequest};
use sip_signaling::{FlowId, Transport};
use srtp_media::{MediaCommand, MediaCommandKind, MediaEvent, MediaEventKind};
use storage::Store;
use telephony::{Event, kind};
use tokio::sync::watch;

use super::Inbox;
use crate::{
    admin::Board,
    flow::{FlowTable, Transmission, reacher::Reacher},
    lamps::LampBell,
    media::MediaPlane,
    observe::{
        Observer,
        trace::{Hop, Way},
    },
};

/// The world around the core.
pub struct Edge {
    /// Where bytes leave.
    pub flows: Arc<FlowTable>,
    /// Where connections to gateways come from.
    pub reacher: Reacher,
    /// The media workers.
    pub media: Arc<MediaPlane>,
    /// Mailboxes and messages.
    pub store: Store,
    /// Where replies of the store come back.
    pub inbox: Inbox,
    /// Where events go.
    pub observer: Observer,
    /// What the administrator sees of live calls.
    pub board: Arc<Board>,
    /// Who reads what lamps are to show.
    pub bell: LampBell,
    /// For a stop that waits for the last call.
    pub load: watch::Sender<CoreLoad>,
}

/// How much the core has to do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CoreLoad {
    /// Calls, those included whose message is still being stored.
    pub calls: usize,
    /// No call is added any more.
    pub draining: bool,
}

impl Edge {
    /// One order. What comes back at once, because a queue was full, is for the core: nothing is ordered in vain.
    #[must_use]
    pub fn perform(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Transmit { flow, remote, bytes } => {
                self.trace_out(flow, remote, &bytes);
                // What a UDP socket cannot take at once is lost, as on any network: SIP repeats it.
                if self.flows.transmit(flow, remote, bytes) == Transmission::PeerDoesNotRead {
                    self.observer.tell(
                        Event::new(&kind::QUEUE_FULL).with("queue", "connection").with("source", remote),
                    );
                }
            }
            Output::OpenFlow(order) => return self.reacher.order(order),
            Output::CloseFlow(flow) => self.flows.close(flow),
            Output::Media { worker, command } => return self.order_media(worker, command),
            Output::Store(request) => return self.ask_store(request),
            Output::Event(event) => {
                self.board.count(&event);
                self.observer.tell(event);
            }
            Output::CallChanged(snapshot) => {
                self.observer.observed().trace.note_call(snapshot.key.0, &snapshot.call_id);
                self.board.update(&snapshot);
            }
            Output::CallEnded(key) => self.board.remove(key),
            Output::CallRecord(record) => self.keep_record(*record),
            Output::TestCallOver(seen) => self.board.test_call_over(*seen),
            Output::GatewayProbed(report) => self.board.gateway_probed(*report),
            Output::ReadMailboxes => self.bell.want_all(),
            Output::LampChanged(report) => self.board.lamp_changed(*report),
            Output::LampGone(mailbox) => self.board.lamp_gone(mailbox),
            Output::GatewayUnprobed { gateway, class } => self.board.gateway_unprobed(&gateway, class),
        }
        None
    }

    /// Keeps a message that the core is about to take, for `um trace`.
    pub fn trace_in(&self, input: &Input) {
        if let Input::Message { flow, bytes } = input {
            let gateways = self.inbox.gateways_of(&flow.peer, flow.remote);
            let hop = Hop { way: Way::In, transport: flow.transport, peer: flow.remote, gateways };
            self.observer.observed().trace.record(hop, bytes, Timestamp::now());
        }
    }

    /// Counted in any case; kept if the store has room for it.
    fn keep_record(&self, record: CallRecord) {
        self.observer.observed().metrics.count_call(&record);
        if self.store.post_call(record).is_err() {
            self.observer.tell(
                Event::new(&kind::RECORDS_LOST)
                    .with("call_records", 1)
                    .with("reason", "more waits for the database than it takes"),
            );
        }
    }

    fn trace_out(&self, flow: FlowId, remote: SocketAddr, bytes: &Bytes) {
        let (transport, peer) = match self.flows.peering(flow) {
            Some(peering) => (peering.transport, peering.identity()),
            None => (Transport::Udp, PeerIdentity::Address),
        };
        let gateways = self.inbox.gateways_of(&peer, remote);
        let hop = Hop { way: Way::Out, transport, peer: remote, gateways };
        self.observer.observed().trace.record(hop, bytes, Timestamp::now());
    }

    /// How much the core has to do now.
    pub fn report(&self, load: CoreLoad) {
        self.load.send_if_modified(|known| std::mem::replace(known, load) != load);
    }

    /// A session whose worker takes no orders is as good as gone: it is closed, and its call ends.
    fn order_media(&self, worker: usize, command: MediaCommand) -> Option<Input> {
        let (session, token) = (command.session, command.token);
        self.media.command(worker, command).err()?;
        // The call takes the session for gone and closes nothing; a Close is refused only by a worker that has ended.
        let _ = self.media.command(worker, MediaCommand { session, token, what: MediaCommandKind::Close });
        self.observer.tell(Event::new(&kind::QUEUE_FULL).with("queue", "media").with("worker", worker));
        Some(Input::Media(MediaEvent { session, token, what: MediaEventKind::Faulted }))
    }

    fn ask_store(&self, request: StoreRequest) -> Option<Input> {
        let inbox = self.inbox.clone();
        let token = request.token;
        let answer = move |reply: StoreReply| {
            inbox.send_blocking(Input::Store(reply));
        };
        self.store.submit(request, answer).err()?;
        self.observer.tell(Event::new(&kind::QUEUE_FULL).with("queue", "store"));
        Some(Input::Store(StoreReply { token, what: Err(StoreFailure::Closed) }))
    }
}
