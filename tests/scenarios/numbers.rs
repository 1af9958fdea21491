//! docs/security-modes.md 1a and 1b over the real server: which plan and which mailbox.
//!
//! Every call is placed by a scripted gateway; the call's own event says what the server made of it.

use caller::{Answer, CallPlan};
use serde_json::Value;
use um_tests::{ScriptedGateway, ScriptedRequest, Server};

/// PCMU with comfort noise and keys.
pub(crate) const AUDIO: &str = "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";

/// A gateway that reads the redirecting headers from their beginning, as every new one does.
pub(crate) const ORIGINAL: &str = "127.0.0.1";
/// One that reads them from their end, and the pilot from P-Called-Party-ID.
pub(crate) const LAST: &str = "127.0.0.2";

/// A call and where it must end.
struct Row {
    what: &'static str,
    from: &'static str,
    uri: &'static str,
    headers: &'static [&'static str],
    expected: Expected,
}

#[derive(Clone, Copy)]
enum Expected {
    /// The mailbox, the header and entry that named it, the number in it, and the gateway's number rule, if one counted.
    Taken(&'static str, &'static str, &'static str, Option<&'static str>),
    /// 404 and event 1109 with the number as received and as rewritten.
    Unknown(&'static str, &'static str),
}

use Expected::{Taken, Unknown};

const E164: Option<&str> = Some("+1425555xxxx -> xxxx");

#[rustfmt::skip]
const CALLED_NUMBER: &[Row] = &[
    Row { what: "an extension", from: ORIGINAL, uri: "sip:4001@um.test", headers: &[],
        expected: Taken("4001@hq", "called number", "4001", None) },
    Row { what: "a number that a rule rewrites", from: ORIGINAL, uri: "sip:+14255554001@um.test", headers: &[],
        expected: Taken("4001@hq", "called number", "+14255554001", E164) },
    Row { what: "escapes", from: ORIGINAL, uri: "sip:%2B1%34255554001@um.test", headers: &[],
        expected: Taken("4001@hq", "called number", "%2B1%34255554001", E164) },
    Row { what: "escapes are resolved once", from: ORIGINAL, uri: "sip:%2534001@um.test", headers: &[],
        expected: Unknown("%2534001", "%34001") },
    Row { what: "visual separators", from: ORIGINAL, uri: "sip:+1-(425)-555.4001@um.test", headers: &[],
        expected: Taken("4001@hq", "called number", "+1-(425)-555.4001", E164) },
    Row { what: "parameters in the user part", from: ORIGINAL,
        uri: "sip:4001;phone-context=example.com@um.test;user=phone", headers: &[],
        expected: Taken("4001@hq", "called number", "4001;phone-context=example.com", None) },
    Row { what: "a number alias", from: ORIGINAL, uri: "sip:+442079460101@um.test", headers: &[],
        expected: Taken("4002@hq", "called number", "+442079460101", None) },
    Row { what: "a number whose last digits are an extension", from: ORIGINAL, uri: "sip:+442079464001@um.test",
        headers: &[], expected: Unknown("+442079464001", "+442079464001") },
    Row { what: "a rule's result is not rewritten again", from: ORIGINAL, uri: "sip:94009@um.test", headers: &[],
        expected: Unknown("94009", "4009") },
    Row { what: "the first rule that fits", from: ORIGINAL, uri: "sip:4009@um.test", headers: &[],
        expected: Taken("4003@hq", "called number", "4009", Some("4009 -> 4003")) },
    Row { what: "a rewritten number of nobody", from: ORIGINAL, uri: "sip:+1-425-555-4999@um.test", headers: &[],
        expected: Unknown("+1-425-555-4999", "4999") },
    Row { what: "the pilot alone", from: ORIGINAL, uri: "sip:5000@um.test", headers: &[], expected: Unknown("", "") },
    Row { what: "P-Called-Party-ID without the switch", from: ORIGINAL, uri: "sip:4001@um.test",
        headers: &["P-Called-Party-ID: <sip:5300@um.test>"],
        expected: Taken("4001@hq", "called number", "4001", None) },
    Row { what: "P-Called-Party-ID with the switch", from: LAST, uri: "sip:4001@um.test",
        headers: &["P-Called-Party-ID: \"Pilot\" <sip:5300@um.test>;x=y", "Diversion: <sip:4001@pbx>"],
        expected: Taken("4001@lab", "Diversion 1", "4001", None) },
    Row { what: "the switch without P-Called-Party-ID", from: LAST, uri: "sip:4001@um.test", headers: &[],
        expected: Taken("4001@hq", "called number", "4001", None) },
    Row { what: "a pilot", from: ORIGINAL, uri: "sip:5100@um.test", headers: &["Diversion: <sip:4001@pbx>"],
        expected: Taken("4001@lab", "Diversion 1", "4001", None) },
    Row { what: "a pilot mask", from: ORIGINAL, uri: "sip:5199@um.test", headers: &["Diversion: <sip:4001@pbx>"],
        expected: Taken("4001@branch", "Diversion 1", "4001", None) },
    Row { what: "neither", from: ORIGINAL, uri: "sip:5200@um.test", headers: &["Diversion: <sip:4001@pbx>"],
        expected: Taken("4001@hq", "Diversion 1", "4001", None) },
    Row { what: "straight to voicemail", from: ORIGINAL, uri: "sip:*4001@um.test", headers: &[],
        expected: Taken("4001@hq", "called number", "*4001", None) },
];

#[rustfmt::skip]
const REDIRECTED: &[Row] = &[
    Row { what: "target before Diversion", from: ORIGINAL, uri: "sip:5000@um.test;target=sip:4002%40um.test;cause=486",
        headers: &["Diversion: <sip:4001@pbx>"],
        expected: Taken("4002@hq", "target", "sip:4002@um.test", None) },
    Row { what: "target of a stranger", from: ORIGINAL, uri: "sip:5000@um.test;target=sip:4999%40um.test",
        headers: &["Diversion: <sip:4001@pbx>"], expected: Taken("4001@hq", "Diversion 1", "4001", None) },
    Row { what: "Diversion before History-Info", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["History-Info: <sip:4002@pbx>;index=1", "Diversion: <sip:4001@pbx>;reason=no-answer"],
        expected: Taken("4001@hq", "Diversion 1", "4001", None) },
    Row { what: "two values in a line, original", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["Diversion: \"B, <4003>\" <sip:4002@pbx>;reason=no-answer,\"A\"<sip:4001@pbx>;reason=user-busy"],
        expected: Taken("4001@hq", "Diversion 2", "4001", None) },
    Row { what: "two values in a line, last", from: LAST, uri: "sip:5000@um.test",
        headers: &["Diversion: \"B, <4003>\" <sip:4002@pbx>;reason=no-answer,\"A\"<sip:4001@pbx>;reason=user-busy"],
        expected: Taken("4002@hq", "Diversion 1", "4002", None) },
    Row { what: "two lines, original", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["Diversion:<sip:4002@pbx>", "diversion : sip:4001@pbx;reason=unknown"],
        expected: Taken("4001@hq", "Diversion 2", "4001", None) },
    Row { what: "two lines, last", from: LAST, uri: "sip:5000@um.test",
        headers: &["Diversion:<sip:4002@pbx>", "diversion : sip:4001@pbx;reason=unknown"],
        expected: Taken("4002@hq", "Diversion 1", "4002", None) },
    Row { what: "two values and a line", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["Diversion: <sip:4001@pbx>, <sip:4002@pbx>", "Diversion: <sip:4003@pbx>"],
        expected: Taken("4003@hq", "Diversion 3", "4003", None) },
    Row { what: "pilots and strangers are passed over", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["Diversion: <sip:4002@pbx>, <sip:+15550004001@pbx>, <sip:5000@pbx>"],
        expected: Taken("4002@hq", "Diversion 1", "4002", None) },
    Row { what: "strangers are passed over, last", from: LAST, uri: "sip:5000@um.test",
        headers: &["Diversion: <sip:4999@pbx>, <sip:4002@pbx>, <sip:4001@pbx>"],
        expected: Taken("4002@hq", "Diversion 2", "4002", None) },
    Row { what: "strangers alone: the first is told", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["Diversion: <sip:4998@pbx>, <sip:+1-425-555-4999@pbx>"],
        expected: Unknown("+1-425-555-4999", "4999") },
    Row { what: "a tel URI under a rule", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["Diversion: \"Grace\" <tel:+1-425-555-4002>;reason=no-answer"],
        expected: Taken("4002@hq", "Diversion 1", "+1-425-555-4002", E164) },
    Row { what: "a malformed Diversion is passed over", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["Diversion: \"Ada <sip:4002@pbx>", "Diversion: <sip:4001@pbx>"],
        expected: Taken("4001@hq", "Diversion 1", "4001", None) },
    Row { what: "History-Info by index, original", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["History-Info: <sip:5000@um.test>;index=1.2, <sip:4002@pbx?Reason=SIP%3Bcause%3D486>;index=1.1",
            "History-Info: \"Ada\" <sip:4001@pbx>;index=1"],
        expected: Taken("4001@hq", "History-Info 1", "4001", None) },
    Row { what: "History-Info by index, last", from: LAST, uri: "sip:5000@um.test",
        headers: &["History-Info: <sip:5000@um.test>;index=1.2, <sip:4002@pbx?Reason=SIP%3Bcause%3D486>;index=1.1",
            "History-Info: \"Ada\" <sip:4001@pbx>;index=1"],
        expected: Taken("4002@hq", "History-Info 1.1", "4002", None) },
    Row { what: "1.10 stands behind 1.2, original", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["History-Info: <sip:4999@pbx>;index=1, <sip:4003@pbx>;index=1.10, <sip:4002@pbx>;index=1.2"],
        expected: Taken("4002@hq", "History-Info 1.2", "4002", None) },
    Row { what: "1.10 stands behind 1.2, last", from: LAST, uri: "sip:5000@um.test",
        headers: &["History-Info: <sip:5000@um.test>;index=1.11, <sip:4003@pbx>;index=1.10, <sip:4002@pbx>;index=1.2"],
        expected: Taken("4003@hq", "History-Info 1.10", "4003", None) },
    Row { what: "what stands behind the pilot does not count", from: ORIGINAL, uri: "sip:5000@um.test",
        headers: &["History-Info: <sip:5000@um.test>;index=1, <sip:4001@pbx>;index=1.1"],
        expected: Unknown("", "") },
];

/// Dial plans `hq` (default), `branch` (mask 51xx) and `lab` (pilots), each with a mailbox 4001.
pub(crate) fn server() -> Server {
    let server = Server::start();
    for plan in ["hq", "branch", "lab"] {
        let mode = ["--extension-digits", "4", "--voip-security", "unsecured"];
        server.um_ok(&[&["dialplan", "create", plan], mode.as_slice()].concat());
        server.um_ok(&["mailbox", "enable", "4001", "--dialplan", plan, "--name", "Ada Example"]);
    }
    server.um_ok(&["gateway", "create", "gw1", "--address", ORIGINAL, "--dialplan", "hq"]);
    let switches = ["--redirecting", "last", "--pilot-from", "p-called-party-id", "--caller-id", "from"];
    server.um_ok(
        &[&["gateway", "create", "gw2", "--address", LAST, "--dialplan", "hq"], &switches[..]].concat(),
    );
    for (from, to) in [("+1425555xxxx", "xxxx"), ("9xxxx", "xxxx"), ("4009", "4003"), ("40xx", "4001")] {
        server.um_ok(&["gateway", "number-rule", "add", "gw1", from, to]);
    }
    // It would make every extension 4001's.
    server.um_ok(&["gateway", "number-rule", "remove", "gw1", "40xx"]);
    for (name, gateway, plan, pilot) in [
        ("main", "gw1", "hq", "5000"),
        ("main of gw2", "gw2", "hq", "5000"),
        ("lab calls", "gw1", "lab", "5100"),
        ("branch calls", "gw1", "branch", "51xx"),
        ("voicemail", "gw1", "hq", "*xxxx"),
        ("lab of gw2", "gw2", "lab", "5300"),
    ] {
        let group = ["--gateway", gateway, "--dialplan", plan, "--pilot", pilot];
        server.um_ok(&[&["huntgroup", "create", name], group.as_slice()].concat());
    }
    for mailbox in [&["4002", "--number", "+442079460101"][..], &["4003"]] {
        let whose = ["--dialplan", "hq", "--name", "Grace Example"];
        server.um_ok(&[&["mailbox", "enable"], mailbox, &whose[..]].concat());
    }
    server
}

async fn gateway_at(server: &Server, address: &str) -> ScriptedGateway {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.local_ip = address.parse().unwrap();
    ScriptedGateway::open(plan).await
}

/// An INVITE whose To names 4003: nothing is ever read there.
fn invite(gateway: &mut ScriptedGateway, uri: &str, headers: &[&str]) -> ScriptedRequest {
    let mut invite = gateway.invite(AUDIO);
    invite.uri = uri.to_owned();
    invite.to = "<sip:4003@um.test>".to_owned();
    invite.headers.extend(headers.iter().map(ToString::to_string));
    invite
}

/// Places the call; one that is taken is ended at once.
async fn answer_to(gateway: &mut ScriptedGateway, invite: &ScriptedRequest) -> Answer {
    let answer = gateway.ask(invite).await;
    if answer.status == 200 {
        gateway.hang_up(&mut um_tests::ScriptedDialog::of(invite, &answer)).await;
    }
    answer
}

/// The fields of the event of this call.
fn event_of(server: &Server, id: u16, invite: &ScriptedRequest) -> Value {
    server.event(id, |fields| fields["call_id"] == invite.call_id.as_str())["fields"].clone()
}

async fn go_where_they_must(rows: &[Row]) {
    let server = server();
    let (mut original, mut last) = (gateway_at(&server, ORIGINAL).await, gateway_at(&server, LAST).await);
    let mut calls = Vec::new();
    for row in rows {
        let gateway = if row.from == ORIGINAL { &mut original } else { &mut last };
        let invite = invite(gateway, row.uri, row.headers);
        let answer = answer_to(gateway, &invite).await;
        calls.push((row, invite, answer));
    }
    for (row, invite, answer) in calls {
        let what = row.what;
        match row.expected {
            Taken(mailbox, found_in, received, rule) => {
                assert_eq!(answer.status, 200, "{what}: {:?}", answer.reason);
                let fields = event_of(&server, 2008, &invite);
                let (extension, plan) = mailbox.split_once('@').unwrap();
                assert_eq!(
                    (&fields["extension"], &fields["dial_plan"]),
                    (&extension.into(), &plan.into()),
                    "{what}"
                );
                let found = (&fields["found_in"], &fields["received"]);
                assert_eq!(found, (&found_in.into(), &received.into()), "{what}");
                assert_eq!(fields.get("number_rule"), rule.map(Value::from).as_ref(), "{what}: {fields}");
            }
            Unknown(received, rewritten) => {
                assert_eq!(answer.status, 404, "{what}");
                let reason = answer.reason.unwrap_or_default();
                assert!(reason.starts_with("Q.850;cause=1;"), "{what}: {reason}");
                let fields = event_of(&server, 1109, &invite);
                let numbers = (&fields["received"], &fields["rewritten"]);
                assert_eq!(numbers, (&received.into(), &rewritten.into()), "{what}: {fields}");
            }
        }
    }
}

#[tokio::test]
async fn called_number_leads_to_plan_and_mailbox_row_by_row() {
    go_where_they_must(CALLED_NUMBER).await;
}

#[tokio::test]
async fn redirecting_headers_lead_to_the_mailbox_row_by_row() {
    go_where_they_must(REDIRECTED).await;
}

#[tokio::test]
async fn route_test_walks_the_steps_of_the_call() {
    let server = server();
    let mut gateway = gateway_at(&server, ORIGINAL).await;
    let diversions = ["Diversion: <sip:4002@pbx>, <sip:+14255554001@pbx>"];
    let taken = invite(&mut gateway, "sip:5000@um.test", &diversions);
    let unknown = invite(&mut gateway, "sip:+14255554999@um.test", &[]);

    let statuses =
        [answer_to(&mut gateway, &taken).await.status, answer_to(&mut gateway, &unknown).await.status];

    assert_eq!(statuses, [200, 404]);
    let call = event_of(&server, 2008, &taken);
    let test = ["test", "route", "--gateway", "gw1", "--to", "5000"];
    let test = server.um_json(&[&test, &["--diversion", "4002", "--diversion", "+14255554001"][..]].concat());
    let steps: Vec<&str> =
        test["steps"].as_array().unwrap().iter().map(|step| step.as_str().unwrap()).collect();
    let text = |field: &str| call[field].as_str().unwrap();
    let (found_in, received, rewritten) = (text("found_in"), text("received"), text("rewritten"));
    let rule = text("number_rule");
    let asked =
        format!("{found_in} `{received}` is {rewritten} by number rule {rule}: ask for a mailbox of hq");
    assert!(steps.contains(&asked.as_str()), "`{asked}` is not among {steps:#?}");
    let found = format!("{found_in} {rewritten}: mailbox 4001@hq (Ada Example)");
    assert_eq!(steps.last(), Some(&found.as_str()));
    let outcome = &test["outcome"]["taken"];
    assert_eq!((&outcome["mailbox"], &outcome["hunt_group"]), (&"4001@hq".into(), &call["hunt_group"]));
    assert_eq!((text("extension"), text("dial_plan")), ("4001", "hq"));

    let call = event_of(&server, 1109, &unknown);
    let test = server.um(&["test", "route", "--gateway", "gw1", "--to", "+14255554999", "--json"]);
    assert_eq!(test.code, Some(1), "{test:?}");
    let test: Value = serde_json::from_str(&test.stdout).unwrap();
    let refused = &test["outcome"]["refused"];
    let words = format!("{}: {}", refused["reason"].as_str().unwrap(), refused["remedy"].as_str().unwrap());
    assert_eq!((&call["reason"], &call["status"]), (&words.into(), &"404".into()));
    assert_eq!(refused["status"], 404);
}

#[tokio::test]
async fn malformed_header_is_passed_over_with_one_event() {
    let server = server();
    let mut gateway = gateway_at(&server, ORIGINAL).await;
    let headers =
        ["Diversion: \"Ada <sip:4002@pbx>", "Diversion: \"Bob <x>", "History-Info: <sip:1@x>;index=one"];
    let broken = invite(&mut gateway, "sip:4001@um.test", &headers);
    let sound = invite(&mut gateway, "sip:4001@um.test", &["Diversion: <sip:4002@pbx>"]);

    let statuses =
        [answer_to(&mut gateway, &broken).await.status, answer_to(&mut gateway, &sound).await.status];

    assert_eq!(statuses, [200, 200]);
    let fields = event_of(&server, 2024, &broken);
    assert_eq!(fields["header"], "Diversion, History-Info");
    assert_eq!(fields["reason"], "display name is not closed");
    event_of(&server, 2008, &sound);
    let Value::Array(events) = server.um_json(&["events", "--limit", "10000"]) else { panic!("no array") };
    assert_eq!(events.iter().filter(|event| event["id"] == 2024).count(), 1);
}

#[tokio::test]
async fn pilot_decides_between_two_gateways_at_one_address_and_else_the_name_with_event_1175() {
    let server = server();
    let shared = "127.0.0.3";
    server.um_ok(&["gateway", "create", "twin-b", "--address", shared, "--dialplan", "lab"]);
    server.um_ok(&["gateway", "create", "twin-a", "--address", shared, "--dialplan", "hq"]);
    let group = ["--gateway", "twin-b", "--dialplan", "branch", "--pilot", "7000"];
    server.um_ok(&[&["huntgroup", "create", "of twin-b"], group.as_slice()].concat());
    let mut gateway = gateway_at(&server, shared).await;
    let by_pilot = invite(&mut gateway, "sip:7000@um.test", &["Diversion: <sip:4001@pbx>"]);
    let by_name = invite(&mut gateway, "sip:4001@um.test", &[]);

    answer_to(&mut gateway, &by_pilot).await;
    answer_to(&mut gateway, &by_name).await;

    let fields = event_of(&server, 2008, &by_pilot);
    assert_eq!((&fields["gateway"], &fields["dial_plan"]), (&"twin-b".into(), &"branch".into()));
    let fields = event_of(&server, 2008, &by_name);
    assert_eq!((&fields["gateway"], &fields["dial_plan"]), (&"twin-a".into(), &"hq".into()));
    let fields = event_of(&server, 1175, &by_name);
    assert_eq!((&fields["gateway"], &fields["others"]), (&"twin-a".into(), &"twin-b".into()));
    let Value::Array(events) = server.um_json(&["events", "--limit", "10000"]) else { panic!("no array") };
    let of_pilot =
        |event: &&Value| event["id"] == 1175 && event["fields"]["call_id"] == by_pilot.call_id.as_str();
    assert_eq!(events.iter().filter(of_pilot).count(), 0, "the pilot is no guess");
}
