use std::net::IpAddr;

use crate::{offer::SdpError, profile::Profile};

/// Why an offer (or the answer to an offer of ours) cannot be taken. The message is for an administrator: what came,
/// and what to set at the gateway. Peer text in it is escaped and cut.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OfferRefusal {
    /// The description cannot be read.
    #[error("the session description cannot be read: {error}")]
    Unreadable {
        /// Where it ends to be SDP.
        error: SdpError,
    },
    /// Fax, or the change of a call to fax.
    #[error(
        "the offer has only m=image (T.38 fax), which this server does not take: turn T.38 off on the gateway for this trunk"
    )]
    ImageOnly,
    /// No audio at all.
    #[error("the offer has no m=audio line: this server takes voice calls only")]
    NoAudio,
    /// Every audio line has port 0.
    #[error("every m=audio line of the offer has port 0: the gateway has switched its audio off")]
    AudioDisabled,
    /// SRTP in a plan whose media is clear.
    #[error("the offer is {profile}, but the dial plan wants RTP in the clear: turn SRTP off on the gateway, or make the dial plan Secured{}", capability_hint(*.capability_negotiation))]
    SecureProfile {
        /// What was offered.
        profile: Profile,
        /// Whether the offer lists alternatives by RFC 5939.
        capability_negotiation: bool,
    },
    /// No SRTP in a plan that is Secured.
    #[error("the offer is {profile} without a=crypto, but the dial plan is Secured: turn SRTP with SDES keys on in the gateway (RTP/SAVP){}", capability_hint(*.capability_negotiation))]
    ClearProfile {
        /// What was offered.
        profile: Profile,
        /// Whether the offer lists alternatives by RFC 5939.
        capability_negotiation: bool,
    },
    /// SRTP without keys.
    #[error("the offer is {profile} without a=crypto: set the gateway to exchange its SRTP keys by SDES (RFC 4568){}", capability_hint(*.capability_negotiation))]
    NoCrypto {
        /// What was offered.
        profile: Profile,
        /// Whether the offer lists alternatives by RFC 5939.
        capability_negotiation: bool,
    },
    /// Crypto lines of which none can be taken.
    #[error("the offer is {profile}, but none of its a=crypto lines can be used ({faults}){}{}; the dial plan allows {allowed}", srtcp_hint(*.srtcp_clear_would_help), capability_hint(*.capability_negotiation))]
    NoUsableCrypto {
        /// What was offered.
        profile: Profile,
        /// What is wrong with the lines, one behind the other; no keys.
        faults: String,
        /// The suites of the plan.
        allowed: String,
        /// Whether a line fails for `UNENCRYPTED_SRTCP` alone.
        srtcp_clear_would_help: bool,
        /// Whether the offer lists alternatives by RFC 5939.
        capability_negotiation: bool,
    },
    /// DTLS-SRTP, in any plan.
    #[error("the offer is {transport} (DTLS-SRTP), which this server does not speak: set the gateway to {}{}", wanted, capability_hint(*.capability_negotiation))]
    DtlsSrtp {
        /// The transport as offered.
        transport: String,
        /// What the plan would take.
        wanted: &'static str,
        /// Whether the offer lists alternatives by RFC 5939.
        capability_negotiation: bool,
    },
    /// A transport that is no RTP over UDP.
    #[error("the transport `{transport}` is unknown here: set the gateway to {wanted}")]
    ForeignTransport {
        /// The transport as offered.
        transport: String,
        /// What the plan would take.
        wanted: &'static str,
    },
    /// No codec in common.
    #[error(
        "none of the offered codecs ({offered}) is known here: allow PCMU or PCMA (G.711) at 8 kHz on the gateway"
    )]
    NoCodec {
        /// The formats as offered.
        offered: String,
    },
    /// No `c=` line holds for the audio.
    #[error("the offer has no c= line for its audio: the gateway does not say where to send to")]
    NoAddress,
    /// A host name where an address must stand.
    #[error("the c= line names `{name}` instead of an IP address: set the gateway to write its address")]
    AddressIsName {
        /// What it names.
        name: String,
    },
    /// A multicast address.
    #[error("the c= line names the multicast address {address}: a call needs the gateway's own address")]
    Multicast {
        /// What it names.
        address: IpAddr,
    },
    /// IPv4 where we have IPv6, or the other way round.
    #[error(
        "the offer wants media at {offered}, but this call's media address here is {own}: use the same IP version for signalling and media"
    )]
    AddressFamily {
        /// Where media was wanted.
        offered: IpAddr,
        /// Our side.
        own: IpAddr,
    },
    /// The ACK, or the 200 to our re-INVITE, brings no answer to our offer.
    #[error(
        "the offer of this server was acknowledged without a session description: let the gateway answer it, or send its offer with the INVITE"
    )]
    AnswerMissing,
    /// The answer to our offer refuses the audio.
    #[error("the answer refuses the audio that this server offered")]
    AnswerRefuses,
    /// The answer to our offer has another profile.
    #[error(
        "the answer is `{transport}` to an offer of {offered}: the gateway must answer in the profile that was offered"
    )]
    AnswerProfile {
        /// What was answered.
        transport: String,
        /// What we had offered.
        offered: Profile,
    },
    /// The answer to our offer has no crypto line that fits ours.
    #[error("the a=crypto of the answer does not fit the offer: {detail}")]
    AnswerCrypto {
        /// What does not fit; no keys.
        detail: String,
    },
    /// The answer to our offer has another number of `m=` lines.
    #[error("the answer has {answered} m= lines to an offer of one")]
    AnswerShape {
        /// How many came.
        answered: usize,
    },
}

impl OfferRefusal {
    /// The SIP status that answers such an offer (RFC 3261 21.4.26).
    pub const STATUS: u16 = 488;

    /// The code of the Warning header (RFC 3261 20.43): 302 profile or crypto, 305 codec, 399 else.
    pub fn warning_code(&self) -> u16 {
        match self {
            Self::SecureProfile { .. }
            | Self::DtlsSrtp { .. }
            | Self::ForeignTransport { .. }
            | Self::ClearProfile { .. }
            | Self::NoCrypto { .. }
            | Self::NoUsableCrypto { .. }
            | Self::AnswerCrypto { .. }
            | Self::AnswerProfile { .. } => 302,
            Self::NoCodec { .. } => 305,
            Self::Unreadable { .. }
            | Self::ImageOnly
            | Self::NoAudio
            | Self::AudioDisabled
            | Self::NoAddress
            | Self::AddressIsName { .. }
            | Self::Multicast { .. }
            | Self::AddressFamily { .. }
            | Self::AnswerMissing
            | Self::AnswerRefuses
            | Self::AnswerShape { .. } => 399,
        }
    }

    /// The SIP status that answers such an offer: always 488.
    pub fn status_code(&self) -> u16 {
        Self::STATUS
    }

    /// The Q.850 cause of the Reason header: 88, incompatible destination.
    pub fn q850_cause(&self) -> u8 {
        88
    }
}

impl From<SdpError> for OfferRefusal {
    fn from(error: SdpError) -> Self {
        Self::Unreadable { error }
    }
}

/// A text of the peer's as a refusal shows it: escaped, 64 characters at most.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

fn srtcp_hint(srtcp_clear_would_help: bool) -> &'static str {
    if srtcp_clear_would_help {
        "; set the gateway to encrypt its SRTCP, or take it unencrypted: `um gateway set GATEWAY --srtcp-clear allow`"
    } else {
        ""
    }
}

fn capability_hint(capability_negotiation: bool) -> &'static str {
    if capability_negotiation {
        " (it carries capability negotiation, RFC 5939: turn that off on the gateway too)"
    } else {
        ""
    }
}
