//! Log-ons by phone, and PINs that their owners change.
//!
//! An attempt is written durably before its PIN is looked at, against the mailbox and against the caller, and forgiven
//! after a right one: a crash, a hang-up or a second call in between cannot give a guess back. Every attempt costs two
//! durable writes and one hash, whatever it meets: a PIN, a locked mailbox, or a number that is nobody's. The hash of a
//! mailbox whose PIN was set when hashes had another cost takes as long as it did then; its next right log-on renews it.
use std::{
    hint::black_box,
    sync::{PoisonError, atomic::Ordering},
};

use jiff::Timestamp;
use mailbox::{LogOn, Mailbox, MailboxId, PinAttempt, PinRefusal, PinRules, Subscriber};
use rusqlite::{OptionalExtension, Transaction, params};
use telephony::{Event, Secret, kind};

use super::{
    callers::{FAILURES_OF_A_CALLER, begin_of_caller, end_of_caller, forgive_caller},
    pin_standing::standing,
    subscriber::subscriber_of,
};
use crate::{
    NewPin, PinOrigin, StoreError,
    error::Doing,
    mailboxes::rows::{find, read_mailbox},
    pins::hash::PinHash,
    pins::rows::{StoredPin, read_pin, renew_pin, reset_pin, write_pin},
    store::Shared,
};

/// A mailbox whose PIN this attempt may be compared with.
struct Tried {
    mailbox: Mailbox,
    stored: StoredPin,
    rules: PinRules,
    /// Since the last right PIN, this attempt counted.
    failures: u16,
}

/// What a PIN met.
enum Verdict {
    Right {
        tried: Tried,
        /// The hash at the cost of today, if the one in the database has another.
        renewed: Option<PinHash>,
    },
    Wrong(Tried),
    /// Nothing: the number is nobody's, or the mailbox, its policy or the caller may not be let in.
    NotCompared,
}

pub(super) fn log_on(shared: &Shared, attempt: &PinAttempt) -> Result<LogOn, StoreError> {
    let (tried, events) = shared.database.write(|transaction| begin(transaction, attempt))?;
    tell(shared, events);
    match compare(shared, tried, &attempt.pin)? {
        Verdict::Right { tried, renewed } => right(shared, attempt, tried, renewed.as_ref()),
        Verdict::Wrong(tried) => wrong(shared, attempt, &tried),
        Verdict::NotCompared => {
            shared.database.write(|transaction| end_of_caller(transaction, attempt))?;
            Ok(LogOn::Refused)
        }
    }
}

pub(super) fn set_pin(
    shared: &Shared,
    mailbox: MailboxId,
    pin: &Secret<String>,
    rules: &PinRules,
    at: Timestamp,
) -> Result<Result<(), PinRefusal>, StoreError> {
    if let Err(refusal) = shared.judge_pin(mailbox, pin, rules)? {
        return Ok(Err(refusal));
    }
    let hash = shared.hash_hard(&NewPin { pin: pin.clone(), origin: PinOrigin::Chosen })?;
    // Guesses of the caller at other mailboxes stay: who has logged on to their own may go on guessing.
    let facts = shared.database.write(|transaction| {
        let facts = read_mailbox(transaction, mailbox)?.ok_or(StoreError::NoSuchMailbox { mailbox })?;
        write_pin(transaction, mailbox, &hash, PinOrigin::Chosen, at)?;
        Ok::<_, StoreError>(facts)
    })?;
    shared.tell_pin_changed(&facts, "a PIN was set", "the owner by phone");
    Ok(Ok(()))
}

/// Writes the attempt, and finds what it may be compared with.
fn begin(
    transaction: &Transaction<'_>,
    attempt: &PinAttempt,
) -> Result<(Option<Tried>, Vec<Event>), StoreError> {
    let mut events = Vec::new();
    let by_caller = begin_of_caller(transaction, attempt)?;
    let open = open_mailbox(transaction, attempt)?.filter(|_| by_caller <= FAILURES_OF_A_CALLER);
    if by_caller == FAILURES_OF_A_CALLER + 1 {
        events.push(by(Event::new(&kind::CALLER_STOPPED).with("failures", FAILURES_OF_A_CALLER), attempt));
    }
    let Some((mailbox, stored, rules)) = open else {
        transaction
            .prepare_cached("UPDATE decoy_log_ons SET attempts = attempts + 1")
            .and_then(|mut statement| statement.execute([]))
            .doing("writing a log-on")?;
        return Ok((None, events));
    };
    let failures: u16 = transaction
        .prepare_cached("UPDATE pins SET failures = failures + 1 WHERE mailbox = ?1 RETURNING failures")
        .and_then(|mut statement| statement.query_row([mailbox.id.0], |row| row.get(0)))
        .doing("writing a log-on")?;
    // The one that would have locked it was cut off by a crash, or the policy has become stricter.
    if failures > rules.failures_before_lockout {
        events.push(lock(transaction, &mailbox, failures.saturating_sub(1), attempt)?);
        return Ok((None, events));
    }
    Ok((Some(Tried { mailbox, stored, rules, failures }), events))
}

/// The mailbox of the number with its PIN, if anybody may log on to it.
fn open_mailbox(
    transaction: &Transaction<'_>,
    attempt: &PinAttempt,
) -> Result<Option<(Mailbox, StoredPin, PinRules)>, StoreError> {
    let Some(mailbox) = find(transaction, &attempt.dial_plan, &attempt.number)? else {
        read_somebody(transaction)?;
        return Ok(None);
    };
    let stored = read_pin(transaction, mailbox.id)?.filter(|stored| stored.locked_at.is_none());
    let Some(rules) = attempt.rules.get(&mailbox.policy) else { return Ok(None) };
    Ok(stored.map(|stored| (mailbox, stored, rules.clone())))
}

/// As much is read for a number that is nobody's.
fn read_somebody(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let somebody = transaction
        .prepare_cached("SELECT id FROM mailboxes LIMIT 1")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0).map(MailboxId)).optional())
        .doing("reading a mailbox in place of none")?;
    if let Some(somebody) = somebody {
        black_box((read_mailbox(transaction, somebody)?, read_pin(transaction, somebody)?));
    }
    Ok(())
}

/// The one place where a PIN meets a hash. Takes as long whether there is anything to compare it with or not.
fn compare(shared: &Shared, tried: Option<Tried>, pin: &Secret<String>) -> Result<Verdict, StoreError> {
    let cost = shared.options.pin_cost;
    let _gate = shared.pin_gate.lock().unwrap_or_else(PoisonError::into_inner);
    shared.log_on_counts.hashes.fetch_add(1, Ordering::Relaxed);
    let Some(tried) = tried else {
        PinHash::decoy(cost).matches(pin, cost)?;
        return Ok(Verdict::NotCompared);
    };
    shared.log_on_counts.comparisons.fetch_add(1, Ordering::Relaxed);
    if !tried.stored.hash.matches(pin, cost)? {
        return Ok(Verdict::Wrong(tried));
    }
    // Takes another hash, and tells nobody anything that the open mailbox does not.
    let renewed = tried.stored.hash.renewed(pin, cost)?;
    Ok(Verdict::Right { tried, renewed })
}

fn right(
    shared: &Shared,
    attempt: &PinAttempt,
    tried: Tried,
    renewed: Option<&PinHash>,
) -> Result<LogOn, StoreError> {
    let standing = standing(&tried.stored, &tried.rules, attempt);
    let opened: Option<Subscriber> = shared.database.write(|transaction| {
        // Not if it was locked, or its PIN changed, while the hash was made; a hardened hash keeps its salt.
        let forgiven = transaction
            .prepare_cached(
                "UPDATE pins SET failures = 0 WHERE mailbox = ?1 AND salt = ?2 AND locked_at IS NULL",
            )
            .and_then(|mut statement| statement.execute(params![tried.mailbox.id.0, tried.stored.hash.salt]))
            .doing("forgiving failed log-ons")?;
        if forgiven == 0 {
            end_of_caller(transaction, attempt)?;
            return Ok(None);
        }
        if let Some(renewed) = renewed {
            renew_pin(transaction, tried.mailbox.id, &tried.stored.hash, renewed)?;
        }
        forgive_caller(transaction, attempt, tried.failures)?;
        subscriber_of(shared, transaction, tried.mailbox, standing, attempt.at).map(Some)
    })?;
    Ok(opened.map_or(LogOn::Refused, |subscriber| LogOn::Opened(Box::new(subscriber))))
}

fn wrong(shared: &Shared, attempt: &PinAttempt, tried: &Tried) -> Result<LogOn, StoreError> {
    let is_due = tried.stored.reset_at.is_none()
        && tried.rules.failures_before_reset.is_some_and(|most| tried.failures >= most);
    // Quick: a caller must not hear from the time it takes that the mailbox exists.
    let unknown = is_due.then(|| shared.hash_unknown(&tried.rules, &tried.mailbox.extension)).transpose()?;
    let events = shared.database.write(|transaction| {
        let mut events = Vec::new();
        end_of_caller(transaction, attempt)?;
        if let Some(unknown) = &unknown {
            reset_pin(transaction, tried.mailbox.id, unknown, attempt.at)?;
            events.push(reset_event(&tried.mailbox, tried.failures, attempt));
        }
        if tried.failures >= tried.rules.failures_before_lockout {
            events.push(lock(transaction, &tried.mailbox, tried.failures, attempt)?);
        }
        Ok::<_, StoreError>(events)
    })?;
    if unknown.is_some() {
        shared.hardener.wake();
    }
    tell(shared, events);
    Ok(LogOn::Refused)
}

fn lock(
    transaction: &Transaction<'_>,
    mailbox: &Mailbox,
    failures: u16,
    attempt: &PinAttempt,
) -> Result<Event, StoreError> {
    transaction
        .prepare_cached("UPDATE pins SET locked_at = ?2 WHERE mailbox = ?1")
        .and_then(|mut statement| statement.execute(params![mailbox.id.0, attempt.at.as_microsecond()]))
        .doing("locking a mailbox")?;
    let event = of_mailbox(Event::new(&kind::MAILBOX_LOCKED), mailbox).with("failures", failures);
    let address = address(mailbox);
    Ok(by(event, attempt).remedy(format!(
        "ask the owner whether it was they; then `um mailbox unlock {address}`, or `um mailbox reset-pin {address}` \
         for a new PIN"
    )))
}

fn reset_event(mailbox: &Mailbox, failures: u16, attempt: &PinAttempt) -> Event {
    let event = of_mailbox(Event::new(&kind::PIN_RESET), mailbox).with("failures", failures);
    by(event, attempt)
        .remedy(format!("give the owner a new PIN: `um mailbox reset-pin {}` prints it", address(mailbox)))
}

fn of_mailbox(event: Event, mailbox: &Mailbox) -> Event {
    event.with("dial_plan", &mailbox.dial_plan).with("extension", &mailbox.extension)
}

/// Who it was, as far as it is known.
fn by(event: Event, attempt: &PinAttempt) -> Event {
    let event = event.with("gateway", &attempt.gateway);
    match &attempt.caller {
        Some(caller) => event.with("caller", caller),
        None => event,
    }
}

fn address(mailbox: &Mailbox) -> String {
    format!("{}@{}", mailbox.extension, mailbox.dial_plan)
}

fn tell(shared: &Shared, events: impl IntoIterator<Item = Event>) {
    for event in events {
        (shared.options.on_event)(event);
    }
}
