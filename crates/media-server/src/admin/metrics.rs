use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::router::Desk;
use crate::health::{Health, TEXT_FORMAT};

/// `GET /v1/metrics`: the page of the health listener.
pub(super) async fn show(State(desk): State<Arc<Desk>>) -> Response {
    let page = Health::new(desk.state.clone()).metrics().await;
    ([(CONTENT_TYPE, TEXT_FORMAT)], page).into_response()
}
