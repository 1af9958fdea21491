//! PINs: how they are hashed, kept and counted. How one opens a mailbox stands in `phone/log_on`.
pub(crate) mod hardener;
pub(crate) mod hash;
pub(crate) mod log_on_counts;
pub(crate) mod rows;

use std::sync::PoisonError;

use jiff::Timestamp;
use mailbox::{Mailbox, MailboxId, PinGenerator, PinRefusal, PinRules};
use rand_chacha::rand_core::RngCore;
use telephony::{Event, Extension, Secret, kind};

use crate::{
    Store, StoreError,
    error::Doing,
    mailboxes::rows::read_mailbox,
    phone::forgive_numbers,
    pins::hash::{PinHash, SALT},
    pins::rows::{StoredPin, last_pins, read_pin, write_pin},
    store::Shared,
};

/// A PIN to be set. Whether it fits the policy is checked by the caller, which holds the policy.
#[derive(Clone, Debug)]
pub struct NewPin {
    /// The digits.
    pub pin: Secret<String>,
    /// Who thought of it.
    pub origin: PinOrigin,
}

/// Who thought of a PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinOrigin {
    /// The server; its owner must change it at the first log-on.
    Made,
    /// A person.
    Chosen,
}

/// How it stands with the PIN of a mailbox, for its administrator.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PinStatus {
    /// When the PIN in force was set.
    pub set_at: Timestamp,
    /// The server thought of it: the owner must change it at the next log-on.
    pub made: bool,
    /// Wrong PINs since the last right one.
    pub failures: u16,
    /// Since when nobody is let in, because of too many wrong PINs.
    pub locked_at: Option<Timestamp>,
    /// When wrong PINs made the server put a PIN in place that nobody has been told.
    pub reset_at: Option<Timestamp>,
}

impl Store {
    /// Does a PIN that a person chose for a mailbox fit the rules, and is it none of the last ones? Takes some 25 ms for
    /// each PIN that the rules remember.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed. Inside: why the PIN does not do.
    pub fn judge_pin(
        &self,
        mailbox: MailboxId,
        pin: &Secret<String>,
        rules: &PinRules,
    ) -> Result<Result<(), PinRefusal>, StoreError> {
        self.shared().judge_pin(mailbox, pin, rules)
    }

    /// Sets a PIN for the administrator `by`, hardened at once (about 25 ms), and forgets failures as
    /// [`Store::unlock`] does.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn set_pin(
        &self,
        mailbox: MailboxId,
        pin: &NewPin,
        by: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let hash = self.shared().hash_hard(pin)?;
        let facts = self.shared().database.write(|transaction| {
            let facts = read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            forgive_numbers(transaction, &facts)?;
            write_pin(transaction, mailbox, &hash, pin.origin, at)?;
            Ok::<_, StoreError>(facts)
        })?;
        let what = match pin.origin {
            PinOrigin::Made => "a PIN was made",
            PinOrigin::Chosen => "a PIN was set",
        };
        self.shared().tell_pin_changed(&facts, what, by);
        Ok(())
    }

    /// Lets the owner of a mailbox log on again after too many wrong PINs, for the administrator `by`: the failures of
    /// the mailbox, and those of callers with one of its numbers, are forgotten. The PIN stays as it is; `None` if there
    /// is none.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMailbox`], or the database failed.
    pub fn unlock(&self, mailbox: MailboxId, by: &str) -> Result<Option<PinStatus>, StoreError> {
        let (facts, stored) = self.shared().database.write(|transaction| {
            let facts = read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            transaction
                .execute("UPDATE pins SET failures = 0, locked_at = NULL WHERE mailbox = ?1", [mailbox.0])
                .doing("unlocking a mailbox")?;
            forgive_numbers(transaction, &facts)?;
            Ok::<_, StoreError>((facts, read_pin(transaction, mailbox)?))
        })?;
        self.shared().tell_pin_changed(&facts, "it was unlocked", by);
        Ok(stored.map(PinStatus::from))
    }

    /// How it stands with the PIN of a mailbox; `None` if there is none.
    ///
    /// # Errors
    /// The database failed.
    pub fn pin_status(&self, mailbox: MailboxId) -> Result<Option<PinStatus>, StoreError> {
        Ok(self.shared().database.read(|snapshot| read_pin(snapshot, mailbox))?.map(PinStatus::from))
    }

    /// The first `limit` mailboxes, by id, that nobody may open because of too many wrong PINs.
    ///
    /// # Errors
    /// The database failed.
    pub fn locked_mailboxes(&self, limit: u32) -> Result<Vec<Mailbox>, StoreError> {
        self.shared().database.read(|snapshot| {
            let locked: Vec<MailboxId> = snapshot
                .prepare_cached(
                    "SELECT mailbox FROM pins WHERE locked_at IS NOT NULL ORDER BY mailbox LIMIT ?1",
                )
                .and_then(|mut statement| {
                    statement.query_map([limit], |row| row.get(0).map(MailboxId))?.collect()
                })
                .doing("looking for locked mailboxes")?;
            locked.into_iter().filter_map(|id| read_mailbox(snapshot, id).transpose()).collect()
        })
    }
}

impl From<StoredPin> for PinStatus {
    fn from(stored: StoredPin) -> Self {
        let StoredPin { hash: _, made, set_at, failures, locked_at, reset_at } = stored;
        Self { set_at, made, failures, locked_at, reset_at }
    }
}

impl Shared {
    /// [`Store::judge_pin`].
    pub(crate) fn judge_pin(
        &self,
        mailbox: MailboxId,
        pin: &Secret<String>,
        rules: &PinRules,
    ) -> Result<Result<(), PinRefusal>, StoreError> {
        let (facts, last) = self.database.read(|snapshot| {
            let facts = read_mailbox(snapshot, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
            Ok((facts, last_pins(snapshot, mailbox, rules.history_count)?))
        })?;
        if let Err(refusal) = rules.check(pin, &facts.extension) {
            return Ok(Err(refusal));
        }
        for hash in &last {
            let _gate = self.pin_gate.lock().unwrap_or_else(PoisonError::into_inner);
            if hash.matches(pin, self.options.pin_cost)? {
                return Ok(Err(PinRefusal::UsedBefore));
            }
        }
        Ok(Ok(()))
    }

    /// Says who changed what about the PIN of a mailbox.
    pub(crate) fn tell_pin_changed(&self, mailbox: &Mailbox, what: &str, by: &str) {
        let event = Event::new(&kind::PIN_CHANGED)
            .with("dial_plan", &mailbox.dial_plan)
            .with("extension", &mailbox.extension)
            .with("what", what)
            .with("by", by);
        (self.options.on_event)(event);
    }

    /// Both steps, one caller at a time: each needs some 20 MiB.
    pub(crate) fn hash_hard(&self, pin: &NewPin) -> Result<PinHash, StoreError> {
        let _gate = self.pin_gate.lock().unwrap_or_else(PoisonError::into_inner);
        PinHash::quick(&pin.pin, self.salt())?.harden(self.options.pin_cost)
    }

    /// The first step; wake the hardener after it is stored.
    pub(crate) fn hash_quick(&self, pin: &NewPin) -> Result<PinHash, StoreError> {
        PinHash::quick(&pin.pin, self.salt())
    }

    /// The quick hash of a PIN that fits the rules and that nobody knows; wake the hardener after it is stored.
    pub(crate) fn hash_unknown(
        &self,
        rules: &PinRules,
        extension: &Extension,
    ) -> Result<PinHash, StoreError> {
        let mut seed = [0; 32];
        self.salts.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut seed);
        let pin = PinGenerator::new(seed).generate(rules, extension);
        self.hash_quick(&NewPin { pin, origin: PinOrigin::Made })
    }

    fn salt(&self) -> [u8; SALT] {
        let mut salt = [0; SALT];
        self.salts.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut salt);
        salt
    }
}
