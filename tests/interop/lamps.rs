//! Lamps with sipp as the gateway that is told, and as the telephone that subscribes.
use std::{
    net::UdpSocket,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use caller::{CallPlan, StartSpeaking};
use um_tests::Server;

use super::sipp::sipp;

const GATEWAY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/sipp_lamp_gateway.xml");
const TELEPHONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/sipp_lamp_subscriber.xml");

/// "The change leaves within a second after the commit"; sipp's shell needs a moment to write it down.
const AFTER_THE_COMMIT: Duration = Duration::from_secs(2);
/// After an outage: a try every ten seconds, each with up to eight of waiting.
const CONVERGED: Duration = Duration::from_secs(60);

/// sipp as the gateway; ends with its process when dropped.
struct Lamps(Child);

impl Lamps {
    fn start(server: &Server, port: u16, more: &[&str]) -> Self {
        let port = port.to_string();
        let child = sipp(server.folder())
            .args(["-sf", GATEWAY, "-t", "u1", "-p", &port, "-m", "1000"])
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Lamps {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn lines(folder: &Path, file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// Waits until the last line of the file is `expected` and there are more than `before`; how many there are then.
fn shows(server: &Server, file: &str, expected: &str, before: usize, within: Duration) -> usize {
    let deadline = Instant::now() + within;
    loop {
        let seen = lines(server.folder(), file);
        if seen.len() > before && seen.last().is_some_and(|last| last == expected) {
            return seen.len();
        }
        let status = || server.um_json(&["mwi", "status"]);
        assert!(Instant::now() < deadline, "{file}: {seen:?} and never {expected}: {}", status());
        std::thread::yield_now();
    }
}

async fn message_for_4001(server: &Server) -> String {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.diversion = Some("4001".to_owned());
    plan.start_speaking = StartSpeaking::SkipGreeting;
    plan.speech = caller::speech_like_noise(Duration::from_secs(2));
    assert_eq!(caller::place_call(plan).await.unwrap().status, 200);
    server.messages("4001", 1)[0]["id"].to_string()
}

/// The gateway is told of lamps, at this port.
fn has_lamps_at(server: &Server, port: u16) {
    server.um_ok(&["gateway", "set", "gw1", "--message-waiting", "true", "--port", &port.to_string()]);
}

fn free_port() -> u16 {
    // sipp cannot be asked which port it took, so a free one is found for it.
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn telephone_that_subscribes_is_told_at_once_and_of_every_change() {
    let server = Server::start_with_mailbox();
    // Nobody listens there: what is not asked for goes nowhere.
    has_lamps_at(&server, free_port());
    let mut telephone = sipp(server.folder())
        .args(["-sf", TELEPHONE, "-m", "1", "-t", "u1", "-timeout", "120", "-timeout_error"])
        .arg(server.sip().to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();

    shows(&server, "telephone", "0/0", 0, Duration::from_secs(10));
    let subscribers = server.um_json(&["mwi", "status", "4001"])[0]["subscribers"].clone();
    let message = message_for_4001(&server).await;
    shows(&server, "telephone", "1/0", 1, AFTER_THE_COMMIT);
    server.um_ok(&["message", "delete", "4001", &message]);
    shows(&server, "telephone", "over", 3, AFTER_THE_COMMIT * 2);
    let ended = telephone.wait().unwrap();

    assert_eq!(subscribers, 1);
    assert!(ended.success(), "sipp: {ended}");
    assert_eq!(lines(server.folder(), "telephone"), ["0/0", "1/0", "0/0", "over"]);
    assert_eq!(server.um_json(&["mwi", "status", "4001"])[0]["subscribers"], 0);
}

#[tokio::test]
async fn lamp_converges_after_an_outage_of_the_gateway_a_restart_and_lost_packets() {
    let mut server = Server::start_with_mailbox();
    let port = free_port();
    let gateway = Lamps::start(&server, port, &[]);
    has_lamps_at(&server, port);

    let told = shows(&server, "gateway", "4001 0/0", 0, CONVERGED);
    let message = message_for_4001(&server).await;
    let told = shows(&server, "gateway", "4001 1/0", told, AFTER_THE_COMMIT);
    let status = server.um_json(&["mwi", "status", "4001@hq"]);
    assert_eq!((&status[0]["standing"], &status[0]["gateway"]), (&"told".into(), &"gw1".into()), "{status}");

    // The outage: the deletion meets a closed port.
    drop(gateway);
    server.um_ok(&["message", "delete", "4001", &message]);
    let gateway = Lamps::start(&server, port, &[]);
    let told = shows(&server, "gateway", "4001 0/0", told, CONVERGED);

    // The restart: nothing has changed, and every lamp is told all the same.
    server.kill();
    server.start_again();
    let told = shows(&server, "gateway", "4001 0/0", told, CONVERGED);

    // Every third packet is lost, of either side.
    drop(gateway);
    let _gateway = Lamps::start(&server, port, &["-lost", "33"]);
    message_for_4001(&server).await;
    shows(&server, "gateway", "4001 1/0", told, CONVERGED);
}

#[test]
fn mailbox_without_a_lamp_is_exit_1_and_refresh_tells_all_again() {
    let server = Server::start_with_mailbox();
    let port = free_port();
    let _gateway = Lamps::start(&server, port, &[]);
    has_lamps_at(&server, port);
    let told = shows(&server, "gateway", "4001 0/0", 0, CONVERGED);

    let refreshed = server.um_json(&["mwi", "refresh"]);
    shows(&server, "gateway", "4001 0/0", told, AFTER_THE_COMMIT);
    let unknown = server.um(&["mwi", "status", "4999"]);

    assert_eq!(refreshed["lamps"], 1);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.starts_with("error: mailbox 4999 has no lamp"), "{}", unknown.stderr);
}
