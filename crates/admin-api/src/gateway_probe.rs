use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the last probe of a gateway over one transport found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct GatewayProbe {
    /// `UDP`, `TCP` or `TLS`.
    pub transport: String,
    /// `up`, `down` or `unknown`.
    pub state: String,
    /// Since when it is up or down.
    pub since: Option<Timestamp>,
    /// When the last probe ended.
    pub probed: Timestamp,
    /// Where it went to, address and port.
    pub address: Option<String>,
    /// The answer to it, `200 OK`.
    pub answer: Option<String>,
    /// What the gateway calls itself in its answer.
    pub product: Option<String>,
    /// From the request to the answer.
    pub round_trip_ms: Option<f64>,
    /// Why there was no answer.
    pub reason: Option<String>,
    /// The certificate with which the gateway answered last over TLS.
    pub certificate: Option<PeerCertificate>,
}

/// The certificate that a gateway presents.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PeerCertificate {
    /// Its subject.
    pub subject: String,
    /// The names in it.
    pub names: Vec<String>,
    /// Its issuer.
    pub issuer: String,
    /// Its serial number, in hex.
    pub serial: String,
    /// SHA-256 of it, in hex.
    pub sha256: String,
    /// When it expires.
    pub not_after: Timestamp,
    /// Whole days until then; negative once it has expired.
    pub days_left: i64,
}
