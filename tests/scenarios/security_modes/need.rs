//! Rules 4 and 10 of section 0: a server that has all the calls it may have, stops, or has no disk left.

use caller::Transport;
use um_tests::{Mode, ScriptedGateway, ThreePlans};

use super::{
    CELLS, Said, media,
    order::{
        Answer::{Bare, Explained, Status},
        Breach::{
            BodyType, Dialog, Mailbox, Method, Mode as OtherMode, Offer, Pilot, Require, Scheme, Version,
        },
        Caller::{Disabled, Known, Stranger},
        Row, assert_answers, start,
    },
    word_of,
};

const LIMIT: &str = "raise [server] max_calls in um.toml";
const STOPPING: &str = "the server is stopping and takes no new calls";
const DISK: &str = "the disk of the server is full";

#[rustfmt::skip]
const FULL: &[Row] = &[
    Row { rules: "1 before 4", from: Known, breaks: &[Version], expected: Status(505) },
    Row { rules: "2 before 4", from: Stranger, breaks: &[], expected: Bare },
    Row { rules: "3 before 4", from: Known, breaks: &[Dialog], expected: Status(481) },
    Row { rules: "4", from: Known, breaks: &[], expected: Explained(503, 42, LIMIT) },
    Row { rules: "4 before 5", from: Known, breaks: &[Scheme], expected: Explained(503, 42, LIMIT) },
    Row { rules: "4 before 5", from: Known, breaks: &[Require], expected: Explained(503, 42, LIMIT) },
    Row { rules: "4 before 5", from: Known, breaks: &[BodyType], expected: Explained(503, 42, LIMIT) },
    Row { rules: "4 before 7", from: Disabled, breaks: &[], expected: Explained(503, 42, LIMIT) },
    Row { rules: "4 before 8", from: Known, breaks: &[Pilot], expected: Explained(503, 42, LIMIT) },
    Row { rules: "4 before 9", from: Known, breaks: &[OtherMode], expected: Explained(503, 42, LIMIT) },
    Row { rules: "4 before 11", from: Known, breaks: &[Mailbox], expected: Explained(503, 42, LIMIT) },
    Row { rules: "4 before 12", from: Known, breaks: &[Offer], expected: Explained(503, 42, LIMIT) },
    Row { rules: "6, no call", from: Known, breaks: &[Method("OPTIONS")], expected: Status(200) },
];

/// What comes before rule 10, and what behind it: the same for each reason to take no calls.
macro_rules! rule_10 {
    ($words:expr) => {
        &[
            Row { rules: "3 before 10", from: Known, breaks: &[Dialog], expected: Status(481) },
            Row { rules: "5 before 10", from: Known, breaks: &[Require], expected: Status(420) },
            Row {
                rules: "7 before 10",
                from: Disabled,
                breaks: &[],
                expected: Explained(503, 41, "gateway gw2 is Disabled"),
            },
            Row { rules: "8 before 10", from: Known, breaks: &[Pilot], expected: Explained(404, 1, "7777") },
            Row {
                rules: "9 before 10",
                from: Known,
                breaks: &[OtherMode],
                expected: Explained(403, 21, "dial plan secured is Secured"),
            },
            Row { rules: "10", from: Known, breaks: &[], expected: Explained(503, 41, $words) },
            Row {
                rules: "10 before 11",
                from: Known,
                breaks: &[Mailbox],
                expected: Explained(503, 41, $words),
            },
            Row {
                rules: "10 before 12",
                from: Known,
                breaks: &[Offer],
                expected: Explained(503, 41, $words),
            },
        ]
    };
}

/// A call that stays up.
async fn hold_a_call(three: &ThreePlans) -> ScriptedGateway {
    let mut gateway = ScriptedGateway::open(three.call(Mode::Unsecured, Transport::Udp)).await;
    let invite = gateway.invite(&media(&["m=audio {port} RTP/AVP 0"]));
    gateway.call(&invite).await;
    gateway
}

/// An INVITE that fits its plan is refused over each transport with these words, and perhaps with a time to come back.
async fn assert_each_transport(three: &ThreePlans, (cause, words): (u16, &str), retry: RetryAfter) {
    let mut said = Said::default();
    for (mode, transport) in CELLS {
        let cell = format!("{mode:?} over {}", word_of(transport));
        let mut gateway = ScriptedGateway::open(three.call(mode, transport)).await;
        let profile = if mode == Mode::Secured { "RTP/SAVP 0" } else { "RTP/AVP 0" };
        let invite = gateway.invite(&media(&[&format!("m=audio {{port}} {profile}"), "{crypto}"]));

        let answer = gateway.ask(&invite).await;

        let told = said.refusal(&cell, &answer, (503, 399, cause));
        assert!(told.contains(words), "{cell}: {told}");
        let seconds = answer.header("Retry-After").map(|seconds| seconds.parse::<u32>().unwrap());
        match retry {
            RetryAfter::Told => {
                assert!(seconds.is_some_and(|n| (30..=60).contains(&n)), "{cell}: {answer:?}")
            }
            RetryAfter::NotTold => assert_eq!(seconds, None, "{cell}"),
        }
    }
}

/// Section 6: with a Retry-After a trunk stops sending to us altogether.
#[derive(Clone, Copy)]
enum RetryAfter {
    Told,
    NotTold,
}

#[tokio::test]
async fn server_with_all_its_calls_refuses_one_more_by_rule_4_without_a_time_to_come_back() {
    let three = start("[server]\nmax_calls = 1");
    let mut held = hold_a_call(&three).await;

    // In less than the five seconds for which a limit has to hold.
    assert_each_transport(&three, (42, LIMIT), RetryAfter::NotTold).await;
    assert_answers(&three, FULL).await;
    let bye = three.server.um_json(&["calls", "list"])[0]["id"].to_string();
    three.server.um_ok(&["calls", "hangup", &bye]);
    held.take_bye().await;
    hold_a_call(&three).await;
}

#[tokio::test]
async fn server_below_its_disk_floor_refuses_by_rule_10() {
    let three = start("[server]\ndisk_floor = \"1000TiB\"");

    assert_each_transport(&three, (41, DISK), RetryAfter::Told).await;
    assert_answers(&three, rule_10!(DISK)).await;
}

#[tokio::test]
async fn server_that_stops_refuses_by_rule_10() {
    let three = start("[server]\ndrain = \"60s\"");
    let _held = hold_a_call(&three).await;

    three.server.signal("TERM");
    three.server.wait_for_state("draining");

    assert_each_transport(&three, (41, STOPPING), RetryAfter::Told).await;
    assert_answers(&three, rule_10!(STOPPING)).await;
}
