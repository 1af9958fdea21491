//! Tests over a whole store in a folder of their own.

mod administration;
mod bounds;
mod disk_marks;
mod faults;
mod faulty_disk;
mod greetings;
mod guesses;
mod log_on;
mod message_states;
mod missed_calls;
mod names;
mod never_lost;
mod pin_guard;
mod pins;
mod purging;
mod quota;
mod recorded_names;
mod recordings;
mod recovery;
mod sending;
mod thread_faults;

use std::{fs, path::Path, sync::mpsc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use mailbox::{
    FoundMailbox, Mailbox, MailboxId, MailboxRoom, MessageDetails, MessageId, NewMailbox, OutgoingRecording,
    RecordingHeader, RecordingPurpose, StoreFailure, StoreReplyKind, StoreRequest, StoreRequestKind,
};
use telephony::{AudioCodec, Extension, PhoneNumber, Secret};

use crate::{AudioBlock, NewPin, PinCost, PinOrigin, Store, StoreOptions};

/// Cheap hashes: Argon2 is slow without optimisation.
pub(super) fn options() -> StoreOptions {
    let pin_cost = PinCost { memory_kib: 16, passes: 1 };
    StoreOptions { pin_cost, ..StoreOptions::new([42; 32]) }
}

pub(super) fn open(folder: &Path) -> Store {
    Store::open(folder, options()).unwrap().0
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn noon() -> Timestamp {
    at("2026-11-05T12:00:00Z")
}

pub(super) fn new_mailbox(extension: &str, numbers: &[&str]) -> NewMailbox {
    NewMailbox {
        dial_plan: "hq".into(),
        extension: Extension::parse(extension).unwrap(),
        numbers: numbers.iter().map(|number| PhoneNumber::parse(number).unwrap()).collect(),
        name: format!("Person {extension}"),
        email: None,
        policy: "hq Default Policy".into(),
    }
}

pub(super) fn enable(store: &Store, extension: &str) -> Mailbox {
    store.enable_mailbox(&new_mailbox(extension, &[]), None, noon()).unwrap()
}

pub(super) fn pin(digits: &str, origin: PinOrigin) -> NewPin {
    NewPin { pin: Secret::new(digits.into()), origin }
}

/// A mailbox without a recorded name, as a lookup answers it.
pub(super) fn found(candidate: usize, mailbox: &Mailbox) -> Box<FoundMailbox> {
    Box::new(FoundMailbox {
        candidate,
        mailbox: mailbox.clone(),
        recorded_name: None,
        greeting: None,
        room: MailboxRoom::Some,
    })
}

/// Submits and waits for the reply; a store that takes nothing any more is closed.
pub(super) fn ask(store: &Store, what: StoreRequestKind) -> Result<StoreReplyKind, StoreFailure> {
    let (replies, inbox) = mpsc::channel();
    let request = StoreRequest { token: 77, what };
    if store.submit(request, move |reply| replies.send(reply).unwrap()).is_err() {
        return Err(StoreFailure::Closed);
    }
    let reply = inbox.recv().unwrap();
    assert_eq!(reply.token, 77);
    reply.what
}

pub(super) fn begin(
    store: &Store,
    recording: u64,
    mailbox: MailboxId,
) -> Result<StoreReplyKind, StoreFailure> {
    let header = RecordingHeader {
        codec: AudioCodec::Pcmu,
        mailbox,
        call_id: "call-1@gw1".into(),
        started: noon(),
        caller: Some("+14255550123".into()),
        caller_name: Some("Ada".into()),
        purpose: mailbox::RecordingPurpose::Message,
    };
    ask(store, StoreRequestKind::BeginRecording { recording, header })
}

/// Records a draft of these octets for a subscriber, as it ends before it is kept or sent.
pub(super) fn draft(
    store: &Store,
    recording: u64,
    mailbox: MailboxId,
    (codec, audio): (AudioCodec, &[u8]),
) -> OutgoingRecording {
    let header = RecordingHeader {
        codec,
        mailbox,
        call_id: "call-2@gw1".into(),
        started: noon(),
        caller: Some("4001".into()),
        caller_name: None,
        purpose: RecordingPurpose::Draft,
    };
    ask(store, StoreRequestKind::BeginRecording { recording, header }).unwrap();
    let last = audio.len().div_ceil(4000).saturating_sub(1);
    for (number, payload) in audio.chunks(4000).enumerate() {
        let block = AudioBlock {
            number: number.try_into().unwrap(),
            payload: Bytes::copy_from_slice(payload),
            last: number == last,
        };
        store.append(recording, block).unwrap();
    }
    let length = Duration::from_micros(125) * u32::try_from(audio.len()).unwrap();
    OutgoingRecording { recording, length }
}

pub(super) fn block(number: u32, octet: u8, octets: usize, last: bool) -> AudioBlock {
    AudioBlock { number, payload: Bytes::from(vec![octet; octets]), last }
}

pub(super) fn details(length_ms: u64) -> MessageDetails {
    MessageDetails {
        received: at("2026-11-05T12:00:30.5Z"),
        length: Duration::from_millis(length_ms),
        urgent: true,
        private: false,
        interrupted: false,
    }
}

pub(super) fn commit(store: &Store, recording: u64, length_ms: u64) -> Result<StoreReplyKind, StoreFailure> {
    ask(store, StoreRequestKind::CommitMessage { recording, details: details(length_ms) })
}

/// Records 1.25 s in three blocks.
pub(super) fn leave_message(store: &Store, recording: u64, mailbox: MailboxId) -> MessageId {
    begin(store, recording, mailbox).unwrap();
    store.append(recording, block(0, 1, 4000, false)).unwrap();
    store.append(recording, block(1, 2, 4000, false)).unwrap();
    store.append(recording, block(2, 3, 2000, true)).unwrap();
    match commit(store, recording, 1250).unwrap() {
        StoreReplyKind::Committed { message } => message,
        other => panic!("{other:?}"),
    }
}

pub(super) fn audio_files(store: &Store) -> usize {
    fs::read_dir(store.data_dir().join("audio")).unwrap().count()
}
