#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::net::{IpAddr, SocketAddr};

use telephony::{AudioCodec, Secret};

use crate::{
    answer::Answer,
    direction::Direction,
    format::{Formats, named},
    offer::Offer,
    profile::{OfferedTransport, Profile},
    refusal::{OfferRefusal, shown},
    secured::{AgreedCrypto, OwnKeys, SuitePolicy, choose, names_srtp, secured_profile},
    stream::{Stream, StreamAddress},
};

/// The media that the dial plan's mode allows. Matched exhaustively wherever it is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MediaPlan {
    /// RTP in the clear: plans that are Unsecured or SIPSecured.
    Clear,
    /// SRTP, keyed by SDES: plans that are Secured.
    Srtp(SuitePolicy),
}

/// Our side of a call's media.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LocalMedia {
    /// The address to show in `c=`: one that the peer can send to.
    pub address: IpAddr,
    /// Our RTP port.
    pub rtp_port: u16,
    /// Our RTCP port.
    pub rtcp_port: u16,
    /// The session id of our `o=` line; the same for the whole call.
    pub session_id: u64,
    /// The version of our `o=` line; one more whenever our description changes.
    pub session_version: u64,
}

/// Media as both sides agreed on it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NegotiatedMedia {
    /// RTP in the clear.
    Clear(MediaParameters),
    /// SRTP.
    Srtp {
        /// What every kind of media has.
        parameters: MediaParameters,
        /// The keys.
        crypto: AgreedCrypto,
    },
}

impl NegotiatedMedia {
    /// What every kind of media has.
    pub fn parameters(&self) -> &MediaParameters {
        match self {
            Self::Clear(parameters) | Self::Srtp { parameters, .. } => parameters,
        }
    }
}

/// Where media goes and in which form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaParameters {
    /// Where our RTP goes. Unspecified (0.0.0.0, `::`) while the peer holds that way; nothing is sent then.
    pub remote_rtp: SocketAddr,
    /// Where our RTCP goes.
    pub remote_rtcp: SocketAddr,
    /// RTP and RTCP share a port on both sides (RFC 5761).
    pub rtcp_mux: bool,
    /// The codec of both directions.
    pub codec: AudioCodec,
    /// Its payload type.
    pub payload_type: u8,
    /// The payload type of comfort noise (RFC 3389), if it may be used.
    pub comfort_noise: Option<u8>,
    /// The payload type of telephone-event (RFC 4733), if it may be used.
    pub telephone_event: Option<u8>,
    /// Milliseconds of audio in a packet that we send, 10 to 60.
    pub ptime_ms: u8,
    /// The direction seen from us.
    pub direction: Direction,
    /// The profile of both descriptions.
    pub profile: Profile,
    /// The peer's `o=` line: an offer with the same one is the same offer.
    pub origin_line: String,
}

impl MediaParameters {
    /// Whether the peer holds: it does not want to hear us now.
    pub fn on_hold(&self) -> bool {
        !self.direction.sends()
    }
}

/// Judges an offer by security-modes section 3 and composes the answer: the first `m=audio` line that the plan allows
/// and whose address family we have is taken, every other line gets port 0 in its place. A Secured plan takes
/// `RTP/SAVP[F]` before `RTP/AVP[F]` with crypto, whatever their order.
///
/// # Errors
/// The reason why the first live audio line cannot be taken, else why there is none; answer with 488.
pub fn accept_offer(
    offer: &Offer,
    plan: &MediaPlan,
    local: &LocalMedia,
    own: &OwnKeys,
) -> Result<(Answer, NegotiatedMedia), OfferRefusal> {
    let mut live: Vec<(usize, &Stream)> = offer
        .streams
        .iter()
        .enumerate()
        .filter(|(_, stream)| stream.is_audio() && stream.port != 0)
        .collect();
    match plan {
        MediaPlan::Clear => {}
        MediaPlan::Srtp(_) => live.sort_by_key(|(_, stream)| !names_srtp(stream)),
    }
    let mut refusal = None;
    for (place, stream) in live {
        match judge(stream, plan, local.address, offer.origin_line(), own) {
            Ok((media, crypto)) => {
                let answer = Answer::compose(offer, place, local, media.parameters(), crypto.as_ref());
                return Ok((answer, media));
            }
            Err(reason) => {
                refusal.get_or_insert(reason);
            }
        }
    }
    Err(refusal.unwrap_or_else(|| without_live_audio(offer)))
}

/// Judges one live audio stream of an offer; gives the media, and the value of our `a=crypto` line if it has one.
fn judge(
    stream: &Stream,
    plan: &MediaPlan,
    address: IpAddr,
    origin_line: &str,
    own: &OwnKeys,
) -> Result<(NegotiatedMedia, Option<Secret<String>>), OfferRefusal> {
    let offered = offered_profile(stream, plan)?;
    match plan {
        MediaPlan::Clear => {
            let profile = clear_profile(stream, offered)?;
            let parameters = parameters(stream, profile, address, origin_line)?;
            Ok((NegotiatedMedia::Clear(parameters), None))
        }
        MediaPlan::Srtp(policy) => {
            let profile = secured_profile(stream, offered, policy)?;
            let (crypto, attribute) = choose(stream, offered, policy, own)?;
            let parameters = parameters(stream, profile, address, origin_line)?;
            Ok((NegotiatedMedia::Srtp { parameters, crypto }, Some(attribute)))
        }
    }
}

/// What a live audio stream says of the media, whether it stands in an offer or in the answer to ours.
pub(crate) fn parameters(
    stream: &Stream,
    profile: Profile,
    own: IpAddr,
    origin_line: &str,
) -> Result<MediaParameters, OfferRefusal> {
    let formats = Formats::choose(&stream.formats, &stream.rtp_maps)
        .ok_or_else(|| OfferRefusal::NoCodec { offered: shown(&named(&stream.formats, &stream.rtp_maps)) })?;
    let address = usable_address(stream, own.to_canonical())?;
    let remote_rtp = SocketAddr::new(address, stream.port);
    // RFC 3264 8.4, as RFC 2543 held: 0.0.0.0 says that the peer hears nothing, whatever the direction line says.
    let theirs = if address.is_unspecified() { stream.direction.deaf() } else { stream.direction };
    Ok(MediaParameters {
        remote_rtp,
        remote_rtcp: stream.rtcp_address(remote_rtp),
        rtcp_mux: stream.rtcp_mux,
        codec: formats.codec,
        payload_type: formats.payload_type,
        comfort_noise: formats.comfort_noise,
        telephone_event: formats.telephone_event,
        ptime_ms: packet_time(stream),
        direction: theirs.mirrored(),
        profile,
        origin_line: origin_line.to_owned(),
    })
}

/// The profile, if the stream is RTP over UDP and not keyed by DTLS.
fn offered_profile(stream: &Stream, plan: &MediaPlan) -> Result<Profile, OfferRefusal> {
    match stream.transport {
        OfferedTransport::Rtp(profile) => Ok(profile),
        OfferedTransport::DtlsSrtp => Err(OfferRefusal::DtlsSrtp {
            transport: shown(&stream.proto),
            wanted: wanted_words(plan),
            capability_negotiation: stream.capability_negotiation,
        }),
        OfferedTransport::Foreign => Err(OfferRefusal::ForeignTransport {
            transport: shown(&stream.proto),
            wanted: wanted_words(plan),
        }),
    }
}

/// The columns Unsecured and SIPSecured. Crypto lines under a clear profile are neither used nor echoed.
fn clear_profile(stream: &Stream, profile: Profile) -> Result<Profile, OfferRefusal> {
    match profile {
        Profile::Avp | Profile::Avpf => Ok(profile),
        Profile::Savp | Profile::Savpf => Err(OfferRefusal::SecureProfile {
            profile,
            capability_negotiation: stream.capability_negotiation,
        }),
    }
}

fn wanted_words(plan: &MediaPlan) -> &'static str {
    match plan {
        MediaPlan::Clear => "RTP in the clear (RTP/AVP)",
        MediaPlan::Srtp(_) => "SRTP with SDES keys (RTP/SAVP with a=crypto)",
    }
}

/// The address to send to. A hold address (0.0.0.0, `::`) is taken in either family and becomes ours.
fn usable_address(stream: &Stream, own: IpAddr) -> Result<IpAddr, OfferRefusal> {
    let address = match &stream.address {
        StreamAddress::Ip(address) => *address,
        StreamAddress::Name(name) => return Err(OfferRefusal::AddressIsName { name: shown(name) }),
        StreamAddress::Absent => return Err(OfferRefusal::NoAddress),
    };
    if address.is_unspecified() {
        return Ok(match own {
            IpAddr::V4(_) => IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::UNSPECIFIED),
        });
    }
    if address.is_multicast() {
        return Err(OfferRefusal::Multicast { address });
    }
    if address.is_ipv4() != own.is_ipv4() {
        return Err(OfferRefusal::AddressFamily { offered: address, own });
    }
    Ok(address)
}

/// The peer's `a=ptime` if we can send so, else 20 ms, in both cases within its `a=maxptime`.
fn packet_time(stream: &Stream) -> u8 {
    let in_range = |milliseconds: u32| u8::try_from(milliseconds).ok().filter(|ms| PACKET_TIMES.contains(ms));
    let wished = stream.ptime.and_then(in_range).unwrap_or(DEFAULT_PACKET_TIME);
    stream.max_ptime.and_then(in_range).map_or(wished, |most| wished.min(most))
}

/// Milliseconds of a packet that we are ready to send.
const PACKET_TIMES: std::ops::RangeInclusive<u8> = 10..=60;

/// RFC 3551 4.2: "the default packetization interval is 20 ms".
pub(crate) const DEFAULT_PACKET_TIME: u8 = 20;

fn without_live_audio(offer: &Offer) -> OfferRefusal {
    let live_image = offer.streams.iter().any(|stream| stream.is_image() && stream.port != 0);
    match (offer.streams.iter().any(Stream::is_audio), live_image) {
        (_, true) => OfferRefusal::ImageOnly,
        (true, false) => OfferRefusal::AudioDisabled,
        (false, false) => OfferRefusal::NoAudio,
    }
}

#[cfg(test)]
mod tests;
