//! All that deserves a look, in one list: the server's own state, the configuration, gateways, certificates, lamps, PINs.
use std::sync::Arc;

use admin_api::{Finding, FindingGrade, Warning};
use axum::extract::State;
use call_control::{GatewayReport, GatewayState, LampReport, LampStanding, ProbeOutcome};
use cert_manager::Watched;
use dial_plan::{DialPlan, GatewayStatus, Site, SiteWarning};
use jiff::{SignedDuration, Timestamp};
use mailbox::Mailbox;
use storage::{FailingCaller, Store, StoreError};

use super::answer::{Answer, blocking};
use super::gateways::{nowhere, unprovable};
use super::router::Desk;
use crate::health::Health;

/// Of each kind at most so many are named: who has more of them sees the rest once these are mended.
const NAMED: usize = 20;
/// Certificates that end within this time.
const DUE: SignedDuration = SignedDuration::from_hours(24 * 30);

/// `GET /v1/findings`: faults before what only deserves attention.
pub(super) async fn examine(State(desk): State<Arc<Desk>>) -> Answer<Vec<Finding>> {
    let own = Health::new(desk.state.clone()).faults().await;
    blocking(move || {
        let (site, now) = (desk.state.site.current(), Timestamp::now());
        let own = own.into_iter().map(|(word, what, remedy)| fault(word, what, remedy));
        let mut findings: Vec<Finding> = own.collect();
        findings.extend(of_site(&site));
        findings.extend(of_gateways(&desk, &site));
        let watched = desk.state.trust.expiry.watched(&site, now);
        findings.extend(watched.iter().filter(|one| one.is_due(DUE, now)).map(|one| expiring(one, now)));
        let lamps = desk.state.board.lamps(None, None);
        findings.extend(lamps.iter().filter_map(lamp).take(NAMED));
        findings.extend(of_pins(&desk.state.store, now)?);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
        Ok(findings)
    })
    .await
}

/// Calls fail by it.
fn fault(diagnosis: &str, what: String, remedy: impl Into<String>) -> Finding {
    let (diagnosis, remedy) = (diagnosis.to_owned(), remedy.into());
    Finding { diagnosis, grade: FindingGrade::Fault, what, remedy }
}

/// Somebody should look.
fn attention(diagnosis: &str, what: String, remedy: impl Into<String>) -> Finding {
    Finding { grade: FindingGrade::Attention, ..fault(diagnosis, what, remedy) }
}

fn of_site(site: &Site) -> Vec<Finding> {
    let warned = site.warnings().into_iter().filter_map(|warning| {
        let find = match warning {
            SiteWarning::NoTlsIdentity { .. } | SiteWarning::NoHuntGroup { .. } => fault,
            SiteWarning::EqualAddress { .. } | SiteWarning::LegacySha1 { .. } => attention,
            // Below with the plans that have no access number: `*` in a greeting asks for the PIN too.
            SiteWarning::ClearPins { .. } => return None,
            // These tell of a change.
            SiteWarning::HuntGroupDeleted { .. } | SiteWarning::TrustedRootDeleted { .. } => return None,
        };
        Some(find(warning.code(), warning.to_string(), warning.remedy()))
    });
    warned.chain(site.plans_with_clear_pins().map(clear_pins)).collect()
}

fn clear_pins(plan: &DialPlan) -> Finding {
    let what = format!(
        "dial plan `{}` is {}, and its subscribers type their PINs in the clear",
        plan.name, plan.voip_security
    );
    let warning = SiteWarning::ClearPins { plan: plan.name.clone(), mode: plan.voip_security };
    attention(warning.code(), what, warning.remedy())
}

fn of_gateways(desk: &Desk, site: &Site) -> Vec<Finding> {
    let enabled = site.gateways().filter(|gateway| gateway.status == GatewayStatus::Enabled);
    let each = enabled.flat_map(|gateway| {
        let warnings = [nowhere(desk, gateway), unprovable(desk, site, gateway)];
        let warned = warnings
            .into_iter()
            .flatten()
            .map(|Warning { code, message, remedy }| fault(&code, message, remedy));
        let name = gateway.name.shell_word();
        let probes = desk.state.board.probes_of(gateway.name.as_str());
        let down: Vec<Finding> = probes.iter().filter_map(|report| silent(report, &name)).collect();
        warned.chain(down)
    });
    each.collect()
}

/// A gateway that is down over one transport.
fn silent(report: &GatewayReport, name: &str) -> Option<Finding> {
    let reason = match (&report.state, &report.outcome) {
        (GatewayState::Down, ProbeOutcome::Unanswered { reason } | ProbeOutcome::NotReached { reason }) => {
            reason
        }
        (GatewayState::Down, ProbeOutcome::Answered { .. })
        | (GatewayState::Up | GatewayState::Unknown, _) => return None,
    };
    let transport = report.transport.via_token();
    let since = report.since.map(|since| format!(" since {since:.0}")).unwrap_or_default();
    let what = format!("gateway `{}` is down over {transport}{since}: {reason}", report.gateway);
    Some(fault("gateway-down", what, format!("run `um test gateway {name}`, which looks step by step")))
}

fn expiring(one: &Watched, now: Timestamp) -> Finding {
    let subject = if one.subject.is_empty() { String::new() } else { format!(" ({})", one.subject) };
    let what = |verb| format!("{}{subject} {verb} on {:.0}", one.what, one.not_after);
    match one.not_after < now {
        true => fault("expired", what("ended"), one.remedy.as_str()),
        false => attention("expires-soon", what("ends"), one.remedy.as_str()),
    }
}

fn lamp(report: &LampReport) -> Option<Finding> {
    let LampStanding::Failed { reason, at } = &report.standing else { return None };
    let address = format!("{}@{}", report.extension, report.dial_plan);
    let what = format!("no gateway has taken the lamp of {address}, given up on {at:.0}: {reason}");
    Some(attention("lamp-failed", what, "mend the gateway, and run `um mwi refresh`"))
}

fn of_pins(store: &Store, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let most = u32::try_from(NAMED).unwrap_or(u32::MAX);
    let locked = store.locked_mailboxes(most)?;
    let callers = store.failing_callers(now, most)?;
    Ok(locked.iter().map(locked_mailbox).chain(callers.iter().filter_map(stopped_caller)).collect())
}

fn locked_mailbox(mailbox: &Mailbox) -> Finding {
    let address = format!("{}@{}", mailbox.extension, mailbox.dial_plan);
    let what = format!("mailbox {address} is locked because of too many wrong PINs");
    attention("mailbox-locked", what, format!("if its owner has asked, run `um mailbox unlock {address}`"))
}

fn stopped_caller(caller: &FailingCaller) -> Option<Finding> {
    let until = caller.stopped_until?;
    let who = caller.caller.as_deref().unwrap_or("with withheld number");
    let what = format!(
        "caller {who} of gateway `{}` is stopped until {until:.0} because of {} wrong PINs",
        caller.gateway, caller.failures
    );
    Some(attention("caller-stopped", what, "run `um pin-guard list`; `um pin-guard clear` lets one go on"))
}

#[cfg(test)]
mod tests {
    use cert_manager::WatchedKind;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_has_ended_is_a_fault_and_what_ends_deserves_attention() {
        let root = Watched {
            key: "root".into(),
            what: WatchedKind::TrustedRoot,
            subject: "CN=Example Root".into(),
            since: None,
            not_after: at("2026-12-01T00:00:00Z"),
            remedy: "run `um trust add NEW.pem`".into(),
        };

        let before = expiring(&root, at("2026-11-22T00:00:00Z"));
        let behind = expiring(&root, at("2026-12-02T00:00:00Z"));

        assert_eq!((before.grade, before.diagnosis.as_str()), (FindingGrade::Attention, "expires-soon"));
        assert_eq!((behind.grade, behind.diagnosis.as_str()), (FindingGrade::Fault, "expired"));
        assert!(before.what.ends_with("(CN=Example Root) ends on 2026-12-01T00:00:00Z"), "{}", before.what);
        assert!(behind.what.ends_with("(CN=Example Root) ended on 2026-12-01T00:00:00Z"), "{}", behind.what);
        assert_eq!(before.remedy, "run `um trust add NEW.pem`");
    }

    #[test]
    fn gateway_that_is_down_is_a_fault_and_one_that_answers_none() {
        let report = |state, outcome| GatewayReport {
            gateway: "branch pbx".into(),
            transport: sip_signaling::Transport::Tls,
            state,
            since: Some(at("2026-11-22T08:00:00Z")),
            probed: at("2026-11-22T09:00:00Z"),
            outcome,
            remote: None,
            certificate: None,
        };
        let unreached = || ProbeOutcome::NotReached { reason: "connection refused".into() };

        let down = silent(&report(GatewayState::Down, unreached()), "'branch pbx'").unwrap();

        assert_eq!(down.grade, FindingGrade::Fault);
        assert_eq!(
            down.what,
            "gateway `branch pbx` is down over TLS since 2026-11-22T08:00:00Z: connection refused"
        );
        assert_eq!(down.remedy, "run `um test gateway 'branch pbx'`, which looks step by step");
        assert_eq!(silent(&report(GatewayState::Up, unreached()), "x"), None);
        assert_eq!(silent(&report(GatewayState::Unknown, unreached()), "x"), None);
    }

    #[test]
    fn lamp_that_no_gateway_takes_is_named_with_the_reason() {
        let report = |standing| LampReport {
            mailbox: mailbox::MailboxId(1),
            dial_plan: "hq".into(),
            extension: "4001".into(),
            counts: mailbox::MessageCounts::default(),
            standing,
            subscribers: 0,
        };
        let failed = LampStanding::Failed {
            reason: "gateway pbx: it did not answer".into(),
            at: at("2026-11-22T09:00:00Z"),
        };

        assert_eq!(
            lamp(&report(failed)).unwrap().what,
            "no gateway has taken the lamp of 4001@hq, given up on 2026-11-22T09:00:00Z: gateway pbx: it did not answer"
        );
        assert_eq!(lamp(&report(LampStanding::Pending)), None);
    }
}
