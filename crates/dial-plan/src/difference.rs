use std::{collections::BTreeMap, fmt::Display};

use crate::{
    attendant::{AttendantMenu, AutoAttendant},
    gateway::IpGateway,
    hunt_group::HuntGroup,
    name::Name,
    object_kind::ObjectKind,
    plan::DialPlan,
    policy::MailboxPolicy,
    quota::MailboxQuota,
    site::Site,
    trusted_root::TrustedRoot,
};

impl Site {
    /// What becomes of this site if `newer` takes its place, a line each: `+` made, `-` deleted, `~` changed with the
    /// old and the new value. Empty if nothing does; revisions do not count.
    pub fn difference(&self, newer: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        compare(ObjectKind::DialPlan, &self.dial_plans, &newer.dial_plans, &mut lines);
        compare(ObjectKind::Gateway, &self.gateways, &newer.gateways, &mut lines);
        compare(ObjectKind::HuntGroup, &self.hunt_groups, &newer.hunt_groups, &mut lines);
        compare(ObjectKind::Policy, &self.policies, &newer.policies, &mut lines);
        compare(ObjectKind::Attendant, &self.attendants, &newer.attendants, &mut lines);
        compare_roots(&self.trusted_roots, &newer.trusted_roots, &mut lines);
        self.provisioning.difference(&newer.provisioning, &mut lines);
        lines
    }
}

/// An object as settings in words, in the order of its declaration.
trait Settings {
    fn settings(&self) -> Vec<(&'static str, String)>;
}

fn compare<T: PartialEq + Settings>(
    kind: ObjectKind,
    old: &BTreeMap<Name, T>,
    new: &BTreeMap<Name, T>,
    lines: &mut Vec<String>,
) {
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        lines.push(format!("- {kind} {name}"));
    }
    for (name, object) in new {
        match old.get(name) {
            None => {
                let settings: Vec<String> =
                    object.settings().into_iter().map(|(key, value)| format!("{key} {value}")).collect();
                lines.push(format!("+ {kind} {name}: {}", settings.join(", ")));
            }
            Some(before) if before == object => {}
            Some(before) => {
                let changed = before.settings().into_iter().zip(object.settings());
                for ((key, was), (_, is)) in changed.filter(|((_, was), (_, is))| was != is) {
                    lines.push(format!("~ {kind} {name}: {key} {was} -> {is}"));
                }
            }
        }
    }
}

/// Roots are told by subject and hash: they have no name.
fn compare_roots(
    old: &BTreeMap<String, TrustedRoot>,
    new: &BTreeMap<String, TrustedRoot>,
    lines: &mut Vec<String>,
) {
    for root in old.values().filter(|root| !new.contains_key(&root.sha256)) {
        lines.push(format!("- trusted root {root}"));
    }
    for root in new.values() {
        match old.get(&root.sha256) {
            None => lines.push(format!("+ trusted root {root}: counts for {}", root.counts_for())),
            Some(before) => {
                let source = |root: &TrustedRoot| or_none(root.crl_source.as_ref());
                if before.counts_for() != root.counts_for() {
                    let (was, is) = (before.counts_for(), root.counts_for());
                    lines.push(format!("~ trusted root {root}: counts for {was} -> {is}"));
                }
                if before.crl_source != root.crl_source {
                    lines.push(format!(
                        "~ trusted root {root}: crl_source {} -> {}",
                        source(before),
                        source(root)
                    ));
                }
            }
        }
    }
}

impl Settings for DialPlan {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("extension_digits", self.extension_digits.to_string()),
            ("uri_type", self.uri_type.to_string()),
            ("voip_security", self.voip_security.word().to_owned()),
            ("srtp_suites", list(&self.srtp_suites)),
            ("srtp_prefer", self.srtp_prefer.to_string()),
            ("max_call_minutes", self.max_call_minutes.to_string()),
            ("max_recording_minutes", self.max_recording_minutes.to_string()),
            ("recording_idle_seconds", self.recording_idle_seconds.to_string()),
            ("input_failures", self.input_failures.to_string()),
            ("logon_failures", self.logon_failures.to_string()),
            ("subscriber_access", self.subscriber_access.to_string()),
            ("operator", or_none(self.operator.as_ref())),
            ("language", self.language.clone()),
            ("time_zone", self.time_zone.clone()),
            ("key_layout", self.key_layout.to_string()),
            ("access_numbers", list(&self.access_numbers)),
            ("welcome_greeting", or_none(self.greetings.welcome.as_ref())),
            ("info_announcement", or_none(self.greetings.announcement.as_ref())),
            ("info_announcement_uninterruptible", self.greetings.announcement_uninterruptible.to_string()),
            ("mailbox_greeting", or_none(self.greetings.mailbox.as_ref())),
            ("dialling_rules", list(&self.dialling_rules)),
        ];
        settings.extend(self.dialling.settings());
        settings
    }
}

impl Settings for IpGateway {
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("address", self.address.to_string()),
            ("connect", list(&self.connect)),
            ("port", self.port.to_string()),
            ("tls_port", self.tls_port.to_string()),
            ("transport", self.transport.to_string()),
            ("status", self.status.to_string()),
            ("out_calls", self.out_calls.to_string()),
            ("message_waiting", self.message_waiting.to_string()),
            ("mwi_priority", self.mwi_priority.to_string()),
            ("symmetric_rtp", self.symmetric_rtp.to_string()),
            ("media_timeout_seconds", self.media_timeout_seconds.to_string()),
            ("media_while_silent", self.media_while_silent.to_string()),
            ("answer_delay_ms", self.answer_delay_ms.to_string()),
            ("redirecting", self.redirecting.to_string()),
            ("caller_id", self.caller_id.to_string()),
            ("pilot_from", self.pilot_from.to_string()),
            ("accept_cn", self.accept_cn.to_string()),
            ("srtcp_clear", self.srtcp_clear.to_string()),
            ("srtp_answer", self.srtp_answer.to_string()),
            ("own_roots_only", self.own_roots_only.to_string()),
            ("crl", self.crl.to_string()),
            ("tls_verify", self.tls_verify.to_string()),
            ("accept_server_eku", self.accept_server_eku.to_string()),
            ("certificate_owner", or_none(self.certificate_owner.as_ref())),
            ("refer_domain", or_none(self.refer_domain.as_ref())),
            ("number_rules", list(&self.number_rules)),
            ("trust", list(&self.trust)),
        ]
    }
}

impl Settings for HuntGroup {
    fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("gateway", self.gateway.to_string()),
            ("dial_plan", self.dial_plan.to_string()),
            ("pilot", self.pilot.as_ref().map_or_else(|| "default".to_owned(), ToString::to_string)),
        ]
    }
}

impl Settings for MailboxPolicy {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("dial_plan", self.dial_plan.to_string()),
            ("min_pin_length", self.min_pin_length.to_string()),
            ("pin_lifetime_days", self.pin_lifetime_days.to_string()),
            ("pin_history", self.pin_history.to_string()),
            ("logon_failures_before_reset", self.logon_failures_before_reset.to_string()),
            ("max_logon_attempts", self.max_logon_attempts.to_string()),
            ("allow_common_patterns", self.allow_common_patterns.to_string()),
            ("allow_subscriber_access", self.allow_subscriber_access.to_string()),
            ("max_greeting_minutes", self.max_greeting_minutes.to_string()),
            ("allow_message_waiting", self.allow_message_waiting.to_string()),
        ];
        settings.extend(self.dialling.settings());
        settings.extend(
            MailboxQuota::RANGES
                .iter()
                .zip(self.quota.values())
                .map(|((setting, _), value)| (*setting, value.to_string())),
        );
        settings
    }
}

impl Settings for AutoAttendant {
    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("dial_plan", self.dial_plan.to_string()),
            ("enabled", self.enabled.to_string()),
            ("pilots", list(&self.pilots)),
            ("language", or_none(self.language.as_ref())),
            ("time_zone", or_none(self.time_zone.as_ref())),
            ("operator", or_none(self.operator.as_ref())),
            ("timeout_seconds", self.timeout_seconds.to_string()),
            ("name_lookup", self.name_lookup.to_string()),
            ("call_someone", self.call_someone.to_string()),
            ("send_messages", self.send_messages.to_string()),
            ("announcement", or_none(self.announcement.as_ref())),
            ("announcement_uninterruptible", self.announcement_uninterruptible.to_string()),
            ("location", or_none(self.location.as_ref())),
            ("hours", self.hours.to_string()),
            ("business", menu(&self.business)),
            ("after_hours", menu(&self.after_hours)),
            ("holidays", list(&self.holidays)),
        ];
        settings.extend(self.dialling.settings());
        settings
    }
}

fn menu(menu: &AttendantMenu) -> String {
    let keys: Vec<String> = menu.keys.iter().map(|(key, mapping)| format!("{key}={mapping}")).collect();
    format!(
        "(greeting {}, prompt {}, operator {}, keys [{}])",
        or_none(menu.greeting.as_ref()),
        or_none(menu.prompt.as_ref()),
        menu.operator,
        keys.join(", ")
    )
}

fn or_none<T: Display>(value: Option<&T>) -> String {
    value.map_or_else(|| "none".to_owned(), ToString::to_string)
}

fn list<T: Display>(values: &[T]) -> String {
    let words: Vec<String> = values.iter().map(ToString::to_string).collect();
    format!("[{}]", words.join(", "))
}

#[cfg(test)]
mod tests;
