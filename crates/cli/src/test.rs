use admin_api::{Done, FaultOrder, RouteAnswer, RouteOutcome, RouteQuestion, RouteRefused, RouteTransport};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format};
use crate::test_call::TestCall;
use crate::test_gateway::TestGateway;

/// `um test ..`
#[derive(Debug, Subcommand)]
pub(crate) enum TestCommand {
    /// Call this server as a gateway would, and tell what became of each step; exit 1 at a fault.
    Call(TestCall),
    /// Look at a gateway from this server: names, connection, handshake, certificates, OPTIONS; exit 1 at a fault.
    Gateway(TestGateway),
    /// Print each step on the way of a call, without a call; exit 1 if it would be refused.
    Route(TestRoute),
    /// Provoke a panic in a server that was started with UM_FAULT_INJECTION=1.
    #[command(hide = true)]
    Fault(TestFault),
}

/// `um test fault`
#[derive(Args, Debug)]
pub(crate) struct TestFault {
    /// In this call. Default: outside of all, which ends the server with exit code 70.
    #[arg(long, value_name = "ID")]
    call: Option<u64>,
}

/// `um test route`
#[derive(Args, Debug)]
pub(crate) struct TestRoute {
    /// The gateway that the call would come from.
    #[arg(long, value_name = "GW")]
    gateway: String,
    /// The called number: the user part of the Request-URI.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    to: Option<String>,
    /// A number of a Diversion header, the top one first; may be given several times.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    diversion: Vec<String>,
    /// A number of History-Info, in the order in which the call passed them; may be given several times.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    history: Vec<String>,
    /// What the call would come over. Default: what its dial plan demands.
    #[arg(long, value_name = "TRANSPORT", value_parser = transport())]
    transport: Option<RouteTransport>,
    #[command(flatten)]
    format: Format,
}

fn transport() -> impl TypedValueParser<Value = RouteTransport> {
    PossibleValuesParser::new(["udp", "tcp", "tls"]).map(|word| match word.as_str() {
        "udp" => RouteTransport::Udp,
        "tcp" => RouteTransport::Tcp,
        _ => RouteTransport::Tls,
    })
}

impl TestCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Call(test) => test.run(client).await,
            Self::Gateway(test) => test.run(client).await,
            Self::Route(test) => test.run(client).await,
            Self::Fault(TestFault { call }) => {
                client.post::<Done>(&path(&["test", "fault"]), &FaultOrder { call }).await.map(|Done {}| ())
            }
        }
    }
}

impl TestRoute {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let question = RouteQuestion {
            gateway: self.gateway,
            to: self.to.unwrap_or_default(),
            diversions: self.diversion,
            history: self.history,
            transport: self.transport,
        };
        let answer: RouteAnswer = client.post(&path(&["test", "route"]), &question).await?;
        if self.format.json {
            report::json(&answer)?;
        } else {
            report::text(&lines(&answer))?;
        }
        match answer.outcome {
            RouteOutcome::Taken(_) => Ok(()),
            RouteOutcome::Refused(refused) => {
                Err(Failure::no(format!("{}: {}", answered(&refused), refused.reason), refused.remedy))
            }
        }
    }
}

/// The steps with their numbers, and the end of the way if the call is taken.
fn lines(answer: &RouteAnswer) -> String {
    let steps = (1..).zip(&answer.steps).map(|(number, step)| format!("{number}. {step}\n"));
    let mut text: String = steps.collect();
    if let RouteOutcome::Taken(taken) = &answer.outcome {
        text.push_str(&format!(
            "taken: {}, dial plan {} ({}), hunt group {}\n",
            taken.reached, taken.dial_plan, taken.voip_security, taken.hunt_group
        ));
    }
    text
}

fn answered(refused: &RouteRefused) -> String {
    match refused.status {
        Some(status) => format!("the call would be refused with {status}"),
        None => "the call would not reach this server".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use admin_api::{RouteReached, RouteTaken};

    use super::*;

    #[test]
    fn steps_are_numbered_and_end_with_the_mailbox() {
        let answer = RouteAnswer {
            steps: vec!["the call comes from gateway gw1".to_owned(), "it fits".to_owned()],
            outcome: RouteOutcome::Taken(RouteTaken {
                reached: RouteReached::CallAnswering {
                    mailbox: "4001@hq".to_owned(),
                    name: "Ada".to_owned(),
                },
                dial_plan: "hq".to_owned(),
                hunt_group: "gw1 Default Group".to_owned(),
                voip_security: "unsecured".to_owned(),
            }),
        };

        assert_eq!(
            lines(&answer),
            "1. the call comes from gateway gw1\n2. it fits\n\
             taken: mailbox 4001@hq (Ada), dial plan hq (unsecured), hunt group gw1 Default Group\n"
        );
    }

    #[test]
    fn refusal_without_a_sip_answer_says_so() {
        let refused = |status| RouteRefused { status, reason: String::new(), remedy: String::new() };

        assert_eq!(answered(&refused(Some(403))), "the call would be refused with 403");
        assert_eq!(answered(&refused(None)), "the call would not reach this server");
    }
}
