//! Mailboxes, messages and PIN policy as values and rules, and the requests to the store with their replies. No I/O.
//!
//! The one rule: nothing here reads a clock, a file or a database. `storage` carries the requests out, the IVR and
//! call control compose them and read the replies.
//!
//! ```
//! use mailbox::{PinRefusal, PinRules};
//! use telephony::{Extension, Secret};
//!
//! let extension = Extension::parse("4001").expect("digits");
//! let pin = Secret::new(String::from("123456"));
//!
//! assert_eq!(PinRules::default().check(&pin, &extension), Err(PinRefusal::Sequence));
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod call_record;
mod counts;
mod disk;
mod kept_greeting;
mod message;
mod missed_call;
mod new_mailbox;
mod owner;
mod pin;
mod recorded_name;
mod request;
mod spelling;
mod subscriber;

pub use call_record::{CALL_TEXT_LONGEST, CallMedia, CallRecord, CallResult};
pub use counts::MessageCounts;
pub use disk::DiskState;
pub use kept_greeting::KeptGreeting;
pub use message::{Message, MessageDetails, MessageId, RecordingHeader, RecordingPurpose};
pub use missed_call::MissedCall;
pub use new_mailbox::{MailboxChange, MailboxRefusal, NewMailbox, limits};
pub use owner::{Mailbox, MailboxId};
pub use pin::{PIN_LONGEST, PIN_SHORTEST, PinGenerator, PinRefusal, PinRules};
pub use recorded_name::{RECORDED_NAME_LONGEST, RecordedName, RecordedNameRefusal};
pub use request::{
    FoundMailbox, OutgoingRecording, PhoneChange, PhoneQuestion, PinAttempt, StoreFailure, StoreReply,
    StoreReplyKind, StoreRequest, StoreRequestKind,
};
pub use spelling::{SPELLED_LETTERS_AT_MOST, spells};
pub use subscriber::{
    Clock, GreetingId, GreetingKind, Greetings, LogOn, MailboxCard, MailboxRoom, MessageState,
    MessageSummary, NAMES_AT_MOST, NameOrder, NamesFound, OptionChange, OutOfOffice, OutgoingMessage,
    PhoneOptions, PinStanding, RecordedGreeting, Subscriber,
};
