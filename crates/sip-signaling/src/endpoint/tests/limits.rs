use super::*;
use crate::{
    EndpointLimits, MAX_CLIENT_TRANSACTIONS, MAX_DIALOGS, MAX_SERVER_TRANSACTIONS,
    RESERVED_SERVER_TRANSACTIONS,
};

fn limited(change: impl FnOnce(&mut EndpointLimits)) -> Rig {
    let mut config = EndpointConfig::new("um.example.com");
    change(&mut config.limits);
    Rig::with(config)
}

fn call(number: u32) -> Script {
    Script::invite().call(&format!("call-{number}"))
}

#[test]
fn the_default_limits_are_the_constants() {
    let limits = EndpointConfig::new("um.example.com").limits;

    assert_eq!(limits.server_transactions, MAX_SERVER_TRANSACTIONS);
    assert_eq!(limits.reserved_server_transactions, RESERVED_SERVER_TRANSACTIONS);
    assert_eq!(limits.client_transactions, MAX_CLIENT_TRANSACTIONS);
    assert_eq!(limits.dialogs, MAX_DIALOGS);
}

#[test]
fn an_invite_beyond_the_dialogs_gets_503_with_words_and_without_retry_after() {
    let mut rig = limited(|limits| limits.dialogs = 2);
    rig.answered_call(&udp(), &call(1));
    invite_of(&rig.receive(&udp(), &call(2).text()));

    let seen = rig.receive(&udp(), &call(3).text());

    assert!(matches!(seen.first(), Some(Seen::Event("queue-full"))));
    let response = response_of(&seen);
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(header(response, HeaderName::Reason).starts_with("Q.850;cause=42;"));
    assert!(header(response, HeaderName::Warning).starts_with("399 um.example.com "));
    assert!(!response.headers.contains(&HeaderName::RetryAfter));
}

#[test]
fn a_limit_of_the_transaction_user_goes_before_what_else_is_wrong_and_stops_calls_alone() {
    let mut rig = limited(|_| {});
    rig.endpoint.limit_calls(Some(Reply::new(StatusCode::SERVICE_UNAVAILABLE)));

    let unknown_extension = rig.receive(&udp(), &call(1).header("Require: telepathy").text());
    let options = rig.receive(&udp(), &Script::new("OPTIONS", 1).call("o1").text());
    rig.endpoint.limit_calls(None);

    assert!(matches!(unknown_extension.first(), Some(Seen::Event("call-rejected"))));
    assert_eq!(statuses(&unknown_extension), [503]);
    assert!(matches!(options.as_slice(), [Seen::Options(_)]));
    invite_of(&rig.receive(&udp(), &call(2).text()));
}

#[test]
fn a_refused_call_gives_its_place_back() {
    let mut rig = limited(|limits| limits.dialogs = 1);
    let transaction = invite_of(&rig.receive(&udp(), &call(1).text()));

    rig.endpoint.respond(transaction, Reply::new(StatusCode::NOT_FOUND), rig.now).unwrap();
    rig.drain();

    invite_of(&rig.receive(&udp(), &call(2).text()));
}

#[test]
fn an_invite_leaves_the_reserved_transactions_to_options_and_calls_that_run() {
    let mut rig = limited(|limits| {
        limits.server_transactions = 3;
        limits.reserved_server_transactions = 2;
    });
    invite_of(&rig.receive(&udp(), &call(1).text()));

    let invite = rig.receive(&udp(), &call(2).text());
    let options = rig.receive(&udp(), &Script::new("OPTIONS", 1).call("o1").text());

    assert_eq!(statuses(&invite), [503]);
    assert!(matches!(options.as_slice(), [Seen::Options(_)]));
}

#[test]
fn at_the_limit_of_transactions_all_but_bye_and_cancel_get_503() {
    let mut rig = limited(|limits| {
        limits.server_transactions = 2;
        limits.reserved_server_transactions = 0;
    });
    let (_, tag) = rig.answered_call(&udp(), &call(1));
    invite_of(&rig.receive(&udp(), &call(2).text()));
    let within = |method: &str, cseq| Script::new(method, cseq).call("call-1").dialog_tag(&tag).text();

    assert_eq!(statuses(&rig.receive(&udp(), &Script::new("OPTIONS", 1).call("o1").text())), [503]);
    assert_eq!(statuses(&rig.receive(&udp(), &within("INFO", 2))), [503]);
    let cancel = Script { method: "CANCEL".to_owned(), ..call(2) };
    assert_eq!(statuses(&rig.receive(&udp(), &cancel.text())), [200, 487]);
    let bye = rig.receive(&udp(), &within("BYE", 3));
    assert_eq!(statuses(&bye), [200]);
    assert!(matches!(bye.last(), Some(Seen::User(USER, UserEvent::Ended { .. }))));
    assert_eq!(rig.endpoint.transaction_count(), 2);
}

#[test]
fn at_the_limit_of_client_transactions_a_bye_is_sent_once() {
    let mut rig = limited(|limits| limits.client_transactions = 0);
    let (dialog, _) = rig.running_call(&udp());

    rig.endpoint.bye(dialog, Vec::new(), rig.now).unwrap();

    let seen = rig.drain();
    assert!(matches!(
        seen.as_slice(),
        [Seen::Request(_, _), Seen::User(USER, UserEvent::Ended { cause: EndCause::ByeTimedOut, .. })]
    ));
    assert_eq!(sent(&rig.run_until(60_000)), []);
}

#[test]
fn calls_that_nobody_acknowledges_leave_nothing_behind() {
    let mut rig = Rig::new();
    for number in 0..1_000 {
        rig.answered_call(&udp(), &call(number));
    }

    rig.run_until(120_000);

    assert_eq!(rig.endpoint.dialog_count(), 0);
    assert_eq!(rig.endpoint.transaction_count(), 0);
    assert_eq!(rig.endpoint.poll_timeout(), None);
}
