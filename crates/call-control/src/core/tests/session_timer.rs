//! Session timers, 100rel and what we say about ourselves, through the whole core.
use super::*;

const TIMER: &str = "Supported: timer\nSession-Expires: 90;refresher=uac\n";

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    let line = message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_default()
}

/// A call with a session timer of 90 s that records: To tag, the body of our 200, and the recording.
fn timed_call(rig: &mut Rig) -> (String, String, RecordingId) {
    let answer = sent(&rig.answered_to(TIMER, OFFER)).pop().unwrap();
    assert_eq!(header(&answer, "Session-Expires"), "90;refresher=uac");
    assert_eq!(header(&answer, "Require"), "timer");
    let tag = to_tag(&answer);
    rig.in_dialog("ACK", 1, &tag);
    let greeting = command(&rig.advance(Duration::from_millis(300))).unwrap();
    let outputs = rig.media(&greeting, play_finished());
    (tag, body(&answer), begun_recording(&outputs))
}

fn body(message: &str) -> String {
    message.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

#[test]
fn session_that_is_not_refreshed_ends_with_bye_and_its_message_is_kept_as_interrupted() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (_, _, recording) = timed_call(&mut rig);

    let quiet = rig.advance(Duration::from_millis(59_000));
    let outputs = rig.advance(Duration::from_millis(1_000));

    assert!(sent(&quiet).is_empty(), "{quiet:?}");
    let bye = &sent(&outputs)[0];
    assert!(bye.starts_with("BYE "), "{bye}");
    assert_eq!(header(bye, "Reason"), "SIP;cause=408;text=\"the session was not refreshed\"");
    assert!(rig.kept(&outputs, recording).interrupted);
}

#[test]
fn refresh_with_an_unchanged_offer_gets_the_same_bytes_and_leaves_the_media_alone() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, first, _) = timed_call(&mut rig);

    for (cseq, method) in [(2, "INVITE"), (3, "UPDATE"), (4, "INVITE")] {
        rig.advance(Duration::from_secs(45));
        let outputs = rig.describe(method, cseq, &tag, TIMER, OFFER);
        let answer = sent(&outputs).pop().unwrap();
        if method == "INVITE" {
            rig.in_dialog("ACK", cseq, &tag);
        }

        assert_eq!(body(&answer), first, "{method}");
        assert_eq!(header(&answer, "Session-Expires"), "90;refresher=uac");
        assert!(commands(&outputs).is_empty(), "{outputs:?}");
    }
}

#[test]
fn update_without_sdp_refreshes_the_session_alone() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, _, _) = timed_call(&mut rig);
    rig.advance(Duration::from_secs(45));

    let outputs = rig.describe("UPDATE", 2, &tag, TIMER, "");
    let later = rig.advance(Duration::from_secs(45));

    let answer = sent(&outputs).pop().unwrap();
    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    assert_eq!((header(&answer, "Content-Length"), body(&answer).as_str()), ("0", ""));
    assert!(commands(&outputs).is_empty());
    assert!(sent(&later).is_empty(), "{later:?}");
}

#[test]
fn too_short_an_interval_gets_422_before_any_plan_is_looked_at() {
    let mut rig = Rig::new(VoipSecurity::Secured);

    let outputs = rig.invite_with("Supported: timer\nSession-Expires: 60\n", OFFER);

    let answer = &sent(&outputs)[0];
    assert!(answer.starts_with("SIP/2.0 422 "), "{answer}");
    assert_eq!(header(answer, "Min-SE"), "90");
}

#[test]
fn invite_that_requires_100rel_and_timer_is_answered_with_200_at_once() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);

    let outputs = rig.answered_to("Require: 100rel, timer\nSession-Expires: 1800\n", OFFER);

    assert_eq!(sent(&outputs).len(), 1, "{outputs:?}");
    let answer = &sent(&outputs)[0];
    assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
    let tag = to_tag(answer);
    assert!(status_line(&rig.in_dialog("PRACK", 2, &tag)).starts_with("SIP/2.0 481 "));
}

#[test]
fn options_lists_what_we_can_do() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);

    let outputs = rig.message(
        "OPTIONS sip:127.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:6000;branch=z9hG4bKo\n\
         From: <sip:gw@127.0.0.1>;tag=o\nTo: <sip:127.0.0.1>\nCall-ID: o\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n",
    );

    let answer = &sent(&outputs)[0];
    for (name, value) in [
        ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, NOTIFY, SUBSCRIBE"),
        ("Accept", "application/sdp, multipart/mixed"),
        ("Accept-Encoding", "identity"),
        ("Accept-Language", "en"),
        ("Supported", "100rel, timer"),
    ] {
        assert_eq!(header(answer, name), value, "{answer}");
    }
}

#[test]
fn requests_without_a_meaning_here_get_the_rfcs_answer_and_the_call_goes_on() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, _) = rig.talking();

    for (cseq, method, status) in [
        (2, "INFO", "200"),
        (3, "NOTIFY", "481"),
        (4, "REFER", "405"),
        (5, "PRACK", "481"),
        (4, "INFO", "500"),
    ] {
        let outputs = rig.describe(method, cseq, &tag, "", "");

        assert!(status_line(&outputs).starts_with(&format!("SIP/2.0 {status} ")), "{method}: {outputs:?}");
    }
    assert_eq!(rig.core.call_count(), 1);
}

/// A Secured call whose peer wants us to refresh and takes no UPDATE, up to our re-INVITE; our key, and the re-INVITE.
fn reinvited(rig: &mut Rig) -> (String, String) {
    rig.over_tls(&["gw1"]);
    let headers = "Supported: timer\nSession-Expires: 90;refresher=uas\n";
    let answer = sent(&rig.answered_to(headers, CRYPTO_OFFER)).pop().unwrap();
    let tag = to_tag(&answer);
    rig.in_dialog("ACK", 1, &tag);
    let outputs = rig.advance(Duration::from_secs(45));
    (crypto_line(&answer).split_once("inline:").unwrap().1.to_owned(), sent(&outputs).pop().unwrap())
}

/// The peer's response to our re-INVITE.
fn respond(rig: &mut Rig, invite: &str, status: &str, sdp: &str) -> Vec<Output> {
    let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let head: Vec<&str> =
        invite.lines().filter(|line| kept.iter().any(|name| line.starts_with(name))).collect();
    let length = sdp.len() + sdp.matches('\n').count();
    rig.message(&format!(
        "SIP/2.0 {status}\n{}\nContent-Type: application/sdp\nContent-Length: {length}\n\n{sdp}",
        head.join("\n")
    ))
}

#[test]
fn our_refresh_by_reinvite_offers_the_key_of_the_session_and_takes_a_fitting_answer_alone() {
    let taken = CRYPTO_OFFER.replace("crypto:1", "crypto:4").replace("7000", "7100");
    for (status, answer, sent_then, updates) in [
        ("200 OK", taken.as_str(), ["ACK"].as_slice(), 1),
        ("200 OK", OFFER, &["ACK", "BYE"], 0),
        ("200 OK", "", &["ACK", "BYE"], 0),
        ("488 Not Acceptable Here", "", &["ACK"], 0),
    ] {
        let mut rig = Rig::new(VoipSecurity::Secured);
        let (key, invite) = reinvited(&mut rig);

        let outputs = respond(&mut rig, &invite, status, answer);

        assert!(invite.starts_with("INVITE "), "{invite}");
        assert!(invite.contains("m=audio 20000 RTP/SAVP 0 8 13 101"), "{invite}");
        assert!(invite.contains(&format!("a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:{key}")), "{invite}");
        let starts: Vec<String> =
            sent(&outputs).iter().filter_map(|text| text.split(' ').next().map(str::to_owned)).collect();
        assert_eq!(starts, sent_then, "{status} {answer}");
        let updated = commands(&outputs)
            .iter()
            .filter(|command| matches!(command.what, MediaCommandKind::Update { .. }))
            .count();
        assert_eq!(updated, updates, "{status} {answer}");
        if sent_then.len() > 1 {
            assert!(sent(&outputs)[1].contains("Reason: SIP;cause=488;text=\""), "{outputs:?}");
        }
    }
}

#[test]
fn reinvite_without_sdp_after_a_refused_refresh_of_ours_is_offered_to_anew() {
    let mut rig = Rig::new(VoipSecurity::Secured);
    let (_, invite) = reinvited(&mut rig);
    let tag = invite.lines().find(|line| line.starts_with("From:")).unwrap().rsplit_once("tag=").unwrap().1;

    let crossing = rig.describe("INVITE", 2, tag, "", "");
    respond(&mut rig, &invite, "500 Server Internal Error", "");
    let offered = rig.describe("INVITE", 3, tag, "", "");

    assert!(status_line(&crossing).starts_with("SIP/2.0 491 "), "{crossing:?}");
    assert!(status_line(&offered).starts_with("SIP/2.0 200 "), "{offered:?}");
}
