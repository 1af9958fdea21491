use std::{
    net::{SocketAddr, UdpSocket},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use caller::{AudioCodec, CallPlan, EndedBy, HangUp, StartSpeaking};
use um_tests::{Server, align};

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/sipp_leave_message.xml");
const PROMPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../prompts/en-US");

/// `sipp` from Debian's package, working in `folder`.
pub(crate) fn sipp(folder: &Path) -> Command {
    let found = Command::new("sipp").arg("-v").output();
    assert!(found.is_ok(), "sipp is missing: run `apt-get install -y sip-tester`, as scripts/test.sh does");
    let mut command = Command::new("sipp");
    command.current_dir(folder).stdin(Stdio::null()).args([
        "-nostdin",
        "-i",
        "127.0.0.1",
        "-mi",
        "127.0.0.1",
    ]);
    command
}

/// How long a client that cannot hear the tone waits before it speaks: greeting and tone, and a breath.
pub(crate) fn greeting_milliseconds() -> usize {
    let pieces = ["person-at-extension", "digit-4", "digit-0", "digit-0", "digit-1", "not-available"];
    let samples: usize = pieces
        .iter()
        .map(|piece| caller::read_wav(format!("{PROMPTS}/{piece}.wav").as_ref()).unwrap().len())
        .sum();
    300 + samples / 8 + 400 + 1200
}

/// `transport` as sipp's `-t` names it: `u1` or `t1`.
pub(crate) fn sipp_leaves_a_message_that_plays(transport: &str) {
    let server = Server::start_with_mailbox();
    let speech = caller::speech_like_noise(Duration::from_secs(3));
    let octets: Vec<u8> =
        speech.iter().map(|sample| caller::encode_sample(AudioCodec::Pcmu, *sample)).collect();
    std::fs::write(server.folder().join("speech.ulaw"), octets).unwrap();

    let output = sipp(server.folder())
        .args(["-sf", SCENARIO, "-m", "1", "-t", transport, "-timeout", "60", "-timeout_error"])
        .args(["-d", &greeting_milliseconds().to_string(), &server.sip().to_string()])
        .output()
        .unwrap();

    let screen = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "sipp: {}\n{screen}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let messages = server.messages("4001", 1);
    assert_eq!(messages[0]["caller"], "2065550123");
    let found = align(&speech, &server.exported_audio("4001", &messages[0]));
    assert!(found.correlation >= 0.99, "{found:?}");
}

#[test]
fn sipp_over_udp_leaves_a_message_that_plays() {
    sipp_leaves_a_message_that_plays("u1");
}

/// sipp's own answering scenario, echoing RTP; ends with its process when dropped.
struct Echo {
    child: Child,
    address: SocketAddr,
}

impl Echo {
    fn start(folder: &Path) -> Self {
        // sipp cannot be asked which port it took, so a free one is found for it.
        let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = sipp(folder)
            .args(["-sn", "uas", "-rtp_echo", "-p", &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[tokio::test]
async fn test_caller_itself_talks_with_sipp_and_hears_its_echo() {
    let folder = tempfile::tempdir().unwrap();
    let echo = Echo::start(folder.path());
    let mut plan = CallPlan::new(echo.address, "service");
    plan.speech = caller::speech_like_noise(Duration::from_secs(1));
    plan.start_speaking = StartSpeaking::Immediately;
    plan.after = HangUp::After(Duration::from_millis(300));
    let speech = plan.speech.clone();

    // Until sipp has opened its port, the INVITE meets a closed one.
    let deadline = Instant::now() + Duration::from_secs(10);
    let outcome = loop {
        match caller::place_call(plan.clone()).await {
            Ok(outcome) => break outcome,
            Err(error) => assert!(Instant::now() < deadline, "{error:#}"),
        }
    };

    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Caller));
    let found = align(&speech, &outcome.heard);
    assert!(found.correlation >= 0.99, "{found:?}");
}
