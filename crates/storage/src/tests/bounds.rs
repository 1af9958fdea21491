use std::sync::mpsc;

use mailbox::{StoreFailure, StoreReplyKind, StoreRequest, StoreRequestKind};

use super::{ask, begin, block, details, enable, found, new_mailbox, noon, open, options};
use crate::{MailboxFilter, QueueFull, Store, StoreError, StoreOptions};

#[test]
fn the_first_candidate_that_is_a_number_of_the_plan_wins() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    enable(&store, "4001");
    let grace = store.enable_mailbox(&new_mailbox("4002", &["+14255554002"]), None, noon()).unwrap();
    let find = |dial_plan: &str, candidates: &[&str]| {
        let candidates = candidates.iter().map(|number| (*number).to_owned()).collect();
        ask(&store, StoreRequestKind::FindMailbox { dial_plan: dial_plan.into(), candidates, at: noon() })
    };

    assert_eq!(
        find("hq", &["9999", "+14255554002", "4001"]),
        Ok(StoreReplyKind::Mailbox(Some(found(1, &grace))))
    );
    assert_eq!(find("hq", &["4002"]), Ok(StoreReplyKind::Mailbox(Some(found(0, &grace)))));
    assert_eq!(find("hq", &["002", "14255554002", ""]), Ok(StoreReplyKind::Mailbox(None)));
    assert_eq!(find("branch", &["4002"]), Ok(StoreReplyKind::Mailbox(None)));
    assert_eq!(store.mailboxes(&MailboxFilter::default()).unwrap().len(), 2);
}

#[test]
fn only_sixty_four_candidates_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    enable(&store, "4001");
    let find = |strangers: usize| {
        let mut candidates = vec![String::from("9"); strangers];
        candidates.push("4001".into());
        ask(&store, StoreRequestKind::FindMailbox { dial_plan: "hq".into(), candidates, at: noon() }).unwrap()
    };

    assert!(matches!(find(63), StoreReplyKind::Mailbox(Some(found)) if found.candidate == 63));
    assert_eq!(find(64), StoreReplyKind::Mailbox(None));
}

#[test]
fn requests_beyond_the_bound_are_refused_without_a_reply() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { requests_waiting: 1, ..options() };
    let (store, _) = Store::open(folder.path(), options).unwrap();
    let request = || StoreRequest { token: 1, what: StoreRequestKind::DiscardRecording { recording: 1 } };
    let (replies, inbox) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();

    // The first reply is held back, so its request stays in flight.
    store
        .submit(request(), move |reply| {
            released.recv().unwrap();
            replies.send(reply).unwrap();
        })
        .unwrap();
    let refused = store.submit(request(), |_| panic!("a refused request was answered"));
    release.send(()).unwrap();

    assert_eq!(refused, Err(QueueFull));
    assert_eq!(inbox.recv().unwrap().what, Err(StoreFailure::NoSuchRecording { recording: 1 }));
}

#[test]
fn blocks_beyond_the_bound_are_refused_and_a_commit_still_fits() {
    let folder = tempfile::tempdir().unwrap();
    let options = StoreOptions { blocks_waiting: 1, ..options() };
    let (store, _) = Store::open(folder.path(), options).unwrap();
    let mailbox = enable(&store, "4001");
    begin(&store, 1, mailbox.id).unwrap();
    let (release, released) = mpsc::channel::<()>();
    let (entered, inside) = mpsc::channel::<()>();

    // A reply that waits holds the spool writer, as a stalling disk would.
    let stall = StoreRequest { token: 2, what: StoreRequestKind::DiscardRecording { recording: 99 } };
    store
        .submit(stall, move |_| {
            entered.send(()).unwrap();
            released.recv().unwrap();
        })
        .unwrap();
    inside.recv().unwrap();
    assert_eq!(store.append(1, block(0, 1, 4000, false)), Ok(()));
    assert_eq!(store.append(1, block(1, 2, 4000, true)), Err(QueueFull));
    let (replies, inbox) = mpsc::channel();
    let request = StoreRequest {
        token: 3,
        what: StoreRequestKind::CommitMessage { recording: 1, details: details(1000) },
    };
    store.submit(request, move |reply| replies.send(reply).unwrap()).unwrap();
    release.send(()).unwrap();

    assert!(matches!(inbox.recv().unwrap().what, Ok(StoreReplyKind::Committed { .. })));
    let message = store.messages(mailbox.id).unwrap().remove(0);
    assert_eq!((message.interrupted, message.octets), (true, 4000));
}

#[test]
fn a_store_that_is_shut_down_refuses_work_and_frees_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.shutdown();

    let request = StoreRequest { token: 1, what: StoreRequestKind::DiscardRecording { recording: 1 } };
    assert_eq!(store.submit(request, |_| {}), Err(QueueFull));
    assert_eq!(store.append(1, block(0, 1, 1, false)), Err(QueueFull));
    assert!(matches!(store.load_site(), Err(StoreError::Closed)));
    assert!(Store::open(folder.path(), options()).is_ok());
}
