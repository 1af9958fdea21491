use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A TLS handshake that failed, or that completed with a certificate that names nobody: `GET /v1/tls/failures`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TlsFailureRow {
    /// When.
    pub at: Timestamp,
    /// `inbound`: the peer connected to us; `outbound`: we connected to it.
    pub direction: String,
    /// The gateways that the peer may be, by its certificate or else by its address; empty for a stranger.
    pub gateways: Vec<String>,
    /// The peer's address and port.
    pub peer: String,
    /// The class: one of the stable words `expired`, `not-yet-valid`, `wrong-name`, `no-local-certificate`,
    /// `wrong-usage`, `revoked`, `peer-disconnected`, `negotiation-failed`, `untrusted`, `no-certificate`.
    pub class: String,
    /// What happened, in words.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// `us` or `peer`.
    pub closed_by: String,
    /// The alert of that side by its registered name, if there was one.
    pub alert: Option<String>,
    /// What the peer showed, if it showed a certificate that can be read.
    pub certificate: Option<SeenCertificate>,
    /// What this server showed, or would have shown.
    pub own: Option<SeenCertificate>,
}

/// A certificate in a handshake. Texts are at most 256 characters long.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SeenCertificate {
    /// The subject.
    pub subject: String,
    /// The names in it, with commas between.
    pub names: String,
    /// The issuer.
    pub issuer: String,
    /// The serial number, in hex.
    pub serial: String,
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// When it expires.
    pub not_after: Timestamp,
    /// SHA-256 of it, in hex.
    pub sha256: String,
}

/// Which failed handshakes are asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct TlsFailureQuery {
    /// Only of this gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
}
