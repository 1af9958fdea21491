use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use caller::{AudioCodec, ToneDetector, ToneState, decode_octet, encode_sample};
use tokio::{
    net::UdpSocket,
    time::{Instant, timeout_at},
};

/// The clear media of a scripted gateway: PCMU in packets of 20 ms, and an ear for the record tone and for silence.
///
/// Packets go out as its methods say, none besides; what comes in meanwhile is heard.
pub struct Voice {
    socket: UdpSocket,
    remote: SocketAddr,
    /// Begin of the next frame.
    due: Instant,
    sequence: u16,
    timestamp: u32,
    tone: ToneDetector,
    tone_is_over: bool,
    last_heard: Instant,
    longest_gap: Duration,
}

impl Voice {
    pub(crate) fn new(socket: std::net::UdpSocket, answer: &str) -> Self {
        socket.set_nonblocking(true).expect("a UDP socket");
        let now = Instant::now();
        Self {
            socket: UdpSocket::from_std(socket).expect("a runtime"),
            remote: media_address(answer),
            due: now,
            sequence: 1,
            timestamp: 160,
            tone: ToneDetector::default(),
            tone_is_over: false,
            last_heard: now,
            longest_gap: Duration::ZERO,
        }
    }

    /// Presses `#` after 0.8 s, which skips the greeting, and waits for the end of the tone, twenty seconds at most.
    ///
    /// # Panics
    /// There is no tone.
    pub async fn wait_for_tone(&mut self) {
        for _ in 0..40 {
            self.send_audio(&[0; FRAME]).await;
        }
        for step in 1..=5 {
            self.press_pound(step).await;
        }
        for _ in 0..1000 {
            let quiet = self.tone.heard() && self.last_heard.elapsed() >= Duration::from_millis(200);
            if self.tone_is_over || quiet {
                return self.say(&[0; 5 * FRAME]).await;
            }
            self.send_audio(&[0; FRAME]).await;
        }
        panic!("no tone was heard");
    }

    /// Says this, in whole frames.
    pub async fn say(&mut self, speech: &[i16]) {
        for frame in speech.chunks(FRAME) {
            self.send_audio(frame).await;
        }
    }

    /// Sends nothing for so long.
    pub async fn send_nothing(&mut self, length: Duration) {
        for _ in 0..length.as_millis() / 20 {
            self.frame(None).await;
        }
    }

    /// Sends one packet of comfort noise (RFC 3389) each 200 ms for so long.
    pub async fn send_comfort_noise(&mut self, length: Duration) {
        for frame in 0..length.as_millis() / 20 {
            let packet = (frame % 10 == 0).then(|| self.packet(13, self.timestamp, false, &[78]));
            self.frame(packet).await;
        }
    }

    /// The longest time without an RTP packet of the server, up to now.
    pub fn longest_gap(&self) -> Duration {
        self.longest_gap.max(self.last_heard.elapsed())
    }

    async fn send_audio(&mut self, samples: &[i16]) {
        let payload: Vec<u8> =
            samples.iter().map(|sample| encode_sample(AudioCodec::Pcmu, *sample)).collect();
        let packet = self.packet(0, self.timestamp, false, &payload);
        self.frame(Some(packet)).await;
    }

    /// One of the five packets of a key held for 100 ms (RFC 4733 2.5), the last one three times.
    async fn press_pound(&mut self, step: u8) {
        let begun = self.timestamp.wrapping_sub(u32::from(step - 1) * 160);
        let [high, low] = (u16::from(step) * 160).to_be_bytes();
        let volume = if step == 5 { 0x80 | 10 } else { 10 };
        for _ in 0..if step == 5 { 2 } else { 0 } {
            let again = self.packet(101, begun, false, &[11, volume, high, low]);
            self.send(&again).await;
        }
        let packet = self.packet(101, begun, step == 1, &[11, volume, high, low]);
        self.frame(Some(packet)).await;
    }

    fn packet(&mut self, payload_type: u8, timestamp: u32, marker: bool, payload: &[u8]) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let mark = if marker { 0x80 } else { 0 };
        let mut packet = vec![0x80, payload_type | mark];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(SSRC.to_be_bytes());
        packet.extend(payload);
        packet
    }

    /// Sends a packet, or none, and listens until the next one is due.
    async fn frame(&mut self, packet: Option<Vec<u8>>) {
        if let Some(packet) = packet {
            self.send(&packet).await;
        }
        self.timestamp = self.timestamp.wrapping_add(160);
        self.due += Duration::from_millis(20);
        let mut buffer = [0; 2048];
        while let Ok(received) = timeout_at(self.due, self.socket.recv(&mut buffer)).await {
            if let Ok(length) = received {
                self.hear(&buffer[..length]);
            }
        }
    }

    async fn send(&mut self, packet: &[u8]) {
        match self.socket.send_to(packet, self.remote).await {
            // The server has closed its port: that is no failure of ours.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
            sent => assert_eq!(sent.expect("media can be sent"), packet.len()),
        }
    }

    fn hear(&mut self, packet: &[u8]) {
        let now = Instant::now();
        self.longest_gap = self.longest_gap.max(now - self.last_heard);
        self.last_heard = now;
        if packet.len() > 12 && packet[1] & 0x7f == 0 {
            let samples: Vec<i16> =
                packet[12..].iter().map(|octet| decode_octet(AudioCodec::Pcmu, *octet)).collect();
            for block in samples.chunks(FRAME) {
                self.tone_is_over |= self.tone.hear(block) == ToneState::Over;
            }
        }
    }
}

/// Where the answer wants the audio.
fn media_address(answer: &str) -> SocketAddr {
    let connection = answer.lines().find_map(|line| line.strip_prefix("c=")).expect("a c= line");
    let ip = connection.split_ascii_whitespace().nth(2).expect("an address");
    let ip: IpAddr = ip.parse().expect("an address");
    let media = answer.lines().find_map(|line| line.strip_prefix("m=audio ")).expect("an audio line");
    let (port, rest) = media.split_once(' ').expect("a port");
    assert!(rest.starts_with("RTP/AVP "), "the media is not clear: {media}");
    SocketAddr::new(ip, port.parse().expect("a port"))
}

/// Samples of one packet: 20 ms at 8 kHz.
const FRAME: usize = 160;
const SSRC: u32 = 0x5c21_97ed;
