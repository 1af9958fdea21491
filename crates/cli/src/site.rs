use std::path::{Path, PathBuf};

use admin_api::{ApplySite, SiteApplied};
use clap::{Args, Subcommand};
use dial_plan::Site;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format, talk};

/// `um site ..`
#[derive(Debug, Subcommand)]
pub(crate) enum SiteCommand {
    /// Print dial plans, gateways, hunt groups and policies as TOML; what apply reads.
    Export(Format),
    /// Put the configuration of a file in place: one revision, or refused whole.
    Apply(Apply),
}

/// `um site apply`
#[derive(Args, Debug)]
pub(crate) struct Apply {
    /// The TOML file.
    file: PathBuf,
    /// Only print what would change.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    format: Format,
}

impl SiteCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Export(format) => {
                let site: Site = client.get(&path(&["site"])).await?;
                if format.json {
                    return report::json(&site);
                }
                let text = toml::to_string(&site).map_err(|error| {
                    Failure::could_not_run(
                        format!("the configuration cannot be written as TOML: {error}"),
                        "",
                    )
                })?;
                report::text(&text)
            }
            Self::Apply(apply) => apply.run(client).await,
        }
    }
}

impl Apply {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let asked = ApplySite { site: read(&self.file)?, dry_run: self.dry_run };
        let applied: SiteApplied = client.put(&path(&["site"]), &asked).await?;
        if self.format.json {
            return report::json(&applied);
        }
        for warning in &applied.warnings {
            report::warning(warning);
        }
        if applied.difference.is_empty() {
            talk(format!("nothing differs from revision {}", applied.revision));
            return Ok(());
        }
        if !applied.dry_run {
            talk(format!("revision {} is in force", applied.revision));
        }
        report::text(&applied.difference.join("\n"))
    }
}

fn read(file: &Path) -> Result<Site, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::could_not_run(
            format!("{} cannot be read: {error}", file.display()),
            "give a TOML file in UTF-8",
        )
    })?;
    toml::from_str(&text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        let place = if error.span().is_some() { format!(":{line}") } else { String::new() };
        let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        Failure::no(
            format!("{}{place}: {message}", file.display()),
            "`um site export` prints the configuration in force in the same form",
        )
    })
}
