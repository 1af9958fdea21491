//! Offer/answer over the `sdp-types` grammar (RFC 8866, 3264): what a peer offers, judged against the media that the
//! dial plan's mode allows, becomes an answer and the media as negotiated, or a refusal in words.
//!
//! The one rule: the plan decides. Nothing here picks a weaker or another profile than [`MediaPlan`] allows, and key
//! material of an offer that is answered in the clear is dropped before anything can show it.
//!
//! ```
//! use sdp::{LocalMedia, MediaPlan, NegotiatedMedia, Offer, accept_offer};
//!
//! let offer = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
//! let local = LocalMedia {
//!     address: "192.0.2.9".parse().unwrap(),
//!     rtp_port: 20000,
//!     rtcp_port: 20001,
//!     session_id: 1,
//!     session_version: 1,
//! };
//! let (answer, media) = accept_offer(&Offer::parse(offer).unwrap(), &MediaPlan::Clear, &local).unwrap();
//! assert!(answer.bytes.ends_with(b"a=sendrecv\r\n"));
//! match media {
//!     NegotiatedMedia::Clear(parameters) => assert_eq!(parameters.remote_rtp.port(), 4000),
//! }
//! ```
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod answer;
mod direction;
mod format;
pub mod limits;
mod negotiation;
mod offer;
mod profile;
mod proposal;
mod refusal;
mod stream;

pub use answer::Answer;
pub use direction::Direction;
pub use negotiation::{LocalMedia, MediaParameters, MediaPlan, NegotiatedMedia, accept_offer};
pub use offer::{Offer, SdpError};
pub use profile::Profile;
pub use proposal::{OfferText, PendingOffer, make_offer};
pub use refusal::OfferRefusal;
