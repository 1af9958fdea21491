//! Greetings and options that the owner changes by phone.
use mailbox::{
    GreetingKind, KeptGreeting, MailboxId, OptionChange, OutgoingRecording, RECORDED_NAME_LONGEST,
    RecordedName,
};

use crate::{
    CallersGreeting, StoreError, mailboxes::recorded_names::write_recorded_name, messages::drafts::Draft,
    store::Shared,
};

/// What was recorded becomes a greeting or the recorded name. `None`: the mailbox is gone, or nothing was said.
pub(super) fn keep_greeting(
    shared: &Shared,
    mailbox: MailboxId,
    kind: GreetingKind,
    recording: OutgoingRecording,
) -> Result<Option<KeptGreeting>, StoreError> {
    let draft = Draft::of_recording(shared, recording)?;
    let kept = match kind {
        GreetingKind::Personal => {
            shared.keep_greeting(mailbox, CallersGreeting::Personal, draft).map(KeptGreeting::Personal)
        }
        GreetingKind::OutOfOffice => {
            shared.keep_greeting(mailbox, CallersGreeting::OutOfOffice, draft).map(KeptGreeting::OutOfOffice)
        }
        GreetingKind::Name => match keep_name(shared, mailbox, &draft) {
            Ok(Some(name)) => Ok(KeptGreeting::Name(name)),
            Ok(None) => return Ok(None),
            Err(error) => Err(error),
        },
    };
    match kept {
        Ok(kept) => Ok(Some(kept)),
        Err(StoreError::NoSuchMailbox { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The octets go into the database; the file with them is thrown away. `None`: there are none.
fn keep_name(
    shared: &Shared,
    mailbox: MailboxId,
    draft: &Draft<'_>,
) -> Result<Option<RecordedName>, StoreError> {
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
            Ok(Some(name))
        }
        Err(_) => Ok(None),
    }
}

pub(super) fn change(shared: &Shared, mailbox: MailboxId, change: &OptionChange) -> Result<bool, StoreError> {
    shared.set_phone_option(mailbox, change)
}
