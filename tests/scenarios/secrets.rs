//! No secret of a Secured call is in anything that the server writes or the command line prints.

use std::{
    fmt::Write,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use caller::{EndedBy, SrtpSuite};
use um_tests::{Mode, Server, ThreePlans};

/// A PIN that occurs nowhere by chance.
const PIN: &str = "7302958164";

/// What must not be found, with the words for it in a failure.
struct Needle(String, Vec<u8>);

/// Where it is looked for.
struct Shown {
    place: String,
    octets: Vec<u8>,
}

/// A key of the log in each form that could leak: as octets, in hex of either case, in base64, as a printed list.
fn forms(line: &str) -> Vec<Needle> {
    let octets = STANDARD.decode(line).unwrap();
    // Salts have 12 or 14 octets, keys 16 or 32.
    let key = &octets[..octets.len() - octets.len() % 16];
    let hex = key.iter().fold(String::new(), |mut hex, octet| {
        write!(hex, "{octet:02x}").unwrap();
        hex
    });
    let list: Vec<String> = key.iter().map(u8::to_string).collect();
    vec![
        Needle("key as octets".to_owned(), key.to_vec()),
        Needle("key in HEX".to_owned(), hex.to_uppercase().into_bytes()),
        Needle("key in hex".to_owned(), hex.into_bytes()),
        // The first digits stand for octets of the key alone.
        Needle("key in base64".to_owned(), line.as_bytes()[..20].to_vec()),
        Needle("key as a list".to_owned(), list.join(", ").into_bytes()),
    ]
}

/// The private keys below a folder: each of their whole lines.
fn private_keys(folder: &Path, needles: &mut Vec<Needle>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            private_keys(&path, needles);
        } else if let Ok(text) = fs::read_to_string(&path)
            && text.contains("PRIVATE KEY-----")
        {
            let lines = text.lines().filter(|line| !line.starts_with("-----") && line.len() >= 32);
            needles.extend(lines.map(|line| Needle("private key".to_owned(), line.as_bytes().to_vec())));
        }
    }
}

/// Everything below a folder.
fn files(folder: &Path, shown: &mut Vec<Shown>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, shown);
        } else if path.is_file() {
            shown.push(Shown { place: path.display().to_string(), octets: fs::read(&path).unwrap() });
        }
    }
}

/// Runs `um ARGS`, which must succeed and have something to show: what a command does not print hides nothing.
fn printed(server: &Server, args: &[&str]) -> Shown {
    let ran = server.um(args);
    let place = format!("um {}", args.join(" "));
    assert_eq!(ran.code, Some(0), "`{place}` failed: {}", ran.stderr);
    assert!(!["", "[]", "{}"].contains(&ran.stdout.trim()), "`{place}` shows nothing");
    Shown { place, octets: (ran.stdout + &ran.stderr).into_bytes() }
}

/// A Secured call for each suite, and one that is refused.
async fn place_calls(three: &ThreePlans, key_log: &Path) {
    for suite in SrtpSuite::ALL {
        let mut plan = three.secured_call(&[suite]);
        plan.speech = caller::speech_like_noise(Duration::from_secs(3));
        plan.key_log = Some(key_log.to_owned());
        assert_eq!(caller::place_call(plan).await.unwrap().status, 200, "{suite}");
    }
    // Keys that were refused with their offer are secrets as well.
    let mut refused = three.call(Mode::SipSecured, caller::Transport::Tls);
    refused.media = three.secured_call(&SrtpSuite::ALL).media;
    refused.key_log = Some(key_log.to_owned());
    assert_eq!(caller::place_call(refused).await.unwrap().status, 488);
}

/// What is printed about a Secured call as long as it lasts; an administrator ends it.
async fn printed_of_a_live_call(three: &ThreePlans, key_log: &Path) -> Vec<Shown> {
    let server = &three.server;
    let mut plan = three.secured_call(&SrtpSuite::ALL);
    // Another mailbox, because whether this call leaves a message is a race.
    plan.diversion = Some("4002".to_owned());
    plan.speech = caller::speech_like_noise(Duration::from_secs(60));
    plan.key_log = Some(key_log.to_owned());
    let call = tokio::spawn(caller::place_call(plan));
    let deadline = Instant::now() + Duration::from_secs(10);
    let id = loop {
        let listed = server.um_json(&["calls", "list"]);
        if listed[0]["stage"] == "talking" {
            break listed[0]["id"].to_string();
        }
        assert!(Instant::now() < deadline, "the call never came up");
    };
    let commands: [&[&str]; 5] = [
        &["calls", "list"],
        &["calls", "list", "--json"],
        &["calls", "show", &id],
        &["calls", "show", &id, "--json"],
        &["status", "--json"],
    ];
    let shown = commands.iter().map(|args| printed(server, args)).collect();
    server.um_ok(&["calls", "hangup", &id]);
    let outcome = call.await.unwrap().unwrap();
    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Server), "{outcome:?}");
    shown
}

/// What is printed about everything that stays.
fn printed_of_the_rest(server: &Server, mailbox: &str, message: &str) -> Vec<Shown> {
    let commands: [&[&str]; 20] = [
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
        &["site", "export"],
        &["test", "route", "--gateway", "gw1", "--to", "5002", "--diversion", "4001", "--json"],
    ];
    commands.iter().map(|args| printed(server, args)).collect()
}

fn assert_in_none(needles: &[Needle], shown: &[Shown]) {
    for Shown { place, octets } in shown {
        for Needle(what, secret) in needles {
            let found = octets.windows(secret.len()).any(|window| window == secret);
            assert!(!found, "{what} in `{place}`");
        }
    }
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
    let key_log = server.folder().join("keys-of-the-caller");
    place_calls(&three, &key_log).await;
    let mut shown = printed_of_a_live_call(&three, &key_log).await;
    let messages = server.messages(&mailbox, SrtpSuite::ALL.len());
    shown.push(Shown { place: "um mailbox import".to_owned(), octets: import.into_bytes() });
    shown.extend(printed_of_the_rest(server, &mailbox, &messages[0]["id"].to_string()));
    shown.push(Shown { place: "the log".to_owned(), octets: server.log().into_bytes() });

    let keys = fs::read_to_string(&key_log).unwrap();
    // Offered and answered: one and one for each suite, then all and none (refused), then all and one (live).
    assert_eq!(keys.lines().count(), 4 * SrtpSuite::ALL.len() + 1);
    let mut needles: Vec<Needle> = keys.lines().flat_map(forms).collect();
    needles.push(Needle("PIN".to_owned(), PIN.as_bytes().to_vec()));
    let mut stored = Vec::new();
    files(&server.folder().join("data"), &mut stored);
    assert_in_none(&needles, &stored);
    let before = needles.len();
    // The store is where the private key belongs.
    private_keys(&server.folder().join("data"), &mut needles);
    assert!(needles.len() > before, "the server keeps a private key in its data folder");
    assert_in_none(&needles, &shown);
}
