use std::fmt;

use crate::name::Name;

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
    /// An auto attendant.
    Attendant,
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
            Self::Attendant => "attendant",
            Self::DeviceVendor => "provisioning vendor",
            Self::Device => "provisioning device",
        }
    }

    /// How one is made.
    pub(crate) fn create_usage(self, name: &str) -> String {
        match self {
            Self::DialPlan => format!("um dialplan create {name} --extension-digits N"),
            Self::Gateway => format!("um gateway create {name} --address FQDN-OR-IP --dialplan PLAN"),
            Self::HuntGroup => format!("um huntgroup create {name} --gateway GW --dialplan PLAN"),
            Self::Policy => format!("um policy create {name} --dialplan PLAN"),
            Self::Attendant => format!("um attendant create {name} --dialplan PLAN --pilot NUMBER"),
            Self::DeviceVendor => format!("um provisioning vendor add {name} --root FILE.pem"),
            Self::Device => format!("um provisioning device add {name} --vendor VENDOR --dialplan PLAN"),
        }
    }
    /// What to do where one has the name already.
    pub(crate) fn taken_remedy(self, name: &Name) -> String {
        let name = name.shell_word();
        match self {
            Self::HuntGroup => format!("choose another name, or run `um huntgroup delete {name}` before"),
            Self::Device => format!("run `um provisioning device remove {name}` before"),
            Self::DialPlan | Self::Gateway | Self::Policy | Self::Attendant | Self::DeviceVendor => {
                format!("choose another name, or change it with `um {} set {name}`", self.command())
            }
        }
    }

    /// What to do where these settings of one are not allowed.
    pub(crate) fn set_remedy(self, name: &Name, settings: &[&str]) -> String {
        let switches: String =
            settings.iter().map(|key| format!(" --{} VALUE", key.replace('_', "-"))).collect();
        format!(
            "run `um {} set {}{switches}` with a value that is allowed",
            self.command(),
            name.shell_word()
        )
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DialPlan => "dial plan",
            Self::Gateway => "gateway",
            Self::HuntGroup => "hunt group",
            Self::Policy => "policy",
            Self::Attendant => "attendant",
            Self::DeviceVendor => "device vendor",
            Self::Device => "device",
        })
    }
}
