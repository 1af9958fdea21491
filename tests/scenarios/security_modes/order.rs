//! Section 0: a request that breaks several rules gets the answer of the first.
//!
//! Rules 4 and 10 need a server in need: `need.rs`.

use caller::{CallPlan, Transport};
use um_tests::{Mode, ScriptedGateway, ScriptedRequest, ThreePlans};

use super::{Said, media};
use crate::refusals::assert_bare;

/// Requests over UDP, each from one who calls an Unsecured plan.
pub(super) struct Row {
    pub(super) rules: &'static str,
    pub(super) from: Caller,
    pub(super) breaks: &'static [Breach],
    pub(super) expected: Answer,
}

/// Who sends it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
    /// `gw1`, Enabled; rule 2.
    Known,
    /// Nobody's address.
    Stranger,
    /// `gw2`, which is Disabled; rule 7.
    Disabled,
}

/// What is wrong with it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Breach {
    /// Rule 1.
    Version,
    /// Rule 1.
    Contact,
    /// Rule 3: a dialog that is not there.
    Dialog,
    /// Rule 5, or 6 for OPTIONS.
    Method(&'static str),
    /// Rule 5.
    Scheme,
    /// Rule 5.
    Require,
    /// Rule 5.
    BodyType,
    /// Rule 8.
    Pilot,
    /// Rule 9: the pilot of the Secured plan.
    Mode,
    /// Rule 11.
    Mailbox,
    /// Rule 12.
    Offer,
}

pub(super) enum Answer {
    /// The bare 403.
    Bare,
    /// This status.
    Status(u16),
    /// This status with Warning 399, this cause in Reason and these words in both.
    Explained(u16, u16, &'static str),
    /// 488 with Warning 302.
    Media(&'static str),
}

use Answer::{Bare, Explained, Media, Status};
use Breach::{BodyType, Contact, Dialog, Mailbox, Method, Offer, Pilot, Require, Scheme, Version};
use Caller::{Disabled, Known, Stranger};

#[rustfmt::skip]
const TABLE: &[Row] = &[
    Row { rules: "1", from: Known, breaks: &[Version], expected: Status(505) },
    Row { rules: "1", from: Known, breaks: &[Contact], expected: Status(400) },
    Row { rules: "1 before 2", from: Stranger, breaks: &[Version], expected: Status(505) },
    Row { rules: "1 before 2", from: Stranger, breaks: &[Contact], expected: Status(400) },
    Row { rules: "1 before 3", from: Known, breaks: &[Version, Dialog], expected: Status(505) },
    Row { rules: "1 before 3", from: Known, breaks: &[Contact, Dialog], expected: Status(400) },
    Row { rules: "1 before 5", from: Known, breaks: &[Version, Method("REFER")], expected: Status(505) },
    Row { rules: "1 before 5", from: Known, breaks: &[Contact, Require], expected: Status(400) },
    Row { rules: "1 before 7", from: Disabled, breaks: &[Contact], expected: Status(400) },
    Row { rules: "2", from: Stranger, breaks: &[], expected: Bare },
    Row { rules: "2 before 3", from: Stranger, breaks: &[Dialog], expected: Bare },
    Row { rules: "2 before 5", from: Stranger, breaks: &[Method("REFER")], expected: Bare },
    Row { rules: "2 before 5", from: Stranger, breaks: &[Require, BodyType], expected: Bare },
    Row { rules: "2 before 6", from: Stranger, breaks: &[Method("OPTIONS")], expected: Bare },
    Row { rules: "2 before 8", from: Stranger, breaks: &[Pilot, Mailbox, Offer], expected: Bare },
    Row { rules: "3", from: Known, breaks: &[Dialog], expected: Status(481) },
    Row { rules: "3 before 5", from: Known, breaks: &[Dialog, Method("REFER")], expected: Status(481) },
    Row { rules: "3 before 5", from: Known, breaks: &[Dialog, Method("FROBNICATE")], expected: Status(481) },
    Row { rules: "3 before 5", from: Known, breaks: &[Dialog, Scheme], expected: Status(481) },
    Row { rules: "3 before 5", from: Known, breaks: &[Dialog, Require], expected: Status(481) },
    Row { rules: "3 before 7", from: Disabled, breaks: &[Dialog], expected: Status(481) },
    Row { rules: "5, method", from: Known, breaks: &[Method("REFER")], expected: Status(405) },
    Row { rules: "5, unknown method", from: Known, breaks: &[Method("FROBNICATE")], expected: Status(501) },
    Row { rules: "5, method before scheme", from: Known, breaks: &[Method("REFER"), Scheme], expected: Status(405) },
    Row { rules: "5, method before Require", from: Known, breaks: &[Method("FROBNICATE"), Require], expected: Status(501) },
    Row { rules: "5, scheme", from: Known, breaks: &[Scheme], expected: Status(416) },
    Row { rules: "5, scheme before Require", from: Known, breaks: &[Scheme, Require], expected: Status(416) },
    Row { rules: "5, Require", from: Known, breaks: &[Require], expected: Status(420) },
    Row { rules: "5, Require before body", from: Known, breaks: &[Require, BodyType], expected: Status(420) },
    Row { rules: "5, body", from: Known, breaks: &[BodyType], expected: Status(415) },
    Row { rules: "5 before 6", from: Known, breaks: &[Method("OPTIONS"), Require], expected: Status(420) },
    Row { rules: "5 before 6", from: Disabled, breaks: &[Method("OPTIONS"), Scheme], expected: Status(416) },
    Row { rules: "5 before 7", from: Disabled, breaks: &[Method("REFER")], expected: Status(405) },
    Row { rules: "5 before 7", from: Disabled, breaks: &[BodyType], expected: Status(415) },
    Row { rules: "5 before 8", from: Known, breaks: &[Require, Pilot], expected: Status(420) },
    Row { rules: "5 before 9", from: Known, breaks: &[BodyType, Breach::Mode], expected: Status(415) },
    Row { rules: "5 before 12", from: Known, breaks: &[Require, Offer], expected: Status(420) },
    Row { rules: "6", from: Known, breaks: &[Method("OPTIONS")], expected: Status(200) },
    Row { rules: "6 needs no pilot", from: Known, breaks: &[Method("OPTIONS"), Pilot], expected: Status(200) },
    Row { rules: "6, Disabled", from: Disabled, breaks: &[Method("OPTIONS")], expected: Status(503) },
    Row { rules: "7", from: Disabled, breaks: &[], expected: Explained(503, 41, "gateway gw2 is Disabled") },
    Row { rules: "7 before 8", from: Disabled, breaks: &[Pilot], expected: Explained(503, 41, "gateway gw2 is Disabled") },
    Row { rules: "7 before 9", from: Disabled, breaks: &[Breach::Mode], expected: Explained(503, 41, "gateway gw2 is Disabled") },
    Row { rules: "7 before 11", from: Disabled, breaks: &[Mailbox], expected: Explained(503, 41, "gateway gw2 is Disabled") },
    Row { rules: "7 before 12", from: Disabled, breaks: &[Offer], expected: Explained(503, 41, "gateway gw2 is Disabled") },
    Row { rules: "8", from: Known, breaks: &[Pilot], expected: Explained(404, 1, "7777") },
    Row { rules: "8 before 11", from: Known, breaks: &[Pilot, Mailbox], expected: Explained(404, 1, "7777") },
    Row { rules: "8 before 12", from: Known, breaks: &[Pilot, Offer], expected: Explained(404, 1, "7777") },
    Row { rules: "9", from: Known, breaks: &[Breach::Mode], expected: Explained(403, 21, "dial plan secured is Secured") },
    Row { rules: "9 before 11", from: Known, breaks: &[Breach::Mode, Mailbox],
        expected: Explained(403, 21, "dial plan secured is Secured") },
    Row { rules: "9 before 12", from: Known, breaks: &[Breach::Mode, Offer],
        expected: Explained(403, 21, "dial plan secured is Secured") },
    Row { rules: "11", from: Known, breaks: &[Mailbox], expected: Explained(404, 1, "4999") },
    Row { rules: "11 before 12", from: Known, breaks: &[Mailbox, Offer], expected: Explained(404, 1, "4999") },
    Row { rules: "12", from: Known, breaks: &[Offer], expected: Media("turn SRTP off") },
];

/// `gw1` and `gw2`, each with pilots into the Unsecured and the Secured plan and no default group; `gw2` is Disabled.
/// `more` goes into `um.toml`.
pub(super) fn start(more: &str) -> ThreePlans {
    let three = ThreePlans::start_with(more);
    let um = |args: &[&str]| three.server.um_ok(args);
    um(&["gateway", "create", "gw2", "--address", "gw2.test", "--dialplan", "unsecured"]);
    um(&["huntgroup", "delete", "gw1 Default Group"]);
    um(&["huntgroup", "delete", "gw2 Default Group"]);
    for (gateway, plan, pilot) in
        [("gw1", "unsecured", "5000"), ("gw2", "unsecured", "5000"), ("gw2", "secured", "5002")]
    {
        let name = format!("{gateway} {plan}");
        um(&["huntgroup", "create", &name, "--gateway", gateway, "--dialplan", plan, "--pilot", pilot]);
    }
    um(&["gateway", "set", "gw2", "--status", "disabled"]);
    three
}

impl Caller {
    pub(super) fn plan(self, three: &ThreePlans) -> CallPlan {
        let mut plan = three.call(Mode::Unsecured, Transport::Udp);
        plan.local_ip = match self {
            Known => "127.0.0.1",
            Disabled => "127.0.0.2",
            Stranger => "127.0.0.9",
        }
        .parse()
        .unwrap();
        plan
    }
}

impl Breach {
    fn apply(self, request: &mut ScriptedRequest) {
        match self {
            Version => request.version = "SIP/3.0",
            Contact => request.headers[0] = "Contact: <sip:<".to_owned(),
            Dialog => request.to.push_str(";tag=never-given"),
            Method(method) => request.method = method,
            Scheme => request.uri = "tel:+14255550123".to_owned(),
            Require => request.headers.push("Require: telepathy".to_owned()),
            BodyType => request.content_type = "text/plain",
            Pilot => request.uri = request.uri.replace("5000", "7777"),
            Self::Mode => request.uri = request.uri.replace("5000", "5002"),
            Mailbox => {
                for line in &mut request.headers {
                    *line = line.replace("4001", "4999");
                }
            }
            Offer => request.body = request.body.replace("RTP/AVP", "RTP/SAVP"),
        }
    }
}

#[tokio::test]
async fn first_rule_that_fails_answers() {
    let three = start("");
    assert_answers(&three, TABLE).await;
}

/// Sends the requests of a table over UDP.
pub(super) async fn assert_answers(three: &ThreePlans, table: &[Row]) {
    let mut said = Said::default();
    for Row { rules, from, breaks, expected } in table {
        let cell = format!("{rules}: {from:?} breaks {breaks:?}");
        let mut gateway = ScriptedGateway::open(from.plan(three)).await;
        let mut request = gateway.invite(&media(&["m=audio {port} RTP/AVP 0"]));
        for breach in *breaks {
            breach.apply(&mut request);
        }
        let octets = gateway.written(&request).len();

        let answer = gateway.ask(&request).await;

        match *expected {
            Bare => {
                assert_eq!(answer.status, 403, "{cell}: {answer:?}");
                assert_bare(&answer.bytes, octets);
            }
            Status(status) => assert_eq!(answer.status, status, "{cell}: {answer:?}"),
            Explained(status, cause, words) => {
                let told = said.refusal(&cell, &answer, (status, 399, cause));
                assert!(told.contains(words), "{cell}: {told}");
            }
            Media(words) => {
                let told = said.refusal(&cell, &answer, (488, 302, 88));
                assert!(told.contains(words), "{cell}: {told}");
            }
        }
    }
}

/// "the same request has arrived at the UAS more than once, following different paths" (RFC 3261 8.2.2.2).
#[tokio::test]
async fn merged_request_is_482_before_its_require_is_looked_at_and_after_its_scheme() {
    let three = start("");
    let mut gateway = ScriptedGateway::open(Known.plan(&three)).await;
    let first = gateway.request("OPTIONS");
    assert_eq!(gateway.ask(&first).await.status, 200);
    let mut answers = Vec::new();
    for (branch, breach) in [("z9hG4bK-other-1", Require), ("z9hG4bK-other-2", Scheme)] {
        let mut again = ScriptedRequest { branch: branch.to_owned(), ..first.clone() };
        breach.apply(&mut again);
        answers.push(gateway.ask(&again).await.status);
    }

    assert_eq!(answers, [482, 416]);
}

#[tokio::test]
async fn request_whose_via_from_to_call_id_or_cseq_cannot_be_read_is_dropped() {
    let three = start("");
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut gateway = ScriptedGateway::open(three.call(Mode::Unsecured, transport)).await;
        for header in ["Via", "From", "To", "Call-ID", "CSeq"] {
            let whole = gateway.request("OPTIONS");
            let whole = String::from_utf8(gateway.written(&whole)).unwrap();
            let without: String = whole
                .split_inclusive("\r\n")
                .filter(|line| !line.starts_with(&format!("{header}:")))
                .collect();
            gateway.line().send(without.as_bytes()).await.unwrap();
        }
        let whole = gateway.request("OPTIONS");
        let whole_octets = gateway.written(&whole);
        gateway.line().send(&whole_octets).await.unwrap();

        let first = gateway.line().receive().await.unwrap().unwrap();

        let first = String::from_utf8(first).unwrap();
        assert!(
            first.starts_with("SIP/2.0 200 ") && first.contains(&whole.call_id),
            "{transport:?}: {first}"
        );
    }
}
