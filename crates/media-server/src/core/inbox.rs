use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;
use call_control::{
    AddressBook, AdminOrder, CallKey, Flow, Input, LampNews, PanicPlace, PeerIdentity, TestLine,
};
use sip_signaling::{PeerName, RequestClass, classify};
use tokio::sync::mpsc;

use crate::admin::{CoreControl, CoreGone};

/// Responses, in-dialog requests, media, store and administration: what running calls need.
const FIRST_QUEUE: usize = 16_384;
/// New requests: what may be shed.
const SECOND_QUEUE: usize = 2_048;
/// Places of the second queue that messages of strangers leave free: a flood of them holds up no gateway's call.
const KEPT_FOR_GATEWAYS: usize = SECOND_QUEUE / 2;

/// Where inputs for the core go; cloned freely.
#[derive(Clone)]
pub struct Inbox {
    first: mpsc::Sender<Input>,
    second: mpsc::Sender<Input>,
    /// The addresses of the gateways, as the core has them or is about to.
    gateways: Arc<ArcSwap<AddressBook>>,
    /// The test line, likewise.
    test_line: Arc<ArcSwapOption<TestLine>>,
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
    /// The queue is full: the peer, a gateway, repeats it or is told to.
    Shed,
    /// There is no room for strangers: nothing is said, so that nothing is reflected.
    Unheard,
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
    let (gateways, test_line) = (Arc::default(), Arc::default());
    (Inbox { first, second, gateways, test_line }, InboxReader { first: first_reader, second: second_reader })
}

impl Inbox {
    /// A SIP message: what belongs to running calls goes before what begins something, and gateways before strangers.
    pub fn offer_message(&self, flow: &Flow, bytes: &Bytes) -> Offered {
        let input = Input::Message { flow: flow.clone(), bytes: bytes.clone() };
        if self.is_stranger(flow) {
            return match self.second.capacity() > KEPT_FOR_GATEWAYS {
                true => offered(self.second.try_send(input), Offered::Unheard),
                false => Offered::Unheard,
            };
        }
        match classify(bytes) {
            RequestClass::Response | RequestClass::InDialogOrFollowUp => {
                offered(self.first.try_send(input), Offered::Shed)
            }
            RequestClass::New | RequestClass::Unreadable => match self.second.try_send(input) {
                // "Shedding of calls never answers OPTIONS with 503" (docs/security-modes.md section 6).
                Err(mpsc::error::TrySendError::Full(input)) if is_options(bytes) => {
                    offered(self.first.try_send(input), Offered::Shed)
                }
                sent => offered(sent, Offered::Shed),
            },
        }
    }

    /// The core gets a new address book, and every reader goes by it.
    pub async fn put_addresses(&self, book: Arc<AddressBook>) -> Offered {
        self.gateways.store(Arc::clone(&book));
        self.send(Input::Addresses(book)).await
    }

    /// The core gets the test line, or none any more, and every reader goes by it.
    pub async fn put_test_line(&self, line: Option<Arc<TestLine>>) -> Offered {
        self.test_line.store(line.clone());
        self.send(Input::TestLine(line)).await
    }

    /// The gateways that this peer may be: by the test line, else by its certificate, or without TLS by its address.
    pub fn gateways_of(&self, peer: &PeerIdentity, remote: SocketAddr) -> Arc<[PeerName]> {
        if let Some(line) = &*self.test_line.load()
            && line.carries(peer, remote, Instant::now())
        {
            return Arc::from([Arc::clone(&line.gateway)]);
        }
        match peer {
            PeerIdentity::Certificate(certified) => Arc::clone(&certified.peers),
            PeerIdentity::Address => self.gateways_at(remote.ip()),
        }
    }

    /// The gateways that may connect from there, before anybody has proved who it is.
    pub fn gateways_expected_from(&self, remote: SocketAddr) -> Arc<[PeerName]> {
        match &*self.test_line.load() {
            Some(line) if line.is_at(remote, Instant::now()) => Arc::from([Arc::clone(&line.gateway)]),
            Some(_) | None => self.gateways_at(remote.ip()),
        }
    }

    /// The gateways that have this address, by name.
    pub fn gateways_at(&self, address: IpAddr) -> Arc<[PeerName]> {
        self.gateways.load().gateways_at(address)
    }

    fn is_stranger(&self, flow: &Flow) -> bool {
        self.gateways_of(&flow.peer, flow.remote).is_empty()
    }

    /// A connection is at its end, or broken: told after every message that came on it, whichever queue they wait in.
    pub async fn send_last(&self, input: Input) -> Offered {
        match self.second.try_send(input) {
            Err(mpsc::error::TrySendError::Full(input)) => self.send(input).await,
            sent => offered(sent, Offered::Shed),
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

    fn refresh_lamps(&self) -> Result<(), CoreGone> {
        self.tell(Input::Lamps(LampNews::Refresh))
    }

    fn panic(&self, place: PanicPlace) -> Result<(), CoreGone> {
        self.order(AdminOrder::Panic(place))
    }
}

impl Inbox {
    fn order(&self, order: AdminOrder) -> Result<(), CoreGone> {
        self.tell(Input::Admin(order))
    }

    fn tell(&self, input: Input) -> Result<(), CoreGone> {
        match self.send_blocking(input) {
            Offered::Taken | Offered::Shed | Offered::Unheard => Ok(()),
            Offered::CoreGone => Err(CoreGone),
        }
    }
}

fn offered(sent: Result<(), mpsc::error::TrySendError<Input>>, full: Offered) -> Offered {
    match sent {
        Ok(()) => Offered::Taken,
        Err(mpsc::error::TrySendError::Full(_)) => full,
        Err(mpsc::error::TrySendError::Closed(_)) => Offered::CoreGone,
    }
}

fn is_options(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"OPTIONS ")
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use sip_signaling::{FlowId, Transport};

    use super::*;

    fn flow(last: u8) -> Flow {
        let local = SocketAddr::from(([192, 0, 2, 9], 5060));
        let remote = SocketAddr::from(([192, 0, 2, last], 5060));
        Flow {
            id: FlowId(1),
            transport: Transport::Udp,
            local,
            remote,
            peer: PeerIdentity::Address,
            tls: None,
        }
    }

    async fn with_gateway() -> (Inbox, InboxReader) {
        let (inbox, reader) = inbox();
        let book = AddressBook::new([(flow(1).remote.ip(), "gw1".into())]);
        assert_eq!(inbox.put_addresses(Arc::new(book)).await, Offered::Taken);
        (inbox, reader)
    }

    fn taken(inbox: &Inbox, flow: &Flow, text: &'static [u8]) -> (usize, Offered) {
        let bytes = Bytes::from_static(text);
        let mut taken = 0;
        loop {
            match inbox.offer_message(flow, &bytes) {
                Offered::Taken => taken += 1,
                other => return (taken, other),
            }
        }
    }

    const INVITE: &[u8] = b"INVITE sip:a SIP/2.0\r\nTo: <sip:a>\r\n\r\n";
    const BYE: &[u8] = b"BYE sip:a SIP/2.0\r\nTo: <sip:a>;tag=1\r\n\r\n";

    #[tokio::test]
    async fn strangers_fill_half_of_the_second_queue_whatever_they_send_and_gateways_the_other() {
        let (inbox, _reader) = with_gateway().await;

        assert_eq!(taken(&inbox, &flow(66), BYE), (1_024, Offered::Unheard));
        assert_eq!(taken(&inbox, &flow(66), INVITE), (0, Offered::Unheard));
        assert_eq!(taken(&inbox, &flow(1), INVITE), (1_024, Offered::Shed));
        assert_eq!(inbox.offer_message(&flow(1), &Bytes::from_static(BYE)), Offered::Taken);
    }

    #[tokio::test]
    async fn options_of_a_gateway_is_taken_where_its_calls_are_shed() {
        let (inbox, _reader) = with_gateway().await;
        assert_eq!(taken(&inbox, &flow(1), INVITE), (2_048, Offered::Shed));

        let options = Bytes::from_static(b"OPTIONS sip:a SIP/2.0\r\nTo: <sip:a>\r\n\r\n");

        assert_eq!(inbox.offer_message(&flow(1), &options), Offered::Taken);
    }

    #[tokio::test]
    async fn requests_of_calls_are_shed_at_the_bound_of_the_first_queue() {
        let (inbox, _reader) = with_gateway().await;

        // The address book has a place of its own.
        assert_eq!(taken(&inbox, &flow(1), BYE), (16_383, Offered::Shed));
    }
}
