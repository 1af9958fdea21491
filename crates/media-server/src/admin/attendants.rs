use std::sync::Arc;

use admin_api::{Changed, DirectoryEntry, DirectoryFound, DirectoryQuery};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use dial_plan::{AutoAttendant, NameLookup, ObjectKind, SiteChange};
use mailbox::NameOrder;

use super::answer::{Answer, Asked, Refusal, blocking, body};
use super::order::Order;
use super::router::Desk;
use super::site::missing;

/// `GET /v1/attendants`
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<AutoAttendant>> {
    Ok(Json(desk.state.site.current().attendants().cloned().collect()))
}

/// `GET /v1/attendants/NAME`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer<AutoAttendant> {
    let site = desk.state.site.current();
    site.attendant(&name).cloned().map(Json).ok_or_else(|| missing(ObjectKind::Attendant, &name))
}

/// `POST /v1/attendants`
pub(super) async fn create(by: Order, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::CreateAttendant(Box::new(body(&bytes)?))).await
}

/// `PATCH /v1/attendants/NAME`
pub(super) async fn set(by: Order, Path(name): Path<String>, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::SetAttendant { name, patch: Box::new(body(&bytes)?) }).await
}

/// `DELETE /v1/attendants/NAME`
pub(super) async fn remove(by: Order, Path(name): Path<String>) -> Answer<Changed> {
    by.change(SiteChange::DeleteAttendant { name }).await
}

/// `GET /v1/dial-plans/NAME/directory`
pub(super) async fn directory(
    State(desk): State<Arc<Desk>>,
    Path(plan): Path<String>,
    Asked(query): Asked<DirectoryQuery>,
) -> Answer<DirectoryFound> {
    blocking(move || {
        known_plan(&desk, &plan)?;
        let order = match query.order {
            NameLookup::FirstLast => NameOrder::FirstLast,
            NameLookup::LastFirst | NameLookup::Off => NameOrder::LastFirst,
        };
        Ok(desk.state.store.names_spelled(&plan, &query.digits, order)?.into())
    })
    .await
}

/// `GET /v1/dial-plans/NAME/directory/NUMBER`: a list of one, or of none if nobody has the number.
pub(super) async fn holder(
    State(desk): State<Arc<Desk>>,
    Path((plan, number)): Path<(String, String)>,
) -> Answer<Vec<DirectoryEntry>> {
    blocking(move || {
        known_plan(&desk, &plan)?;
        let card = desk.state.store.holder_of_number(&plan, &number)?;
        Ok(card.map(|card| DirectoryEntry::from(*card)).into_iter().collect())
    })
    .await
}

fn known_plan(desk: &Desk, plan: &str) -> Result<(), Refusal> {
    let site = desk.state.site.current();
    site.dial_plan(plan).map(|_| ()).ok_or_else(|| missing(ObjectKind::DialPlan, plan))
}
