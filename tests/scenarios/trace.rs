//! `um trace` shows the SIP messages of a gateway, decrypted, and no secret of them.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use caller::{Line, Transport};
use serde_json::Value;
use um_tests::{Mode, ScriptedGateway, Server, ThreePlans, um_binary};

const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

fn rows(server: &Server, args: &[&str]) -> Vec<Value> {
    let Value::Array(rows) = server.um_json(&[&["trace"], args].concat()) else {
        panic!("no array of messages")
    };
    rows
}

/// First word and direction of each message.
fn essence(rows: &[Value]) -> Vec<(String, String)> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| {
            let first = text(row, "text").lines().next().unwrap_or_default().to_owned();
            let words = first.strip_prefix("SIP/2.0 ").unwrap_or(first.split(' ').next().unwrap());
            (text(row, "direction"), words.to_owned())
        })
        .collect()
}

#[tokio::test]
async fn trace_of_a_secured_call_has_its_messages_both_ways_and_neither_keys_nor_digits() {
    let three = ThreePlans::start();
    let server = &three.server;
    let mut gateway = ScriptedGateway::open(three.call(Mode::Secured, Transport::Tls)).await;
    gateway.line().options().await.unwrap();
    let mut invite = gateway.invite(&format!(
        "m=audio {{port}} RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31\r\n"
    ));
    invite.headers.push("Authorization: Digest username=\"gw\", response=\"6629fae49393a053\"".to_owned());
    let (_, mut dialog) = gateway.call(&invite).await;
    let id = server.um_json(&["calls", "list"])[0]["id"].to_string();
    let mut info = dialog.request("INFO");
    (info.content_type, info.body) = ("application/dtmf-relay", "Signal=7\r\nDuration=160\r\n".to_owned());
    gateway.ask(&info).await;
    gateway.hang_up(&mut dialog).await;

    // The call is over, its messages are there.
    let call = rows(server, &["--call", &id]);
    let ways: Vec<_> = essence(&call).into_iter().filter(|(_, words)| words != "100 Trying").collect();
    let expected = [
        ("in", "INVITE"),
        ("out", "200 OK"),
        ("in", "ACK"),
        ("in", "INFO"),
        ("out", "200 OK"),
        ("in", "BYE"),
        ("out", "200 OK"),
    ];
    assert_eq!(ways, expected.map(|(way, words)| (way.to_owned(), words.to_owned())));
    assert!(call.iter().all(|row| row["transport"] == "TLS" && row["gateways"][0] == "gw1"), "{call:#?}");
    assert!(call.iter().all(|row| row["call_id"] == invite.call_id.as_str()), "{call:#?}");

    let shown = server.um_ok(&["trace", "--call", &invite.call_id]);
    let keys: Vec<&str> = shown.lines().filter(|line| line.contains("inline:")).collect();
    assert_eq!(keys.len(), 2, "{shown}");
    assert!(keys.iter().all(|line| line.contains(" inline:[blanked]")), "{keys:?}");
    assert!(keys[0].ends_with(" inline:[blanked]|2^31"), "{keys:?}");
    assert!(shown.contains("Authorization:[blanked]\n"), "{shown}");
    assert!(shown.contains("[body of 24 octets blanked]"), "{shown}");
    for secret in [KEY, "Signal", "6629fae49393a053"] {
        assert!(!shown.contains(secret), "{secret} stands in\n{shown}");
    }

    let all = rows(server, &["--gateway", "gw1"]);
    assert_eq!(
        essence(&all)[..2],
        [("in".to_owned(), "OPTIONS".to_owned()), ("out".to_owned(), "200 OK".to_owned())]
    );
    assert_eq!(all.len(), call.len() + 2);
    for args in [["--gateway", "gw9"], ["--call", "99"]] {
        assert_eq!(server.um(&[&["trace"], args.as_slice()].concat()).code, Some(1));
    }
}

/// `um trace --follow --json`, and its lines.
fn follow(server: &Server) -> (Child, Receiver<String>) {
    let mut child = Command::new(um_binary())
        .args(["trace", "--follow", "--json", "--gateway", "gw1", "--config"])
        .arg(server.folder().join("um.toml"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (told, lines) = mpsc::channel();
    thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| told.send(line)));
    (child, lines)
}

#[tokio::test]
async fn trace_that_is_followed_goes_on_with_each_message() {
    let three = ThreePlans::start();
    let mut line = Line::open(three.call(Mode::Unsecured, Transport::Udp)).await.unwrap();
    line.options().await.unwrap();
    let (mut um, lines) = follow(&three.server);
    let next = || {
        let line = lines.recv_timeout(Duration::from_secs(10)).unwrap();
        let row: Value = serde_json::from_str(&line).unwrap();
        (row["sequence"].as_u64().unwrap(), row["direction"].as_str().unwrap().to_owned())
    };

    assert_eq!([next(), next()], [(1, "in".to_owned()), (2, "out".to_owned())]);
    line.options().await.unwrap();

    assert_eq!([next(), next()], [(3, "in".to_owned()), (4, "out".to_owned())]);
    um.kill().unwrap();
    um.wait().unwrap();
}
