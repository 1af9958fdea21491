//! The caller goes on from a greeting to somebody else.
use mailbox::{GreetingId, RecordedGreeting};

use super::*;
use crate::{DialScope, Successor};

fn operator() -> Vec<IvrOutput> {
    let transfer = IvrOutput::Transfer { number: "0500".into(), scope: DialScope::DialPlan };
    vec![play("connecting"), transfer]
}

fn owner() -> Vec<IvrOutput> {
    let successor = Successor::SubscriberAccess { number: Some("41".into()) };
    vec![IvrOutput::StopPlaying, IvrOutput::HandOver(successor)]
}

#[test]
fn star_in_the_greeting_lets_the_owner_log_on_and_zero_leads_to_the_operator() {
    for (key_pressed, orders) in [('*', owner()), ('0', operator())] {
        converse(
            CallAnswering::new(settings()),
            vec![(IvrInput::Begin, vec![play(GREETING)]), (key(key_pressed), orders)],
        );
    }
}

#[test]
fn caller_whom_nobody_takes_over_leaves_a_message_all_the_same() {
    converse(
        CallAnswering::new(settings()),
        vec![
            (IvrInput::Begin, vec![play(GREETING)]),
            (key('0'), operator()),
            (IvrInput::PlayFinished, vec![]),
            (
                IvrInput::NotTransferred(TransferFailure::Failed),
                vec![play("not-connected record-after-tone [tone]")],
            ),
            (key('*'), owner()),
            (IvrInput::NotHandedOver, vec![play("[tone]")]),
            (IvrInput::PlayFinished, vec![RECORD]),
        ],
    );
}

#[test]
fn caller_who_goes_while_being_connected_has_not_missed_the_one_they_called() {
    converse(
        CallAnswering::new(settings()),
        vec![
            (IvrInput::Begin, vec![play(GREETING)]),
            (key('0'), operator()),
            (IvrInput::PeerHungUp, vec![IvrOutput::Finished]),
        ],
    );
}

#[test]
fn zero_skips_the_greeting_where_there_is_no_operator() {
    let call = CallAnswering::new(CallAnsweringSettings { operator: None, ..settings() });

    converse(call, vec![(IvrInput::Begin, vec![play(GREETING)]), (key('0'), vec![play("[tone]")])]);
}

#[test]
fn greeting_of_the_plan_is_heard_in_place_of_the_sentence_and_only_where_the_mailbox_has_none() {
    let own = RecordedGreeting { id: GreetingId(7), length: LENGTH };
    let of_plan = || Phrase::Announcement("away".into());
    let recorded = || SpokenName::Recorded(name());
    let table = [
        (settings().called, None, vec![of_plan(), Phrase::RecordTone]),
        (recorded(), None, vec![of_plan(), Phrase::RecordTone]),
        (settings().called, Some(own), vec![Phrase::Greeting(own), Phrase::RecordTone]),
    ];

    for (called, greeting, words) in table {
        let plan_greeting = Some("away".to_owned());
        let settings = CallAnsweringSettings { called, greeting, plan_greeting, ..settings() };
        converse(
            CallAnswering::new(settings),
            vec![
                (IvrInput::Begin, vec![IvrOutput::Play(words)]),
                (key('5'), vec![play("[tone]")]),
                (IvrInput::PlayFinished, vec![RECORD]),
            ],
        );
    }
}

#[test]
fn recorded_greeting_is_heard_in_place_of_the_name() {
    let greeting = RecordedGreeting { id: GreetingId(7), length: LENGTH };
    let call = CallAnswering::new(CallAnsweringSettings { greeting: Some(greeting), ..settings() });

    converse(
        call,
        vec![(IvrInput::Begin, vec![IvrOutput::Play(vec![Phrase::Greeting(greeting), Phrase::RecordTone])])],
    );
}
