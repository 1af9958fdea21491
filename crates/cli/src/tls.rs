use admin_api::{SeenCertificate, TlsFailureRow};
use clap::{Args, Subcommand};

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::report::{self, Format, date, talk};

/// `um tls ..`
#[derive(Debug, Subcommand)]
pub(crate) enum TlsCommand {
    /// Show the TLS handshakes that failed since the start, at most 1,000: who refused whom, and why.
    Failures(Failures),
}

/// `um tls failures`
#[derive(Args, Debug)]
pub(crate) struct Failures {
    /// Only with this gateway.
    #[arg(long, value_name = "GATEWAY")]
    gateway: Option<String>,
    #[command(flatten)]
    format: Format,
}

impl TlsCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let Self::Failures(Failures { gateway, format }) = self;
        let rows: Vec<TlsFailureRow> =
            client.get(&query(&path(&["tls", "failures"]), &[("gateway", gateway)])).await?;
        if format.json {
            return report::json(&rows);
        }
        if rows.is_empty() {
            talk("nothing to list");
        }
        rows.iter().try_for_each(|row| report::text(&lines(row)))
    }
}

/// A handshake for people: one line, and one for each side's certificate and for the remedy.
fn lines(row: &TlsFailureRow) -> String {
    let gateways = if row.gateways.is_empty() { "no gateway".to_owned() } else { row.gateways.join(", ") };
    let alert = row.alert.as_deref().map(|alert| format!(" with alert {alert}")).unwrap_or_default();
    let mut text = format!(
        "{} {:<8} {} {} ({gateways}), closed by {}{alert}\n    {}",
        date(row.at),
        row.direction,
        row.class,
        row.peer,
        row.closed_by,
        row.reason
    );
    for (whose, certificate) in [("theirs", &row.certificate), ("ours", &row.own)] {
        if let Some(certificate) = certificate {
            text.push_str(&format!("\n    {whose:<6} {}", told(certificate)));
        }
    }
    if !row.remedy.is_empty() {
        text.push_str(&format!("\n    hint: {}", row.remedy));
    }
    text
}

fn told(certificate: &SeenCertificate) -> String {
    format!(
        "{} (names {}; issuer {}; serial {}; {} to {}; sha256 {})",
        certificate.subject,
        if certificate.names.is_empty() { "none" } else { &certificate.names },
        certificate.issuer,
        certificate.serial,
        date(certificate.not_before),
        date(certificate.not_after),
        certificate.sha256
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handshake_is_told_with_both_certificates_and_its_remedy() {
        let seen = SeenCertificate {
            subject: "CN=gw1.example.com".into(),
            names: String::new(),
            issuer: "CN=Example CA".into(),
            serial: "0a".into(),
            not_before: "2020-01-01T00:00:00Z".parse().unwrap(),
            not_after: "2021-01-01T00:00:00Z".parse().unwrap(),
            sha256: "ab".into(),
        };
        let row = TlsFailureRow {
            at: "2026-11-22T05:00:00Z".parse().unwrap(),
            direction: "inbound".into(),
            gateways: vec!["gw1".into()],
            peer: "192.0.2.1:4000".into(),
            class: "expired".into(),
            reason: "the certificate expired".into(),
            remedy: "renew it".into(),
            closed_by: "us".into(),
            alert: Some("certificate_expired".into()),
            certificate: Some(seen),
            own: None,
        };

        assert_eq!(
            lines(&row),
            "2026-11-22 05:00:00Z inbound  expired 192.0.2.1:4000 (gw1), closed by us with alert certificate_expired\n    \
             the certificate expired\n    \
             theirs CN=gw1.example.com (names none; issuer CN=Example CA; serial 0a; 2020-01-01 00:00:00Z to 2021-01-01 \
             00:00:00Z; sha256 ab)\n    hint: renew it"
        );
    }
}
