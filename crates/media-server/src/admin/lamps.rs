//! How the lamps stand, and the order to tell them all again.
use std::sync::Arc;

use admin_api::{LampQuery, LampRow, LampsRefreshed};
use axum::{Json, extract::State};
use call_control::{LampReport, LampStanding};

use super::{
    answer::{Answer, Asked, blocking},
    order::Order,
    router::Desk,
};

/// `GET /v1/lamps`
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<LampQuery>,
) -> Answer<Vec<LampRow>> {
    let lamps = desk.state.board.lamps(query.dial_plan.as_deref(), query.extension.as_deref());
    Ok(Json(lamps.into_iter().map(row).collect()))
}

/// `POST /v1/lamps/refresh`
pub(super) async fn refresh(Order { desk, .. }: Order) -> Answer<LampsRefreshed> {
    blocking(move || {
        let lamps = desk.state.board.lamps(None, None).len();
        desk.state.core.refresh_lamps()?;
        Ok(LampsRefreshed { lamps: u64::try_from(lamps).unwrap_or(u64::MAX) })
    })
    .await
}

fn row(report: LampReport) -> LampRow {
    let standing = report.standing.word().to_owned();
    let (gateway, at, reason) = match report.standing {
        LampStanding::Off | LampStanding::Pending => (None, None, None),
        LampStanding::Told { gateway, at } => (Some(gateway.to_string()), Some(at), None),
        LampStanding::Failed { reason, at } => (None, Some(at), Some(reason)),
    };
    LampRow {
        address: format!("{}@{}", report.extension, report.dial_plan),
        new: report.counts.new,
        new_urgent: report.counts.new_urgent,
        old: report.counts.old,
        old_urgent: report.counts.old_urgent,
        standing,
        gateway,
        at,
        reason,
        subscribers: u64::try_from(report.subscribers).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use mailbox::{MailboxId, MessageCounts};

    use super::*;

    #[test]
    fn row_tells_who_took_it_or_why_nobody_did() {
        let report = |standing| LampReport {
            mailbox: MailboxId(1),
            dial_plan: "hq".to_owned(),
            extension: "1001".to_owned(),
            counts: MessageCounts { new: 2, new_urgent: 1, old: 3, old_urgent: 0 },
            standing,
            subscribers: 4,
        };
        let at: jiff::Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();

        let told = row(report(LampStanding::Told { gateway: "gw1".into(), at }));
        let failed = row(report(LampStanding::Failed { reason: "gateway gw1 is down".to_owned(), at }));

        assert_eq!((told.address.as_str(), told.standing.as_str()), ("1001@hq", "told"));
        assert_eq!((told.gateway.as_deref(), told.at, told.reason), (Some("gw1"), Some(at), None));
        assert_eq!((told.new, told.new_urgent, told.old, told.old_urgent, told.subscribers), (2, 1, 3, 0, 4));
        assert_eq!(
            (failed.standing.as_str(), failed.reason.as_deref()),
            ("failed", Some("gateway gw1 is down"))
        );
    }
}
