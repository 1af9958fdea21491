//! What calls were really protected by, held against the modes of their plans.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use admin_api::{PostureReport, PostureRow, Used};
use dial_plan::Site;
use jiff::Timestamp;
use mailbox::{CallRecord, CallResult};

/// A report that is being counted.
pub(super) struct Posture {
    site: Arc<Site>,
    since: Option<Timestamp>,
    /// By dial plan and gateway.
    pairs: BTreeMap<(String, Option<String>), Tally>,
}

#[derive(Default)]
struct Tally {
    calls: u64,
    refused: u64,
    below_mode: u64,
    transports: BTreeMap<String, u64>,
    tls: BTreeMap<String, u64>,
    suites: BTreeMap<String, u64>,
    last_seen: Option<Timestamp>,
}

impl Posture {
    /// Of each plan and each gateway that leads to it, without any call yet.
    pub(super) fn of(site: &Arc<Site>) -> Self {
        let mut pairs: BTreeMap<_, Tally> = BTreeMap::new();
        for group in site.hunt_groups() {
            pairs.entry((group.dial_plan.to_string(), Some(group.gateway.to_string()))).or_default();
        }
        let led_to: BTreeSet<String> = pairs.keys().map(|(plan, _)| plan.clone()).collect();
        let alone = site.dial_plans().map(|plan| plan.name.to_string()).filter(|plan| !led_to.contains(plan));
        for plan in alone {
            pairs.entry((plan, None)).or_default();
        }
        Self { site: Arc::clone(site), since: None, pairs }
    }

    /// A call that found no plan says nothing about one.
    pub(super) fn count(&mut self, call: &CallRecord) {
        self.since = Some(self.since.map_or(call.started, |since| since.min(call.started)));
        let Some(plan) = call.dial_plan.clone() else { return };
        self.pairs.entry((plan, call.gateway.clone())).or_default().count(call);
    }

    pub(super) fn report(self) -> PostureReport {
        let mode_of = |plan: &str| self.site.dial_plan(plan).map(|plan| plan.voip_security);
        let rows = self.pairs.into_iter().map(|((dial_plan, gateway), tally)| PostureRow {
            mode: mode_of(&dial_plan).map(|mode| mode.word().to_owned()),
            dial_plan,
            gateway,
            calls: tally.calls,
            refused: tally.refused,
            below_mode: tally.below_mode,
            transports: used(tally.transports),
            tls: used(tally.tls),
            suites: used(tally.suites),
            last_seen: tally.last_seen,
        });
        let in_the_clear = self.site.plans_with_clear_pins();
        PostureReport {
            since: self.since,
            pins_in_the_clear: in_the_clear.map(|plan| plan.name.to_string()).collect(),
            rows: rows.collect(),
        }
    }
}

impl Tally {
    fn count(&mut self, call: &CallRecord) {
        self.last_seen = Some(self.last_seen.map_or(call.ended, |seen| seen.max(call.ended)));
        if call.result == CallResult::Refused {
            self.refused = self.refused.saturating_add(1);
        }
        if call.answered.is_none() {
            return;
        }
        self.calls = self.calls.saturating_add(1);
        self.below_mode = self.below_mode.saturating_add(u64::from(call.is_below_its_mode()));
        note(&mut self.transports, call.transport.clone());
        if let (Some(version), Some(cipher)) = (&call.tls_version, &call.tls_cipher) {
            note(&mut self.tls, format!("{version} {cipher}"));
        }
        if call.codec.is_some() {
            note(&mut self.suites, call.suite.clone().unwrap_or_else(|| "none".to_owned()));
        }
    }
}

fn note(counts: &mut BTreeMap<String, u64>, what: String) {
    let count = counts.entry(what).or_default();
    *count = count.saturating_add(1);
}

/// The most used first.
fn used(counts: BTreeMap<String, u64>) -> Vec<Used> {
    let mut all: Vec<Used> = counts.into_iter().map(|(what, calls)| Used { what, calls }).collect();
    all.sort_by_key(|used| std::cmp::Reverse(used.calls));
    all
}

/// An answered call over UDP to plan `hq`, for the tests of both reports.
#[cfg(test)]
pub(super) fn sample_call() -> CallRecord {
    serde_json::from_value(serde_json::json!({
        "call_id": "a", "started": "2026-11-05T12:00:00Z", "answered": "2026-11-05T12:00:01Z",
        "ended": "2026-11-05T12:01:00Z", "gateway": "gw1", "dial_plan": "hq", "mode": "unsecured",
        "transport": "udp", "caller": "2002", "extension": "4001", "suite": null, "codec": "PCMU", "status": 200,
        "result": "answered", "reason": "caller hung up", "message": null,
    }))
    .unwrap()
}

#[cfg(test)]
mod tests {
    use dial_plan::{
        DialPlan, DialPlanPatch, GatewayAddress, IpGateway, Name, SiteChange, SubscriberAccess, VoipSecurity,
    };

    use super::*;

    /// Plans `hq` (secured) with `gw1`, `lab` (unsecured) with `gw2`, and `spare` (sip-secured) without any.
    fn site() -> Arc<Site> {
        let name = |text: &str| Name::parse(text).unwrap();
        let mut changes = Vec::new();
        let modes = [
            ("hq", VoipSecurity::Secured),
            ("lab", VoipSecurity::Unsecured),
            ("spare", VoipSecurity::SipSecured),
        ];
        for (plan, mode) in modes {
            let mut plan = DialPlan::new(name(plan), 4);
            plan.voip_security = mode;
            changes.push(SiteChange::CreateDialPlan(plan));
        }
        for (gateway, plan) in [("gw1", "hq"), ("gw2", "lab")] {
            let address = GatewayAddress::parse(&format!("{gateway}.example.com")).unwrap();
            let gateway = IpGateway::new(name(gateway), address);
            changes.push(SiteChange::CreateGateway { gateway, dial_plan: Some(name(plan)) });
        }
        Arc::new(changes.iter().fold(Site::empty(), |site, change| site.apply(change).unwrap().0))
    }

    fn secured(suite: Option<&str>) -> CallRecord {
        CallRecord {
            mode: Some("secured".into()),
            transport: "tls".into(),
            tls_version: Some("TLS 1.3".into()),
            tls_cipher: Some("TLS13_AES_256_GCM_SHA384".into()),
            suite: suite.map(str::to_owned),
            ..sample_call()
        }
    }

    fn used(what: &str, calls: u64) -> Used {
        Used { what: what.to_owned(), calls }
    }

    #[test]
    fn every_plan_and_gateway_has_a_row_before_its_first_call() {
        let report = Posture::of(&site()).report();

        let seen: Vec<_> = report
            .rows
            .iter()
            .map(|row| (row.dial_plan.as_str(), row.gateway.as_deref(), row.mode.as_deref(), row.calls))
            .collect();
        assert_eq!(
            seen,
            [
                ("hq", Some("gw1"), Some("secured"), 0),
                ("lab", Some("gw2"), Some("unsecured"), 0),
                ("spare", None, Some("sip-secured"), 0),
            ]
        );
        assert_eq!(report.pins_in_the_clear, ["lab", "spare"]);
        assert_eq!(report.since, None);
    }

    #[test]
    fn plan_that_asks_for_no_pin_on_clear_calls_is_not_named() {
        let access = Some(SubscriberAccess::SecuredOnly);
        let patch = DialPlanPatch { subscriber_access: access, ..DialPlanPatch::default() };
        let change = SiteChange::SetDialPlan { name: "lab".into(), patch };
        let site = Arc::new(site().apply(&change).unwrap().0);

        assert_eq!(Posture::of(&site).report().pins_in_the_clear, ["spare"]);
    }

    #[test]
    fn row_says_what_was_really_used_and_when_the_last_call_was_over() {
        let mut posture = Posture::of(&site());
        let later = CallRecord {
            ended: "2026-11-06T00:00:00Z".parse().unwrap(),
            ..secured(Some("AEAD_AES_256_GCM"))
        };
        let refused =
            CallRecord { answered: None, result: CallResult::Refused, codec: None, ..secured(None) };
        for call in [secured(Some("AES_CM_128_HMAC_SHA1_80")), later.clone(), later, refused] {
            posture.count(&call);
        }

        let row = posture.report().rows.remove(0);

        let expected = PostureRow {
            dial_plan: "hq".to_owned(),
            gateway: Some("gw1".to_owned()),
            mode: Some("secured".to_owned()),
            calls: 3,
            refused: 1,
            below_mode: 0,
            transports: vec![used("tls", 3)],
            tls: vec![used("TLS 1.3 TLS13_AES_256_GCM_SHA384", 3)],
            suites: vec![used("AEAD_AES_256_GCM", 2), used("AES_CM_128_HMAC_SHA1_80", 1)],
            last_seen: Some("2026-11-06T00:00:00Z".parse().unwrap()),
        };
        assert_eq!(row, expected);
    }

    #[test]
    fn call_below_its_mode_shows_and_a_plan_that_is_gone_keeps_its_row() {
        let mut posture = Posture::of(&site());
        posture.count(&secured(None));
        posture.count(&CallRecord { dial_plan: Some("old".into()), ..sample_call() });
        posture.count(&CallRecord { dial_plan: None, ..sample_call() });

        let report = posture.report();

        assert_eq!((report.rows[0].below_mode, &report.rows[0].suites[..]), (1, &[used("none", 1)][..]));
        let old = report.rows.iter().find(|row| row.dial_plan == "old").unwrap();
        assert_eq!((old.calls, &old.mode, old.below_mode), (1, &None, 0));
        assert_eq!(report.rows.len(), 4);
        assert_eq!(report.since, Some("2026-11-05T12:00:00Z".parse().unwrap()));
    }
}
