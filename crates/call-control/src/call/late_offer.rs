//! The late offer (security-modes 3): the peer's INVITE has no SDP, our 200 offers, its ACK answers. No media and no prompt
//! before that.
use bytes::Bytes;
use sip_signaling::{HeaderName, Reason, SipBody};

use super::{Call, CallEnd, Effect, Leg, SDP, Surroundings, media_leg::MediaLeg};
use crate::{
    negotiation::{LocalSession, OwnOffer},
    refusal::Refusal,
};

impl Call {
    /// The offer for an INVITE without SDP. The peer's media address is not known yet: ours is of the route to its
    /// signalling.
    pub(super) fn offer_late(&mut self, world: &mut Surroundings<'_>) -> Result<Bytes, Refusal> {
        let address = world.media_address(world.peer.ip().to_canonical())?;
        let lease = world.leases.take().ok_or(Refusal::NoMediaPort)?;
        let local = LocalSession::new(lease, address, world.rng);
        let offer = OwnOffer::first(&self.facts.admitted, local, world.rng);
        let text = offer.text();
        self.own_offer = Some(offer);
        Ok(text)
    }

    /// The offer for a re-INVITE without SDP; the session goes on as it is until the answer comes.
    pub(super) fn offer_again(&mut self, world: &mut Surroundings<'_>) -> Result<Bytes, Refusal> {
        let Some(media) = &mut self.media else { return Err(Refusal::Busy) };
        let offer = OwnOffer::again(&self.facts.admitted, media.local(), media.profile(), world.rng);
        // The next description of ours is a later one, whatever becomes of this offer.
        media.set_local(offer.local());
        let text = offer.text();
        self.own_offer = Some(offer);
        Ok(text)
    }

    /// The peer wants us to refresh the session, and takes no UPDATE: a full offer, with profile and key of the session.
    pub(super) fn refresh(&mut self, world: &mut Surroundings<'_>) {
        let Leg::Answered { dialog, .. } = self.leg else { return };
        // While another offer waits, and without media, there is nothing to say; the session then ends by its timer.
        if self.own_offer.is_none()
            && let Ok(text) = self.offer_again(world)
        {
            let offer = SipBody { content_type: Bytes::from_static(SDP.as_bytes()), bytes: text };
            world.effects.push(Effect::Reinvite { dialog, offer });
        }
    }

    /// The 200 to our re-INVITE.
    pub(super) fn offer_answered(&mut self, answer: Option<&Bytes>, world: &mut Surroundings<'_>) {
        if let Err(refusal) = self.take_late_answer(answer, world) {
            self.hang_up_unfit(&refusal, world);
        }
    }

    /// The answer to our offer in an ACK or 200, if we have made one.
    pub(super) fn take_late_answer(
        &mut self,
        answer: Option<&Bytes>,
        world: &mut Surroundings<'_>,
    ) -> Result<(), Refusal> {
        let Some(offer) = self.own_offer.take() else { return Ok(()) };
        let lease = offer.lease();
        let answer = answer.map(|bytes| &bytes[..]);
        match offer.accept(answer, &self.facts.admitted, &world.gateway_addresses) {
            Ok(agreement) => {
                let command = match &mut self.media {
                    Some(media) => media.update(agreement),
                    None => self.media.insert(MediaLeg::new(agreement)).open(),
                };
                world.effects.push(Effect::Media(command));
                if let (Leg::Answered { last, .. }, Some(media)) = (&mut self.leg, &self.media) {
                    *last = media.last_answer();
                }
                self.note_hold(world.now);
                Ok(())
            }
            Err(refusal) => {
                if self.media.is_none() {
                    world.leases.offer(lease);
                }
                Err(refusal)
            }
        }
    }

    /// The call is over before its offer was answered: the ports that it has not used go back.
    pub(super) fn withdraw_offer(&mut self, world: &mut Surroundings<'_>) {
        if let Some(offer) = self.own_offer.take()
            && self.media.is_none()
        {
            world.leases.offer(offer.lease());
        }
    }

    /// BYE to a peer whose answer is not what we offered.
    pub(super) fn hang_up_unfit(&mut self, refusal: &Refusal, world: &mut Surroundings<'_>) {
        let Leg::Answered { dialog, .. } = self.leg else { return };
        let reason = Bytes::from(Reason::sip(refusal.status().code(), &refusal.to_string()));
        world.effects.push(Effect::Event(self.facts.add_to(refusal.event())));
        world.effects.push(Effect::Bye { dialog, headers: vec![(HeaderName::Reason, reason)] });
        self.leg = Leg::Gone;
        self.end_with(CallEnd::AnswerUnfit, world);
    }
}
