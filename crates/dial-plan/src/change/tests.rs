use telephony::{PhoneNumber, SrtpSuite};

use super::*;
use crate::{GatewayAddress, GatewayStatus, MaskError, NameError, Pilot, VoipSecurity};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn plan(text: &str, mode: VoipSecurity) -> SiteChange {
    SiteChange::CreateDialPlan(DialPlan { voip_security: mode, ..DialPlan::new(name(text), 4) })
}

fn gateway(text: &str, address: &str, dial_plan: &str) -> SiteChange {
    let gateway = IpGateway::new(name(text), GatewayAddress::parse(address).unwrap());
    SiteChange::CreateGateway { gateway, dial_plan: Some(name(dial_plan)) }
}

fn group(text: &str, gateway: &str, dial_plan: &str, pilot: Option<&str>) -> SiteChange {
    SiteChange::CreateHuntGroup(HuntGroup {
        name: name(text),
        gateway: name(gateway),
        dial_plan: name(dial_plan),
        pilot: pilot.map(|pilot| Pilot::parse(pilot).unwrap()),
    })
}

fn set_gateway(text: &str, patch: GatewayPatch) -> SiteChange {
    SiteChange::SetGateway { name: text.to_owned(), patch }
}

fn site(changes: &[SiteChange]) -> Site {
    changes.iter().fold(Site::empty(), |site, change| site.apply(change).unwrap().0)
}

fn unsecured() -> Site {
    site(&[plan("hq", VoipSecurity::Unsecured), gateway("gw1", "192.0.2.1", "hq")])
}

#[test]
fn a_new_plan_brings_its_default_policy() {
    let site = site(&[plan("hq", VoipSecurity::Secured)]);

    assert_eq!(site.revision, 1);
    assert_eq!(site.default_policy("hq").unwrap().name.as_str(), "hq Default Policy");
}

#[test]
fn a_new_gateway_brings_its_default_hunt_group() {
    let site = unsecured();

    let group = site.hunt_group("gw1 Default Group").unwrap();
    assert_eq!((group.gateway.as_str(), group.dial_plan.as_str()), ("gw1", "hq"));
    assert_eq!(group.pilot, None);
}

#[test]
fn a_plan_name_of_50_characters_is_refused_for_its_policy() {
    let long = "p".repeat(50);

    let error = Site::empty().apply(&plan(&long, VoipSecurity::Secured)).unwrap_err();

    assert_eq!(
        error,
        SiteError::BadName {
            kind: ObjectKind::DialPlan,
            name: name(&long),
            error: NameError::TooLong { name: long, length: 50, limit: 49 },
        }
    );
    assert!(Site::empty().apply(&plan(&"p".repeat(49), VoipSecurity::Secured)).is_ok());
}

#[test]
fn a_refused_change_leaves_nothing_behind() {
    let before = unsecured();

    let error = before.apply(&gateway("gw2", "192.0.2.2", "branch")).unwrap_err();

    assert_eq!(error, SiteError::NotFound { kind: ObjectKind::DialPlan, name: "branch".into() });
    assert_eq!(error.to_string(), "there is no dial plan `branch`");
    assert_eq!(
        error.remedy(),
        "run `um dialplan list` to see the names, or `um dialplan create branch --extension-digits N`"
    );
    assert!(before.gateway("gw2").is_none());
}

#[test]
fn a_taken_name_is_refused() {
    let error = unsecured().apply(&plan("hq", VoipSecurity::Secured)).unwrap_err();

    assert_eq!(error.code(), "already-exists");
    assert_eq!(error.object(), "dial plan hq");
    assert_eq!(error.remedy(), "choose another name, or change it with `um dialplan set hq`");
}

#[test]
fn an_ip_gateway_is_refused_where_the_plan_wants_tls() {
    for (mode, word) in [(VoipSecurity::SipSecured, "SIPSecured"), (VoipSecurity::Secured, "Secured")] {
        let error = site(&[plan("hq", mode)]).apply(&gateway("gw1", "192.0.2.1", "hq")).unwrap_err();

        assert_eq!(error.code(), "fqdn-needed");
        assert_eq!(
            error.to_string(),
            format!(
                "dial plan `hq` is {word} and gateway `gw1` is identified by 192.0.2.1: mutual TLS needs an FQDN, \
                 which the gateway's certificate names"
            )
        );
        assert_eq!(
            error.remedy(),
            "give `gw1` an FQDN with `--address FQDN --connect 192.0.2.1`, or allow clear calls with \
             `um dialplan set hq --voip-security unsecured`"
        );
    }
}

#[test]
fn a_gateway_that_serves_tls_plans_keeps_its_fqdn() {
    let site = site(&[plan("hq", VoipSecurity::Secured), gateway("gw1", "gw1.example.com", "hq")]);
    let to_ip = GatewayPatch { address: Some("192.0.2.1".parse().unwrap()), ..GatewayPatch::default() };

    assert_eq!(site.apply(&set_gateway("gw1", to_ip)).unwrap_err().code(), "fqdn-needed");
}

#[test]
fn tightening_a_plan_is_never_refused_but_warns_of_gateways_without_fqdn() {
    let patch = DialPlanPatch { voip_security: Some(VoipSecurity::Secured), ..DialPlanPatch::default() };

    let (after, warnings) = unsecured().apply(&SiteChange::SetDialPlan { name: "hq".into(), patch }).unwrap();

    assert_eq!(after.dial_plan("hq").unwrap().voip_security, VoipSecurity::Secured);
    assert_eq!(
        warnings,
        [SiteWarning::NoTlsIdentity { gateway: name("gw1"), plan: name("hq"), mode: VoipSecurity::Secured }]
    );
}

#[test]
fn an_fqdn_belongs_to_one_gateway_at_create_and_at_set() {
    let site = site(&[
        plan("hq", VoipSecurity::Secured),
        gateway("gw1", "gw1.example.com", "hq"),
        gateway("gw2", "gw2.example.com", "hq"),
    ]);
    let patch = GatewayPatch { address: Some("GW1.EXAMPLE.COM".parse().unwrap()), ..GatewayPatch::default() };

    let at_create = site.apply(&gateway("a-first", "gw1.example.com", "hq")).unwrap_err();
    let at_set = site.apply(&set_gateway("gw2", patch)).unwrap_err();

    assert_eq!(
        at_create,
        SiteError::FqdnTaken {
            gateway: name("a-first"),
            fqdn: "gw1.example.com".into(),
            holder: name("gw1")
        }
    );
    assert_eq!(
        at_set,
        SiteError::FqdnTaken { gateway: name("gw2"), fqdn: "gw1.example.com".into(), holder: name("gw1") }
    );
}

#[test]
fn an_equal_address_is_allowed_with_a_warning_once() {
    let (site, warnings) = unsecured().apply(&gateway("gw2", "::ffff:192.0.2.1", "hq")).unwrap();
    let (_, later) = site.apply(&gateway("gw3", "192.0.2.3", "hq")).unwrap();

    assert_eq!(
        warnings,
        [SiteWarning::EqualAddress {
            first: name("gw1"),
            second: name("gw2"),
            address: "192.0.2.1".parse().unwrap()
        }]
    );
    assert_eq!(later, []);
}

#[test]
fn a_gateway_has_one_default_group_and_each_pilot_once_over_all_plans() {
    let site = site(&[
        plan("hq", VoipSecurity::Unsecured),
        plan("branch", VoipSecurity::Unsecured),
        gateway("gw1", "192.0.2.1", "hq"),
        group("a", "gw1", "hq", Some("5000")),
    ]);

    let pilot = site.apply(&group("b", "gw1", "branch", Some("50-00"))).unwrap_err();
    let default = site.apply(&group("c", "gw1", "branch", None)).unwrap_err();

    assert_eq!(
        pilot.to_string(),
        "hunt group `a` of gateway `gw1` has the pilot 5000 already: a gateway's pilot leads to one dial plan"
    );
    assert_eq!(pilot.remedy(), "run `um huntgroup delete a` before, or choose another pilot");
    assert_eq!(
        default.to_string(),
        "hunt group `gw1 Default Group` of gateway `gw1` is its default group already: a gateway's pilot leads to one \
         dial plan"
    );
}

#[test]
fn every_range_of_a_plan_is_kept() {
    type Break = fn(&mut DialPlan);
    let cases: [(&str, Break, &str); 9] = [
        ("extension_digits", |plan| plan.extension_digits = 0, "1 to 20"),
        ("extension_digits", |plan| plan.extension_digits = 21, "1 to 20"),
        ("max_call_minutes", |plan| plan.max_call_minutes = 121, "10 to 120"),
        ("max_recording_minutes", |plan| plan.max_recording_minutes = 0, "1 to 100"),
        ("recording_idle_seconds", |plan| plan.recording_idle_seconds = 1, "2 to 10"),
        ("recording_idle_seconds", |plan| plan.recording_idle_seconds = 11, "2 to 10"),
        ("input_failures", |plan| plan.input_failures = 21, "1 to 20"),
        ("logon_failures", |plan| plan.logon_failures = 0, "1 to 20"),
        ("language", |plan| plan.language = "en_US".into(), "a BCP 47 tag such as en-US"),
    ];
    for (key, break_it, range) in cases {
        let mut plan = DialPlan::new(name("hq"), 4);
        break_it(&mut plan);

        match Site::empty().apply(&SiteChange::CreateDialPlan(plan)) {
            Err(SiteError::OutOfRange { setting, allowed, .. }) => {
                assert_eq!((setting, allowed.as_str()), (key, range));
            }
            other => panic!("{key}: {other:?}"),
        }
    }
}

#[test]
fn a_plan_has_at_least_one_suite_and_each_once() {
    for (suites, value) in [
        (Vec::new(), "an empty list"),
        (vec![SrtpSuite::AeadAes128Gcm, SrtpSuite::AeadAes128Gcm], "a list with AEAD_AES_128_GCM twice"),
    ] {
        let patch = DialPlanPatch { srtp_suites: Some(suites), ..DialPlanPatch::default() };
        let site = site(&[plan("hq", VoipSecurity::Secured)]);

        let error = site.apply(&SiteChange::SetDialPlan { name: "hq".into(), patch }).unwrap_err();

        assert_eq!(
            error.to_string(),
            format!(
                "dial plan `hq`: srtp_suites is {value}, allowed is at least one of AEAD_AES_256_GCM, AEAD_AES_128_GCM, \
                 AES_256_CM_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32, each once"
            )
        );
        assert_eq!(
            error.remedy(),
            "run `um dialplan set hq --srtp-suites VALUE` with a value that is allowed"
        );
    }
}

#[test]
fn a_message_is_shorter_than_a_call_and_the_refusal_names_both_keys() {
    let patch = DialPlanPatch { max_call_minutes: Some(20), ..DialPlanPatch::default() };

    let error = unsecured().apply(&SiteChange::SetDialPlan { name: "hq".into(), patch }).unwrap_err();

    assert_eq!(
        error.to_string(),
        "dial plan `hq`: max_recording_minutes is 20 and max_call_minutes is 20: max_recording_minutes must be less \
         than max_call_minutes"
    );
    assert_eq!(
        error.remedy(),
        "run `um dialplan set hq --max-recording-minutes VALUE --max-call-minutes VALUE` with a value that is allowed"
    );
}

#[test]
fn ranges_of_gateways_and_policies_are_kept() {
    let site = unsecured();
    let gateway = GatewayPatch { answer_delay_ms: Some(5001), ..GatewayPatch::default() };
    let timeout = GatewayPatch { media_timeout_seconds: Some(3601), ..GatewayPatch::default() };
    let hosts = vec!["192.0.2.7".parse().unwrap(); IpGateway::MAX_CONNECT + 1];
    let connect = GatewayPatch { connect: Some(hosts), ..GatewayPatch::default() };
    let policy = PolicyPatch { min_pin_length: Some(3), ..PolicyPatch::default() };
    let reset = PolicyPatch { logon_failures_before_reset: Some(15), ..PolicyPatch::default() };
    let set_policy = |patch| SiteChange::SetPolicy { name: "hq Default Policy".into(), patch };

    assert_eq!(site.apply(&set_gateway("gw1", gateway)).unwrap_err().code(), "out-of-range");
    assert_eq!(site.apply(&set_gateway("gw1", timeout)).unwrap_err().code(), "out-of-range");
    assert_eq!(site.apply(&set_gateway("gw1", connect)).unwrap_err().code(), "out-of-range");
    assert_eq!(site.apply(&set_policy(policy)).unwrap_err().code(), "out-of-range");
    assert_eq!(site.apply(&set_policy(reset)).unwrap_err().code(), "contradiction");
}

#[test]
fn a_plan_in_use_is_not_deleted_and_the_refusal_says_by_whom() {
    let error = unsecured().apply(&SiteChange::DeleteDialPlan { name: "hq".into() }).unwrap_err();

    assert_eq!(error.to_string(), "dial plan `hq` is used by hunt group `gw1 Default Group`");
    assert_eq!(error.remedy(), "run `um huntgroup delete 'gw1 Default Group'` before");
}

#[test]
fn a_deleted_plan_takes_its_default_policy_with_it_but_no_other() {
    let bare = site(&[plan("hq", VoipSecurity::Secured)]);
    let (busy, _) =
        bare.apply(&SiteChange::CreatePolicy(MailboxPolicy::new(name("strict"), name("hq")))).unwrap();
    let delete = SiteChange::DeleteDialPlan { name: "hq".into() };

    let (after, _) = bare.apply(&delete).unwrap();
    let error = busy.apply(&delete).unwrap_err();

    assert!(after.same_content(&Site::empty()));
    assert_eq!(error.to_string(), "dial plan `hq` is used by policy `strict`");
}

#[test]
fn a_plan_keeps_one_policy_and_goes_with_it() {
    let site = site(&[
        plan("hq", VoipSecurity::Secured),
        SiteChange::CreatePolicy(MailboxPolicy::new(name("strict"), name("hq"))),
        SiteChange::DeletePolicy { name: "hq Default Policy".into() },
    ]);

    let last = site.apply(&SiteChange::DeletePolicy { name: "strict".into() }).unwrap_err();
    let (after, _) = site.apply(&SiteChange::DeleteDialPlan { name: "hq".into() }).unwrap();

    assert_eq!(site.default_policy("hq").unwrap().name.as_str(), "strict");
    assert_eq!(last, SiteError::LastPolicy { policy: name("strict"), plan: name("hq") });
    assert!(after.same_content(&Site::empty()));
}

#[test]
fn a_deleted_gateway_takes_its_hunt_groups_with_it_and_says_so() {
    let (after, warnings) = unsecured().apply(&SiteChange::DeleteGateway { name: "gw1".into() }).unwrap();

    assert_eq!(after.hunt_groups().count(), 0);
    assert_eq!(
        warnings,
        [SiteWarning::HuntGroupDeleted { group: name("gw1 Default Group"), gateway: name("gw1") }]
    );
}

#[test]
fn a_gateway_that_loses_its_last_hunt_group_is_warned_of() {
    let (_, warnings) =
        unsecured().apply(&SiteChange::DeleteHuntGroup { name: "gw1 Default Group".into() }).unwrap();

    assert_eq!(warnings, [SiteWarning::NoHuntGroup { gateway: name("gw1") }]);
    assert_eq!(warnings[0].remedy(), "run `um huntgroup create NAME --gateway gw1 --dialplan PLAN`");
}

#[test]
fn number_rules_keep_their_order_and_each_mask_comes_once() {
    let add = |from: &str, to: &str| SiteChange::AddNumberRule {
        gateway: "gw1".into(),
        rule: NumberRule::parse(from, to).unwrap(),
    };
    let (site, _) = unsecured().apply(&add("+1425555xxxx", "xxxx")).unwrap();
    let (site, _) = site.apply(&add("9xxxx", "xxxx")).unwrap();

    let again = site.apply(&add("9xxxx", "4000")).unwrap_err();
    let remove = |from: &str| SiteChange::RemoveNumberRule { gateway: "gw1".into(), from: from.into() };
    let (after, _) = site.apply(&remove("+1 425 555-XXXX")).unwrap();
    let absent = after.apply(&remove("8xxx")).unwrap_err();

    let rules: Vec<String> =
        site.gateway("gw1").unwrap().number_rules.iter().map(ToString::to_string).collect();
    assert_eq!(rules, ["+1425555xxxx -> xxxx", "9xxxx -> xxxx"]);
    assert_eq!(again.remedy(), "run `um gateway number-rule remove gw1 '9xxxx'` before");
    assert_eq!(after.gateway("gw1").unwrap().number_rules.len(), 1);
    assert_eq!(absent.to_string(), "gateway `gw1` has no number rule for 8xxx");
}

#[test]
fn a_rule_made_by_hand_is_checked_by_the_site() {
    let rule = NumberRule { from: Mask::parse("4xx").unwrap(), to: Mask::parse("xxx").unwrap() };

    let error = unsecured().apply(&SiteChange::AddNumberRule { gateway: "gw1".into(), rule }).unwrap_err();

    assert!(matches!(error, SiteError::BadRule { error: MaskError::MoreWildcards { .. }, .. }), "{error:?}");
}

#[test]
fn a_gateway_holds_256_number_rules_and_no_more() {
    let mut gateway = IpGateway::new(name("gw1"), "192.0.2.1".parse().unwrap());
    gateway.number_rules =
        (0..256).map(|number| NumberRule::parse(&format!("9{number}"), "4001").unwrap()).collect();
    let create =
        |gateway: &IpGateway| SiteChange::CreateGateway { gateway: gateway.clone(), dial_plan: None };

    assert!(Site::empty().apply(&create(&gateway)).is_ok());
    gateway.number_rules.push(NumberRule::parse("8xxx", "4001").unwrap());
    assert_eq!(Site::empty().apply(&create(&gateway)).unwrap_err().code(), "out-of-range");
}

#[test]
fn a_change_that_changes_nothing_keeps_the_revision() {
    let site = unsecured();
    let same = GatewayPatch { status: Some(GatewayStatus::Enabled), ..GatewayPatch::default() };
    let other = GatewayPatch { status: Some(GatewayStatus::NoNewCalls), ..GatewayPatch::default() };

    assert_eq!(site.apply(&set_gateway("gw1", same)).unwrap().0.revision, 2);
    assert_eq!(site.apply(&set_gateway("gw1", other)).unwrap().0.revision, 3);
}

#[test]
fn a_whole_site_takes_the_next_revision_whatever_its_own() {
    let old = unsecured();
    let mut other = site(&[plan("branch", VoipSecurity::Secured)]);
    other.revision = 77;

    let (after, _) = old.apply(&SiteChange::Replace(Box::new(other.clone()))).unwrap();

    assert_eq!(after.revision, 3);
    assert!(after.same_content(&other));
}

#[test]
fn a_whole_site_cannot_change_what_is_fixed_in_a_plan() {
    let other = site(&[SiteChange::CreateDialPlan(DialPlan::new(name("hq"), 5))]);

    let error = unsecured().apply(&SiteChange::Replace(Box::new(other))).unwrap_err();

    assert_eq!(
        error.to_string(),
        "dial plan `hq`: extension_digits is 4 and cannot become 5: it is fixed when the plan is made"
    );
}

#[test]
fn a_plan_may_get_and_lose_an_operator() {
    let set = |operator| SiteChange::SetDialPlan {
        name: "hq".into(),
        patch: DialPlanPatch { operator: Some(operator), ..DialPlanPatch::default() },
    };
    let number = PhoneNumber::parse("4000").unwrap();

    let (with, _) = unsecured().apply(&set(Some(number.clone()))).unwrap();
    let (without, _) = with.apply(&set(None)).unwrap();

    assert_eq!(with.dial_plan("hq").unwrap().operator, Some(number));
    assert_eq!(without.dial_plan("hq").unwrap().operator, None);
}
