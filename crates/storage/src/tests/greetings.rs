//! What callers hear, what owners have chosen, and what becomes of drafts.
use std::{fs, sync::Arc, time::Duration};

use jiff::{Timestamp, civil::date};
use mailbox::{
    Clock, FoundMailbox, GreetingId, GreetingKind, KeptGreeting, MailboxId, OptionChange, OutOfOffice,
    OutgoingRecording, PhoneChange, PhoneOptions, RecordedGreeting, RecordedName, StoreFailure,
    StoreReplyKind, StoreRequestKind,
};
use rustix::io::Errno;
use telephony::AudioCodec;

use super::{
    ask, at, audio_files, begin, block, draft, enable,
    faulty_disk::{Fault, FaultyDisk, Operation},
    leave_message, noon, open, options,
};
use crate::{CallersGreeting, MessagesOfDisabled, Store, StoreError};

fn keep(
    store: &Store,
    mailbox: MailboxId,
    kind: GreetingKind,
    recording: OutgoingRecording,
) -> Result<Option<KeptGreeting>, StoreFailure> {
    let what = PhoneChange::Greeting { mailbox, kind, recording };
    match ask(store, StoreRequestKind::Change { at: noon(), what })? {
        StoreReplyKind::GreetingKept(kept) => Ok(kept),
        other => panic!("{other:?}"),
    }
}

fn choose(store: &Store, mailbox: MailboxId, change: OptionChange) -> bool {
    let what = PhoneChange::Option { mailbox, change };
    match ask(store, StoreRequestKind::Change { at: noon(), what }).unwrap() {
        StoreReplyKind::Changed(changed) => changed,
        other => panic!("{other:?}"),
    }
}

fn look_up(store: &Store, at: Timestamp) -> FoundMailbox {
    let candidates = vec!["4001".into()];
    match ask(store, StoreRequestKind::FindMailbox { dial_plan: "hq".into(), candidates, at }).unwrap() {
        StoreReplyKind::Mailbox(Some(found)) => *found,
        other => panic!("{other:?}"),
    }
}

fn heard(store: &Store, greeting: RecordedGreeting) -> Vec<u8> {
    store.greeting_audio(greeting).unwrap().octets.to_vec()
}

#[test]
fn what_an_owner_records_is_what_the_next_caller_hears_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let first = draft(&store, 1, ada, (AudioCodec::Pcmu, &[1; 5000]));
    let second = draft(&store, 2, ada, (AudioCodec::Pcma, &[2; 9600]));

    let kept = keep(&store, ada, GreetingKind::Personal, first);
    let old = look_up(&store, noon()).greeting.unwrap();
    // Its owner is told the same that callers hear.
    assert_eq!(kept, Ok(Some(KeptGreeting::Personal(old))));
    assert_eq!((old.length, heard(&store, old)), (Duration::from_millis(625), vec![1; 5000]));
    let kept = keep(&store, ada, GreetingKind::Personal, second);

    let new = look_up(&store, noon()).greeting.unwrap();
    assert_eq!(kept, Ok(Some(KeptGreeting::Personal(new))));
    assert_ne!(new.id, old.id);
    assert!(matches!(store.open_greeting(old.id), Err(StoreError::NoSuchGreeting { .. })));
    assert_eq!(audio_files(&store), 1);
    store.shutdown();
    let (store, left) = Store::open(folder.path(), options()).unwrap();
    assert_eq!((left.unfinished.len(), left.unreadable.len()), (0, 0));
    assert_eq!(look_up(&store, noon()).greeting, Some(new));
    assert_eq!(heard(&store, new), vec![2; 9600]);
    let stored = &store.greetings(ada).unwrap()[0];
    assert_eq!(
        (stored.kind, stored.codec, stored.recorded),
        (GreetingKind::Personal, AudioCodec::Pcma, noon())
    );
}

#[test]
fn the_out_of_office_greeting_is_heard_while_its_owner_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let greet =
        |kind, octet| store.set_greeting(ada, kind, (AudioCodec::Pcmu, &[octet; 800]), noon()).unwrap();
    let (personal, away) = (greet(CallersGreeting::Personal, 1), greet(CallersGreeting::OutOfOffice, 2));

    let dates = OutOfOffice { from: Some(date(2026, 12, 24)), until: Some(date(2026, 12, 26)) };
    assert!(choose(&store, ada, OptionChange::OutOfOffice(Some(dates))));

    let heard =
        ["2026-12-23T23:59:59Z", "2026-12-24T00:00:00Z", "2026-12-26T23:59:59Z", "2026-12-27T00:00:00Z"]
            .map(|time| look_up(&store, at(time)).greeting.unwrap().id);
    assert_eq!(heard, [personal.id, away.id, away.id, personal.id]);
    assert!(choose(&store, ada, OptionChange::OutOfOffice(None)));
    assert_eq!(look_up(&store, at("2026-12-25T12:00:00Z")).greeting, Some(personal));
}

#[test]
fn a_name_is_kept_in_the_database_cut_at_ten_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let long = draft(&store, 1, ada, (AudioCodec::Pcmu, &[7; 80_001]));

    let kept = keep(&store, ada, GreetingKind::Name, long);

    let expected = RecordedName::new(AudioCodec::Pcmu, vec![7; 80_000]).unwrap();
    assert_eq!(kept, Ok(Some(KeptGreeting::Name(expected.clone()))));
    assert_eq!(store.recorded_name(ada).unwrap(), Some(expected));
    assert_eq!(audio_files(&store), 0);
}

#[test]
fn a_greeting_of_a_mailbox_that_is_gone_is_not_kept_and_neither_is_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let drafts = [1, 2].map(|number| draft(&store, number, ada, (AudioCodec::Pcmu, &[7; 800])));
    store.disable_mailbox(ada, MessagesOfDisabled::Keep).unwrap();

    assert_eq!(keep(&store, ada, GreetingKind::Personal, drafts[0]), Ok(None));
    assert_eq!(keep(&store, ada, GreetingKind::Name, drafts[1]), Ok(None));

    assert_eq!(audio_files(&store), 0);
    assert!(!choose(&store, ada, OptionChange::Clock(Clock::Twelve)));
}

#[test]
fn greetings_and_options_go_with_their_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    store.set_greeting(ada, CallersGreeting::Personal, (AudioCodec::Pcmu, &[1; 800]), noon()).unwrap();
    choose(&store, ada, OptionChange::Clock(Clock::Twelve));

    store.disable_mailbox(ada, MessagesOfDisabled::Keep).unwrap();

    assert_eq!(audio_files(&store), 0);
    assert_eq!(store.greetings(ada).unwrap(), []);
    assert_eq!(store.phone_options(ada).unwrap(), PhoneOptions::default());
}

#[test]
fn a_greeting_that_is_taken_away_is_gone_and_its_file_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    store.set_greeting(ada, CallersGreeting::OutOfOffice, (AudioCodec::Pcmu, &[1; 800]), noon()).unwrap();

    assert!(!store.remove_greeting(ada, CallersGreeting::Personal).unwrap());
    assert!(store.remove_greeting(ada, CallersGreeting::OutOfOffice).unwrap());
    assert!(!store.remove_greeting(ada, CallersGreeting::OutOfOffice).unwrap());

    assert_eq!((store.greetings(ada).unwrap().len(), audio_files(&store)), (0, 0));
}

#[test]
fn options_are_kept_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    let away = OutOfOffice { from: None, until: Some(date(2026, 12, 26)) };

    assert!(choose(&store, ada, OptionChange::Language(Some("fr-FR".into()))));
    assert!(choose(&store, ada, OptionChange::Clock(Clock::TwentyFour)));
    assert!(choose(&store, ada, OptionChange::OutOfOffice(Some(away))));
    store.shutdown();
    let store = open(folder.path());

    let expected =
        PhoneOptions { language: Some("fr-FR".into()), clock: Clock::TwentyFour, out_of_office: Some(away) };
    assert_eq!(store.phone_options(ada).unwrap(), expected);
    assert!(choose(&store, ada, OptionChange::Language(None)));
    assert_eq!(store.phone_options(ada).unwrap(), PhoneOptions { language: None, ..expected });
}

#[test]
fn a_draft_that_a_crash_left_is_thrown_away_and_a_message_beside_it_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    draft(&store, 1, ada, (AudioCodec::Pcmu, &[7; 800]));
    begin(&store, 2, ada).unwrap();
    store.append(2, block(0, 1, 800, false)).unwrap();
    store.shutdown();

    let (store, left) = Store::open(folder.path(), options()).unwrap();

    assert_eq!(left.unfinished.len(), 1);
    assert_eq!(left.unfinished[0].octets, 800);
    assert_eq!(left.unfinished[0].header.caller_name.as_deref(), Some("Ada"));
    assert_eq!(audio_files(&store), 1);
}

#[test]
fn a_recording_that_lost_a_block_is_no_greeting() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    begin(&store, 1, ada).unwrap();
    store.append(1, block(0, 1, 800, false)).unwrap();
    store.append(1, block(2, 1, 800, true)).unwrap();
    let cut = OutgoingRecording { recording: 1, length: Duration::from_millis(200) };
    let unknown = OutgoingRecording { recording: 9, length: Duration::from_millis(200) };

    for (recording, words) in [(cut, "recording 1 is not whole"), (unknown, "recording 9 is not open")] {
        let Err(StoreFailure::Broken { detail, .. }) = keep(&store, ada, GreetingKind::Personal, recording)
        else {
            panic!("it was kept");
        };
        assert!(detail.contains(words), "{detail}");
    }
    assert_eq!((store.greetings(ada).unwrap().len(), audio_files(&store)), (0, 0));
}

#[test]
fn a_greeting_that_the_disk_refuses_leaves_the_old_one() {
    for operation in [Operation::SyncFile, Operation::SyncFolder] {
        let folder = tempfile::tempdir().unwrap();
        let disk = FaultyDisk::default();
        let (store, _) = Store::open_on(Arc::new(disk.clone()), folder.path(), options()).unwrap();
        let ada = enable(&store, "4001").id;
        let old = store.set_greeting(ada, CallersGreeting::Personal, (AudioCodec::Pcmu, &[1; 800]), noon());
        let new = draft(&store, 1, ada, (AudioCodec::Pcmu, &[2; 800]));
        disk.fail(operation, 0, Fault::Refused(Errno::IO));

        assert!(matches!(keep(&store, ada, GreetingKind::Personal, new), Err(StoreFailure::Broken { .. })));

        assert_eq!(look_up(&store, noon()).greeting, Some(old.unwrap()), "{operation:?}");
        assert_eq!(audio_files(&store), 1, "{operation:?}");
    }
}

#[test]
fn a_power_cut_right_after_a_greeting_was_kept_loses_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::default();
    let (store, _) = Store::open_on(Arc::new(disk.clone()), folder.path(), options()).unwrap();
    let ada = enable(&store, "4001").id;
    let recording = draft(&store, 1, ada, (AudioCodec::Pcmu, &[2; 9000]));
    keep(&store, ada, GreetingKind::Personal, recording).unwrap();
    disk.kill();
    drop(store);
    disk.cut_power();

    let store = open(folder.path());

    let greeting = look_up(&store, noon()).greeting.unwrap();
    assert_eq!(heard(&store, greeting), vec![2; 9000]);
}

#[test]
fn a_greeting_is_found_by_its_number_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = enable(&store, "4001").id;
    leave_message(&store, 1, ada);
    let greeting =
        store.set_greeting(ada, CallersGreeting::Personal, (AudioCodec::Pcmu, &[1; 800]), noon()).unwrap();
    let file = fs::read_dir(folder.path().join("audio")).unwrap().count();

    assert_eq!(file, 2);
    assert!(store.open_greeting(greeting.id).is_ok());
    assert!(matches!(
        store.open_greeting(GreetingId(99)),
        Err(StoreError::NoSuchGreeting { greeting: GreetingId(99) })
    ));
}
