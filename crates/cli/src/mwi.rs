use admin_api::{LampRow, LampsRefreshed, MailboxAddress};
use clap::Subcommand;

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::report::{Format, date, or_hyphen, talk};

/// `um mwi ..`
#[derive(Debug, Subcommand)]
pub(crate) enum MwiCommand {
    /// Show what each lamp is to show, and whether a gateway has taken it. Exit 1 if EXT has no lamp.
    Status {
        /// One mailbox alone.
        #[arg(value_name = "EXT")]
        mailbox: Option<MailboxAddress>,
        #[command(flatten)]
        format: Format,
    },
    /// Tell every lamp again, a few at a time.
    Refresh(Format),
}

impl MwiCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Status { mailbox, format } => {
                let lamps = lamps(client, mailbox.as_ref()).await?;
                if let (Some(mailbox), true) = (&mailbox, lamps.is_empty()) {
                    return Err(Failure::no(
                        format!("mailbox {mailbox} has no lamp"),
                        "run `um mailbox list` to see the mailboxes; after a start their lamps appear within a second",
                    ));
                }
                let header = ["MAILBOX", "NEW", "OLD", "LAMP", "GATEWAY", "WHEN", "SUBSCRIBERS", "REASON"];
                format.list(&lamps, header, |lamp| {
                    [
                        lamp.address.clone(),
                        count(lamp.new, lamp.new_urgent),
                        count(lamp.old, lamp.old_urgent),
                        lamp.standing.clone(),
                        or_hyphen(lamp.gateway.as_deref()),
                        lamp.at.map_or_else(|| "-".to_owned(), date),
                        lamp.subscribers.to_string(),
                        or_hyphen(lamp.reason.as_deref()),
                    ]
                })
            }
            Self::Refresh(format) => {
                let refreshed: LampsRefreshed = client.post(&path(&["lamps", "refresh"]), &()).await?;
                match format.json {
                    true => crate::report::json(&refreshed),
                    false => {
                        talk(format!("{} lamps are told again", refreshed.lamps));
                        Ok(())
                    }
                }
            }
        }
    }
}

async fn lamps(client: &Client, mailbox: Option<&MailboxAddress>) -> Result<Vec<LampRow>, Failure> {
    let options = [
        ("extension", mailbox.map(|mailbox| mailbox.extension.to_string())),
        ("dial_plan", mailbox.and_then(|mailbox| mailbox.dial_plan.clone())),
    ];
    client.get(&query(&path(&["lamps"]), &options)).await
}

/// The urgent ones stand in brackets, as in what the lamp is told.
fn count(all: u32, urgent: u32) -> String {
    match urgent {
        0 => all.to_string(),
        urgent => format!("{all} ({urgent} urgent)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_messages_stand_in_brackets() {
        assert_eq!(count(3, 0), "3");
        assert_eq!(count(3, 1), "3 (1 urgent)");
    }
}
