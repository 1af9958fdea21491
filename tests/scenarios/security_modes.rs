//! docs/security-modes.md over the real server, rule by rule and cell by cell; each table is data, one server answers all
//! of its rows, and every answer is read by the foreign parser of the test caller.
//!
//! Not here: section 1, which is in `peers.rs`.

mod late_offers;
mod need;
mod offers;
mod options;
mod order;
mod suites;
mod transports;
mod within_dialog;

use std::collections::BTreeSet;

use caller::{Answer, Transport};
use um_tests::{Mode, Server};

/// Both transports of the clear class, and mutual TLS.
const TRANSPORTS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

/// Where each mode takes calls.
const CELLS: [(Mode, Transport); 4] = [
    (Mode::Unsecured, Transport::Udp),
    (Mode::Unsecured, Transport::Tcp),
    (Mode::SipSecured, Transport::Tls),
    (Mode::Secured, Transport::Tls),
];

/// What answers an offer.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// 200 with these lines; see [`essence`].
    Taken(&'static [&'static str]),
    /// 488 with this code of Warning, and these words in it.
    Refused(u16, &'static str),
}

use Expected::{Refused, Taken};

fn name_of(mode: Mode) -> &'static str {
    match mode {
        Mode::Unsecured => "Unsecured",
        Mode::SipSecured => "SIPSecured",
        Mode::Secured => "Secured",
    }
}

fn word_of(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
        Transport::Tls => "mutual TLS",
    }
}

/// Media lines with their line ends; `{crypto}` is a line that every caller could offer.
fn media(lines: &[&str]) -> String {
    const CRYPTO: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    lines.iter().map(|line| format!("{line}\r\n").replace("{crypto}", CRYPTO)).collect()
}

/// What an answer says of the mode: its `m=` lines, with `*` for a port that is not 0; every line about keys, with `*`
/// for the key; the direction, unless it is sendrecv.
fn essence(answer: &Answer) -> Vec<String> {
    answer.body().lines().filter_map(essential).collect()
}

fn essential(line: &str) -> Option<String> {
    if let Some(described) = line.strip_prefix("m=") {
        let words: Vec<&str> = described.split(' ').collect();
        let port = if words[1] == "0" { "0" } else { "*" };
        return Some(format!("m={} {port} {}", words[0], words[2..].join(" ")));
    }
    if line.contains("crypto") {
        let Some((head, behind)) = line.split_once("inline:") else { return Some(line.to_owned()) };
        let rest = behind.trim_start_matches(|c| c != '|' && c != ' ');
        return Some(format!("{head}inline:*{rest}"));
    }
    ["a=sendonly", "a=recvonly", "a=inactive"].contains(&line).then(|| line.to_owned())
}

/// The words of refusals, to be looked for among the events once a table is through.
#[derive(Default)]
struct Said(BTreeSet<(u16, String)>);

impl Said {
    /// The answer is `status`, with `cause` and words in Reason and with the same words in Warning; gives the words.
    fn refusal(&mut self, cell: &str, answer: &Answer, (status, warning, cause): (u16, u16, u16)) -> String {
        assert_eq!(answer.status, status, "{cell}: {answer:?}");
        let reason = answer.reason.clone().unwrap_or_default();
        let words = reason.strip_prefix(&format!("Q.850;cause={cause};text=\""));
        let words = words.and_then(|words| words.strip_suffix('"'));
        let words = words.unwrap_or_else(|| panic!("{cell}: cause {cause} is not in {reason}")).to_owned();
        assert_eq!(answer.warning, Some(format!("{warning} um.test \"{words}\"")), "{cell}");
        self.0.insert((status, words.clone()));
        words
    }

    /// The answer is what a table expects of an offer.
    fn answer(&mut self, cell: &str, answer: &Answer, expected: Expected) {
        match expected {
            Taken(lines) => {
                assert_eq!(answer.status, 200, "{cell}: {answer:?}");
                assert_eq!(essence(answer), lines, "{cell}");
            }
            Refused(warning, words) => {
                let said = self.refusal(cell, answer, (488, warning, 88));
                assert!(said.starts_with("dial plan ") && said.contains(words), "{cell}: {said}");
            }
        }
    }

    /// Each refusal is an event, with its words (the first 256 characters of them) and its status.
    fn each_is_an_event(&self, server: &Server) {
        for (status, words) in &self.0 {
            let kept: String = words.chars().take(256).collect();
            let event = server.event(1021, |fields| fields["reason"] == kept);
            assert_eq!(event["fields"]["status"], status.to_string(), "{event}");
        }
    }
}
