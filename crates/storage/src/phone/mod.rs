//! What subscribers and callers ask and change by phone: one thread for log-ons, which are slow on purpose, one for the
//! rest.
mod callers;
mod cards;
mod log_on;
pub(crate) mod messages;
mod names;
mod options;
mod pin_guard;
mod pin_standing;
pub(crate) mod sending;
mod subscriber;

use jiff::Timestamp;
use mailbox::{PhoneChange, PhoneQuestion, PinAttempt, StoreFailure, StoreReplyKind};

pub(crate) use callers::forgive_numbers;
pub use pin_guard::{FailingCaller, ForgivenCallers};

use crate::{
    QueueFull, StoreError, mailboxes::finder::broken, store::Shared, work::answer::Answer, work::queue::Queue,
};

/// The queues of the two threads. Each work holds one of the counted answers, which bounds them.
pub(crate) struct PhoneDesk {
    pub(crate) log_ons: Queue<PhoneWork>,
    pub(crate) asked: Queue<PhoneWork>,
}

/// One thing to do.
pub(crate) enum PhoneWork {
    /// Try a PIN.
    LogOn { attempt: PinAttempt, answer: Answer },
    /// Read something.
    Question { question: PhoneQuestion, answer: Answer },
    /// Change something, durably.
    Change { at: Timestamp, what: PhoneChange, answer: Answer },
}

impl PhoneDesk {
    pub(crate) fn new() -> Self {
        Self { log_ons: Queue::new(), asked: Queue::new() }
    }

    pub(crate) fn hand(&self, work: PhoneWork) -> Result<(), QueueFull> {
        // A new PIN is hashed too, and must not hold up who lists messages.
        let slow = matches!(
            &work,
            PhoneWork::LogOn { .. } | PhoneWork::Change { what: PhoneChange::Pin { .. }, .. }
        );
        let queue = if slow { &self.log_ons } else { &self.asked };
        queue.push(work, usize::MAX).map_err(PhoneWork::withdraw)
    }

    pub(crate) fn close(&self) {
        self.log_ons.close();
        self.asked.close();
    }
}

impl PhoneWork {
    fn withdraw(self) -> QueueFull {
        match self {
            Self::LogOn { answer, .. } | Self::Question { answer, .. } | Self::Change { answer, .. } => {
                answer.withdraw()
            }
        }
    }
}

/// The thread of log-ons and new PINs.
pub(crate) fn run_log_on(shared: &Shared) {
    while let Some(work) = shared.phone.log_ons.pop() {
        do_work(shared, work);
    }
}

/// The thread of everything else.
pub(crate) fn run_phone(shared: &Shared) {
    while let Some(work) = shared.phone.asked.pop() {
        do_work(shared, work);
    }
}

fn do_work(shared: &Shared, work: PhoneWork) {
    let (answer, doing, reply): (_, _, Result<StoreReplyKind, StoreError>) = match work {
        PhoneWork::LogOn { attempt, answer } => {
            (answer, "checking a PIN", log_on::log_on(shared, &attempt).map(StoreReplyKind::LogOn))
        }
        PhoneWork::Question { question, answer } => {
            let reply = match question {
                PhoneQuestion::Card { dial_plan, number } => {
                    names::card(shared, &dial_plan, &number).map(StoreReplyKind::Card)
                }
                PhoneQuestion::Messages { mailbox } => {
                    messages::list(shared, mailbox).map(StoreReplyKind::Messages)
                }
                PhoneQuestion::Names { dial_plan, digits, order } => {
                    names::spelled(shared, &dial_plan, &digits, order).map(StoreReplyKind::Names)
                }
            };
            (answer, "reading for the phone", reply)
        }
        PhoneWork::Change { at, what, answer } => {
            let reply = match what {
                PhoneChange::Pin { mailbox, pin, rules } => {
                    log_on::set_pin(shared, mailbox, &pin, &rules, at).map(StoreReplyKind::Pin)
                }
                PhoneChange::Message { mailbox, message, state } => {
                    messages::mark(shared, mailbox, message, state, at).map(StoreReplyKind::Changed)
                }
                PhoneChange::Send { recording, message } => {
                    sending::send(shared, recording, &message, at).map(StoreReplyKind::Changed)
                }
                PhoneChange::Greeting { mailbox, kind, recording } => {
                    options::keep_greeting(shared, mailbox, kind, recording).map(StoreReplyKind::GreetingKept)
                }
                PhoneChange::Option { mailbox, change } => {
                    options::change(shared, mailbox, &change).map(StoreReplyKind::Changed)
                }
            };
            (answer, "changing a mailbox", reply)
        }
    };
    answer.give(reply.map_err(|error| -> StoreFailure { broken(doing, &error) }));
}
