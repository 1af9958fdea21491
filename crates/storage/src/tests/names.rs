//! Dial by name.
use mailbox::{
    NAMES_AT_MOST, NameOrder, NamesFound, NewMailbox, PhoneQuestion, RecordedName, StoreReplyKind,
    StoreRequestKind,
};
use telephony::AudioCodec;

use super::{ask, new_mailbox, noon, open};
use crate::Store;

fn enable(store: &Store, extension: &str, name: &str) -> mailbox::Mailbox {
    let new = NewMailbox { name: name.to_owned(), ..new_mailbox(extension, &[]) };
    store.enable_mailbox(&new, None, noon()).unwrap()
}

fn search(store: &Store, digits: &str, order: NameOrder) -> NamesFound {
    let question = PhoneQuestion::Names { dial_plan: "hq".into(), digits: digits.into(), order };
    match ask(store, StoreRequestKind::Phone(question)) {
        Ok(StoreReplyKind::Names(found)) => found,
        other => panic!("{other:?}"),
    }
}

fn names(found: &NamesFound) -> Vec<&str> {
    found.cards.iter().map(|card| card.name.as_str()).collect()
}

#[test]
fn several_people_with_the_same_keys_are_all_found_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    // Smith and Poith have the same keys, 76484.
    for (extension, name) in
        [("4003", "Zoe Smith"), ("4001", "Tony Smith"), ("4002", "Ann Poith"), ("4004", "Bo Jones")]
    {
        enable(&store, extension, name);
    }
    let abroad =
        NewMailbox { dial_plan: "branch".into(), name: "Al Smith".into(), ..new_mailbox("4001", &[]) };
    store.enable_mailbox(&abroad, None, noon()).unwrap();

    let found = search(&store, "76484", NameOrder::LastFirst);

    assert_eq!(names(&found), ["Ann Poith", "Tony Smith", "Zoe Smith"]);
    assert!(!found.more);
    assert_eq!(found.cards[1].extension.as_str(), "4001");
    assert_eq!(names(&search(&store, "764848669", NameOrder::LastFirst)), ["Tony Smith"]);
    assert_eq!(names(&search(&store, "8669", NameOrder::FirstLast)), ["Tony Smith"]);
    assert_eq!(search(&store, "99999", NameOrder::LastFirst), NamesFound::default());
    assert_eq!(store.names_spelled("hq", "8669", NameOrder::FirstLast).unwrap().cards.len(), 1);
}

#[test]
fn matches_bring_their_recorded_names() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let tony = enable(&store, "4001", "Tony Smith");
    let spoken = RecordedName::new(AudioCodec::Pcmu, vec![7; 8_000]).unwrap();
    store.set_recorded_name(tony.id, &spoken).unwrap();

    let found = search(&store, "7648", NameOrder::LastFirst);

    assert_eq!(found.cards[0].recorded_name, Some(spoken));
}

#[test]
fn no_more_matches_are_read_out_than_there_are_keys() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for place in 0..NAMES_AT_MOST {
        enable(&store, &format!("400{place}"), &format!("Anna{place} Smith"));
    }

    let all = search(&store, "76484", NameOrder::LastFirst);
    enable(&store, "4100", "Zara Smith");
    let too_many = search(&store, "76484", NameOrder::LastFirst);

    assert_eq!((all.cards.len(), all.more), (NAMES_AT_MOST, false));
    assert_eq!((too_many.cards.len(), too_many.more), (NAMES_AT_MOST, true));
}
