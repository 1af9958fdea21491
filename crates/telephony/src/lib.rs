//! Leaf words of the field, spoken by every crate above: digits and numbers, secrets, audio codecs, events, the quality
//! of speech.
//!
//! The one rule: no logic lives here beyond reading and printing a word, and the arithmetic of a published model.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod audio;
mod digit;
mod event;
mod number;
pub mod quality;
mod secret;
mod srtp;

pub use audio::AudioCodec;
pub use digit::Digit;
pub use event::{CATALOGUE, Event, EventKind, Severity, kind};
pub use number::{Extension, NumberError, PhoneNumber};
pub use secret::{Redacted, Secret};
pub use srtp::{MasterKey, SrtpSuite, UnknownSuite};
