use serde::{Deserialize, Serialize};

/// An audio codec that calls and stored recordings use: 8 kHz, one octet a sample (ITU-T G.711).
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum AudioCodec {
    /// G.711 mu-law, static RTP payload type 0 (RFC 3551 6).
    #[serde(rename = "PCMU")]
    Pcmu,
    /// G.711 A-law, static RTP payload type 8 (RFC 3551 6).
    #[serde(rename = "PCMA")]
    Pcma,
}

impl AudioCodec {
    /// The encoding name as SDP writes it (RFC 3551 6).
    pub fn encoding_name(self) -> &'static str {
        match self {
            Self::Pcmu => "PCMU",
            Self::Pcma => "PCMA",
        }
    }

    /// Octets of one second of audio.
    pub fn octets_per_second(self) -> u32 {
        match self {
            Self::Pcmu | Self::Pcma => 8000,
        }
    }

    /// The octet that decodes to silence.
    pub fn silence_octet(self) -> u8 {
        match self {
            Self::Pcmu => 0xff,
            Self::Pcma => 0xd5,
        }
    }
}
