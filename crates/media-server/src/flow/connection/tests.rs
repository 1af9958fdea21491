#![expect(clippy::indexing_slicing, reason = "tests")]
use admin_api::EventRow;
use call_control::{AddressBook, PeerIdentity};
use storage::{Store, StoreOptions};
use tokio::{
    io::{DuplexStream, duplex},
    sync::broadcast,
    task::JoinHandle,
};

use super::*;
use crate::{
    core::{InboxReader, inbox},
    listen::{ConnectionRegister, Stage},
    observe::{ObserverThread, alarm},
};

const OPTIONS: &[u8] =
    b"OPTIONS sip:um.example.com SIP/2.0\r\nVia: SIP/2.0/TCP gw.example.com;branch=z9hG4bK1\r\n\
    From: <sip:gw.example.com>;tag=a1\r\nTo: <sip:um.example.com>\r\nCall-ID: 1@gw\r\nCSeq: 1 OPTIONS\r\n\
    Content-Length: 0\r\n\r\n";

fn remote() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 40_000))
}

/// A connection over a pipe, and the ends of everything around it.
struct Rig {
    peer: DuplexStream,
    core: InboxReader,
    switchboard: Switchboard,
    id: FlowId,
    running: JoinHandle<()>,
    started: Instant,
    events: broadcast::Receiver<EventRow>,
    observing: ObserverThread,
    _folder: tempfile::TempDir,
}

impl Rig {
    fn new(pipe: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), StoreOptions::new([1; 32])).unwrap();
        let (followers, events) = broadcast::channel(64);
        let (observer, observing) = Observer::start(store, followers, &alarm().0).unwrap();
        let (inbox, core) = inbox();
        let switchboard = Switchboard { flows: Arc::default(), inbox, observer };
        let register = Arc::new(ConnectionRegister::default());
        let id = switchboard.flows.new_id();
        let connection = Connection {
            id,
            transport: Transport::Tcp,
            local: SocketAddr::from(([192, 0, 2, 9], 5060)),
            remote: remote(),
            opened_by: OpenedBy::Peer,
            peer: PeerStanding::Address,
            tls: None,
            seat: register.admit(remote(), Stage::Unproven).ok().unwrap().seat,
            switchboard: switchboard.clone(),
        };
        let (peer, ours) = duplex(pipe);
        let running = tokio::spawn(connection.run(ours));
        let started = Instant::now();
        Self { peer, core, switchboard, id, running, started, events, observing, _folder: folder }
    }

    /// From here on the peer's address is a gateway's.
    async fn know_the_peer(&self) {
        let book = AddressBook::new([(remote().ip(), "gw1".into())]);
        assert_eq!(self.switchboard.inbox.put_addresses(Arc::new(book)).await, Offered::Taken);
    }

    /// The peer as the core sees it.
    fn flow(&self) -> Flow {
        let local = SocketAddr::from(([192, 0, 2, 9], 5060));
        let peer = PeerIdentity::Address;
        Flow { id: self.id, transport: Transport::Tcp, local, remote: remote(), peer, tls: None }
    }

    async fn input(&mut self) -> Input {
        let mut batch = Vec::new();
        assert!(self.core.receive(&mut batch, 1).await);
        batch.remove(0)
    }

    async fn message(&mut self) -> Bytes {
        match self.input().await {
            Input::Message { flow, bytes } => {
                assert_eq!((flow.id, flow.peer), (self.id, PeerIdentity::Address));
                bytes
            }
            other => panic!("{other:?}"),
        }
    }

    async fn closed(&mut self) -> Duration {
        assert!(matches!(self.input().await, Input::FlowClosed(id) if id == self.id));
        self.started.elapsed()
    }

    /// Names and limits of the events so far.
    async fn events(mut self) -> Vec<(String, String)> {
        self.running.abort();
        tokio::task::spawn_blocking(|| self.observing.stop()).await.unwrap();
        let mut told = Vec::new();
        while let Ok(row) = self.events.try_recv() {
            let limit = row.fields.iter().find(|field| field.0 == "limit" || field.0 == "detail");
            told.push((row.name.to_string(), limit.map(|field| field.1.to_string()).unwrap_or_default()));
        }
        told
    }
}

#[tokio::test(start_paused = true)]
async fn message_in_pieces_reaches_the_core_whole() {
    let mut rig = Rig::new(4_096);

    for piece in OPTIONS.chunks(50) {
        rig.peer.write_all(piece).await.unwrap();
    }

    assert_eq!(rig.message().await, OPTIONS);
}

#[tokio::test(start_paused = true)]
async fn keep_alive_is_answered_with_one_line_end() {
    let mut rig = Rig::new(4_096);

    rig.peer.write_all(b"\r\n\r\n").await.unwrap();

    let mut answer = [0; 2];
    rig.peer.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"\r\n");
}

#[tokio::test(start_paused = true)]
async fn request_without_content_length_is_told_to_the_core_behind_what_came_before_and_nothing_follows() {
    let mut rig = Rig::new(4_096);
    let text = String::from_utf8(OPTIONS.to_vec()).unwrap().replace("Content-Length: 0\r\n", "");

    rig.peer.write_all(OPTIONS).await.unwrap();
    rig.peer.write_all(text.as_bytes()).await.unwrap();
    rig.peer.write_all(OPTIONS).await.unwrap();

    assert_eq!(rig.message().await, OPTIONS);
    let Input::Unframed { flow, answer: Some(answer), detail } = rig.input().await else {
        panic!("no answer")
    };
    assert_eq!((flow.id, detail.as_str()), (rig.id, "Content-Length Missing"));
    assert!(answer.starts_with(b"SIP/2.0 400 "), "{answer:?}");
    rig.switchboard.flows.close(rig.id);
    rig.closed().await;
}

#[tokio::test(start_paused = true)]
async fn unfinished_message_closes_the_connection_ten_seconds_after_its_first_byte() {
    let mut rig = Rig::new(4_096);

    tokio::time::sleep(Duration::from_secs(3)).await;
    for piece in OPTIONS.chunks(5).take(8) {
        rig.peer.write_all(piece).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    assert_eq!(rig.closed().await.as_secs(), 13);
    let limit = "a message is whole 10 s after its first byte";
    assert_eq!(rig.events().await, [("connection-shed".into(), limit.into())]);
}

#[tokio::test(start_paused = true)]
async fn connection_without_a_message_is_closed_after_thirty_seconds_whatever_keep_alives_it_sends() {
    let mut rig = Rig::new(4_096);

    tokio::time::sleep(Duration::from_secs(20)).await;
    rig.peer.write_all(b"\r\n\r\n").await.unwrap();

    assert_eq!(rig.closed().await.as_secs(), 30);
    let limit = "the first message comes within 30 s";
    assert_eq!(rig.events().await, [("connection-shed".into(), limit.into())]);
}

#[tokio::test(start_paused = true)]
async fn peer_that_has_sent_a_message_may_be_silent_for_hours() {
    let mut rig = Rig::new(4_096);

    rig.peer.write_all(OPTIONS).await.unwrap();
    rig.message().await;
    rig.peer.write_all(b"\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_secs(7_200)).await;
    rig.peer.write_all(OPTIONS).await.unwrap();

    assert_eq!(rig.message().await, OPTIONS);
}

#[tokio::test(start_paused = true)]
async fn peer_that_takes_nothing_is_closed_after_the_write_deadline() {
    let mut rig = Rig::new(16);
    tokio::task::yield_now().await;

    rig.switchboard.flows.transmit(rig.id, remote(), Bytes::from_static(&[b'x'; 64]));

    assert_eq!(rig.closed().await.as_secs(), 10);
    let limit = "a peer takes a message within 10 s";
    assert_eq!(rig.events().await, [("connection-shed".into(), limit.into())]);
}

#[tokio::test(start_paused = true)]
async fn full_queue_closes_the_connection_at_once() {
    let mut rig = Rig::new(16);
    let (flows, id) = (Arc::clone(&rig.switchboard.flows), rig.id);
    tokio::task::yield_now().await;

    while flows.transmit(id, remote(), Bytes::from_static(&[b'x'; 64])) == crate::flow::Transmission::Sent {}

    assert_eq!(rig.closed().await.as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_transmitted_before_a_close_arrives() {
    let mut rig = Rig::new(4_096);
    let flows = Arc::clone(&rig.switchboard.flows);
    tokio::task::yield_now().await;

    flows.transmit(rig.id, remote(), Bytes::from_static(b"last words"));
    flows.close(rig.id);

    let mut heard = String::new();
    rig.peer.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "last words");
    rig.closed().await;
}

#[tokio::test(start_paused = true)]
async fn new_request_that_does_not_fit_is_answered_with_503_without_retry_after() {
    let mut rig = Rig::new(4_096);
    rig.know_the_peer().await;
    let invite = String::from_utf8(OPTIONS.to_vec()).unwrap().replace("OPTIONS", "INVITE");
    let flow = rig.flow();
    while rig.switchboard.inbox.offer_message(&flow, &Bytes::from(invite.clone())) == Offered::Taken {}

    rig.peer.write_all(invite.as_bytes()).await.unwrap();

    let mut answer = vec![0; 4_096];
    let length = rig.peer.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.starts_with("SIP/2.0 503 Service Unavailable\r\n"), "{answer}");
    assert!(answer.contains("\r\nReason: Q.850;cause=42;"), "{answer}");
    assert!(!answer.contains("Retry-After"));
}
