//! What is spoken and what is recorded.
use std::sync::Arc;

use call_control::Input;
use mailbox::{GreetingId, MessageId};
use srtp_media::StoredAudio;
use storage::{AudioBlock, Store};

use super::{ServeError, foundation::blocking};
use crate::{
    config::ServerConfig,
    core::Inbox,
    media::{MediaNotice, MediaOptions, MediaPlane},
    observe::{Alarm, Observer},
    prompts::PromptShelf,
};

/// The media workers; recordings go to the store.
///
/// # Errors
/// [`ServeError::System`].
pub(super) fn start_media(
    config: &ServerConfig,
    inbox: &Inbox,
    store: &Store,
    alarm: &Alarm,
) -> Result<Arc<MediaPlane>, ServeError> {
    let events = inbox.clone();
    let spool = store.clone();
    let audio = store.clone();
    let options = MediaOptions {
        ports: config.media.ports,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        io: config.media.io,
        ..MediaOptions::default()
    };
    MediaPlane::start(
        options,
        alarm,
        move |notice| {
            let input = match notice {
                MediaNotice::Lease(lease) => Input::Lease(lease),
                MediaNotice::Event(event) => Input::Media(event),
            };
            events.send_blocking(input);
        },
        move |block| {
            let recording = block.recording.0;
            let block = AudioBlock { number: block.number, payload: block.payload, last: block.last };
            spool.append(recording, block)
        },
        move |name| match name {
            StoredAudio::Message(number) => Ok(audio.open_audio(MessageId(number))?),
            StoredAudio::Recording(recording) => Ok(audio.open_recording(recording.0)?),
            StoredAudio::Greeting(greeting) => Ok(audio.open_greeting(GreetingId(greeting))?),
        },
    )
    .map(Arc::new)
    .map_err(|source| ServeError::System { what: "start the media workers", source })
}

/// What is spoken; a change is heard from the next sentence on.
pub(super) async fn open_prompts(
    config: &ServerConfig,
    inbox: &Inbox,
    observer: &Observer,
) -> Arc<PromptShelf> {
    let (data_dir, inbox) = (config.data_dir.clone(), inbox.clone());
    let announce = move |set| {
        inbox.send_blocking(Input::Prompts(set));
    };
    let (shelf, events) = blocking(move || PromptShelf::open(&data_dir, announce)).await;
    events.into_iter().for_each(|event| observer.tell(event));
    Arc::new(shelf)
}
