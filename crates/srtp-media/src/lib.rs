//! RTP, RTCP, SRTP, codecs, telephone-event, playout and recording as one media engine without I/O (RFC 3550, 3551,
//! 3711, 4733, 6188, 7714).
//!
//! The one rule: a packet has no effect before its source (and, with SRTP, its authentication) is approved, and a
//! session's fault costs that session alone.
//!
//! ```
//! use srtp_media::{MediaConfig, MediaEngine, MediaOutput, SessionId};
//! # fn example(command: srtp_media::MediaCommand, now: std::time::Instant, deliver: impl Fn(MediaOutput)) {
//! let mut engine = MediaEngine::new(MediaConfig { seed: [7; 32], wall: None });
//! engine.handle_command(command, now); // Open, Play, Record, .. Close
//! while let Some(output) = engine.poll_output() {
//!     deliver(output); // a packet to send, an event for the call, a block for the spool
//! }
//! let wake = engine.poll_timeout(); // None while there is no session
//! # let _ = (wake, SessionId(1));
//! # }
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod command;
mod concealment;
mod engine;
mod event;
pub mod g711;
pub mod limits;
mod outbox;
mod playout;
mod protection;
mod reception;
mod recorder;
mod rtcp;
mod rtcp_schedule;
mod rtp;
mod sender;
mod session;
mod source;
mod spec;
mod srtp;
mod stored_clip;
mod telephone_event;
mod time_scale;
mod tone;
mod voice_activity;
pub mod wav;

pub use command::{
    Clip, MediaCommand, MediaCommandKind, RecordLimits, RecordingId, SeekTo, SessionId, Token,
};
pub use engine::{MediaConfig, MediaEngine, Phase, WallAnchor};
pub use event::{
    Channel, MediaEvent, MediaEventKind, MediaOutput, MediaTotals, PlayEnd, RecordEnd, RecordedBlock,
};
pub use rtcp::{ReportBlock, RtcpCompound, RtcpError, SenderInfo};
pub use rtp::{RtpError, RtpHeader, RtpPacket, RtpTimestamp, SequenceNumber};
pub use spec::{Direction, MediaSpec, SpecParameters, WhileSilent};
pub use srtp::SrtpKeys;
pub use stored_clip::{AudioChunk, ChunkRefused, ClipFeed, ClipPlace, StoredAudio, StoredClip};
pub use voice_activity::speech_in;
