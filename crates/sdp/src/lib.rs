//! Offer/answer over the `sdp-types` grammar (RFC 8866, 3264): what a peer offers, judged against the media that the
//! dial plan's mode allows, becomes an answer and the media as negotiated, or a refusal in words.
//!
//! The one rule: the plan decides. Nothing here picks a weaker or another profile than [`MediaPlan`] allows, and key
//! material is never shown: a peer's keys leave an [`Offer`] only as SRTP keys of a plan that is Secured.
//!
//! ```
//! use sdp::{LocalMedia, MediaPlan, NegotiatedMedia, Offer, OwnKeys, accept_offer};
//! use telephony::Secret;
//!
//! let offer = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
//! let local = LocalMedia {
//!     address: "192.0.2.9".parse().unwrap(),
//!     rtp_port: 20000,
//!     rtcp_port: 20001,
//!     session_id: 1,
//!     session_version: 1,
//! };
//! let own = OwnKeys { fresh: Secret::new([0; 46]), kept: None }; // random in earnest
//! let (answer, media) = accept_offer(&Offer::parse(offer).unwrap(), &MediaPlan::Clear, &local, &own).unwrap();
//! assert!(answer.bytes.ends_with(b"a=sendrecv\r\n"));
//! match media {
//!     NegotiatedMedia::Clear(parameters) => assert_eq!(parameters.remote_rtp.port(), 4000),
//!     NegotiatedMedia::Srtp { .. } => unreachable!("the plan is clear"),
//! }
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod answer;
mod crypto;
mod direction;
mod format;
mod key_id;
pub mod limits;
mod negotiation;
mod offer;
mod profile;
mod proposal;
mod refusal;
mod secured;
mod stream;

pub use answer::Answer;
pub use direction::Direction;
pub use negotiation::{LocalMedia, MediaParameters, MediaPlan, NegotiatedMedia, accept_offer};
pub use offer::{Offer, SdpError};
pub use profile::Profile;
pub use proposal::{OfferText, PendingOffer, make_offer, repeat_offer};
pub use refusal::OfferRefusal;
pub use secured::{AgreedCrypto, KeptKey, OwnKeys, SuitePolicy};
