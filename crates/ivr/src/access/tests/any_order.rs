//! Whatever the world says, in whatever order.
use proptest::prelude::*;

use super::*;

const INPUTS: [&str; 43] = [
    "begin",
    "played",
    "played",
    "played",
    "waited",
    "waited",
    "opened",
    "opened, must change",
    "opened, 3 days",
    "refused",
    "failed",
    "messages",
    "messages",
    "no messages",
    "done",
    "done",
    "not there",
    "Personal kept",
    "Name kept",
    "greeting not kept",
    "one name",
    "two names",
    "no name",
    "not handed over",
    "PIN set",
    "PIN used",
    "card",
    "no card",
    "recorded",
    "recorded",
    "recorded, longest",
    "recorded, cut off",
    "recorded, 199 ms",
    "not allowed",
    "not connected",
    "1",
    "2",
    "#",
    "*",
    "0",
    "7",
    "4",
    "D",
];

fn any_input() -> impl Strategy<Value = IvrInput> {
    prop_oneof![
        3 => proptest::sample::select(&INPUTS[..]).prop_map(|text| inputs(text).remove(0)),
        3 => (0_u8..16).prop_map(|code| IvrInput::Digit(Digit::from_event_code(code).unwrap())),
        1 => Just(IvrInput::MessageStored),
        1 => Just(IvrInput::MessageNotStored),
        1 => Just(IvrInput::NotHandedOver),
    ]
}

const DIRECTORY: Option<PeopleOffered> = Some(PeopleOffered { calls: true, messages: true });

fn any_layout() -> impl Strategy<Value = KeyLayout> {
    prop_oneof![Just(EXCHANGE), Just(ASTERISK)]
}

fn drain(access: &mut SubscriberAccess, input: IvrInput) -> Vec<IvrOutput> {
    access.handle_input(input);
    std::iter::from_fn(|| access.poll_output()).collect()
}

fn is_end(output: &IvrOutput) -> bool {
    matches!(output, IvrOutput::HangUp | IvrOutput::Finished)
}

/// Whoever has not logged on hears words, tries PINs and reaches the operator.
fn is_for_anybody(order: &IvrOutput) -> bool {
    match order {
        IvrOutput::Play(_)
        | IvrOutput::StopPlaying
        | IvrOutput::Await(_)
        | IvrOutput::Ask(Question::LogOn { .. } | Question::Names { .. })
        | IvrOutput::HangUp
        | IvrOutput::Finished => true,
        IvrOutput::Transfer { number, scope } => {
            ["99", "42", "43", "44"].contains(&number.as_str()) && *scope == DialScope::DialPlan
        }
        IvrOutput::HandOver(successor) => matches!(successor, Successor::Mailbox { .. }),
        IvrOutput::PlayRecording { .. }
        | IvrOutput::PlayMessage { .. }
        | IvrOutput::Pause(_)
        | IvrOutput::Skip(_)
        | IvrOutput::Speed { .. }
        | IvrOutput::Speak(_)
        | IvrOutput::Ask(_)
        | IvrOutput::Record(_)
        | IvrOutput::StopRecording
        | IvrOutput::Keep(_)
        | IvrOutput::Discard
        | IvrOutput::Missed => false,
    }
}

/// A world that keeps its side of the bargain: whatever is ordered comes to its end.
#[derive(Debug, Default)]
struct World {
    plays: bool,
    awaits: bool,
    records: bool,
    asked: Option<Question>,
    transfers: bool,
    over: bool,
    held: bool,
}

impl World {
    fn obey(&mut self, orders: Vec<IvrOutput>) {
        for order in orders {
            assert!(!self.over, "{order:?} after the end");
            match order {
                IvrOutput::Play(words) => {
                    assert!(!words.is_empty());
                    self.plays = true;
                }
                IvrOutput::PlayRecording { .. } => {
                    assert!(self.held, "there is no recording to play");
                    self.plays = true;
                }
                IvrOutput::PlayMessage { .. } => self.plays = true,
                IvrOutput::StopPlaying => self.plays = false,
                IvrOutput::Await(_) => self.awaits = true,
                IvrOutput::Record(_) => {
                    assert!(
                        !self.held,
                        "a second recording while the first one is neither used nor thrown away"
                    );
                    (self.records, self.held) = (true, true);
                }
                IvrOutput::StopRecording => assert!(self.records),
                IvrOutput::Discard => {
                    assert!(self.held && !self.records, "nothing to throw away");
                    self.held = false;
                }
                IvrOutput::Ask(question) => {
                    assert!(self.asked.is_none(), "a second question");
                    let uses_recording = match &question {
                        Question::Send(message) => message.recorded.is_some(),
                        Question::KeepGreeting { .. } => true,
                        Question::LogOn { .. }
                        | Question::SetPin { .. }
                        | Question::Card { .. }
                        | Question::Messages { .. }
                        | Question::Mark { .. }
                        | Question::SetOption { .. }
                        | Question::Names { .. } => false,
                    };
                    assert!(!uses_recording || self.held && !self.records);
                    self.held &= !uses_recording;
                    self.asked = Some(question);
                }
                IvrOutput::Transfer { .. } | IvrOutput::HandOver(Successor::Mailbox { .. }) => {
                    self.transfers = true
                }
                IvrOutput::HangUp | IvrOutput::Finished => self.over = true,
                IvrOutput::Pause(_) | IvrOutput::Skip(_) | IvrOutput::Speed { .. } | IvrOutput::Speak(_) => {}
                IvrOutput::HandOver(_) | IvrOutput::Keep(_) | IvrOutput::Missed => panic!("{order:?}"),
            }
        }
    }

    /// What happens next if no key is pressed.
    fn next(&mut self, well: bool) -> IvrInput {
        if let Some(question) = self.asked.take() {
            return IvrInput::Answered(if well { answer(&question) } else { Answer::Failed });
        }
        if std::mem::take(&mut self.transfers) {
            return IvrInput::NotTransferred(TransferFailure::Failed);
        }
        if std::mem::take(&mut self.records) {
            return inputs(if well { "recorded" } else { "recorded, 199 ms" }).remove(0);
        }
        if std::mem::take(&mut self.plays) {
            return IvrInput::PlayFinished;
        }
        assert!(
            std::mem::take(&mut self.awaits),
            "nothing is under way: the call would stand still for ever"
        );
        IvrInput::Waited
    }
}

fn answer(question: &Question) -> Answer {
    match question {
        Question::LogOn { .. } => Answer::LogOn(LogOn::Opened(Box::new(subscriber()))),
        Question::SetPin { .. } => Answer::Pin(Ok(())),
        Question::Card { .. } => Answer::Card(Some(Box::new(card("43")))),
        Question::Messages { .. } => Answer::Messages(messages()),
        Question::KeepGreeting { kind, .. } => Answer::GreetingKept(Some(match kind {
            mailbox::GreetingKind::Personal => KeptGreeting::Personal(recorded_now()),
            mailbox::GreetingKind::OutOfOffice => KeptGreeting::OutOfOffice(recorded_now()),
            mailbox::GreetingKind::Name => KeptGreeting::Name(name_of_now()),
        })),
        Question::Mark { .. } | Question::Send(_) | Question::SetOption { .. } => Answer::Changed(true),
        Question::Names { digits, .. } => Answer::Names(match digits.len() {
            1 => NamesFound { cards: vec![card("43"), card("44")], more: false },
            2 => NamesFound { cards: vec![card("43")], more: false },
            _ => NamesFound::default(),
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn any_inputs_in_any_order_end_once_with_few_orders_each(
        inputs in proptest::collection::vec(any_input(), 0..120),
        layout in any_layout(),
        input_failures in 0_u8..4,
    ) {
        let mut access = SubscriberAccess::new(SubscriberAccessSettings { input_failures, directory: DIRECTORY, ..settings(layout) });
        let mut orders = drain(&mut access, IvrInput::Begin);
        for input in inputs {
            let told = drain(&mut access, input);
            prop_assert!(access.subscriber.is_some() || told.iter().all(is_for_anybody), "{told:?}");
            // A key may let loose those that were pressed before it: three orders each, at most.
            prop_assert!(told.len() <= 3 * (KEYS_AHEAD + 2), "{told:?}");
            orders.extend(told);
        }
        orders.extend(drain(&mut access, IvrInput::PeerHungUp));
        orders.extend(drain(&mut access, super::inputs("recorded").remove(0)));

        prop_assert_eq!(orders.iter().filter(|order| is_end(order)).count(), 1, "{:?}", orders);
        prop_assert!(orders.last().is_some_and(is_end), "{:?}", orders);
        prop_assert!(access.keys_ahead.is_empty());
    }

    #[test]
    fn only_so_many_pins_are_tried_in_a_call_and_none_of_them_opens_by_itself(
        keys in proptest::collection::vec(proptest::sample::select(&b"012345678####*AD"[..]), 0..300),
        logon_failures in 0_u8..5,
        known in any::<bool>(),
    ) {
        let mut access = SubscriberAccess::new(SubscriberAccessSettings {
            logon_failures,
            // The extension is what is tried, not the patience with wrong keys.
            input_failures: 20,
            directory: DIRECTORY,
            caller_number: known.then(|| "41".into()),
            ..settings(EXCHANGE)
        });
        let mut orders = drain(&mut access, IvrInput::Begin);
        for key in keys {
            let mut told = drain(&mut access, IvrInput::Digit(Digit::from_char(char::from(key)).unwrap()));
            // Whatever is under way comes to its end before the next key.
            while let Some(input) = told.iter().find_map(|order| match order {
                IvrOutput::Ask(Question::LogOn { .. }) => {
                    Some(IvrInput::Answered(Answer::LogOn(LogOn::Refused)))
                }
                IvrOutput::Ask(question) => Some(IvrInput::Answered(answer(question))),
                IvrOutput::Transfer { .. } | IvrOutput::HandOver(_) => Some(IvrInput::NotTransferred(TransferFailure::Failed)),
                _ => None,
            }) {
                orders.append(&mut told);
                told = drain(&mut access, input);
            }
            orders.append(&mut told);
        }

        let is_try = |order: &&IvrOutput| matches!(order, IvrOutput::Ask(Question::LogOn { .. }));
        let tried = orders.iter().filter(is_try).count();
        prop_assert!(tried <= usize::from(logon_failures.max(1)), "{tried}");
        prop_assert!(orders.iter().all(is_for_anybody), "{orders:?}");
    }

    #[test]
    fn pin_that_must_be_changed_lets_nothing_else_through(
        keys in proptest::collection::vec(proptest::sample::select(&b"111##*06AP"[..]), 0..200),
    ) {
        let mut access = after(fresh(EXCHANGE), &["begin", "41#1#", "opened, must change"]);
        for key in keys {
            // P: what plays is heard to its end.
            let input = match char::from(key) {
                'P' => IvrInput::PlayFinished,
                key => IvrInput::Digit(Digit::from_char(key).unwrap()),
            };
            let told = drain(&mut access, input);
            let asked = told.iter().any(|order| matches!(order, IvrOutput::Ask(_)));
            let allowed = |order: &IvrOutput| match order {
                IvrOutput::Ask(question) => matches!(question, Question::SetPin { .. }),
                IvrOutput::Transfer { .. } | IvrOutput::PlayMessage { .. } | IvrOutput::Record(_) => false,
                _ => true,
            };
            prop_assert!(told.iter().all(allowed), "{told:?}");
            if asked {
                let told = drain(&mut access, inputs("PIN used").remove(0));
                prop_assert!(told.iter().all(allowed), "{told:?}");
            }
        }
    }

    #[test]
    fn whatever_is_pressed_and_whenever_silence_ends_the_call(
        // How many things happen before the key, and the key; whether the store is well.
        keys in proptest::collection::vec((0_u8..4, 0_u8..16, any::<bool>()), 0..80),
        layout in any_layout(),
        logged_on in any::<bool>(),
    ) {
        let open = SubscriberAccessSettings { directory: DIRECTORY, ..settings(layout) };
        let mut access = SubscriberAccess::new(open);
        let mut world = World::default();
        world.obey(drain(&mut access, IvrInput::Begin));
        if logged_on {
            for input in inputs("41#2580#") {
                world.obey(drain(&mut access, input));
            }
        }
        for (happenings, code, well) in keys {
            for _ in 0..happenings {
                if !world.over {
                    let input = world.next(well || logged_on && access.subscriber.is_none());
                    world.obey(drain(&mut access, input));
                }
            }
            // A key ends the wait.
            world.awaits = false;
            world.obey(drain(&mut access, IvrInput::Digit(Digit::from_event_code(code).unwrap())));
        }
        let mut left = 200;
        while !world.over {
            left -= 1;
            prop_assert!(left > 0, "it does not end: {:?}", access);
            let input = world.next(true);
            world.obey(drain(&mut access, input));
        }
        prop_assert!(!world.held, "a recording was neither used nor thrown away");
    }
}
