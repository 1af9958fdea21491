use std::{
    fmt,
    time::{Duration, Instant},
};

use crate::{Reception, TlsFacts, TlsVersion};

/// What became of a call. `Debug` tells how much was heard, not each sample.
#[derive(Clone)]
pub struct CallOutcome {
    /// Final status of the INVITE.
    pub status: u16,
    /// Reason phrase of that status, as received.
    pub phrase: String,
    /// `Reason` header (RFC 3326): of the refusal, or else of the server's BYE.
    pub reason: Option<String>,
    /// `Warning` header of the final answer.
    pub warning: Option<String>,
    /// Profile of the answer's audio line, e.g. `RTP/AVP`.
    pub answer_profile: Option<String>,
    /// Suite of the answer's `a=crypto` line.
    pub suite: Option<String>,
    /// The version of TLS that the signalling went over; `None` without TLS.
    pub tls_version: Option<TlsVersion>,
    /// The rest of what its handshake agreed on.
    pub tls: Option<TlsFacts>,
    /// From the INVITE to its final answer.
    pub answered_in: Duration,
    /// Whether the answer took telephone-event, by which keys are sent.
    pub takes_keys: bool,
    /// What was heard: 8 kHz linear samples, placed by RTP timestamp, missing packets as zeros.
    pub heard: Vec<i16>,
    /// Whether a record tone was among it.
    pub heard_tone: bool,
    /// RTP packets that came.
    pub packets_heard: u64,
    /// What was lost of the server's audio, and how unevenly it came.
    pub reception: Reception,
    /// RTCP packets that came and, where media is protected, authenticated.
    pub reports_heard: u64,
    /// RTP and RTCP packets that came and did not authenticate.
    pub packets_unauthentic: u64,
    /// When the first packet of the speech was sent.
    pub spoke_from: Option<Instant>,
    /// How much of the speech was sent.
    pub spoken: Duration,
    /// Who ended the call.
    pub ended_by: EndedBy,
    /// Octets of the INVITE as sent.
    pub request_octets: usize,
    /// The final answer of the INVITE, octet for octet.
    pub final_answer: Vec<u8>,
}

impl fmt::Debug for CallOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOutcome")
            .field("status", &self.status)
            .field("phrase", &self.phrase)
            .field("reason", &self.reason)
            .field("warning", &self.warning)
            .field("answer_profile", &self.answer_profile)
            .field("suite", &self.suite)
            .field("tls_version", &self.tls_version)
            .field("samples_heard", &self.heard.len())
            .field("heard_tone", &self.heard_tone)
            .field("packets_heard", &self.packets_heard)
            .field("reception", &self.reception)
            .field("reports_heard", &self.reports_heard)
            .field("packets_unauthentic", &self.packets_unauthentic)
            .field("spoken", &self.spoken)
            .field("ended_by", &self.ended_by)
            .finish_non_exhaustive()
    }
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EndedBy {
    /// The INVITE was answered with a failure.
    Refusal,
    /// Our BYE, as planned.
    Caller,
    /// Our BYE, which nobody answered.
    ByeUnanswered,
    /// A BYE of the server.
    Server,
    /// Our BYE, because the plan's deadline passed.
    Deadline,
    /// The connection closed under the call.
    ConnectionLost,
}
