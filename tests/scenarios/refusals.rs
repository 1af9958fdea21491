use std::time::Duration;

use caller::{CallOutcome, CallPlan, EndedBy, HangUp, StartSpeaking};
use um_tests::Server;

/// A call to the pilot that `diverted_from` diverted; it says nothing.
pub(crate) fn call(server: &Server, diverted_from: &str) -> CallPlan {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.diversion = Some(diverted_from.to_owned());
    plan.start_speaking = StartSpeaking::Immediately;
    plan.after = HangUp::After(Duration::from_millis(100));
    plan
}

fn header_names(answer: &[u8]) -> Vec<String> {
    let answer = String::from_utf8_lossy(answer).into_owned();
    let names = answer.lines().skip(1).filter_map(|line| Some(line.split_once(':')?.0.to_ascii_lowercase()));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

pub(crate) fn assert_bare_403(outcome: &CallOutcome) {
    assert_eq!((outcome.status, outcome.ended_by), (403, EndedBy::Refusal), "{outcome:?}");
    assert_bare(&outcome.final_answer, outcome.request_octets);
}

/// The answer tells a stranger nothing, and amplifies little.
pub(crate) fn assert_bare(answer: &[u8], request_octets: usize) {
    assert_eq!(header_names(answer), ["call-id", "content-length", "cseq", "from", "to", "via"]);
    let limit = request_octets + 64;
    assert!(answer.len() <= limit, "{} octets, and {limit} allowed", answer.len());
}

#[tokio::test]
async fn stranger_gets_a_bare_403_over_udp() {
    let server = Server::start_with_mailbox();
    let mut plan = call(&server, "4001");
    plan.local_ip = "127.0.0.9".parse().unwrap();

    let outcome = caller::place_call(plan).await.unwrap();

    assert_bare_403(&outcome);
}

#[tokio::test]
async fn server_without_gateways_knows_nobody() {
    let server = Server::start();

    let outcome = caller::place_call(call(&server, "4001")).await.unwrap();

    assert_bare_403(&outcome);
}

#[tokio::test]
async fn unknown_mailbox_is_404_and_the_words_name_the_number() {
    let server = Server::start_with_mailbox();

    let outcome = caller::place_call(call(&server, "4999")).await.unwrap();

    assert_eq!((outcome.status, outcome.ended_by), (404, EndedBy::Refusal), "{outcome:?}");
    let reason = outcome.reason.unwrap_or_default();
    assert!(reason.starts_with("Q.850;cause=1;text=\""), "{reason}");
    assert!(reason.contains("4999"), "{reason}");
    let warning = outcome.warning.unwrap_or_default();
    assert!(warning.starts_with("399 um.test \""), "{warning}");
}

#[tokio::test]
async fn secured_plan_refuses_a_call_over_udp_with_403_and_words() {
    let server = Server::start();
    server.um_ok(&["dialplan", "create", "vault", "--extension-digits", "4"]);
    let (name, address) = ("gw1.example.com", "127.0.0.1");
    server.um_ok(&[
        "gateway",
        "create",
        "gw1",
        "--address",
        name,
        "--connect",
        address,
        "--dialplan",
        "vault",
    ]);
    server.um_ok(&["mailbox", "enable", "4001", "--dialplan", "vault", "--name", "Ada Example"]);

    let outcome = caller::place_call(call(&server, "4001")).await.unwrap();

    assert_eq!((outcome.status, outcome.ended_by), (403, EndedBy::Refusal), "{outcome:?}");
    let reason = outcome.reason.unwrap_or_default();
    assert!(reason.starts_with("Q.850;cause=21;text=\""), "{reason}");
    let port = server.sip_over_tls().port().to_string();
    assert!(reason.contains("vault") && reason.contains(&port), "{reason}");
}

#[tokio::test]
async fn new_mailbox_takes_the_next_call_without_restart() {
    let server = Server::start_with_mailbox();
    let refused = caller::place_call(call(&server, "4002")).await.unwrap();

    server.um_ok(&["mailbox", "enable", "4002", "--dialplan", "hq", "--name", "Grace Example"]);
    let taken = caller::place_call(call(&server, "4002")).await.unwrap();

    assert_eq!((refused.status, taken.status), (404, 200));
}
