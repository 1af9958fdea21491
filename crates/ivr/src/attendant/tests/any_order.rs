//! Whatever the world says, in whatever order.
use proptest::prelude::*;

use super::*;

fn any_input() -> impl Strategy<Value = IvrInput> {
    prop_oneof![
        8 => (0_u8..16).prop_map(|code| IvrInput::Digit(Digit::from_event_code(code).unwrap())),
        4 => Just(IvrInput::PlayFinished),
        3 => Just(IvrInput::Waited),
        1 => Just(IvrInput::Begin),
        2 => (0_usize..10, any::<bool>()).prop_map(|(count, more)| {
            found((0..count).map(|at| card(&format!("{}", 4000 + at), at % 2 == 0)).collect(), more)
        }),
        1 => Just(holder(Some(card("4001", true)))),
        1 => Just(holder(None)),
        1 => Just(IvrInput::Answered(Answer::Failed)),
        1 => Just(IvrInput::Answered(Answer::Changed(true))),
        1 => Just(IvrInput::NotTransferred(TransferFailure::Failed)),
        1 => Just(IvrInput::NotTransferred(TransferFailure::NotAllowed)),
        1 => Just(IvrInput::NotHandedOver),
        1 => Just(IvrInput::MessageStored),
    ]
}

fn every_way() -> AttendantSettings {
    let mut with = with_keys(&[
        ("1", "transfer:4001"),
        ("2", "message:4002"),
        ("3", "attendant:sales"),
        ("4", "hours"),
        ("5", "location"),
        ("7", "directory"),
        ("8", "operator"),
        ("timeout", "transfer:4003"),
    ]);
    with.operator = Some("4000".into());
    with.name_order = Some(NameOrder::LastFirst);
    with
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_conversation_orders_little_at_a_time_and_ends_when_the_caller_goes(
        inputs in proptest::collection::vec(any_input(), 0..80),
        input_failures in 0_u8..4,
        calls in any::<bool>(),
        longest_number in prop_oneof![Just(1_u8), Just(4), Just(32)],
    ) {
        let people = PeopleOffered { calls, messages: true };
        let mut attendant =
            AutoAttendant::new(AttendantSettings { input_failures, people, longest_number, ..every_way() });
        let mut orders = step(&mut attendant, IvrInput::Begin);
        for input in inputs {
            let now = step(&mut attendant, input);
            prop_assert!(now.len() <= 2, "{:?}", now);
            orders.extend(now);
        }
        orders.extend(step(&mut attendant, IvrInput::PeerHungUp));

        let ends = orders.iter().filter(|order| matches!(order, IvrOutput::HangUp | IvrOutput::Finished)).count();
        prop_assert_eq!(ends, 1, "{:?}", orders);
        for order in &orders {
            if let IvrOutput::Transfer { number, scope } = order {
                prop_assert!(number.len() <= 32 && number.bytes().all(|b| b.is_ascii_digit()), "{}", number);
                prop_assert_eq!(scope, &DialScope::Attendant("main".into()));
            }
        }
    }

    #[test]
    fn a_caller_who_is_silent_for_ever_is_let_go(
        timeout in prop_oneof![
            Just(None), Just(Some("hours")), Just(Some("directory")), Just(Some("transfer:4001")),
            Just(Some("message:4001")), Just(Some("operator"))
        ],
        operator in any::<bool>(),
        input_failures in 0_u8..5,
    ) {
        let keys: Vec<(&str, &str)> = timeout.map(|action| ("timeout", action)).into_iter().collect();
        let operator = operator.then(|| "4000".to_owned());
        let mut attendant =
            AutoAttendant::new(AttendantSettings { operator, input_failures, ..with_keys(&keys) });
        let mut orders = step(&mut attendant, IvrInput::Begin);
        for _ in 0..100 {
            // What the world answers to the last order.
            let input = match orders.last() {
                Some(IvrOutput::Play(_)) => IvrInput::PlayFinished,
                Some(IvrOutput::Await(_)) => IvrInput::Waited,
                Some(IvrOutput::Transfer { .. }) => IvrInput::NotTransferred(TransferFailure::Failed),
                Some(IvrOutput::HandOver(_)) => IvrInput::NotHandedOver,
                _ => break,
            };
            orders.extend(step(&mut attendant, input));
        }

        prop_assert_eq!(orders.last(), Some(&IvrOutput::HangUp), "{:?}", orders);
    }
}
