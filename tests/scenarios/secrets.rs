//! No secret of a Secured call is in anything that the server writes or the command line prints: here by every command,
//! and for each server of the test run by the rig, when it ends ([`Server`]).

use std::{
    fs,
    time::{Duration, Instant},
};

use caller::{EndedBy, SrtpSuite};
use um_tests::{Mode, Secrets, Server, ThreePlans, Writing};

/// A PIN that occurs nowhere by chance.
const PIN: &str = "7302958164";

/// Runs `um ARGS`, which must succeed and have something to show: what a command does not print hides nothing.
fn printed(server: &Server, args: &[&str]) -> Writing {
    let ran = server.um(args);
    let place = format!("um {}", args.join(" "));
    assert_eq!(ran.code, Some(0), "`{place}` failed: {}", ran.stderr);
    assert!(!["", "[]", "{}"].contains(&ran.stdout.trim()), "`{place}` shows nothing");
    Writing { place, octets: (ran.stdout + &ran.stderr).into_bytes() }
}

/// A Secured call for each suite, and one that is refused.
async fn place_calls(three: &ThreePlans) {
    for suite in SrtpSuite::ALL {
        let mut plan = three.secured_call(&[suite]);
        plan.speech = caller::speech_like_noise(Duration::from_secs(3));
        assert_eq!(caller::place_call(plan).await.unwrap().status, 200, "{suite}");
    }
    // Keys that were refused with their offer are secrets as well.
    let mut refused = three.call(Mode::SipSecured, caller::Transport::Tls);
    refused.media = three.secured_call(&SrtpSuite::ALL).media;
    assert_eq!(caller::place_call(refused).await.unwrap().status, 488);
    // A handshake that fails, so that there is one to be shown.
    let mut nobody = three.call(Mode::Secured, caller::Transport::Tls);
    nobody.tls = nobody.tls.map(|tls| caller::TlsPlan { identity: None, ..tls });
    assert!(caller::place_call(nobody).await.is_err());
}

/// What is printed about a Secured call as long as it lasts; an administrator ends it.
async fn printed_of_a_live_call(three: &ThreePlans) -> Vec<Writing> {
    let server = &three.server;
    let mut plan = three.secured_call(&SrtpSuite::ALL);
    // Another mailbox, because whether this call leaves a message is a race.
    plan.diversion = Some("4002".to_owned());
    plan.speech = caller::speech_like_noise(Duration::from_secs(60));
    let call = tokio::spawn(caller::place_call(plan));
    let deadline = Instant::now() + Duration::from_secs(10);
    let id = loop {
        let listed = server.um_json(&["calls", "list"]);
        if listed[0]["stage"] == "talking" {
            break listed[0]["id"].to_string();
        }
        assert!(Instant::now() < deadline, "the call never came up");
    };
    let commands: [&[&str]; 7] = [
        &["calls", "list"],
        &["calls", "list", "--json"],
        &["calls", "show", &id],
        &["calls", "show", &id, "--json"],
        &["status", "--json"],
        &["trace", "--call", &id],
        &["trace", "--call", &id, "--json"],
    ];
    let shown = commands.iter().map(|args| printed(server, args)).collect();
    server.um_ok(&["calls", "hangup", &id]);
    let outcome = call.await.unwrap().unwrap();
    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Server), "{outcome:?}");
    shown
}

/// What is printed about everything that stays.
fn printed_of_the_rest(server: &Server, mailbox: &str, message: &str) -> Vec<Writing> {
    let commands: [&[&str]; 25] = [
        &["events", "--limit", "10000"],
        &["events", "--limit", "10000", "--json"],
        &["status"],
        &["dialplan", "list", "--json"],
        &["dialplan", "show", Mode::Secured.word(), "--json"],
        &["gateway", "list", "--json"],
        &["gateway", "show", "gw1"],
        &["gateway", "show", "gw1", "--json"],
        &["huntgroup", "list", "--json"],
        &["policy", "list", "--json"],
        &["mailbox", "list", "--json"],
        &["mailbox", "show", mailbox, "--json"],
        &["mailbox", "export", "--json"],
        &["message", "list", mailbox, "--json"],
        &["message", "show", mailbox, message, "--json"],
        &["cert", "show"],
        &["cert", "show", "--json"],
        &["cert", "list", "--json"],
        &["trace"],
        &["trace", "--gateway", "gw1", "--json"],
        &["tls", "failures"],
        &["tls", "failures", "--json"],
        &["metrics"],
        &["site", "export"],
        &["test", "route", "--gateway", "gw1", "--to", "5002", "--diversion", "4001", "--json"],
    ];
    commands.iter().map(|args| printed(server, args)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_log_the_events_the_store_or_what_the_command_line_prints() {
    let three = ThreePlans::start();
    let server = &three.server;
    let mailbox = format!("4001@{}", Mode::Secured.word());
    // A PIN that is given comes in a file (or by standard input), never on the command line.
    let file = server.file(
        "mailboxes.csv",
        &format!("extension,name,email,numbers,policy,pin\n4002,Bo Example,,,,{PIN}\n"),
    );
    let import = server.um_ok(&["mailbox", "import", &file, "--dialplan", Mode::Secured.word()]);
    place_calls(&three).await;
    let mut shown = printed_of_a_live_call(&three).await;
    let messages = server.messages(&mailbox, SrtpSuite::ALL.len());
    shown.push(Writing { place: "um mailbox import".to_owned(), octets: import.into_bytes() });
    shown.extend(printed_of_the_rest(server, &mailbox, &messages[0]["id"].to_string()));
    shown.push(Writing { place: "the log".to_owned(), octets: server.log().into_bytes() });

    // Offered and answered: one and one for each suite, then all and none (refused), then all and one (live).
    let keys = fs::read_to_string(server.key_log()).unwrap();
    assert_eq!(keys.lines().count(), 4 * SrtpSuite::ALL.len() + 1);
    let mut secrets = Secrets::default();
    secrets.add_key_log(&server.key_log());
    secrets.add_pin(PIN);
    let data = server.folder().join("data");
    secrets.assert_in_none_of(&Writing::files_below(&data));
    // The store is where the private key belongs.
    let before = secrets.len();
    secrets.add_private_keys_below(&data);
    assert!(secrets.len() > before, "the server keeps a private key in its data folder");
    secrets.assert_in_none_of(&shown);
}
