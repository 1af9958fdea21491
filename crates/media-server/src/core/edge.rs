//! Does what the core orders. Nothing here waits: a full queue is an answer.
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use call_control::{Input, Output};
use mailbox::{StoreFailure, StoreReply, StoreRequest};
use storage::Store;
use telephony::{Event, kind};

use super::Inbox;
use crate::{
    admin::Board,
    flow::{FlowTable, Transmission},
    media::MediaPlane,
    observe::Observer,
};

/// The world around the core.
pub struct Edge {
    /// Where bytes leave.
    pub flows: Arc<FlowTable>,
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
    /// Calls that the core has, for a stop that waits for the last of them.
    pub calls: Arc<AtomicUsize>,
}

impl Edge {
    /// One order.
    pub fn perform(&mut self, output: Output) {
        match output {
            Output::Transmit { flow, remote, bytes } => {
                // What a UDP socket cannot take at once is lost, as on any network: SIP repeats it.
                if self.flows.transmit(flow, remote, bytes) == Transmission::PeerDoesNotRead {
                    self.observer.tell(
                        Event::new(&kind::QUEUE_FULL).with("queue", "connection").with("source", remote),
                    );
                }
            }
            Output::CloseFlow(flow) => self.flows.close(flow),
            Output::Media { worker, command } => {
                if self.media.command(worker, command).is_err() {
                    self.observer
                        .tell(Event::new(&kind::QUEUE_FULL).with("queue", "media").with("worker", worker));
                }
            }
            Output::Store(request) => self.ask_store(request),
            Output::Event(event) => {
                self.board.count(&event);
                self.observer.tell(event);
            }
            Output::CallChanged(snapshot) => self.board.update(&snapshot),
            Output::CallEnded(key) => self.board.remove(key),
        }
    }

    /// How many calls the core has now.
    pub fn report(&self, calls: usize) {
        self.calls.store(calls, Ordering::Relaxed);
    }

    fn ask_store(&self, request: StoreRequest) {
        let inbox = self.inbox.clone();
        let token = request.token;
        let answer = move |reply: StoreReply| {
            inbox.send_blocking(Input::Store(reply));
        };
        if self.store.submit(request, answer).is_err() {
            self.observer.tell(Event::new(&kind::QUEUE_FULL).with("queue", "store"));
            let inbox = self.inbox.clone();
            // The core is this very task: the reply must not be waited for here.
            tokio::spawn(async move {
                inbox.send(Input::Store(StoreReply { token, what: Err(StoreFailure::Closed) })).await;
            });
        }
    }
}
