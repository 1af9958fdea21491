use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::MessageId;

/// Characters of each text that a peer has written; what comes behind is not kept.
pub const CALL_TEXT_LONGEST: usize = 256;

/// What is kept of a call after its end: what went over the line, never what was said or which keys were pressed.
///
/// Fields that came later have defaults: a row of an older version is still read.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallRecord {
    /// The SIP Call-ID.
    pub call_id: String,
    /// When the INVITE came.
    pub started: Timestamp,
    /// When our 200 went out; `None` if the call was not answered.
    #[serde(default)]
    pub answered: Option<Timestamp>,
    /// When the call was over.
    pub ended: Timestamp,
    /// The gateway that brought it.
    pub gateway: Option<String>,
    /// Address and port that its signalling came from.
    #[serde(default)]
    pub source: Option<String>,
    /// The plan that took it, or that refused it.
    pub dial_plan: Option<String>,
    /// The mode of that plan when the call came: `unsecured`, `sip-secured` or `secured`.
    #[serde(default)]
    pub mode: Option<String>,
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// `TLS 1.2` or `TLS 1.3`; `None` without TLS.
    #[serde(default)]
    pub tls_version: Option<String>,
    /// The cipher suite of TLS by its name in the registry; `None` without TLS.
    #[serde(default)]
    pub tls_cipher: Option<String>,
    /// The subject of the certificate that the gateway has shown; `None` without TLS.
    #[serde(default)]
    pub peer_subject: Option<String>,
    /// The caller's number; `None` if withheld.
    pub caller: Option<String>,
    /// The number that the gateway called.
    #[serde(default)]
    pub called: Option<String>,
    /// The mailbox that it was for, by extension.
    pub extension: Option<String>,
    /// The suite of SRTP; `None` for clear media or none.
    pub suite: Option<String>,
    /// `PCMU` or `PCMA`; `None` if no media was agreed on.
    #[serde(default)]
    pub codec: Option<String>,
    /// What was counted of the media; `None` if there was none.
    #[serde(default)]
    pub media: Option<CallMedia>,
    /// How many keys were pressed. Which ones is not kept anywhere.
    #[serde(default)]
    pub digits: u32,
    /// The status of the final answer to the INVITE.
    pub status: u16,
    /// What became of it.
    #[serde(default)]
    pub result: CallResult,
    /// The stable word for why it was refused, `wrong-mode`; `None` if it was not.
    #[serde(default)]
    pub refusal: Option<String>,
    /// How it ended, or why it was refused, in words.
    #[serde(alias = "outcome")]
    pub reason: String,
    /// The message that it left.
    pub message: Option<MessageId>,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallResult {
    /// It was answered, and ended as calls do.
    Answered,
    /// The caller gave up before the answer.
    Abandoned,
    /// A rule refused it.
    Refused,
    /// It broke: no media, no ACK, an answer that did not fit, a fault of the server.
    Failed,
    /// A row of a version that did not say.
    #[default]
    Unknown,
}

/// What was counted of the media of a call.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallMedia {
    /// RTP packets of the peer that were taken.
    pub packets_received: u64,
    /// RTP packets sent.
    pub packets_sent: u64,
    /// RTP packets of the peer that never came.
    pub packets_lost: u64,
    /// Those of the packets taken that came too late to be heard.
    pub packets_late: u64,
    /// SRTP and SRTCP packets that did not authenticate.
    pub packets_unauthentic: u64,
    /// SRTP and SRTCP packets that came a second time.
    pub packets_replayed: u64,
    /// What was lost or late of what the peer has sent, in percent.
    pub loss_percent: f64,
    /// Interarrival jitter at the end (RFC 3550 A.8), in milliseconds.
    pub jitter_ms: f64,
    /// What a listener would say of the peer's voice, 1.0 to 4.5 (ITU-T G.107, estimated); `None` if nothing came.
    pub mos: Option<f64>,
}

impl CallRecord {
    /// How long it was up; nothing if it was not answered.
    pub fn talked(&self) -> SignedDuration {
        self.answered.map_or(SignedDuration::ZERO, |answered| self.ended.duration_since(answered))
    }

    /// Whether it was less protected than the mode of its plan promises. There is to be none such.
    ///
    /// A call that was not answered has no media to protect, and a plan's transport is judged by its refusal.
    pub fn is_below_its_mode(&self) -> bool {
        let (is_tls, is_srtp) = (self.transport == "tls", self.suite.is_some());
        match (self.answered, self.mode.as_deref()) {
            (Some(_), Some("sip-secured")) => !is_tls,
            (Some(_), Some("secured")) => !is_tls || (self.codec.is_some() && !is_srtp),
            (Some(_), Some(_) | None) | (None, _) => false,
        }
    }
}

impl CallResult {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Answered, Self::Abandoned, Self::Refused, Self::Failed, Self::Unknown];

    /// The word in tables, JSON and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD_ROW: &str = r#"{"call_id":"a","started":"2026-11-05T12:00:00Z","ended":"2026-11-05T12:01:00Z",
        "answered_for":{"secs":59,"nanos":0},"transport":"udp","gateway":"gw1","dial_plan":"hq","extension":"4001",
        "caller":null,"suite":null,"status":200,"outcome":"completed","message":7}"#;

    #[test]
    fn row_of_an_older_version_is_read() {
        let record: CallRecord = serde_json::from_str(OLD_ROW).unwrap();

        assert_eq!((record.call_id.as_str(), record.reason.as_str()), ("a", "completed"));
        assert_eq!((record.message, record.result), (Some(MessageId(7)), CallResult::Unknown));
        assert_eq!((record.answered, record.media, record.digits), (None, None, 0));
    }

    #[test]
    fn call_is_below_its_mode_only_if_it_was_answered_with_less_than_the_mode_promises() {
        let answered = Some("2026-11-05T12:00:01Z".parse().unwrap());
        let old: CallRecord = serde_json::from_str(OLD_ROW).unwrap();
        let of = |mode: &str, transport: &str, suite: Option<&str>| CallRecord {
            answered,
            mode: Some(mode.to_owned()),
            transport: transport.to_owned(),
            suite: suite.map(str::to_owned),
            codec: Some("PCMU".to_owned()),
            ..old.clone()
        };
        let suite = Some("AEAD_AES_256_GCM");
        let rows = [
            ("unsecured", "udp", None, false),
            ("sip-secured", "tls", None, false),
            ("sip-secured", "tcp", None, true),
            ("secured", "tls", suite, false),
            ("secured", "tls", None, true),
            ("secured", "udp", suite, true),
        ];
        for (mode, transport, suite, is_below) in rows {
            let record = of(mode, transport, suite);
            assert_eq!(record.is_below_its_mode(), is_below, "{mode} {transport} {suite:?}");
            assert!(!CallRecord { answered: None, ..record }.is_below_its_mode(), "{mode} {transport}");
        }
    }

    #[test]
    fn words_of_results_are_those_of_json() {
        for result in CallResult::ALL {
            assert_eq!(serde_json::to_string(&result).unwrap(), format!("\"{}\"", result.word()));
        }
    }
}
