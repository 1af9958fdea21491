use serde::{Deserialize, Serialize};

/// `POST /v1/test/route`: a call that is only thought of.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RouteQuestion {
    /// The gateway that it would come from.
    pub gateway: String,
    /// The called number: the user part of the Request-URI.
    #[serde(default)]
    pub to: String,
    /// The numbers of the Diversion headers, the top one first.
    #[serde(default)]
    pub diversions: Vec<String>,
    /// The numbers of History-Info, in the order in which the call passed them.
    #[serde(default)]
    pub history: Vec<String>,
    /// What it would come over; without it, what its dial plan demands.
    #[serde(default)]
    pub transport: Option<RouteTransport>,
}

/// What a call comes over.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteTransport {
    /// Clear SIP over UDP.
    Udp,
    /// Clear SIP over TCP.
    Tcp,
    /// SIP over mutual TLS.
    Tls,
}

/// What would become of the call.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RouteAnswer {
    /// Each step of the decision in words, in order.
    pub steps: Vec<String>,
    /// How it ends.
    pub outcome: RouteOutcome,
}

/// How the way of a call ends.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteOutcome {
    /// Its offer would be looked at next, and then it is answered.
    Taken(RouteTaken),
    /// It would be refused.
    Refused(RouteRefused),
}

/// Where a call would go.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RouteTaken {
    /// Whom it reaches.
    #[serde(flatten)]
    pub reached: RouteReached,
    /// The dial plan.
    pub dial_plan: String,
    /// The hunt group that leads there.
    pub hunt_group: String,
    /// The plan's mode: `unsecured`, `sip-secured` or `secured`.
    pub voip_security: String,
}

/// Whom a call would reach.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "service", rename_all = "kebab-case")]
pub enum RouteReached {
    /// A mailbox: leave a message.
    CallAnswering {
        /// The mailbox, `EXT@PLAN`.
        mailbox: String,
        /// Its owner.
        name: String,
    },
    /// An access number: open a mailbox.
    SubscriberAccess,
    /// A pilot of this attendant.
    AutoAttendant {
        /// Its name.
        attendant: String,
    },
}

impl std::fmt::Display for RouteReached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::CallAnswering { mailbox, name } => write!(f, "mailbox {mailbox} ({name})"),
            Self::SubscriberAccess => f.write_str("subscriber access"),
            Self::AutoAttendant { attendant } => write!(f, "auto attendant {attendant}"),
        }
    }
}

/// Why a call would be refused.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RouteRefused {
    /// Status of the SIP answer; `None` if the TLS handshake is refused already, or no port is open.
    pub status: Option<u16>,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_is_one_key_that_says_which() {
        let refused = RouteOutcome::Refused(RouteRefused {
            status: Some(403),
            reason: "over UDP".to_owned(),
            remedy: "use 5061".to_owned(),
        });

        assert_eq!(
            serde_json::to_string(&refused).unwrap(),
            r#"{"refused":{"status":403,"reason":"over UDP","remedy":"use 5061"}}"#
        );
    }

    #[test]
    fn gateway_alone_is_a_question() {
        let question: RouteQuestion = serde_json::from_str(r#"{"gateway": "gw1"}"#).unwrap();

        assert_eq!(question, RouteQuestion { gateway: "gw1".to_owned(), ..RouteQuestion::default() });
    }
}
