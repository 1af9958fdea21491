//! HTTP for monitoring: `/metrics` for Prometheus, `/healthz` (does the process work), `/readyz` (may it be sent calls).
//!
//! No log-on, and nothing that needs one: numbers, and the names of plans and gateways; never a caller's number.
mod readiness;
mod readings;

use std::{net::SocketAddr, sync::Arc};

use axum::http::StatusCode;
use serde::Serialize;
use telephony::{Event, kind};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{
    admin::AdminState,
    config::{DEFAULT_HEALTH, HealthConfig},
    http::{Answer, accept, answer_one, body, line},
    listen::{ListenError, Listeners, bind},
    observe::Observer,
};

use readiness::Check;
use readings::StoreQuestion;

/// The text format of Prometheus.
pub const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
const JSON: &str = "application/json";

/// What the pages are made of. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    state: AdminState,
    store: Arc<StoreQuestion>,
}

/// The body of `/healthz` and `/readyz`.
#[derive(Serialize)]
struct Report<'a> {
    /// Whether every check passes.
    passes: bool,
    /// Each of them; a fault has its reason and its remedy.
    checks: &'a [Check],
}

impl Health {
    /// Pages about this server.
    pub fn new(state: AdminState) -> Self {
        let store = Arc::new(StoreQuestion::new(state.store.clone()));
        Self { state, store }
    }

    /// The page of `/metrics`.
    pub async fn metrics(&self) -> String {
        let answer = self.store.ask().await;
        readings::page(&self.state, &answer)
    }

    /// Why calls should not be sent here, each with its word and what mends it; none if they may.
    pub async fn faults(&self) -> Vec<(&'static str, String, &'static str)> {
        let checks = readiness::checks(&self.state, &self.store.ask().await);
        checks.into_iter().filter_map(Check::into_fault).collect()
    }

    async fn answer(&self, path: &str) -> Answer {
        match path {
            "/metrics" => body(StatusCode::OK, TEXT_FORMAT, self.metrics().await.into()),
            "/healthz" => report(&[Check::store(&self.store.ask().await)]),
            "/readyz" => report(&readiness::checks(&self.state, &self.store.ask().await)),
            _ => line(StatusCode::NOT_FOUND, "there is nothing here but /metrics, /healthz and /readyz"),
        }
    }
}

/// `200` if every check passes, else `503`; the reasons in the body.
fn report(checks: &[Check]) -> Answer {
    let passes = checks.iter().all(Check::passes);
    let status = if passes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // A struct of texts and switches always has a JSON form.
    let text = serde_json::to_string(&Report { passes, checks }).unwrap_or_default();
    body(status, JSON, format!("{text}\n").into())
}

/// Serves the pages as long as the tasks live: where.
///
/// # Errors
/// [`ListenError`] of an address that the configuration names; where it names none, an event is told instead.
pub fn serve_health(
    config: HealthConfig,
    health: &Health,
    observer: &Observer,
    tasks: &mut JoinSet<()>,
) -> Result<Vec<SocketAddr>, ListenError> {
    let address = match config {
        HealthConfig::Off => return Ok(Vec::new()),
        HealthConfig::Default => DEFAULT_HEALTH,
        HealthConfig::At(address) => address,
    };
    let bound = match (bind(&[address.ip()], address.port(), Listeners::Tcp), config) {
        (Ok(bound), _) => bound,
        (Err(error), HealthConfig::Default) => {
            observer.tell(Event::new(&kind::HEALTH_NOT_SERVED).with("reason", error));
            return Ok(Vec::new());
        }
        (Err(error), HealthConfig::Off | HealthConfig::At(_)) => return Err(error),
    };
    let addresses = bound.stream.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    for listener in bound.stream {
        tasks.spawn(serve(listener, health.clone(), observer.clone()));
    }
    Ok(addresses)
}

async fn serve(listener: TcpListener, health: Health, observer: Observer) {
    let carry = move |stream, _| {
        let health = health.clone();
        async move {
            let answer = |request: axum::http::Request<_>| {
                let (health, path) = (health.clone(), request.uri().path().to_owned());
                async move { health.answer(&path).await }
            };
            // A request that nobody can read is its sender's concern.
            let _ = answer_one(stream, answer).await;
        }
    };
    accept(listener, "http", observer, carry).await;
}
