//! What an attendant may be, and what is refused.
use super::*;
use crate::{DialPlanPatch, HuntGroup, IpGateway, ObjectKind, Pilot, SiteError};

fn group(text: &str, gateway: &str, dial_plan: &str, pilot: Option<&str>) -> SiteChange {
    SiteChange::CreateHuntGroup(HuntGroup {
        name: name(text),
        gateway: name(gateway),
        dial_plan: name(dial_plan),
        pilot: pilot.map(|pilot| Pilot::parse(pilot).unwrap()),
    })
}

fn gateway(text: &str, address: &str, dial_plan: &str) -> SiteChange {
    let gateway = IpGateway::new(name(text), address.parse().unwrap());
    SiteChange::CreateGateway { gateway, dial_plan: Some(name(dial_plan)) }
}

fn access(plan: &str, numbers: &[&str]) -> SiteChange {
    let numbers = numbers.iter().map(|text| number(text)).collect();
    let patch = DialPlanPatch { access_numbers: Some(numbers), ..DialPlanPatch::default() };
    SiteChange::SetDialPlan { name: plan.to_owned(), patch }
}

fn refused(site: &Site, change: &SiteChange) -> SiteError {
    site.apply(change).unwrap_err()
}

#[test]
fn a_new_attendant_is_disabled_and_answers_nothing() {
    let mut new = attendant("main", "5000");
    new.enabled = AutoAttendant::new(name("x"), name("hq")).enabled;
    let before = site(&[plan("hq"), create(new)]);

    let enable = AttendantPatch { enabled: Some(true), ..AttendantPatch::default() };
    let (after, _) = before.apply(&set("main", enable)).unwrap();

    assert!(before.attendant_of_pilot("hq", "5000").is_none());
    assert_eq!(after.attendant_of_pilot("hq", "5000").unwrap().name, name("main"));
    assert!(after.attendant_of_pilot("branch", "5000").is_none());
    assert!(after.attendant_of_pilot("hq", "5001").is_none());
}

#[test]
fn the_toml_of_an_attendant_comes_back_the_same() {
    let document = r#"revision = 3

[[dial_plans]]
name = "hq"
extension_digits = 4

[[attendants]]
name = "main"
dial_plan = "hq"
enabled = true
pilots = ["5000", "+14255550100"]
operator = "4000"
location = "where"
hours = ["Mon-Fri.09:00-17:00"]

[attendants.business]
greeting = "hello"

[attendants.business.keys.1]
action = "transfer:4001"

[attendants.business.keys.9]
action = "location"
announcement = "wait"

[attendants.business.keys.timeout]
action = "operator"

[[attendants.holidays]]
name = "Christmas"
from = "2026-12-25"
"#;

    let read: Site = toml::from_str(document).unwrap();

    let main = read.attendant("main").unwrap();
    assert_eq!(main.hours.ranges().len(), 5);
    assert_eq!(main.business.keys[&MenuKey::TIMEOUT].action, KeyAction::Operator);
    assert_eq!(main.business.keys[&MenuKey::digit(1).unwrap()].action, KeyAction::Transfer(number("4001")));
    let written = toml::to_string(&read).unwrap();
    assert_eq!(toml::from_str::<Site>(&written).unwrap(), read);
    let json = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<Site>(&json).unwrap(), read);
}

#[test]
fn a_pilot_belongs_to_one_attendant_of_a_plan() {
    let site = site(&[plan("hq"), plan("branch"), create(attendant("main", "5000"))]);

    let error = refused(&site, &create(attendant("a-first", "5000")));

    assert_eq!(
        error.to_string(),
        "attendant `a-first`: the number 5000 is a pilot of attendant `main` already"
    );
    assert_eq!(error.object(), "attendant a-first");
    assert_eq!(error.code(), "pilot-taken");
    assert_eq!(error.remedy(), "choose another number, or run `um attendant set main --pilot OTHER` before");
    let elsewhere = AutoAttendant { dial_plan: name("branch"), ..attendant("other", "5000") };
    assert!(site.apply(&create(elsewhere)).is_ok());
}

#[test]
fn a_pilot_is_no_access_number_and_an_access_number_no_pilot() {
    let with_access = site(&[plan("hq"), access("hq", &["5000"])]);
    let with_pilot = site(&[plan("hq"), create(attendant("main", "5000"))]);

    let first = refused(&with_access, &create(attendant("main", "5000")));
    let second = refused(&with_pilot, &access("hq", &["5000"]));
    let twice = refused(&with_pilot, &access("hq", &["5001", "5001"]));

    assert_eq!(
        first.to_string(),
        "attendant `main`: the number 5000 is an access number of dial plan `hq` already"
    );
    assert_eq!(
        first.remedy(),
        "choose another number, or run `um dialplan set hq --access-number OTHER` before"
    );
    assert_eq!((second.code(), twice.code()), ("pilot-taken", "pilot-taken"));
    assert!(with_access.is_access_number("hq", "5000"));
    assert!(!with_access.is_access_number("hq", "5001"));
}

#[test]
fn a_pilot_whose_calls_a_hunt_group_takes_elsewhere_is_refused() {
    let base = site(&[
        plan("hq"),
        plan("branch"),
        gateway("gw1", "192.0.2.1", "hq"),
        gateway("gw2", "192.0.2.2", "branch"),
        group("away", "gw1", "branch", Some("5000")),
        group("there", "gw2", "branch", Some("5001")),
        group("here", "gw1", "hq", Some("5002")),
    ]);

    let error = refused(&base, &create(attendant("main", "5000")));

    assert_eq!(
        error.to_string(),
        "attendant `main`: the number 5000 is the pilot of hunt group `away`, which takes its calls into dial plan \
         `branch`"
    );
    assert_eq!(
        error.remedy(),
        "run `um huntgroup delete away`, or `um attendant set main --pilot OTHER`, before"
    );
    // Another gateway's pilot, and one that leads into the attendant's own plan.
    for pilot in ["5001", "5002"] {
        assert!(base.apply(&create(attendant("main", pilot))).is_ok(), "{pilot}");
    }
    let with_attendant = site(&[
        plan("hq"),
        plan("branch"),
        gateway("gw1", "192.0.2.1", "hq"),
        create(attendant("main", "5000")),
    ]);
    assert_eq!(refused(&with_attendant, &group("away", "gw1", "branch", Some("5000"))).code(), "pilot-taken");
}

#[test]
fn an_unknown_time_zone_is_refused_with_its_object_and_remedy() {
    let site = site(&[plan("hq"), create(attendant("main", "5000"))]);
    let zone = AttendantPatch { time_zone: Some(Some("Mars/Olympus".into())), ..AttendantPatch::default() };
    let plan_zone = DialPlanPatch { time_zone: Some("CET+1".into()), ..DialPlanPatch::default() };

    let of_attendant = refused(&site, &set("main", zone));
    let of_plan = refused(&site, &SiteChange::SetDialPlan { name: "hq".into(), patch: plan_zone });

    assert_eq!(
        of_attendant.to_string(),
        "attendant `main`: time_zone is \"Mars/Olympus\", allowed is an IANA name such as Europe/Berlin"
    );
    assert_eq!(
        of_attendant.remedy(),
        "run `um attendant set main --time-zone VALUE` with a value that is allowed"
    );
    assert_eq!(of_plan.object(), "dial plan hq");
    assert_eq!(of_plan.remedy(), "run `um dialplan set hq --time-zone VALUE` with a value that is allowed");
}

#[test]
fn keys_lead_to_attendants_that_exist_in_the_same_plan() {
    let base = site(&[
        plan("hq"),
        plan("branch"),
        create(attendant("main", "5000")),
        create(AutoAttendant { dial_plan: name("branch"), ..attendant("far", "6000") }),
    ]);
    let lead = |to: &str| set("main", keys(&[key(MenuTime::Business, "1", &format!("attendant:{to}"))]));

    let missing = refused(&base, &lead("lost"));
    let foreign = refused(&base, &lead("far"));

    assert_eq!(
        missing,
        SiteError::DanglingReference {
            kind: ObjectKind::Attendant,
            name: name("main"),
            wanted_kind: ObjectKind::Attendant,
            wanted: name("lost"),
        }
    );
    assert_eq!(missing.remedy(), "run `um attendant create lost --dialplan PLAN --pilot NUMBER` first");
    assert_eq!(
        foreign.to_string(),
        "attendant `main`: its keys lead to attendant `far` of dial plan `branch`"
    );
    assert_eq!(foreign.remedy(), "run `um attendant key main KEY transfer:NUMBER`");
}

#[test]
fn nested_attendants_may_lead_back_by_a_key_but_not_by_silence() {
    let base = site(&[plan("hq"), create(attendant("main", "5000")), create(attendant("sales", "5001"))]);
    let both = |by: &str| {
        let (base, _) =
            base.apply(&set("main", keys(&[key(MenuTime::Business, by, "attendant:sales")]))).unwrap();
        base.apply(&set("sales", keys(&[key(MenuTime::AfterHours, by, "attendant:main")])))
    };

    assert!(both("1").is_ok());
    let error = both("timeout").unwrap_err();
    assert_eq!(
        error.to_string(),
        "attendant `main`: a caller who presses nothing would come back to it for ever"
    );
    assert_eq!(error.remedy(), "run `um attendant key main timeout operator`");
    assert!(base.apply(&set("main", keys(&[key(MenuTime::Business, "timeout", "attendant:main")]))).is_err());
}

#[test]
fn an_attendant_that_another_leads_to_stays_and_so_does_the_plan_of_one() {
    let base = site(&[plan("hq"), create(attendant("main", "5000")), create(attendant("sales", "5001"))]);
    let (base, _) =
        base.apply(&set("main", keys(&[key(MenuTime::Business, "1", "attendant:sales")]))).unwrap();
    let delete = |text: &str| SiteChange::DeleteAttendant { name: text.to_owned() };

    let used = refused(&base, &delete("sales"));
    let plan = refused(&base, &SiteChange::DeleteDialPlan { name: "hq".into() });

    assert_eq!(used.to_string(), "attendant `sales` is used by attendant `main`");
    assert_eq!(used.remedy(), "run `um attendant delete main` before");
    assert_eq!(plan.to_string(), "dial plan `hq` is used by attendant `main`");
    let (after, _) = base.apply(&delete("main")).unwrap();
    assert!(after.apply(&delete("sales")).is_ok());
    assert_eq!(refused(&after, &delete("main")).code(), "not-found");
}

#[test]
fn keys_that_would_say_nothing_are_refused() {
    let base = site(&[plan("hq"), create(attendant("main", "5000"))]);
    let one = |action: &str| refused(&base, &set("main", keys(&[key(MenuTime::Business, "1", action)])));

    assert_eq!(
        one("location").to_string(),
        "attendant `main`: key 1 tells the location, and there is no recording of it"
    );
    assert_eq!(one("location").remedy(), "run `um attendant set main --location RECORDING`");
    assert_eq!(one("announcement").to_string(), "attendant `main`: key 1 plays a recording and names none");
}

#[test]
fn every_recording_that_an_attendant_names_is_told() {
    let document = r#"
dial_plans = [{ name = "hq", extension_digits = 4 }]

[[attendants]]
name = "main"
dial_plan = "hq"
announcement = "a"
location = "b"
business = { greeting = "c", prompt = "d", keys = { 1 = { action = "hours", announcement = "e" } } }
after_hours = { greeting = "f", prompt = "g", keys = { timeout = { action = "hours", announcement = "h" } } }
holidays = [{ name = "x", from = "2026-12-25", greeting = "i" }]
"#;
    let site: Site = toml::from_str(document).unwrap();

    let mut recordings: Vec<&str> = site.attendant("main").unwrap().recordings().map(Name::as_str).collect();
    recordings.sort_unstable();
    assert_eq!(recordings, ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
}

#[test]
fn limits_of_an_attendant_hold_and_one_more_is_refused() {
    let main = |pilots: u16, holidays: i16, timeout_seconds| {
        let first: jiff::civil::Date = "2026-01-01".parse().unwrap();
        AutoAttendant {
            pilots: (0..pilots).map(|at| number(&format!("{}", 5000 + at))).collect(),
            holidays: (0..holidays)
                .map(|at| Holiday { name: name(&format!("h{at}")), from: first, until: None, greeting: None })
                .collect(),
            timeout_seconds,
            ..AutoAttendant::new(name("main"), name("hq"))
        }
    };
    let base = site(&[plan("hq")]);

    assert!(base.apply(&create(main(32, 128, 30))).is_ok());
    for (pilots, holidays, timeout) in [(33, 0, 5), (0, 129, 5), (0, 0, 0), (0, 0, 31)] {
        assert!(
            base.apply(&create(main(pilots, holidays, timeout))).is_err(),
            "{pilots} {holidays} {timeout}"
        );
    }
}

#[test]
fn a_holiday_that_ends_before_it_begins_is_refused() {
    let base = site(&[plan("hq"), create(attendant("main", "5000"))]);
    let backwards = Holiday {
        name: name("Inventory"),
        from: "2026-02-02".parse().unwrap(),
        until: Some("2026-02-01".parse().unwrap()),
        greeting: None,
    };
    let patch = AttendantPatch { add_holidays: vec![backwards], ..AttendantPatch::default() };

    let error = refused(&base, &set("main", patch));

    assert_eq!(
        error.to_string(),
        "attendant `main`: holiday `Inventory` ends on 2026-02-01 before it begins"
    );
}

#[test]
fn the_difference_of_two_sites_tells_keys_and_hours() {
    let before = site(&[plan("hq"), create(attendant("main", "5000"))]);
    let patch = AttendantPatch {
        hours: Some(BusinessHours::parse(["Mon.09:00-17:00"]).unwrap()),
        ..keys(&[key(MenuTime::Business, "2", "message:4001")])
    };

    let (after, _) = before.apply(&set("main", patch)).unwrap();

    assert_eq!(
        before.difference(&after),
        [
            "~ attendant main: hours always -> Mon.09:00-17:00",
            "~ attendant main: business (greeting none, prompt none, operator true, keys []) -> (greeting none, prompt \
             none, operator true, keys [2=message:4001])",
        ]
    );
}

#[test]
fn actions_and_keys_are_read_as_they_are_written() {
    for text in [
        "transfer:+14255550100",
        "message:4001",
        "attendant:Sales team",
        "operator",
        "directory",
        "hours",
        "location",
        "announcement",
    ] {
        assert_eq!(text.parse::<KeyAction>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "transfer",
        "transfer:",
        "transfer:40*1",
        "transfer:4001;x",
        "message:a",
        "call:4001",
        "attendant:",
    ] {
        assert!(text.parse::<KeyAction>().is_err(), "{text}");
    }
    assert_eq!("9".parse::<MenuKey>().unwrap().to_string(), "9");
    assert_eq!("timeout".parse::<MenuKey>().unwrap(), MenuKey::TIMEOUT);
    for text in ["0", "10", "01", "*", "+1", ""] {
        assert!(text.parse::<MenuKey>().is_err(), "{text}");
    }
}
