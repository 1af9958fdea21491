//! From the mailbox that was found to the first prompt: rules 11 and 12, `200`, ACK.
use std::time::Duration;

use bytes::Bytes;
use sdp::Offer;
use sip_signaling::{DialogId, Reply, StatusCode};

use super::{
    Call, CallEnd, Deadline, Effect, Leg, SDP, Surroundings, media_leg::MediaLeg, reaching::Reached,
};
use crate::{
    negotiation::{self, LocalSession, OwnOffer},
    refusal::Refusal,
    vocabulary::CallStage,
};

/// What we answered last, for a session refresh with an unchanged offer (security-modes 4).
#[derive(Clone, Debug)]
pub(super) struct AnsweredOffer {
    pub(super) origin_line: String,
    pub(super) answer: Bytes,
}

impl From<&OwnOffer> for AnsweredOffer {
    /// Nothing of the peer was answered with it yet.
    fn from(offer: &OwnOffer) -> Self {
        Self { origin_line: String::new(), answer: offer.text() }
    }
}

impl Call {
    /// The endpoint has sent our 200; or could not, and the call is over.
    pub(super) fn answered(&mut self, dialog: Option<DialogId>, world: &mut Surroundings<'_>) {
        let offered = || self.own_offer.as_ref().map(AnsweredOffer::from);
        match (dialog, self.media.as_ref().map(MediaLeg::last_answer).or_else(offered)) {
            (Some(dialog), Some(last)) => {
                self.leg = Leg::Answered { dialog, acknowledged: false, last };
                self.notes.answered = Some(world.date);
                self.move_to(CallStage::Answering, world);
            }
            (None, _) | (_, None) => {
                self.leg = Leg::Gone;
                self.end_with(CallEnd::Fault, world);
            }
        }
    }

    /// Rules 11 and 12, then `200`.
    pub(super) fn answer(&mut self, reached: Reached, world: &mut Surroundings<'_>) {
        let Leg::Offered { transaction, ref offer } = self.leg else { return };
        match self.describe_media(offer.clone(), world) {
            Ok(description) => {
                self.reach(reached);
                self.deadline = None;
                let minutes = u64::from(self.facts.admitted.plan().max_call_minutes);
                self.longest = Some(world.now + Duration::from_secs(60 * minutes));
                let reply = Reply::new(StatusCode::OK).body(SDP, description);
                world.effects.push(Effect::Accept { transaction, reply });
            }
            Err(refusal) => self.refuse(&refusal, world),
        }
    }

    /// The body of our 200: the answer, with its media open, or our offer.
    fn describe_media(
        &mut self,
        offer: Option<Bytes>,
        world: &mut Surroundings<'_>,
    ) -> Result<Bytes, Refusal> {
        let Some(offer) = offer else { return self.offer_late(world) };
        let media = self.media.insert(self.media_for(&offer, world)?);
        world.effects.push(Effect::Media(media.open()));
        let answer = media.last_answer().answer;
        self.note_hold(world.now);
        Ok(answer)
    }

    fn media_for(&self, offer: &[u8], world: &mut Surroundings<'_>) -> Result<MediaLeg, Refusal> {
        let refuse = |refusal| negotiation::media_refusal(&self.facts.admitted, refusal);
        let offer = Offer::parse(offer).map_err(|error| refuse(error.into()))?;
        let addresses = world.media_addresses(offer.audio_addresses().collect())?;
        let lease = world.leases.take().ok_or(Refusal::NoMediaPort)?;
        let mut first_refusal = None;
        for address in addresses {
            let local = LocalSession::new(lease, address, world.rng);
            let gateway = &world.gateway_addresses;
            match negotiation::negotiate(&offer, &self.facts.admitted, gateway, local, world.rng) {
                Ok(agreement) => return Ok(MediaLeg::new(agreement)),
                Err(refusal) => first_refusal = first_refusal.or(Some(refusal)),
            }
        }
        world.leases.offer(lease);
        Err(first_refusal.unwrap_or(Refusal::NoMediaPort))
    }

    pub(super) fn acknowledged(&mut self, answer: Option<&Bytes>, world: &mut Surroundings<'_>) {
        let Leg::Answered { acknowledged, .. } = &mut self.leg else { return };
        let is_first = !std::mem::replace(acknowledged, true);
        if let Err(refusal) = self.take_late_answer(answer, world) {
            return self.hang_up_unfit(&refusal, world);
        }
        if !is_first {
            return;
        }
        let delay = Duration::from_millis(u64::from(self.facts.admitted.gateway().answer_delay_ms));
        self.deadline = Some((world.now + delay, Deadline::FirstPrompt));
        self.conversation = self.new_conversation(world);
        self.move_to(CallStage::Talking, world);
    }
}
