mod playing;
mod secured;

use std::net::IpAddr;

use telephony::{AudioCodec, Digit, MasterKey, SrtpSuite};

use super::*;
use crate::{
    command::{Clip, RecordLimits, RecordingId},
    event::{MediaEvent, MediaTotals, PlayEnd},
    rtcp::RtcpCompound,
    rtp::{RtpHeader, RtpPacket, RtpTimestamp, SequenceNumber},
    spec::{Direction, SpecParameters, WhileSilent},
    srtp::{Inbound, Outbound, SrtpKeys},
};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const PEER: &str = "192.0.2.10:4000";
const ONE: SessionId = SessionId(1);
const LIMITS: RecordLimits = RecordLimits { silence: None, maximum: Duration::from_secs(1200) };

/// A packet that was sent, and when.
struct Sent {
    at: Duration,
    channel: Channel,
    to: SocketAddr,
    bytes: Vec<u8>,
}

/// An engine on a virtual clock.
struct Rig {
    engine: MediaEngine,
    start: Instant,
    now: Instant,
    tokens: u64,
    sent: Vec<Sent>,
    events: Vec<MediaEvent>,
    blocks: Vec<RecordedBlock>,
    connects: Vec<MediaOutput>,
    /// Sequence of the next packet of the peer.
    sequence: u16,
}

fn parameters() -> SpecParameters {
    SpecParameters {
        remote_rtp: PEER.parse().unwrap(),
        remote_rtcp: "192.0.2.10:4001".parse().unwrap(),
        rtcp_mux: false,
        codec: AudioCodec::Pcmu,
        payload_type: 0,
        comfort_noise: None,
        telephone_event: Some(101),
        ptime: 20 * MS,
        direction: Direction::BOTH,
        accept_from: vec!["192.0.2.10".parse().unwrap()],
        symmetric: false,
        while_silent: WhileSilent::Sparse,
        media_timeout: Some(120 * SECOND),
        ssrc: 0xabcd,
        sequence: 100,
        timestamp: 5000,
    }
}

impl Rig {
    fn empty() -> Self {
        let start = Instant::now();
        let wall = Some(WallAnchor { at: start, ntp: 0xe000_0000_0000_0000 });
        Self {
            engine: MediaEngine::new(MediaConfig { seed: [1; 32], wall }),
            start,
            now: start,
            tokens: 0,
            sent: Vec::new(),
            events: Vec::new(),
            blocks: Vec::new(),
            connects: Vec::new(),
            sequence: 0,
        }
    }

    fn open(parameters: SpecParameters) -> Self {
        let mut rig = Self::empty();
        rig.command(MediaCommandKind::Open { spec: MediaSpec::clear(parameters) });
        rig
    }

    fn command(&mut self, what: MediaCommandKind) -> Token {
        self.command_to(ONE, what)
    }

    fn command_to(&mut self, session: SessionId, what: MediaCommandKind) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        self.engine.handle_command(MediaCommand { session, token, what }, self.now);
        self.drain();
        token
    }

    fn update(&mut self, change: impl FnOnce(&mut SpecParameters)) -> Token {
        let mut parameters = parameters();
        change(&mut parameters);
        self.command(MediaCommandKind::Update { spec: MediaSpec::clear(parameters) })
    }

    fn play(&mut self, clips: Vec<Clip>) -> Token {
        self.command(MediaCommandKind::Play { clips, from: Duration::ZERO })
    }

    fn record(&mut self, limits: RecordLimits) -> Token {
        self.command(MediaCommandKind::Record { recording: RecordingId(7), limits })
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(next) = self.engine.poll_timeout().filter(|next| *next <= until) {
            self.now = self.now.max(next);
            self.engine.handle_timeout(self.now);
            self.drain();
        }
        self.now = until;
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                MediaOutput::Send { channel, to, bytes, .. } => {
                    self.sent.push(Sent { at: self.now - self.start, channel, to, bytes });
                }
                MediaOutput::Connect { .. } | MediaOutput::Disconnect { .. } => self.connects.push(output),
                MediaOutput::Event(event) => self.events.push(event),
                MediaOutput::Block(block) => self.blocks.push(block),
            }
        }
    }

    fn hear(&mut self, channel: Channel, source: &str, packet: &mut [u8]) {
        self.engine.handle_packet(ONE, channel, source.parse().unwrap(), packet, self.now);
        self.drain();
    }

    /// An RTP packet of the peer.
    fn rtp(&mut self, payload_type: u8, timestamp: u32, payload: &[u8]) {
        self.rtp_from(PEER, 9, payload_type, timestamp, payload);
    }

    fn rtp_from(&mut self, source: &str, ssrc: u32, payload_type: u8, timestamp: u32, payload: &[u8]) {
        let header = RtpHeader {
            marker: false,
            payload_type,
            sequence: SequenceNumber(self.sequence),
            timestamp: RtpTimestamp(timestamp),
            ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        let mut packet = Vec::new();
        header.write(&mut packet);
        packet.extend_from_slice(payload);
        self.hear(Channel::Rtp, source, &mut packet);
    }

    /// RTP that was sent: milliseconds, header, payload.
    fn sent_rtp(&self) -> Vec<(u128, RtpHeader, &[u8])> {
        let rtp = self.sent.iter().filter(|sent| sent.channel == Channel::Rtp);
        rtp.map(|sent| {
            let packet = RtpPacket::parse(&sent.bytes).unwrap();
            (sent.at.as_millis(), packet.header, packet.payload)
        })
        .collect()
    }

    fn last_event(&self) -> MediaEvent {
        self.events.last().unwrap().clone()
    }

    fn recorded(&self) -> Vec<u8> {
        self.blocks.iter().flat_map(|block| block.payload.to_vec()).collect()
    }

    fn totals(&mut self) -> MediaTotals {
        self.command(MediaCommandKind::Close);
        match self.last_event().what {
            MediaEventKind::Closed { totals } => totals,
            other => panic!("{other:?} instead of Closed"),
        }
    }
}

fn event(token: Token, what: MediaEventKind) -> MediaEvent {
    MediaEvent { session: ONE, token, what }
}

fn prompt(octets: usize) -> Clip {
    Clip::Prompt((0..octets).map(|n| n as u8).collect())
}

#[test]
fn prompt_leaves_in_packets_every_twenty_milliseconds_bit_for_bit() {
    let mut rig = Rig::open(parameters());
    let token = rig.play(vec![prompt(480)]);

    rig.wait(200 * MS);

    let sent = rig.sent_rtp();
    assert_eq!(sent.iter().map(|packet| packet.0).collect::<Vec<_>>(), [0, 20, 40]);
    assert_eq!(sent.iter().map(|packet| packet.1.marker).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(sent.iter().map(|packet| packet.1.sequence.0).collect::<Vec<_>>(), [100, 101, 102]);
    assert_eq!(sent.iter().map(|packet| packet.1.timestamp.0).collect::<Vec<_>>(), [5000, 5160, 5320]);
    assert!(sent.iter().all(|packet| packet.1.ssrc == 0xabcd && packet.1.payload_type == 0));
    let octets: Vec<u8> = sent.iter().flat_map(|packet| packet.2.to_vec()).collect();
    assert_eq!(octets, (0..480).map(|n| n as u8).collect::<Vec<_>>());
    assert_eq!(
        rig.events,
        [event(token, MediaEventKind::PlayFinished { why: PlayEnd::Finished, at: 60 * MS })]
    );
}

#[test]
fn packet_times_of_ten_thirty_and_sixty_milliseconds_are_kept_exactly() {
    for (ptime, expected) in [(10, [0, 10, 20, 30]), (30, [0, 30, 60, 90]), (60, [0, 60, 120, 180])] {
        let mut rig = Rig::open(SpecParameters { ptime: ptime * MS, ..parameters() });
        rig.play(vec![prompt(8000)]);

        rig.wait(200 * MS);

        let sent = rig.sent_rtp();
        assert_eq!(sent.iter().take(4).map(|packet| packet.0).collect::<Vec<_>>(), expected);
        assert!(sent.iter().all(|packet| packet.2.len() == ptime as usize * 8));
    }
}

#[test]
fn packet_time_agreed_anew_holds_from_the_next_packet_on() {
    let mut rig = Rig::open(parameters());
    rig.play(vec![prompt(8000)]);
    rig.wait(30 * MS);

    rig.update(|spec| spec.ptime = 30 * MS);
    rig.wait(100 * MS);

    let sent = rig.sent_rtp();
    assert_eq!(sent.iter().map(|packet| packet.0).collect::<Vec<_>>(), [0, 20, 40, 70, 100, 130]);
    assert_eq!(sent.iter().map(|packet| packet.1.timestamp.0).collect::<Vec<_>>()[3..], [5560, 5800, 6040]);
}

#[test]
fn silent_server_sends_one_packet_of_silence_a_second() {
    let mut rig = Rig::open(parameters());

    rig.wait(3500 * MS);

    let sent = rig.sent_rtp();
    assert_eq!(sent.iter().map(|packet| packet.0).collect::<Vec<_>>(), [0, 1000, 2000, 3000]);
    assert!(sent.iter().all(|packet| packet.2 == [0xff; 160] && !packet.1.marker));
    assert_eq!(sent[1].1.timestamp.0, 13_000);
    assert_eq!(sent[1].1.sequence.0, 101);
}

#[test]
fn silence_is_comfort_noise_where_that_is_agreed() {
    let mut rig = Rig::open(SpecParameters { comfort_noise: Some(13), ..parameters() });

    rig.wait(1500 * MS);

    let sent = rig.sent_rtp();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|packet| packet.1.payload_type == 13 && packet.2 == [70]));
}

#[test]
fn continuous_silence_is_a_packet_every_packet_time() {
    let mut rig = Rig::open(SpecParameters { while_silent: WhileSilent::Continuous, ..parameters() });

    rig.wait(999 * MS);

    assert_eq!(rig.sent_rtp().len(), 50);
}

#[test]
fn stop_tells_how_far_the_prompt_came_with_the_token_of_its_play() {
    let mut rig = Rig::open(parameters());
    let token = rig.play(vec![prompt(8000)]);
    rig.wait(110 * MS);

    rig.command(MediaCommandKind::Stop);

    let expected = MediaEventKind::PlayFinished { why: PlayEnd::Interrupted, at: 120 * MS };
    assert_eq!(rig.events, [event(token, expected)]);
}

#[test]
fn another_play_interrupts_the_one_before() {
    let mut rig = Rig::open(parameters());
    let first = rig.play(vec![prompt(8000)]);
    let second = rig.play(vec![Clip::Tone { frequency_hz: 440, duration: 40 * MS }, Clip::Silence(20 * MS)]);

    rig.wait(SECOND);

    let ends = [
        event(first, MediaEventKind::PlayFinished { why: PlayEnd::Interrupted, at: Duration::ZERO }),
        event(second, MediaEventKind::PlayFinished { why: PlayEnd::Finished, at: 60 * MS }),
    ];
    assert_eq!(rig.events, ends);
}

#[test]
fn play_of_nothing_is_finished_with_the_next_tick() {
    let mut rig = Rig::open(parameters());
    let token = rig.play(Vec::new());

    rig.wait(20 * MS);

    let expected = MediaEventKind::PlayFinished { why: PlayEnd::Finished, at: Duration::ZERO };
    assert_eq!(rig.events, [event(token, expected)]);
}

#[test]
fn held_call_hears_nothing_and_the_prompt_goes_on_where_it_stood() {
    let mut rig = Rig::open(parameters());
    rig.play(vec![prompt(960)]);
    rig.wait(50 * MS);

    rig.update(|spec| spec.direction = Direction::INACTIVE);
    rig.wait(60 * SECOND);
    assert_eq!(rig.sent_rtp().len(), 3);
    rig.update(|_| ());
    rig.wait(100 * MS);

    let sent = rig.sent_rtp();
    let octets: Vec<u8> = sent.iter().flat_map(|packet| packet.2.to_vec()).collect();
    assert_eq!(octets, (0..960).map(|n| n as u8).collect::<Vec<_>>());
    assert_eq!(sent[3].0, 60_060);
    assert!(sent[3].1.marker);
    assert_eq!(sent[3].1.timestamp.0, 5000 + 60_060 * 8);
}

#[test]
fn recording_is_the_octets_that_came_and_its_end_follows_its_last_block() {
    let mut rig = Rig::open(parameters());
    let token = rig.record(LIMITS);
    let mut expected = Vec::new();
    for n in 0..100u32 {
        let payload: Vec<u8> = (0..160).map(|i| (n * 3 + i) as u8).collect();
        rig.rtp(0, 1000 + n * 160, &payload);
        expected.extend(payload);
        rig.wait(20 * MS);
    }

    rig.command(MediaCommandKind::StopRecording);

    assert_eq!(rig.recorded(), expected);
    assert_eq!(rig.blocks.iter().map(|block| block.number).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(rig.blocks.iter().map(|block| block.last).collect::<Vec<_>>(), [false, false, false, true]);
    let MediaEvent { token: told, what, .. } = rig.last_event();
    let MediaEventKind::RecordFinished { recording, why, length, blocks, .. } = what else {
        panic!("{what:?}")
    };
    assert_eq!(
        (told, recording, why, length, blocks),
        (token, RecordingId(7), RecordEnd::Stopped, 2 * SECOND, 4)
    );
}

#[test]
fn recording_ends_by_five_seconds_of_silence_also_when_the_peer_stops_sending() {
    let mut rig = Rig::open(parameters());
    rig.record(RecordLimits { silence: Some(5 * SECOND), ..LIMITS });
    let word: Vec<u8> = (0..160).map(|i| if i % 8 < 4 { 0x90 } else { 0x10 }).collect();
    for n in 0..10u32 {
        rig.rtp(0, n * 160, &word);
        rig.wait(20 * MS);
    }

    rig.wait(10 * SECOND);

    let MediaEventKind::RecordFinished { why, length, speech, .. } = rig.last_event().what else { panic!() };
    assert_eq!((why, length, speech), (RecordEnd::Silence, 5200 * MS, 200 * MS));
}

#[test]
fn recording_keeps_its_codec_when_the_call_changes_to_the_other() {
    let mut rig = Rig::open(parameters());
    rig.record(LIMITS);
    rig.rtp(0, 0, &[0x80; 160]);
    rig.wait(20 * MS);

    rig.update(|spec| {
        spec.codec = AudioCodec::Pcma;
        spec.payload_type = 8;
    });
    rig.rtp(8, 160, &[0xaa; 160]);
    rig.wait(20 * MS);
    rig.command(MediaCommandKind::StopRecording);

    assert_eq!(rig.recorded(), [0x80; 320]);
    assert!(rig.blocks.iter().all(|block| block.codec == AudioCodec::Pcmu));
}

#[test]
fn held_recording_stands_still_with_its_timers() {
    let mut rig = Rig::open(parameters());
    rig.record(RecordLimits { silence: Some(5 * SECOND), ..LIMITS });
    rig.wait(SECOND);

    rig.update(|spec| spec.direction = Direction { send: false, receive: true });
    for n in 0..500u32 {
        rig.rtp(0, n * 160, &[0x90; 160]);
        rig.wait(20 * MS);
    }
    rig.update(|_| ());
    rig.wait(10 * SECOND);

    let MediaEventKind::RecordFinished { why, length, speech, .. } = rig.last_event().what else { panic!() };
    assert_eq!((why, length, speech), (RecordEnd::Silence, 5 * SECOND, Duration::ZERO));
    assert!(rig.recorded().iter().all(|octet| *octet == 0xff));
}

#[test]
fn packets_of_strangers_change_nothing_and_are_counted() {
    let mut rig = Rig::open(parameters());
    rig.record(LIMITS);

    for n in 0..50u32 {
        rig.rtp_from("192.0.2.66:4000", 9, 0, n * 160, &[0x11; 160]);
        rig.rtp_from(PEER, 9, 0, n * 160, &[0x22; 160]);
        rig.rtp_from("192.0.2.10:4002", 9, 0, n * 160, &[0x33; 160]);
        rig.wait(20 * MS);
    }
    rig.command(MediaCommandKind::StopRecording);

    assert_eq!(rig.recorded(), [0x22; 8000]);
    assert!(rig.sent.iter().all(|sent| sent.to.ip() == "192.0.2.10".parse::<IpAddr>().unwrap()));
    let totals = rig.totals();
    assert_eq!((totals.packets_received, totals.refused_source), (50, 100));
}

#[test]
fn source_through_a_dual_stack_socket_is_the_ipv4_address_that_it_is() {
    let mut rig = Rig::open(parameters());

    rig.rtp_from("[::ffff:192.0.2.10]:4000", 9, 0, 0, &[0; 160]);

    assert_eq!(rig.connects, [MediaOutput::Connect { session: ONE, remote: PEER.parse().unwrap() }]);
}

#[test]
fn datagrams_that_are_no_rtp_are_counted_and_leave_the_source_open() {
    let mut rig = Rig::open(parameters());

    for packet in [&mut [0x40; 40][..], &mut [0x80; 4], &mut [0x9f; 20], &mut []] {
        rig.hear(Channel::Rtp, PEER, packet);
        rig.hear(Channel::Rtcp, PEER, packet);
    }

    assert_eq!(rig.connects, []);
    let totals = rig.totals();
    assert_eq!((totals.malformed, totals.packets_received, totals.rtcp_received), (8, 0, 0));
}

#[test]
fn datagram_of_more_than_1500_octets_is_malformed() {
    let mut rig = Rig::open(parameters());

    rig.rtp(0, 0, &[0xff; 1488]);
    rig.rtp(0, 160, &[0xff; 1489]);

    let totals = rig.totals();
    assert_eq!((totals.packets_received, totals.malformed), (1, 1));
}

#[test]
fn audio_of_more_than_960_octets_in_a_packet_is_cut() {
    let mut rig = Rig::open(parameters());
    rig.record(LIMITS);

    rig.rtp(0, 0, &[0x22; 1000]);
    rig.command(MediaCommandKind::StopRecording);

    assert_eq!(rig.recorded(), [0x22; 960]);
}

#[test]
fn payload_type_that_was_not_agreed_neither_fixes_the_source_nor_is_recorded() {
    let mut rig = Rig::open(parameters());

    rig.rtp(18, 0, &[0; 20]);

    assert_eq!(rig.connects, []);
    assert_eq!(rig.totals().passed_over, 1);
}

#[test]
fn symmetric_rtp_is_sent_to_where_packets_come_from() {
    let mut rig = Rig::open(SpecParameters { symmetric: true, ..parameters() });
    rig.wait(20 * MS);

    rig.rtp_from("192.0.2.10:61000", 9, 0, 0, &[0xff; 160]);
    rig.wait(SECOND);

    let rtp = rig.sent.iter().filter(|sent| sent.channel == Channel::Rtp);
    assert_eq!(rtp.map(|sent| sent.to.port()).collect::<Vec<_>>(), [4000, 61_000]);
    assert_eq!(rig.connects, []);
}

#[test]
fn remote_address_agreed_anew_is_learned_anew() {
    let mut rig = Rig::open(parameters());
    rig.rtp(0, 0, &[0xff; 160]);

    rig.update(|spec| {
        spec.remote_rtp = "192.0.2.20:5000".parse().unwrap();
        spec.accept_from = vec!["192.0.2.20".parse().unwrap()];
    });
    rig.rtp(0, 160, &[0xff; 160]);
    rig.rtp_from("192.0.2.20:5000", 10, 0, 0, &[0xff; 160]);

    assert_eq!(rig.connects[1], MediaOutput::Disconnect { session: ONE });
    assert_eq!(rig.connects.len(), 2);
    assert_eq!(rig.totals().refused_source, 1);
}

#[test]
fn key_press_is_told_once_with_the_token_of_the_last_command() {
    let mut rig = Rig::open(parameters());
    let token = rig.play(vec![prompt(8000)]);
    for (flags, duration) in [(10, 160), (10, 320), (0x8a, 480), (0x8a, 480), (0x8a, 480)] {
        let [high, low] = u16::to_be_bytes(duration);
        rig.rtp(101, 7000, &[11, flags, high, low]);
        rig.wait(20 * MS);
    }

    let digits: Vec<_> =
        rig.events.iter().filter(|told| matches!(told.what, MediaEventKind::Digit { .. })).collect();
    assert_eq!(digits, [&event(token, MediaEventKind::Digit { digit: Digit::POUND, duration: 60 * MS })]);
}

#[test]
fn key_press_whose_end_is_lost_is_told_by_time() {
    let mut rig = Rig::open(parameters());
    rig.rtp(101, 7000, &[1, 10, 0, 160]);

    rig.wait(280 * MS);

    let MediaEventKind::Digit { digit, .. } = rig.last_event().what else { panic!() };
    assert_eq!(digit.as_char(), '1');
}

#[test]
fn tones_of_keys_leave_silence_in_the_recording() {
    let mut rig = Rig::open(parameters());
    rig.record(LIMITS);
    rig.rtp(0, 0, &[0x22; 160]);
    rig.wait(20 * MS);
    rig.rtp(101, 160, &[1, 10, 0, 160]);
    rig.wait(20 * MS);
    rig.rtp(0, 320, &[0x22; 160]);
    rig.wait(20 * MS);

    rig.command(MediaCommandKind::StopRecording);

    let recorded = rig.recorded();
    assert_eq!(
        (&recorded[..160], &recorded[160..320], &recorded[320..]),
        (&[0x22; 160][..], &[0xff; 160][..], &[0x22; 160][..])
    );
}

#[test]
fn no_media_is_told_once_after_the_timeout_and_again_after_the_next_packet() {
    let mut rig = Rig::open(parameters());
    rig.wait(119_990 * MS);
    assert_eq!(rig.events, []);

    rig.wait(300 * SECOND);
    assert_eq!(rig.events, [event(Token(1), MediaEventKind::NoMedia)]);
    rig.rtp(0, 0, &[0xff; 160]);
    rig.wait(121 * SECOND);

    assert_eq!(rig.events.len(), 2);
}

#[test]
fn rtcp_alone_keeps_the_call_up() {
    let mut rig = Rig::open(parameters());
    for _ in 0..10 {
        rig.wait(100 * SECOND);
        rig.hear(Channel::Rtcp, "192.0.2.10:4001", &mut [0x80, 201, 0, 1, 0, 0, 0, 9]);
    }

    assert_eq!(rig.events, []);
}

#[test]
fn no_media_is_not_told_while_the_peer_may_not_send_or_holds() {
    for direction in [Direction::INACTIVE, Direction { send: false, receive: true }] {
        let mut rig = Rig::open(parameters());
        rig.wait(100 * SECOND);

        rig.update(|spec| spec.direction = direction);
        rig.wait(500 * SECOND);
        rig.update(|_| ());
        rig.wait(119 * SECOND);
        assert_eq!(rig.events, [], "{direction:?}");
        rig.wait(2 * SECOND);

        assert_eq!(rig.events.len(), 1, "{direction:?}");
    }
}

#[test]
fn reports_tell_what_was_sent_and_received() {
    let mut rig = Rig::open(parameters());
    rig.play(vec![prompt(80_000)]);
    let mut sender_report = Vec::new();
    let info = crate::rtcp::SenderInfo {
        ntp: 0x0123_4567_89ab_cdef,
        timestamp: RtpTimestamp(0),
        packets: 1,
        octets: 160,
    };
    RtcpCompound { ssrc: 9, sender: Some(info), report: None, cname: None, goodbye: false }
        .write(&mut sender_report);
    rig.hear(Channel::Rtcp, "192.0.2.10:4001", &mut sender_report);
    rig.sequence = 65_530;
    for n in 0..400u32 {
        if n % 10 != 5 {
            rig.rtp(0, n * 160, &[0xff; 160]);
        } else {
            rig.sequence = rig.sequence.wrapping_add(1);
        }
        rig.wait(20 * MS);
    }

    let report = rig.sent.iter().find(|sent| sent.channel == Channel::Rtcp).unwrap();
    let compound = RtcpCompound::parse(&report.bytes, 9).unwrap();

    assert_eq!(report.to, "192.0.2.10:4001".parse().unwrap());
    assert_eq!(compound.ssrc, 0xabcd);
    let sent = report.at.as_millis() as u32 / 20 + 1;
    let told = compound.sender.unwrap();
    assert_eq!((told.packets, told.octets), (sent, sent * 160));
    assert_eq!(told.timestamp.0, 5000 + report.at.as_millis() as u32 * 8);
    assert_eq!(told.ntp >> 32, 0xe000_0000 + report.at.as_secs());
    let about = compound.report.unwrap();
    assert_eq!((about.ssrc, about.last_sender_report, about.jitter), (9, 0x4567_89ab, 0));
    assert!((20..=26).contains(&about.fraction_lost), "{about:?}");
    assert_eq!(compound.cname.unwrap().len(), 16);
}

#[test]
fn with_a_shared_port_rtcp_goes_and_comes_through_it() {
    let mut rig = Rig::open(SpecParameters { rtcp_mux: true, ..parameters() });

    rig.hear(Channel::Rtp, PEER, &mut [0x80, 201, 0, 1, 0, 0, 0, 9]);
    rig.wait(10 * SECOND);

    assert!(rig.sent.iter().all(|sent| sent.channel == Channel::Rtp && sent.to == PEER.parse().unwrap()));
    assert!(rig.sent.iter().any(|sent| RtcpCompound::parse(&sent.bytes, 9).is_ok()));
    assert_eq!(rig.totals().rtcp_received, 1);
}

#[test]
fn close_ends_playing_and_recording_says_goodbye_and_is_the_last_event() {
    let mut rig = Rig::open(parameters());
    let play = rig.play(vec![prompt(8000)]);
    let record = rig.record(LIMITS);
    rig.rtp(0, 0, &[0x22; 160]);
    rig.wait(10 * MS);

    let close = rig.command(MediaCommandKind::Close);

    let kinds: Vec<(Token, &str)> = rig
        .events
        .iter()
        .map(|told| match told.what {
            MediaEventKind::PlayFinished { why: PlayEnd::Interrupted, .. } => (told.token, "play"),
            MediaEventKind::RecordFinished { why: RecordEnd::Closed, .. } => (told.token, "record"),
            MediaEventKind::Closed { .. } => (told.token, "closed"),
            _ => (told.token, "other"),
        })
        .collect();
    assert_eq!(kinds, [(play, "play"), (record, "record"), (close, "closed")]);
    assert_eq!(rig.recorded(), [0x22; 160]);
    assert!(RtcpCompound::parse(&rig.sent.last().unwrap().bytes, 9).unwrap().goodbye);
    assert_eq!((rig.engine.session_count(), rig.engine.poll_timeout()), (0, None));
}

#[test]
fn commands_and_packets_for_a_session_that_is_not_open_are_passed_over() {
    let mut rig = Rig::empty();

    rig.rtp(0, 0, &[0xff; 160]);
    rig.command(MediaCommandKind::Close);
    rig.play(vec![prompt(160)]);
    rig.wait(SECOND);

    assert_eq!((rig.sent.len(), rig.events.len(), rig.engine.poll_timeout()), (0, 0, None));
}

#[test]
fn four_sessions_sit_in_four_phases() {
    let mut rig = Rig::empty();
    for id in 0..4 {
        rig.command_to(SessionId(id), MediaCommandKind::Open { spec: MediaSpec::clear(parameters()) });
    }

    rig.wait(1500 * MS);

    let at: Vec<u128> = rig.sent_rtp().iter().map(|packet| packet.0).collect();
    assert_eq!(at, [0, 5, 10, 15, 1000, 1005, 1010, 1015]);
}

#[test]
fn fault_in_one_session_ends_that_one_alone() {
    let mut rig = Rig::empty();
    for id in [1, 2] {
        rig.command_to(SessionId(id), MediaCommandKind::Open { spec: MediaSpec::clear(parameters()) });
    }
    let record = rig.record(LIMITS);
    rig.engine.sessions.get_mut(&ONE).unwrap().session.sabotage();

    rig.wait(3 * SECOND);

    let truncated = MediaEventKind::RecordFinished {
        recording: RecordingId(7),
        why: RecordEnd::Truncated,
        length: Duration::ZERO,
        speech: Duration::ZERO,
        blocks: 0,
    };
    assert_eq!(rig.events, [event(record, truncated), event(record, MediaEventKind::Faulted)]);
    assert_eq!(rig.engine.session_count(), 1);
    assert_eq!(rig.sent_rtp().len(), 3);
}

#[test]
fn block_that_the_spool_refuses_truncates_the_running_recording() {
    let mut rig = Rig::open(parameters());
    let token = rig.record(LIMITS);
    for n in 0..60u32 {
        rig.rtp(0, n * 160, &[0x22; 160]);
        rig.wait(20 * MS);
    }
    let refused = rig.blocks[1].clone();

    rig.engine.refuse_block(&refused, rig.now);
    rig.drain();

    let MediaEvent { token: told, what, .. } = rig.last_event();
    let MediaEventKind::RecordFinished { why, length, blocks, .. } = what else { panic!() };
    assert_eq!((told, why, length, blocks), (token, RecordEnd::Truncated, 500 * MS, 1));
    rig.wait(5 * SECOND);
    assert_eq!(rig.blocks.len(), 2);
}

#[test]
fn last_block_that_the_spool_refuses_turns_the_waiting_end_into_a_truncated_one() {
    let mut rig = Rig::open(parameters());
    rig.record(LIMITS);
    for n in 0..30u32 {
        rig.rtp(0, n * 160, &[0x22; 160]);
        rig.wait(20 * MS);
    }
    let what = MediaCommandKind::StopRecording;
    rig.engine.handle_command(MediaCommand { session: ONE, token: Token(99), what }, rig.now);
    let Some(MediaOutput::Block(last)) = rig.engine.poll_output() else { panic!() };
    assert!(last.last);

    rig.engine.refuse_block(&last, rig.now);
    rig.drain();

    let MediaEventKind::RecordFinished { why, length, blocks, .. } = rig.last_event().what else { panic!() };
    assert_eq!((why, length, blocks), (RecordEnd::Truncated, 500 * MS, 1));
}

#[test]
fn buffer_that_comes_back_carries_the_next_packet() {
    let mut rig = Rig::open(parameters());
    rig.engine.handle_timeout(rig.now);
    let Some(MediaOutput::Send { bytes, .. }) = rig.engine.poll_output() else { panic!() };
    let place = bytes.as_ptr();

    rig.engine.recycle(bytes);
    rig.wait(SECOND);

    assert_eq!(rig.sent.last().unwrap().bytes.as_ptr(), place);
}

#[test]
fn secured_call_takes_what_authenticates_from_anywhere_and_forgeries_cost_it_nothing() {
    let suite = SrtpSuite::AeadAes128Gcm;
    let [ours, theirs] = [[1; 28], [2; 28]].map(|octets| MasterKey::new(suite, &octets).unwrap());
    let keys = SrtpKeys {
        send: ours.clone(),
        send_mki: None,
        receive: theirs.clone(),
        receive_mki: None,
        srtcp_clear: false,
    };
    let mirror = SrtpKeys { send: theirs, receive: ours, ..keys.clone() };
    let (mut peer_sends, mut peer_hears) = (Outbound::new(&mirror), Inbound::new(&mirror));
    let mut rig = Rig::empty();
    rig.command(MediaCommandKind::Open { spec: MediaSpec::secured(parameters(), keys.clone()) });
    rig.record(LIMITS);

    for n in 0..10u16 {
        let header = RtpHeader {
            marker: false,
            payload_type: 0,
            sequence: SequenceNumber(n),
            timestamp: RtpTimestamp(u32::from(n) * 160),
            ssrc: 9,
        };
        let mut packet = Vec::new();
        header.write(&mut packet);
        let mut forged = packet.clone();
        packet.extend([0x40 + n as u8; 160]);
        forged.extend([0; 176]);
        peer_sends.protect_rtp(&mut packet).unwrap();
        for _ in 0..100 {
            rig.hear(Channel::Rtp, PEER, &mut forged.clone());
        }
        let source = if n < 5 { "198.51.100.1:9" } else { "203.0.113.5:11" };
        rig.hear(Channel::Rtp, source, &mut packet.clone());
        rig.hear(Channel::Rtp, source, &mut packet);
        if n == 4 {
            rig.command(MediaCommandKind::Update { spec: MediaSpec::secured(parameters(), keys.clone()) });
        }
        rig.wait(20 * MS);
    }
    rig.command(MediaCommandKind::StopRecording);

    let spoken: Vec<u8> = (0..10).flat_map(|n| [0x40 + n; 160]).collect();
    assert_eq!(rig.recorded()[..1600], spoken);
    assert_eq!(rig.connects, []);
    rig.play(vec![prompt(160)]);
    rig.wait(40 * MS);
    let mut sent = rig.sent.last().unwrap().bytes.clone();
    assert_eq!(rig.sent.last().unwrap().to, PEER.parse().unwrap());
    assert_eq!(peer_hears.unprotect_rtp(&mut sent, rig.now), Ok(172));
    let totals = rig.totals();
    assert_eq!(totals.packets_received, 10);
    assert_eq!(totals.failed_authentication, 1000);
    assert_eq!(totals.replayed, 10);
    assert_eq!(totals.refused_source, 0);
}
