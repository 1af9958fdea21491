//! The conversation with the caller.
//!
//! Each conversation is a machine with the verbs of the house: [`IvrInput`] in, [`IvrOutput`] out. The one rule: it never
//! sees PCM, RTP, SIP or a clock; it speaks in prompts, digits and orders to record and to keep.
//!
//! ```
//! use ivr::{CallAnswering, CallAnsweringSettings, IvrInput, IvrOutput, MessageRoom, SpokenName};
//! use std::time::Duration;
//!
//! let mut call = CallAnswering::new(CallAnsweringSettings {
//!     called: SpokenName::Extension("4001".into()),
//!     greeting: None,
//!     plan_greeting: None,
//!     extension: "4001".into(),
//!     operator: None,
//!     silence: Duration::from_secs(5),
//!     maximum: Duration::from_secs(1200),
//!     input_failures: 3,
//!     room: MessageRoom::Some,
//! });
//! call.handle_input(IvrInput::Begin);
//! assert!(matches!(call.poll_output(), Some(IvrOutput::Play(_))));
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod access;
mod attendant;
mod call_answering;
mod conversation;
mod conversations;
mod cue;
mod marks;
mod patience;
mod phrase;
mod question;
mod review;
mod speech;

pub use access::{GREETING_LONGEST, KeyLayout, SubscriberAccess, SubscriberAccessSettings};
pub use attendant::{
    Announcement, AnnouncementKeys, AttendantSettings, AutoAttendant, NEXT_KEY_WAIT, Openness, PeopleOffered,
};
pub use call_answering::{CallAnswering, CallAnsweringSettings, MessageRoom, SHORTEST_MESSAGE, SpokenName};
pub use conversation::{
    DialScope, IvrInput, IvrOutput, MessageOrder, Pause, RecordOrder, RecordingEnd, Skip, Successor,
    TransferFailure,
};
pub use conversations::Conversation;
pub use marks::Marks;
pub use phrase::{Counted, Phrase, PromptKey, spoken_digits};
pub use question::{Answer, Question};
pub use review::REVIEW_WAIT;
pub use speech::{Language, Piece, UnknownLanguage, speak};

#[cfg(test)]
mod tests;
