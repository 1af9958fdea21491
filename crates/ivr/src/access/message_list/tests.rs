use std::time::Duration;

use jiff::Timestamp;

use super::*;

fn message(id: i64, state: MessageState) -> MessageSummary {
    MessageSummary {
        id: MessageId(id),
        received: Timestamp::UNIX_EPOCH,
        length: Duration::from_secs(1),
        urgent: false,
        private: false,
        state,
        caller: None,
        sender: None,
    }
}

fn list(states: &[MessageState]) -> MessageList {
    let mut list = MessageList::default();
    list.update(states.iter().zip(1..).map(|(state, id)| message(id, *state)).collect());
    list
}

fn at(list: &MessageList) -> Option<i64> {
    list.current().map(|item| item.summary.id.0)
}

use MessageState::{Deleted, New, Saved};

#[test]
fn goes_through_a_section_and_back() {
    let mut list = list(&[New, Saved, New]);

    for (section, ids) in
        [(Section::All, vec![1, 2, 3]), (Section::New, vec![1, 3]), (Section::Saved, vec![2])]
    {
        assert!(list.begin(section));
        let mut heard = vec![at(&list).unwrap()];
        while list.next(Which::Any) {
            heard.push(at(&list).unwrap());
        }
        assert_eq!(heard, ids, "{section:?}");
        while list.previous() {}
        assert_eq!(at(&list), Some(ids[0]));
    }
}

#[test]
fn next_new_one_passes_over_saved_ones() {
    let mut list = list(&[New, Saved, New, Saved]);
    list.begin(Section::All);

    assert!(list.next(Which::New));
    assert_eq!(at(&list), Some(3));
    assert!(!list.next(Which::New));
    assert_eq!(at(&list), Some(3));
}

#[test]
fn deleted_message_is_passed_over_forwards_and_met_backwards() {
    let mut list = list(&[New, New, New]);
    list.begin(Section::All);
    list.next(Which::Any);
    list.set_state(Deleted);
    list.previous();

    assert!(list.next(Which::Any));
    assert_eq!(at(&list), Some(3));
    assert!(list.previous());
    assert_eq!(at(&list), Some(2));
    assert_eq!(list.current().unwrap().after_delete_key(), New);
    assert_eq!(list.counts(), Counts { new: 2, new_urgent: 0, saved: 0 });
}

#[test]
fn section_begins_with_what_is_not_deleted_or_else_with_the_first() {
    let mut list = list(&[Saved, Saved]);
    list.begin(Section::All);
    list.set_state(Deleted);

    assert!(list.begin(Section::Saved));
    assert_eq!(at(&list), Some(2));
    list.set_state(Deleted);
    assert!(list.begin(Section::Saved));
    assert_eq!(at(&list), Some(1));
    assert!(!list.begin(Section::New));
}

#[test]
fn message_that_is_gone_leaves_its_neighbours_in_order() {
    for (gone, next) in [(1, Some(2)), (2, Some(3)), (3, None)] {
        let mut list = list(&[New, New, New]);
        list.begin(Section::All);
        while at(&list) != Some(gone) {
            list.next(Which::Any);
        }

        list.forget_current();

        assert_eq!(list.next(Which::Any), next.is_some(), "{gone}");
        if next.is_some() {
            assert_eq!(at(&list), next);
        }
        assert_eq!(list.counts().new, 2);
    }
}

#[test]
fn what_the_store_tells_again_keeps_what_this_call_knows() {
    let mut list = list(&[New, New, Saved]);
    list.begin(Section::All);
    list.set_state(New);
    list.next(Which::Any);
    list.set_state(Deleted);

    list.update(vec![message(4, New), message(1, New), message(3, Saved)]);
    list.begin(Section::All);

    assert_eq!(at(&list), Some(4));
    list.next(Which::Any);
    assert!(!list.current().unwrap().becomes_saved());
    list.hear_again();
    assert!(list.current().unwrap().becomes_saved());
    list.next(Which::Any);
    assert_eq!((at(&list), list.next(Which::Any)), (Some(3), false));
    assert_eq!(list.counts(), Counts { new: 2, new_urgent: 0, saved: 1 });
}

#[test]
fn unknown_list_has_nothing_and_survives_every_order() {
    let mut list = MessageList::default();

    assert!(!list.is_known() && !list.begin(Section::All) && !list.next(Which::Any) && !list.previous());
    list.set_state(Saved);
    list.hear_again();
    list.forget_current();
    assert_eq!(list.counts(), Counts::default());
}
