use std::path::{Path, PathBuf};

use admin_api::{Changed, CrlRow, CrlSource, NewTrustedRoots, TrustedRootRow};
use clap::Subcommand;
use dial_plan::Name;

use crate::cert::certificate_facts;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format, date, or_hyphen};
use crate::trust_options;

/// `um trust ..`
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Trust a CA: what it issued for a gateway's FQDN is taken.
    Add {
        /// Its certificate in PEM.
        #[arg(value_name = "FILE.pem")]
        file: PathBuf,
        /// Trust it for this gateway alone; may be given several times. Without it the CA counts for every gateway.
        #[arg(long, value_name = "GW")]
        gateway: Vec<Name>,
    },
    /// List the trusted CAs and their revocation lists.
    List(Format),
    /// Show one trusted CA.
    Show {
        /// At least 8 digits of its SHA-1 or SHA-256.
        root: String,
        #[command(flatten)]
        format: Format,
    },
    /// Trust a CA no more; calls that are up go on.
    #[command(visible_alias = "delete")]
    Remove {
        /// At least 8 digits of its SHA-1 or SHA-256.
        root: String,
    },
    /// Give a CA's revocation list: certificates on it are refused from now on.
    Crl {
        /// At least 8 digits of the CA's SHA-1 or SHA-256.
        root: String,
        /// The list in DER or PEM, or an http:// URL, which is fetched again at half of the list's life.
        #[arg(long, value_name = "FILE|URL")]
        from: String,
    },
}

impl TrustCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Add { file, gateway } => {
                let pem = trust_options::text(&file)?;
                let new = NewTrustedRoots { file: file.display().to_string(), pem, gateways: gateway };
                client.post::<Changed>(&path(&["trust"]), &new).await.map(report::warnings)
            }
            Self::List(format) => list(client, format).await,
            Self::Show { root, format } => {
                let row: TrustedRootRow = client.get(&path(&["trust", &root])).await?;
                format.facts(&row, facts)
            }
            Self::Remove { root } => {
                client.delete::<Changed>(&path(&["trust", &root])).await.map(report::warnings)
            }
            Self::Crl { root, from } => crl(client, &root, &from).await,
        }
    }
}

async fn list(client: &Client, format: Format) -> Result<(), Failure> {
    let rows: Vec<TrustedRootRow> = client.get(&path(&["trust"])).await?;
    format.list(&rows, ["SHA1", "SUBJECT", "EXPIRES", "COUNTS FOR", "REVOCATION LIST"], |row| {
        [
            row.certificate.sha1.clone(),
            row.certificate.subject.clone(),
            date(row.certificate.not_after),
            counts_for(row),
            or_hyphen(row.crl.as_ref().map(crl_words).as_deref()),
        ]
    })
}

async fn crl(client: &Client, root: &str, from: &str) -> Result<(), Failure> {
    let row: TrustedRootRow = if from.contains("://") {
        let source = CrlSource { url: from.to_owned() };
        client.put(&path(&["trust", root, "crl-source"]), &source).await?
    } else {
        let bytes = std::fs::read(Path::new(from)).map_err(|error| {
            Failure::could_not_run(
                format!("{from} cannot be read: {error}"),
                "give the path of a revocation list, or an http:// URL",
            )
        })?;
        client.put_bytes(&path(&["trust", root, "crl"]), bytes).await?
    };
    if let Some(crl) = row.crl.filter(|crl| crl.is_stale) {
        report::talk(format!(
            "warning: the list is stale: the next one was due on {}",
            date(crl.next_update)
        ));
    }
    Ok(())
}

fn facts(row: &TrustedRootRow) -> Vec<(&'static str, String)> {
    let mut facts = certificate_facts(&row.certificate);
    facts.push(("counts for", counts_for(row)));
    facts.push(("comes from", row.origin.clone()));
    facts.push(("revocation list", or_hyphen(row.crl.as_ref().map(crl_words).as_deref())));
    facts.push(("list from", or_hyphen(row.crl_source.as_deref())));
    facts
}

fn counts_for(row: &TrustedRootRow) -> String {
    if row.origin == "vendor" {
        return "devices of a vendor".to_owned();
    }
    if row.gateways.is_empty() {
        return "every gateway".to_owned();
    }
    row.gateways.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn crl_words(crl: &CrlRow) -> String {
    let next = date(crl.next_update);
    let until = if crl.is_stale { format!("stale since {next}") } else { format!("until {next}") };
    format!("{} revoked, {until}", crl.revoked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_told_with_its_count_and_its_end() {
        let mut crl = CrlRow {
            this_update: "2026-11-01T00:00:00Z".parse().unwrap(),
            next_update: "2026-12-01T00:00:00Z".parse().unwrap(),
            revoked: 3,
            is_stale: false,
        };

        assert_eq!(crl_words(&crl), "3 revoked, until 2026-12-01 00:00:00Z");
        crl.is_stale = true;
        assert_eq!(crl_words(&crl), "3 revoked, stale since 2026-12-01 00:00:00Z");
    }
}
