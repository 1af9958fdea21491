use jiff::{Timestamp, civil::Date};
use mailbox::{FoundMailbox, StoreFailure, StoreReplyKind};

use crate::{
    StoreError, mailboxes::greetings::read_greetings, mailboxes::phone_options::read_phone_options,
    mailboxes::recorded_names::read_recorded_name, mailboxes::rows::find, store::Shared,
    work::answer::Answer,
};

/// Numbers of one call that are looked up at most; redirecting headers come from peers.
pub(crate) const CANDIDATES_LOOKED_AT: usize = 64;

/// Whose number was dialled?
pub(crate) struct Question {
    pub(crate) dial_plan: String,
    pub(crate) candidates: Vec<String>,
    pub(crate) at: Timestamp,
    pub(crate) answer: Answer,
}

/// The thread that answers [`Question`]s; it never waits for a disk sync.
pub(crate) fn run_finder(shared: &Shared) {
    while let Some(Question { dial_plan, candidates, at, answer }) = shared.questions.pop() {
        let today = shared.site_rules.day(&dial_plan, at);
        let found = first_mailbox(shared, &dial_plan, &candidates, today);
        answer.give(
            found.map(StoreReplyKind::Mailbox).map_err(|error| broken("looking for a mailbox", &error)),
        );
    }
}

fn first_mailbox(
    shared: &Shared,
    dial_plan: &str,
    candidates: &[String],
    today: Date,
) -> Result<Option<Box<FoundMailbox>>, StoreError> {
    shared.database.read(|snapshot| {
        for (candidate, number) in candidates.iter().enumerate().take(CANDIDATES_LOOKED_AT) {
            if let Some(mailbox) = find(snapshot, dial_plan, number)? {
                let recorded_name = read_recorded_name(snapshot, mailbox.id)?;
                let options = read_phone_options(snapshot, mailbox.id)?;
                let greeting = read_greetings(snapshot, mailbox.id)?.on(&options, today);
                let room = shared.room(snapshot, &mailbox)?;
                return Ok(Some(Box::new(FoundMailbox {
                    candidate,
                    mailbox,
                    recorded_name,
                    greeting,
                    room,
                })));
            }
        }
        Ok(None)
    })
}

/// The words of an error and of what caused it.
pub(crate) fn broken(doing: &'static str, error: &dyn std::error::Error) -> StoreFailure {
    let detail = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    StoreFailure::Broken { doing, detail }
}
