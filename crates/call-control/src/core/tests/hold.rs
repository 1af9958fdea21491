//! Hold (security-modes 3): all stands still, ten minutes at most.
use super::*;

/// OFFER one version on, in the way that the row says.
fn held(line: &str) -> String {
    let next = OFFER.replace("o=- 1 1", "o=- 1 2");
    match line {
        "c=0.0.0.0" => next.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"),
        line => next + line + "\n",
    }
}

fn resumed() -> String {
    OFFER.replace("o=- 1 1", "o=- 1 3")
}

fn sends(outputs: &[Output]) -> bool {
    match command(outputs).map(|command| command.what) {
        Some(MediaCommandKind::Open { spec } | MediaCommandKind::Update { spec }) => {
            spec.parameters().direction.send
        }
        other => panic!("no agreement: {other:?}"),
    }
}

const TEN_MINUTES: Duration = Duration::from_secs(600);
const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn each_kind_of_hold_is_answered_and_after_ten_minutes_ended_with_what_was_recorded() {
    for (method, line, answer) in [
        ("INVITE", "a=sendonly", "a=recvonly"),
        ("INVITE", "a=inactive", "a=inactive"),
        ("INVITE", "c=0.0.0.0", "a=recvonly"),
        ("UPDATE", "a=sendonly", "a=recvonly"),
    ] {
        let mut rig = Rig::new(VoipSecurity::Unsecured);
        let (tag, recording) = rig.recording();

        let outputs = rig.describe(method, 2, &tag, "", &held(line));
        let said = sent(&outputs).pop().unwrap();
        if method == "INVITE" {
            rig.in_dialog("ACK", 2, &tag);
        }
        let meanwhile = rig.advance(TEN_MINUTES - MOMENT);
        let end = rig.advance(MOMENT);

        assert!(said.starts_with("SIP/2.0 200 ") && said.contains(answer), "{line}: {said}");
        assert!(!sends(&outputs), "{line}");
        assert!(commands(&meanwhile).is_empty() && sent(&meanwhile).is_empty(), "{line}: {meanwhile:?}");
        let bye = sent(&end).pop().unwrap();
        assert!(bye.starts_with("BYE "), "{bye}");
        assert!(bye.contains("Reason: SIP;cause=480;text=\"held for ten minutes\""), "{bye}");
        assert_eq!(rig.kept(&end, recording).length, Duration::from_secs(4), "{line}");
    }
}

#[test]
fn resuming_ends_the_ten_minutes_and_the_next_hold_has_its_own() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, _) = rig.talking();

    for (cseq, version) in [(2, 2), (4, 4)] {
        let hold = held("a=sendonly").replace("o=- 1 2", &format!("o=- 1 {version}"));
        rig.describe("UPDATE", cseq, &tag, "", &hold);
        assert!(sent(&rig.advance(TEN_MINUTES - MOMENT)).is_empty());
        let go_on = resumed().replace("o=- 1 3", &format!("o=- 1 {}", version + 1));
        let outputs = rig.describe("UPDATE", cseq + 1, &tag, "", &go_on);
        assert!(sends(&outputs));
    }

    assert!(sent(&rig.advance(Duration::from_secs(60))).is_empty());
}

#[test]
fn refresh_or_another_hold_does_not_begin_the_ten_minutes_anew() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let (tag, _) = rig.talking();
    rig.describe("UPDATE", 2, &tag, "", &held("a=sendonly"));
    rig.advance(Duration::from_secs(300));

    rig.describe("UPDATE", 3, &tag, "", &held("a=sendonly"));
    rig.describe("UPDATE", 4, &tag, "", &held("a=inactive").replace("o=- 1 2", "o=- 1 3"));
    rig.in_dialog("INFO", 5, &tag);
    let outputs = rig.advance(Duration::from_secs(300));

    assert!(sent(&outputs)[0].starts_with("BYE "), "{outputs:?}");
}

#[test]
fn first_prompt_of_a_call_that_is_held_waits_for_the_rest_of_its_delay_after_the_hold() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let tag = to_tag(&sent(&rig.answered())[0]);
    rig.in_dialog("ACK", 1, &tag);
    rig.advance(Duration::from_millis(100));
    rig.describe("UPDATE", 2, &tag, "", &held("a=inactive"));

    let during = rig.advance(Duration::from_secs(60));
    rig.describe("UPDATE", 3, &tag, "", &resumed());
    let before = rig.advance(Duration::from_millis(199));
    let after = rig.advance(MOMENT);

    assert!(commands(&during).is_empty(), "{during:?}");
    assert!(commands(&before).is_empty(), "{before:?}");
    assert!(matches!(command(&after).unwrap().what, MediaCommandKind::Play { .. }));
}

#[test]
fn call_that_begins_on_hold_plays_when_it_is_resumed() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let outputs = rig.answered_to("", &format!("{OFFER}a=sendonly\n"));
    assert!(!sends(&outputs));
    let tag = to_tag(&sent(&outputs)[0]);
    rig.advance(Duration::from_millis(50));
    rig.in_dialog("ACK", 1, &tag);

    let during = rig.advance(Duration::from_secs(30));
    rig.describe("UPDATE", 2, &tag, "", &resumed());
    let before = rig.advance(Duration::from_millis(299));
    let after = rig.advance(MOMENT);

    assert!(commands(&during).is_empty() && commands(&before).is_empty());
    assert!(matches!(command(&after).unwrap().what, MediaCommandKind::Play { .. }));
}

#[test]
fn plans_longest_call_goes_on_while_the_peer_holds() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let patch = DialPlanPatch {
        max_call_minutes: Some(10),
        max_recording_minutes: Some(5),
        ..DialPlanPatch::default()
    };
    let change = SiteChange::SetDialPlan { name: "hq".into(), patch };
    rig.site = rig.site.apply(&change).unwrap().0;
    rig.put_site();
    let (tag, _) = rig.talking();
    rig.advance(Duration::from_secs(60));
    rig.describe("UPDATE", 2, &tag, "", &held("a=sendonly"));

    let outputs = rig.advance(Duration::from_secs(550));

    assert!(sent(&outputs)[0].contains("longest call of the dial plan reached"), "{outputs:?}");
}

#[test]
fn hold_without_crypto_in_a_secured_plan_gets_488_and_the_session_goes_on() {
    let mut rig = Rig::new(VoipSecurity::Secured);
    rig.over_tls(&["gw1"]);
    let outputs = rig.answered_to("", CRYPTO_OFFER);
    let tag = to_tag(&sent(&outputs).pop().unwrap());
    rig.in_dialog("ACK", 1, &tag);
    let keyed = format!("{}a=sendonly\n", CRYPTO_OFFER.replace("o=- 1 1", "o=- 1 2"));

    let refused = rig.describe("UPDATE", 2, &tag, "", &held("a=sendonly"));
    let prompted = rig.advance(Duration::from_millis(300));
    let taken = rig.describe("UPDATE", 3, &tag, "", &keyed);

    assert!(status_line(&refused).starts_with("SIP/2.0 488 "), "{refused:?}");
    assert!(commands(&refused).is_empty());
    assert!(matches!(command(&prompted).unwrap().what, MediaCommandKind::Play { .. }));
    assert!(status_line(&taken).starts_with("SIP/2.0 200 "), "{taken:?}");
    assert!(!sends(&taken));
}

#[test]
fn hold_by_an_answer_to_our_offer_is_a_hold() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    let tag = to_tag(&sent(&rig.answered_to("", "")).pop().unwrap());

    let outputs = rig.describe("ACK", 1, &tag, "", &held("a=inactive"));
    let during = rig.advance(Duration::from_secs(60));

    assert!(!sends(&outputs));
    assert!(commands(&during).is_empty(), "{during:?}");
}
