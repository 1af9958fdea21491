//! What is wrong between this server and a gateway: from facts that were found out to findings with cause and remedy.
//!
//! Nothing here asks the network: `examiner` does, and hands over what it found. What was not reached is `None`.
mod calls;
mod certificates;
mod ways;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cert_manager::{Alert, CertificateFacts, FailureReason};
use dial_plan::{GatewayAddress, GatewayStatus, IpGateway, VoipSecurity};
use jiff::Timestamp;
use sip_signaling::{StatusCode, Transport};

use super::dns::DnsFailure;
use crate::observe::handshake_log::KeptHandshake;

/// Everything that was found out about one gateway.
#[derive(Clone, Debug)]
pub struct GatewayFacts {
    /// The gateway.
    pub gateway: IpGateway,
    /// The dial plans that its hunt groups lead to, with their modes.
    pub plans: Vec<(String, VoipSecurity)>,
    /// Our FQDN.
    pub own_name: String,
    /// What we present.
    pub own: OwnFacts,
    /// Each of its names with its addresses, or why there are none.
    pub names: Vec<(String, Result<Vec<IpAddr>, DnsFailure>)>,
    /// Each way that its plans use.
    pub ways: Vec<WayFacts>,
    /// The last handshake of the gateway's that came to nothing, unless it has come in since.
    pub refused_call: Option<KeptHandshake>,
    /// When it was looked at.
    pub now: Timestamp,
}

/// What this server presents to the gateway.
#[derive(Clone, Debug)]
pub enum OwnFacts {
    /// This certificate.
    Presented(Arc<CertificateFacts>),
    /// None will do, and why.
    Missing(String),
    /// It runs without TLS.
    WithoutTls,
}

/// What was found on one way to the gateway.
#[derive(Clone, Debug)]
pub struct WayFacts {
    /// Over what.
    pub transport: Transport,
    /// Where to; `None` if no address is known.
    pub address: Option<SocketAddr>,
    /// Whether TCP took the connection; `None` for UDP, or if there was no address.
    pub connection: Option<ConnectionFacts>,
    /// How the handshake ended; `None` without TLS, or if it came to none.
    pub handshake: Option<HandshakeFacts>,
    /// What became of our OPTIONS; `None` if it could not be sent.
    pub options: Option<OptionsFacts>,
}

/// What TCP said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConnectionFacts {
    /// It took the connection.
    Open,
    /// Nobody listens.
    Refused,
    /// Nothing came back in time.
    Silent,
    /// Something else, in the system's words.
    Failed(String),
}

/// How a handshake ended.
#[derive(Clone, Debug)]
pub enum HandshakeFacts {
    /// Both sides took each other's certificate, as far as it can be known.
    Done {
        /// The protocol version, `TLSv1_3`.
        version: String,
        /// The cipher suite.
        cipher: String,
        /// What the gateway presented, its own certificate first.
        chain: Vec<CertificateFacts>,
    },
    /// We did not take its certificate.
    RefusedByUs(RefusedByUs),
    /// It did not take ours, or nothing that we offered.
    RefusedByPeer {
        /// Its alert, by its name in the library: `UnknownCA`.
        alert: String,
        /// In words.
        reason: String,
    },
    /// What answers there is not TLS.
    NoTls,
    /// No version or cipher suite in common.
    NothingInCommon {
        /// In words.
        reason: String,
    },
    /// It ended without a word.
    Ended {
        /// In words.
        reason: String,
    },
}

/// A certificate that we did not take.
#[derive(Clone, Debug)]
pub struct RefusedByUs {
    /// What is wrong with it.
    pub class: FailureReason,
    /// What the gateway was told.
    pub alert: Alert,
    /// Why, and what mends it.
    pub reason: String,
    /// The certificate, if it showed one that can be read.
    pub certificate: Option<Arc<CertificateFacts>>,
}

/// What became of an OPTIONS.
#[derive(Clone, Debug)]
pub enum OptionsFacts {
    /// A final answer.
    Answered {
        /// Its status.
        status: StatusCode,
        /// Its reason phrase.
        phrase: String,
        /// From the request to the answer.
        round_trip: Duration,
        /// Its Date header, if there was one.
        date: Option<Timestamp>,
    },
    /// None came in time.
    Silent,
    /// The connection ended before it.
    Closed,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// What it is called, for programs.
    pub diagnosis: Diagnosis,
    /// How bad it is.
    pub grade: Grade,
    /// What was found, in words.
    pub what: String,
    /// What mends it; empty if nothing is to be done.
    pub remedy: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Grade {
    /// As it should be.
    Fine,
    /// Works, or is not known, but somebody should look.
    Attention,
    /// Calls fail by it.
    Fault,
}

macro_rules! diagnoses {
    ($($(#[$doc:meta])* $name:ident = $word:literal;)*) => {
        /// What was found, one word for each thing that can be right or wrong.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        pub enum Diagnosis { $($(#[$doc])* $name,)* }

        impl Diagnosis {
            /// The stable word in JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }
    };
}

diagnoses! {
    /// The gateway takes calls, or does not.
    Status = "status";
    /// Nothing of its calls is taken.
    Disabled = "gateway-disabled";
    /// No hunt group leads its calls to a dial plan.
    NoDialPlan = "no-dial-plan";
    /// A plan of it wants TLS, and this server has none.
    NoOwnTls = "wrong-mode";
    /// It is known by an IP address only, and a plan of it wants TLS.
    NoTlsIdentity = "no-tls-identity";
    /// Our own certificate is as it should be.
    OwnCertificate = "own-certificate";
    /// We have no certificate to show to the gateway.
    OwnMissing = "no-own-certificate";
    /// Our own certificate has expired.
    OwnExpired = "own-certificate-expired";
    /// Our own certificate is not valid yet.
    OwnNotYetValid = "own-certificate-not-yet-valid";
    /// Our own certificate does not name this server.
    OwnWrongName = "own-certificate-wrong-name";
    /// Our own certificate is not made for both directions.
    OwnWrongUsage = "own-certificate-wrong-usage";
    /// A name was resolved.
    Name = "name";
    /// A name cannot be resolved.
    NameUnknown = "name-unresolved";
    /// No address to go to.
    NoAddress = "no-address";
    /// TCP took the connection.
    Connection = "connection";
    /// Nobody listens there.
    NobodyListens = "connection-refused";
    /// Nothing comes back.
    NothingComesBack = "connection-timed-out";
    /// The system refuses the connection.
    Unreachable = "unreachable";
    /// The handshake is done.
    Handshake = "handshake";
    /// Clear SIP answers on the TLS port.
    PlainPort = "plain-port";
    /// No TLS in common.
    NoTlsInCommon = "no-tls-in-common";
    /// The gateway does not trust our certificate.
    PeerDoesNotTrustUs = "peer-does-not-trust-us";
    /// The gateway takes our certificate for expired, revoked or of the wrong use.
    PeerRejectsOurs = "peer-rejects-our-certificate";
    /// The gateway ended the handshake with another alert, or without a word.
    PeerHangsUp = "peer-ended-handshake";
    /// The gateway's certificate is as it should be.
    PeerCertificate = "peer-certificate";
    /// The gateway's certificate expires soon.
    PeerExpiresSoon = "peer-certificate-expires-soon";
    /// The gateway's certificate has expired.
    PeerExpired = "peer-certificate-expired";
    /// The gateway's certificate has expired a moment ago, unless our clock is ahead.
    PeerJustExpired = "peer-certificate-just-expired";
    /// The gateway's certificate is not valid yet.
    PeerNotYetValid = "peer-certificate-not-yet-valid";
    /// Nothing that we trust vouches for the gateway's certificate.
    PeerUntrusted = "peer-certificate-untrusted";
    /// The gateway's certificate names somebody else.
    PeerWrongName = "peer-certificate-wrong-name";
    /// The gateway's certificate is made for another use.
    PeerWrongUsage = "peer-certificate-wrong-usage";
    /// The gateway's certificate is revoked.
    PeerRevoked = "peer-certificate-revoked";
    /// We are to ask a revocation list about the gateway's certificate that is stale or missing.
    PeerListMissing = "peer-revocation-list";
    /// The gateway's certificate is for TLS servers, and gateways are clients as well.
    PeerServesOnly = "peer-certificate-without-client-auth";
    /// The gateway's certificate is no proof of anybody.
    PeerUnfit = "peer-certificate-unfit";
    /// The gateway showed no certificate.
    PeerWithoutCertificate = "peer-without-certificate";
    /// A handshake that the gateway began came to nothing.
    CallsRefused = "calls-refused";
    /// Our clock and the gateway's do not agree.
    Clock = "clock";
    /// OPTIONS was answered.
    Options = "options";
    /// The gateway answered that it does not want us.
    OptionsRefused = "options-refused";
    /// Nobody answered OPTIONS.
    OptionsUnanswered = "options-unanswered";
    /// The connection ended before the answer.
    OptionsCut = "options-connection-closed";
}

impl Finding {
    fn fine(diagnosis: Diagnosis, what: String) -> Self {
        Self { diagnosis, grade: Grade::Fine, what, remedy: String::new() }
    }

    fn attention(diagnosis: Diagnosis, what: String, remedy: String) -> Self {
        Self { diagnosis, grade: Grade::Attention, what, remedy }
    }

    fn fault(diagnosis: Diagnosis, what: String, remedy: String) -> Self {
        Self { diagnosis, grade: Grade::Fault, what, remedy }
    }
}

/// Everything that was looked at, in the order in which a call needs it: our side, then each way.
pub fn examine(facts: &GatewayFacts) -> Vec<Finding> {
    let mut findings = vec![status(facts)];
    findings.extend(plans(facts));
    let wants_tls = facts.plans.iter().any(|(_, mode)| mode.wants_tls());
    if wants_tls && let OwnFacts::Presented(own) = &facts.own {
        findings.push(certificates::own(own, own_name(facts), facts.now));
    }
    findings.extend(facts.names.iter().map(|(name, found)| resolved(facts, name, found)));
    for way in &facts.ways {
        findings.extend(ways::walk(facts, way));
    }
    findings.extend(facts.refused_call.iter().map(|kept| calls::refused(facts, kept)));
    findings
}

/// The name that our certificate has to bear; an owner's may have any other.
fn own_name(facts: &GatewayFacts) -> Option<&str> {
    facts.gateway.certificate_owner.is_none().then_some(facts.own_name.as_str())
}

fn status(facts: &GatewayFacts) -> Finding {
    let gateway = &facts.gateway;
    let word = gateway.name.shell_word();
    match gateway.status {
        GatewayStatus::Enabled => {
            Finding::fine(Diagnosis::Status, format!("gateway {} is enabled", gateway.name))
        }
        GatewayStatus::Disabled => Finding::fault(
            Diagnosis::Disabled,
            format!("gateway {} is disabled: its calls and its OPTIONS get 503", gateway.name),
            format!("run `um gateway enable {word}`"),
        ),
        GatewayStatus::NoNewCalls => Finding::attention(
            Diagnosis::Status,
            format!("gateway {} takes no new calls", gateway.name),
            format!("run `um gateway enable {word}`"),
        ),
    }
}

fn plans(facts: &GatewayFacts) -> Vec<Finding> {
    let gateway = &facts.gateway;
    let word = gateway.name.shell_word();
    if facts.plans.is_empty() {
        return vec![Finding::fault(
            Diagnosis::NoDialPlan,
            format!("no hunt group leads the calls of {} to a dial plan: they get 404", gateway.name),
            format!("run `um huntgroup create NAME --gateway {word} --dialplan PLAN`"),
        )];
    }
    let mut findings = Vec::new();
    if let Some((plan, mode)) = facts.plans.iter().find(|(_, mode)| mode.wants_tls()) {
        let has_identity = matches!(gateway.address, GatewayAddress::Fqdn(_)) || !gateway.trust.is_empty();
        match &facts.own {
            OwnFacts::Presented(_) => {}
            OwnFacts::Missing(reason) => findings.push(certificates::missing(reason, gateway)),
            OwnFacts::WithoutTls => findings.push(Finding::fault(
                Diagnosis::NoOwnTls,
                format!("dial plan {plan} is {mode}, and this server takes no SIP over TLS"),
                "set startup_mode = \"dual\" under [sip] in um.toml and start the server again".to_owned(),
            )),
        }
        if !has_identity {
            findings.push(Finding::fault(
                Diagnosis::NoTlsIdentity,
                format!("dial plan {plan} is {mode}, and {} has neither an FQDN nor a pin", gateway.name),
                format!("run `um gateway set {word} --address FQDN --connect IP`, or pin its certificate with --pin FILE.pem"),
            ));
        }
    }
    findings
}

fn resolved(facts: &GatewayFacts, name: &str, found: &Result<Vec<IpAddr>, DnsFailure>) -> Finding {
    match found {
        Ok(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            Finding::fine(Diagnosis::Name, format!("{name} is {}", addresses.join(", ")))
        }
        Err(failure) => Finding::fault(
            Diagnosis::NameUnknown,
            format!("{name} cannot be resolved: {failure}"),
            facts.name_remedy(name, failure),
        ),
    }
}

impl GatewayFacts {
    /// What mends a name that cannot be resolved.
    fn name_remedy(&self, name: &str, failure: &DnsFailure) -> String {
        let gateway = self.gateway.name.shell_word();
        format!("{}, or run `um gateway set {gateway} --connect IP`", failure.remedy(name))
    }
}

#[cfg(test)]
mod tests;
