//! A gateway with one loopback address of its own, which sends octets as they are and tells what came back.

use std::{
    collections::VecDeque,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use caller::{CallPlan, Line, Transport};
use um_tests::{Mode, ThreePlans};

use crate::messages::{Identity, options, status};

/// The ports besides 5060 that the messages' Via lines name: without `rport` an answer goes there (RFC 3261 18.2.2).
const OTHER_VIA_PORTS: [u16; 3] = [5050, 6050, 19_823];
/// The server answers within this time, or not at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server did with a message.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Seen {
    /// The final answers to it, each once: over UDP they are repeated until an ACK comes.
    pub(crate) statuses: Vec<u16>,
    /// The connection was closed.
    pub(crate) closed: bool,
}

/// The server, and where the gateway stands.
pub(crate) struct World {
    pub(crate) three: ThreePlans,
    address: IpAddr,
}

/// A way to the server.
pub(crate) enum Peer {
    Datagrams(Datagrams),
    Stream { line: Box<Line>, transport: Transport },
}

pub(crate) struct Datagrams {
    /// On port 5060.
    main: UdpSocket,
    sides: [UdpSocket; 3],
    server: SocketAddr,
    pending: VecDeque<Vec<u8>>,
}

impl Seen {
    fn note(&mut self, wanted: &Identity, answer: &[u8]) {
        if let Some(status @ 200..) = status(answer)
            && Identity::of(answer) == *wanted
            && !self.statuses.contains(&status)
        {
            self.statuses.push(status);
        }
    }
}

static SERIAL: AtomicU32 = AtomicU32::new(1);

impl World {
    pub(crate) fn start() -> Self {
        let three = ThreePlans::start();
        // The port that the server got is nobody else's on this machine, and so is the address made from it.
        let [high, low] = three.server.sip().port().to_be_bytes();
        let address = Ipv4Addr::new(127, high, low, 7);
        three.server.um_ok(&["gateway", "set", "gw1", "--connect", &address.to_string()]);
        Self { three, address: address.into() }
    }

    fn plan(&self, transport: Transport) -> CallPlan {
        let mut plan = self.three.call(Mode::Unsecured, transport);
        plan.local_ip = self.address;
        plan.deadline = PATIENCE;
        plan
    }

    pub(crate) async fn open(&self, transport: Transport) -> Peer {
        match transport {
            Transport::Udp => Peer::Datagrams(Datagrams::open(self.address, self.three.server.sip())),
            Transport::Tcp | Transport::Tls => {
                let line = Box::new(Line::open(self.plan(transport)).await.unwrap());
                Peer::Stream { line, transport }
            }
        }
    }

    /// The server has not ended meanwhile.
    pub(crate) fn assert_same_process(&mut self) {
        // It panics if the process is gone by itself.
        self.three.server.kill();
    }

    /// OPTIONS on a way of its own: over UDP from another port, else on a new connection.
    pub(crate) async fn assert_alive(&self, what: &str, transport: Transport) {
        let mut line = Line::open(self.plan(transport)).await.unwrap();
        let answer = line.options().await.unwrap_or_else(|error| panic!("after {what}: {error:#}"));
        assert_eq!(answer.status, 200, "after {what}: {answer:?}");
    }
}

impl Peer {
    /// Sends all these messages, then OPTIONS, and waits for its answer; what comes for the others is thrown away.
    pub(crate) async fn flood(&mut self, messages: &[Vec<u8>]) {
        for message in messages {
            self.send(message).await;
        }
        let seen = self.exchange(b"", 0).await;
        assert!(!seen.closed, "the connection was closed");
    }

    /// Sends a message as it is and waits for as many final answers as it is due, then asks for more with OPTIONS, which
    /// is to get 200 if the connection lives: what is answered at once was answered before it.
    pub(crate) async fn exchange(&mut self, octets: &[u8], due: usize) -> Seen {
        let mut seen = Seen::default();
        let wanted = Identity::of(octets);
        self.send(octets).await;
        while seen.statuses.len() < due {
            let Some(answer) = self.receive().await else {
                seen.closed = true;
                return seen;
            };
            seen.note(&wanted, &answer);
        }
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let asked = options(serial, self.via_word());
        let alive = Identity::of(&asked);
        self.send(&asked).await;
        loop {
            let Some(answer) = self.receive().await else {
                seen.closed = true;
                return seen;
            };
            if Identity::of(&answer) == alive {
                assert_eq!(status(&answer), Some(200), "{}", String::from_utf8_lossy(&answer));
                return seen;
            }
            seen.note(&wanted, &answer);
        }
    }

    /// Sends these octets; a server that has closed the connection shows itself in [`Peer::receive`].
    pub(crate) async fn send(&mut self, octets: &[u8]) {
        match self {
            Self::Datagrams(datagrams) => {
                datagrams.main.send_to(octets, datagrams.server).unwrap();
            }
            Self::Stream { line, .. } => {
                line.send(octets).await.ok();
            }
        }
    }

    async fn receive(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Datagrams(datagrams) => Some(datagrams.receive()),
            Self::Stream { line, .. } => line.receive().await.unwrap_or_else(|error| {
                // A reset is an end too: the server may close with octets of ours unread.
                assert!(!format!("{error:#}").contains("sent nothing"), "{error:#}");
                None
            }),
        }
    }

    fn via_word(&self) -> &'static str {
        match self {
            Self::Datagrams(_) | Self::Stream { transport: Transport::Udp, .. } => "UDP",
            Self::Stream { transport: Transport::Tcp, .. } => "TCP",
            Self::Stream { transport: Transport::Tls, .. } => "TLS",
        }
    }
}

impl Datagrams {
    fn open(address: IpAddr, server: SocketAddr) -> Self {
        // The corpora name this port in their Via; the address is this process's own.
        let main = UdpSocket::bind((address, 5060)).unwrap_or_else(|error| {
            panic!("port 5060 of {address}: {error}; stop the server that has it on all addresses of this machine")
        });
        main.set_read_timeout(Some(PATIENCE)).unwrap();
        let sides = OTHER_VIA_PORTS.map(|port| {
            let side = UdpSocket::bind((address, port)).unwrap();
            side.set_nonblocking(true).unwrap();
            side
        });
        Self { main, sides, server, pending: VecDeque::new() }
    }

    /// The next datagram. What came to a side socket came before what the main socket has now: loopback keeps no
    /// datagram back.
    fn receive(&mut self) -> Vec<u8> {
        let mut buffer = vec![0; 65_536];
        while self.pending.is_empty() {
            let length = self.main.recv(&mut buffer).expect("an answer to OPTIONS");
            let last = buffer[..length].to_vec();
            for side in &self.sides {
                while let Ok(length) = side.recv(&mut buffer) {
                    self.pending.push_back(buffer[..length].to_vec());
                }
            }
            self.pending.push_back(last);
        }
        self.pending.pop_front().unwrap_or_default()
    }
}
