#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::net::{IpAddr, SocketAddr};

use sdp_types::{Attribute, Connection, Media, Session};

use crate::{
    crypto::{CryptoFault, OfferedCrypto},
    direction::Direction,
    format::RtpMap,
    limits::MAX_CRYPTO,
    profile::OfferedTransport,
};

/// One `m=` line of an offer and what belongs to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Stream {
    /// `audio`, `image`, `video` as written.
    pub(crate) media: String,
    pub(crate) port: u16,
    /// The transport as written.
    pub(crate) proto: String,
    pub(crate) transport: OfferedTransport,
    /// The formats as written.
    pub(crate) formats: String,
    pub(crate) address: StreamAddress,
    /// Seen from the peer.
    pub(crate) direction: Direction,
    pub(crate) rtcp: Option<RtcpAddress>,
    pub(crate) rtcp_mux: bool,
    /// Milliseconds, as offered.
    pub(crate) ptime: Option<u32>,
    pub(crate) max_ptime: Option<u32>,
    pub(crate) rtp_maps: Vec<RtpMap>,
    /// Its `a=crypto` lines.
    pub(crate) crypto: Vec<OfferedCrypto>,
    /// `a=encryption` or `a=cryptoscale`: the peer is Microsoft's and wants SRTP named in the profile.
    pub(crate) microsoft: bool,
    /// `a=tcap`, `a=acap` or `a=pcfg` (RFC 5939).
    pub(crate) capability_negotiation: bool,
}

/// What the `c=` line that holds for a stream says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum StreamAddress {
    Ip(IpAddr),
    Name(String),
    Absent,
}

/// An `a=rtcp` line (RFC 3605).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RtcpAddress {
    port: u16,
    address: Option<IpAddr>,
}

impl Stream {
    /// `crypto` are all crypto lines of the description; in the text each is the number of its place there.
    pub(crate) fn read(session: &Session, media: &Media, crypto: &[OfferedCrypto]) -> Self {
        let mut stream = Self {
            media: media.media.clone(),
            port: media.port,
            proto: media.proto.clone(),
            transport: OfferedTransport::read(&media.proto),
            formats: media.fmt.clone(),
            address: StreamAddress::read(media.connections.first().or(session.connection.as_ref())),
            direction: Direction::default(),
            rtcp: None,
            rtcp_mux: false,
            ptime: None,
            max_ptime: None,
            rtp_maps: Vec::new(),
            crypto: Vec::new(),
            microsoft: false,
            capability_negotiation: false,
        };
        for attribute in &session.attributes {
            stream.take_session_attribute(attribute);
        }
        for attribute in &media.attributes {
            stream.take_session_attribute(attribute);
            stream.take_media_attribute(attribute, crypto);
        }
        stream
    }

    pub(crate) fn is_audio(&self) -> bool {
        self.media.eq_ignore_ascii_case("audio")
    }

    pub(crate) fn is_image(&self) -> bool {
        self.media.eq_ignore_ascii_case("image")
    }

    /// Where RTCP goes if RTP goes to `rtp`: the address of `a=rtcp`, else the next port.
    pub(crate) fn rtcp_address(&self, rtp: SocketAddr) -> SocketAddr {
        match self.rtcp {
            _ if self.rtcp_mux => rtp,
            Some(RtcpAddress { port, address }) => {
                // Another IP version than RTP's is nowhere we could send to from the same socket.
                let usable = address.filter(|ip| ip.is_ipv4() == rtp.is_ipv4() && !ip.is_unspecified());
                SocketAddr::new(usable.unwrap_or(rtp.ip()), port)
            }
            None => SocketAddr::new(rtp.ip(), rtp.port().checked_add(1).unwrap_or(rtp.port())),
        }
    }

    /// Attributes that hold for every stream when they stand above the first.
    fn take_session_attribute(&mut self, attribute: &Attribute) {
        let name = attribute.attribute.trim().to_ascii_lowercase();
        if let Some(direction) = Direction::from_attribute(&name) {
            self.direction = direction;
        }
        if matches!(name.as_str(), "tcap" | "acap" | "pcfg") {
            self.capability_negotiation = true;
        }
        if matches!(name.as_str(), "encryption" | "cryptoscale") {
            self.microsoft = true;
        }
    }

    fn take_media_attribute(&mut self, attribute: &Attribute, crypto: &[OfferedCrypto]) {
        let value = attribute.value.as_deref().unwrap_or_default();
        match attribute.attribute.trim().to_ascii_lowercase().as_str() {
            "rtpmap" => self.rtp_maps.extend(RtpMap::read(value)),
            "ptime" => self.ptime = milliseconds(value),
            "maxptime" => self.max_ptime = milliseconds(value),
            "rtcp" => self.rtcp = RtcpAddress::read(value),
            "rtcp-mux" => self.rtcp_mux = true,
            "crypto" => {
                if let Some(offered) = value.parse::<usize>().ok().and_then(|place| crypto.get(place)) {
                    self.take_crypto(offered.clone());
                }
            }
            _ => {}
        }
    }

    /// Of two lines with one tag the first holds.
    fn take_crypto(&mut self, mut offered: OfferedCrypto) {
        if self.crypto.len() >= MAX_CRYPTO {
            return;
        }
        let number = |offered: &OfferedCrypto| offered.tag.as_ref().map(|tag| tag.number);
        let taken = self.crypto.iter().any(|earlier| number(earlier) == number(&offered));
        if offered.tag.is_some() && taken {
            offered.line = Err(CryptoFault::DuplicateTag);
        }
        self.crypto.push(offered);
    }
}

impl StreamAddress {
    fn read(connection: Option<&Connection>) -> Self {
        match connection {
            None => Self::Absent,
            Some(connection) => match connection.try_address() {
                Ok(address) => Self::Ip(address.ip.to_canonical()),
                Err(_) => Self::Name(connection.connection_address.clone()),
            },
        }
    }
}

impl RtcpAddress {
    /// Reads `53020` or `53020 IN IP4 126.16.64.4`.
    fn read(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let port = words.next()?.parse().ok().filter(|port| *port != 0)?;
        let address = words.nth(2).and_then(|word| word.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical());
        Some(Self { port, address })
    }
}

/// Whole milliseconds; a fraction is cut off.
fn milliseconds(value: &str) -> Option<u32> {
    value.trim().split('.').next().and_then(|whole| whole.parse().ok())
}
