use std::net::SocketAddr;

use dial_plan::VoipSecurity;
use serde::{Deserialize, Serialize};

use crate::{CertificateFacts, RouteTransport};

/// `POST /v1/test/call`: how would a gateway place a call at this server?
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TestCallQuestion {
    /// The gateway; without it an enabled one that leads to the mailbox.
    #[serde(default)]
    pub gateway: Option<String>,
    /// The extension that did not answer; without it the first mailbox of the dial plan.
    #[serde(default)]
    pub to: Option<String>,
    /// How the gateway calls; without it as its dial plan wants.
    #[serde(default)]
    pub mode: Option<VoipSecurity>,
    /// The number that the gateway calls; without it that of its hunt group.
    #[serde(default)]
    pub pilot: Option<String>,
}

/// How the test call is to be placed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TestCallPlan {
    /// The gateway that it counts as.
    pub gateway: String,
    /// The dial plan that it is meant for.
    pub dial_plan: String,
    /// The mode of that plan.
    pub plan_mode: VoipSecurity,
    /// How the gateway calls.
    pub mode: VoipSecurity,
    /// What it comes over.
    pub transport: RouteTransport,
    /// Where this server listens for that.
    pub target: SocketAddr,
    /// The name of this server, as its certificate has it over TLS.
    pub domain: String,
    /// What it presents over TLS.
    #[serde(default)]
    pub certificate: Option<ShownCertificate>,
    /// The number that is called.
    pub pilot: String,
    /// The extension that did not answer.
    pub extension: String,
}

/// The certificate that a caller over TLS is shown.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ShownCertificate {
    /// In short.
    pub facts: CertificateFacts,
    /// It and its chain in PEM.
    pub pem: String,
}

/// `POST /v1/test/line`: lease the test line. One source counts as the gateway until it is released, two minutes at most.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OpenTestLine {
    /// The gateway.
    pub gateway: String,
    /// The address and port that the call will come from: one of this machine.
    pub remote: SocketAddr,
    /// Over TLS the certificate that it will present, in PEM.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// The test line is leased.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct OpenedTestLine {
    /// Which lease: `GET /v1/test/line/ID` waits a moment for the end of its call, `DELETE` releases it.
    pub id: u64,
    /// How long it stands at most.
    pub seconds: u64,
}

/// What the server saw of the call over a test line.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct TestCallReport {
    /// Its Call-ID, for `um trace --call`.
    pub call_id: String,
    /// Why it was refused, if it was.
    pub refusal: Option<TestCallRefusal>,
    /// What protected its media.
    pub suite: Option<String>,
    /// Keys that were understood.
    pub digits: u32,
    /// What was counted of the media that came; `None` if there was none.
    pub media: Option<TestCallMedia>,
    /// How it ended, in words.
    pub ended: String,
}

/// Media that came over a test line.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct TestCallMedia {
    /// RTP packets taken.
    pub packets: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Interarrival jitter at the end, in milliseconds.
    pub jitter_ms: f64,
    /// Packets that did not authenticate.
    pub unauthentic: u64,
}

/// Why the server refused a test call.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TestCallRefusal {
    /// The stable word for programs, `wrong-mode`.
    pub diagnosis: String,
    /// The status of the answer.
    pub status: u16,
    /// What was found.
    pub reason: String,
    /// What mends it.
    pub remedy: String,
}
