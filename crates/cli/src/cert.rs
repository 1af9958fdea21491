mod shown;

use std::path::{Path, PathBuf};

use admin_api::{
    CertificateChanged, CertificateDetails, Done, ExpiryRow, ExportPkcs12, ExportedFile, FileContent,
    GenerateCertificate, ImportCertificate, MadeSigningRequest, MakeSigningRequest, PreferCertificate,
    PresentedCertificate,
};
use clap::Subcommand;

use crate::certificate_file::{bounded, password};
use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::report::{Format, counted, date, or_hyphen, talk, yes_no};

pub(crate) use shown::certificate_facts;
use shown::{candidate_facts, explain, facts, list};

/// `um cert ..`
#[derive(Debug, Subcommand)]
pub(crate) enum CertCommand {
    /// List the certificates of the store, the keys that wait for one, and what was said of each.
    List(Format),
    /// Show the certificate that this server shows to its peers, or another one of the store.
    Show {
        /// SHA-1 or SHA-256 thumbprint, or its first 8 digits or more.
        thumbprint: Option<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Tell which certificate is chosen, and of every other one why it is not.
    Explain {
        /// For the connections with this gateway, which may be bound to an owner.
        #[arg(long = "for", value_name = "GATEWAY")]
        gateway: Option<String>,
        #[command(flatten)]
        format: Format,
    },
    /// Let one certificate go before all others as long as it is valid.
    Use {
        /// Its thumbprint.
        #[arg(required_unless_present = "auto", conflicts_with = "auto")]
        thumbprint: Option<String>,
        /// Leave the choice to the rule again.
        #[arg(long)]
        auto: bool,
    },
    /// Let a certificate be chosen again; without a thumbprint the successor that waits.
    Activate {
        /// Its thumbprint.
        thumbprint: Option<String>,
    },
    /// Take a certificate out of use; it stays in the store.
    Deactivate {
        /// Its thumbprint.
        thumbprint: String,
    },
    /// Make a self-signed certificate; it is inactive unless there is no usable one.
    Generate {
        /// Its key: rsa-2048, rsa-3072, p-256 or p-384. Default: what um.toml says.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// Whose it is to be, for gateways that are bound to them.
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
    },
    /// Write a certificate and its chain to a PEM file, for the trust of a gateway; the key stays here.
    Export {
        /// Its thumbprint; without one the certificate that is shown.
        thumbprint: Option<String>,
        /// The successor that waits.
        #[arg(long, conflicts_with = "thumbprint")]
        waiting: bool,
        /// Write the private key too, in an encrypted PKCS#12 file; the password is read from --password-file.
        #[arg(long, requires = "password_file")]
        with_key: bool,
        /// A file whose first line is the password; `-` reads it from standard input.
        #[arg(long, value_name = "FILE", requires = "with_key")]
        password_file: Option<PathBuf>,
        /// The file to write; one that exists is not touched.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Make a key and a certificate signing request for it; the key stays here and waits for the certificate.
    Csr {
        /// The name that the certificate is to bear.
        fqdn: String,
        /// An address of e-mail for the subject.
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        /// The key: rsa-2048, rsa-3072, p-256 or p-384. Default: what um.toml says.
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// The file to write; one that exists is not touched.
        #[arg(long, value_name = "FILE.csr")]
        to: PathBuf,
    },
    /// Take a certificate in, with its key or for a key that waits: PEM, DER or PKCS#12.
    Import {
        /// The file.
        file: PathBuf,
        /// A file whose first line is the password of the PKCS#12 file; `-` reads it from standard input.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Whose it is to be, for gateways that are bound to them.
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        /// Keep it, and do not show it before `um cert activate`.
        #[arg(long)]
        inactive: bool,
    },
    /// Delete a certificate and its key; not one that peers are shown.
    Delete {
        /// Its thumbprint.
        thumbprint: String,
    },
    /// Read the store, as SIGHUP does; it is read by itself too when a file changes.
    Reload,
    /// Tell what expires, and exit with 1 if anything does within the time: our certificates, those that we trust, and
    /// those that peers show.
    Check {
        /// How far ahead to look, in days: `30d`.
        #[arg(long, value_name = "DAYS", default_value = "30d", value_parser = days)]
        within: u16,
        #[command(flatten)]
        format: Format,
    },
}

/// The place of a thumbprint, for the successor that waits.
const WAITING: &str = "waiting";

impl CertCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::List(format) => list(client, format).await,
            Self::Show { thumbprint: None, format } => format.facts(&presented(client).await?, facts),
            Self::Show { thumbprint: Some(thumbprint), format } => format
                .facts(&details(client, &thumbprint).await?, |details| candidate_facts(&details.candidate)),
            Self::Explain { gateway, format } => explain(client, gateway, format).await,
            Self::Use { thumbprint, auto: _ } => {
                let order = PreferCertificate { thumbprint };
                tell(&client.put(&path(&["certificates", "preferred"]), &order).await?, "in use")
            }
            Self::Activate { thumbprint } => {
                let thumbprint = thumbprint.unwrap_or_else(|| WAITING.to_owned());
                let answer = client.post(&path(&["certificates", &thumbprint, "activate"]), &Done {}).await?;
                tell(&answer, "active")
            }
            Self::Deactivate { thumbprint } => {
                let answer =
                    client.post(&path(&["certificates", &thumbprint, "deactivate"]), &Done {}).await?;
                tell(&answer, "inactive")
            }
            Self::Generate { key, owner } => {
                let order = GenerateCertificate { key, owner };
                tell(&client.post(&path(&["certificates"]), &order).await?, "made")
            }
            Self::Export { thumbprint, waiting, with_key: _, password_file, to } => {
                let thumbprint = thumbprint.or_else(|| waiting.then(|| WAITING.to_owned()));
                match password_file {
                    Some(file) => export_pkcs12(client, thumbprint, &file, &to).await,
                    None => {
                        let pem = match thumbprint {
                            Some(thumbprint) => details(client, &thumbprint).await?.pem,
                            None => presented(client).await?.pem,
                        };
                        NewFile::create(&to)?.fill(pem.as_bytes())
                    }
                }
            }
            Self::Csr { fqdn, email, key, to } => {
                let file = NewFile::create(&to)?;
                let order = MakeSigningRequest { fqdn, email, key };
                match client.post::<MadeSigningRequest>(&path(&["certificates", "requests"]), &order).await {
                    Ok(made) => {
                        file.fill(made.pem.as_bytes())?;
                        talk(format!(
                            "{} is the request; its key waits in the store: have the request signed for serverAuth and clientAuth, then run `um cert import FILE`",
                            to.display()
                        ));
                        Ok(())
                    }
                    Err(refused) => {
                        file.give_up();
                        Err(refused)
                    }
                }
            }
            Self::Import { file, password_file, owner, inactive } => {
                let order = ImportCertificate {
                    content: FileContent::new(bounded(&file)?),
                    file: file.display().to_string(),
                    password: password_file.as_deref().map(password).transpose()?,
                    owner,
                    inactive,
                };
                tell(&client.post(&path(&["certificates", "import"]), &order).await?, "in the store")
            }
            Self::Delete { thumbprint } => {
                tell(&client.delete(&path(&["certificates", &thumbprint])).await?, "deleted")
            }
            Self::Reload => client.post(&path(&["certificates", "reload"]), &Done {}).await.map(|Done {}| ()),
            Self::Check { within, format } => check(client, within, format).await,
        }
    }
}

async fn presented(client: &Client) -> Result<PresentedCertificate, Failure> {
    client.get(&path(&["certificates", "presented"])).await
}

async fn details(client: &Client, thumbprint: &str) -> Result<CertificateDetails, Failure> {
    client.get(&path(&["certificates", thumbprint])).await
}

async fn export_pkcs12(
    client: &Client,
    thumbprint: Option<String>,
    password_file: &Path,
    to: &Path,
) -> Result<(), Failure> {
    let thumbprint = match thumbprint {
        Some(thumbprint) => thumbprint,
        None => presented(client).await?.certificate.sha256,
    };
    let order = ExportPkcs12 { password: password(password_file)? };
    // Encrypted, and still a key: whoever reads the file may guess at its password for as long as they like.
    let file = NewFile::create_private(to)?;
    match client.post::<ExportedFile>(&path(&["certificates", &thumbprint, "pkcs12"]), &order).await {
        Ok(exported) => file.fill(exported.content.expose()),
        Err(refused) => {
            file.give_up();
            Err(refused)
        }
    }
}

async fn check(client: &Client, within: u16, format: Format) -> Result<(), Failure> {
    let asked = query(&path(&["certificates", "expiry"]), &[("within_days", Some(within.to_string()))]);
    let rows: Vec<ExpiryRow> = client.get(&asked).await?;
    format.list(&rows, ["DAYS", "EXPIRES", "WHAT", "SUBJECT", "DUE"], |row| {
        [
            row.days_left.to_string(),
            date(row.not_after),
            row.what.clone(),
            or_hyphen(Some(&row.subject)),
            yes_no(row.due),
        ]
    })?;
    let due: Vec<&ExpiryRow> = rows.iter().filter(|row| row.due).collect();
    let count = u64::try_from(due.len()).unwrap_or(u64::MAX);
    match due.first() {
        None => Ok(()),
        Some(first) => Err(Failure::no(
            format!("{} within {within} days", counted(count, "thing expires", "things expire")),
            first.remedy.clone(),
        )),
    }
}

/// Says what was done, and what is to be known of it.
fn tell(changed: &CertificateChanged, done: &str) -> Result<(), Failure> {
    if let Some(certificate) = &changed.certificate {
        let shown = if changed.presented { ", and peers are shown it" } else { "" };
        talk(format!("certificate {} ({}) is {done}{shown}", certificate.sha256, certificate.subject));
    }
    for note in &changed.notes {
        talk(format!("note: {note}"));
    }
    if let Some(held) = &changed.held {
        talk(format!("warning: peers are shown what they were shown before, because {held}"));
    }
    Ok(())
}

/// `30d` or `30`.
fn days(text: &str) -> Result<u16, String> {
    let number = text.strip_suffix('d').unwrap_or(text);
    number.parse().map_err(|_| "write a number of days, as in 30d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_with_or_without_their_letter() {
        assert_eq!((days("30d"), days("7")), (Ok(30), Ok(7)));
        assert!(days("30 days").is_err());
        assert!(days("-1d").is_err());
    }
}
