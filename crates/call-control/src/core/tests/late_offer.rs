//! INVITE and re-INVITE without SDP (security-modes 3): our 200 offers, the ACK answers.
use super::*;

const CLEAR: &str = "v=0\no=- 5 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 7000 RTP/AVP 0 101\n\
     a=rtpmap:101 telephone-event/8000\n";
/// Takes the fourth line of our five.
const SECURED: &str = "v=0\no=- 5 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 7000 RTP/SAVP 0\n\
     a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\n";

fn rig(mode: VoipSecurity) -> Rig {
    let mut rig = Rig::new(mode);
    if mode != VoipSecurity::Unsecured {
        rig.over_tls(&["gw1"]);
    }
    rig
}

/// INVITE without SDP up to our 200: it and the To tag.
fn offered(rig: &mut Rig) -> (String, String) {
    let outputs = rig.answered_to("", "");
    assert!(commands(&outputs).is_empty(), "media before the answer: {outputs:?}");
    let answer = sent(&outputs).pop().unwrap();
    let tag = to_tag(&answer);
    (answer, tag)
}

fn crypto_lines(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("a=crypto:")).collect()
}

/// A Secured call that talks, with early offer in this profile: To tag, our key, the greeting.
fn secured_call(rig: &mut Rig, profile: &str) -> (String, String, MediaCommand) {
    let outputs = rig.answered_to("", &CRYPTO_OFFER.replace("RTP/SAVP", profile));
    let answer = sent(&outputs).pop().unwrap();
    assert!(answer.contains(&format!("m=audio 20000 {profile} ")), "{answer}");
    let key = crypto_line(&answer).split_once("inline:").unwrap().1.to_owned();
    let tag = to_tag(&answer);
    rig.in_dialog("ACK", 1, &tag);
    let greeting = command(&rig.advance(Duration::from_millis(300))).expect("the greeting plays");
    (tag, key, greeting)
}

#[test]
fn our_200_offers_what_the_mode_demands_and_nothing_is_heard_before_the_answer() {
    for (mode, profile, keys, answer) in [
        (VoipSecurity::Unsecured, "RTP/AVP", 0, CLEAR),
        (VoipSecurity::SipSecured, "RTP/AVP", 0, CLEAR),
        (VoipSecurity::Secured, "RTP/SAVP", 5, SECURED),
    ] {
        let mut rig = rig(mode);

        let (offer, tag) = offered(&mut rig);
        let before = rig.advance(Duration::from_secs(5));
        let acknowledged = rig.describe("ACK", 1, &tag, "", answer);
        let prompted = rig.advance(Duration::from_millis(300));

        assert!(offer.starts_with("SIP/2.0 200 "), "{offer}");
        assert!(offer.contains(&format!("m=audio 20000 {profile} 0 8 13 101")), "{offer}");
        assert_eq!(crypto_lines(&offer).len(), keys, "{offer}");
        assert!(commands(&before).is_empty(), "{before:?}");
        let [MediaCommand { what: MediaCommandKind::Open { spec }, .. }] = &commands(&acknowledged)[..]
        else {
            panic!("{mode:?}: {acknowledged:?}")
        };
        assert_eq!(spec.parameters().remote_rtp, SocketAddr::from(([127, 0, 0, 1], 7000)));
        assert_eq!(format!("{spec:?}").contains("[secret]"), keys > 0, "{spec:?}");
        assert!(matches!(command(&prompted).unwrap().what, MediaCommandKind::Play { .. }));
    }
}

#[test]
fn answer_that_is_not_what_we_offered_ends_the_call_with_bye_and_gives_its_ports_back() {
    let unkeyed =
        SECURED.lines().filter(|line| !line.starts_with("a=crypto")).collect::<Vec<_>>().join("\n") + "\n";
    let in_clear = SECURED.replace("RTP/SAVP", "RTP/AVP");
    let no_codec = CLEAR.replace("RTP/AVP 0 101", "RTP/AVP 18");
    for (mode, answer, words) in [
        (VoipSecurity::Unsecured, "", "was acknowledged without a session description"),
        (VoipSecurity::Unsecured, "garbage\n", "cannot be read"),
        (VoipSecurity::Unsecured, SECURED, "the answer is `RTP/SAVP` to an offer of RTP/AVP"),
        (VoipSecurity::Unsecured, &CLEAR.replace("7000", "0"), "refuses the audio"),
        (VoipSecurity::Unsecured, &no_codec, "none of the offered codecs (18) is known here"),
        (VoipSecurity::SipSecured, SECURED, "the answer is `RTP/SAVP` to an offer of RTP/AVP"),
        (VoipSecurity::Secured, "", "was acknowledged without a session description"),
        (VoipSecurity::Secured, CLEAR, "the answer is `RTP/AVP` to an offer of RTP/SAVP"),
        (VoipSecurity::Secured, &in_clear, "the answer is `RTP/AVP` to an offer of RTP/SAVP"),
        (VoipSecurity::Secured, &unkeyed, "it has 0 a=crypto lines"),
        (VoipSecurity::Secured, &SECURED.replace("crypto:4", "crypto:9"), "tag 9 was not offered"),
        (VoipSecurity::Secured, &SECURED.replace("crypto:4", "crypto:5"), "tag 5 was offered with"),
    ] {
        let mut rig = rig(mode);
        let (_, tag) = offered(&mut rig);

        let outputs = rig.describe("ACK", 1, &tag, "", answer);

        let bye = sent(&outputs).pop().unwrap_or_else(|| panic!("no BYE for {answer}"));
        assert!(bye.starts_with("BYE "), "{bye}");
        let reason = bye.lines().find(|line| line.starts_with("Reason:")).unwrap();
        assert!(reason.starts_with("Reason: SIP;cause=488;text=\"dial plan hq is "), "{reason}");
        assert!(reason.contains(words), "{words}: {reason}");
        assert!(commands(&outputs).is_empty(), "{outputs:?}");
        assert!(events(&outputs).iter().any(|(id, text)| *id == 1021 && text.contains(words)), "{outputs:?}");
        assert_eq!(rig.core.call_count(), 0);
        let early = if mode == VoipSecurity::Secured { CRYPTO_OFFER } else { OFFER };
        assert!(status_line(&rig.answered_to("", early)).starts_with("SIP/2.0 200 "), "the ports are lost");
    }
}

#[test]
fn offer_that_is_never_acknowledged_or_whose_caller_hangs_up_gives_its_ports_back() {
    for hangs_up in [true, false] {
        let mut rig = rig(VoipSecurity::Unsecured);
        let (_, tag) = offered(&mut rig);

        let outputs = match hangs_up {
            true => rig.in_dialog("BYE", 2, &tag),
            false => rig.advance(Duration::from_secs(70)),
        };

        assert!(commands(&outputs).is_empty(), "{outputs:?}");
        assert_eq!(rig.core.call_count(), 0);
        assert!(status_line(&rig.answered()).starts_with("SIP/2.0 200 "));
    }
}

#[test]
fn reinvite_without_sdp_offers_the_profile_and_the_key_of_the_session() {
    for profile in ["RTP/SAVP", "RTP/AVP", "RTP/AVPF"] {
        let mut rig = rig(VoipSecurity::Secured);
        let (tag, key, _) = secured_call(&mut rig, profile);

        let offer = sent(&rig.describe("INVITE", 2, &tag, "", "")).pop().unwrap();
        let moved = SECURED.replace("RTP/SAVP", profile).replace("7000", "7100");
        let outputs = rig.describe("ACK", 2, &tag, "", &moved);

        assert!(offer.starts_with("SIP/2.0 200 "), "{offer}");
        assert!(offer.contains(&format!("m=audio 20000 {profile} 0 8 13 101")), "{offer}");
        assert!(offer.contains(" 2 IN IP4 127.0.0.1"), "version of o=: {offer}");
        assert_eq!(crypto_lines(&offer)[3], format!("4 AES_CM_128_HMAC_SHA1_80 inline:{key}"));
        let [MediaCommand { what: MediaCommandKind::Update { spec }, .. }] = &commands(&outputs)[..] else {
            panic!("{outputs:?}")
        };
        assert_eq!(spec.parameters().remote_rtp.port(), 7100);
        assert_eq!(sent(&outputs), Vec::<String>::new());
    }
}

#[test]
fn bad_answer_to_the_offer_of_a_reinvite_ends_the_call_and_keeps_what_was_recorded() {
    let mut rig = rig(VoipSecurity::Secured);
    let (tag, _, greeting) = secured_call(&mut rig, "RTP/SAVP");
    let outputs = rig.media(&greeting, play_finished());
    let recording = begun_recording(&outputs);
    rig.describe("INVITE", 2, &tag, "", "");

    let outputs = rig.describe("ACK", 2, &tag, "", CLEAR);

    let bye = sent(&outputs).pop().unwrap();
    assert!(bye.starts_with("BYE ") && bye.contains("Reason: SIP;cause=488;text=\""), "{bye}");
    assert_eq!(rig.kept(&outputs, recording).length, Duration::from_secs(4));
}

#[test]
fn offer_of_the_peer_that_crosses_ours_gets_491() {
    let mut rig = rig(VoipSecurity::Unsecured);
    let (_, tag) = offered(&mut rig);

    let reinvite = rig.describe("INVITE", 2, &tag, "", OFFER);
    let update = rig.describe("UPDATE", 3, &tag, "", OFFER);
    let outputs = rig.describe("ACK", 1, &tag, "", CLEAR);

    assert!(status_line(&reinvite).starts_with("SIP/2.0 491 "), "{reinvite:?}");
    assert!(status_line(&update).starts_with("SIP/2.0 491 "), "{update:?}");
    assert!(matches!(command(&outputs).unwrap().what, MediaCommandKind::Open { .. }));
}

#[test]
fn description_that_answered_our_offer_is_a_new_offer_when_it_comes_as_one() {
    let mut rig = rig(VoipSecurity::Secured);
    let (_, tag) = offered(&mut rig);
    rig.describe("ACK", 1, &tag, "", SECURED);

    let answer = sent(&rig.describe("INVITE", 2, &tag, "", SECURED)).pop().unwrap();

    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    assert_eq!(crypto_lines(&answer).len(), 1, "{answer}");
    assert!(crypto_lines(&answer)[0].starts_with("4 AES_CM_128_HMAC_SHA1_80 "), "{answer}");
}
