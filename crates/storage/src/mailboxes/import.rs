use jiff::Timestamp;
use mailbox::{MailboxId, NewMailbox};

use crate::{
    ImportError, ImportRefusal, NewPin, Store, StoreError, mailboxes::rows::insert_mailbox,
    pins::hash::PinHash, pins::rows::write_pin,
};

/// One row of an import; its policy and plan are checked by the caller.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// The mailbox.
    pub mailbox: NewMailbox,
    /// Its PIN; without one nobody can log on until a PIN is set.
    pub pin: Option<NewPin>,
}

/// Whether an import stores its rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ImportMode {
    /// All rows or none.
    Store,
    /// None; only the refusals are of interest.
    DryRun,
}

impl Store {
    /// Enables many mailboxes in one transaction. PINs are stored with a quick hash first and hardened in the
    /// background, so that 10,000 rows take about a second.
    ///
    /// # Errors
    /// [`ImportError::Rows`] with every row that cannot stand; nothing is stored then.
    pub fn import_mailboxes(
        &self,
        rows: &[ImportRow],
        mode: ImportMode,
        at: Timestamp,
    ) -> Result<Vec<MailboxId>, ImportError> {
        let hashes = match mode {
            ImportMode::Store => self.quick_hashes(rows)?,
            ImportMode::DryRun => Vec::new(),
        };
        let outcome = self.shared().database.write(|transaction| {
            let mut ids = Vec::with_capacity(rows.len());
            let mut refusals = Vec::new();
            for (row, new) in rows.iter().enumerate() {
                match insert_mailbox(transaction, &new.mailbox, at)? {
                    Ok(id) => {
                        if let (Some(pin), Some(Some(hash))) = (&new.pin, hashes.get(row)) {
                            write_pin(transaction, id, hash, pin.origin, at)?;
                        }
                        ids.push(id);
                    }
                    Err(why) => refusals.push(ImportRefusal { row, why }),
                }
                if refusals.len() == ImportError::REFUSALS_TOLD {
                    break;
                }
            }
            match (refusals.is_empty(), mode) {
                (true, ImportMode::Store) => Ok(ids),
                (true, ImportMode::DryRun) => Err(Unstored::DryRun),
                (false, ImportMode::Store | ImportMode::DryRun) => Err(Unstored::Refused(refusals)),
            }
        });
        match outcome {
            Ok(ids) => {
                self.shared().hardener.wake();
                self.shared().tell_changed(ids.iter().copied());
                Ok(ids)
            }
            Err(Unstored::DryRun) => Ok(Vec::new()),
            Err(Unstored::Refused(refusals)) => Err(ImportError::Rows { refusals }),
            Err(Unstored::Store(error)) => Err(ImportError::Store(error)),
        }
    }

    fn quick_hashes(&self, rows: &[ImportRow]) -> Result<Vec<Option<PinHash>>, StoreError> {
        rows.iter().map(|row| row.pin.as_ref().map(|pin| self.shared().hash_quick(pin)).transpose()).collect()
    }
}

/// Why an import's transaction was rolled back.
enum Unstored {
    DryRun,
    Refused(Vec<ImportRefusal>),
    Store(StoreError),
}

impl From<StoreError> for Unstored {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
