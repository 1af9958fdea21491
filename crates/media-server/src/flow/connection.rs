//! One TCP or TLS connection: frames in, orders out, each side at its own pace.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
use std::{future, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use call_control::{Flow, Input, TlsAgreed};
use sip_signaling::{FlowId, Frame, RequestClass, StreamFramer, Transport, classify, shed_answer};
use telephony::{Event, kind};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf},
    sync::mpsc,
    time::{Instant, timeout, timeout_at},
};

use super::{
    FlowTable, OpenedBy, Outgoing, Peering, StreamOrder,
    limits::{
        IDLE_BEFORE_FIRST_REQUEST, LINGER, LONGEST_HALF_KEEP_ALIVE, Limit, MESSAGE_DEADLINE, READ_BUFFER,
        WRITE_DEADLINE,
    },
};
use crate::{
    core::{Inbox, Offered},
    listen::Seat,
    observe::Observer,
    trust::PeerStanding,
};

/// The answer to a keep-alive (RFC 5626 4.4.1).
const PONG: &[u8] = b"\r\n";

/// Where all connections come together: where their bytes go, and where their events are told.
#[derive(Clone)]
pub struct Switchboard {
    /// Every flow.
    pub flows: Arc<FlowTable>,
    /// The core.
    pub inbox: Inbox,
    /// Events.
    pub observer: Observer,
}

/// A connection that is open and, if it is TLS, past its handshake.
pub struct Connection {
    /// Its id.
    pub id: FlowId,
    /// TCP or TLS.
    pub transport: Transport,
    /// Our address on it.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// Who made it.
    pub opened_by: OpenedBy,
    /// Who the peer is, by the trust of the moment.
    pub peer: PeerStanding,
    /// What the handshake agreed on; nothing without TLS.
    pub tls: Option<TlsAgreed>,
    /// Its place among all connections.
    pub seat: Seat,
    /// Where all connections come together.
    pub switchboard: Switchboard,
}

/// How a connection ended.
#[derive(Debug, Eq, PartialEq)]
enum End {
    /// The peer closed it, or the network did.
    ByPeer,
    /// The core ordered it, or the stream could not be read on.
    Ordered,
    /// A limit; told as an event.
    Limit(Limit),
    /// Another connection got its place, or its queue is full: told by who noticed.
    Displaced,
    /// The server stops.
    CoreGone,
}

impl Connection {
    /// Carries messages both ways until either side ends it; the core is told.
    pub async fn run<S: AsyncRead + AsyncWrite>(self, stream: S) {
        self.enter().run(stream).await;
    }

    /// Takes its place among the flows: what is transmitted on it from now on waits for its stream.
    pub fn enter(self) -> Entered {
        let Self { id, transport, local, remote, opened_by, peer, tls, seat, switchboard } = self;
        let peering = Arc::new(Peering::new(transport, remote, opened_by, peer, tls));
        let outgoing = switchboard.flows.add_stream(id, Arc::clone(&peering));
        Entered { id, local, peering, outgoing, seat, switchboard }
    }
}

/// A connection among the flows.
pub struct Entered {
    id: FlowId,
    local: SocketAddr,
    peering: Arc<Peering>,
    outgoing: Outgoing,
    seat: Seat,
    switchboard: Switchboard,
}

impl Entered {
    /// Carries messages both ways until either side ends it; the core is told.
    pub async fn run<S: AsyncRead + AsyncWrite>(self, stream: S) {
        let Self { id, local, peering, outgoing, seat, switchboard } = self;
        let Outgoing { orders, overflow } = outgoing;
        let (transport, remote) = (peering.transport, peering.remote);
        let (mut reading, writing) = tokio::io::split(stream);
        let is_known = peering.was_known;
        let mut reader = Reader { id, local, peering, is_known, switchboard: &switchboard };
        let end = tokio::select! {
            biased;
            () = seat.displaced() => End::Displaced,
            () = overflow.notified() => End::Displaced,
            end = write(writing, orders, &seat) => end,
            end = reader.run(&mut reading) => end,
        };
        switchboard.flows.remove_stream(id);
        switchboard.inbox.send_last(Input::FlowClosed(id)).await;
        if let End::Limit(limit) = end {
            switchboard.observer.tell(
                Event::new(&kind::CONNECTION_SHED)
                    .with("source", remote)
                    .with("transport", word(transport))
                    .with("limit", limit),
            );
        }
        if end == End::Ordered {
            linger(&mut reading).await;
        }
    }
}

/// Throws away what the peer still sends, so that our last words reach it before the connection is gone.
pub async fn linger(reading: &mut (impl AsyncRead + Unpin)) {
    let mut buffer = [0; 1_024];
    let drained = async { while matches!(reading.read(&mut buffer).await, Ok(1..)) {} };
    // A peer that goes on sending is cut off.
    let _ = timeout(LINGER, drained).await;
}

/// Writes what is ordered until a close is.
async fn write<S: AsyncWrite>(
    mut writing: WriteHalf<S>,
    mut orders: mpsc::Receiver<StreamOrder>,
    seat: &Seat,
) -> End {
    while let Some(order) = orders.recv().await {
        let bytes = match order {
            StreamOrder::Write(bytes) => {
                seat.prove();
                bytes
            }
            StreamOrder::Pong => Bytes::from_static(PONG),
            StreamOrder::Close => break,
        };
        let written = async {
            writing.write_all(&bytes).await?;
            writing.flush().await
        };
        match timeout(WRITE_DEADLINE, written).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return End::ByPeer,
            Err(_) => return End::Limit(Limit::Write),
        }
    }
    // Half-closed: the peer sees the end after our last words.
    match timeout(WRITE_DEADLINE, writing.shutdown()).await {
        Ok(_) => End::Ordered,
        Err(_) => End::Limit(Limit::Write),
    }
}

struct Reader<'a> {
    id: FlowId,
    local: SocketAddr,
    peering: Arc<Peering>,
    /// The certificate is a gateway's, or a whole message has come: the peer may be silent for as long as it likes.
    is_known: bool,
    switchboard: &'a Switchboard,
}

impl Reader<'_> {
    async fn run<S: AsyncRead>(&mut self, reading: &mut ReadHalf<S>) -> End {
        let mut framer = StreamFramer::new();
        let mut buffer = vec![0; READ_BUFFER];
        let first_by = after(Instant::now(), IDLE_BEFORE_FIRST_REQUEST);
        let mut whole_by = None;
        loop {
            let read = reading.read(&mut buffer);
            let read = match (whole_by, self.is_known) {
                (Some(by), _) => timeout_at(by, read).await.map_err(|_| Limit::Message),
                (None, false) => timeout_at(first_by, read).await.map_err(|_| Limit::Idle),
                (None, true) => Ok(read.await),
            };
            let bytes = match read {
                Err(limit) => return End::Limit(limit),
                Ok(Ok(0) | Err(_)) => return End::ByPeer,
                Ok(Ok(length)) => buffer.get(..length).unwrap_or_default(),
            };
            framer.push(bytes);
            for frame in framer.by_ref() {
                whole_by = None;
                if let Some(end) = self.take(frame).await {
                    return end;
                }
            }
            match framer.pending() > LONGEST_HALF_KEEP_ALIVE {
                true => whole_by = whole_by.or_else(|| Some(after(Instant::now(), MESSAGE_DEADLINE))),
                false => whole_by = None,
            }
        }
    }

    async fn take(&mut self, frame: Frame) -> Option<End> {
        match frame {
            Frame::Message(bytes) => {
                self.is_known = true;
                self.deliver(bytes).await
            }
            Frame::KeepAlive => {
                // A full queue ends the connection by itself.
                self.switchboard.flows.pong(self.id);
                None
            }
            Frame::Broken { answer, detail } => {
                // The core answers and closes, behind the answers to what came before.
                let input = Input::Unframed { flow: self.flow(), answer, detail };
                if self.switchboard.inbox.send_last(input).await.is_gone() {
                    return Some(End::CoreGone);
                }
                // The writer ends the connection once the answer is out.
                future::pending().await
            }
        }
    }

    async fn deliver(&mut self, bytes: Bytes) -> Option<End> {
        let flow = self.flow();
        let inbox = &self.switchboard.inbox;
        match (inbox.offer_message(&flow, &bytes), classify(&bytes)) {
            (Offered::Taken, _) => None,
            (Offered::CoreGone, _) => Some(End::CoreGone),
            // What running calls need waits for room: it is this peer alone that waits.
            (_, RequestClass::Response | RequestClass::InDialogOrFollowUp) => {
                inbox.send(Input::Message { flow, bytes }).await.is_gone().then_some(End::CoreGone)
            }
            (Offered::Shed, RequestClass::New) => {
                self.shed(&bytes);
                None
            }
            (Offered::Shed | Offered::Unheard, RequestClass::New | RequestClass::Unreadable) => None,
        }
    }

    /// The connection as the core is to see it now.
    fn flow(&mut self) -> Flow {
        Flow {
            id: self.id,
            transport: self.peering.transport,
            local: self.local,
            remote: self.peering.remote,
            peer: self.peering.identity(),
            tls: self.peering.tls,
        }
    }

    /// A stream repeats nothing: what is shed is told so.
    fn shed(&self, bytes: &Bytes) {
        if let Some((_, answer)) = shed_answer(bytes, self.peering.transport, self.peering.remote) {
            self.switchboard.flows.transmit(self.id, self.peering.remote, answer);
        }
        self.switchboard.observer.tell(
            Event::new(&kind::QUEUE_FULL).with("queue", "new requests").with("source", self.peering.remote),
        );
    }
}

/// The word of events for a transport.
pub fn word(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
    }
}

fn after(start: Instant, time: Duration) -> Instant {
    start.checked_add(time).unwrap_or(start)
}

#[cfg(test)]
mod tests;
