//! A test call as a gateway would place it: how, over which line, and what this server saw of it.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use admin_api::{
    ApiError, Done, OpenTestLine, OpenedTestLine, TestCallMedia, TestCallPlan, TestCallQuestion,
    TestCallRefusal, TestCallReport, code, remedy_apart,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use call_control::{LONGEST_TEST, Refusal as CallRefusal, TestCallSeen, TestSource};
use cert_manager::Pin;
use dial_plan::ObjectKind;
use srtp_media::MediaTotals;
use tokio::time::timeout;

use super::answer::{Answer, Refusal, blocking, body};
use super::router::Desk;
use super::site::missing;
use super::test_call_plan;

/// How long a call that has hung up may take to its last report.
const LAST_REPORT: Duration = Duration::from_secs(3);

/// `POST /v1/test/call`
pub(super) async fn plan(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<TestCallPlan> {
    let question: TestCallQuestion = body(&bytes)?;
    blocking(move || test_call_plan::plan(&desk, &question)).await
}

/// `POST /v1/test/line`
pub(super) async fn open(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<OpenedTestLine> {
    let OpenTestLine { gateway, remote, certificate } = body(&bytes)?;
    let site = desk.state.site.current();
    let known = site.gateway(&gateway).ok_or_else(|| missing(ObjectKind::Gateway, &gateway))?;
    own_address(remote)?;
    let pin = certificate.as_deref().map(Pin::from_pem).transpose().map_err(|unreadable| {
        invalid(format!("the certificate cannot be read: {unreadable}"), "give one in PEM")
    })?;
    let source = match &pin {
        Some(pin) => TestSource::Certificate { sha256: pin.facts().sha256.clone(), remote },
        None => TestSource::Address(remote),
    };
    let line = desk.state.test_line.open(known.name.as_str().into(), source, pin).await;
    let line = line.map_err(|taken| {
        ApiError::told(code::CONFLICT, format!("gateway {}", taken.gateway), &taken.to_string())
    })?;
    Ok(Json(OpenedTestLine { id: line.id, seconds: LONGEST_TEST.as_secs() }))
}

/// `GET /v1/test/line/{id}`: waits a moment for the end of its call.
pub(super) async fn report(State(desk): State<Arc<Desk>>, Path(id): Path<u64>) -> Answer<TestCallReport> {
    let mut told = desk.state.board.test_call();
    let is_over = |seen: &Option<TestCallSeen>| seen.as_ref().is_some_and(|seen| seen.line == id);
    // The board lives as long as the server.
    let seen = timeout(LAST_REPORT, told.wait_for(is_over)).await.ok().and_then(Result::ok);
    match seen.as_deref() {
        Some(Some(seen)) => Ok(Json(shown(seen))),
        Some(None) | None => Err(Refusal(ApiError::new(
            code::NOT_FOUND,
            format!("test line {id}"),
            "no call over this test line has ended",
            "`um events` tells which calls came and went",
        ))),
    }
}

/// `DELETE /v1/test/line/{id}`
pub(super) async fn close(State(desk): State<Arc<Desk>>, Path(id): Path<u64>) -> Answer<Done> {
    desk.state.test_line.close(id).await;
    Ok(Json(Done {}))
}

/// Nobody else's address becomes a gateway's: it must be one that this machine can bind.
fn own_address(remote: SocketAddr) -> Result<(), Refusal> {
    let is_possible = remote.port() != 0 && !remote.ip().is_unspecified() && !remote.ip().is_multicast();
    if is_possible && UdpSocket::bind((remote.ip(), 0)).is_ok() {
        return Ok(());
    }
    Err(invalid(
        format!("{remote} is no address and port of this machine"),
        "a test call comes from the machine that the server runs on",
    ))
}

fn invalid(message: String, remedy: &str) -> Refusal {
    Refusal(ApiError::new(code::INVALID, "test line", message, remedy))
}

fn shown(seen: &TestCallSeen) -> TestCallReport {
    TestCallReport {
        call_id: seen.call_id.clone(),
        refusal: seen.refusal.as_ref().map(refused),
        suite: seen.suite.map(|suite| suite.name().to_owned()),
        digits: seen.digits,
        media: seen.totals.as_ref().map(media),
        ended: seen.end.map_or("refused", call_control::CallEnd::words).to_owned(),
    }
}

fn media(totals: &MediaTotals) -> TestCallMedia {
    TestCallMedia {
        packets: totals.packets_received,
        lost: totals.lost,
        // Timestamp units of 1/8000 s.
        jitter_ms: f64::from(totals.jitter) / 8.0,
        unauthentic: totals.failed_authentication,
    }
}

fn refused(refusal: &CallRefusal) -> TestCallRefusal {
    let words = refusal.to_string();
    let (reason, remedy) = match refusal {
        CallRefusal::NoHuntGroup(route) => (words.as_str(), route.remedy()),
        _ => {
            let (reason, remedy) = remedy_apart(&words);
            (reason, remedy.to_owned())
        }
    };
    TestCallRefusal {
        diagnosis: refusal.word().to_owned(),
        status: refusal.status().code(),
        reason: reason.to_owned(),
        remedy,
    }
}
