//! Gateways with habits of their own: each leaves a whole message.

use std::{cell::Cell, time::Duration};

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

async fn silence_rule_ends_the_recording(quiet: Quiet) {
    let server = Server::start_with_mailbox();
    let mut gateway = gateway(&server).await;
    let invite = gateway.invite(AUDIO);
    let speech = caller::speech_like_noise(Duration::from_secs(3));

    let (answer, mut dialog) = gateway.call(&invite).await;
    let mut voice = gateway.voice(&answer);
    voice.wait_for_tone().await;
    voice.say(&speech).await;
    quiet.keep(&mut voice, Duration::from_secs(9)).await;
    gateway.hang_up(&mut dialog).await;

    assert_whole(&server, "4001", &speech);
    // Had the hang-up ended it, there were 12 s.
    let length = server.messages("4001", 1)[0]["length_seconds"].as_f64().unwrap();
    assert!((3.0..10.0).contains(&length), "{quiet:?}: {length} s for 3 s of speech and 5 s of silence");
}

#[tokio::test]
async fn caller_behind_voice_detection_who_stops_speaking_leaves_a_whole_message_by_the_silence_rule() {
    tokio::join!(
        silence_rule_ends_the_recording(Quiet::Nothing),
        silence_rule_ends_the_recording(Quiet::ComfortNoise)
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

/// What a gateway answers to our offer when its caller is put on hold: music of its own, and none of ours.
const HOLD: &str = "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n";
const RESUMED: &str = "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n";

#[tokio::test]
async fn hold_and_resume_without_sdp_leave_both_sentences_and_no_music() {
    let server = Server::start_with_mailbox();
    let mut gateway = gateway(&server).await;
    let invite = gateway.invite(AUDIO);
    let speech = caller::speech_like_noise(Duration::from_secs(4));
    let (before, after) = speech.split_at(16_000);
    let music: Vec<i16> = (0..24_000_i16).map(|n| if n % 16 < 8 { 6000 } else { -6000 }).collect();

    let (answer, mut dialog) = gateway.call(&invite).await;
    let mut voice = gateway.voice(&answer);
    voice.wait_for_tone().await;
    voice.say(before).await;
    let hold = gateway.offer(HOLD, 2);
    let (held, _) = gateway.call_answered_in_ack(&dialog.request("INVITE"), &hold).await;
    voice.say(&music).await;
    let resume = gateway.offer(RESUMED, 3);
    let (resumed, _) = gateway.call_answered_in_ack(&dialog.request("INVITE"), &resume).await;
    voice.say(after).await;
    gateway.hang_up(&mut dialog).await;

    for offered in [held, resumed] {
        let body = offered.body();
        assert!(body.contains("m=audio ") && body.contains(" RTP/AVP 0"), "no full offer: {body}");
    }
    assert_whole(&server, "4001", before);
    assert_whole(&server, "4001", after);
    let length = server.messages("4001", 1)[0]["length_seconds"].as_f64().unwrap();
    assert!((4.0..5.5).contains(&length), "{length} s for 4 s of speech: the hold was recorded");
}
