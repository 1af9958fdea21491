use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use call_control::{Flow, PeerIdentity};
use sip_signaling::{FlowId, Transport, shed_answer};
use telephony::{Event, kind};
use tokio::net::UdpSocket;

use super::{canonical, local_towards};
use crate::{core::Offered, flow::connection::Switchboard};

/// A SIP message over UDP may fill a datagram.
const LARGEST_DATAGRAM: usize = 65_535;
/// A socket tells at most this often that it had no room: a flood must not become one of events.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// Reads datagrams until the core is gone.
pub async fn read(socket: Arc<UdpSocket>, flow: FlowId, switchboard: Switchboard) {
    let Ok(bound) = socket.local_addr() else { return };
    let mut buffer = vec![0; LARGEST_DATAGRAM];
    let mut last_local: Option<(IpAddr, SocketAddr)> = None;
    let mut shedding = Shedding::default();
    loop {
        // ECONNREFUSED and the like tell of an earlier send; the socket lives on.
        let Ok((length, remote)) = socket.recv_from(&mut buffer).await else { continue };
        let Some(datagram) = buffer.get(..length) else { continue };
        let remote = canonical(remote);
        let local = match last_local {
            Some((peer, local)) if peer == remote.ip() => local,
            _ => local_towards(bound, remote.ip()),
        };
        last_local = Some((remote.ip(), local));
        let flow = Flow {
            id: flow,
            transport: Transport::Udp,
            local,
            remote,
            peer: PeerIdentity::Address,
            tls: None,
        };
        let message = Bytes::copy_from_slice(datagram);
        let event = match switchboard.inbox.offer_message(&flow, &message) {
            Offered::Taken => None,
            Offered::CoreGone => return,
            Offered::Shed => {
                if let Some((remote, answer)) = shed_answer(&message, Transport::Udp, remote) {
                    switchboard.flows.transmit(flow.id, remote, answer);
                }
                shedding.note("requests", Instant::now())
            }
            Offered::Unheard => shedding.note("requests of strangers", Instant::now()),
        };
        event.into_iter().for_each(|event| switchboard.observer.tell(event));
    }
}

/// What a socket had no room for and has not told yet.
#[derive(Default)]
struct Shedding {
    messages: u32,
    told: Option<Instant>,
}

impl Shedding {
    /// One more; an event if it is time for one.
    fn note(&mut self, queue: &'static str, now: Instant) -> Option<Event> {
        self.messages = self.messages.saturating_add(1);
        if self.told.is_some_and(|told| now.duration_since(told) < TELL_EVERY) {
            return None;
        }
        self.told = Some(now);
        let messages = std::mem::take(&mut self.messages);
        Some(
            Event::new(&kind::QUEUE_FULL)
                .with("queue", queue)
                .with("transport", "UDP")
                .with("messages", messages),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use call_control::AddressBook;
    use storage::{Store, StoreOptions};
    use tokio::sync::broadcast;

    use super::*;
    use crate::{
        core::inbox,
        observe::{Observer, alarm},
    };

    fn request(method: &str, number: u32) -> Bytes {
        Bytes::from(format!(
            "{method} sip:4001@um SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{number}\r\n\
             From: <sip:gw>;tag=a\r\nTo: <sip:um>\r\nCall-ID: c{number}\r\nCSeq: 1 {method}\r\n\
             Content-Length: 0\r\n\r\n"
        ))
    }

    #[tokio::test]
    async fn new_request_of_a_gateway_that_does_not_fit_is_answered_with_503_a_strangers_with_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(folder.path(), StoreOptions::new([1; 32])).unwrap();
        let (observer, _observing) = Observer::start(store, broadcast::channel(64).0, &alarm().0).unwrap();
        let (inbox, _core) = inbox();
        let switchboard = Switchboard { flows: Arc::default(), inbox: inbox.clone(), observer };
        let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
        let server = socket.local_addr().unwrap();
        let id = switchboard.flows.add_datagram(Arc::clone(&socket));
        let gateway = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let remote = gateway.local_addr().unwrap();
        let stranger = UdpSocket::bind(("127.0.0.2", 0)).await.unwrap();
        let book = AddressBook::new([(remote.ip(), "gw1".into())]);
        inbox.put_addresses(Arc::new(book)).await;
        let flow = Flow {
            id,
            transport: Transport::Udp,
            local: server,
            remote,
            peer: PeerIdentity::Address,
            tls: None,
        };
        while inbox.offer_message(&flow, &request("INVITE", 0)) == Offered::Taken {}
        let reading = tokio::spawn(read(socket, id, switchboard));

        stranger.send_to(&request("INVITE", 1), server).await.unwrap();
        gateway.send_to(&request("ACK", 2), server).await.unwrap();
        gateway.send_to(b"SIP/2.0 200 OK\r\n\r\n", server).await.unwrap();
        gateway.send_to(&request("INVITE", 3), server).await.unwrap();

        let mut answer = vec![0; 4_096];
        let length = gateway.recv(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer[..length].to_vec()).unwrap();
        assert!(answer.starts_with("SIP/2.0 503 Service Unavailable\r\n"), "{answer}");
        assert!(answer.contains("branch=z9hG4bK3") && answer.contains("Reason: Q.850;cause=42;"), "{answer}");
        // Datagrams are read in the order of their arrival: the stranger's came before.
        assert!(stranger.try_recv(&mut [0; 64]).is_err());
        reading.abort();
    }

    #[test]
    fn a_flood_is_told_once_a_second_with_its_count() {
        let (mut shedding, start) = (Shedding::default(), Instant::now());

        let told: Vec<_> = (0..2_500_u64)
            .filter_map(|ms| shedding.note("requests", start + Duration::from_millis(ms)))
            .collect();

        let counts: Vec<_> = told.iter().map(|event| event.fields[2].1.as_str()).collect();
        assert_eq!(counts, ["1", "1000", "1000"]);
    }
}
