use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use telephony::{AudioCodec, Digit};

use crate::command::{RecordingId, SessionId, Token};

/// Which of a session's two sockets.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Channel {
    /// The even port: audio and events, and RTCP where the ports are shared.
    Rtp,
    /// The odd port.
    Rtcp,
}

/// What the engine wants done. Drain to `None` after every call into it.
#[derive(Debug, Eq, PartialEq)]
pub enum MediaOutput {
    /// Send a datagram; give `bytes` back with [`crate::MediaEngine::recycle`] afterwards.
    Send {
        /// Whose socket.
        session: SessionId,
        /// Which of the two.
        channel: Channel,
        /// Where to.
        to: SocketAddr,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// The source of the session's RTP is learned and is the address in the SDP: the RTP socket may be connected to
    /// it, so that the kernel drops everybody else's packets.
    Connect {
        /// Whose RTP socket.
        session: SessionId,
        /// The learned source.
        remote: SocketAddr,
    },
    /// The source is to be learned again: a connected RTP socket must be opened to all.
    Disconnect {
        /// Whose RTP socket.
        session: SessionId,
    },
    /// Tell the call.
    Event(MediaEvent),
    /// Give to the spool writer; if it has no room, say so with [`crate::MediaEngine::refuse_block`].
    Block(RecordedBlock),
}

/// Something that happened in a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MediaEvent {
    /// Which session.
    pub session: SessionId,
    /// See [`crate::MediaCommand::token`].
    pub token: Token,
    /// What happened.
    pub what: MediaEventKind,
}

/// What can happen in a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MediaEventKind {
    /// Playing is over.
    PlayFinished {
        /// By itself or by command.
        why: PlayEnd,
        /// How far it came, counted over all clips, in time as recorded.
        at: Duration,
    },
    /// A recording is over; all its blocks have been given out before this.
    RecordFinished {
        /// Which one.
        recording: RecordingId,
        /// What ended it.
        why: RecordEnd,
        /// Length of the audio in the blocks.
        length: Duration,
        /// How much of it is speech.
        speech: Duration,
        /// How many blocks there are.
        blocks: u32,
    },
    /// The caller pressed a key; told once, at its end.
    Digit {
        /// Which key.
        digit: Digit,
        /// How long, as far as the packets tell.
        duration: Duration,
    },
    /// No valid packet for the media timeout. Told once; a valid packet arms it again.
    NoMedia,
    /// The session is over by command.
    Closed {
        /// What it has counted.
        totals: MediaTotals,
    },
    /// A fault in the program has ended the session; no `Closed` follows. A running recording is told `Truncated`
    /// before this.
    Faulted,
}

/// Why playing is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlayEnd {
    /// All is said.
    Finished,
    /// `Stop`, another `Play`, or `Close`.
    Interrupted,
}

/// Why a recording is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordEnd {
    /// No speech for as long as the limit says.
    Silence,
    /// The longest length is reached.
    Maximum,
    /// `StopRecording` or another `Record`.
    Stopped,
    /// `Close`.
    Closed,
    /// The spool took no more, or a fault ended the session: the tail is missing.
    Truncated,
}

/// What a session has counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MediaTotals {
    /// RTP packets taken.
    pub packets_received: u64,
    /// RTP packets sent.
    pub packets_sent: u64,
    /// RTP packets of the peer that never came (RFC 3550 A.3; copies do not make up for losses).
    pub lost: u64,
    /// Packets from a source that is not the session's.
    pub refused_source: u64,
    /// Packets of the right source that are no RTP or RTCP.
    pub malformed: u64,
    /// SRTP and SRTCP packets whose tag or master key identifier is wrong. They never end a call.
    pub failed_authentication: u64,
    /// SRTP and SRTCP packets that were taken before, or came too late to know.
    pub replayed: u64,
    /// RTP packets of a payload type that was not agreed, and packets of an SSRC not yet taken; with
    /// SRTP also those of more SSRCs than are kept.
    pub passed_over: u64,
    /// Audio packets that came after their place in the recording had been written.
    pub late: u64,
    /// Packets that could not be sent, or that the peer's system refused (ICMP).
    pub unreachable: u64,
    /// Valid RTCP compounds taken.
    pub rtcp_received: u64,
    /// RTP and RTCP packets that were not sent because our SRTP key had protected all that it may: 2^48 of RTP, 2^31 of
    /// RTCP (RFC 3711 9.2).
    pub key_exhausted: u64,
    /// Packets of silence that were sent, wholly or in part, because a stored clip's audio had not come yet: also
    /// before its first chunk and after a seek.
    pub clip_underruns: u64,
    /// Stored clips that ended before their end, or were never begun, because nobody read them.
    pub clips_unreadable: u64,
    /// Interarrival jitter at the end, in timestamp units of 1/8000 s (RFC 3550 A.8).
    pub jitter: u32,
}

/// A piece of a recording, in order of `number`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RecordedBlock {
    /// Which recording.
    pub recording: RecordingId,
    /// 0, 1, 2, ..
    pub number: u32,
    /// Codec of the octets; the same in all blocks of a recording.
    pub codec: AudioCodec,
    /// 1 to 4,000 octets; the last block may be empty.
    pub payload: Bytes,
    /// No other block follows.
    pub last: bool,
}
