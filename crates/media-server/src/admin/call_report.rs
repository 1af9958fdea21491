//! What call records add up to, by day, month or gateway.
use std::collections::BTreeMap;

use admin_api::{CallGrouping, CallReportRow};
use mailbox::{CallRecord, CallResult};

/// A report that is being counted.
pub(super) struct CallReport {
    by: CallGrouping,
    groups: BTreeMap<String, Tally>,
}

#[derive(Default)]
struct Tally {
    row: CallReportRow,
    /// Calls with an estimate.
    heard: u64,
    jitter_ms: f64,
    mos: f64,
}

impl CallReport {
    pub(super) fn new(by: CallGrouping) -> Self {
        Self { by, groups: BTreeMap::new() }
    }

    pub(super) fn count(&mut self, call: &CallRecord) {
        let group = match self.by {
            CallGrouping::Day => call.started.strftime("%Y-%m-%d").to_string(),
            CallGrouping::Month => call.started.strftime("%Y-%m").to_string(),
            CallGrouping::Gateway => call.gateway.clone().unwrap_or_default(),
        };
        self.groups.entry(group).or_default().count(call);
    }

    /// A row for each group, in the order of their names.
    pub(super) fn rows(self) -> Vec<CallReportRow> {
        self.groups.into_iter().map(|(group, tally)| tally.row(group)).collect()
    }
}

impl Tally {
    fn count(&mut self, call: &CallRecord) {
        let row = &mut self.row;
        add(&mut row.calls, 1);
        match call.result {
            CallResult::Answered => add(&mut row.answered, 1),
            CallResult::Abandoned => add(&mut row.abandoned, 1),
            CallResult::Refused => add(&mut row.refused, 1),
            CallResult::Failed => add(&mut row.failed, 1),
            CallResult::Unknown => {}
        }
        add(&mut row.seconds, u64::try_from(call.talked().as_secs()).unwrap_or(0));
        add(&mut row.messages, u64::from(call.message.is_some()));
        let Some(media) = &call.media else { return };
        add(&mut row.packets_received, media.packets_received);
        add(&mut row.packets_lost, media.packets_lost.saturating_add(media.packets_late));
        if let Some(mos) = media.mos {
            add(&mut self.heard, 1);
            self.mos += mos;
            self.jitter_ms += media.jitter_ms;
            row.worst_mos = Some(row.worst_mos.map_or(mos, |worst| worst.min(mos)));
        }
    }

    fn row(self, group: String) -> CallReportRow {
        let Self { row, heard, jitter_ms, mos } = self;
        // Calls and packets of 90 days: far below 2^53.
        let mean = |sum: f64| (heard > 0).then(|| hundredths(sum / heard as f64));
        let all = row.packets_received.saturating_add(row.packets_lost).max(1);
        CallReportRow {
            group,
            loss_percent: hundredths(row.packets_lost as f64 / all as f64 * 100.0),
            jitter_ms: mean(jitter_ms),
            mos: mean(mos),
            ..row
        }
    }
}

fn add(counter: &mut u64, more: u64) {
    *counter = counter.saturating_add(more);
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use mailbox::{CallMedia, MessageId};

    use super::*;
    use crate::admin::posture::sample_call;

    fn media(received: u64, lost: u64, mos: Option<f64>) -> Option<CallMedia> {
        Some(CallMedia {
            packets_received: received,
            packets_sent: 0,
            packets_lost: lost,
            packets_late: 0,
            packets_unauthentic: 0,
            packets_replayed: 0,
            loss_percent: 0.0,
            jitter_ms: 2.0,
            mos,
        })
    }

    fn calls() -> Vec<CallRecord> {
        let on = |day: &str| CallRecord {
            started: format!("{day}T23:59:59Z").parse().unwrap(),
            answered: Some(format!("{day}T23:59:59Z").parse().unwrap()),
            ended: format!("{day}T23:59:59Z").parse::<jiff::Timestamp>().unwrap()
                + jiff::SignedDuration::from_secs(90),
            ..sample_call()
        };
        let unheard = CallRecord { answered: None, media: None, message: None, ..on("2026-11-02") };
        vec![
            CallRecord { media: media(900, 100, Some(3.5)), message: Some(MessageId(1)), ..on("2026-11-01") },
            CallRecord { media: media(1000, 0, Some(4.4)), ..on("2026-11-02") },
            CallRecord { result: CallResult::Refused, gateway: Some("gw2".into()), ..unheard.clone() },
            CallRecord { result: CallResult::Abandoned, gateway: None, ..unheard.clone() },
            CallRecord { result: CallResult::Failed, media: media(0, 0, None), ..on("2026-12-01") },
        ]
    }

    fn rows(by: CallGrouping) -> Vec<CallReportRow> {
        let mut report = CallReport::new(by);
        calls().iter().for_each(|call| report.count(call));
        report.rows()
    }

    #[test]
    fn rows_are_the_groups_in_their_order() {
        let groups =
            |by| -> Vec<(String, u64)> { rows(by).into_iter().map(|row| (row.group, row.calls)).collect() };
        let of = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
            pairs.iter().map(|(group, calls)| ((*group).to_owned(), *calls)).collect()
        };

        assert_eq!(groups(CallGrouping::Day), of(&[("2026-11-01", 1), ("2026-11-02", 3), ("2026-12-01", 1)]));
        assert_eq!(groups(CallGrouping::Month), of(&[("2026-11", 4), ("2026-12", 1)]));
        assert_eq!(groups(CallGrouping::Gateway), of(&[("", 1), ("gw1", 3), ("gw2", 1)]));
    }

    #[test]
    fn group_adds_up_what_its_calls_say_and_takes_means_over_those_that_were_heard() {
        let november = rows(CallGrouping::Month).remove(0);

        let expected = CallReportRow {
            group: "2026-11".to_owned(),
            calls: 4,
            answered: 2,
            abandoned: 1,
            refused: 1,
            failed: 0,
            seconds: 180,
            messages: 1,
            packets_received: 1900,
            packets_lost: 100,
            loss_percent: 5.0,
            jitter_ms: Some(2.0),
            mos: Some(3.95),
            worst_mos: Some(3.5),
        };
        assert_eq!(november, expected);
    }

    #[test]
    fn group_in_which_nothing_was_heard_has_no_means() {
        let december = rows(CallGrouping::Month).remove(1);

        assert_eq!((december.failed, december.mos, december.jitter_ms), (1, None, None));
        assert_eq!(december.loss_percent, 0.0);
    }
}
