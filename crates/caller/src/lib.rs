//! A second, foreign implementation of a gateway: it places one call to a voicemail server, speaks, listens, hangs up.
//!
//! The one rule: nothing of `sip-signaling`, `sdp`, `srtp-media` or `cert-manager` is used here. `rsip` composes and
//! reads the SIP, `rtp` packs and reads the media, `webrtc-srtp` protects and opens it, rustls' own verifier judges the server's certificate, and the few
//! lines of SDP and G.711 are its own, so that neither `um demo` nor the tests are the server talking to itself.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! let mut plan = caller::CallPlan::new("127.0.0.1:5060".parse()?, "5000");
//! plan.diversion = Some("4001".to_owned());
//! plan.speech = caller::speech_like_noise(std::time::Duration::from_secs(3));
//! let outcome = caller::place_call(plan).await?;
//! assert_eq!(outcome.status, 200);
//! # Ok(())
//! # }
//! ```

mod call;
mod departure;
mod dialog;
mod doorway;
mod ear;
mod g711;
mod identity;
mod line;
mod mouth;
mod offer;
mod outcome;
mod plan;
mod progress;
mod reception;
mod rtp_socket;
mod speech;
mod srtp;
mod tls;
mod tone;
mod trunk;
mod unreached;
mod wire;

pub use call::{place_call, place_call_from};
pub use departure::Departure;
pub use doorway::Doorway;
pub use g711::{decode_octet, encode_sample};
pub use identity::{CertificateRequest, Purpose, TestAuthority, TestIdentity, Validity};
pub use line::{Answer, Line};
pub use outcome::{CallOutcome, EndedBy};
pub use plan::{CallPlan, DigitPress, HangUp, MediaOffer, Scheme, StartSpeaking, Transport};
pub use progress::Progress;
pub use reception::Reception;
pub use speech::{demonstration_speech, read_wav, speech_like_noise};
pub use telephony::{AudioCodec, Digit, SrtpSuite};
pub use tls::{Alert, TlsFacts, TlsPlan, TlsVersion};
pub use tone::{ToneDetector, ToneState};
pub use trunk::Trunk;
pub use unreached::Unreached;
