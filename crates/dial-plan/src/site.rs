use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::{
    attendant::AutoAttendant,
    gateway::IpGateway,
    hunt_group::HuntGroup,
    name::Name,
    object_kind::ObjectKind,
    plan::DialPlan,
    policy::{DEFAULT_POLICY_WORDS, MailboxPolicy},
    provisioning::{Device, DeviceVendor, Provisioning},
    refusal::SiteError,
    trusted_root::{TrustedRoot, by_hash},
    warning::SiteWarning,
};

/// The whole configuration of calls as one valid value: it is changed by [`Site::apply`] into a new one, and swapped in
/// whole. Everything in it is read in the order of names.
///
/// In TOML and JSON it is lists of objects; a plan without policy gets its default policy when it is read.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "SiteDocument", into = "SiteDocument")]
pub struct Site {
    /// Counts the changes; 0 is the empty site.
    pub revision: u64,
    pub(crate) dial_plans: BTreeMap<Name, DialPlan>,
    pub(crate) gateways: BTreeMap<Name, IpGateway>,
    pub(crate) hunt_groups: BTreeMap<Name, HuntGroup>,
    pub(crate) policies: BTreeMap<Name, MailboxPolicy>,
    pub(crate) attendants: BTreeMap<Name, AutoAttendant>,
    pub(crate) trusted_roots: BTreeMap<String, TrustedRoot>,
    pub(crate) provisioning: Provisioning,
}

impl Site {
    /// A site with nothing in it, revision 0.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The dial plan of that name.
    pub fn dial_plan(&self, name: &str) -> Option<&DialPlan> {
        self.dial_plans.get(name)
    }

    /// Every dial plan.
    pub fn dial_plans(&self) -> impl Iterator<Item = &DialPlan> {
        self.dial_plans.values()
    }

    /// The gateway of that name.
    pub fn gateway(&self, name: &str) -> Option<&IpGateway> {
        self.gateways.get(name)
    }

    /// Every gateway.
    pub fn gateways(&self) -> impl Iterator<Item = &IpGateway> {
        self.gateways.values()
    }

    /// The gateways that are reached at this very address (FQDNs are the resolver's to add).
    pub fn gateways_at(&self, address: IpAddr) -> impl Iterator<Item = &IpGateway> {
        let address = address.to_canonical();
        self.gateways.values().filter(move |gateway| gateway.hosts().any(|host| host.ip() == Some(address)))
    }

    /// The hunt group of that name.
    pub fn hunt_group(&self, name: &str) -> Option<&HuntGroup> {
        self.hunt_groups.get(name)
    }

    /// Every hunt group.
    pub fn hunt_groups(&self) -> impl Iterator<Item = &HuntGroup> {
        self.hunt_groups.values()
    }

    /// The hunt groups of a gateway.
    pub fn hunt_groups_of<'a>(&'a self, gateway: &'a str) -> impl Iterator<Item = &'a HuntGroup> {
        self.hunt_groups.values().filter(move |group| group.gateway.as_str() == gateway)
    }

    /// The dial plans that a gateway's hunt groups lead to; one for each group.
    pub fn dial_plans_of<'a>(&'a self, gateway: &'a str) -> impl Iterator<Item = &'a DialPlan> {
        self.hunt_groups_of(gateway).filter_map(|group| self.dial_plans.get(&group.dial_plan))
    }

    /// The mailbox policy of that name.
    pub fn policy(&self, name: &str) -> Option<&MailboxPolicy> {
        self.policies.get(name)
    }

    /// Every mailbox policy.
    pub fn policies(&self) -> impl Iterator<Item = &MailboxPolicy> {
        self.policies.values()
    }

    /// The policy that a plan's mailboxes get unless told otherwise: `<plan> Default Policy`, else the first by name.
    pub fn default_policy(&self, plan: &str) -> Option<&MailboxPolicy> {
        let of_plan = |policy: &&MailboxPolicy| policy.dial_plan.as_str() == plan;
        self.policies
            .get(format!("{plan}{DEFAULT_POLICY_WORDS}").as_str())
            .filter(of_plan)
            .or_else(|| self.policies.values().find(of_plan))
    }

    /// Whether both hold the same objects, whatever their revisions.
    pub fn same_content(&self, other: &Self) -> bool {
        self.dial_plans == other.dial_plans
            && self.gateways == other.gateways
            && self.hunt_groups == other.hunt_groups
            && self.policies == other.policies
            && self.attendants == other.attendants
            && self.trusted_roots == other.trusted_roots
            && self.provisioning == other.provisioning
    }

    /// What an administrator should know about the site as it stands.
    pub fn warnings(&self) -> Vec<SiteWarning> {
        let mut warnings = self.equal_addresses();
        warnings.extend(self.vendor_warnings());
        warnings.extend(self.clear_pin_warnings());
        for group in self.hunt_groups.values() {
            let (Some(gateway), Some(plan)) =
                (self.gateways.get(&group.gateway), self.dial_plans.get(&group.dial_plan))
            else {
                continue;
            };
            let warning = SiteWarning::NoTlsIdentity {
                gateway: gateway.name.clone(),
                plan: plan.name.clone(),
                mode: plan.voip_security,
            };
            if gateway.address.fqdn().is_none()
                && plan.voip_security.wants_tls()
                && !warnings.contains(&warning)
            {
                warnings.push(warning);
            }
        }
        for gateway in self.gateways.values() {
            if self.hunt_groups_of(gateway.name.as_str()).next().is_none() {
                warnings.push(SiteWarning::NoHuntGroup { gateway: gateway.name.clone() });
            }
        }
        warnings
    }

    fn equal_addresses(&self) -> Vec<SiteWarning> {
        let mut holders: BTreeMap<&crate::address::Host, Vec<&Name>> = BTreeMap::new();
        for gateway in self.gateways.values() {
            for host in gateway.hosts() {
                let names = holders.entry(host).or_default();
                if names.last() != Some(&&gateway.name) {
                    names.push(&gateway.name);
                }
            }
        }
        holders
            .into_iter()
            .filter_map(|(address, names)| match names.as_slice() {
                [first, rest @ ..] => Some((address, *first, rest.to_vec())),
                [] => None,
            })
            .flat_map(|(address, first, rest)| {
                rest.into_iter().map(move |second| SiteWarning::EqualAddress {
                    first: first.clone(),
                    second: second.clone(),
                    address: address.clone(),
                })
            })
            .collect()
    }
}

/// The site as files and messages carry it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct SiteDocument {
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    dial_plans: Vec<DialPlan>,
    #[serde(default)]
    gateways: Vec<IpGateway>,
    #[serde(default)]
    hunt_groups: Vec<HuntGroup>,
    #[serde(default)]
    policies: Vec<MailboxPolicy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attendants: Vec<AutoAttendant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    trusted_roots: Vec<TrustedRoot>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    device_vendors: Vec<DeviceVendor>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    devices: Vec<Device>,
}

impl TryFrom<SiteDocument> for Site {
    type Error = SiteError;

    fn try_from(document: SiteDocument) -> Result<Self, SiteError> {
        let trusted_roots = by_hash(document.trusted_roots)?;
        let provisioning = Provisioning::of_lists(document.device_vendors, &document.devices)?;
        let mut site = Self { revision: document.revision, trusted_roots, provisioning, ..Self::default() };
        for plan in document.dial_plans {
            insert_once(&mut site.dial_plans, ObjectKind::DialPlan, plan.name.clone(), plan)?;
        }
        for gateway in document.gateways {
            insert_once(&mut site.gateways, ObjectKind::Gateway, gateway.name.clone(), gateway)?;
        }
        for group in document.hunt_groups {
            insert_once(&mut site.hunt_groups, ObjectKind::HuntGroup, group.name.clone(), group)?;
        }
        for policy in document.policies {
            insert_once(&mut site.policies, ObjectKind::Policy, policy.name.clone(), policy)?;
        }
        for attendant in document.attendants {
            insert_once(&mut site.attendants, ObjectKind::Attendant, attendant.name.clone(), attendant)?;
        }
        let bare: Vec<Name> = site
            .dial_plans
            .keys()
            .filter(|plan| !site.policies.values().any(|policy| policy.dial_plan == **plan))
            .cloned()
            .collect();
        for plan in bare {
            site.add_default_policy(&plan)?;
        }
        site.validate()?;
        Ok(site)
    }
}

impl From<Site> for SiteDocument {
    fn from(site: Site) -> Self {
        let (device_vendors, devices) = site.provisioning.into_lists();
        Self {
            revision: site.revision,
            dial_plans: site.dial_plans.into_values().collect(),
            gateways: site.gateways.into_values().collect(),
            hunt_groups: site.hunt_groups.into_values().collect(),
            policies: site.policies.into_values().collect(),
            attendants: site.attendants.into_values().collect(),
            trusted_roots: site.trusted_roots.into_values().collect(),
            device_vendors,
            devices,
        }
    }
}

/// Puts an object under its name, which nothing of its kind may have.
pub(crate) fn insert_once<T>(
    objects: &mut BTreeMap<Name, T>,
    kind: ObjectKind,
    name: Name,
    object: T,
) -> Result<(), SiteError> {
    if objects.contains_key(&name) {
        return Err(SiteError::AlreadyExists { kind, name });
    }
    objects.insert(name, object);
    Ok(())
}

#[cfg(test)]
mod tests;
