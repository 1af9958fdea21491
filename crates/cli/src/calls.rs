use admin_api::{Done, LiveCall};
use clap::Subcommand;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{Format, clock, date, or_hyphen};

/// `um calls ..`
#[derive(Debug, Subcommand)]
pub(crate) enum CallsCommand {
    /// List the calls that are up.
    List(Format),
    /// Show one call.
    Show {
        /// The call's id, from the list.
        id: u64,
        #[command(flatten)]
        format: Format,
    },
    /// End a call; what was recorded is kept.
    Hangup {
        /// The call's id, from the list.
        id: u64,
    },
}

impl CallsCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::List(format) => {
                let calls: Vec<LiveCall> = client.get(&path(&["calls"])).await?;
                format.list(&calls, ["ID", "GATEWAY", "PLAN", "CALLER", "MAILBOX", "STAGE", "AGE"], |call| {
                    [
                        call.id.to_string(),
                        call.gateway.clone(),
                        call.dial_plan.clone(),
                        or_hyphen(call.caller.as_deref()),
                        or_hyphen(call.mailbox.as_deref()),
                        call.stage.clone(),
                        age(call),
                    ]
                })
            }
            Self::Show { id, format } => {
                let call: LiveCall = client.get(&path(&["calls", &id.to_string()])).await?;
                format.facts(&call, facts)
            }
            Self::Hangup { id } => {
                client.delete::<Done>(&path(&["calls", &id.to_string()])).await.map(|Done {}| ())
            }
        }
    }
}

fn age(call: &LiveCall) -> String {
    clock(jiff::Timestamp::now().duration_since(call.started).as_secs_f64())
}

fn facts(call: &LiveCall) -> Vec<(&'static str, String)> {
    vec![
        ("id", call.id.to_string()),
        ("call-id", call.sip_call_id.clone()),
        ("gateway", call.gateway.clone()),
        ("dial plan", call.dial_plan.clone()),
        ("transport", call.transport.clone()),
        ("caller", or_hyphen(call.caller.as_deref())),
        ("caller name", or_hyphen(call.caller_name.as_deref())),
        ("mailbox", or_hyphen(call.mailbox.as_deref())),
        ("stage", call.stage.clone()),
        ("started", date(call.started)),
        ("age", age(call)),
    ]
}
