//! Rules 7 to 9 of security-modes section 0: may this call come in, and how must its media be.
use std::sync::Arc;

use dial_plan::{
    CallFacts, DialPlan, GatewayStatus, IpGateway, Route, Site, SrtcpClear, SrtpAnswer, SrtpPrefer,
    VoipSecurity,
};
use sdp::{MediaPlan, SuitePolicy};
use sip_signaling::{Transport, TransportClass};

use crate::refusal::{Refusal, SipPorts};

/// A call that rules 7 to 9 let through.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The configuration that this call keeps for its whole life.
    pub site: Arc<Site>,
    /// How it was routed: gateway, hunt group, plan, candidate numbers, each step in words.
    pub route: Route,
    /// What the plan's mode demands of the media.
    pub media_plan: MediaPlan,
}

impl Admitted {
    /// The dial plan of the call.
    pub fn plan(&self) -> &DialPlan {
        self.site.dial_plan(&self.route.dial_plan).expect("routed by this very Site")
    }

    /// The gateway of the call.
    pub fn gateway(&self) -> &IpGateway {
        self.site.gateway(&self.route.gateway).expect("routed by this very Site")
    }
}

/// Judges a call by the Site alone: gateway status, hunt group, mode against transport, in this order. `ports` only
/// serves the words of a refusal.
///
/// # Errors
/// The first of rules 7 to 9 that the call breaks.
pub fn admit(
    site: &Arc<Site>,
    facts: &CallFacts<'_>,
    transport: Transport,
    ports: SipPorts,
) -> Result<Admitted, Refusal> {
    // Rule 7 asks every gateway that the caller may be: one that takes calls is enough to go on.
    let candidates: Vec<&IpGateway> = facts.gateways.iter().filter_map(|name| site.gateway(name)).collect();
    let taking = candidates.iter().any(|gateway| gateway.status == GatewayStatus::Enabled);
    if let (false, Some(first)) = (taking, candidates.first()) {
        return Err(Refusal::GatewayTakesNoCalls { gateway: first.name.to_string(), status: first.status });
    }
    let route = site.route(facts).map_err(Refusal::NoHuntGroup)?;
    let gateway = site.gateway(&route.gateway).expect("route() names gateways of this Site");
    if gateway.status != GatewayStatus::Enabled {
        return Err(Refusal::GatewayTakesNoCalls {
            gateway: gateway.name.to_string(),
            status: gateway.status,
        });
    }
    let plan = site.dial_plan(&route.dial_plan).expect("route() names plans of this Site");
    let media_plan = media_plan(plan, gateway, transport, ports)?;
    Ok(Admitted { site: Arc::clone(site), route, media_plan })
}

/// Rule 9 by mode alone: whether a plan of `mode` takes calls over a transport of `class`.
pub(crate) fn fits(mode: VoipSecurity, class: TransportClass) -> bool {
    match (mode, class) {
        (VoipSecurity::Unsecured, TransportClass::Clear)
        | (VoipSecurity::SipSecured | VoipSecurity::Secured, TransportClass::Tls) => true,
        (VoipSecurity::Unsecured, TransportClass::Tls)
        | (VoipSecurity::SipSecured | VoipSecurity::Secured, TransportClass::Clear) => false,
    }
}

/// Rule 9, and the one place where a mode becomes a demand on the media.
fn media_plan(
    plan: &DialPlan,
    gateway: &IpGateway,
    transport: Transport,
    ports: SipPorts,
) -> Result<MediaPlan, Refusal> {
    let mode = plan.voip_security;
    if !fits(mode, transport.class()) {
        return Err(Refusal::TransportMismatch { dial_plan: plan.name.to_string(), mode, transport, ports });
    }
    match mode {
        VoipSecurity::Unsecured | VoipSecurity::SipSecured => Ok(MediaPlan::Clear),
        VoipSecurity::Secured => Ok(MediaPlan::Srtp(SuitePolicy {
            suites: plan.srtp_suites.clone(),
            prefer_own: plan.srtp_prefer == SrtpPrefer::Own,
            srtcp_clear: gateway.srtcp_clear == SrtcpClear::Allow,
            answer_savp: gateway.srtp_answer == SrtpAnswer::Savp,
        })),
    }
}
