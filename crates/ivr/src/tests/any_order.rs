//! Whatever the world says, in whatever order.
use proptest::prelude::*;

use super::*;

fn any_input() -> impl Strategy<Value = IvrInput> {
    let why = prop_oneof![
        Just(RecordingEnd::Silence),
        Just(RecordingEnd::Maximum),
        Just(RecordingEnd::Stopped),
        Just(RecordingEnd::Truncated),
    ];
    prop_oneof![
        4 => Just(IvrInput::PlayFinished),
        4 => (0_u8..16).prop_map(|code| IvrInput::Digit(Digit::from_event_code(code).unwrap())),
        3 => (why, 0_u64..3000).prop_map(|(why, speech)| ended(why, speech)),
        2 => Just(IvrInput::Waited),
        1 => Just(IvrInput::Begin),
        1 => Just(IvrInput::MessageStored),
        1 => Just(IvrInput::MessageNotStored),
        1 => Just(IvrInput::NotHandedOver),
        1 => Just(IvrInput::NotTransferred(TransferFailure::Failed)),
        1 => Just(IvrInput::PeerHungUp),
        1 => Just(IvrInput::CutOff),
    ]
}

fn count(orders: &[IvrOutput], which: impl Fn(&IvrOutput) -> bool) -> usize {
    orders.iter().filter(|order| which(order)).count()
}

fn place(orders: &[IvrOutput], which: impl Fn(&IvrOutput) -> bool) -> Option<usize> {
    orders.iter().position(which)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn conversation_always_ends_once_and_has_kept_or_missed_exactly_one_call(
        inputs in proptest::collection::vec(any_input(), 0..60),
        input_failures in 0_u8..4,
        stored in any::<bool>(),
    ) {
        let mut call = CallAnswering::new(CallAnsweringSettings { input_failures, ..settings() });
        let mut orders = step(&mut call, IvrInput::Begin);
        for input in inputs {
            orders.extend(step(&mut call, input));
        }
        // The caller goes; then what the media and the store still owe.
        orders.extend(step(&mut call, IvrInput::PeerHungUp));
        orders.extend(step(&mut call, ended(RecordingEnd::Stopped, 3000)));
        let reply = if stored { IvrInput::MessageStored } else { IvrInput::MessageNotStored };
        orders.extend(step(&mut call, reply));

        let is_end = |order: &IvrOutput| matches!(order, IvrOutput::HangUp | IvrOutput::Finished);
        let is_keep = |order: &IvrOutput| matches!(order, IvrOutput::Keep(_));
        let is_missed = |order: &IvrOutput| *order == IvrOutput::Missed;
        let is_discard = |order: &IvrOutput| *order == IvrOutput::Discard;
        prop_assert_eq!(count(&orders, is_end), 1, "{:?}", orders);
        prop_assert!(orders.last().is_some_and(is_end), "{:?}", orders);
        let is_leaving = |order: &IvrOutput| {
            matches!(order, IvrOutput::HandOver(_) | IvrOutput::Transfer { .. })
        };
        let settled = count(&orders, is_keep) + count(&orders, is_missed);
        prop_assert!(settled == 1 || settled == 0 && count(&orders, is_leaving) > 0, "{:?}", orders);
        if let Some(kept) = place(&orders, is_keep) {
            prop_assert_eq!(count(&orders[kept..], is_discard), 0, "{:?}", orders);
        }
        // Each recording is kept or thrown away, once.
        let recordings = count(&orders, |order| matches!(order, IvrOutput::Record(_)));
        prop_assert_eq!(count(&orders, is_keep) + count(&orders, is_discard), recordings, "{:?}", orders);
    }
}
