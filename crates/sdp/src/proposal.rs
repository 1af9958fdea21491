#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::{fmt, net::IpAddr};

use sdp_types::Attribute;
use telephony::AudioCodec;

use crate::{
    answer::{add_beside, audio, crypto_line, finish, rtp_map, written},
    direction::Direction,
    negotiation::{DEFAULT_PACKET_TIME, LocalMedia, MediaPlan, NegotiatedMedia, parameters},
    offer::Offer,
    profile::{OfferedTransport, Profile},
    refusal::{OfferRefusal, shown},
    secured::{OwnKeys, OwnLine, answered},
    stream::Stream,
};

/// A session description of ours that offers media: the body of a 200 to an INVITE without SDP. It may
/// hold keys of ours: its `Debug` form shows no text.
#[derive(Clone, Eq, PartialEq)]
pub struct OfferText {
    /// The body, `application/sdp`.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for OfferText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OfferText({} bytes)", self.bytes.len())
    }
}

/// An offer of ours that waits for its answer. Consumed by it.
#[derive(Debug)]
pub struct PendingOffer {
    keys: OfferedKeys,
    profile: Profile,
    own: IpAddr,
}

/// What was offered, as far as the answer must fit it.
#[derive(Debug)]
enum OfferedKeys {
    Clear,
    Srtp(Vec<OwnLine>),
}

/// Offers all that the plan allows: in a clear plan `RTP/AVP` with PCMU, PCMA, comfort noise and telephone-event;
/// in a Secured plan the same as `RTP/SAVP` with a key for each of its suites.
pub fn make_offer(plan: &MediaPlan, local: &LocalMedia, own: &OwnKeys) -> (OfferText, PendingOffer) {
    let profile = match plan {
        MediaPlan::Clear => Profile::Avp,
        MediaPlan::Srtp(_) => Profile::Savp,
    };
    repeat_offer(plan, local, own, profile)
}

/// The same in the profile that the session has: the body of a 200 to a re-INVITE without SDP. With [`OwnKeys::kept`] the
/// key of the session is offered again. In a Secured plan there are keys under every profile (RFC 8643).
pub fn repeat_offer(
    plan: &MediaPlan,
    local: &LocalMedia,
    own: &OwnKeys,
    profile: Profile,
) -> (OfferText, PendingOffer) {
    let keys = match plan {
        MediaPlan::Clear => OfferedKeys::Clear,
        MediaPlan::Srtp(policy) => OfferedKeys::Srtp(OwnLine::offer(policy, own)),
    };
    let codecs = [(PCMU, AudioCodec::Pcmu), (PCMA, AudioCodec::Pcma)];
    let mut block =
        audio(local.rtp_port, profile, format!("{PCMU} {PCMA} {COMFORT_NOISE} {TELEPHONE_EVENT}"));
    match &keys {
        OfferedKeys::Clear => {}
        OfferedKeys::Srtp(lines) => {
            block.attributes.extend(lines.iter().map(|line| crypto_line(&line.written())));
        }
    }
    block.attributes.extend(codecs.map(|(number, codec)| rtp_map(number, codec.encoding_name())));
    add_beside(&mut block, Some(COMFORT_NOISE), Some(TELEPHONE_EVENT));
    finish(&mut block, local, DEFAULT_PACKET_TIME);
    block.attributes.push(Attribute::new(Direction::SendReceive.attribute()));
    let text = OfferText { bytes: written(local, (0, 0), vec![block]) };
    (text, PendingOffer { keys, profile, own: local.address })
}

impl PendingOffer {
    /// Judges the answer: it must take our one audio line, in our profile.
    ///
    /// # Errors
    /// Why it does not; the call ends with BYE and `Reason: SIP;cause=488`.
    pub fn accept_answer(self, answer: &[u8]) -> Result<NegotiatedMedia, OfferRefusal> {
        let answer = Offer::parse(answer)?;
        let [stream] = answer.streams.as_slice() else {
            return Err(OfferRefusal::AnswerShape { answered: answer.streams.len() });
        };
        if !stream.is_audio() || stream.port == 0 {
            return Err(OfferRefusal::AnswerRefuses);
        }
        let profile = self.profile;
        if stream.transport != OfferedTransport::Rtp(profile) {
            return Err(OfferRefusal::AnswerProfile { transport: shown(&stream.proto), offered: profile });
        }
        // RFC 5761 5.1.1: an answer cannot bring in multiplexing that was not offered.
        let stream = Stream { rtcp_mux: false, ..stream.clone() };
        let crypto = match &self.keys {
            OfferedKeys::Clear => None,
            OfferedKeys::Srtp(lines) => Some(answered(&stream, lines)?),
        };
        let mut parameters = parameters(&stream, profile, self.own, answer.origin_line())?;
        // We receive by the numbers that we offered, whatever the answer calls them.
        parameters.payload_type = match parameters.codec {
            AudioCodec::Pcmu => PCMU,
            AudioCodec::Pcma => PCMA,
        };
        parameters.comfort_noise = parameters.comfort_noise.map(|_| COMFORT_NOISE);
        parameters.telephone_event = parameters.telephone_event.map(|_| TELEPHONE_EVENT);
        Ok(match crypto {
            None => NegotiatedMedia::Clear(parameters),
            Some(crypto) => NegotiatedMedia::Srtp { parameters, crypto },
        })
    }
}

/// Payload types of our own offers: RFC 3551 6, and the number that everyone uses for telephone-event.
const PCMU: u8 = 0;
const PCMA: u8 = 8;
const COMFORT_NOISE: u8 = 13;
const TELEPHONE_EVENT: u8 = 101;

#[cfg(test)]
mod tests;
