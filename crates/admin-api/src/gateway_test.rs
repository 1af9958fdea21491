use serde::{Deserialize, Serialize};

use crate::Finding;

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
    pub findings: Vec<Finding>,
}
