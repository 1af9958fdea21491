use std::sync::Arc;

use admin_api::{ApplySite, Changed, SiteApplied, Warning};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use dial_plan::{ObjectKind, Site, SiteChange, SiteError};

use super::answer::{Answer, Refusal, blocking, body};
use super::listener::Peer;
use super::order::Order;
use super::router::Desk;

/// `GET /v1/site`
pub(super) async fn show(State(desk): State<Arc<Desk>>) -> Answer<Site> {
    Ok(Json(desk.state.site.current().as_ref().clone()))
}

/// `PUT /v1/site`: one revision, or refused whole.
pub(super) async fn apply(Order { desk, peer }: Order, bytes: Bytes) -> Answer<SiteApplied> {
    let ApplySite { site, dry_run } = body(&bytes)?;
    blocking(move || {
        let holder = &desk.state.site;
        let replaced = SiteChange::Replace(Box::new(site));
        let before = holder.current();
        let (after, warnings) = if dry_run {
            holder.try_out(&replaced)?
        } else {
            let revision = holder.change(&replaced, &peer.words())?;
            (revision.site.as_ref().clone(), revision.warnings)
        };
        Ok(SiteApplied {
            revision: if dry_run { before.revision } else { after.revision },
            dry_run,
            difference: before.difference(&after),
            warnings: warnings.iter().map(Warning::from).collect(),
        })
    })
    .await
}

/// Makes one change of the configuration, on a thread that may wait.
pub(super) fn changed(desk: &Desk, peer: &Peer, change: &SiteChange) -> Result<Changed, Refusal> {
    let revision = desk.state.site.change(change, &peer.words())?;
    Ok(Changed {
        revision: revision.site.revision,
        warnings: revision.warnings.iter().map(Warning::from).collect(),
    })
}

/// The refusal for an object that does not exist.
pub(super) fn missing(kind: ObjectKind, name: &str) -> Refusal {
    SiteError::NotFound { kind, name: name.to_owned() }.into()
}
