use serde::{Deserialize, Serialize};

/// `POST /v1/test/gateway`: look at a gateway from this server's side.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayTest {
    /// The gateway.
    pub gateway: String,
}

/// What was found, in the order in which a call needs it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GatewayTested {
    /// Each thing that was looked at.
    pub findings: Vec<GatewayFinding>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GatewayFinding {
    /// The stable word for programs, `peer-certificate-expired`.
    pub diagnosis: String,
    /// How bad it is.
    pub grade: FindingGrade,
    /// What was found, in words.
    pub what: String,
    /// What mends it; empty if nothing is to be done.
    pub remedy: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingGrade {
    /// As it should be.
    Fine,
    /// Somebody should look.
    Attention,
    /// Calls fail by it.
    Fault,
}
