//! Offers within the dialog: re-INVITE and UPDATE. What would leave the plan's mode gets `488`, and the session goes on as
//! it was (security-modes 3).
use bytes::Bytes;
use sdp::Offer;
use sip_signaling::{Method, Reply, Request, StatusCode, TransactionId};

use super::{Call, Effect, Leg, SDP, Surroundings, facts::Facts, session::Session};
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

    /// The answer to an offer within the dialog, or our offer; the session goes on as it was if it does not fit.
    fn answer_again(
        &mut self,
        request: &Request,
        world: &mut Surroundings<'_>,
    ) -> Result<Option<Bytes>, Refusal> {
        match (request.sdp(), &self.leg, &request.method) {
            (Some(offer), Leg::Answered { .. }, _) => {
                self.session.answer_again(&offer, &self.facts, world).map(Some)
            }
            // A re-INVITE offers or is offered to (RFC 3261 14.2); an UPDATE without SDP refreshes the session.
            (None, Leg::Answered { .. }, Method::Invite) => {
                self.session.offer_again(&self.facts, world.rng).map(Some)
            }
            (None, Leg::Answered { .. }, _) => Ok(None),
            (_, Leg::Offered { .. } | Leg::Over(_), _) => Err(Refusal::Busy),
        }
    }
}

impl Session {
    fn answer_again(
        &mut self,
        offer: &[u8],
        facts: &Facts,
        world: &mut Surroundings<'_>,
    ) -> Result<Bytes, Refusal> {
        let open = self.opened_mut().ok_or(Refusal::Busy)?;
        let refuse = |refusal| negotiation::media_refusal(&facts.admitted, refusal);
        let offer = Offer::parse(offer).map_err(|error| refuse(error.into()))?;
        let last = open.leg.last_answer();
        if !last.origin_line.is_empty() && offer.origin_line() == last.origin_line {
            return Ok(last.answer.clone());
        }
        let addresses = &world.gateway_addresses;
        let again = negotiation::negotiate(&offer, &facts.admitted, addresses, open.leg.local(), world.rng)?;
        // RFC 3264 8: the version of our o= line goes up only if what we say changes.
        let agreement = if again.said == last.answer {
            again
        } else {
            let local = again.local.next_version();
            negotiation::negotiate(&offer, &facts.admitted, addresses, local, world.rng)?
        };
        let said = agreement.said.clone();
        world.effects.push(Effect::Media(open.update(agreement, world.now)));
        Ok(said)
    }
}
