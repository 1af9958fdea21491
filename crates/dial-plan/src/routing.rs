#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::net::IpAddr;

use crate::{
    called_number::{canonical_user, shown},
    candidates::{CandidateSource, MAX_REDIRECTIONS, MailboxCandidate, redirecting_candidates},
    gateway::{IpGateway, PilotSource},
    hunt_group::HuntGroup,
    mask::{Mask, NumberRule, Pilot},
    name::Name,
    site::Site,
};

/// What a new call says about where it wants to go: plain texts from its headers, as the peer wrote them. User parts
/// and whole URIs are both understood.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallFacts<'a> {
    /// The gateways that the source may be (security-modes 1); unknown names are passed over.
    pub gateways: &'a [&'a str],
    /// The source address, if it should narrow several gateways.
    pub source: Option<IpAddr>,
    /// Further addresses of gateways, which the resolver found for their FQDNs.
    pub resolved: &'a [(&'a str, IpAddr)],
    /// The user part of the Request-URI.
    pub request_user: &'a str,
    /// The host of the Request-URI without port; only pilots with `@` ask for it.
    pub request_host: Option<&'a str>,
    /// The user part of P-Called-Party-ID (RFC 7315 4.2).
    pub p_called_party: Option<&'a str>,
    /// The `target` parameter of the Request-URI (RFC 4458).
    pub target: Option<&'a str>,
    /// The Diversion entries, the top one first.
    pub diversions: &'a [&'a str],
    /// The History-Info entries as index and number, in any order.
    pub history: &'a [(&'a str, &'a str)],
}

/// Where a call goes, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// The gateway that sent it.
    pub gateway: Name,
    /// The hunt group that takes it.
    pub hunt_group: Name,
    /// The plan it belongs to.
    pub dial_plan: Name,
    /// Numbers that may be mailboxes; the first that is one of the plan is taken, none means `404`.
    pub candidates: Vec<MailboxCandidate>,
    /// What the called number stands for, if none of the candidates is a mailbox.
    pub service: PlanService,
    /// Other gateways that the call may have come from with equal right: event 1175 if there are any.
    pub ambiguous: Vec<Name>,
    /// Each step of the decision in words, in order.
    pub steps: Vec<String>,
}

/// What a number of a plan stands for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PlanService {
    /// Nothing but the mailbox that may have it.
    CallAnswering,
    /// An access number: subscribers open their mailboxes.
    SubscriberAccess,
    /// A pilot of this attendant.
    AutoAttendant(Name),
}

/// Why a call has no way. Its words are for an administrator.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RouteRefusal {
    /// The source is no gateway of the site: `403`.
    #[error("the source is no gateway of this server")]
    UnknownGateway {
        /// What was tried.
        steps: Vec<String>,
    },
    /// No hunt group takes the called number: `404`.
    #[error("gateway {gateway} has no hunt group for `{}`{}", shown(received), read_as(received, rewritten))]
    NoHuntGroup {
        /// The first gateway that the source may be.
        gateway: Name,
        /// The called number as received.
        received: String,
        /// The called number as compared.
        rewritten: String,
        /// What was tried.
        steps: Vec<String>,
    },
}

impl RouteRefusal {
    /// Each step up to the refusal in words, in order.
    pub fn steps(&self) -> &[String] {
        match self {
            Self::UnknownGateway { steps } | Self::NoHuntGroup { steps, .. } => steps,
        }
    }

    /// The command that mends it.
    pub fn remedy(&self) -> String {
        match self {
            Self::UnknownGateway { .. } => {
                "run `um gateway create NAME --address FQDN-OR-IP --dialplan PLAN`".to_owned()
            }
            Self::NoHuntGroup { gateway, rewritten, .. } => {
                let pilot =
                    Pilot::parse(rewritten).map_or_else(|_| "NUMBER".to_owned(), |pilot| pilot.to_string());
                format!(
                    "run `um huntgroup create NAME --gateway {} --dialplan PLAN --pilot {pilot}`",
                    gateway.shell_word()
                )
            }
        }
    }
}

impl Site {
    /// Finds the gateway, hunt group and dial plan of a new call, and the numbers to ask the store for, in the order of
    /// the rules (security-modes 1, 1a, 1b). Modes, status and limits are judged by the caller.
    pub fn route(&self, facts: &CallFacts<'_>) -> Result<Route, RouteRefusal> {
        let mut steps = Vec::new();
        let called = self.narrowed(facts, &mut steps);
        let Some(first) = called.first() else {
            steps.push("no gateway of this server is the source".to_owned());
            return Err(RouteRefusal::UnknownGateway { steps });
        };
        let Some((called, group, ambiguous)) = self.group_for(&called) else {
            let (gateway, received, rewritten) =
                (first.gateway.name.clone(), first.received.to_owned(), first.number.clone());
            steps.push(format!(
                "no hunt group of {gateway} takes {}, and it has no default group",
                shown(&rewritten)
            ));
            return Err(RouteRefusal::NoHuntGroup { gateway, received, rewritten, steps });
        };
        steps.push(group_step(group, self));
        if !ambiguous.is_empty() {
            let names: Vec<&str> = ambiguous.iter().map(Name::as_str).collect();
            steps.push(format!("{} could have sent it too: first by name wins", names.join(", ")));
        }
        let candidates = self.candidates(facts, &called, group, &mut steps);
        let service = self.service_of(group, &called.number, &mut steps);
        Ok(Route {
            gateway: called.gateway.name.clone(),
            hunt_group: group.name.clone(),
            dial_plan: group.dial_plan.clone(),
            candidates,
            service,
            ambiguous,
            steps,
        })
    }

    /// The gateways that the call may have come from, in the order of names, each with the called number as its rules
    /// read it. Several are narrowed to those with the source among their addresses, if any.
    fn narrowed<'a>(&'a self, facts: &CallFacts<'a>, steps: &mut Vec<String>) -> Vec<Called<'a>> {
        let mut gateways: Vec<&IpGateway> =
            facts.gateways.iter().filter_map(|name| self.gateways.get(*name)).collect();
        gateways.sort_by(|a, b| a.name.cmp(&b.name));
        gateways.dedup_by(|a, b| a.name == b.name);
        if let (true, Some(source)) = (gateways.len() > 1, facts.source) {
            let here: Vec<&IpGateway> =
                gateways.iter().copied().filter(|gateway| is_at(gateway, source, facts)).collect();
            if !here.is_empty() && here.len() < gateways.len() {
                steps.push(format!("{source} is an address of {} only", names(&here)));
                gateways = here;
            }
        }
        match gateways.as_slice() {
            [] => {}
            [one] => steps.push(format!("the call comes from gateway {}", one.name)),
            several => {
                steps.push(format!("the call may come from any of {}: the pilot decides", names(several)))
            }
        }
        gateways.into_iter().map(|gateway| Called::new(gateway, facts, steps)).collect()
    }

    /// Exact pilot, then pilot mask (the one with fewest wildcards), then the default group; over all gateways together.
    fn group_for<'a>(&'a self, called: &[Called<'a>]) -> Option<(Called<'a>, &'a HuntGroup, Vec<Name>)> {
        let mut fitting: Vec<(Rank, &Called<'a>, &HuntGroup)> = called
            .iter()
            .flat_map(|called| {
                let groups = self.hunt_groups.values().filter(|group| group.gateway == called.gateway.name);
                groups.filter_map(move |group| Some((called.rank(group)?, called, group)))
            })
            .collect();
        // Stable: equal ranks stay in the order of gateways, then of groups.
        fitting.sort_by_key(|(rank, ..)| *rank);
        let (best, chosen, group) = fitting.first()?;
        let mut ambiguous: Vec<Name> = fitting
            .iter()
            .filter(|(rank, other, _)| rank == best && other.gateway.name != chosen.gateway.name)
            .map(|(_, other, _)| other.gateway.name.clone())
            .collect();
        ambiguous.dedup();
        Some(((*chosen).clone(), *group, ambiguous))
    }

    fn candidates(
        &self,
        facts: &CallFacts<'_>,
        called: &Called<'_>,
        group: &HuntGroup,
        steps: &mut Vec<String>,
    ) -> Vec<MailboxCandidate> {
        if facts.diversions.len() > MAX_REDIRECTIONS || facts.history.len() > MAX_REDIRECTIONS {
            steps.push(format!("only the first {MAX_REDIRECTIONS} redirecting entries count"));
        }
        let mut candidates = redirecting_candidates(called.gateway, facts, &called.number);
        candidates.push(called.as_candidate(group, steps));
        candidates.retain(|candidate| {
            let pilot = self.is_pilot(group, &candidate.rewritten);
            let empty = candidate.rewritten.is_empty();
            match (pilot, empty) {
                (true, _) => steps.push(format!("{candidate}: passed over, it is a pilot")),
                (false, true) => steps.push(format!("{candidate}: passed over, it holds no number")),
                (false, false) => {
                    steps.push(format!("{candidate}: ask for a mailbox of {}", group.dial_plan))
                }
            }
            !pilot && !empty
        });
        if candidates.is_empty() {
            steps.push("the call names no number that could be a mailbox".to_owned());
        }
        candidates
    }

    /// What the called number stands for in the plan. A redirected call is for the mailbox that it was redirected from,
    /// whatever pilot it was sent to.
    fn service_of(&self, group: &HuntGroup, number: &str, steps: &mut Vec<String>) -> PlanService {
        let plan = group.dial_plan.as_str();
        if let Some(attendant) = self.attendant_of_pilot(plan, number) {
            steps.push(format!("{} is a pilot of auto attendant {}", shown(number), attendant.name));
            return PlanService::AutoAttendant(attendant.name.clone());
        }
        if self.is_access_number(plan, number) {
            steps.push(format!("{} is an access number of {plan}: subscriber access", shown(number)));
            return PlanService::SubscriberAccess;
        }
        PlanService::CallAnswering
    }

    /// Whether the number is an exact pilot of the chosen gateway or into the chosen plan, or an access number or pilot
    /// of an attendant of the plan: never a mailbox.
    fn is_pilot(&self, chosen: &HuntGroup, number: &str) -> bool {
        let plan = chosen.dial_plan.as_str();
        if self.is_access_number(plan, number) || self.attendant_of_pilot(plan, number).is_some() {
            return true;
        }
        self.hunt_groups
            .values()
            .filter(|group| group.gateway == chosen.gateway || group.dial_plan == chosen.dial_plan)
            .any(|group| matches!(&group.pilot, Some(Pilot::Number(pilot)) if pilot.as_str() == number))
    }
}

/// How well a hunt group fits, the best first; masks by the number of their wildcards.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rank {
    Exact,
    Mask { wildcards: usize },
    Default,
}

/// The called number as one gateway's rules read it.
#[derive(Clone)]
struct Called<'a> {
    gateway: &'a IpGateway,
    received: &'a str,
    host: Option<String>,
    /// Canonical, before the number rules: what a pilot with `@` is compared with.
    user: String,
    number: String,
    rule: Option<NumberRule>,
}

impl<'a> Called<'a> {
    fn new(gateway: &'a IpGateway, facts: &CallFacts<'a>, steps: &mut Vec<String>) -> Self {
        let (header, received) = match (gateway.pilot_from, facts.p_called_party) {
            (PilotSource::PCalledPartyId, Some(user)) => ("P-Called-Party-ID", user),
            (PilotSource::PCalledPartyId, None) | (PilotSource::RequestUri, _) => {
                ("Request-URI", facts.request_user)
            }
        };
        let user = canonical_user(received);
        let (number, rule) = gateway.rewritten(user.clone());
        let read = match &rule {
            Some(rule) => format!("number rule {rule} of {} makes it {}", gateway.name, shown(&number)),
            None => format!("no number rule of {} applies: {}", gateway.name, shown(&number)),
        };
        steps.push(format!("called number from {header}: `{}`; {read}", shown(received)));
        Self { gateway, received, host: facts.request_host.map(str::to_ascii_lowercase), user, number, rule }
    }

    fn rank(&self, group: &HuntGroup) -> Option<Rank> {
        match &group.pilot {
            None => Some(Rank::Default),
            Some(Pilot::Number(pilot)) => (pilot.as_str() == self.number).then_some(Rank::Exact),
            Some(Pilot::UserAtHost { user, host }) => {
                (*user == self.user && self.host.as_ref() == Some(host)).then_some(Rank::Exact)
            }
            Some(Pilot::Mask(mask)) => {
                mask.matched_digits(&self.number).map(|_| Rank::Mask { wildcards: mask.wildcards() })
            }
        }
    }

    /// The called number as a mailbox; behind a mask with a feature code (`*xxxx`) the digits in the places of `x`.
    fn as_candidate(&self, group: &HuntGroup, steps: &mut Vec<String>) -> MailboxCandidate {
        let behind_code = match &group.pilot {
            Some(Pilot::Mask(mask)) if has_feature_code(mask) => mask.matched_digits(&self.number),
            Some(Pilot::Mask(_) | Pilot::Number(_) | Pilot::UserAtHost { .. }) | None => None,
        };
        if let (Some(digits), Some(pilot)) = (&behind_code, &group.pilot) {
            steps.push(format!("behind the code of pilot {pilot} stands {digits}: straight to voicemail"));
        }
        MailboxCandidate {
            source: CandidateSource::CalledNumber,
            received: self.received.to_owned(),
            rewritten: behind_code.unwrap_or_else(|| self.number.clone()),
            rule: self.rule.clone(),
        }
    }
}

fn has_feature_code(mask: &Mask) -> bool {
    mask.as_str().contains(['*', '#'])
}

fn is_at(gateway: &IpGateway, source: IpAddr, facts: &CallFacts<'_>) -> bool {
    let source = source.to_canonical();
    gateway.hosts().any(|host| host.ip() == Some(source))
        || facts
            .resolved
            .iter()
            .any(|(name, address)| *name == gateway.name.as_str() && address.to_canonical() == source)
}

fn group_step(group: &HuntGroup, site: &Site) -> String {
    let why = match &group.pilot {
        None => format!("is the default group of {}", group.gateway),
        Some(Pilot::Number(pilot)) => format!("of {} has the pilot {pilot}", group.gateway),
        Some(Pilot::Mask(mask)) => format!("of {} has the pilot mask {mask}", group.gateway),
        Some(Pilot::UserAtHost { user, host }) => format!("of {} has the pilot {user}@{host}", group.gateway),
    };
    let mode = site.dial_plans.get(&group.dial_plan).map(|plan| plan.voip_security).unwrap_or_default();
    format!("hunt group {} {why}: dial plan {} ({mode})", group.name, group.dial_plan)
}

fn names(gateways: &[&IpGateway]) -> String {
    let names: Vec<&str> = gateways.iter().map(|gateway| gateway.name.as_str()).collect();
    names.join(", ")
}

fn read_as(received: &str, rewritten: &str) -> String {
    if received == rewritten { String::new() } else { format!(" (read as {})", shown(rewritten)) }
}

#[cfg(test)]
mod tests;
