use std::{collections::BTreeMap, fmt};

use crate::{
    attendant::{AttendantPatch, AutoAttendant},
    dialling_rules::DiallingRule,
    gateway::{GatewayPatch, IpGateway},
    hunt_group::{DEFAULT_GROUP_WORDS, HuntGroup},
    mask::{Mask, NumberRule},
    name::Name,
    object_kind::ObjectKind,
    plan::{DialPlan, DialPlanPatch},
    policy::{DEFAULT_POLICY_WORDS, MailboxPolicy, PolicyPatch},
    provisioning::{Device, DeviceId, DeviceVendor, DeviceVendorPatch},
    refusal::SiteError,
    site::{Site, insert_once},
    trusted_root::TrustedRoot,
    warning::SiteWarning,
};

/// One change of the site, as an administrator asks for it. Names of objects to be changed are plain texts: a name that
/// could not exist is simply not found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SiteChange {
    /// Makes a plan, and its policy `<plan> Default Policy` with it.
    CreateDialPlan(DialPlan),
    /// Changes a plan's settings.
    SetDialPlan {
        /// The plan.
        name: String,
        /// What changes.
        patch: DialPlanPatch,
    },
    /// Deletes a plan that no hunt group leads to, with its default policy; mailboxes are the caller's to check.
    DeleteDialPlan {
        /// The plan.
        name: String,
    },
    /// Makes a gateway, and its default hunt group `<gateway> Default Group` into the plan, if one is given.
    CreateGateway {
        /// The gateway.
        gateway: IpGateway,
        /// Where its calls go.
        dial_plan: Option<Name>,
    },
    /// Changes a gateway's settings.
    SetGateway {
        /// The gateway.
        name: String,
        /// What changes.
        patch: GatewayPatch,
    },
    /// Deletes a gateway and its hunt groups.
    DeleteGateway {
        /// The gateway.
        name: String,
    },
    /// Puts a rule behind the gateway's number rules.
    AddNumberRule {
        /// The gateway.
        gateway: String,
        /// The rule.
        rule: NumberRule,
    },
    /// Takes a number rule away.
    RemoveNumberRule {
        /// The gateway.
        gateway: String,
        /// What the rule matches.
        from: String,
    },
    /// Makes a hunt group.
    CreateHuntGroup(HuntGroup),
    /// Deletes a hunt group.
    DeleteHuntGroup {
        /// The group.
        name: String,
    },
    /// Makes a mailbox policy.
    CreatePolicy(MailboxPolicy),
    /// Changes a policy's rules.
    SetPolicy {
        /// The policy.
        name: String,
        /// What changes.
        patch: PolicyPatch,
    },
    /// Deletes a policy that is not its plan's last; mailboxes are the caller's to check.
    DeletePolicy {
        /// The policy.
        name: String,
    },
    /// Makes an auto attendant.
    CreateAttendant(Box<AutoAttendant>),
    /// Changes an attendant's settings.
    SetAttendant {
        /// The attendant.
        name: String,
        /// What changes.
        patch: Box<AttendantPatch>,
    },
    /// Deletes an attendant that no other leads to.
    DeleteAttendant {
        /// The attendant.
        name: String,
    },
    /// Puts a rule behind the plan's dialling rules.
    AddDiallingRule {
        /// The plan.
        plan: String,
        /// The rule.
        rule: DiallingRule,
    },
    /// Takes a dialling rule away.
    RemoveDiallingRule {
        /// The plan.
        plan: String,
        /// The group of the rule.
        group: String,
        /// Its mask.
        mask: String,
    },
    /// Trusts a root; one that is trusted for some gateways comes to count for these too.
    AddTrustedRoot(TrustedRoot),
    /// Trusts a root no more.
    RemoveTrustedRoot {
        /// Its SHA-256.
        sha256: String,
    },
    /// Says where a root's revocation list is fetched again; `None`: nowhere.
    SetCrlSource {
        /// The root's SHA-256.
        sha256: String,
        /// An `http://` URL.
        source: Option<String>,
    },
    /// Makes a vendor of devices.
    AddDeviceVendor(DeviceVendor),
    /// Changes a vendor's settings.
    SetDeviceVendor {
        /// The vendor.
        name: String,
        /// What changes.
        patch: DeviceVendorPatch,
    },
    /// Removes a vendor that no device names.
    RemoveDeviceVendor {
        /// The vendor.
        name: String,
    },
    /// Makes devices, all or none.
    AddDevices(Vec<Device>),
    /// Removes a device.
    RemoveDevice {
        /// Which.
        id: DeviceId,
    },
    /// Puts a whole site in place; its revision is passed over.
    Replace(Box<Site>),
}

impl Site {
    /// The site after `change`, with the next revision, and what the administrator should know about it that was not so
    /// before. A change that changes nothing keeps the revision.
    ///
    /// # Errors
    /// The first rule that the changed site would break; nothing has happened then.
    pub fn apply(&self, change: &SiteChange) -> Result<(Self, Vec<SiteWarning>), SiteError> {
        let mut next = self.clone();
        let mut warnings = change.perform(&mut next)?;
        next.validate()?;
        if next.same_content(self) {
            return Ok((self.clone(), warnings));
        }
        next.revision = self.revision.saturating_add(1);
        let known = self.warnings();
        warnings.extend(next.warnings().into_iter().filter(|warning| !known.contains(warning)));
        Ok((next, warnings))
    }

    pub(crate) fn add_default_policy(&mut self, plan: &Name) -> Result<(), SiteError> {
        let bad_name = |error| SiteError::BadName { kind: ObjectKind::DialPlan, name: plan.clone(), error };
        plan.within(Name::MAX_PLAN_CHARACTERS).map_err(bad_name)?;
        let name = plan.followed_by(DEFAULT_POLICY_WORDS).map_err(bad_name)?;
        let policy = MailboxPolicy::new(name.clone(), plan.clone());
        insert_once(&mut self.policies, ObjectKind::Policy, name, policy)
    }

    fn add_gateway(&mut self, gateway: &IpGateway, dial_plan: Option<&Name>) -> Result<(), SiteError> {
        insert_once(&mut self.gateways, ObjectKind::Gateway, gateway.name.clone(), gateway.clone())?;
        self.fqdn_is_free(gateway)?;
        self.pins_are_free(gateway)?;
        let Some(dial_plan) = dial_plan else { return Ok(()) };
        let name = gateway.name.followed_by(DEFAULT_GROUP_WORDS).map_err(|error| SiteError::BadName {
            kind: ObjectKind::Gateway,
            name: gateway.name.clone(),
            error,
        })?;
        let (gateway, dial_plan) = (gateway.name.clone(), dial_plan.clone());
        self.add_hunt_group(&HuntGroup { name, gateway, dial_plan, pilot: None })
    }

    fn add_hunt_group(&mut self, group: &HuntGroup) -> Result<(), SiteError> {
        insert_once(&mut self.hunt_groups, ObjectKind::HuntGroup, group.name.clone(), group.clone())?;
        self.pilot_is_free(group)?;
        let gateway = found(&self.gateways, ObjectKind::Gateway, group.gateway.as_str())?;
        let plan = found(&self.dial_plans, ObjectKind::DialPlan, group.dial_plan.as_str())?;
        fqdn_where_tls_is_wanted(gateway, plan)
    }

    fn set_gateway(&mut self, name: &str, patch: &GatewayPatch) -> Result<(), SiteError> {
        let old = found(&self.gateways, ObjectKind::Gateway, name)?;
        let new = old.patched(patch);
        if new.address != old.address {
            self.fqdn_is_free(&new)?;
            for plan in self.dial_plans_of(name) {
                fqdn_where_tls_is_wanted(&new, plan)?;
            }
        }
        self.pins_are_free(&new)?;
        self.gateways.insert(new.name.clone(), new);
        Ok(())
    }

    fn delete_gateway(&mut self, name: &str) -> Result<Vec<SiteWarning>, SiteError> {
        let gateway = taken(&mut self.gateways, ObjectKind::Gateway, name)?.name;
        let roots = self.forget_roots_of(&gateway);
        let groups: Vec<Name> = self.hunt_groups_of(name).map(|group| group.name.clone()).collect();
        let deleted = |group: Name| {
            self.hunt_groups.remove(&group);
            SiteWarning::HuntGroupDeleted { group, gateway: gateway.clone() }
        };
        Ok(groups.into_iter().map(deleted).chain(roots).collect())
    }

    fn delete_dial_plan(&mut self, name: &str) -> Result<(), SiteError> {
        let plan = taken(&mut self.dial_plans, ObjectKind::DialPlan, name)?.name;
        let in_use = |user_kind, user: &Name| SiteError::InUse {
            kind: ObjectKind::DialPlan,
            name: plan.clone(),
            user_kind,
            user: user.clone(),
        };
        if let Some(group) = self.hunt_groups.values().find(|group| group.dial_plan == plan) {
            return Err(in_use(ObjectKind::HuntGroup, &group.name));
        }
        if let Some(attendant) = self.attendants.values().find(|attendant| attendant.dial_plan == plan) {
            return Err(in_use(ObjectKind::Attendant, &attendant.name));
        }
        if let Some(device) = self.device_of_plan(&plan) {
            return Err(in_use(ObjectKind::Device, device.id.name()));
        }
        // A plan's last policy cannot be deleted by itself, so one policy goes with the plan: the default, else the only.
        let default = format!("{name}{DEFAULT_POLICY_WORDS}");
        let own: Vec<&Name> = self
            .policies
            .values()
            .filter(|policy| policy.dial_plan == plan)
            .map(|policy| &policy.name)
            .collect();
        if let (2.., Some(other)) = (own.len(), own.iter().find(|policy| policy.as_str() != default)) {
            return Err(in_use(ObjectKind::Policy, other));
        }
        self.policies.retain(|_, policy| policy.dial_plan != plan);
        Ok(())
    }

    fn delete_policy(&mut self, name: &str) -> Result<(), SiteError> {
        let policy = taken(&mut self.policies, ObjectKind::Policy, name)?;
        if !self.policies.values().any(|other| other.dial_plan == policy.dial_plan) {
            return Err(SiteError::LastPolicy { policy: policy.name, plan: policy.dial_plan });
        }
        Ok(())
    }

    fn remove_number_rule(&mut self, gateway: &str, from: &str) -> Result<(), SiteError> {
        let gateway = found_mut(&mut self.gateways, ObjectKind::Gateway, gateway)?;
        let mask =
            Mask::parse(from).map_err(|error| SiteError::BadRule { gateway: gateway.name.clone(), error })?;
        let before = gateway.number_rules.len();
        gateway.number_rules.retain(|rule| rule.from != mask);
        if gateway.number_rules.len() == before {
            return Err(SiteError::NoSuchRule { gateway: gateway.name.clone(), from: mask.to_string() });
        }
        Ok(())
    }

    /// What is fixed when a plan is made stays fixed when a whole site is put in place.
    fn replaced_by(&self, other: &Self) -> Result<Self, SiteError> {
        for (old, new) in
            self.dial_plans.values().filter_map(|old| Some((old, other.dial_plans.get(&old.name)?)))
        {
            let fixed = |setting, current: String, wanted: String| {
                if current == wanted {
                    return Ok(());
                }
                Err(SiteError::Fixed { plan: old.name.clone(), setting, current, wanted })
            };
            fixed("extension_digits", old.extension_digits.to_string(), new.extension_digits.to_string())?;
            fixed("uri_type", old.uri_type.to_string(), new.uri_type.to_string())?;
        }
        Ok(Self { revision: self.revision, ..other.clone() })
    }
}

impl SiteChange {
    fn perform(&self, site: &mut Site) -> Result<Vec<SiteWarning>, SiteError> {
        match self {
            Self::CreateDialPlan(plan) => {
                insert_once(&mut site.dial_plans, ObjectKind::DialPlan, plan.name.clone(), plan.clone())?;
                site.add_default_policy(&plan.name)?;
            }
            Self::SetDialPlan { name, patch } => {
                let plan = found_mut(&mut site.dial_plans, ObjectKind::DialPlan, name)?;
                *plan = plan.patched(patch);
            }
            Self::DeleteDialPlan { name } => site.delete_dial_plan(name)?,
            Self::CreateGateway { gateway, dial_plan } => site.add_gateway(gateway, dial_plan.as_ref())?,
            Self::SetGateway { name, patch } => site.set_gateway(name, patch)?,
            Self::DeleteGateway { name } => return site.delete_gateway(name),
            Self::AddNumberRule { gateway, rule } => {
                found_mut(&mut site.gateways, ObjectKind::Gateway, gateway)?.number_rules.push(rule.clone());
            }
            Self::RemoveNumberRule { gateway, from } => site.remove_number_rule(gateway, from)?,
            Self::CreateHuntGroup(group) => site.add_hunt_group(group)?,
            Self::DeleteHuntGroup { name } => {
                taken(&mut site.hunt_groups, ObjectKind::HuntGroup, name)?;
            }
            Self::CreatePolicy(policy) => {
                found(&site.dial_plans, ObjectKind::DialPlan, policy.dial_plan.as_str())?;
                insert_once(&mut site.policies, ObjectKind::Policy, policy.name.clone(), policy.clone())?;
            }
            Self::SetPolicy { name, patch } => {
                let policy = found_mut(&mut site.policies, ObjectKind::Policy, name)?;
                *policy = policy.patched(patch);
            }
            Self::DeletePolicy { name } => site.delete_policy(name)?,
            Self::CreateAttendant(attendant) => site.add_attendant(attendant)?,
            Self::SetAttendant { name, patch } => site.set_attendant(name, patch)?,
            Self::DeleteAttendant { name } => site.delete_attendant(name)?,
            Self::AddDiallingRule { plan, rule } => site.add_dialling_rule(plan, rule)?,
            Self::RemoveDiallingRule { plan, group, mask } => site.remove_dialling_rule(plan, group, mask)?,
            Self::AddTrustedRoot(root) => site.add_trusted_root(root)?,
            Self::RemoveTrustedRoot { sha256 } => site.remove_trusted_root(sha256)?,
            Self::SetCrlSource { sha256, source } => site.set_crl_source(sha256, source.as_deref())?,
            Self::AddDeviceVendor(vendor) => site.add_device_vendor(vendor)?,
            Self::SetDeviceVendor { name, patch } => site.set_device_vendor(name, patch)?,
            Self::RemoveDeviceVendor { name } => site.remove_device_vendor(name)?,
            Self::AddDevices(devices) => site.add_devices(devices)?,
            Self::RemoveDevice { id } => site.remove_device(id)?,
            Self::Replace(other) => *site = site.replaced_by(other)?,
        }
        Ok(Vec::new())
    }
}

/// The change in a few words, for the record of revisions.
impl fmt::Display for SiteChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateDialPlan(plan) => {
                write!(f, "dial plan {} created ({})", plan.name, plan.voip_security)
            }
            Self::SetDialPlan { name, .. } => write!(f, "dial plan {name} set"),
            Self::DeleteDialPlan { name } => write!(f, "dial plan {name} deleted"),
            Self::CreateGateway { gateway, .. } => {
                write!(f, "gateway {} created ({})", gateway.name, gateway.address)
            }
            Self::SetGateway { name, .. } => write!(f, "gateway {name} set"),
            Self::DeleteGateway { name } => write!(f, "gateway {name} deleted"),
            Self::AddNumberRule { gateway, rule } => write!(f, "gateway {gateway}: number rule {rule} added"),
            Self::RemoveNumberRule { gateway, from } => {
                write!(f, "gateway {gateway}: number rule for {from} removed")
            }
            Self::CreateHuntGroup(group) => write!(f, "hunt group {} created", group.name),
            Self::DeleteHuntGroup { name } => write!(f, "hunt group {name} deleted"),
            Self::CreatePolicy(policy) => write!(f, "policy {} created", policy.name),
            Self::SetPolicy { name, .. } => write!(f, "policy {name} set"),
            Self::DeletePolicy { name } => write!(f, "policy {name} deleted"),
            Self::CreateAttendant(attendant) => write!(f, "attendant {} created", attendant.name),
            Self::SetAttendant { name, .. } => write!(f, "attendant {name} set"),
            Self::DeleteAttendant { name } => write!(f, "attendant {name} removed"),
            Self::AddDiallingRule { plan, rule } => write!(f, "dial plan {plan}: dialling rule {rule} added"),
            Self::RemoveDiallingRule { plan, group, mask } => {
                write!(f, "dial plan {plan}: dialling rule {group}: {mask} removed")
            }
            Self::AddTrustedRoot(root) => {
                write!(f, "root {root} trusted for {}", root.counts_for())
            }
            Self::RemoveTrustedRoot { sha256 } => write!(f, "root {sha256} trusted no more"),
            Self::SetCrlSource { sha256, source } => {
                write!(f, "revocation list of root {sha256} from {}", source.as_deref().unwrap_or("nowhere"))
            }
            Self::AddDeviceVendor(vendor) => write!(f, "device vendor {} added ({vendor})", vendor.name),
            Self::SetDeviceVendor { name, .. } => write!(f, "device vendor {name} set"),
            Self::RemoveDeviceVendor { name } => write!(f, "device vendor {name} removed"),
            Self::AddDevices(devices) => match devices.as_slice() {
                [device] => write!(f, "device {} added ({device})", device.id),
                devices => write!(f, "{} devices added", devices.len()),
            },
            Self::RemoveDevice { id } => write!(f, "device {id} removed"),
            Self::Replace(_) => f.write_str("whole site applied"),
        }
    }
}

/// Refuses what could never take a call: rule 2 of the modes asks for mutual TLS, and a certificate names an FQDN.
fn fqdn_where_tls_is_wanted(gateway: &IpGateway, plan: &DialPlan) -> Result<(), SiteError> {
    if gateway.address.fqdn().is_some() || !plan.voip_security.wants_tls() {
        return Ok(());
    }
    Err(SiteError::FqdnNeeded {
        gateway: gateway.name.clone(),
        address: gateway.address.clone(),
        plan: plan.name.clone(),
        mode: plan.voip_security,
    })
}

fn not_found(kind: ObjectKind, name: &str) -> SiteError {
    SiteError::NotFound { kind, name: name.to_owned() }
}

fn found<'a, T>(objects: &'a BTreeMap<Name, T>, kind: ObjectKind, name: &str) -> Result<&'a T, SiteError> {
    objects.get(name).ok_or_else(|| not_found(kind, name))
}

fn found_mut<'a, T>(
    objects: &'a mut BTreeMap<Name, T>,
    kind: ObjectKind,
    name: &str,
) -> Result<&'a mut T, SiteError> {
    objects.get_mut(name).ok_or_else(|| not_found(kind, name))
}

fn taken<T>(objects: &mut BTreeMap<Name, T>, kind: ObjectKind, name: &str) -> Result<T, SiteError> {
    objects.remove(name).ok_or_else(|| not_found(kind, name))
}

#[cfg(test)]
mod tests;
