use crate::{address::Host, mode::VoipSecurity, name::Name};

/// What works, but an administrator should know.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum SiteWarning {
    /// Two gateways are reached at one address (event 1175).
    #[error(
        "gateways `{first}` and `{second}` share the address {address}: calls from it go by the pilot, then to the first by name"
    )]
    EqualAddress {
        /// The first of both by name.
        first: Name,
        /// The second.
        second: Name,
        /// What both have.
        address: Host,
    },
    /// A gateway known by an IP address serves a plan that wants mutual TLS.
    #[error(
        "gateway `{gateway}` has no FQDN, and dial plan `{plan}` is {mode}: its calls for this plan will be refused with 403"
    )]
    NoTlsIdentity {
        /// The gateway.
        gateway: Name,
        /// The plan.
        plan: Name,
        /// The plan's mode.
        mode: VoipSecurity,
    },
    /// No hunt group takes the gateway's calls.
    #[error("gateway `{gateway}` has no hunt group: its calls will be refused with 404")]
    NoHuntGroup {
        /// The gateway.
        gateway: Name,
    },
    /// A hunt group went with its gateway.
    #[error("hunt group `{group}` was deleted with its gateway `{gateway}`")]
    HuntGroupDeleted {
        /// The group.
        group: Name,
        /// Its gateway.
        gateway: Name,
    },
    /// A root that counted for one gateway went with it.
    #[error("the root {subject} was trusted for gateway `{gateway}` alone and was removed with it")]
    TrustedRootDeleted {
        /// Its subject.
        subject: String,
        /// The gateway.
        gateway: Name,
    },
    /// Subscribers can call a plan whose keys travel in the clear.
    #[error(
        "dial plan `{plan}` is {mode} and has access numbers: its subscribers type their PINs in the clear"
    )]
    ClearPins {
        /// The plan.
        plan: Name,
        /// Its mode.
        mode: VoipSecurity,
    },
    /// SHA-1 signatures count for a vendor's devices.
    #[error(
        "SHA-1 signatures are taken in the chains of `{vendor}`: who can forge one gets the profile of any of its devices (on the provisioning listener alone; SIP never takes them)"
    )]
    LegacySha1 {
        /// The vendor.
        vendor: Name,
    },
}

impl SiteWarning {
    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EqualAddress { .. } => "equal-address",
            Self::NoTlsIdentity { .. } => "no-tls-identity",
            Self::NoHuntGroup { .. } => "no-hunt-group",
            Self::HuntGroupDeleted { .. } => "hunt-group-deleted",
            Self::TrustedRootDeleted { .. } => "trusted-root-deleted",
            Self::ClearPins { .. } => "clear-pins",
            Self::LegacySha1 { .. } => "legacy-sha1",
        }
    }

    /// The command that mends it; empty where nothing is to be done.
    pub fn remedy(&self) -> String {
        match self {
            Self::EqualAddress { second, .. } => format!(
                "if that is not meant, run `um gateway set {} --connect ADDRESS`",
                second.shell_word()
            ),
            Self::NoTlsIdentity { gateway, .. } => {
                format!("run `um gateway set {} --address FQDN --connect IP`", gateway.shell_word())
            }
            Self::NoHuntGroup { gateway } => {
                format!("run `um huntgroup create NAME --gateway {} --dialplan PLAN`", gateway.shell_word())
            }
            Self::ClearPins { plan, .. } => format!(
                "run `um dialplan set {} --voip-security secured`, or with `--subscriber-access secured-only` to ask \
                 for no PIN",
                plan.shell_word()
            ),
            Self::LegacySha1 { vendor } => format!(
                "as soon as no device needs it, run `um provisioning vendor set {} --no-legacy-sha1`",
                vendor.shell_word()
            ),
            Self::HuntGroupDeleted { .. } | Self::TrustedRootDeleted { .. } => String::new(),
        }
    }
}
