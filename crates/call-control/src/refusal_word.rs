//! One word for each thing that can keep a call out: for programs, records and metrics.
use sdp::OfferRefusal;

use crate::refusal::Refusal;

impl Refusal {
    /// The stable word for it, such as `wrong-mode`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::GatewayTakesNoCalls { .. } => "gateway-disabled",
            Self::NoHuntGroup(_) => "unknown-pilot",
            Self::TransportMismatch { .. } => "wrong-mode",
            Self::UnknownMailbox { .. } => "no-mailbox",
            Self::PinsInTheClear { .. } => "pins-in-the-clear",
            Self::Media { refusal, .. } => media_word(refusal),
            Self::ModeBroken { .. } => "mode-broken",
            Self::NoMediaPort => "no-media-port",
            Self::NoLocalAddress { .. } => "no-route-to-media",
            Self::StoreSilent => "store-silent",
            Self::TooManyCalls { .. } => "too-many-calls",
            Self::Draining { .. } => "draining",
            Self::DiskFull { .. } => "disk-full",
            Self::Busy => "server-busy",
        }
    }
}

fn media_word(refusal: &OfferRefusal) -> &'static str {
    match refusal {
        OfferRefusal::ClearProfile { .. } | OfferRefusal::NoCrypto { .. } => "no-crypto",
        OfferRefusal::NoUsableCrypto { .. } => "no-usable-crypto",
        OfferRefusal::SecureProfile { .. } => "srtp-not-wanted",
        OfferRefusal::NoCodec { .. } => "no-codec",
        OfferRefusal::DtlsSrtp { .. } | OfferRefusal::ForeignTransport { .. } => "offer-transport",
        OfferRefusal::Unreadable { .. }
        | OfferRefusal::ImageOnly
        | OfferRefusal::NoAudio
        | OfferRefusal::AudioDisabled
        | OfferRefusal::NoAddress
        | OfferRefusal::AddressIsName { .. }
        | OfferRefusal::Multicast { .. }
        | OfferRefusal::AddressFamily { .. }
        | OfferRefusal::AnswerMissing
        | OfferRefusal::AnswerRefuses
        | OfferRefusal::AnswerProfile { .. }
        | OfferRefusal::AnswerCrypto { .. }
        | OfferRefusal::AnswerShape { .. } => "offer-refused",
    }
}
