use std::path::PathBuf;

use admin_api::{CertificateCandidate, CertificateRow, PresentedCertificate};
use clap::Subcommand;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::report::{Format, date, or_hyphen, yes_no};

/// `um cert ..`
#[derive(Debug, Subcommand)]
pub(crate) enum CertCommand {
    /// Show the certificate that this server shows to its peers, and why it is this one.
    Show(Format),
    /// List the certificates of the store, and what was said of each.
    List(Format),
    /// Write the certificate and its chain to a PEM file, for the trust of a gateway; the key stays here.
    Export {
        /// The file to write; one that exists is not touched.
        #[arg(long, value_name = "FILE.pem")]
        to: PathBuf,
    },
}

impl CertCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Show(format) => format.facts(&presented(client).await?, facts),
            Self::List(format) => {
                let candidates: Vec<CertificateCandidate> = client.get(&path(&["certificates"])).await?;
                format.list(&candidates, ["ENTRY", "SUBJECT", "EXPIRES", "SHOWN", "VERDICT"], |candidate| {
                    let certificate = candidate.certificate.as_ref();
                    [
                        candidate.entry.clone(),
                        or_hyphen(certificate.map(|certificate| certificate.subject.as_str())),
                        or_hyphen(certificate.map(|certificate| date(certificate.not_after)).as_deref()),
                        yes_no(candidate.presented),
                        candidate.verdict.clone(),
                    ]
                })
            }
            Self::Export { to } => {
                let presented = presented(client).await?;
                NewFile::create(&to)?.fill(presented.pem.as_bytes())
            }
        }
    }
}

async fn presented(client: &Client) -> Result<PresentedCertificate, Failure> {
    client.get(&path(&["certificates", "presented"])).await
}

fn facts(presented: &PresentedCertificate) -> Vec<(&'static str, String)> {
    let mut facts = certificate_facts(&presented.certificate);
    facts.push(("shown because", presented.why.clone()));
    for candidate in presented.candidates.iter().filter(|candidate| !candidate.presented) {
        facts.push(("passed over", format!("{}: {}", candidate.entry, candidate.verdict)));
    }
    facts
}

fn certificate_facts(certificate: &CertificateRow) -> Vec<(&'static str, String)> {
    vec![
        ("subject", certificate.subject.clone()),
        ("names", or_hyphen(Some(&certificate.names.join(", ")))),
        ("issuer", certificate.issuer.clone()),
        ("self-signed", yes_no(certificate.self_signed)),
        ("serial number", certificate.serial.clone()),
        ("valid from", date(certificate.not_before)),
        ("expires", date(certificate.not_after)),
        ("key", certificate.key.clone()),
        ("usages", or_hyphen(Some(&certificate.usages.join(", ")))),
        ("sha1 thumbprint", certificate.sha1.clone()),
        ("sha256 thumbprint", certificate.sha256.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificate_is_told_with_the_reason_for_it_and_against_the_others() {
        let candidate = |entry: &str, presented, verdict: &str| CertificateCandidate {
            certificate: None,
            entry: entry.to_owned(),
            presented,
            verdict: verdict.to_owned(),
        };
        let presented = PresentedCertificate {
            certificate: CertificateRow {
                subject: "CN=um.example.com".to_owned(),
                names: vec!["um.example.com".to_owned(), "192.0.2.5".to_owned()],
                issuer: "CN=Example CA".to_owned(),
                self_signed: false,
                serial: "0a1b".to_owned(),
                not_before: "2026-11-21T00:00:00Z".parse().unwrap(),
                not_after: "2027-11-21T00:00:00Z".parse().unwrap(),
                key: "RSA 2048".to_owned(),
                usages: vec!["serverAuth".to_owned()],
                sha1: "aa".to_owned(),
                sha256: "bb".to_owned(),
            },
            why: "the longest life".to_owned(),
            candidates: vec![candidate("aa", true, "chosen"), candidate("cc", false, "expired")],
            pem: String::new(),
        };

        let facts = facts(&presented);

        assert!(facts.contains(&("names", "um.example.com, 192.0.2.5".to_owned())), "{facts:?}");
        assert!(facts.contains(&("expires", "2027-11-21 00:00:00Z".to_owned())), "{facts:?}");
        assert!(facts.contains(&("shown because", "the longest life".to_owned())), "{facts:?}");
        assert_eq!(facts.last(), Some(&("passed over", "cc: expired".to_owned())));
    }
}
