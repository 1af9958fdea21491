//! No secret of a Secured call is in anything that the server writes or the command line prints.

use std::{fmt::Write, fs, path::Path, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use caller::SrtpSuite;
use um_tests::{Mode, ThreePlans};

/// A PIN that occurs nowhere by chance.
const PIN: &str = "7302958164";

/// What must not be found, with the words for it in a failure.
struct Needle(String, Vec<u8>);

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

#[tokio::test]
async fn no_secret_is_in_the_log_the_events_or_what_the_command_line_prints() {
    let three = ThreePlans::start();
    let server = &three.server;
    let mailbox = format!("4001@{}", Mode::Secured.word());
    // A PIN that is given comes in a file (or by standard input), never on the command line.
    let file = server.file(
        "mailboxes.csv",
        &format!("extension,name,email,numbers,policy,pin\n4002,Bo Example,,,,{PIN}\n"),
    );
    let import = ["mailbox", "import", &file, "--dialplan", Mode::Secured.word()];
    let mut shown = vec![("mailbox import".to_owned(), server.um_ok(&import))];
    let key_log = server.folder().join("keys-of-the-caller");
    for suite in SrtpSuite::ALL {
        let mut plan = three.secured_call(&[suite]);
        plan.speech = caller::speech_like_noise(Duration::from_secs(3));
        plan.key_log = Some(key_log.clone());
        assert_eq!(caller::place_call(plan).await.unwrap().status, 200, "{suite}");
    }
    // Keys that were refused with their offer are secrets as well.
    let mut refused = three.call(Mode::SipSecured, caller::Transport::Tls);
    refused.media = three.secured_call(&SrtpSuite::ALL).media;
    refused.key_log = Some(key_log.clone());
    assert_eq!(caller::place_call(refused).await.unwrap().status, 488);
    server.messages(&mailbox, SrtpSuite::ALL.len());

    let keys = fs::read_to_string(&key_log).unwrap();
    assert_eq!(keys.lines().count(), 2 * SrtpSuite::ALL.len() + SrtpSuite::ALL.len());
    let mut needles: Vec<Needle> = keys.lines().flat_map(forms).collect();
    needles.push(Needle("PIN".to_owned(), PIN.as_bytes().to_vec()));
    let before = needles.len();
    private_keys(&server.folder().join("data"), &mut needles);
    assert!(needles.len() > before, "the server keeps a private key in its data folder");

    shown.push(("stderr".to_owned(), server.log()));
    for args in [
        &["events", "--limit", "10000", "--json"][..],
        &["events", "--limit", "10000"],
        &["status", "--json"],
        &["calls", "--json"],
        &["dialplan", "list", "--json"],
        &["gateway", "list", "--json"],
        &["huntgroup", "list", "--json"],
        &["mailbox", "list", "--json"],
        &["message", "list", &mailbox, "--json"],
        &["cert", "show", "--json"],
    ] {
        let ran = server.um(args);
        shown.push((args.join(" "), format!("{}{}", ran.stdout, ran.stderr)));
    }
    for (place, text) in &shown {
        for Needle(what, octets) in &needles {
            let found = text.as_bytes().windows(octets.len()).any(|window| window == octets);
            assert!(!found, "{what} in `{place}`");
        }
    }
}
