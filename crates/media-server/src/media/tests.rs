//! The whole worker over the loopback. Nothing sleeps: every wait is for a notice or a packet, and ends with the test
//! after ten seconds.
use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::mpsc::{Receiver, channel, sync_channel},
    time::Duration,
};

use srtp_media::{
    Clip, Direction, MediaCommandKind, MediaEventKind, MediaSpec, MediaTotals, PlayEnd, RecordEnd,
    RecordLimits, RecordingId, RtpHeader, RtpPacket, RtpTimestamp, SequenceNumber, SpecParameters,
    StoredClip, Token, WhileSilent,
};
use telephony::AudioCodec;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// Both paths, without io_uring where the kernel refuses it: that is said.
fn open_paths() -> impl Iterator<Item = MediaIo> {
    let refusal = Path::IoUring.try_out().err();
    if let Some(error) = &refusal {
        eprintln!("skipped: the kernel refuses io_uring: {error}");
    }
    [Some(MediaIo::Epoll), refusal.is_none().then_some(MediaIo::IoUring)].into_iter().flatten()
}

/// Whether recorded blocks find room.
enum Spool {
    Roomy,
    Full,
}

/// A plane with one worker, and a peer.
struct Rig {
    plane: MediaPlane,
    notices: Receiver<MediaNotice>,
    blocks: Receiver<RecordedBlock>,
    /// Names of stored audio that was asked for; there is none.
    opened: Receiver<StoredAudio>,
    peer: UdpSocket,
    tokens: u64,
    sequence: u16,
}

impl Rig {
    fn start(io: MediaIo, spool: Spool) -> Self {
        let (tell, notices) = channel();
        let room = match spool {
            Spool::Roomy => Ok(()),
            Spool::Full => Err(()),
        };
        let (spool, blocks) = channel();
        let (open, opened) = channel();
        let options = MediaOptions { ports: PortRange::Any, workers: 1, leases_per_worker: 2, io };
        let plane = MediaPlane::start(
            options,
            &crate::observe::alarm().0,
            move |notice| {
                let _ = tell.send(notice);
            },
            move |block| {
                let _ = spool.send(block);
                room
            },
            move |name| {
                let _ = open.send(name);
                Err("nothing is stored here".into())
            },
        )
        .unwrap();
        let peer = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { plane, notices, blocks, opened, peer, tokens: 0, sequence: 0 }
    }

    fn lease(&self) -> MediaLease {
        match self.notices.recv_timeout(PATIENCE).unwrap() {
            MediaNotice::Lease(lease) => lease,
            MediaNotice::Event(event) => panic!("{event:?} instead of a lease"),
        }
    }

    fn spec(&self) -> MediaSpec {
        let remote = self.peer.local_addr().unwrap();
        MediaSpec::clear(SpecParameters {
            remote_rtp: remote,
            remote_rtcp: remote,
            rtcp_mux: false,
            codec: AudioCodec::Pcma,
            payload_type: 8,
            comfort_noise: None,
            telephone_event: Some(101),
            ptime: Duration::from_millis(20),
            direction: Direction::BOTH,
            accept_from: vec![remote.ip()],
            symmetric: false,
            while_silent: WhileSilent::Sparse,
            media_timeout: None,
            ssrc: 77,
            sequence: 1,
            timestamp: 0,
        })
    }

    fn command(&mut self, lease: MediaLease, what: MediaCommandKind) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        self.plane.command(lease.worker, MediaCommand { session: lease.session, token, what }).unwrap();
        token
    }

    /// The next event; leases are passed over.
    fn event(&self) -> (Token, MediaEventKind) {
        loop {
            if let MediaNotice::Event(event) = self.notices.recv_timeout(PATIENCE).unwrap() {
                return (event.token, event.what);
            }
        }
    }

    /// Waits until all commands so far are obeyed.
    fn settle(&mut self, lease: MediaLease) {
        let play = MediaCommandKind::Play { clips: Vec::new(), from: Duration::ZERO };
        let token = self.command(lease, play);
        let finished = MediaEventKind::PlayFinished { why: PlayEnd::Finished, at: Duration::ZERO };
        assert_eq!(self.event(), (token, finished));
    }

    fn send(&mut self, lease: MediaLease, payload_type: u8, timestamp: u32, payload: &[u8]) {
        let sequence = SequenceNumber(self.sequence);
        self.sequence += 1;
        let header =
            RtpHeader { marker: false, payload_type, sequence, timestamp: RtpTimestamp(timestamp), ssrc: 5 };
        let mut packet = Vec::new();
        header.write(&mut packet);
        packet.extend_from_slice(payload);
        self.peer.send_to(&packet, SocketAddr::from((Ipv4Addr::LOCALHOST, lease.rtp_port))).unwrap();
    }

    fn totals(&mut self, lease: MediaLease) -> MediaTotals {
        self.command(lease, MediaCommandKind::Close);
        match self.event().1 {
            MediaEventKind::Closed { totals } => totals,
            other => panic!("{other:?} instead of Closed"),
        }
    }
}

#[test]
fn call_over_the_loopback_hears_the_prompt_and_is_recorded_bit_for_bit() {
    for io in open_paths() {
        let mut rig = Rig::start(io, Spool::Roomy);
        let lease = rig.lease();
        let spec = rig.spec();
        rig.command(lease, MediaCommandKind::Open { spec });
        let octets: Vec<u8> = (0..480u32).map(|n| (n * 7 + 1) as u8).collect();

        let clips = vec![Clip::Prompt(octets.clone().into())];
        rig.command(lease, MediaCommandKind::Play { clips, from: Duration::ZERO });
        let mut heard = Vec::new();
        let mut buffer = [0; 1500];
        while heard.len() < 480 {
            let (length, source) = rig.peer.recv_from(&mut buffer).unwrap();
            assert_eq!(source.port(), lease.rtp_port);
            let packet = RtpPacket::parse(&buffer[..length]).unwrap();
            // Silence may precede the prompt if a tick came between the two commands.
            if packet.payload != [0xd5; 160] {
                heard.extend_from_slice(packet.payload);
            }
        }
        assert!(matches!(rig.event().1, MediaEventKind::PlayFinished { why: PlayEnd::Finished, .. }));

        let limits = RecordLimits { silence: None, maximum: PATIENCE };
        let recording = RecordingId(9);
        let record = rig.command(lease, MediaCommandKind::Record { recording, limits });
        rig.settle(lease);
        for (n, part) in (0u32..).zip(octets.chunks(160)) {
            rig.send(lease, 8, n * 160, part);
        }
        rig.send(lease, 101, 480, &[11, 0x8a, 0, 160]);
        assert!(matches!(rig.event().1, MediaEventKind::Digit { .. }));
        rig.command(lease, MediaCommandKind::StopRecording);
        let (token, end) = rig.event();

        assert_eq!(heard, octets);
        assert_eq!(token, record);
        assert!(matches!(end, MediaEventKind::RecordFinished { why: RecordEnd::Stopped, .. }), "{end:?}");
        let blocks: Vec<RecordedBlock> = rig.blocks.try_iter().collect();
        let recorded: Vec<u8> = blocks.iter().flat_map(|block| block.payload.to_vec()).collect();
        // The recording begins when it was ordered, the packets some moments later.
        let silence = recorded.iter().take_while(|octet| **octet == 0xd5).count();
        assert_eq!(recorded[silence..], octets);
        assert!(blocks.last().unwrap().last);
        assert_eq!(rig.totals(lease).packets_received, 4);
    }
}

#[test]
fn stored_clip_that_cannot_be_opened_is_passed_over_and_counted() {
    let mut rig = Rig::start(MediaIo::Epoll, Spool::Roomy);
    let lease = rig.lease();
    let spec = rig.spec();
    rig.command(lease, MediaCommandKind::Open { spec });
    let clip = StoredClip::new(StoredAudio::Message(1), AudioCodec::Pcma, PATIENCE);

    let clips = vec![Clip::Stored(clip)];
    let play = rig.command(lease, MediaCommandKind::Play { clips, from: Duration::ZERO });

    let finished = MediaEventKind::PlayFinished { why: PlayEnd::Finished, at: Duration::ZERO };
    assert_eq!(rig.event(), (play, finished));
    assert_eq!(rig.opened.try_iter().collect::<Vec<_>>(), [StoredAudio::Message(1)]);
    assert_eq!(rig.totals(lease).clips_unreadable, 1);
}

#[test]
fn datagrams_before_the_session_opens_count_for_nothing() {
    for io in open_paths() {
        let mut rig = Rig::start(io, Spool::Roomy);
        let lease = rig.lease();
        for n in 0..20 {
            rig.send(lease, 8, n * 160, &[0x11; 160]);
        }

        let spec = rig.spec();
        rig.command(lease, MediaCommandKind::Open { spec });
        rig.settle(lease);

        assert_eq!(rig.totals(lease), MediaTotals { packets_sent: 1, ..MediaTotals::default() });
    }
}

#[test]
fn leases_that_were_used_or_given_back_are_replaced() {
    for io in open_paths() {
        let mut rig = Rig::start(io, Spool::Roomy);
        let (first, second) = (rig.lease(), rig.lease());

        rig.totals(first);
        let third = rig.lease();
        let spec = rig.spec();
        rig.command(second, MediaCommandKind::Open { spec });
        let fourth = rig.lease();

        let mut sessions = [first, second, third, fourth].map(|lease| lease.session.0);
        sessions.sort_unstable();
        assert_eq!(sessions, [1, 2, 3, 4]);
    }
}

#[test]
fn lease_that_is_closed_unopened_tells_its_end() {
    for io in open_paths() {
        let mut rig = Rig::start(io, Spool::Roomy);
        let lease = rig.lease();

        assert_eq!(rig.totals(lease), MediaTotals::default());
    }
}

#[test]
fn recording_without_room_in_the_spool_ends_truncated() {
    for io in open_paths() {
        let mut rig = Rig::start(io, Spool::Full);
        let lease = rig.lease();
        let spec = rig.spec();
        rig.command(lease, MediaCommandKind::Open { spec });
        let limits = RecordLimits { silence: None, maximum: PATIENCE };
        rig.command(lease, MediaCommandKind::Record { recording: RecordingId(9), limits });

        rig.command(lease, MediaCommandKind::StopRecording);

        let (_, end) = rig.event();
        assert!(
            matches!(end, MediaEventKind::RecordFinished { why: RecordEnd::Truncated, blocks: 0, .. }),
            "{end:?}"
        );
    }
}

#[test]
fn shutdown_closes_the_sessions_and_ends_the_threads() {
    for io in open_paths() {
        let mut rig = Rig::start(io, Spool::Roomy);
        let lease = rig.lease();
        let spec = rig.spec();
        rig.command(lease, MediaCommandKind::Open { spec });

        rig.plane.shutdown();

        assert!(matches!(rig.event(), (Token(u64::MAX), MediaEventKind::Closed { .. })));
        let order = MediaCommand { session: lease.session, token: Token(0), what: MediaCommandKind::Stop };
        assert_eq!(rig.plane.command(0, order), Err(OrdersFull { worker: 0 }));
    }
}

#[test]
fn close_is_taken_and_obeyed_though_the_orders_are_full() {
    // The worker waits for each of its notices to be taken, and obeys nothing meanwhile.
    let (tell, notices) = sync_channel(0);
    let options =
        MediaOptions { ports: PortRange::Any, workers: 1, leases_per_worker: 2, io: MediaIo::Epoll };
    let plane = MediaPlane::start(
        options,
        &crate::observe::alarm().0,
        move |notice| {
            let _ = tell.send(notice);
        },
        |_| Ok::<(), ()>(()),
        |_| Err("nothing is stored here".into()),
    )
    .unwrap();
    let MediaNotice::Lease(lease) = notices.recv_timeout(PATIENCE).unwrap() else { panic!("no lease") };
    let order = |what| MediaCommand { session: lease.session, token: Token(1), what };

    while plane.command(0, order(MediaCommandKind::Stop)).is_ok() {}
    let closed = plane.command(0, order(MediaCommandKind::Close));

    assert_eq!(closed, Ok(()));
    let is_closed = |notice: MediaNotice| match notice {
        MediaNotice::Event(event) => matches!(event.what, MediaEventKind::Closed { .. }),
        MediaNotice::Lease(_) => false,
    };
    while !is_closed(notices.recv_timeout(PATIENCE).unwrap()) {}
    // Whoever waits to be heard may end now.
    drop(notices);
}

#[test]
fn worker_that_does_not_exist_takes_no_orders() {
    for io in open_paths() {
        let rig = Rig::start(io, Spool::Roomy);
        let order =
            MediaCommand { session: srtp_media::SessionId(1), token: Token(0), what: MediaCommandKind::Stop };

        assert_eq!(rig.plane.command(1, order), Err(OrdersFull { worker: 1 }));
    }
}

#[test]
fn settings_choose_the_path_and_auto_takes_io_uring_where_the_kernel_lets_it() {
    for io in open_paths() {
        let rig = Rig::start(io, Spool::Roomy);

        assert_eq!(rig.plane.path() == Path::IoUring, io == MediaIo::IoUring);
        assert!(rig.plane.refusal().is_none());
    }
    let refused = Path::IoUring.try_out().is_err();

    let rig = Rig::start(MediaIo::Auto, Spool::Roomy);

    assert_eq!(rig.plane.path() == Path::Epoll, refused);
    assert_eq!(rig.plane.refusal().is_some(), refused);
}

#[test]
fn peer_whose_port_is_closed_is_counted_and_ends_nothing() {
    for io in open_paths() {
        let mut rig = Rig::start(io, Spool::Roomy);
        let lease = rig.lease();
        let spec = rig.spec();
        rig.command(lease, MediaCommandKind::Open { spec });
        rig.settle(lease);
        rig.send(lease, 8, 0, &[0xd5; 160]);
        rig.send(lease, 101, 160, &[1, 0x8a, 0, 160]);
        assert!(matches!(rig.event().1, MediaEventKind::Digit { .. }));

        // Connected by now: the kernel tells of what is refused.
        let address = rig.peer.local_addr().unwrap();
        rig.peer = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let clips = vec![Clip::Prompt(vec![0x55; 800].into())];
        rig.command(lease, MediaCommandKind::Play { clips, from: Duration::ZERO });
        assert!(matches!(rig.event().1, MediaEventKind::PlayFinished { why: PlayEnd::Finished, .. }));

        rig.peer = UdpSocket::bind(address).unwrap();
        rig.send(lease, 101, 3200, &[2, 0x8a, 0, 160]);
        assert!(matches!(rig.event().1, MediaEventKind::Digit { .. }));
        let totals = rig.totals(lease);
        assert!(totals.unreachable >= 1, "{totals:?}");
        assert_eq!(totals.packets_received, 3);
    }
}
