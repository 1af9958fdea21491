//! From an offer to the answer and the media of a call. [`MediaSpec::clear`] is called here and nowhere else.
mod own_offer;

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use dial_plan::IpGateway;
use rand_chacha::{ChaCha20Rng, rand_core::RngCore};
use sdp::{KeptKey, LocalMedia, MediaParameters, MediaPlan, NegotiatedMedia, Offer, OwnKeys, accept_offer};
use srtp_media::{Direction, MediaSpec, SpecParameters, SrtpKeys, WhileSilent};
use telephony::{Secret, SrtpSuite};

use crate::{admission::Admitted, leases::MediaLease, refusal::Refusal};

pub(crate) use own_offer::OwnOffer;

/// Tells which local address a packet to a peer would leave from.
pub trait LocalRoute: Send {
    /// The local address of the route to `peer`, of its family; `None` without a route.
    fn source_towards(&self, peer: IpAddr) -> Option<IpAddr>;
}

/// What our SDP says where media goes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MediaAddress {
    /// The local address of the route to the peer's media.
    Auto,
    /// What the administrator wrote (`[media] address` or `advertise`).
    Fixed(IpAddr),
}

/// Our half of a media session: it stays the same from answer to answer.
#[derive(Clone, Debug)]
pub(crate) struct LocalSession {
    pub lease: MediaLease,
    /// The address that every answer of this call names.
    pub address: IpAddr,
    session_id: u64,
    session_version: u64,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// Our key: it stays as long as the suite and the MKI of the chosen line stay (security-modes 4).
    key: Option<KeptKey>,
}

impl LocalSession {
    /// A session with fresh random identifiers (RFC 3550 5.1).
    pub(crate) fn new(lease: MediaLease, address: IpAddr, rng: &mut ChaCha20Rng) -> Self {
        let bits = rng.next_u64();
        Self {
            lease,
            address,
            // RFC 8866 5.2 wants an NTP-like number; any that fits 63 bits is well read everywhere.
            session_id: rng.next_u64() >> 2,
            session_version: 1,
            ssrc: rng.next_u32(),
            sequence: u16::try_from(bits & 0x7fff).expect("masked to 15 bits"),
            timestamp: rng.next_u32(),
            key: None,
        }
    }

    /// The same session one answer later (RFC 3264 8: the version goes up by one).
    pub(crate) fn next_version(mut self) -> Self {
        self.session_version += 1;
        self
    }

    /// What protects the session, once that is agreed.
    pub(crate) fn suite(&self) -> Option<SrtpSuite> {
        self.key.as_ref().map(|kept| kept.key.suite())
    }

    fn own_keys(&self, rng: &mut ChaCha20Rng) -> OwnKeys {
        let mut fresh = [0; 46];
        rng.fill_bytes(&mut fresh);
        OwnKeys { fresh: Secret::new(fresh), kept: self.key.clone() }
    }

    fn local_media(&self) -> LocalMedia {
        LocalMedia {
            address: self.address,
            rtp_port: self.lease.rtp_port,
            rtcp_port: self.lease.rtcp_port,
            session_id: self.session_id,
            session_version: self.session_version,
        }
    }
}

/// An offer and the answer that fits it.
#[derive(Debug)]
pub(crate) struct Agreement {
    /// Our half, with the key that we agreed on.
    pub local: LocalSession,
    /// Our description: the answer, or the offer that was answered.
    pub said: Bytes,
    pub parameters: MediaParameters,
    pub spec: MediaSpec,
}

/// Rule 12: holds the offer against the plan's mode.
pub(crate) fn negotiate(
    offer: &Offer,
    admitted: &Admitted,
    gateway_addresses: &[IpAddr],
    local: LocalSession,
    rng: &mut ChaCha20Rng,
) -> Result<Agreement, Refusal> {
    let own = local.own_keys(rng);
    let (answer, negotiated) = accept_offer(offer, &admitted.media_plan, &local.local_media(), &own)
        .map_err(|refusal| media_refusal(admitted, refusal))?;
    agree(negotiated, Bytes::from(answer.bytes), admitted, gateway_addresses, local)
}

/// Both descriptions are known: the media of the call.
fn agree(
    negotiated: NegotiatedMedia,
    said: Bytes,
    admitted: &Admitted,
    gateway_addresses: &[IpAddr],
    mut local: LocalSession,
) -> Result<Agreement, Refusal> {
    // The mode decides, and it decides here once more: what sdp agreed on must be of the plan's kind.
    let (parameters, spec) = match (&admitted.media_plan, negotiated) {
        (MediaPlan::Clear, NegotiatedMedia::Clear(parameters)) => {
            let spec = spec_parameters(&parameters, admitted.gateway(), gateway_addresses, &local);
            (parameters, MediaSpec::clear(spec))
        }
        (MediaPlan::Srtp(_), NegotiatedMedia::Srtp { parameters, crypto }) => {
            local.key = Some(KeptKey { mki: crypto.send_mki.clone(), key: crypto.send.clone() });
            let spec = spec_parameters(&parameters, admitted.gateway(), gateway_addresses, &local);
            let keys = SrtpKeys {
                send: crypto.send,
                send_mki: crypto.send_mki,
                receive: crypto.receive,
                receive_mki: crypto.receive_mki,
                srtcp_clear: crypto.srtcp_clear,
            };
            (parameters, MediaSpec::secured(spec, keys))
        }
        (MediaPlan::Clear, NegotiatedMedia::Srtp { .. })
        | (MediaPlan::Srtp(_), NegotiatedMedia::Clear(_)) => {
            return Err(Refusal::ModeBroken { dial_plan: admitted.plan().name.to_string() });
        }
    };
    Ok(Agreement { local, said, parameters, spec })
}

/// The refusal of an offer in the words of its plan.
pub(crate) fn media_refusal(admitted: &Admitted, refusal: sdp::OfferRefusal) -> Refusal {
    let plan = admitted.plan();
    Refusal::Media { dial_plan: plan.name.to_string(), mode: plan.voip_security, refusal }
}

fn spec_parameters(
    media: &MediaParameters,
    gateway: &IpGateway,
    gateway_addresses: &[IpAddr],
    local: &LocalSession,
) -> SpecParameters {
    let mut accept_from = vec![media.remote_rtp.ip()];
    accept_from.extend(gateway_addresses.iter().filter(|address| **address != media.remote_rtp.ip()));
    SpecParameters {
        remote_rtp: media.remote_rtp,
        remote_rtcp: media.remote_rtcp,
        rtcp_mux: media.rtcp_mux,
        codec: media.codec,
        payload_type: media.payload_type,
        comfort_noise: media.comfort_noise,
        telephone_event: media.telephone_event,
        ptime: Duration::from_millis(u64::from(media.ptime_ms)),
        direction: direction(media.direction),
        accept_from,
        symmetric: gateway.symmetric_rtp,
        while_silent: match gateway.media_while_silent {
            dial_plan::WhileSilent::Sparse => WhileSilent::Sparse,
            dial_plan::WhileSilent::Continuous => WhileSilent::Continuous,
        },
        media_timeout: (gateway.media_timeout_seconds > 0)
            .then(|| Duration::from_secs(u64::from(gateway.media_timeout_seconds))),
        ssrc: local.ssrc,
        sequence: local.sequence,
        timestamp: local.timestamp,
    }
}

fn direction(ours: sdp::Direction) -> Direction {
    match ours {
        sdp::Direction::SendReceive => Direction { send: true, receive: true },
        sdp::Direction::SendOnly => Direction { send: true, receive: false },
        sdp::Direction::ReceiveOnly => Direction { send: false, receive: true },
        sdp::Direction::Inactive => Direction { send: false, receive: false },
    }
}
