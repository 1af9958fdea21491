#![expect(clippy::indexing_slicing, reason = "a test may fail by panic")]

use proptest::prelude::*;

use super::*;
use crate::{DialPlan, Redirecting, SiteChange, VoipSecurity};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

struct Builder(Site);

impl Builder {
    fn new() -> Self {
        Self(Site::empty()).plan("hq").plan("branch")
    }

    fn plan(self, text: &str) -> Self {
        let plan = DialPlan { voip_security: VoipSecurity::Unsecured, ..DialPlan::new(name(text), 4) };
        self.apply(SiteChange::CreateDialPlan(plan))
    }

    fn gateway(self, text: &str, address: &str, set: impl Fn(&mut IpGateway)) -> Self {
        let mut gateway = IpGateway::new(name(text), address.parse().unwrap());
        set(&mut gateway);
        self.apply(SiteChange::CreateGateway { gateway, dial_plan: None })
    }

    fn group(self, text: &str, gateway: &str, plan: &str, pilot: Option<&str>) -> Self {
        self.apply(SiteChange::CreateHuntGroup(HuntGroup {
            name: name(text),
            gateway: name(gateway),
            dial_plan: name(plan),
            pilot: pilot.map(|pilot| Pilot::parse(pilot).unwrap()),
        }))
    }

    fn apply(self, change: SiteChange) -> Self {
        Self(self.0.apply(&change).unwrap().0)
    }
}

/// One gateway: pilot 5000 and mask *xxxx into hq, the rest into branch.
fn one_gateway(set: impl Fn(&mut IpGateway)) -> Site {
    Builder::new()
        .gateway("gw1", "192.0.2.1", set)
        .group("pilot", "gw1", "hq", Some("5000"))
        .group("code", "gw1", "hq", Some("*xxxx"))
        .group("rest", "gw1", "branch", None)
        .0
}

fn to(user: &str) -> CallFacts<'_> {
    CallFacts { gateways: &["gw1"], request_user: user, ..CallFacts::default() }
}

fn asked(route: &Route) -> Vec<(String, &str)> {
    route.candidates.iter().map(|c| (c.source.to_string(), c.rewritten.as_str())).collect()
}

#[test]
fn exact_pilot_wins_over_mask_and_mask_over_default_group() {
    let site = one_gateway(|_| {});
    let group = |user| site.route(&to(user)).unwrap().hunt_group.to_string();

    assert_eq!([group("5000"), group("*4001"), group("4001")], ["pilot", "code", "rest"]);
}

#[test]
fn the_mask_with_fewest_wildcards_wins() {
    let site = Builder::new()
        .gateway("gw1", "192.0.2.1", |_| {})
        .group("a-wide", "gw1", "hq", Some("4xxx"))
        .group("narrow", "gw1", "branch", Some("40xx"))
        .0;

    assert_eq!(site.route(&to("4001")).unwrap().hunt_group.as_str(), "narrow");
    assert_eq!(site.route(&to("4101")).unwrap().hunt_group.as_str(), "a-wide");
}

#[test]
fn the_pilot_is_decoded_cut_bared_and_then_rewritten_by_the_first_rule_once() {
    let site = one_gateway(|gateway| {
        gateway.number_rules = vec![
            NumberRule::parse("+1425555xxxx", "xxxx").unwrap(),
            NumberRule::parse("5000", "9999").unwrap(),
        ];
    });

    let route = site.route(&to("%2B1-(425)-555.5000;phone-context=x")).unwrap();

    assert_eq!(route.hunt_group.as_str(), "pilot");
    assert_eq!(
        route.steps[..3],
        [
            "the call comes from gateway gw1",
            "called number from Request-URI: `%2B1-(425)-555.5000;phone-context=x`; number rule +1425555xxxx -> xxxx \
             of gw1 makes it 5000",
            "hunt group pilot of gw1 has the pilot 5000: dial plan hq (Unsecured)",
        ]
    );
}

#[test]
fn a_pilot_with_at_sign_is_compared_as_user_at_host() {
    let site = Builder::new()
        .gateway("gw1", "192.0.2.1", |_| {})
        .group("named", "gw1", "hq", Some("voicemail@um.example.com"))
        .0;
    let at = |host| CallFacts { request_host: Some(host), ..to("voicemail") };

    assert_eq!(site.route(&at("UM.example.com")).unwrap().hunt_group.as_str(), "named");
    assert!(site.route(&at("192.0.2.9")).is_err());
}

#[test]
fn p_called_party_id_names_the_pilot_only_where_the_gateway_says_so() {
    let facts = CallFacts { p_called_party: Some("5000"), ..to("4001") };
    let by_header = one_gateway(|gateway| gateway.pilot_from = PilotSource::PCalledPartyId);

    assert_eq!(one_gateway(|_| {}).route(&facts).unwrap().hunt_group.as_str(), "rest");
    assert_eq!(by_header.route(&facts).unwrap().hunt_group.as_str(), "pilot");
    assert_eq!(by_header.route(&to("*4001")).unwrap().hunt_group.as_str(), "code");
}

#[test]
fn no_hunt_group_is_a_refusal_with_the_number_as_received_and_as_read() {
    let site = Builder::new().gateway("gw1", "192.0.2.1", |_| {}).group("pilot", "gw1", "hq", Some("5000")).0;

    let refusal = site.route(&to("60-01")).unwrap_err();

    assert_eq!(refusal.to_string(), "gateway gw1 has no hunt group for `60-01` (read as 6001)");
    assert_eq!(refusal.remedy(), "run `um huntgroup create NAME --gateway gw1 --dialplan PLAN --pilot 6001`");
    assert_eq!(
        refusal.steps().last().unwrap(),
        "no hunt group of gw1 takes 6001, and it has no default group"
    );
}

#[test]
fn an_unknown_gateway_is_a_refusal() {
    let facts = CallFacts { gateways: &["stranger"], ..to("5000") };

    assert!(matches!(one_gateway(|_| {}).route(&facts), Err(RouteRefusal::UnknownGateway { .. })));
}

#[test]
fn mailboxes_are_asked_for_in_the_order_target_diversion_history_called_number() {
    let facts = CallFacts {
        target: Some("sip:4000%40example.com"),
        diversions: &["4002", "sip:4001@pbx.example.com"],
        history: &[("1", "4003"), ("1.1", "4004")],
        ..to("4005")
    };

    let route = one_gateway(|_| {}).route(&facts).unwrap();

    assert_eq!(
        asked(&route),
        [
            ("target".into(), "4000"),
            ("Diversion 2".into(), "4001"),
            ("Diversion 1".into(), "4002"),
            ("History-Info 1".into(), "4003"),
            ("History-Info 1.1".into(), "4004"),
            ("called number".into(), "4005"),
        ]
    );
}

#[test]
fn last_asks_the_top_diversion_and_the_second_to_last_history_entry_first() {
    let facts = CallFacts {
        diversions: &["4002", "4001"],
        history: &[("1.1", "4004"), ("1", "4003"), ("1.1.1", "5000")],
        ..to("5000")
    };

    let route = one_gateway(|gateway| gateway.redirecting = Redirecting::Last).route(&facts).unwrap();

    assert_eq!(
        asked(&route),
        [
            ("Diversion 1".into(), "4002"),
            ("Diversion 2".into(), "4001"),
            ("History-Info 1.1".into(), "4004"),
            ("History-Info 1".into(), "4003"),
        ]
    );
}

#[test]
fn last_never_asks_the_final_history_entry() {
    let facts = CallFacts { history: &[("1", "4003"), ("1.1", "6000")], ..to("5000") };

    let route = one_gateway(|gateway| gateway.redirecting = Redirecting::Last).route(&facts).unwrap();

    assert_eq!(asked(&route), [("History-Info 1".into(), "4003")]);
}

#[test]
fn history_counts_up_to_the_pilot_in_the_order_of_indexes() {
    let facts = CallFacts {
        history: &[("1.10", "4010"), ("1.2", "4002"), ("1", "4001"), ("1.11", "5000"), ("1.12", "4012")],
        ..to("5000")
    };

    let route = one_gateway(|_| {}).route(&facts).unwrap();

    assert_eq!(
        asked(&route),
        [
            ("History-Info 1".into(), "4001"),
            ("History-Info 1.2".into(), "4002"),
            ("History-Info 1.10".into(), "4010"),
        ]
    );
}

#[test]
fn number_rules_apply_to_redirecting_numbers_and_the_step_names_the_rule() {
    let site = one_gateway(|gateway| {
        gateway.number_rules = vec![NumberRule::parse("+1425555xxxx", "xxxx").unwrap()];
    });
    let facts = CallFacts { diversions: &["+14255554001"], ..to("5000") };

    let route = site.route(&facts).unwrap();

    assert_eq!(asked(&route), [("Diversion 1".into(), "4001")]);
    assert_eq!(route.candidates[0].received, "+14255554001");
    assert_eq!(
        route.steps[3..],
        [
            "Diversion 1 `+14255554001` is 4001 by number rule +1425555xxxx -> xxxx: ask for a mailbox of hq",
            "called number `5000`: passed over, it is a pilot",
        ]
    );
}

#[test]
fn pilots_are_passed_over_and_an_empty_list_is_explained() {
    let facts = CallFacts { diversions: &["5000", ""], ..to("5000") };

    let route = one_gateway(|_| {}).route(&facts).unwrap();

    assert_eq!(asked(&route), []);
    assert_eq!(route.steps.last().unwrap(), "the call names no number that could be a mailbox");
}

#[test]
fn behind_a_feature_code_stands_the_mailbox_but_a_plain_mask_is_the_whole_number() {
    let site = Builder::new()
        .gateway("gw1", "192.0.2.1", |_| {})
        .group("code", "gw1", "hq", Some("*99xxxx"))
        .group("plain", "gw1", "hq", Some("40xx"))
        .0;

    assert_eq!(asked(&site.route(&to("*994001")).unwrap()), [("called number".into(), "4001")]);
    assert_eq!(asked(&site.route(&to("4001")).unwrap()), [("called number".into(), "4001")]);
}

fn two_gateways() -> Site {
    Builder::new()
        .gateway("gw1", "192.0.2.1", |_| {})
        .gateway("gw2", "192.0.2.2", |gateway| {
            gateway.connect = vec!["192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap()];
        })
        .group("one", "gw1", "hq", Some("5000"))
        .group("two", "gw2", "branch", Some("6000"))
        .group("two-default", "gw2", "branch", None)
        .0
}

#[test]
fn of_several_gateways_the_pilot_decides() {
    let facts = |user| CallFacts { gateways: &["gw2", "gw1"], ..to(user) };
    let site = two_gateways();

    let one = site.route(&facts("5000")).unwrap();
    let two = site.route(&facts("6000")).unwrap();

    assert_eq!((one.gateway.as_str(), one.dial_plan.as_str()), ("gw1", "hq"));
    assert_eq!((two.gateway.as_str(), two.dial_plan.as_str()), ("gw2", "branch"));
    assert!(one.ambiguous.is_empty() && two.ambiguous.is_empty());
}

#[test]
fn of_several_gateways_those_at_the_source_remain() {
    let facts = |source: &str| CallFacts {
        gateways: &["gw1", "gw2"],
        source: Some(source.parse().unwrap()),
        ..to("5000")
    };
    let site = two_gateways();

    let shared = site.route(&facts("192.0.2.1")).unwrap();
    let own = site.route(&facts("192.0.2.2")).unwrap();
    let elsewhere = site.route(&facts("192.0.2.77")).unwrap();

    assert_eq!(
        [shared.gateway.as_str(), own.gateway.as_str(), elsewhere.gateway.as_str()],
        ["gw1", "gw2", "gw1"]
    );
    assert_eq!(own.hunt_group.as_str(), "two-default");
}

#[test]
fn addresses_that_the_resolver_found_count_as_the_gateway_s() {
    let site = Builder::new()
        .gateway("gw1", "gw1.example.com", |_| {})
        .gateway("gw2", "gw2.example.com", |_| {})
        .group("one", "gw1", "hq", None)
        .group("two", "gw2", "branch", None)
        .0;
    let facts = CallFacts {
        gateways: &["gw1", "gw2"],
        source: Some("::ffff:192.0.2.2".parse().unwrap()),
        resolved: &[("gw2", "192.0.2.2".parse().unwrap())],
        ..to("4001")
    };

    assert_eq!(site.route(&facts).unwrap().gateway.as_str(), "gw2");
}

#[test]
fn equal_gateways_with_equal_pilots_go_to_the_first_by_name_and_are_reported() {
    let site = Builder::new()
        .gateway("b", "192.0.2.1", |_| {})
        .gateway("a", "192.0.2.1", |_| {})
        .group("x", "b", "hq", Some("5000"))
        .group("y", "a", "branch", Some("5000"))
        .0;
    let facts = CallFacts { gateways: &["b", "a"], ..to("5000") };

    let route = site.route(&facts).unwrap();

    assert_eq!(route.gateway.as_str(), "a");
    assert_eq!(route.ambiguous, [name("b")]);
}

#[test]
fn of_a_hundred_redirections_32_are_looked_at() {
    let diversions = vec!["4001"; 100];
    let facts = CallFacts { diversions: &diversions, ..to("4002") };

    let route = one_gateway(|_| {}).route(&facts).unwrap();

    assert_eq!(route.candidates.len(), 33);
    assert!(route.steps.contains(&"only the first 32 redirecting entries count".to_owned()));
}

proptest! {
    #[test]
    fn no_text_of_a_peer_panics_and_no_step_shows_control_characters(
        user in ".*", target in ".*", diversion in ".*", index in ".*",
    ) {
        let site = one_gateway(|gateway| {
            gateway.number_rules = vec![NumberRule::parse("xxxx", "9xxx").unwrap()];
        });
        let facts = CallFacts {
            target: Some(&target),
            diversions: &[&diversion, &user],
            history: &[(&index, &user), ("1", &target)],
            ..to(&user)
        };

        let route = site.route(&facts).unwrap();

        prop_assert!(route.steps.iter().all(|step| !step.chars().any(char::is_control)));
    }
}
