use std::sync::Arc;

use admin_api::{CertificateFacts, SiteFacts, StatusFacts, StoreFacts};
use axum::extract::State;
use jiff::Timestamp;

use super::answer::{Answer, Refusal, blocking};
use super::router::Desk;

/// `GET /v1/status`
pub(super) async fn show(State(desk): State<Arc<Desk>>) -> Answer<StatusFacts> {
    blocking(move || facts(&desk)).await
}

fn facts(desk: &Desk) -> Result<StatusFacts, Refusal> {
    let (board, site) = (&desk.state.board, desk.state.site.current());
    let (state, started, sip) = board.state();
    let now = Timestamp::now();
    let uptime = started.map_or(0, |started| now.duration_since(started).as_secs());
    let presented = desk.state.trust.own.in_force();
    let mut mailboxes: u64 = 0;
    for plan in site.dial_plans() {
        mailboxes = mailboxes.saturating_add(desk.state.store.count_mailboxes(plan.name.as_str())?);
    }
    let (data_dir, socket) = board.places();
    Ok(StatusFacts {
        state,
        version: board.program().version.clone(),
        commit: board.program().commit.clone(),
        pid: std::process::id(),
        started,
        uptime_seconds: u64::try_from(uptime).unwrap_or(0),
        sip,
        provisioning: board.provisioning(),
        revocation_list: board.revocation_list(),
        health: board.health(),
        certificate: presented.map(|certificate| CertificateFacts::new(&certificate, now)),
        media: board.media().clone(),
        calls: board.counts(),
        site: SiteFacts {
            revision: site.revision,
            dial_plans: site.dial_plans().count(),
            gateways: site.gateways().count(),
            hunt_groups: site.hunt_groups().count(),
            policies: site.policies().count(),
            clear_pins: site.plans_with_clear_pins().map(|plan| plan.name.to_string()).collect(),
        },
        store: StoreFacts {
            data_dir: data_dir.to_owned(),
            socket: socket.to_owned(),
            mailboxes,
            free_bytes: desk.state.store.disk_space()?.free,
        },
    })
}
