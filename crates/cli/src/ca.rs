use std::path::{Path, PathBuf};

use admin_api::{
    AuthorityFacts, FoundAuthority, IssuedCertificate, IssuedRow, LeafOrder, Pkcs12Order, RevocationListText,
    RevokeOrder, RevokedCertificate, SecretText,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Subcommand;
use jiff::Timestamp;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::report::{Format, date, talk, text};

/// The kinds of key that the server makes, the default of certificates first.
const KEY_KINDS: [&str; 4] = ["rsa-2048", "rsa-3072", "p-256", "p-384"];

/// `um ca ..`
#[derive(Debug, Subcommand)]
pub(crate) enum CaCommand {
    /// Found the CA of this server, and print how peers and this server come to trust it.
    Init {
        /// What it is called. Default: CA of and this server's name.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The kind of its key. Default: rsa-3072.
        #[arg(long, value_name = "KIND", value_parser = KEY_KINDS)]
        key: Option<String>,
    },
    /// Issue a certificate for a gateway, for both sides of mutual TLS.
    Issue(Issue),
    /// List what the CA has issued.
    List(Format),
    /// Revoke a certificate: who shows it is refused from then on.
    Revoke {
        /// Its serial number, or its name if that has no other certificate.
        which: String,
    },
    /// Write the CA's own certificate to a PEM file: the root that gateways are to trust.
    Root {
        /// The file to write; one that exists is not touched.
        #[arg(long, value_name = "FILE.pem")]
        to: PathBuf,
    },
    /// Write the revocation list of now to a PEM file, good for 30 days.
    Crl {
        /// The file to write; one that exists is not touched.
        #[arg(long, value_name = "FILE.pem")]
        to: PathBuf,
    },
}

/// `um ca issue FQDN ..`
#[derive(clap::Args, Debug)]
pub(crate) struct Issue {
    /// The gateway's FQDN, which the certificate is to bear.
    fqdn: String,
    /// The signing request that the gateway made; its key stays there.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pfx", "key"])]
    csr: Option<PathBuf>,
    /// Make the key here, and write key, certificate and chain to this PKCS#12 file.
    #[arg(long, value_name = "FILE.p12")]
    pfx: Option<PathBuf>,
    /// The file whose first line is the password of the PKCS#12 file; without it one is made and printed.
    #[arg(long, value_name = "FILE", requires = "pfx")]
    password_file: Option<PathBuf>,
    /// Write certificate and chain to this PEM file; without --csr and --pfx the key too, for its owner alone.
    #[arg(long, value_name = "FILE.pem", required_unless_present_any = ["csr", "pfx"])]
    to: Option<PathBuf>,
    /// How long it lives; never longer than the CA. Default: 825.
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    /// The kind of key that is made. Default: rsa-2048.
    #[arg(long, value_name = "KIND", value_parser = KEY_KINDS)]
    key: Option<String>,
}

impl CaCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Init { name, key } => {
                let founded: AuthorityFacts =
                    client.post(&path(&["authority"]), &FoundAuthority { name, key }).await?;
                tell_founded(&founded);
                Ok(())
            }
            Self::Issue(issue) => issue.run(client).await,
            Self::List(format) => list(client, format).await,
            Self::Revoke { which } => {
                let RevokedCertificate { row, notes } =
                    client.post(&path(&["authority", "revoke"]), &RevokeOrder { which }).await?;
                talk(format!(
                    "{} {} is revoked; give gateways the new list with `um ca crl --to FILE.pem`",
                    row.fqdn, row.serial
                ));
                notes.iter().for_each(|note| talk(format!("warning: {note}")));
                Ok(())
            }
            Self::Root { to } => {
                let file = NewFile::create(&to)?;
                match client.get::<AuthorityFacts>(&path(&["authority"])).await {
                    Ok(facts) => file.fill(facts.pem.as_bytes()),
                    Err(failure) => {
                        file.give_up();
                        Err(failure)
                    }
                }
            }
            Self::Crl { to } => {
                let file = NewFile::create(&to)?;
                match client.get::<RevocationListText>(&path(&["authority", "crl"])).await {
                    Ok(list) => file.fill(list.pem.as_bytes()),
                    Err(failure) => {
                        file.give_up();
                        Err(failure)
                    }
                }
            }
        }
    }
}

impl Issue {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let order = self.order()?;
        // Made before anything is issued: a certificate that could not be written would lie about unused.
        let pfx = self.pfx.as_deref().map(NewFile::create_private).transpose()?;
        let to = self.to.as_deref().map(|to| match order.csr.is_some() || pfx.is_some() {
            true => NewFile::create(to),
            false => NewFile::create_private(to),
        });
        let to = match to.transpose() {
            Ok(to) => to,
            Err(failure) => {
                pfx.into_iter().for_each(NewFile::give_up);
                return Err(failure);
            }
        };
        let issued: Result<IssuedCertificate, Failure> =
            client.post(&path(&["authority", "certificates"]), &order).await;
        let issued = match issued {
            Ok(issued) => issued,
            Err(failure) => {
                pfx.into_iter().chain(to).for_each(NewFile::give_up);
                return Err(failure);
            }
        };
        write(&issued, pfx, to)
    }

    fn order(&self) -> Result<LeafOrder, Failure> {
        let password = self.password_file.as_deref().map(password).transpose()?;
        Ok(LeafOrder {
            fqdn: self.fqdn.clone(),
            csr: self.csr.as_deref().map(request).transpose()?,
            days: self.days,
            key: self.key.clone(),
            pkcs12: self.pfx.is_some().then_some(Pkcs12Order { password }),
        })
    }
}

/// PKCS#12 to its file, PEM to the other or to stdout, and a password that was made to stdout.
fn write(issued: &IssuedCertificate, pfx: Option<NewFile>, to: Option<NewFile>) -> Result<(), Failure> {
    for note in &issued.notes {
        talk(format!("warning: {note}"));
    }
    let mut pem = issued.chain_pem.clone();
    if let Some(key) = &issued.key_pem {
        pem.push_str(key.expose());
    }
    let asked_for_pfx = pfx.is_some();
    if let (Some(file), Some(pkcs12)) = (pfx, &issued.pkcs12) {
        let bytes = STANDARD.decode(pkcs12.expose()).map_err(|error| {
            Failure::could_not_run(format!("the server's PKCS#12 cannot be read: {error}"), "")
        })?;
        file.fill(&bytes)?;
    }
    match to {
        Some(file) => file.fill(pem.as_bytes())?,
        None if asked_for_pfx => {}
        None => text(&pem)?,
    }
    let certificate = &issued.certificate;
    talk(format!(
        "{} has certificate {}, until {}",
        certificate.names.join(", "),
        certificate.serial,
        date(certificate.not_after)
    ));
    if issued.key_pem.is_some() && !asked_for_pfx {
        talk("what was written holds its private key too, behind the chain: give it to the gateway alone");
    }
    match &issued.password {
        Some(password) => {
            talk("the password of the PKCS#12 file, which is not shown again:");
            text(password.expose())
        }
        None => Ok(()),
    }
}

async fn list(client: &Client, format: Format) -> Result<(), Failure> {
    let authority: AuthorityFacts = client.get(&path(&["authority"])).await?;
    let now = Timestamp::now();
    format.list(&authority.issued, ["SERIAL", "NAME", "EXPIRES", "STATE"], |row| {
        [row.serial.clone(), row.fqdn.clone(), date(row.not_after), state(row, now)]
    })
}

fn state(row: &IssuedRow, now: Timestamp) -> String {
    match row.revoked {
        Some(on) => format!("revoked {}", date(on)),
        None if now > row.not_after => "expired".to_owned(),
        None => "valid".to_owned(),
    }
}

fn tell_founded(founded: &AuthorityFacts) {
    let certificate = &founded.certificate;
    talk(format!("{} is founded, until {}", certificate.subject, date(certificate.not_after)));
    talk("this server takes nobody for it yet; so that it trusts what the CA issues for every gateway, run");
    talk(format!("  um trust add {}", shell_word(&founded.file)));
    talk(
        "a certificate for a gateway: `um ca issue FQDN --to FILE.pem`; the root for gateways: `um ca root --to FILE.pem`",
    );
}

/// A path as a shell takes it.
fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,=".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}

fn request(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::could_not_run(
            format!("{} cannot be read: {error}", file.display()),
            "give the path of a signing request in PEM",
        )
    })
}

fn password(file: &Path) -> Result<SecretText, Failure> {
    let whole = std::fs::read_to_string(file).map(SecretText::new).map_err(|error| {
        Failure::could_not_run(
            format!("{} cannot be read: {error}", file.display()),
            "give the path of a file whose first line is the password",
        )
    })?;
    let line = whole.expose().lines().next().unwrap_or_default();
    Ok(SecretText::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(revoked: Option<&str>) -> IssuedRow {
        IssuedRow {
            serial: "4a".to_owned(),
            fqdn: "gw1.example.com".to_owned(),
            sha256: "bb".to_owned(),
            not_before: "2026-11-21T00:00:00Z".parse().unwrap(),
            not_after: "2029-02-23T00:00:00Z".parse().unwrap(),
            revoked: revoked.map(|on| on.parse().unwrap()),
        }
    }

    #[test]
    fn certificate_is_valid_until_it_expires_unless_it_was_revoked() {
        let at = |moment: &str| moment.parse().unwrap();

        assert_eq!(state(&row(None), at("2029-02-23T00:00:00Z")), "valid");
        assert_eq!(state(&row(None), at("2029-02-23T00:00:01Z")), "expired");
        assert_eq!(
            state(&row(Some("2027-01-01T00:00:00Z")), at("2029-02-23T00:00:01Z")),
            "revoked 2027-01-01 00:00:00Z"
        );
    }

    #[test]
    fn path_with_blanks_is_quoted_for_the_shell() {
        assert_eq!(shell_word("/var/lib/um/authority/ca.pem"), "/var/lib/um/authority/ca.pem");
        assert_eq!(shell_word("/srv/my um/it's.pem"), r"'/srv/my um/it'\''s.pem'");
    }
}
