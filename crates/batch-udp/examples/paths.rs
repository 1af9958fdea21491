//! CPU time of one packet over each path, on the loopback: `cargo run --release -p batch-udp --example paths`.
//!
//! Each call has an RTP socket, connected and with one packet a tick, and an RTCP socket that is quiet, as in the media
//! workers. Only the time of the thread within the batch counts. The paths take turns tick by tick, so that both meet the
//! same machine. `UM_TICKS` sets how many ticks each path has (500).
use std::{
    io::Write,
    net::{Ipv6Addr, UdpSocket},
};

use batch_udp::{Batch, Path};
use rustix::time::{ClockId, clock_gettime};

const PACKET: [u8; 172] = [0xd5; 172];
/// Ticks that only warm up.
const WARM_UP: usize = 20;

/// A batch with its calls, and the nanoseconds of its ticks.
struct Lane {
    batch: Batch,
    addresses: Vec<std::net::SocketAddr>,
    received: Vec<u64>,
    sent: Vec<u64>,
}

fn main() -> std::io::Result<()> {
    let ticks = std::env::var("UM_TICKS").ok().and_then(|ticks| ticks.parse().ok()).unwrap_or(500);
    let mut out = std::io::stdout().lock();
    let paths: Vec<Path> = Path::ALL.into_iter().filter(|path| is_open(*path)).collect();
    writeln!(out, "CPU ns a packet: median (10th to 90th percentile of {ticks} ticks)")?;
    for calls in [200, 1000] {
        let peer = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0))?;
        peer.set_nonblocking(true)?;
        let mut lanes = Vec::new();
        for path in &paths {
            lanes.push(Lane::open(*path, calls, &peer)?);
        }
        for tick in 0..WARM_UP + ticks {
            for lane in &mut lanes {
                lane.tick(&peer, tick >= WARM_UP)?;
            }
        }
        for mut lane in lanes {
            let (path, received, sent) =
                (lane.batch.path(), spread(&mut lane.received), spread(&mut lane.sent));
            writeln!(out, "{calls:5} calls  {path:8}  received {received}  sent {sent}")?;
        }
    }
    Ok(())
}

impl Lane {
    fn open(path: Path, calls: u64, peer: &UdpSocket) -> std::io::Result<Self> {
        let mut batch = Batch::open(path, 1)?;
        let mut addresses = Vec::new();
        for call in 0..calls {
            let (rtp, rtcp) =
                (UdpSocket::bind((Ipv6Addr::LOCALHOST, 0))?, UdpSocket::bind((Ipv6Addr::LOCALHOST, 0))?);
            addresses.push(rtp.local_addr()?);
            batch.insert(0, 2 * call, rtp)?;
            batch.insert(0, 2 * call + 1, rtcp)?;
            batch.connect(2 * call, peer.local_addr()?)?;
        }
        Ok(Self { batch, addresses, received: Vec::new(), sent: Vec::new() })
    }

    fn tick(&mut self, peer: &UdpSocket, counts: bool) -> std::io::Result<()> {
        for address in &self.addresses {
            peer.send_to(&PACKET, address)?;
        }
        let before = cpu();
        let mut heard = 0;
        self.batch.receive(0, 32, |_, received| heard += usize::from(received.is_ok()))?;
        let between = cpu();
        for call in 0..self.addresses.len() {
            self.batch.queue_send(2 * call as u64, None, &PACKET);
        }
        let mut refused = 0;
        self.batch.flush(|_, _| refused += 1);
        let after = cpu();
        while peer.recv(&mut [0; 200]).is_ok() {}
        if heard != self.addresses.len() || refused > 0 {
            let words = format!("{heard} of {} received, {refused} refused", self.addresses.len());
            return Err(std::io::Error::other(words));
        }
        if counts {
            let calls = self.addresses.len() as u64;
            self.received.push((between - before) / calls);
            self.sent.push((after - between) / calls);
        }
        Ok(())
    }
}

fn is_open(path: Path) -> bool {
    let outcome = path.try_out();
    if let Err(error) = &outcome {
        // What is not measured is said, so that nobody takes it for equal.
        let _ = writeln!(std::io::stderr(), "skipped: the kernel refuses {path}: {error}");
    }
    outcome.is_ok()
}

/// CPU time of this thread in nanoseconds.
fn cpu() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

fn spread(ticks: &mut [u64]) -> String {
    ticks.sort_unstable();
    let at = |part: usize| ticks.get(ticks.len() * part / 10).copied().unwrap_or(0);
    format!("{:5} ({:5} to {:5})", at(5), at(1), at(9))
}
