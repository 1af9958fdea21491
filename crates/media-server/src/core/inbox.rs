use call_control::{AdminOrder, CallKey, Input, PanicPlace};
use sip_signaling::{FlowId, RequestClass, classify};
use tokio::sync::mpsc;

use crate::admin::{CoreControl, CoreGone};

/// Responses, in-dialog requests, media, store and administration: what running calls need.
const FIRST_QUEUE: usize = 16_384;
/// New requests: what may be shed.
const SECOND_QUEUE: usize = 2_048;

/// Where inputs for the core go; cloned freely.
#[derive(Clone)]
pub struct Inbox {
    first: mpsc::Sender<Input>,
    second: mpsc::Sender<Input>,
}

/// The core's end.
pub struct InboxReader {
    first: mpsc::Receiver<Input>,
    second: mpsc::Receiver<Input>,
}

/// What became of an input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Offered {
    /// Queued.
    Taken,
    /// The queue is full: the peer repeats it, or is told to.
    Shed,
    /// The core is gone.
    CoreGone,
}

impl Offered {
    /// The core has ended; so should the caller.
    pub fn is_gone(self) -> bool {
        self == Self::CoreGone
    }
}

/// A new inbox.
pub fn inbox() -> (Inbox, InboxReader) {
    let (first, first_reader) = mpsc::channel(FIRST_QUEUE);
    let (second, second_reader) = mpsc::channel(SECOND_QUEUE);
    (Inbox { first, second }, InboxReader { first: first_reader, second: second_reader })
}

impl Inbox {
    /// A SIP message: what belongs to running calls goes before what begins something.
    pub fn offer_message(&self, input: Input, bytes: &[u8]) -> Offered {
        let queue = match classify(bytes) {
            RequestClass::Response | RequestClass::InDialogOrFollowUp => &self.first,
            RequestClass::New | RequestClass::Unreadable => &self.second,
        };
        match queue.try_send(input) {
            Ok(()) => Offered::Taken,
            Err(mpsc::error::TrySendError::Full(_)) => Offered::Shed,
            Err(mpsc::error::TrySendError::Closed(_)) => Offered::CoreGone,
        }
    }

    /// A connection is gone: told after every message that came on it, whichever queue they wait in.
    pub async fn flow_closed(&self, flow: FlowId) {
        if let Err(mpsc::error::TrySendError::Full(input)) = self.second.try_send(Input::FlowClosed(flow)) {
            self.send(input).await;
        }
    }

    /// Waits for room; for threads that may wait (the store's).
    pub fn send_blocking(&self, input: Input) -> Offered {
        match self.first.blocking_send(input) {
            Ok(()) => Offered::Taken,
            Err(_) => Offered::CoreGone,
        }
    }

    /// Waits for room; for tasks.
    pub async fn send(&self, input: Input) -> Offered {
        match self.first.send(input).await {
            Ok(()) => Offered::Taken,
            Err(_) => Offered::CoreGone,
        }
    }
}

impl InboxReader {
    /// Fills `batch` with up to `limit` inputs, the first queue first; `false` when every sender is gone.
    pub async fn receive(&mut self, batch: &mut Vec<Input>, limit: usize) -> bool {
        let (queue, one) = tokio::select! {
            biased;
            one = self.first.recv() => (&mut self.first, one),
            one = self.second.recv() => (&mut self.second, one),
        };
        let Some(one) = one else { return false };
        batch.push(one);
        while batch.len() < limit
            && let Ok(next) = queue.try_recv()
        {
            batch.push(next);
        }
        true
    }
}

impl CoreControl for Inbox {
    fn hang_up(&self, call: CallKey) -> Result<(), CoreGone> {
        self.order(AdminOrder::HangUp(call))
    }

    fn hang_up_gateway(&self, gateway: &str) -> Result<(), CoreGone> {
        self.order(AdminOrder::HangUpGateway(gateway.to_owned()))
    }

    fn panic(&self, place: PanicPlace) -> Result<(), CoreGone> {
        self.order(AdminOrder::Panic(place))
    }
}

impl Inbox {
    fn order(&self, order: AdminOrder) -> Result<(), CoreGone> {
        match self.send_blocking(Input::Admin(order)) {
            Offered::Taken | Offered::Shed => Ok(()),
            Offered::CoreGone => Err(CoreGone),
        }
    }
}
