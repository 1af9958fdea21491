//! What goes on between the caller and us: whom the call reaches, the conversation, the keys.
use std::time::{Duration, Instant};

use ivr::Language;
use mailbox::{FoundMailbox, Mailbox, MessageId};

use super::{
    asked::Asked,
    digits::Digits,
    log_ons::LogOns,
    reaching::{Reached, Sought},
    talk::Talk,
    transfer::Transfer,
};

/// What the store was asked.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Errand {
    /// Whose mailbox it is.
    Lookup(Sought),
    /// Who has the number of a transfer.
    Judgement,
    /// What the conversation wants to know.
    Question,
    /// To keep the message.
    Keeping,
}

/// The caller's side of a call. What outlives a conversation is here, the rest in [`Talk`].
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    /// Whose mailbox is looked for.
    pub(super) sought: Asked<Sought>,
    /// Whom the call has reached last.
    pub(super) reached: Option<Reached>,
    pub(super) talk: Option<Talk>,
    pub(super) digits: Digits,
    pub(super) log_ons: LogOns,
    /// The message that the caller has left.
    pub(super) message: Option<MessageId>,
}

impl Dialogue {
    /// The mailbox that is called, if one is.
    pub(super) fn called(&self) -> Option<&FoundMailbox> {
        match self.reached.as_ref()? {
            Reached::Mailbox(called) => Some(called),
            Reached::SubscriberAccess { .. } | Reached::Attendant(_) => None,
        }
    }

    /// The mailbox that the caller has opened.
    pub(super) fn open_mailbox(&self) -> Option<&Mailbox> {
        self.talk.as_ref()?.open_mailbox.as_ref()
    }

    pub(super) fn transfer(&self) -> Option<&Transfer> {
        self.talk.as_ref()?.transfer.as_ref()
    }

    pub(super) fn transfer_mut(&mut self) -> Option<&mut Transfer> {
        self.talk.as_mut()?.transfer.as_mut()
    }

    /// The transfer, which is over.
    pub(super) fn take_transfer(&mut self) -> Option<Transfer> {
        self.talk.as_mut()?.transfer.take()
    }

    /// What was asked with this token; `None` if nobody waits for the answer any more.
    pub(super) fn answered(&mut self, token: u64) -> Option<Errand> {
        if let Some(sought) = self.sought.answered(token) {
            return Some(Errand::Lookup(sought));
        }
        self.talk.as_mut()?.answered(token)
    }

    /// The conversation speaks this language from now on.
    pub(super) fn speak(&mut self, language: Language) {
        if let Some(talk) = &mut self.talk {
            talk.language = language;
        }
    }

    /// The caller has until then to press a key.
    pub(super) fn await_key(&mut self, until: Instant) {
        if let Some(talk) = &mut self.talk {
            talk.await_key(until);
        }
    }

    /// What is due next, also while the peer holds.
    pub(super) fn until(&self) -> Option<Instant> {
        let transfer = self.transfer().map(Transfer::until);
        self.sought.until().into_iter().chain(transfer).min()
    }

    /// What is due next unless the peer holds.
    pub(super) fn turn_until(&self) -> Option<Instant> {
        self.talk.as_ref().and_then(Talk::until)
    }

    /// The caller was on hold for so long.
    pub(super) fn delay(&mut self, by: Duration) {
        if let Some(talk) = &mut self.talk {
            talk.delay(by);
        }
    }

    /// The caller has gone: nobody waits to be connected with anybody.
    pub(super) fn lose_caller(&mut self) {
        self.sought.forget();
        if let Some(talk) = &mut self.talk {
            talk.lose_caller();
        }
    }
}
