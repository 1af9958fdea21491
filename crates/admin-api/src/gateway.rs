use dial_plan::{GatewayPatch, HuntGroup, IpGateway, Name};
use serde::{Deserialize, Serialize};

use crate::gateway_probe::GatewayProbe;
use crate::site::Warning;
use crate::trust::TrustFile;

/// `POST /v1/gateways`: a gateway, and the dial plan that its default hunt group leads to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewGateway {
    /// The gateway.
    pub gateway: IpGateway,
    /// The dial plan of the default hunt group; without one none is made.
    #[serde(default)]
    pub dial_plan: Option<Name>,
    /// Certificate files that it is trusted by.
    #[serde(default)]
    pub trust_files: Vec<TrustFile>,
}

/// `PATCH /v1/gateways/NAME`: the settings of a [`GatewayPatch`], and certificate files beside them.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayChange {
    /// The settings that change.
    #[serde(flatten)]
    pub patch: GatewayPatch,
    /// What it is trusted by from now on, instead of what it was; an empty list takes all trust away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_files: Option<Vec<TrustFile>>,
}

impl From<GatewayPatch> for GatewayChange {
    fn from(patch: GatewayPatch) -> Self {
        Self { patch, trust_files: None }
    }
}

/// `GET /v1/gateways`: a gateway, and what is known of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct GatewayRow {
    /// The gateway.
    #[serde(flatten)]
    pub gateway: IpGateway,
    /// Its last probes, one for each transport; empty if it is not probed.
    #[serde(default)]
    pub probes: Vec<GatewayProbe>,
}

/// `GET /v1/gateways/NAME`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct GatewayDetails {
    /// The gateway.
    pub gateway: IpGateway,
    /// Its hunt groups.
    pub hunt_groups: Vec<HuntGroup>,
    /// Calls that are up.
    pub live_calls: u64,
    /// Its last probes, one for each transport; empty if it is not probed.
    #[serde(default)]
    pub probes: Vec<GatewayProbe>,
    /// What deserves a look now, such as a name that cannot be resolved.
    pub warnings: Vec<Warning>,
}

/// `POST /v1/gateways/NAME/disable`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DisableGateway {
    /// End the calls that are up; otherwise they go on to their end.
    #[serde(default)]
    pub immediate: bool,
}

/// What `POST /v1/gateways/NAME/disable` did.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct GatewayDisabled {
    /// The revision in force.
    pub revision: u64,
    /// Calls of the gateway that are still up; ask `GET /v1/calls?gateway=NAME` until there are none.
    pub live_calls: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_is_flat_and_refuses_keys_that_do_not_exist() {
        let change: GatewayChange =
            serde_json::from_str(r#"{"port": 5070, "trust_files": [{"pem": "x"}]}"#).unwrap();

        assert_eq!(change.patch.port, Some(5070));
        assert_eq!(change.trust_files.map(|files| files.len()), Some(1));
        assert_eq!(
            serde_json::from_str::<GatewayChange>(r#"{"prot": 5070}"#).unwrap_err().to_string(),
            "unknown field `prot` at line 1 column 14"
        );
        assert_eq!(serde_json::to_string(&GatewayChange::default()).unwrap(), "{}");
    }
}
