//! `um test call`: a call at our own server as a gateway would place it, and what became of each of its steps.

mod diagnosis;
mod media;

use std::time::Duration;

use admin_api::{
    ApiError, Done, Finding, FindingGrade, OpenTestLine, OpenedTestLine, RouteTransport, TestCallPlan,
    TestCallQuestion, TestCallReport,
};
use caller::{
    AudioCodec, CallOutcome, CallPlan, CertificateRequest, Departure, Digit, DigitPress, HangUp, MediaOffer,
    SrtpSuite, TestIdentity, TlsPlan, Transport,
};
use clap::Args;
use dial_plan::VoipSecurity;
use serde::Serialize;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{self, Format};
use crate::test_gateway::lines;
use crate::words;

/// `um test call`
#[derive(Args, Debug)]
pub(crate) struct TestCall {
    /// The mailbox whose phone did not answer. Default: the first of the dial plan.
    #[arg(long, value_name = "EXTENSION")]
    to: Option<String>,
    /// How the gateway calls: unsecured, sip-secured or secured. Default: as its dial plan wants.
    #[arg(long, value_name = "MODE", value_parser = words::of::<VoipSecurity>())]
    mode: Option<VoipSecurity>,
    /// The gateway that the call counts as. Default: an enabled one that leads to the mailbox.
    #[arg(long, value_name = "GW")]
    gateway: Option<String>,
    /// The number that the gateway calls. Default: that of its hunt group.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pilot: Option<String>,
    #[command(flatten)]
    format: Format,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct TestedCall {
    gateway: String,
    dial_plan: String,
    mode: VoipSecurity,
    transport: RouteTransport,
    target: String,
    pilot: String,
    extension: String,
    findings: Vec<Finding>,
    #[serde(flatten)]
    call: Option<media::Measured>,
}

/// A call that was placed, from both sides.
struct Placed {
    /// What the caller saw; `Err` if it came to no final answer.
    outcome: Result<CallOutcome, anyhow::Error>,
    /// What the server saw; `None` if no call came to its rules.
    report: Option<TestCallReport>,
}

/// The most time of the whole call; the line stands for two minutes.
const LONGEST_CALL: Duration = Duration::from_secs(60);
/// How much is said.
const SPEECH: Duration = Duration::from_secs(3);
/// Keys that mean nothing while a message is recorded.
const KEYS: &str = "1234567890*";
/// Silence before each key.
const BETWEEN_KEYS: Duration = Duration::from_millis(100);
/// The caller's number.
const CALLER: &str = "um-test-call";

impl TestCall {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let question =
            TestCallQuestion { gateway: self.gateway, to: self.to, mode: self.mode, pilot: self.pilot };
        let plan: TestCallPlan = client.post(&path(&["test", "call"]), &question).await?;
        if !self.format.json {
            report::talk(format!(
                "calling {} as gateway {}, a quarter of a minute ..",
                plan.pilot, plan.gateway
            ));
        }
        let placed = place(client, &plan).await?;
        let findings = diagnosis::findings(&plan, &placed);
        match self.format.json {
            true => report::json(&tested(&plan, &placed, findings.clone()))?,
            false => report::text(&lines(&findings))?,
        }
        match findings.into_iter().find(|finding| finding.grade == FindingGrade::Fault) {
            None => Ok(()),
            Some(first) => Err(Failure::no(first.what, first.remedy)),
        }
    }
}

fn tested(plan: &TestCallPlan, placed: &Placed, findings: Vec<Finding>) -> TestedCall {
    let plan = plan.clone();
    TestedCall {
        gateway: plan.gateway,
        dial_plan: plan.dial_plan,
        mode: plan.mode,
        transport: plan.transport,
        target: plan.target.to_string(),
        pilot: plan.pilot,
        extension: plan.extension,
        findings,
        call: placed
            .outcome
            .as_ref()
            .ok()
            .map(|outcome| media::Measured::of(outcome, placed.report.as_ref())),
    }
}

/// Leases the test line, calls, asks what the server saw, and gives the line back.
async fn place(client: &Client, plan: &TestCallPlan) -> Result<Placed, Failure> {
    let (call, identity) = composed(plan)?;
    let departure = Departure::bind(&call).await.map_err(|error| unplaced(&error))?;
    let remote = departure.local_addr().map_err(|error| unplaced(&error.into()))?;
    let order = OpenTestLine {
        gateway: plan.gateway.clone(),
        remote,
        certificate: identity.map(|identity| identity.certificate_pem().to_owned()),
    };
    let line: OpenedTestLine = client.post(&path(&["test", "line"]), &order).await?;
    let place = path(&["test", "line", &line.id.to_string()]);
    let placed = tokio::select! {
        placed = call_over(client, &place, departure, call) => Some(placed),
        // Nobody waits for the answer any more.
        _ = tokio::signal::ctrl_c() => None,
    };
    client.delete::<Done>(&place).await?;
    placed.ok_or_else(|| Failure::no("the test call was interrupted", "its line is given back"))
}

async fn call_over(client: &Client, place: &str, departure: Departure, call: CallPlan) -> Placed {
    let outcome = caller::place_call_from(departure, call).await;
    // What kept the call from coming there has no report; why it has none, the findings tell.
    let report = client.get(place).await.ok();
    Placed { outcome, report }
}

/// The call as the gateway would place it, and over TLS who it is for this once.
fn composed(plan: &TestCallPlan) -> Result<(CallPlan, Option<TestIdentity>), Failure> {
    let (user, host) = plan.pilot.split_once('@').unwrap_or((&plan.pilot, ""));
    let mut call = CallPlan::new(plan.target, user);
    let mut identity = None;
    match plan.transport {
        RouteTransport::Udp => call.transport = Transport::Udp,
        RouteTransport::Tcp => call.transport = Transport::Tcp,
        RouteTransport::Tls => {
            let made = TestIdentity::self_signed(&CertificateRequest::named(IDENTITY));
            let made = made.map_err(|error| unplaced(&error))?;
            let trust = plan.certificate.as_ref().map_or("", |shown| &shown.pem);
            call = call.over_tls(TlsPlan::new(Some(made.clone()), trust, &plan.domain));
            identity = Some(made);
        }
    }
    if !host.is_empty() {
        call.request_host = host.to_owned();
    }
    let codecs = vec![AudioCodec::Pcmu, AudioCodec::Pcma];
    call.media = match plan.mode {
        VoipSecurity::Unsecured | VoipSecurity::SipSecured => MediaOffer::Avp { codecs },
        VoipSecurity::Secured => MediaOffer::Savp { codecs, suites: SrtpSuite::ALL.to_vec() },
    };
    call.local_ip = plan.target.ip();
    call.from_user = CALLER.to_owned();
    call.diversion = Some(plan.extension.clone());
    call.speech = caller::speech_like_noise(SPEECH);
    let press = |digit| DigitPress { wait: BETWEEN_KEYS, digit };
    call.digits = KEYS.chars().filter_map(Digit::from_char).map(press).collect();
    call.after = HangUp::After(Duration::from_millis(500));
    call.deadline = LONGEST_CALL;
    Ok((call, identity))
}

/// Who a test call over TLS says it is; its certificate is trusted by its hash alone, and for one call.
const IDENTITY: &str = "um-test-call.invalid";

fn unplaced(error: &anyhow::Error) -> Failure {
    Failure::from(ApiError::new(
        admin_api::code::INTERNAL,
        "",
        format!("the test call cannot be placed: {error:#}"),
        "run the command on the machine that the server runs on",
    ))
}
