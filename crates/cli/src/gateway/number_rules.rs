use admin_api::Changed;
use clap::Subcommand;
use dial_plan::NumberRule;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format};

/// `um gateway number-rule ..`
#[derive(Debug, Subcommand)]
pub(crate) enum NumberRuleCommand {
    /// Add a rule behind those that exist: `um gateway number-rule add gw1 '+1425555xxxx' 'xxxx'`.
    Add {
        /// The gateway.
        gateway: String,
        /// Which numbers: digits, and x for any digit.
        from: String,
        /// What they become; each x takes over a digit.
        to: String,
    },
    /// List the rules of a gateway, in order.
    List {
        /// The gateway.
        gateway: String,
        #[command(flatten)]
        format: Format,
    },
    /// Take a rule away.
    #[command(visible_alias = "delete")]
    Remove {
        /// The gateway.
        gateway: String,
        /// The mask that the rule was added with.
        from: String,
    },
}

impl NumberRuleCommand {
    /// Carries the command out.
    pub(super) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Add { gateway, from, to } => {
                let rules = path(&["gateways", &gateway, "number-rules"]);
                let rule =
                    NumberRule::parse(&from, &to).map_err(|error| Failure::told_no(&error.to_string()))?;
                client.post::<Changed>(&rules, &rule).await.map(report::warnings)
            }
            Self::List { gateway, format } => {
                let rules: Vec<NumberRule> =
                    client.get(&path(&["gateways", &gateway, "number-rules"])).await?;
                format.list(&rules, ["FROM", "TO"], |rule| [rule.from.to_string(), rule.to.to_string()])
            }
            Self::Remove { gateway, from } => {
                let rule = path(&["gateways", &gateway, "number-rules", &from]);
                client.delete::<Changed>(&rule).await.map(report::warnings)
            }
        }
    }
}
