use serde::{Deserialize, Serialize};

/// `POST /v1/test/fault`: provoke a panic. Only a server that was started with UM_FAULT_INJECTION=1 does it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultOrder {
    /// In this call; outside of all if there is none.
    pub call: Option<u64>,
}
