//! From the mailbox that was found to the first prompt: rules 11 and 12, `200`, ACK.
use std::time::Duration;

use bytes::Bytes;
use sdp::Offer;
use sip_signaling::{DialogId, Reply, StatusCode};

use super::{
    Call, CallEnd, Effect, Leg, SDP, Surroundings, facts::Facts, reaching::Reached, session::Session,
};
use crate::{
    admission::Admitted,
    negotiation::{self, Agreement, LocalSession},
    refusal::Refusal,
    vocabulary::CallStage,
};

impl Call {
    /// The endpoint has sent our 200; or could not, and the call is over.
    pub(super) fn answered(&mut self, dialog: Option<DialogId>, world: &mut Surroundings<'_>) {
        let Some(dialog) = dialog else { return self.end_with(CallEnd::Fault, world) };
        let minutes = u64::from(self.facts.admitted.plan().max_call_minutes);
        let until = world.now + Duration::from_secs(60 * minutes);
        self.leg = Leg::Answered { dialog, since: world.date, acknowledged: false, until };
        self.move_to(CallStage::Answering, world);
    }

    /// Rules 11 and 12, then `200`.
    pub(super) fn answer(&mut self, reached: Reached, world: &mut Surroundings<'_>) {
        let Leg::Offered { transaction, ref offer } = self.leg else { return };
        let described = match offer.clone() {
            Some(offer) => self.session.answer(&offer, &self.facts, world),
            None => self.session.offer_late(&self.facts, world),
        };
        match described {
            Ok(description) => {
                self.reach(reached);
                let reply = Reply::new(StatusCode::OK).body(SDP, description);
                world.effects.push(Effect::Accept { transaction, reply });
            }
            Err(refusal) => self.refuse(&refusal, world),
        }
    }

    pub(super) fn acknowledged(&mut self, answer: Option<&Bytes>, world: &mut Surroundings<'_>) {
        let Leg::Answered { acknowledged, .. } = &mut self.leg else { return };
        let is_first = !std::mem::replace(acknowledged, true);
        self.offer_answered(answer, world);
        // An answer that does not fit has ended the call.
        if !is_first || self.dialog().is_none() {
            return;
        }
        let delay = Duration::from_millis(u64::from(self.facts.admitted.gateway().answer_delay_ms));
        self.begin_talk(delay, world);
        self.move_to(CallStage::Talking, world);
    }
}

impl Session {
    /// The answer to the offer in the INVITE; the media is open with it.
    fn answer(
        &mut self,
        offer: &[u8],
        facts: &Facts,
        world: &mut Surroundings<'_>,
    ) -> Result<Bytes, Refusal> {
        let agreement = agree(offer, &facts.admitted, world)?;
        let said = agreement.said.clone();
        world.effects.push(Effect::Media(self.open(agreement, world.now)));
        Ok(said)
    }
}

fn agree(offer: &[u8], admitted: &Admitted, world: &mut Surroundings<'_>) -> Result<Agreement, Refusal> {
    let refuse = |refusal| negotiation::media_refusal(admitted, refusal);
    let offer = Offer::parse(offer).map_err(|error| refuse(error.into()))?;
    let addresses = world.media_addresses(offer.audio_addresses().collect())?;
    let lease = world.leases.take().ok_or(Refusal::NoMediaPort)?;
    let mut first_refusal = None;
    for address in addresses {
        let local = LocalSession::new(lease, address, world.rng);
        match negotiation::negotiate(&offer, admitted, &world.gateway_addresses, local, world.rng) {
            Ok(agreement) => return Ok(agreement),
            Err(refusal) => first_refusal = first_refusal.or(Some(refusal)),
        }
    }
    world.leases.offer(lease);
    Err(first_refusal.unwrap_or(Refusal::NoMediaPort))
}
