use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    io,
    net::{IpAddr, SocketAddr},
};

use anyhow::Context;
use bytes::Bytes;
use rtp::{header::Header, packet::Packet};
use socket2::{Domain, Protocol, Socket, Type};
use telephony::Digit;
use tokio::net::UdpSocket;
use webrtc_util::Marshal;

use crate::{
    encode_sample,
    mouth::{FRAME, Sound},
    offer::MediaAnswer,
    srtp::Protection,
};

/// The call's RTP port (with the RTCP port above it held), and the stream that is sent from it.
pub(crate) struct RtpSocket {
    rtp: UdpSocket,
    rtcp: UdpSocket,
    buffer: Vec<u8>,
    frames: u32,
    key_timestamp: u32,
    marker: bool,
    protection: Option<Protection>,
    report_buffer: Vec<u8>,
    reports: u64,
    sequence: u16,
    ssrc: u32,
    timestamp: u32,
    unauthentic: u64,
}

impl RtpSocket {
    /// Binds an even port and the odd one above it.
    pub(crate) fn bind(ip: IpAddr) -> anyhow::Result<Self> {
        let (rtp, rtcp) = (0..PORT_ATTEMPTS)
            .find_map(|_| bind_pair(ip).transpose())
            .context("no pair of free ports")?
            .with_context(|| format!("cannot bind RTP on {ip}"))?;
        let random = RandomState::new().build_hasher().finish();
        let [a, b, c, d, e, f, g, h] = random.to_le_bytes();
        let timestamp = u32::from_le_bytes([e, f, g, h]);
        Ok(Self {
            rtp,
            rtcp,
            buffer: vec![0; 2048],
            frames: 0,
            key_timestamp: timestamp,
            marker: true,
            protection: None,
            report_buffer: vec![0; 2048],
            reports: 0,
            sequence: u16::from_le_bytes([c, h]),
            ssrc: u32::from_le_bytes([a, b, c, d]),
            timestamp,
            unauthentic: 0,
        })
    }

    /// The address that the offer names.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.rtp.local_addr()
    }

    /// From now on everything is protected, and only what authenticates is taken.
    pub(crate) fn protect(&mut self, protection: Protection) {
        self.protection = Some(protection);
    }

    /// RTCP packets taken.
    pub(crate) fn reports(&self) -> u64 {
        self.reports
    }

    /// Packets that did not authenticate.
    pub(crate) fn unauthentic(&self) -> u64 {
        self.unauthentic
    }

    /// Waits for an RTP packet and opens it; RTCP is counted on the way.
    pub(crate) async fn receive(&mut self) -> io::Result<Bytes> {
        loop {
            tokio::select! {
                received = self.rtp.recv_from(&mut self.buffer) => {
                    let packet = self.buffer.get(..received?.0).unwrap_or_default();
                    let opened = match &mut self.protection {
                        Some(protection) => protection.open(packet),
                        None => Some(Bytes::copy_from_slice(packet)),
                    };
                    match opened {
                        Some(packet) => return Ok(packet),
                        None => self.unauthentic += 1,
                    }
                }
                received = self.rtcp.recv_from(&mut self.report_buffer) => {
                    let report = self.report_buffer.get(..received?.0).unwrap_or_default();
                    let taken = match &mut self.protection {
                        Some(protection) => protection.open_report(report).is_some(),
                        None => true,
                    };
                    if taken { self.reports += 1 } else { self.unauthentic += 1 }
                }
            }
        }
    }

    /// Protected calls report themselves once a second, so that SRTCP is exercised as well.
    async fn report(&mut self, answer: &MediaAnswer) -> anyhow::Result<()> {
        let Some(protection) = &mut self.protection else { return Ok(()) };
        let report = protection.protect_report(&receiver_report(self.ssrc))?;
        send_to(&self.rtcp, &report, answer.remote_rtcp).await
    }

    /// Sends one frame of sound and moves the clock on by it.
    ///
    /// A key is passed over if the answer took no telephone-event.
    pub(crate) async fn send(&mut self, sound: &Sound, answer: &MediaAnswer) -> anyhow::Result<()> {
        match sound {
            Sound::Audio(samples) => {
                let payload = samples.iter().map(|sample| encode_sample(answer.codec, *sample)).collect();
                let marker = std::mem::take(&mut self.marker);
                self.send_packet(answer, answer.payload_type, self.timestamp, marker, payload).await?;
            }
            Sound::Key { digit, frame, last } => {
                if *frame == 1 {
                    self.key_timestamp = self.timestamp;
                }
                if let Some(payload_type) = answer.telephone_event {
                    let copies = if *last { 3 } else { 1 };
                    for _ in 0..copies {
                        let payload = telephone_event(*digit, *frame, *last);
                        self.send_packet(answer, payload_type, self.key_timestamp, *frame == 1, payload)
                            .await?;
                    }
                }
            }
        }
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        self.frames = self.frames.wrapping_add(1);
        if self.frames.is_multiple_of(REPORT_EVERY) { self.report(answer).await } else { Ok(()) }
    }

    async fn send_packet(
        &mut self,
        answer: &MediaAnswer,
        payload_type: u8,
        timestamp: u32,
        marker: bool,
        payload: Bytes,
    ) -> anyhow::Result<()> {
        let header = Header {
            version: 2,
            marker,
            payload_type,
            sequence_number: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            ..Header::default()
        };
        self.sequence = self.sequence.wrapping_add(1);
        let packet = Packet { header, payload }.marshal()?;
        let packet = match &mut self.protection {
            Some(protection) => protection.protect(&packet)?,
            None => packet,
        };
        send_to(&self.rtp, &packet, answer.remote).await
    }
}

/// A server that has just closed its port answers with an ICMP error: that is no failure of the call.
async fn send_to(socket: &UdpSocket, packet: &[u8], to: SocketAddr) -> anyhow::Result<()> {
    match socket.send_to(packet, to).await {
        Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => {
            Err(error).with_context(|| format!("cannot send media to {to}"))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A receiver report without blocks, and a CNAME (RFC 3550 6.1 wants both).
fn receiver_report(ssrc: u32) -> Vec<u8> {
    let ssrc = ssrc.to_be_bytes();
    [&[0x80, 201, 0, 1], &ssrc[..], &[0x81, 202, 0, 3], &ssrc, b"\x01\x04um-c\0\0"].concat()
}

/// The four octets of RFC 4733 2.3: event, end bit and volume (-10 dBm0), duration so far.
fn telephone_event(digit: Digit, frame: u16, end: bool) -> Bytes {
    let [high, low] = frame.saturating_mul(FRAME as u16).to_be_bytes();
    let volume = if end { 0x80 | 10 } else { 10 };
    Bytes::copy_from_slice(&[digit.event_code(), volume, high, low])
}

/// An even port with the next one, or `None` if this try gave an odd port or the next one is taken.
fn bind_pair(ip: IpAddr) -> io::Result<Option<(UdpSocket, UdpSocket)>> {
    let rtp = bind(SocketAddr::new(ip, 0))?;
    let port = rtp.local_addr()?.port();
    if port % 2 == 1 {
        return Ok(None);
    }
    match bind(SocketAddr::new(ip, port + 1)) {
        Ok(rtcp) => Ok(Some((rtp, rtcp))),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(None),
        Err(error) => Err(error),
    }
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

const PORT_ATTEMPTS: u32 = 100;
/// Frames from one report to the next: one second.
const REPORT_EVERY: u32 = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_frame_of_a_key_carries_the_end_bit_and_its_whole_length() {
        assert_eq!(telephone_event(Digit::POUND, 5, true)[..], [11, 0x8a, 0x03, 0x20]);
    }

    #[test]
    fn report_is_a_compound_of_whole_words() {
        assert_eq!(
            receiver_report(0x0102_0304),
            b"\x80\xc9\0\x01\x01\x02\x03\x04\x81\xca\0\x03\x01\x02\x03\x04\x01\x04um-c\0\0"
        );
    }

    #[tokio::test]
    async fn binds_an_even_port() {
        let socket = RtpSocket::bind("127.0.0.1".parse().unwrap()).unwrap();

        assert_eq!(socket.local_addr().unwrap().port() % 2, 0);
    }
}
