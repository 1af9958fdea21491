//! Greetings and options that the owner changes by phone.
use mailbox::{
    GreetingKind, MailboxId, OptionChange, OutgoingRecording, RECORDED_NAME_LONGEST, RecordedName,
};

use crate::{CallersGreeting, StoreError, drafts::Draft, recorded_names::write_recorded_name, store::Shared};

/// What was recorded becomes a greeting or the recorded name. `false`: the mailbox is gone, or nothing was said.
pub(super) fn keep_greeting(
    shared: &Shared,
    mailbox: MailboxId,
    kind: GreetingKind,
    recording: OutgoingRecording,
) -> Result<bool, StoreError> {
    let draft = Draft::of_recording(shared, recording)?;
    let kept = match kind {
        GreetingKind::Personal => {
            shared.keep_greeting(mailbox, CallersGreeting::Personal, draft).map(|_| true)
        }
        GreetingKind::OutOfOffice => {
            shared.keep_greeting(mailbox, CallersGreeting::OutOfOffice, draft).map(|_| true)
        }
        GreetingKind::Name => keep_name(shared, mailbox, &draft),
    };
    match kept {
        Err(StoreError::NoSuchMailbox { .. }) => Ok(false),
        other => other,
    }
}

/// The octets go into the database; the file with them is thrown away.
fn keep_name(shared: &Shared, mailbox: MailboxId, draft: &Draft<'_>) -> Result<bool, StoreError> {
    let codec = draft.header().codec;
    let longest = RECORDED_NAME_LONGEST.as_secs().saturating_mul(u64::from(codec.octets_per_second()));
    let longest = usize::try_from(longest).unwrap_or(usize::MAX);
    let mut reader = draft.read()?;
    let mut audio = Vec::new();
    while let Some(block) = reader.next_block() {
        audio.extend_from_slice(&block);
        if audio.len() >= longest {
            break;
        }
    }
    audio.truncate(longest);
    match RecordedName::new(codec, audio) {
        Ok(name) => {
            shared.database.write(|transaction| write_recorded_name(transaction, mailbox, &name))?;
            Ok(true)
        }
        Err(_) => Ok(false),
    }
}

pub(super) fn change(shared: &Shared, mailbox: MailboxId, change: &OptionChange) -> Result<bool, StoreError> {
    shared.set_phone_option(mailbox, change)
}
