use dial_plan::{HuntGroup, IpGateway, Name};
use serde::{Deserialize, Serialize};

/// `POST /v1/gateways`: a gateway, and the dial plan that its default hunt group leads to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewGateway {
    /// The gateway.
    pub gateway: IpGateway,
    /// The dial plan of the default hunt group; without one none is made.
    #[serde(default)]
    pub dial_plan: Option<Name>,
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
