use dial_plan::Name;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::certificate::CertificateRow;

/// A certificate file that a gateway is to be trusted by. The text goes to the server as it is, and the server judges it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustFile {
    /// The file's name, for refusals; may be empty.
    #[serde(default)]
    pub file: String,
    /// What the certificates in it are to be.
    #[serde(default)]
    pub how: TrustHow,
    /// The file's text: one or more certificates in PEM.
    pub pem: String,
}

/// What the certificates of a file are to be.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrustHow {
    /// A self-signed certificate that names the gateway is a pin, other CA certificates are roots.
    #[default]
    Auto,
    /// The gateway's own certificate, whoever issued it.
    Pin,
    /// A CA whose certificates are trusted for this gateway.
    Root,
}

/// `POST /v1/trust`: roots that are trusted from now on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewTrustedRoots {
    /// The file's name, for refusals; may be empty.
    #[serde(default)]
    pub file: String,
    /// The file's text: one or more CA certificates in PEM.
    pub pem: String,
    /// The gateways that they count for; none: they are the company's and count for all.
    #[serde(default)]
    pub gateways: Vec<Name>,
}

/// `GET /v1/trust`: a root that counts for somebody.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TrustedRootRow {
    /// Its certificate.
    pub certificate: CertificateRow,
    /// Who put it there: `site`, `folder`, `gateway` or `vendor` (of devices).
    pub origin: String,
    /// The gateways that it counts for; none: for all.
    pub gateways: Vec<Name>,
    /// Its revocation list.
    pub crl: Option<CrlRow>,
    /// Where the list is fetched again.
    pub crl_source: Option<String>,
}

/// A revocation list in short.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CrlRow {
    /// When it was issued.
    pub this_update: Timestamp,
    /// When the next one is due.
    pub next_update: Timestamp,
    /// How many certificates are on it.
    pub revoked: u64,
    /// The next one is overdue.
    pub is_stale: bool,
}

/// `PUT /v1/trust/ROOT/crl-source`: fetch the list there now, and again at half of its life.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CrlSource {
    /// An `http://` URL.
    pub url: String,
}

/// `GET /v1/pending-peers`: a self-signed certificate that a peer showed and that nobody knows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PendingPeerRow {
    /// The certificate.
    pub certificate: CertificateRow,
    /// The address that it was shown from last.
    pub source: String,
    /// The gateway that this server had connected to; `None` if the peer connected to this server.
    pub gateway: Option<String>,
    /// When it was shown first.
    pub first_seen: Timestamp,
    /// When it was shown last.
    pub last_seen: Timestamp,
    /// How often.
    pub count: u64,
}

/// `POST /v1/gateways/NAME/approve`: pin a certificate of the pending peers.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovePeer {
    /// At least 8 digits of its SHA-1 or SHA-256.
    pub thumbprint: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_alone_is_judged_by_its_content() {
        let file: TrustFile = serde_json::from_str(r#"{"pem": "-----BEGIN"}"#).unwrap();

        assert_eq!(
            file,
            TrustFile { file: String::new(), how: TrustHow::Auto, pem: "-----BEGIN".to_owned() }
        );
        assert_eq!(serde_json::to_string(&TrustHow::Root).unwrap(), r#""root""#);
    }
}
