//! Messages from one mailbox to another: new ones, replies, and forwarded ones with an introduction.
use std::time::Duration;

use jiff::Timestamp;
use mailbox::{
    Mailbox, MailboxRoom, Message, MessageDetails, OutgoingMessage, OutgoingRecording, RecordingHeader,
    RecordingPurpose,
};
use srtp_media::g711::transcode;
use telephony::AudioCodec;

use crate::{
    AudioReader, StoreError, mailboxes::rows::read_mailbox, messages::drafts::Draft,
    messages::new_message::NewMessage, messages::read_message, store::Shared,
};

/// The longest message that can be sent: an introduction and what is forwarded behind it, which may have been forwarded
/// before.
pub(crate) const SENT_LONGEST: Duration = Duration::from_secs(2 * 60 * 60);
/// Silence between an introduction and what it introduces.
const BREATH: Duration = Duration::from_millis(500);

/// Makes a new audio file of what was recorded and what is forwarded, and its row when that is durable. `false`: one of
/// the mailboxes or the forwarded message is not there any more, the message is private, the mailbox is full, or there is
/// nothing to send.
pub(super) fn send(
    shared: &Shared,
    recording: Option<OutgoingRecording>,
    message: &OutgoingMessage,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let recorded = recording.map(|recording| Draft::of_recording(shared, recording)).transpose()?;
    let Some(parts) = parts_of(shared, message)? else { return Ok(false) };
    let codec = match (&recorded, &parts.forwarded) {
        (Some(recorded), _) => recorded.header().codec,
        (None, Some(forwarded)) => forwarded.codec,
        (None, None) => return Ok(false),
    };
    let length = recorded.as_ref().map(Draft::length).unwrap_or_default()
        + parts.forwarded.as_ref().map(|forwarded| forwarded.length).unwrap_or_default();
    if length > SENT_LONGEST {
        return Ok(false);
    }
    let call_id = match (&recorded, &parts.forwarded) {
        (Some(recorded), _) => recorded.header().call_id.clone(),
        (None, Some(forwarded)) => forwarded.call_id.clone(),
        (None, None) => String::new(),
    };
    let header = RecordingHeader {
        codec,
        mailbox: message.to,
        call_id,
        started: at,
        caller: Some(parts.from.extension.to_string()),
        caller_name: Some(parts.from.name.clone()),
        // Until it has its row: the sender is not told before that, and will send it again.
        purpose: RecordingPurpose::Draft,
    };
    if !has_room(shared, message)? {
        return Ok(false);
    }
    let (sent, is_damaged) = write(shared, header, recorded.as_ref(), parts.forwarded.as_ref())?;
    let interrupted = is_damaged || parts.forwarded.is_some_and(|forwarded| forwarded.interrupted);
    let details = MessageDetails {
        received: at,
        length: sent.length(),
        urgent: message.urgent,
        private: message.private,
        interrupted,
    };
    keep(shared, sent, details, message)
}

/// What a message is made of, as the database has it.
struct Parts {
    from: Mailbox,
    forwarded: Option<Message>,
}

fn parts_of(shared: &Shared, message: &OutgoingMessage) -> Result<Option<Parts>, StoreError> {
    shared.database.read(|snapshot| {
        let (Some(from), Some(_)) =
            (read_mailbox(snapshot, message.from)?, read_mailbox(snapshot, message.to)?)
        else {
            return Ok(None);
        };
        let forwarded = match message.forwarded {
            Some(id) => match read_message(snapshot, id)? {
                Some(forwarded) if forwarded.mailbox == from.id && !forwarded.private => Some(forwarded),
                Some(_) | None => return Ok(None),
            },
            None => None,
        };
        Ok(Some(Parts { from, forwarded }))
    })
}

/// Asked before anything is written, and again with the row.
fn has_room(shared: &Shared, message: &OutgoingMessage) -> Result<bool, StoreError> {
    shared.database.read(|snapshot| match read_mailbox(snapshot, message.to)? {
        Some(to) => Ok(shared.room(snapshot, &to)? != MailboxRoom::Full),
        None => Ok(false),
    })
}

/// The new file, durable, and whether a part of it could not be read to its end.
fn write<'a>(
    shared: &'a Shared,
    header: RecordingHeader,
    recorded: Option<&Draft<'_>>,
    forwarded: Option<&Message>,
) -> Result<(Draft<'a>, bool), StoreError> {
    let codec = header.codec;
    let mut sent = Draft::begin(shared, header)?;
    let mut is_damaged = false;
    if let Some(recorded) = recorded {
        is_damaged |= copy(recorded.read()?, codec, &mut sent)? < recorded.octets();
    }
    if let Some(forwarded) = forwarded {
        if recorded.is_some() {
            let octets = BREATH.as_millis() * u128::from(codec.octets_per_second()) / 1000;
            sent.append(&vec![codec.silence_octet(); usize::try_from(octets).unwrap_or_default()])?;
        }
        let path = shared.folder.path_of(&forwarded.file);
        let audio = AudioReader::open(&path).map_err(|source| StoreError::Audio { path, source })?;
        is_damaged |= copy(audio, codec, &mut sent)? < forwarded.octets;
    }
    sent.sync()?;
    Ok((sent, is_damaged))
}

/// Appends what can be read; its octets.
fn copy(mut from: AudioReader, codec: AudioCodec, to: &mut Draft<'_>) -> Result<u64, StoreError> {
    let coded = from.header().codec;
    let mut octets: u64 = 0;
    while let Some(block) = from.next_block() {
        octets = octets.saturating_add(u64::try_from(block.len()).unwrap_or(u64::MAX));
        if coded == codec {
            to.append(&block)?;
        } else {
            let block: Vec<u8> = block.iter().map(|octet| transcode(coded, codec, *octet)).collect();
            to.append(&block)?;
        }
    }
    Ok(octets)
}

/// Writes the row.
fn keep(
    shared: &Shared,
    sent: Draft<'_>,
    details: MessageDetails,
    message: &OutgoingMessage,
) -> Result<bool, StoreError> {
    let row = NewMessage {
        file: sent.name().to_owned(),
        header: sent.header().clone(),
        details,
        blocks: sent.blocks(),
        octets: sent.octets(),
        sender: Some(message.from),
    };
    // In one transaction with the row: two that send at once do not fill it beyond its quota.
    let written = shared.database.write(|transaction| {
        let Some(to) = read_mailbox(transaction, message.to)? else { return Ok(false) };
        if shared.room(transaction, &to)? == MailboxRoom::Full {
            return Ok(false);
        }
        row.insert(transaction).map(|_| true)
    });
    match written {
        Ok(true) => {
            sent.keep();
            shared.tell_changed([message.to]);
            shared.tell_room(message.to);
            Ok(true)
        }
        Ok(false) | Err(StoreError::NoSuchMailbox { .. }) => Ok(false),
        Err(error) => {
            sent.keep();
            Err(error)
        }
    }
}
