//! The numbers that bound what a peer or a command can make this crate hold or do.

use std::time::Duration;

/// Longest packet that is looked at, in octets; a datagram longer than this is counted as malformed.
pub const MAX_PACKET: usize = 1500;
/// Longest audio payload taken from one packet: 60 ms of G.711 would be 480, some gateways bundle more.
pub const MAX_AUDIO_PAYLOAD: usize = 960;
/// Shortest packet time that is sent.
pub const MIN_PTIME: Duration = Duration::from_millis(10);
/// Longest packet time that is sent.
pub const MAX_PTIME: Duration = Duration::from_millis(60);
/// Most audio octets of one packet that is sent: [`MAX_PTIME`] at 8 kHz.
pub const MAX_SENT_PAYLOAD: usize = 480;
/// Most clips of one `Play`; what follows is passed over.
pub const MAX_CLIPS: usize = 64;
/// Octets of a full recorded block (half a second).
pub const BLOCK_OCTETS: usize = 4000;
/// Chunks of a stored clip that lie ready, [`BLOCK_OCTETS`] each: two seconds.
pub const CLIP_CHUNKS: usize = 4;
/// A stored clip whose reader has brought nothing for so long ends there.
pub const CLIP_PATIENCE: Duration = Duration::from_secs(10);
/// Speeds at which clips can be heard, in percent of the recorded one; others are the nearest of these.
pub const SPEEDS: std::ops::RangeInclusive<u16> = 50..=200;
/// How long recorded octets wait for their block to fill.
pub const BLOCK_AGE: Duration = Duration::from_secs(1);
/// Packets in sequence that a new SSRC of the known source needs before it is taken (security-modes section 5).
pub const NEW_SSRC_PACKETS: u8 = 3;
/// Packets behind the newest one of a source that SRTP still takes, once each (RFC 3711 3.3.2).
pub const REPLAY_WINDOW: u64 = 128;
/// Sources that are kept under one SRTP key, each after it has authenticated; another one is refused.
pub const MAX_SRTP_SOURCES: usize = 16;
/// How long the peer's old SRTP key counts after the first packet under its new one.
pub const OLD_KEY_AGE: Duration = Duration::from_secs(5);
/// Sub-packets of one RTCP compound that are looked at.
pub const MAX_RTCP_PACKETS: usize = 16;
/// Events whose end has been told are remembered, so that a late copy of theirs is known.
pub const REMEMBERED_EVENTS: usize = 8;
/// Packet buffers kept for reuse by one engine.
pub const MAX_SPARE_BUFFERS: usize = 1024;
