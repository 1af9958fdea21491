//! What lamps are to show: read from the store when it has changed, or when the core asks, and handed to the core.
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use call_control::{Input, LampNews, LampState};
use mailbox::MailboxId;
use storage::{MailboxFilter, Store, StoreError, StoreNotice};
use tokio::sync::Notify;

use crate::core::Inbox;

/// If the store could not be read.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Who has changed since the store was read last. Cheap to clone; never waits.
#[derive(Clone, Default)]
pub struct LampBell(Arc<Ringing>);

#[derive(Default)]
struct Ringing {
    wanted: Mutex<Wanted>,
    rung: Notify,
}

/// What is to be read.
#[derive(Debug, Default, Eq, PartialEq)]
struct Wanted {
    all: bool,
    /// At most as many as there are mailboxes.
    changed: BTreeSet<MailboxId>,
    gone: BTreeSet<MailboxId>,
}

impl LampBell {
    /// The store has told of a change.
    pub fn hear(&self, notice: &StoreNotice) {
        let mut wanted = self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        match notice {
            StoreNotice::MailboxChanged { mailbox } => {
                wanted.changed.insert(*mailbox);
            }
            StoreNotice::MailboxGone { mailbox } => {
                wanted.changed.remove(&mailbox.id);
                wanted.gone.insert(mailbox.id);
            }
        }
        drop(wanted);
        self.0.rung.notify_one();
    }

    /// The core wants all mailboxes.
    pub fn want_all(&self) {
        self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner).all = true;
        self.0.rung.notify_one();
    }

    fn take(&self) -> Wanted {
        std::mem::take(&mut *self.0.wanted.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reads what the bell asks for, until the core is gone.
pub async fn read_lamps(bell: LampBell, store: Store, inbox: Inbox) {
    loop {
        bell.0.rung.notified().await;
        let wanted = bell.take();
        let reading = store.clone();
        let read = tokio::task::spawn_blocking(move || read(&reading, wanted)).await;
        let news = match read {
            Ok(news) => news,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        };
        let mut has_failed = false;
        for news in news {
            match news {
                Ok(news) => {
                    if inbox.send(Input::Lamps(news)).await.is_gone() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "what lamps are to show could not be read");
                    has_failed = true;
                }
            }
        }
        if has_failed {
            tokio::time::sleep(READ_AGAIN_AFTER).await;
            bell.want_all();
        }
    }
}

/// What has become of the mailboxes that are `wanted`.
fn read(store: &Store, wanted: Wanted) -> Vec<Result<LampNews, StoreError>> {
    let Wanted { all, changed, gone } = wanted;
    if all {
        // Read after the bell was emptied: whoever is changed or gone since then rings again.
        return vec![read_all(store).map(LampNews::All)];
    }
    let gone = gone.into_iter().map(|mailbox| Ok(LampNews::Gone(mailbox)));
    gone.chain(changed.into_iter().map(|mailbox| read_one(store, mailbox))).collect()
}

fn read_one(store: &Store, id: MailboxId) -> Result<LampNews, StoreError> {
    let mailbox = match store.mailbox(id) {
        Ok(mailbox) => mailbox,
        Err(StoreError::NoSuchMailbox { .. }) => return Ok(LampNews::Gone(id)),
        Err(error) => return Err(error),
    };
    let counts = store.counts(id)?;
    Ok(LampNews::Changed(Box::new(LampState { mailbox, counts })))
}

fn read_all(store: &Store) -> Result<Vec<LampState>, StoreError> {
    let mailboxes = store.mailboxes(&MailboxFilter::default())?;
    let counts = store.all_counts()?;
    let state = |mailbox: mailbox::Mailbox| {
        let counts = counts.get(&mailbox.id).copied().unwrap_or_default();
        LampState { mailbox, counts }
    };
    Ok(mailboxes.into_iter().map(state).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bell_that_rings_often_is_heard_once_with_all_that_has_changed() {
        let bell = LampBell::default();

        for number in [3, 1, 3] {
            bell.hear(&StoreNotice::MailboxChanged { mailbox: MailboxId(number) });
        }
        bell.want_all();

        let wanted = bell.take();
        assert!(wanted.all);
        assert_eq!(wanted.changed.into_iter().collect::<Vec<_>>(), [MailboxId(1), MailboxId(3)]);
        assert_eq!(bell.take(), Wanted::default());
    }
}
