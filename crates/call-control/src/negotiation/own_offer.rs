//! An offer of ours in a 200, which the ACK answers (security-modes 3, late offer).
use std::net::IpAddr;

use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use sdp::{OfferRefusal, PendingOffer, Profile, make_offer, repeat_offer};

use super::{Agreement, LocalSession, agree, media_refusal};
use crate::{admission::Admitted, leases::MediaLease, refusal::Refusal};

/// An offer without its answer. What it offers is what the plan demands, and [`sdp::PendingOffer`] takes no other answer:
/// media under this offer begins with keys, or clear, as the plan says, or not at all.
#[derive(Debug)]
pub(crate) struct OwnOffer {
    local: LocalSession,
    text: Bytes,
    pending: PendingOffer,
}

impl OwnOffer {
    /// The first offer of a call.
    pub(crate) fn first(admitted: &Admitted, local: LocalSession, rng: &mut ChaCha20Rng) -> Self {
        let own = local.own_keys(rng);
        let (text, pending) = make_offer(&admitted.media_plan, &local.local_media(), &own);
        Self { local, text: Bytes::from(text.bytes), pending }
    }

    /// An offer within the dialog: the profile and the key of the session, and one version on.
    pub(crate) fn again(
        admitted: &Admitted,
        local: LocalSession,
        profile: Profile,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let local = local.next_version();
        let own = local.own_keys(rng);
        let (text, pending) = repeat_offer(&admitted.media_plan, &local.local_media(), &own, profile);
        Self { local, text: Bytes::from(text.bytes), pending }
    }

    /// The body of the 200.
    pub(crate) fn text(&self) -> Bytes {
        self.text.clone()
    }

    pub(crate) fn local(&self) -> LocalSession {
        self.local.clone()
    }

    pub(crate) fn lease(&self) -> MediaLease {
        self.local.lease
    }

    /// Rule 12 for the answer in the ACK.
    pub(crate) fn accept(
        self,
        answer: Option<&[u8]>,
        admitted: &Admitted,
        gateway_addresses: &[IpAddr],
    ) -> Result<Agreement, Refusal> {
        let media = answer.ok_or(OfferRefusal::AnswerMissing).and_then(|it| self.pending.accept_answer(it));
        let media = media.map_err(|refusal| media_refusal(admitted, refusal))?;
        let mut agreement = agree(media, self.text, admitted, gateway_addresses, self.local)?;
        // What the peer said was an answer. Should it come again as an offer it is a new one: our offer answers nothing.
        agreement.parameters.origin_line.clear();
        Ok(agreement)
    }
}
