use std::{collections::BTreeMap, fmt::Display, ops::RangeInclusive};

use telephony::SrtpSuite;

use crate::{
    address::GatewayAddress, gateway::IpGateway, hunt_group::HuntGroup, mask::Pilot, name::Name,
    object_kind::ObjectKind, plan::DialPlan, policy::MailboxPolicy, quota::MailboxQuota, refusal::SiteError,
    site::Site, time_zone::time_zone,
};

impl Site {
    /// Checks every rule that holds for a site at any time; the first that fails answers.
    pub(crate) fn validate(&self) -> Result<(), SiteError> {
        for plan in self.dial_plans.values() {
            check_plan(plan)?;
        }
        for gateway in self.gateways.values() {
            check_gateway(gateway)?;
        }
        for policy in self.policies.values() {
            check_policy(policy)?;
        }
        self.check_references()?;
        self.check_dialling()?;
        self.check_attendants()?;
        self.check_numbers()?;
        self.check_bindings()?;
        self.check_trusted_roots()?;
        self.check_provisioning()?;
        self.check_fqdns()?;
        // From the last by name, so that the refusal blames the same one as that of FQDNs.
        for gateway in self.gateways.values().rev() {
            self.pins_are_free(gateway)?;
        }
        self.check_pilots()
    }

    /// Whether no other gateway is identified by the FQDN: asked before a change, so that the refusal blames the newcomer.
    pub(crate) fn fqdn_is_free(&self, gateway: &IpGateway) -> Result<(), SiteError> {
        let Some(fqdn) = gateway.address.fqdn() else { return Ok(()) };
        let mut others = self.gateways.values().filter(|other| other.name != gateway.name);
        match others.find(|other| other.address.fqdn() == Some(fqdn)) {
            None => Ok(()),
            Some(holder) => Err(SiteError::FqdnTaken {
                gateway: gateway.name.clone(),
                fqdn: fqdn.to_owned(),
                holder: holder.name.clone(),
            }),
        }
    }

    /// Whether no other gateway is known by one of its pins: asked before a change, like [`Site::fqdn_is_free`].
    pub(crate) fn pins_are_free(&self, gateway: &IpGateway) -> Result<(), SiteError> {
        for pin in &gateway.trust {
            let mut others = self.gateways.values().filter(|other| other.name != gateway.name);
            if let Some(holder) = others.find(|other| other.trust.iter().any(|its| its.is_same_pin(pin))) {
                return Err(SiteError::PinTaken {
                    gateway: gateway.name.clone(),
                    subject: pin.subject.clone(),
                    holder: holder.name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Whether no other hunt group of the gateway has the pilot: asked before a change, like [`Site::fqdn_is_free`].
    pub(crate) fn pilot_is_free(&self, group: &HuntGroup) -> Result<(), SiteError> {
        let mut others = self.hunt_groups.values().filter(|other| other.name != group.name);
        match others.find(|other| other.gateway == group.gateway && other.pilot == group.pilot) {
            None => Ok(()),
            Some(holder) => Err(SiteError::PilotTaken {
                group: group.name.clone(),
                gateway: group.gateway.clone(),
                pilot: group.pilot.clone(),
                holder: holder.name.clone(),
            }),
        }
    }

    fn check_references(&self) -> Result<(), SiteError> {
        let dangling = |kind, name: &Name, wanted_kind, wanted: &Name| SiteError::DanglingReference {
            kind,
            name: name.clone(),
            wanted_kind,
            wanted: wanted.clone(),
        };
        for group in self.hunt_groups.values() {
            if !self.gateways.contains_key(&group.gateway) {
                return Err(dangling(
                    ObjectKind::HuntGroup,
                    &group.name,
                    ObjectKind::Gateway,
                    &group.gateway,
                ));
            }
            if !self.dial_plans.contains_key(&group.dial_plan) {
                return Err(dangling(
                    ObjectKind::HuntGroup,
                    &group.name,
                    ObjectKind::DialPlan,
                    &group.dial_plan,
                ));
            }
        }
        for policy in self.policies.values() {
            if !self.dial_plans.contains_key(&policy.dial_plan) {
                return Err(dangling(
                    ObjectKind::Policy,
                    &policy.name,
                    ObjectKind::DialPlan,
                    &policy.dial_plan,
                ));
            }
        }
        Ok(())
    }

    /// A binding demands TLS: a gateway that is shown an owner's certificate has no clear calls.
    fn check_bindings(&self) -> Result<(), SiteError> {
        for group in self.hunt_groups.values() {
            let (Some(gateway), Some(plan)) =
                (self.gateways.get(&group.gateway), self.dial_plans.get(&group.dial_plan))
            else {
                continue;
            };
            let Some(owner) = &gateway.certificate_owner else { continue };
            if !plan.voip_security.wants_tls() {
                return Err(SiteError::BindingWantsTls {
                    gateway: gateway.name.clone(),
                    owner: owner.clone(),
                    plan: plan.name.clone(),
                });
            }
        }
        Ok(())
    }

    fn check_fqdns(&self) -> Result<(), SiteError> {
        let mut holders: BTreeMap<&str, &Name> = BTreeMap::new();
        for gateway in self.gateways.values() {
            let Some(fqdn) = gateway.address.fqdn() else { continue };
            if let Some(holder) = holders.insert(fqdn, &gateway.name) {
                return Err(SiteError::FqdnTaken {
                    gateway: gateway.name.clone(),
                    fqdn: fqdn.to_owned(),
                    holder: holder.clone(),
                });
            }
        }
        Ok(())
    }

    fn check_pilots(&self) -> Result<(), SiteError> {
        let mut holders: BTreeMap<(&Name, Option<&Pilot>), &Name> = BTreeMap::new();
        for group in self.hunt_groups.values() {
            if let Some(holder) = holders.insert((&group.gateway, group.pilot.as_ref()), &group.name) {
                return Err(SiteError::PilotTaken {
                    group: group.name.clone(),
                    gateway: group.gateway.clone(),
                    pilot: group.pilot.clone(),
                    holder: holder.clone(),
                });
            }
        }
        Ok(())
    }
}

fn check_plan(plan: &DialPlan) -> Result<(), SiteError> {
    let (kind, name) = (ObjectKind::DialPlan, &plan.name);
    if let Err(error) = name.within(Name::MAX_PLAN_CHARACTERS) {
        return Err(SiteError::BadName { kind, name: name.clone(), error });
    }
    check_suites(plan)?;
    known_zone(kind, name, &plan.time_zone)?;
    if plan.access_numbers.len() > DialPlan::MAX_ACCESS_NUMBERS {
        return Err(SiteError::OutOfRange {
            kind,
            name: name.clone(),
            setting: "access_number",
            value: format!("a list of {}", plan.access_numbers.len()),
            allowed: format!("{} entries at most", DialPlan::MAX_ACCESS_NUMBERS),
        });
    }
    in_range(kind, name, "extension_digits", plan.extension_digits, &(1..=20))?;
    in_range(kind, name, "max_call_minutes", plan.max_call_minutes, &(10..=120))?;
    in_range(kind, name, "max_recording_minutes", plan.max_recording_minutes, &(1..=100))?;
    in_range(kind, name, "recording_idle_seconds", plan.recording_idle_seconds, &(2..=10))?;
    in_range(kind, name, "input_failures", plan.input_failures, &(1..=20))?;
    in_range(kind, name, "logon_failures", plan.logon_failures, &(1..=20))?;
    less(
        kind,
        name,
        ("max_recording_minutes", plan.max_recording_minutes),
        ("max_call_minutes", plan.max_call_minutes),
    )?;
    language_tag(kind, name, &plan.language)
}

/// Refuses a language that is no tag; whether there is a voice for it is not the site's to know.
pub(crate) fn language_tag(kind: ObjectKind, name: &Name, tag: &str) -> Result<(), SiteError> {
    let subtag =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    if tag.len() <= 35 && tag.split('-').all(subtag) {
        return Ok(());
    }
    Err(SiteError::OutOfRange {
        kind,
        name: name.clone(),
        setting: "language",
        value: format!("{tag:?}"),
        allowed: "a BCP 47 tag such as en-US".to_owned(),
    })
}

/// Refuses a time zone that the bundled database does not know.
pub(crate) fn known_zone(kind: ObjectKind, name: &Name, zone: &str) -> Result<(), SiteError> {
    if time_zone(zone).is_some() {
        return Ok(());
    }
    Err(SiteError::OutOfRange {
        kind,
        name: name.clone(),
        setting: "time_zone",
        value: format!("{zone:?}"),
        allowed: "an IANA name such as Europe/Berlin".to_owned(),
    })
}

/// A plan without a suite could take no call while it is Secured; a suite that stands twice is a slip of the pen.
fn check_suites(plan: &DialPlan) -> Result<(), SiteError> {
    let suites = &plan.srtp_suites;
    let twice =
        suites.iter().enumerate().find(|(place, suite)| suites.iter().take(*place).any(|s| s == *suite));
    let value = match (suites.as_slice(), twice) {
        ([], _) => "an empty list".to_owned(),
        (_, Some((_, suite))) => format!("a list with {suite} twice"),
        (_, None) => return Ok(()),
    };
    let names = SrtpSuite::ALL.map(SrtpSuite::name);
    Err(SiteError::OutOfRange {
        kind: ObjectKind::DialPlan,
        name: plan.name.clone(),
        setting: "srtp_suites",
        value,
        allowed: format!("at least one of {}, each once", names.join(", ")),
    })
}

fn check_gateway(gateway: &IpGateway) -> Result<(), SiteError> {
    let (kind, name) = (ObjectKind::Gateway, &gateway.name);
    in_range(kind, name, "answer_delay_ms", gateway.answer_delay_ms, &(0..=IpGateway::MAX_ANSWER_DELAY_MS))?;
    in_range(
        kind,
        name,
        "media_timeout_seconds",
        gateway.media_timeout_seconds,
        &(0..=IpGateway::MAX_MEDIA_TIMEOUT_SECONDS),
    )?;
    at_most(name, "connect", gateway.connect.len(), IpGateway::MAX_CONNECT)?;
    at_most(name, "number_rules", gateway.number_rules.len(), IpGateway::MAX_NUMBER_RULES)?;
    at_most(name, "trust", gateway.trust.len(), IpGateway::MAX_TRUST)?;
    for anchor in &gateway.trust {
        if let Some(fault) = anchor.fault() {
            return Err(SiteError::BadTrust {
                gateway: name.clone(),
                subject: anchor.subject.clone(),
                fault,
            });
        }
    }
    if let Some(Err(error)) = gateway.certificate_owner.as_deref().map(Name::parse) {
        return Err(SiteError::BadOwner { gateway: name.clone(), error });
    }
    if let Some(Err(error)) = gateway.refer_domain.as_deref().map(GatewayAddress::parse) {
        return Err(SiteError::BadReferDomain { gateway: name.clone(), error });
    }
    for (place, rule) in gateway.number_rules.iter().enumerate() {
        rule.check().map_err(|error| SiteError::BadRule { gateway: name.clone(), error })?;
        if gateway.number_rules.iter().take(place).any(|earlier| earlier.from == rule.from) {
            return Err(SiteError::RuleExists { gateway: name.clone(), rule: rule.clone() });
        }
    }
    Ok(())
}

fn check_policy(policy: &MailboxPolicy) -> Result<(), SiteError> {
    let (kind, name) = (ObjectKind::Policy, &policy.name);
    in_range(kind, name, "min_pin_length", policy.min_pin_length, &(4..=24))?;
    in_range(kind, name, "pin_lifetime_days", policy.pin_lifetime_days, &(0..=999))?;
    in_range(kind, name, "pin_history", policy.pin_history, &(1..=20))?;
    in_range(kind, name, "logon_failures_before_reset", policy.logon_failures_before_reset, &(0..=998))?;
    in_range(kind, name, "max_logon_attempts", policy.max_logon_attempts, &(1..=999))?;
    in_range(kind, name, "max_greeting_minutes", policy.max_greeting_minutes, &(1..=10))?;
    for ((setting, allowed), value) in MailboxQuota::RANGES.iter().zip(policy.quota.values()) {
        in_range(kind, name, setting, value, allowed)?;
    }
    less(
        kind,
        name,
        ("logon_failures_before_reset", policy.logon_failures_before_reset),
        ("max_logon_attempts", policy.max_logon_attempts),
    )
}

pub(crate) fn in_range<T: Display + PartialOrd>(
    kind: ObjectKind,
    name: &Name,
    setting: &'static str,
    value: T,
    allowed: &RangeInclusive<T>,
) -> Result<(), SiteError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(SiteError::OutOfRange {
        kind,
        name: name.clone(),
        setting,
        value: value.to_string(),
        allowed: format!("{} to {}", allowed.start(), allowed.end()),
    })
}

fn at_most(name: &Name, setting: &'static str, count: usize, limit: usize) -> Result<(), SiteError> {
    if count <= limit {
        return Ok(());
    }
    Err(SiteError::OutOfRange {
        kind: ObjectKind::Gateway,
        name: name.clone(),
        setting,
        value: format!("a list of {count}"),
        allowed: format!("{limit} entries at most"),
    })
}

fn less(
    kind: ObjectKind,
    name: &Name,
    (smaller, smaller_value): (&'static str, u16),
    (larger, larger_value): (&'static str, u16),
) -> Result<(), SiteError> {
    if smaller_value < larger_value {
        return Ok(());
    }
    Err(SiteError::NotLess { kind, name: name.clone(), smaller, smaller_value, larger, larger_value })
}
