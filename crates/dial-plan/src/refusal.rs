use std::fmt;

use crate::{
    address::GatewayAddress,
    mask::{MaskError, NumberRule, Pilot},
    mode::VoipSecurity,
    name::{Name, NameError},
    provisioning::DeviceId,
};

/// The kinds of object in a site.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ObjectKind {
    /// A dial plan.
    DialPlan,
    /// An IP gateway.
    Gateway,
    /// A hunt group.
    HuntGroup,
    /// A mailbox policy.
    Policy,
    /// The maker of devices that are provisioned.
    DeviceVendor,
    /// A device that is provisioned.
    Device,
}

impl ObjectKind {
    /// The command that deals with it: `um <word> ..`.
    pub fn command(self) -> &'static str {
        match self {
            Self::DialPlan => "dialplan",
            Self::Gateway => "gateway",
            Self::HuntGroup => "huntgroup",
            Self::Policy => "policy",
            Self::DeviceVendor => "provisioning vendor",
            Self::Device => "provisioning device",
        }
    }

    fn create_usage(self, name: &str) -> String {
        match self {
            Self::DialPlan => format!("um dialplan create {name} --extension-digits N"),
            Self::Gateway => format!("um gateway create {name} --address FQDN-OR-IP --dialplan PLAN"),
            Self::HuntGroup => format!("um huntgroup create {name} --gateway GW --dialplan PLAN"),
            Self::Policy => format!("um policy create {name} --dialplan PLAN"),
            Self::DeviceVendor => format!("um provisioning vendor add {name} --root FILE.pem"),
            Self::Device => format!("um provisioning device add {name} --vendor VENDOR --dialplan PLAN"),
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DialPlan => "dial plan",
            Self::Gateway => "gateway",
            Self::HuntGroup => "hunt group",
            Self::Policy => "policy",
            Self::DeviceVendor => "device vendor",
            Self::Device => "device",
        })
    }
}

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
            Self::BindingWantsTls { .. } => "binding-wants-tls",
            Self::FqdnNeeded { .. } => "fqdn-needed",
            Self::PilotTaken { .. } => "pilot-taken",
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
            | Self::InUse { kind, name, .. } => format!("{kind} {name}"),
            Self::Fixed { plan, .. } => format!("dial plan {plan}"),
            Self::FqdnTaken { gateway, .. }
            | Self::PinTaken { gateway, .. }
            | Self::BadTrust { gateway, .. }
            | Self::BadOwner { gateway, .. }
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

    /// The command that mends it, as an administrator types it.
    pub fn remedy(&self) -> String {
        match self {
            Self::NotFound { kind, name } => {
                let name =
                    if name.contains(char::is_whitespace) { format!("'{name}'") } else { name.clone() };
                format!(
                    "run `um {} list` to see the names, or `{}`",
                    kind.command(),
                    kind.create_usage(&name)
                )
            }
            Self::AlreadyExists { kind, name } => already_exists_remedy(*kind, name),
            Self::BadName { kind, .. } => format!("run `{}` with a shorter name", kind.create_usage("NAME")),
            Self::OutOfRange { kind, name, setting, .. } => set_remedy(*kind, name, &[*setting]),
            Self::NotLess { kind, name, smaller, larger, .. } => {
                set_remedy(*kind, name, &[*smaller, *larger])
            }
            Self::Fixed { .. } => {
                "run `um dialplan create NAME --extension-digits N` for a new plan".to_owned()
            }
            Self::DanglingReference { wanted_kind, wanted, .. } => {
                format!("run `{}` first", wanted_kind.create_usage(&wanted.shell_word()))
            }
            Self::FqdnTaken { holder, .. } => format!(
                "give this gateway another FQDN, or run `um gateway set {} --address OTHER-FQDN` before",
                holder.shell_word()
            ),
            Self::PinTaken { holder, .. } => format!(
                "give this gateway a certificate of its own, or run `um gateway set {} --no-trust` before",
                holder.shell_word()
            ),
            Self::BadTrust { gateway, .. } => {
                format!(
                    "run `um gateway set {} --trust FILE.pem` with the certificate itself",
                    gateway.shell_word()
                )
            }
            Self::BadOwner { gateway, .. } => {
                format!("run `um gateway set {} --cert-owner NAME` with another name", gateway.shell_word())
            }
            Self::BindingWantsTls { gateway, plan, .. } => format!(
                "run `um dialplan set {} --voip-security secured`, or give up the binding with `um gateway set {} \
                 --no-cert-owner`",
                plan.shell_word(),
                gateway.shell_word()
            ),
            Self::BadRoot { .. } => "run `um trust add FILE.pem` with the certificate itself".to_owned(),
            Self::RootCountsForAll { sha256, .. } => format!(
                "to trust it for single gateways only, run `um trust remove {sha256}` and `um trust add FILE.pem \
                 --gateway GW`"
            ),
            Self::NoSuchRoot { .. } => "run `um trust list` to see the trusted roots".to_owned(),
            Self::TooManyRoots { .. } => "run `um trust remove ROOT` for those that nobody needs".to_owned(),
            Self::BadVendor { vendor, .. } => format!(
                "run `um provisioning vendor set {} --root FILE.pem` with the certificates themselves",
                vendor.shell_word()
            ),
            Self::BadDevice { .. } => {
                "run `um provisioning device add DEVICE --vendor VENDOR --dialplan PLAN`".to_owned()
            }
            Self::TooManyDevices { .. } => {
                "run `um provisioning device remove DEVICE` for those that are gone".to_owned()
            }
            Self::FqdnNeeded { gateway, address, plan, .. } => format!(
                "give `{}` an FQDN with `--address FQDN --connect {address}`, or allow clear calls with \
                 `um dialplan set {} --voip-security unsecured`",
                gateway.shell_word(),
                plan.shell_word()
            ),
            Self::PilotTaken { holder, .. } => {
                format!("run `um huntgroup delete {}` before, or choose another pilot", holder.shell_word())
            }
            Self::InUse { user_kind, user, .. } => {
                format!("run `um {} delete {}` before", user_kind.command(), user.shell_word())
            }
            Self::LastPolicy { policy, plan } => format!(
                "run `um policy create NAME --dialplan {}` before, or change it with `um policy set {}`",
                plan.shell_word(),
                policy.shell_word()
            ),
            Self::RuleExists { gateway, rule } => {
                format!("run `um gateway number-rule remove {} '{}'` before", gateway.shell_word(), rule.from)
            }
            Self::NoSuchRule { gateway, .. } => {
                format!("run `um gateway number-rule list {}` to see the rules", gateway.shell_word())
            }
            Self::BadRule { gateway, .. } => {
                format!("run `um gateway number-rule add {} FROM TO`", gateway.shell_word())
            }
        }
    }
}

fn already_exists_remedy(kind: ObjectKind, name: &Name) -> String {
    let name = name.shell_word();
    match kind {
        ObjectKind::HuntGroup => format!("choose another name, or run `um huntgroup delete {name}` before"),
        ObjectKind::Device => format!("run `um provisioning device remove {name}` before"),
        ObjectKind::DialPlan | ObjectKind::Gateway | ObjectKind::Policy | ObjectKind::DeviceVendor => {
            format!("choose another name, or change it with `um {} set {name}`", kind.command())
        }
    }
}

fn set_remedy(kind: ObjectKind, name: &Name, settings: &[&str]) -> String {
    let switches: String = settings.iter().map(|key| format!(" --{} VALUE", key.replace('_', "-"))).collect();
    format!("run `um {} set {}{switches}` with a value that is allowed", kind.command(), name.shell_word())
}

fn held(pilot: Option<&Pilot>) -> String {
    match pilot {
        Some(pilot) => format!("has the pilot {pilot}"),
        None => "is its default group".to_owned(),
    }
}
