//! RFC 4028 on the virtual clock.
use super::*;

const TIMER: &str = "Supported: timer";
const UPDATE_TAKEN: &str = "Allow: INVITE, ACK, BYE, UPDATE";

/// A call, acknowledged, whose INVITE had these header lines: its To tag and what our 200 said.
fn call_with(rig: &mut Rig, lines: &[&str]) -> (String, Response) {
    let invite = lines.iter().fold(Script::invite(), |invite, line| invite.header(line));
    let transaction = invite_of(&rig.receive(&udp(), &invite.text()));
    rig.endpoint.claim(transaction, USER);
    let reply = Reply::new(StatusCode::OK).body("application/sdp", SDP);
    rig.endpoint.accept_invite(transaction, reply, rig.now).unwrap();
    let answer = response_of(&rig.drain()).clone();
    let tag = to_tag(&answer);
    rig.receive(&udp(), &Script::new("ACK", 1).branch("ack1").dialog_tag(&tag).text());
    (tag, answer)
}

fn update(cseq: u32, tag: &str, lines: &[&str]) -> Script {
    lines.iter().fold(Script::new("UPDATE", cseq).dialog_tag(tag), |update, line| update.header(line))
}

/// The peer refreshes; what our 200 says.
fn refreshed(rig: &mut Rig, request: &Script) -> Response {
    let offer = offer_of(&rig.receive(&udp(), &request.text()));
    rig.endpoint.respond(offer, Reply::new(StatusCode::OK), rig.now).unwrap();
    response_of(&rig.drain()).clone()
}

fn ended(seen: &[(u128, Seen)]) -> Vec<(u128, EndCause)> {
    seen.iter()
        .filter_map(|(at, seen)| match seen {
            Seen::User(USER, UserEvent::Ended { cause, .. }) => Some((*at, cause.clone())),
            _ => None,
        })
        .collect()
}

fn header_of(request: &Request, name: HeaderName) -> String {
    request.headers.text(&name).unwrap_or_default().into_owned()
}

#[test]
fn an_interval_below_90_seconds_gets_422_with_min_se_in_invite_reinvite_and_update() {
    let mut rig = Rig::new();
    let short = [TIMER, "Session-Expires: 89"];
    let invite = Script::invite().call("other").header(TIMER).header("Session-Expires: 89");
    let (tag, _) = call_with(&mut rig, &[]);
    let reinvite = Script { method: "INVITE".into(), ..update(2, &tag, &short).branch("re") };

    for request in [invite, reinvite, update(3, &tag, &short)] {
        let seen = rig.receive(&udp(), &request.text());

        let refusal = response_of(&seen);
        assert_eq!(refusal.status.code(), 422, "{}", request.method);
        assert_eq!(header(refusal, HeaderName::MinSe), "90");
    }
    assert_eq!(rig.endpoint.dialog_count(), 1);
}

#[test]
fn a_peer_that_knows_timers_refreshes_and_is_told_so() {
    let mut rig = Rig::new();

    let (_, answer) = call_with(&mut rig, &["Require: timer", "Session-Expires: 1800"]);

    assert_eq!(header(&answer, HeaderName::SessionExpires), "1800;refresher=uac");
    assert_eq!(header(&answer, HeaderName::Require), "timer");
    assert_eq!(header(&answer, HeaderName::Supported), "100rel, timer");
}

#[test]
fn a_session_that_the_peer_does_not_refresh_ends_with_bye_32_seconds_before_its_time() {
    let mut rig = Rig::new();
    call_with(&mut rig, &[TIMER, "Session-Expires: 1800"]);

    let seen = rig.run_until(2_000_000);

    assert_eq!(sent(&seen).first(), Some(&(1_768_000, "BYE".to_owned())));
    let bye = request_of(&seen.iter().map(|(_, seen)| seen).cloned().collect::<Vec<_>>()).clone();
    assert_eq!(header_of(&bye, HeaderName::Reason), "SIP;cause=408;text=\"the session was not refreshed\"");
    assert_eq!(ended(&seen), [(1_768_000, EndCause::SessionExpired)]);
    assert_eq!(rig.endpoint.poll_timeout(), None);
}

#[test]
fn each_refresh_of_the_peer_begins_the_interval_anew() {
    let mut rig = Rig::new();
    let lines = [TIMER, "Session-Expires: 90;refresher=uac"];
    let (tag, _) = call_with(&mut rig, &lines);

    for (cseq, at) in [(2, 45_000), (3, 90_000)] {
        assert!(ended(&rig.run_until(at)).is_empty());
        let answer = refreshed(&mut rig, &update(cseq, &tag, &lines));
        assert_eq!(header(&answer, HeaderName::SessionExpires), "90;refresher=uac");
    }
    let seen = rig.run_until(400_000);

    assert_eq!(ended(&seen), [(150_000, EndCause::SessionExpired)]);
}

#[test]
fn a_refused_refresh_refreshes_nothing() {
    let mut rig = Rig::new();
    let lines = [TIMER, "Session-Expires: 90"];
    let (tag, _) = call_with(&mut rig, &lines);
    rig.run_until(50_000);

    let offer = offer_of(&rig.receive(&udp(), &update(2, &tag, &lines).text()));
    rig.endpoint.respond(offer, Reply::new(StatusCode::NOT_ACCEPTABLE_HERE), rig.now).unwrap();

    assert_eq!(ended(&rig.run_until(100_000)), [(60_000, EndCause::SessionExpired)]);
}

#[test]
fn a_refresh_without_session_expires_ends_the_timer() {
    let mut rig = Rig::new();
    let (tag, _) = call_with(&mut rig, &[TIMER, "Session-Expires: 90"]);

    let answer = refreshed(&mut rig, &update(2, &tag, &[TIMER]));

    assert!(!answer.headers.contains(&HeaderName::SessionExpires));
    assert!(ended(&rig.run_until(1_000_000)).is_empty());
}

#[test]
fn we_refresh_by_update_at_half_time_if_the_peer_wants_it_and_takes_update() {
    let mut rig = Rig::new();
    let (_, answer) = call_with(&mut rig, &[TIMER, UPDATE_TAKEN, "Session-Expires: 1800;refresher=uas"]);
    assert_eq!(header(&answer, HeaderName::SessionExpires), "1800;refresher=uas");

    for at in [900_000, 1_800_000] {
        let seen: Vec<Seen> = rig.run_until(at).into_iter().map(|(_, seen)| seen).collect();
        let request = request_of(&seen);
        assert_eq!(request.method.as_str(), "UPDATE");
        assert!(request.body.is_empty());
        assert_eq!(header_of(request, HeaderName::SessionExpires), "1800;refresher=uac");
        assert_eq!(header_of(request, HeaderName::Contact), "<sip:192.0.2.1:5060>");
        assert_eq!(header_of(request, HeaderName::Supported), "100rel, timer");
        let answer = answer_to(request, "200 OK");
        let answer =
            answer.replace("Content-Length", "Session-Expires: 1800;refresher=uac\r\nContent-Length");
        assert!(rig.receive(&udp(), &answer).is_empty());
    }
}

#[test]
fn the_peer_may_take_the_refreshing_over_in_its_answer() {
    let mut rig = Rig::new();
    call_with(&mut rig, &[TIMER, UPDATE_TAKEN, "Session-Expires: 90;refresher=uas"]);
    let seen: Vec<Seen> = rig.run_until(45_000).into_iter().map(|(_, seen)| seen).collect();
    let answer = answer_to(request_of(&seen), "200 OK");

    rig.receive(
        &udp(),
        &answer.replace("Content-Length", "Session-Expires: 120;refresher=uas\r\nContent-Length"),
    );

    let seen = rig.run_until(400_000);
    assert_eq!(sent(&seen).first(), Some(&(133_000, "BYE".to_owned())));
    assert_eq!(ended(&seen), [(133_000, EndCause::SessionExpired)]);
}

#[test]
fn a_refresh_of_ours_is_answered_in_four_ways() {
    // The answer at 45 s, and what we send then, when.
    for (status, method, at) in [
        ("491 Request Pending", "UPDATE", 55_000),
        ("422 Session Interval Too Small", "UPDATE", 55_000),
        ("481 Call/Transaction Does Not Exist", "BYE", 45_000),
        ("408 Request Timeout", "BYE", 45_000),
    ] {
        let mut rig = Rig::new();
        call_with(&mut rig, &[TIMER, UPDATE_TAKEN, "Session-Expires: 90;refresher=uas"]);
        let seen: Vec<Seen> = rig.run_until(45_000).into_iter().map(|(_, seen)| seen).collect();
        let answer = answer_to(request_of(&seen), status);

        rig.receive(&udp(), &answer.replace("Content-Length", "Min-SE: 120\r\nContent-Length"));

        let seen = rig.run_until(55_000);
        assert_eq!(sent(&seen).first(), Some(&(at, method.to_owned())), "{status}");
        if status.starts_with("422") {
            let seen: Vec<Seen> = seen.into_iter().map(|(_, seen)| seen).collect();
            assert_eq!(header_of(request_of(&seen), HeaderName::MinSe), "120");
            assert_eq!(header_of(request_of(&seen), HeaderName::SessionExpires), "120;refresher=uac");
        }
    }
}

#[test]
fn a_mute_peer_ends_the_session_when_its_time_is_over() {
    let mut rig = Rig::new();
    call_with(&mut rig, &[TIMER, UPDATE_TAKEN, "Session-Expires: 90;refresher=uas"]);

    let seen = rig.run_until(200_000);

    assert_eq!(ended(&seen), [(60_000, EndCause::SessionExpired)]);
}

/// A call that we must refresh by re-INVITE, up to the re-INVITE at 45 s: dialog, To tag, what was sent.
fn reinvited(rig: &mut Rig, origin: &Origin) -> (DialogId, String, Request) {
    let invite = Script::invite().header(TIMER).header("Session-Expires: 90;refresher=uas");
    let (dialog, tag) = rig.answered_call(origin, &invite);
    rig.receive(origin, &Script::new("ACK", 1).branch("ack1").dialog_tag(&tag).text());
    let seen = rig.run_until(45_000);
    let [(45_000, Seen::User(USER, UserEvent::RefreshDue { dialog: due }))] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert_eq!(*due, dialog);
    rig.endpoint.reinvite(dialog, offer(), rig.now).unwrap();
    (dialog, tag, request_of(&rig.drain()).clone())
}

fn offer() -> super::super::SipBody {
    super::super::SipBody { content_type: "application/sdp".into(), bytes: SDP.into() }
}

/// The peer's answer with a body of one line.
fn answered(request: &Request, status: &str) -> String {
    let lines = "Contact: <sip:moved@192.0.2.7>\r\nSession-Expires: 90;refresher=uac\r\n";
    let lines = format!("{lines}Content-Type: application/sdp\r\nContent-Length: 5");
    answer_to(request, status).replace("Content-Length: 0", &lines) + SDP
}

#[test]
fn we_refresh_by_reinvite_if_the_peer_takes_no_update_and_acknowledge_each_copy_of_its_200() {
    for origin in [udp(), tls()] {
        let mut rig = Rig::new();
        let (dialog, _, request) = reinvited(&mut rig, &origin);
        assert_eq!(request.method.as_str(), "INVITE");
        assert_eq!(request.body, SDP);
        assert_eq!(header_of(&request, HeaderName::SessionExpires), "90;refresher=uac");

        let seen = rig.receive(&origin, &answered(&request, "200 OK"));
        let again = rig.receive(&origin, &answered(&request, "200 OK"));

        let [Seen::Request(ack, _), Seen::User(USER, UserEvent::OfferAnswered { dialog: told, body })] =
            &seen[..]
        else {
            panic!("{seen:?}")
        };
        assert_eq!((*told, body.as_ref().unwrap().bytes.as_ref()), (dialog, SDP.as_bytes()));
        assert_eq!(ack.method.as_str(), "ACK");
        assert_eq!(
            header_of(ack, HeaderName::CSeq),
            header_of(&request, HeaderName::CSeq).replace("INVITE", "ACK")
        );
        assert_ne!(header_of(ack, HeaderName::Via), header_of(&request, HeaderName::Via));
        assert!(matches!(&again[..], [Seen::Request(second, _)] if second == ack), "{again:?}");
        let due = rig.run_until(90_000);
        assert!(matches!(&due[..], [(90_000, Seen::User(_, UserEvent::RefreshDue { .. }))]), "{due:?}");
        rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
        assert_eq!(request_of(&rig.drain()).uri.as_str(), "sip:moved@192.0.2.7");
    }
}

#[test]
fn a_refused_reinvite_of_ours_is_acknowledged_and_due_again_after_ten_seconds() {
    let mut rig = Rig::new();
    let (_, _, request) = reinvited(&mut rig, &udp());

    let seen = rig.receive(&udp(), &answer_to(&request, "491 Request Pending"));
    let later = rig.run_until(56_000);

    let [Seen::Request(ack, _), Seen::User(USER, UserEvent::OfferRefused { .. })] = &seen[..] else {
        panic!("{seen:?}")
    };
    assert_eq!(ack.method.as_str(), "ACK");
    assert_eq!(header_of(ack, HeaderName::Via), header_of(&request, HeaderName::Via));
    assert!(matches!(&later[..], [(55_000, Seen::User(_, UserEvent::RefreshDue { .. }))]), "{later:?}");
}

#[test]
fn an_offer_that_crosses_our_reinvite_gets_491_and_a_stranger_answers_nothing() {
    let mut rig = Rig::new();
    let (dialog, tag, request) = reinvited(&mut rig, &udp());
    let reinvite = Script { cseq: 2, ..Script::invite().dialog_tag(&tag).branch("re") };

    let crossing = rig.receive(&udp(), &reinvite.text());
    let twice = rig.endpoint.reinvite(dialog, offer(), rig.now);
    let foreign =
        rig.receive(&origin(Transport::Udp, "192.0.2.8:5060", &["gw2"]), &answered(&request, "200 OK"));
    let other =
        rig.receive(&udp(), &answered(&request, "200 OK").replace("branch=z9hG4bK", "branch=z9hG4bKx"));

    assert_eq!(statuses(&crossing), [491]);
    assert_eq!(twice, Err(crate::SipError::OfferPending));
    assert!(foreign.is_empty() && other.is_empty(), "{foreign:?} {other:?}");
}

#[test]
fn a_mute_peer_of_our_reinvite_ends_with_the_session() {
    let mut rig = Rig::new();
    reinvited(&mut rig, &udp());

    let seen = rig.run_until(200_000);

    assert_eq!(ended(&seen), [(60_000, EndCause::SessionExpired)]);
    assert!(rig.endpoint.dialogs.is_clean());
}

#[test]
fn an_expiring_session_answers_the_offer_that_still_waits_with_487() {
    let mut rig = Rig::new();
    let (tag, _) = call_with(&mut rig, &[TIMER, "Session-Expires: 90"]);
    rig.run_until(50_000);
    let reinvite = Script { cseq: 2, ..Script::invite().dialog_tag(&tag).branch("re") };
    offer_of(&rig.receive(&udp(), &reinvite.text()));

    let seen = rig.run_until(60_000);

    assert_eq!(
        sent(&seen),
        [(50_200, "100".to_owned()), (60_000, "487".to_owned()), (60_000, "BYE".to_owned())]
    );
}

#[test]
fn our_bye_ends_the_timer() {
    let mut rig = Rig::new();
    let invite = Script::invite().header(TIMER).header("Session-Expires: 90");
    let (dialog, tag) = rig.answered_call(&udp(), &invite);
    rig.receive(&udp(), &Script::new("ACK", 1).branch("ack1").dialog_tag(&tag).text());
    rig.run_until(40_000);

    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();
    rig.drain();
    let seen = rig.run_until(200_000);

    assert_eq!(ended(&seen), [(72_000, EndCause::ByeTimedOut)]);
    assert_eq!(rig.endpoint.poll_timeout(), None);
}
