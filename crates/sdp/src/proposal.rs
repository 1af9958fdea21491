#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::net::IpAddr;

use sdp_types::Attribute;
use telephony::AudioCodec;

use crate::{
    answer::{add_beside, audio, finish, rtp_map, written},
    direction::Direction,
    negotiation::{DEFAULT_PACKET_TIME, LocalMedia, MediaPlan, NegotiatedMedia, negotiate},
    offer::Offer,
    profile::{OfferedTransport, Profile},
    refusal::{OfferRefusal, shown},
    stream::Stream,
};

/// A session description of ours that offers media: the body of a 200 to an INVITE without SDP.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OfferText {
    /// The body, `application/sdp`.
    pub bytes: Vec<u8>,
}

/// An offer of ours that waits for its answer. Consumed by it.
#[derive(Debug)]
pub struct PendingOffer {
    plan: MediaPlan,
    own: IpAddr,
    profile: Profile,
}

/// Offers all that the plan allows: in a clear plan `RTP/AVP` with PCMU, PCMA, comfort noise and telephone-event.
pub fn make_offer(plan: &MediaPlan, local: &LocalMedia) -> (OfferText, PendingOffer) {
    let profile = match plan {
        MediaPlan::Clear => Profile::Avp,
    };
    let codecs = [(PCMU, AudioCodec::Pcmu), (PCMA, AudioCodec::Pcma)];
    let mut block =
        audio(local.rtp_port, profile, format!("{PCMU} {PCMA} {COMFORT_NOISE} {TELEPHONE_EVENT}"));
    block.attributes.extend(codecs.map(|(number, codec)| rtp_map(number, codec.encoding_name())));
    add_beside(&mut block, Some(COMFORT_NOISE), Some(TELEPHONE_EVENT));
    finish(&mut block, local, DEFAULT_PACKET_TIME);
    block.attributes.push(Attribute::new(Direction::SendReceive.attribute()));
    let text = OfferText { bytes: written(local, (0, 0), vec![block]) };
    (text, PendingOffer { plan: plan.clone(), own: local.address, profile })
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
        if stream.transport != OfferedTransport::Rtp(self.profile) {
            return Err(OfferRefusal::AnswerProfile {
                transport: shown(&stream.proto),
                offered: self.profile,
            });
        }
        // RFC 5761 5.1.1: an answer cannot bring in multiplexing that was not offered.
        let stream = Stream { rtcp_mux: false, ..stream.clone() };
        let mut media = negotiate(&stream, &self.plan, self.own, answer.origin_line())?;
        match &mut media {
            NegotiatedMedia::Clear(parameters) => {
                // We receive by the numbers that we offered, whatever the answer calls them.
                parameters.payload_type = match parameters.codec {
                    AudioCodec::Pcmu => PCMU,
                    AudioCodec::Pcma => PCMA,
                };
                parameters.comfort_noise = parameters.comfort_noise.map(|_| COMFORT_NOISE);
                parameters.telephone_event = parameters.telephone_event.map(|_| TELEPHONE_EVENT);
            }
        }
        Ok(media)
    }
}

/// Payload types of our own offers: RFC 3551 6, and the number that everyone uses for telephone-event.
const PCMU: u8 = 0;
const PCMA: u8 = 8;
const COMFORT_NOISE: u8 = 13;
const TELEPHONE_EVENT: u8 = 101;

#[cfg(test)]
mod tests;
