//! Recordings that an earlier process left without a row: made messages before the first call is taken.
use jiff::{SignedDuration, Timestamp};
use mailbox::MessageDetails;
use storage::{AudioFileError, Recovered, Store, UnfinishedRecording, UnreadableRecording};
use telephony::{Event, kind};

use crate::observe::Observer;

/// Recovers what can be recovered and tells each. Blocks; reads every recording once.
pub(super) fn recover(store: &Store, left: &Recovered, observer: &Observer) {
    for recording in &left.unfinished {
        match recover_one(store, recording) {
            Ok(Some(event)) => observer.tell(event),
            Ok(None) => {}
            Err(error) => observer.tell(left_behind(&recording.file, &error)),
        }
    }
    for recording in &left.unreadable {
        drop_or_tell(store, recording, observer);
    }
}

/// A message, or nothing where too little was said for one (the rule of call answering).
fn recover_one(store: &Store, recording: &UnfinishedRecording) -> Result<Option<Event>, storage::StoreError> {
    let header = &recording.header;
    let speech = srtp_media::speech_in(header.codec, store.read_unfinished(recording)?);
    if speech < ivr::SHORTEST_MESSAGE {
        store.discard_unfinished(&recording.file)?;
        return Ok(None);
    }
    let details = MessageDetails {
        received: ended(header.started, recording),
        length: recording.length,
        urgent: false,
        private: false,
        interrupted: true,
    };
    let message = store.recover(recording, details)?;
    Ok(Some(
        Event::new(&kind::MESSAGE_RECOVERED)
            .with("message", message)
            .with("call_id", &header.call_id)
            .with("length_seconds", recording.length.as_secs())
            .with("file", &recording.file),
    ))
}

fn ended(started: Timestamp, recording: &UnfinishedRecording) -> Timestamp {
    let length = SignedDuration::try_from(recording.length).unwrap_or_default();
    started.checked_add(length).unwrap_or(started)
}

/// A file that was cut inside its head holds no audio; any other is somebody's to look at.
fn drop_or_tell(store: &Store, recording: &UnreadableRecording, observer: &Observer) {
    let kept = match recording.reason {
        AudioFileError::HeadCut => {
            store.discard_unfinished(&recording.file).err().map(|error| error.to_string())
        }
        _ => Some(recording.reason.to_string()),
    };
    if let Some(reason) = kept {
        observer.tell(left_behind(&recording.file, &reason));
    }
}

fn left_behind(file: &str, reason: &impl std::fmt::Display) -> Event {
    Event::new(&kind::RECORDING_LEFT).with("file", file).with("reason", reason)
}
