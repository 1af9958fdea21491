//! The way of a call that is only thought of: the same rules as a real one (security-modes 0), without a call.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use admin_api::{
    MailboxRow, RouteAnswer, RouteOutcome, RouteQuestion, RouteReached, RouteRefused, RouteTaken,
    RouteTransport, remedy_apart,
};
use axum::body::Bytes;
use axum::extract::State;
use call_control::{Refusal as CallRefusal, SipPorts, admit};
use dial_plan::{CallFacts, IpGateway, MailboxCandidate, ObjectKind, PlanService, Route, Site};
use jiff::Timestamp;
use mailbox::{Mailbox, StoreReply, StoreReplyKind, StoreRequest, StoreRequestKind};
use sip_signaling::Transport;

use super::answer::{Answer, Refusal, blocking, body};
use super::router::Desk;
use super::site::missing;
use super::trust::TrustedBy;

/// How long the mailbox index may take.
const LOOKUP: Duration = Duration::from_secs(5);

/// `POST /v1/test/route`
pub(super) async fn route(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<RouteAnswer> {
    let question: RouteQuestion = body(&bytes)?;
    blocking(move || {
        let site = desk.state.site.current();
        let gateway =
            site.gateway(&question.gateway).ok_or_else(|| missing(ObjectKind::Gateway, &question.gateway))?;
        let mut steps = Vec::new();
        let walk = Walk { desk: &desk, site: &site, gateway, question: &question };
        let outcome = match walk.go(&mut steps)? {
            Ok(taken) => RouteOutcome::Taken(taken),
            Err(refused) => RouteOutcome::Refused(refused),
        };
        Ok(RouteAnswer { steps, outcome })
    })
    .await
}

struct Walk<'a> {
    desk: &'a Desk,
    site: &'a Arc<Site>,
    gateway: &'a IpGateway,
    question: &'a RouteQuestion,
}

/// How far the call comes. The outer error is ours: the question could not be answered.
type Verdict<T> = Result<Result<T, RouteRefused>, Refusal>;

impl Walk<'_> {
    fn go(&self, steps: &mut Vec<String>) -> Verdict<RouteTaken> {
        let gateways = [self.question.gateway.as_str()];
        let diversions: Vec<&str> = self.question.diversions.iter().map(String::as_str).collect();
        let indexes: Vec<String> = (1..=self.question.history.len()).map(history_index).collect();
        let history: Vec<(&str, &str)> = indexes
            .iter()
            .zip(&self.question.history)
            .map(|(index, number)| (index.as_str(), number.as_str()))
            .collect();
        let facts = CallFacts {
            gateways: &gateways,
            request_user: &self.question.to,
            diversions: &diversions,
            history: &history,
            ..CallFacts::default()
        };
        let routed = self.site.route(&facts);
        let transport = self.transport(routed.as_ref().ok(), steps);
        if let Err(refused) = self.recognised(transport, steps) {
            return Ok(Err(refused));
        }
        let (_, _, sip) = self.desk.state.board.state();
        let ports = SipPorts { clear: sip.port, tls: sip.tls_port };
        let admitted = admit(self.site, &facts, transport, ports);
        // Rule 7 stands before the way through the hunt groups.
        if !matches!(admitted, Err(CallRefusal::GatewayTakesNoCalls { .. })) {
            steps.extend(match &routed {
                Ok(route) => route.steps.clone(),
                Err(refusal) => refusal.steps().to_vec(),
            });
        }
        let route = match admitted {
            Ok(admitted) => admitted.route,
            Err(refusal) => return Ok(Err(refused(&refusal))),
        };
        steps.push(format!("{} fits the mode of dial plan {}", said(transport), route.dial_plan));
        self.mailbox(&route, steps)
    }

    /// What the call comes over: what was asked, else what the plan demands.
    fn transport(&self, route: Option<&Route>, steps: &mut Vec<String>) -> Transport {
        let (_, _, sip) = self.desk.state.board.state();
        let clear = if sip.udp || sip.port.is_none() { Transport::Udp } else { Transport::Tcp };
        match self.question.transport {
            Some(RouteTransport::Udp) => Transport::Udp,
            Some(RouteTransport::Tcp) => Transport::Tcp,
            Some(RouteTransport::Tls) => Transport::Tls,
            None => {
                let plan = route.and_then(|route| self.site.dial_plan(route.dial_plan.as_str()));
                let Some(plan) = plan else { return clear };
                let transport = if plan.voip_security.wants_tls() { Transport::Tls } else { clear };
                steps.push(format!(
                    "no transport was named: {} is taken, because dial plan {} is {}",
                    said(transport),
                    plan.name,
                    plan.voip_security
                ));
                transport
            }
        }
    }

    /// Rule 2: whether this server hears the call, and takes it for the gateway's.
    fn recognised(&self, transport: Transport, steps: &mut Vec<String>) -> Result<(), RouteRefused> {
        let (_, _, sip) = self.desk.state.board.state();
        let port = match transport {
            Transport::Udp => sip.port.filter(|_| sip.udp),
            Transport::Tcp => sip.port,
            Transport::Tls => sip.tls_port,
        };
        let Some(port) = port else {
            return Err(RouteRefused {
                status: None,
                reason: format!("this server takes no SIP over {}", said(transport)),
                remedy: "look at startup_mode and udp under [sip] in um.toml".to_owned(),
            });
        };
        steps.push(match transport {
            Transport::Udp | Transport::Tcp => {
                format!("{} to port {port}: {}", said(transport), self.from()?)
            }
            Transport::Tls => format!("{} to port {port}: {}", said(transport), self.certified()?),
        });
        Ok(())
    }

    /// The addresses that clear SIP of the gateway comes from.
    fn from(&self) -> Result<String, RouteRefused> {
        let book = self.desk.state.board.addresses();
        let addresses: Vec<String> =
            book.addresses_of(self.gateway.name.as_str()).map(|address| address.to_string()).collect();
        if addresses.is_empty() {
            let hosts: Vec<String> = self.gateway.hosts().map(ToString::to_string).collect();
            return Err(RouteRefused {
                status: Some(403),
                reason: format!(
                    "no address of gateway {} is known, because {} cannot be resolved: its calls are a stranger's",
                    self.gateway.name,
                    hosts.join(", ")
                ),
                remedy: format!(
                    "check DNS, write the name under [dns] hosts in um.toml, or run `um gateway set {} --connect IP`",
                    self.gateway.name.shell_word()
                ),
            });
        }
        Ok(format!("calls from {} are gateway {}'s", addresses.join(", "), self.gateway.name))
    }

    /// What the gateway's certificate is judged by.
    fn certified(&self) -> Result<String, RouteRefused> {
        let TrustedBy { pins, roots } = TrustedBy::of(self.gateway, &self.desk.state.trust.peers);
        let name = &self.gateway.name;
        let refused = |status, reason: String, remedy: String| Err(RouteRefused { status, reason, remedy });
        match (pins, roots, self.gateway.address.fqdn()) {
            (0, 0, _) => refused(
                None,
                format!("no certificate is trusted for gateway {name}, so its TLS handshake is refused"),
                format!("run `um gateway set {} --trust FILE.pem`", name.shell_word()),
            ),
            (0, _, None) => refused(
                Some(403),
                format!(
                    "gateway {name} is identified by {}, and a certificate of a root must name an FQDN",
                    self.gateway.address
                ),
                format!("run `um gateway set {} --address FQDN --connect IP`", name.shell_word()),
            ),
            (0, _, Some(fqdn)) => Ok(format!(
                "a certificate that names {fqdn} and is issued under {} is {name}'s",
                one_of(roots, "root")
            )),
            (_, 0, _) | (_, _, None) => {
                Ok(format!("a certificate that equals {} is {name}'s", one_of(pins, "pin")))
            }
            (_, _, Some(fqdn)) => Ok(format!(
                "a certificate that equals {}, or names {fqdn} and is issued under {}, is {name}'s",
                one_of(pins, "pin"),
                one_of(roots, "root")
            )),
        }
    }

    /// Rule 11.
    fn mailbox(&self, route: &Route, steps: &mut Vec<String>) -> Verdict<RouteTaken> {
        let found = match self.find(route) {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refused(&refusal))),
        };
        let reached = match (found, &route.service) {
            (Some((candidate, mailbox)), _) => {
                let address = MailboxRow::address(&mailbox);
                let name = mailbox.name;
                steps.push(format!(
                    "{} {}: mailbox {address} ({name})",
                    candidate.source, candidate.rewritten
                ));
                RouteReached::CallAnswering { mailbox: address, name }
            }
            (None, PlanService::CallAnswering) => return Ok(Err(nobody(route))),
            (None, PlanService::SubscriberAccess) => match self.access_refusal(route) {
                Some(refusal) => return Ok(Err(refusal)),
                None => RouteReached::SubscriberAccess,
            },
            (None, PlanService::AutoAttendant(name)) => {
                RouteReached::AutoAttendant { attendant: name.to_string() }
            }
        };
        let mode = self.site.dial_plan(route.dial_plan.as_str()).map(|plan| plan.voip_security);
        Ok(Ok(RouteTaken {
            reached,
            dial_plan: route.dial_plan.to_string(),
            hunt_group: route.hunt_group.to_string(),
            voip_security: mode.unwrap_or_default().word().to_owned(),
        }))
    }

    /// No PIN is asked for where only Secured calls may.
    fn access_refusal(&self, route: &Route) -> Option<RouteRefused> {
        let plan =
            self.site.dial_plan(route.dial_plan.as_str()).filter(|plan| !plan.lets_subscribers_log_on())?;
        let (dial_plan, mode) = (plan.name.to_string(), plan.voip_security);
        Some(refused(&CallRefusal::PinsInTheClear { dial_plan, mode }))
    }

    /// Asks the store as a call does.
    fn find<'r>(&self, route: &'r Route) -> Result<Option<(&'r MailboxCandidate, Mailbox)>, CallRefusal> {
        let what = StoreRequestKind::FindMailbox {
            dial_plan: route.dial_plan.to_string(),
            candidates: route.candidates.iter().map(|candidate| candidate.rewritten.clone()).collect(),
            at: Timestamp::now(),
        };
        let (sender, receiver) = mpsc::channel();
        let answer = move |reply: StoreReply| {
            // Whoever asked may have stopped waiting.
            let _ = sender.send(reply.what);
        };
        if self.desk.state.store.submit(StoreRequest { token: 0, what }, answer).is_err() {
            return Err(CallRefusal::Busy);
        }
        match receiver.recv_timeout(LOOKUP) {
            Ok(Ok(StoreReplyKind::Mailbox(found))) => {
                Ok(found.and_then(|found| Some((route.candidates.get(found.candidate)?, found.mailbox))))
            }
            Ok(_) | Err(_) => Err(CallRefusal::StoreSilent),
        }
    }
}

/// `1`, `1.1`, `1.1.1`: each entry retargets the one before (RFC 7044 10.3).
fn history_index(place: usize) -> String {
    vec!["1"; place].join(".")
}

/// `the pin`, `one of 2 pins`.
fn one_of(count: usize, noun: &str) -> String {
    if count == 1 { format!("the {noun}") } else { format!("one of {count} {noun}s") }
}

fn said(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "mutual TLS",
    }
}

fn refused(refusal: &CallRefusal) -> RouteRefused {
    let words = refusal.to_string();
    let (reason, remedy) = match refusal {
        CallRefusal::NoHuntGroup(refusal) => (words.as_str(), refusal.remedy()),
        _ => {
            let (reason, remedy) = remedy_apart(&words);
            (reason, remedy.to_owned())
        }
    };
    RouteRefused { status: Some(refusal.status().code()), reason: reason.to_owned(), remedy }
}

/// Rule 11 says no.
fn nobody(route: &Route) -> RouteRefused {
    let Some(first) = route.candidates.first() else {
        return RouteRefused {
            status: Some(404),
            reason: "the call names no number that could be a mailbox".to_owned(),
            remedy: "name one with --diversion, --history or --to".to_owned(),
        };
    };
    refused(&CallRefusal::UnknownMailbox {
        dial_plan: route.dial_plan.to_string(),
        received: first.received.clone(),
        rewritten: first.rewritten.clone(),
    })
}
