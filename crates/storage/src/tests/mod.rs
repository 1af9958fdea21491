//! Tests over a whole store in a folder of their own.

mod administration;
mod recordings;

use std::{path::Path, sync::mpsc};

use jiff::Timestamp;
use mailbox::{Mailbox, NewMailbox, StoreFailure, StoreReplyKind, StoreRequest, StoreRequestKind};
use telephony::{Extension, PhoneNumber, Secret};

use crate::{NewPin, PinCost, PinOrigin, Store, StoreOptions};

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

/// Submits and waits for the reply.
pub(super) fn ask(store: &Store, what: StoreRequestKind) -> Result<StoreReplyKind, StoreFailure> {
    let (replies, inbox) = mpsc::channel();
    store.submit(StoreRequest { token: 77, what }, move |reply| replies.send(reply).unwrap()).unwrap();
    let reply = inbox.recv().unwrap();
    assert_eq!(reply.token, 77);
    reply.what
}
