//! Offers within the dialog: re-INVITE and UPDATE. What would leave the plan's mode gets `488`, and the session goes on as
//! it was (security-modes 3).
use bytes::Bytes;
use sdp::Offer;
use sip_signaling::{Method, Reply, Request, StatusCode, TransactionId};

use super::{Call, Effect, Leg, SDP, Surroundings};
use crate::{negotiation, refusal::Refusal};

impl Call {
    pub(super) fn renegotiate(
        &mut self,
        transaction: TransactionId,
        request: &Request,
        world: &mut Surroundings<'_>,
    ) {
        let reply = match self.answer_again(request, world) {
            Ok(Some(answer)) => Reply::new(StatusCode::OK).body(SDP, answer),
            Ok(None) => Reply::new(StatusCode::OK),
            Err(refusal) => {
                world.effects.push(Effect::Event(self.facts.add_to(refusal.event())));
                refusal.reply(&world.settings.fqdn)
            }
        };
        world.effects.push(Effect::Respond { transaction, reply });
    }

    /// The answer to an offer within the dialog; the session goes on as it was if it does not fit.
    fn answer_again(
        &mut self,
        request: &Request,
        world: &mut Surroundings<'_>,
    ) -> Result<Option<Bytes>, Refusal> {
        let Some(body) = request.sdp() else {
            // A re-INVITE offers or is offered to (RFC 3261 14.2); an UPDATE without SDP refreshes the session.
            return match request.method == Method::Invite {
                true => self.offer_again(world).map(Some),
                false => Ok(None),
            };
        };
        let (Leg::Answered { last, .. }, Some(media)) = (&mut self.leg, &mut self.media) else {
            return Err(Refusal::Busy);
        };
        let refuse = |refusal| negotiation::media_refusal(&self.facts.admitted, refusal);
        let offer = Offer::parse(&body).map_err(|error| refuse(error.into()))?;
        if !last.origin_line.is_empty() && offer.origin_line() == last.origin_line {
            return Ok(Some(last.answer.clone()));
        }
        let addresses = &world.gateway_addresses;
        let again =
            negotiation::negotiate(&offer, &self.facts.admitted, addresses, media.local(), world.rng)?;
        // RFC 3264 8: the version of our o= line goes up only if what we say changes.
        let agreement = if again.said == last.answer {
            again
        } else {
            let local = again.local.next_version();
            negotiation::negotiate(&offer, &self.facts.admitted, addresses, local, world.rng)?
        };
        world.effects.push(Effect::Media(media.update(agreement)));
        *last = media.last_answer();
        let answer = last.answer.clone();
        self.note_hold(world.now);
        Ok(Some(answer))
    }
}
