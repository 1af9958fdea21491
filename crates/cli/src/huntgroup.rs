use admin_api::Changed;
use clap::{Args, Subcommand};
use dial_plan::{HuntGroup, Name, Pilot};

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format};

/// `um huntgroup ..`
#[derive(Debug, Subcommand)]
pub(crate) enum HuntGroupCommand {
    /// Bind a pilot number of a gateway to a dial plan.
    Create(Create),
    /// List the hunt groups.
    List(Format),
    /// Delete a hunt group; to change one, delete it and make it anew.
    Delete {
        /// The hunt group.
        name: String,
    },
}

/// `um huntgroup create`
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The new hunt group's name.
    name: Name,
    /// The gateway that the calls come from.
    #[arg(long, value_name = "GATEWAY")]
    gateway: Name,
    /// The dial plan that they belong to.
    #[arg(long, value_name = "PLAN")]
    dialplan: Name,
    /// The number that was called, or a mask such as '*xxxx'. Without it the group takes what no other one takes.
    #[arg(long, value_name = "NUMBER-OR-MASK")]
    pilot: Option<Pilot>,
}

impl HuntGroupCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                let group = HuntGroup {
                    name: create.name,
                    gateway: create.gateway,
                    dial_plan: create.dialplan,
                    pilot: create.pilot,
                };
                client.post::<Changed>(&path(&["hunt-groups"]), &group).await.map(report::warnings)
            }
            Self::List(format) => {
                let groups: Vec<HuntGroup> = client.get(&path(&["hunt-groups"])).await?;
                format.list(&groups, ["NAME", "GATEWAY", "DIAL PLAN", "PILOT"], |group| {
                    [
                        group.name.to_string(),
                        group.gateway.to_string(),
                        group.dial_plan.to_string(),
                        group.pilot.as_ref().map_or_else(|| "(default)".to_owned(), ToString::to_string),
                    ]
                })
            }
            Self::Delete { name } => {
                client.delete::<Changed>(&path(&["hunt-groups", &name])).await.map(report::warnings)
            }
        }
    }
}
