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
};

/// The call's RTP port (with the RTCP port above it held), and the stream that is sent from it.
pub(crate) struct RtpSocket {
    rtp: UdpSocket,
    _rtcp: UdpSocket,
    buffer: Vec<u8>,
    key_timestamp: u32,
    marker: bool,
    sequence: u16,
    ssrc: u32,
    timestamp: u32,
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
            _rtcp: rtcp,
            buffer: vec![0; 2048],
            key_timestamp: timestamp,
            marker: true,
            sequence: u16::from_le_bytes([c, h]),
            ssrc: u32::from_le_bytes([a, b, c, d]),
            timestamp,
        })
    }

    /// The address that the offer names.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.rtp.local_addr()
    }

    /// Waits for a datagram.
    pub(crate) async fn receive(&mut self) -> io::Result<&[u8]> {
        let (length, _source) = self.rtp.recv_from(&mut self.buffer).await?;
        Ok(self.buffer.get(..length).unwrap_or_default())
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
        Ok(())
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
        // A server that has just closed its port answers with an ICMP error: that is no failure of the call.
        match self.rtp.send_to(&packet, answer.remote).await {
            Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => {
                Err(error).with_context(|| format!("cannot send RTP to {}", answer.remote))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_frame_of_a_key_carries_the_end_bit_and_its_whole_length() {
        assert_eq!(telephone_event(Digit::POUND, 5, true)[..], [11, 0x8a, 0x03, 0x20]);
    }

    #[tokio::test]
    async fn binds_an_even_port() {
        let socket = RtpSocket::bind("127.0.0.1".parse().unwrap()).unwrap();

        assert_eq!(socket.local_addr().unwrap().port() % 2, 0);
    }
}
