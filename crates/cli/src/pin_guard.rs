use admin_api::{CallersForgiven, FailingCallerRow};
use clap::Subcommand;

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::report::{self, Format, counted, date, talk};

/// `um pin-guard ..`
#[derive(Debug, Subcommand)]
pub(crate) enum PinGuardCommand {
    /// List the callers with wrong PINs within a day, those with the most first.
    List {
        /// At most so many. Default: 100.
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
        #[command(flatten)]
        format: Format,
    },
    /// Forget the wrong PINs of a caller, who may log on again then. Exit 1 if there are none.
    Clear {
        /// The gateway that the calls came from.
        gateway: String,
        /// The caller's number. Default: every caller of the gateway.
        number: Option<String>,
        /// The callers who withhold their number.
        #[arg(long, conflicts_with = "number")]
        withheld: bool,
        #[command(flatten)]
        format: Format,
    },
}

impl PinGuardCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::List { limit, format } => {
                let asked = query(&path(&["pin-guard"]), &[("limit", limit.map(|limit| limit.to_string()))]);
                let callers: Vec<FailingCallerRow> = client.get(&asked).await?;
                let header = ["GATEWAY", "CALLER", "WRONG PINS", "SINCE", "LAST", "STOPPED UNTIL"];
                format.list(&callers, header, |caller| {
                    [
                        caller.gateway.clone(),
                        caller.caller.clone().unwrap_or_else(|| "withheld".to_owned()),
                        caller.failures.to_string(),
                        date(caller.since),
                        date(caller.last),
                        caller.stopped_until.map_or_else(|| "-".to_owned(), date),
                    ]
                })
            }
            Self::Clear { gateway, number, withheld, format } => {
                let options = [("caller", number), ("withheld", withheld.then(|| "true".to_owned()))];
                let asked = query(&path(&["pin-guard", &gateway]), &options);
                let forgiven: CallersForgiven = client.delete(&asked).await?;
                if format.json {
                    return report::json(&forgiven);
                }
                let count = u64::try_from(forgiven.callers).unwrap_or(u64::MAX);
                talk(format!("{} may log on again", counted(count, "caller", "callers")));
                Ok(())
            }
        }
    }
}
