//! The late offer (security-modes 3): the peer's INVITE has no SDP, our 200 offers, its ACK answers. No media and no prompt
//! before that.
use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use sip_signaling::{HeaderName, Reason, SipBody};

use super::{Call, CallEnd, Effect, SDP, Surroundings, facts::Facts, session::Session};
use crate::{
    negotiation::{LocalSession, OwnOffer},
    refusal::Refusal,
};

impl Session {
    /// The offer for an INVITE without SDP. The peer's media address is not known yet: ours is of the route to its
    /// signalling.
    pub(super) fn offer_late(
        &mut self,
        facts: &Facts,
        world: &mut Surroundings<'_>,
    ) -> Result<Bytes, Refusal> {
        let address = world.media_address(world.peer.ip().to_canonical())?;
        let lease = world.leases.take().ok_or(Refusal::NoMediaPort)?;
        let local = LocalSession::new(lease, address, world.rng);
        let offer = OwnOffer::first(&facts.admitted, local, world.rng);
        let text = offer.text();
        *self = Self::Offered(Box::new(offer));
        Ok(text)
    }

    /// The offer for a re-INVITE without SDP; the session goes on as it is until the answer comes.
    pub(super) fn offer_again(&mut self, facts: &Facts, rng: &mut ChaCha20Rng) -> Result<Bytes, Refusal> {
        let open = self.opened_mut().ok_or(Refusal::Busy)?;
        let offer = OwnOffer::again(&facts.admitted, open.leg.local(), open.leg.profile(), rng);
        // The next description of ours is a later one, whatever becomes of this offer.
        open.leg.set_local(offer.local());
        let text = offer.text();
        open.own_offer = Some(offer);
        Ok(text)
    }

    /// The answer to our offer in an ACK or 200, if we have made one.
    fn take_answer(
        &mut self,
        answer: Option<&Bytes>,
        facts: &Facts,
        world: &mut Surroundings<'_>,
    ) -> Result<(), Refusal> {
        let (answer, gateway) = (answer.map(|bytes| &bytes[..]), &world.gateway_addresses);
        let command = if let Some(offer) = self.take_first_offer() {
            let lease = offer.lease();
            let agreed = offer.accept(answer, &facts.admitted, gateway);
            self.open(agreed.inspect_err(|_| world.leases.offer(lease))?, world.now)
        } else if let Some(open) = self.opened_mut()
            && let Some(offer) = open.own_offer.take()
        {
            open.update(offer.accept(answer, &facts.admitted, gateway)?, world.now)
        } else {
            return Ok(());
        };
        world.effects.push(Effect::Media(command));
        Ok(())
    }
}

impl Call {
    /// The peer wants us to refresh the session, and takes no UPDATE: a full offer, with profile and key of the session.
    pub(super) fn refresh(&mut self, world: &mut Surroundings<'_>) {
        let Some(dialog) = self.leg.dialog() else { return };
        // While another offer waits, and without media, there is nothing to say; the session then ends by its timer.
        if self.session.opened().is_some_and(|open| open.own_offer.is_none())
            && let Ok(text) = self.session.offer_again(&self.facts, world.rng)
        {
            let offer = SipBody { content_type: Bytes::from_static(SDP.as_bytes()), bytes: text };
            world.effects.push(Effect::Reinvite { dialog, offer });
        }
    }

    /// The answer to an offer of ours, in the ACK or in the 200 to our re-INVITE; one that does not fit ends the call.
    pub(super) fn offer_answered(&mut self, answer: Option<&Bytes>, world: &mut Surroundings<'_>) {
        if let Err(refusal) = self.session.take_answer(answer, &self.facts, world) {
            self.hang_up_unfit(&refusal, world);
        }
    }

    /// Our offer within the dialog is answered by nothing: the session goes on as it was.
    pub(super) fn offer_refused(&mut self) {
        if let Some(open) = self.session.opened_mut() {
            open.own_offer = None;
        }
    }

    /// BYE to a peer whose answer is not what we offered.
    fn hang_up_unfit(&mut self, refusal: &Refusal, world: &mut Surroundings<'_>) {
        let Some(dialog) = self.leg.dialog() else { return };
        let reason = Bytes::from(Reason::sip(refusal.status().code(), &refusal.to_string()));
        world.effects.push(Effect::Event(self.facts.add_to(refusal.event())));
        world.effects.push(Effect::Bye { dialog, headers: vec![(HeaderName::Reason, reason)] });
        self.end_with(CallEnd::AnswerUnfit, world);
    }
}
