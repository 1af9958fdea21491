mod remedy;

use telephony::PhoneNumber;

use crate::{
    address::{AddressError, GatewayAddress},
    mask::{MaskError, NumberRule, Pilot},
    mode::VoipSecurity,
    name::{Name, NameError},
    object_kind::ObjectKind,
    provisioning::DeviceId,
};

/// Why a change of the site is refused; nothing of it has happened. The message names the rule, [`SiteError::remedy`]
/// the command that mends it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SiteError {
    /// No object has that name.
    #[error("there is no {kind} `{name}`")]
    NotFound {
        /// What was looked for.
        kind: ObjectKind,
        /// The name that nothing has.
        name: String,
    },
    /// A name is taken.
    #[error("there is a {kind} `{name}` already: names are unique among {kind}s")]
    AlreadyExists {
        /// What was to be made.
        kind: ObjectKind,
        /// Its name.
        name: Name,
    },
    /// A name that is too long for what is made with it.
    #[error("{kind}: {error}")]
    BadName {
        /// What was to be made.
        kind: ObjectKind,
        /// Its name.
        name: Name,
        /// What is wrong with the name.
        error: NameError,
    },
    /// A setting outside its range.
    #[error("{kind} `{name}`: {setting} is {value}, allowed is {allowed}")]
    OutOfRange {
        /// Whose setting.
        kind: ObjectKind,
        /// Its name.
        name: Name,
        /// The key of the setting.
        setting: &'static str,
        /// What was asked for.
        value: String,
        /// The range in words.
        allowed: String,
    },
    /// Two settings that must differ in one direction.
    #[error(
        "{kind} `{name}`: {smaller} is {smaller_value} and {larger} is {larger_value}: {smaller} must be less than {larger}"
    )]
    NotLess {
        /// Whose settings.
        kind: ObjectKind,
        /// Its name.
        name: Name,
        /// The key that must be less.
        smaller: &'static str,
        /// Its value.
        smaller_value: u16,
        /// The key that must be more.
        larger: &'static str,
        /// Its value.
        larger_value: u16,
    },
    /// A setting that is fixed when the object is made.
    #[error(
        "dial plan `{plan}`: {setting} is {current} and cannot become {wanted}: it is fixed when the plan is made"
    )]
    Fixed {
        /// Whose setting.
        plan: Name,
        /// The key of the setting.
        setting: &'static str,
        /// What it is.
        current: String,
        /// What was asked for.
        wanted: String,
    },
    /// An object names another that does not exist.
    #[error("{kind} `{name}` names {wanted_kind} `{wanted}`, which does not exist")]
    DanglingReference {
        /// What names it.
        kind: ObjectKind,
        /// Its name.
        name: Name,
        /// What it names.
        wanted_kind: ObjectKind,
        /// The name that nothing has.
        wanted: Name,
    },
    /// An FQDN that identifies another gateway.
    #[error(
        "`{fqdn}` identifies gateway `{holder}`: an FQDN belongs to one gateway only, because a certificate that names it must mean one"
    )]
    FqdnTaken {
        /// The gateway that was to get it.
        gateway: Name,
        /// The FQDN.
        fqdn: String,
        /// Who has it.
        holder: Name,
    },
    /// A pin that stands for another gateway.
    #[error(
        "the certificate {subject}, or its key, is a pin of gateway `{holder}`: a pin belongs to one gateway only, because it must mean one"
    )]
    PinTaken {
        /// The gateway that was to get it.
        gateway: Name,
        /// The subject of the pinned certificate.
        subject: String,
        /// Who has it.
        holder: Name,
    },
    /// A certificate that cannot be trusted as it stands.
    #[error("gateway `{gateway}`: trust {subject}: {fault}")]
    BadTrust {
        /// The gateway.
        gateway: Name,
        /// The subject of the certificate.
        subject: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// An owner that cannot be one.
    #[error("gateway `{gateway}`: the owner of its certificate: {error}")]
    BadOwner {
        /// The gateway.
        gateway: Name,
        /// What is wrong with the owner's name.
        error: NameError,
    },
    /// A domain for transfers that is no host.
    #[error("gateway `{gateway}`: the domain for transfers: {error}")]
    BadReferDomain {
        /// The gateway.
        gateway: Name,
        /// What is wrong with it.
        error: AddressError,
    },
    /// A gateway that is bound to an owner would serve a plan with clear calls.
    #[error(
        "gateway `{gateway}` is bound to the certificates of `{owner}` and dial plan `{plan}` is Unsecured: a binding demands TLS"
    )]
    BindingWantsTls {
        /// The gateway.
        gateway: Name,
        /// The owner.
        owner: String,
        /// The plan.
        plan: Name,
    },
    /// A root that cannot be trusted as it stands.
    #[error("trusted root {subject}: {fault}")]
    BadRoot {
        /// Its subject.
        subject: String,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A root of the company was to count for single gateways.
    #[error("the root {subject} counts for every gateway already: nothing is to be added")]
    RootCountsForAll {
        /// Its SHA-256.
        sha256: String,
        /// Its subject.
        subject: String,
    },
    /// No such root.
    #[error("no root with the SHA-256 {sha256} is trusted")]
    NoSuchRoot {
        /// The SHA-256.
        sha256: String,
    },
    /// More roots than a site may hold.
    #[error("{count} roots would be trusted, allowed are {} at most", crate::site::Site::MAX_TRUSTED_ROOTS)]
    TooManyRoots {
        /// How many.
        count: usize,
    },
    /// A vendor that cannot be one as it stands.
    #[error("device vendor `{vendor}`: {fault}")]
    BadVendor {
        /// The vendor.
        vendor: Name,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A device that cannot be one as it stands.
    #[error("device `{device}`: {fault}")]
    BadDevice {
        /// The device.
        device: DeviceId,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// More vendors or devices than a site may hold.
    #[error("there would be {count} {what}, allowed are {limit} at most")]
    TooManyDevices {
        /// Of which.
        what: &'static str,
        /// How many.
        count: usize,
        /// The most allowed.
        limit: usize,
    },
    /// A gateway known by an IP address would serve a plan that wants mutual TLS.
    #[error(
        "dial plan `{plan}` is {mode} and gateway `{gateway}` is identified by {address}: mutual TLS needs an FQDN, which the gateway's certificate names"
    )]
    FqdnNeeded {
        /// The gateway.
        gateway: Name,
        /// Its address.
        address: GatewayAddress,
        /// The plan.
        plan: Name,
        /// The plan's mode.
        mode: VoipSecurity,
    },
    /// Another hunt group of the gateway has the pilot, or is its default group.
    #[error("hunt group `{holder}` of gateway `{gateway}` {} already: a gateway's pilot leads to one dial plan", held(pilot.as_ref()))]
    PilotTaken {
        /// The group that was to get it.
        group: Name,
        /// The gateway of both.
        gateway: Name,
        /// The pilot; `None` for the default group.
        pilot: Option<Pilot>,
        /// Who has it.
        holder: Name,
    },
    /// An object that others still need.
    #[error("{kind} `{name}` is used by {user_kind} `{user}`")]
    InUse {
        /// What was to be deleted.
        kind: ObjectKind,
        /// Its name.
        name: Name,
        /// What needs it.
        user_kind: ObjectKind,
        /// The name of what needs it.
        user: Name,
    },
    /// The last policy of a plan.
    #[error("policy `{policy}` is the only one of dial plan `{plan}`: a plan keeps one for its mailboxes")]
    LastPolicy {
        /// What was to be deleted.
        policy: Name,
        /// The plan that would have none.
        plan: Name,
    },
    /// A number rule that the gateway has already.
    #[error("gateway `{gateway}` has a number rule for {}: only the first would ever be applied", rule.from)]
    RuleExists {
        /// The gateway.
        gateway: Name,
        /// The rule that was to be added.
        rule: NumberRule,
    },
    /// A number rule that the gateway does not have.
    #[error("gateway `{gateway}` has no number rule for {from}")]
    NoSuchRule {
        /// The gateway.
        gateway: Name,
        /// What the rule was to match.
        from: String,
    },
    /// A pilot or access number by which callers would not be found.
    #[error("{kind} `{name}`: the number {number} {taken}")]
    NumberTaken {
        /// Who was to get it.
        kind: ObjectKind,
        /// Its name.
        name: Name,
        /// The number.
        number: PhoneNumber,
        /// Who has it, as the end of a sentence.
        taken: String,
        /// The command that frees it.
        remedy: String,
    },
    /// A dialling rule that cannot be, or is not there.
    #[error("dial plan `{plan}`: dialling rules: {fault}")]
    BadDiallingRule {
        /// The plan.
        plan: Name,
        /// What is wrong.
        fault: String,
    },
    /// A permission for a group that the plan has no rule of.
    #[error("{kind} `{name}` allows the dialling group `{group}`, of which dial plan `{plan}` has no rule")]
    NoSuchGroup {
        /// Whose permission.
        kind: ObjectKind,
        /// Its name.
        name: Name,
        /// The group.
        group: Name,
        /// The plan.
        plan: Name,
    },
    /// An attendant that cannot be as it stands.
    #[error("attendant `{attendant}`: {fault}")]
    BadAttendant {
        /// The attendant.
        attendant: Name,
        /// What is wrong with it.
        fault: String,
        /// The command that mends it.
        remedy: String,
    },
    /// A mask that is none.
    #[error("gateway `{gateway}`: {error}")]
    BadRule {
        /// The gateway.
        gateway: Name,
        /// What is wrong with the rule.
        error: MaskError,
    },
}

impl SiteError {
    /// The stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } | Self::NoSuchRule { .. } | Self::NoSuchRoot { .. } => "not-found",
            Self::AlreadyExists { .. } | Self::RuleExists { .. } | Self::RootCountsForAll { .. } => {
                "already-exists"
            }
            Self::BadName { .. } | Self::BadOwner { .. } => "bad-name",
            Self::OutOfRange { .. } | Self::TooManyRoots { .. } | Self::TooManyDevices { .. } => {
                "out-of-range"
            }
            Self::NotLess { .. } => "contradiction",
            Self::Fixed { .. } => "fixed-setting",
            Self::DanglingReference { .. } => "dangling-reference",
            Self::FqdnTaken { .. } => "fqdn-taken",
            Self::PinTaken { .. } => "pin-taken",
            Self::BadTrust { .. } | Self::BadRoot { .. } => "bad-trust",
            Self::BadReferDomain { .. } => "bad-refer-domain",
            Self::BindingWantsTls { .. } => "binding-wants-tls",
            Self::FqdnNeeded { .. } => "fqdn-needed",
            Self::PilotTaken { .. } | Self::NumberTaken { .. } => "pilot-taken",
            Self::BadDiallingRule { .. } => "bad-dialling-rule",
            Self::NoSuchGroup { .. } => "no-such-group",
            Self::BadAttendant { .. } => "bad-attendant",
            Self::InUse { .. } | Self::LastPolicy { .. } => "in-use",
            Self::BadRule { .. } => "bad-number-rule",
            Self::BadVendor { .. } => "bad-vendor",
            Self::BadDevice { .. } => "bad-device",
        }
    }

    /// The object that the refusal is about, such as "gateway gw1".
    pub fn object(&self) -> String {
        match self {
            Self::NotFound { kind, name } => format!("{kind} {name}"),
            Self::AlreadyExists { kind, name }
            | Self::BadName { kind, name, .. }
            | Self::OutOfRange { kind, name, .. }
            | Self::NotLess { kind, name, .. }
            | Self::DanglingReference { kind, name, .. }
            | Self::NumberTaken { kind, name, .. }
            | Self::NoSuchGroup { kind, name, .. }
            | Self::InUse { kind, name, .. } => format!("{kind} {name}"),
            Self::BadAttendant { attendant, .. } => format!("attendant {attendant}"),
            Self::Fixed { plan, .. } | Self::BadDiallingRule { plan, .. } => format!("dial plan {plan}"),
            Self::FqdnTaken { gateway, .. }
            | Self::PinTaken { gateway, .. }
            | Self::BadTrust { gateway, .. }
            | Self::BadOwner { gateway, .. }
            | Self::BadReferDomain { gateway, .. }
            | Self::BindingWantsTls { gateway, .. }
            | Self::FqdnNeeded { gateway, .. }
            | Self::RuleExists { gateway, .. }
            | Self::NoSuchRule { gateway, .. }
            | Self::BadRule { gateway, .. } => format!("gateway {gateway}"),
            Self::PilotTaken { group, .. } => format!("hunt group {group}"),
            Self::LastPolicy { policy, .. } => format!("policy {policy}"),
            Self::BadRoot { subject, .. } => format!("trusted root {subject}"),
            Self::RootCountsForAll { sha256, .. } | Self::NoSuchRoot { sha256 } => {
                format!("trusted root {sha256}")
            }
            Self::TooManyRoots { .. } => "trusted roots".to_owned(),
            Self::BadVendor { vendor, .. } => format!("device vendor {vendor}"),
            Self::BadDevice { device, .. } => format!("device {device}"),
            Self::TooManyDevices { what, .. } => (*what).to_owned(),
        }
    }
}

fn held(pilot: Option<&Pilot>) -> String {
    match pilot {
        Some(pilot) => format!("has the pilot {pilot}"),
        None => "is its default group".to_owned(),
    }
}
