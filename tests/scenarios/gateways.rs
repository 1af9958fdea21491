//! Gateways with habits of their own: each leaves a whole message.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use caller::{CallPlan, Transport};
use um_tests::{Mode, ScriptedGateway, Server, ThreePlans, Voice, align};

/// PCMU with comfort noise and keys.
const AUDIO: &str =
    "m=audio {port} RTP/AVP 0 13 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";

/// A gateway of the Unsecured plan over UDP, whose calls are diverted by 4001.
async fn gateway(server: &Server) -> ScriptedGateway {
    let mut plan = CallPlan::new(server.sip(), "5000");
    plan.diversion = Some("4001".to_owned());
    ScriptedGateway::open(plan).await
}

/// Nothing of what was said is missing from the one message.
fn assert_whole(server: &Server, mailbox: &str, speech: &[i16]) {
    let messages = server.messages(mailbox, 1);
    let found = align(speech, &server.exported_audio(mailbox, &messages[0]));
    assert!(found.correlation >= 0.99, "{found:?}");
}

#[tokio::test]
async fn contact_of_an_ip_without_transport_leaves_a_whole_message_over_tls() {
    let three = ThreePlans::start();
    let mut gateway = ScriptedGateway::open(three.call(Mode::SipSecured, Transport::Tls)).await;
    let mut invite = gateway.invite(AUDIO);
    invite.headers[0] = "Contact: <sip:gw@127.0.0.1>".to_owned();
    let speech = caller::speech_like_noise(Duration::from_secs(3));

    let (answer, _) = gateway.call(&invite).await;
    let mut voice = gateway.voice(&answer);
    voice.wait_for_tone().await;
    voice.say(&speech).await;
    voice.say(&[0; 4000]).await;
    let calls = three.server.um_json(&["calls", "list"]);
    three.server.um_ok(&["calls", "hangup", &calls[0]["id"].to_string()]);
    let bye = gateway.await_bye().await;

    assert!(bye.starts_with("BYE sip:gw@127.0.0.1 SIP/2.0\r\n"), "{bye}");
    assert_whole(&three.server, "4001@sip-secured", &speech);
}

/// In the field each 30 s; here each second, so that three fall into the speech.
#[tokio::test]
async fn refresh_with_an_unchanged_offer_each_second_leaves_a_whole_message() {
    let server = Server::start_with_mailbox();
    let mut gateway = gateway(&server).await;
    let invite = gateway.invite(AUDIO);
    let speech = caller::speech_like_noise(Duration::from_secs(4));

    let (first, mut dialog) = gateway.call(&invite).await;
    let mut voice = gateway.voice(&first);
    voice.wait_for_tone().await;
    let spoken = Cell::new(false);
    let refreshes = async {
        let mut clock = tokio::time::interval(Duration::from_secs(1));
        let mut count = 0;
        while !spoken.get() {
            clock.tick().await;
            let mut refresh = dialog.request("INVITE");
            refresh.body = invite.body.clone();
            let answer = gateway.ask(&refresh).await;
            assert_eq!((answer.status, answer.body()), (200, first.body()));
            count += 1;
        }
        count
    };
    let say = async {
        voice.say(&speech).await;
        spoken.set(true);
        voice.say(&[0; 12_000]).await;
    };
    let (count, ()) = tokio::join!(refreshes, say);
    gateway.hang_up(&mut dialog).await;

    assert!(count >= 4, "{count} refreshes");
    assert_whole(&server, "4001", &speech);
}

/// What a gateway with voice activity detection sends while its caller is silent.
#[derive(Clone, Copy, Debug)]
enum Quiet {
    Nothing,
    ComfortNoise,
}

impl Quiet {
    async fn keep(self, voice: &mut Voice, length: Duration) {
        match self {
            Self::Nothing => voice.send_nothing(length).await,
            Self::ComfortNoise => voice.send_comfort_noise(length).await,
        }
    }
}

async fn leaves_whole_message_and_server_ends_it(quiet: Quiet) {
    let server = Server::start_with_mailbox();
    let mut gateway = gateway(&server).await;
    let invite = gateway.invite(AUDIO);
    let speech = caller::speech_like_noise(Duration::from_secs(3));

    let (answer, _) = gateway.call(&invite).await;
    let mut voice = gateway.voice(&answer);
    voice.wait_for_tone().await;
    voice.say(&speech).await;
    let silent_from = Instant::now();
    tokio::select! {
        _ = gateway.await_bye() => {}
        () = quiet.keep(&mut voice, Duration::from_secs(60)) => panic!("{quiet:?}: the recording went on for a minute"),
    }

    let ended = silent_from.elapsed();
    assert!(ended >= Duration::from_secs(5), "{quiet:?}: ended after {ended:?} of silence");
    assert_whole(&server, "4001", &speech);
}

#[tokio::test]
async fn caller_behind_voice_detection_who_stops_speaking_leaves_a_whole_message_by_the_silence_rule() {
    tokio::join!(
        leaves_whole_message_and_server_ends_it(Quiet::Nothing),
        leaves_whole_message_and_server_ends_it(Quiet::ComfortNoise)
    );
}

#[tokio::test]
async fn caller_behind_voice_detection_who_hangs_up_leaves_both_sentences() {
    let server = Server::start_with_mailbox();
    for (quiet, mailbox) in [(Quiet::Nothing, "4002"), (Quiet::ComfortNoise, "4003")] {
        server.um_ok(&["mailbox", "enable", mailbox, "--dialplan", "hq", "--name", "Grace Example"]);
        let mut plan = CallPlan::new(server.sip(), "5000");
        plan.diversion = Some(mailbox.to_owned());
        let mut gateway = ScriptedGateway::open(plan).await;
        let invite = gateway.invite(AUDIO);
        let mut speech = caller::speech_like_noise(Duration::from_secs(3));

        let (answer, mut dialog) = gateway.call(&invite).await;
        let mut voice = gateway.voice(&answer);
        voice.wait_for_tone().await;
        voice.say(&speech[..12_000]).await;
        quiet.keep(&mut voice, Duration::from_secs(2)).await;
        voice.say(&speech[12_000..]).await;
        quiet.keep(&mut voice, Duration::from_millis(400)).await;
        gateway.hang_up(&mut dialog).await;

        // The pause is as long in the message as it was on the wire.
        let second = speech.split_off(12_000);
        speech.extend([0; 16_000]);
        speech.extend(second);
        assert_whole(&server, mailbox, &speech);
    }
}

#[tokio::test]
async fn gateway_that_hangs_up_after_5_s_without_rtp_hears_enough_to_leave_a_whole_message() {
    let server = Server::start_with_mailbox();
    let mut gateway = gateway(&server).await;
    let invite = gateway.invite(AUDIO);
    let speech = caller::speech_like_noise(Duration::from_secs(8));

    let (answer, mut dialog) = gateway.call(&invite).await;
    let mut voice = gateway.voice(&answer);
    voice.wait_for_tone().await;
    for second in speech.chunks(8000) {
        voice.say(second).await;
        if voice.longest_gap() >= Duration::from_secs(5) {
            break;
        }
    }
    let gap = voice.longest_gap();
    gateway.hang_up(&mut dialog).await;

    assert!(gap < Duration::from_secs(5), "{gap:?} without RTP: the gateway gave up");
    assert_whole(&server, "4001", &speech);
}
