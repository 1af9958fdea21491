use jiff::Timestamp;
use mailbox::CallRecord;
use serde::{Deserialize, Serialize};

/// A call that is over, as it is kept for 90 days.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CallRecordRow {
    /// Its place in the database: ascends with the ends of calls.
    pub id: i64,
    /// What is kept.
    #[serde(flatten)]
    pub call: CallRecord,
}

/// Which calls that are over are asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallRecordQuery {
    /// Of calls that ended then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Of calls that ended before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Of this gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// Of mailboxes with this extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// At most this many, the newest; default 100, at most 100,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl CallRecordQuery {
    /// How many rows come if nobody says.
    pub const DEFAULT_LIMIT: u32 = 100;
    /// The most rows of one answer: as many as are kept.
    pub const MAX_LIMIT: u32 = 100_000;

    /// The limit in force.
    pub fn effective_limit(&self) -> u32 {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT).min(Self::MAX_LIMIT)
    }
}

/// What the rows of a report on calls stand for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallGrouping {
    /// A day (UTC) each, by the start of calls.
    #[default]
    Day,
    /// A month (UTC) each, by the start of calls.
    Month,
    /// A gateway each.
    Gateway,
}

/// Which report on calls is asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CallReportQuery {
    /// What its rows stand for.
    #[serde(default)]
    pub by: CallGrouping,
    /// Of calls that ended then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Of calls that ended before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What calls add up to.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct CallReportRow {
    /// The day `2026-11-21`, the month `2026-11` or the gateway; empty for calls whose gateway is not known.
    pub group: String,
    /// All of them.
    pub calls: u64,
    /// Those that were answered and ended as calls do.
    pub answered: u64,
    /// Those whose callers gave up before the answer.
    pub abandoned: u64,
    /// Those that a rule refused.
    pub refused: u64,
    /// Those that broke.
    pub failed: u64,
    /// How long they were up, in seconds.
    pub seconds: u64,
    /// The messages that they left.
    pub messages: u64,
    /// RTP packets of callers that were taken.
    pub packets_received: u64,
    /// RTP packets of callers that never came, or came too late.
    pub packets_lost: u64,
    /// The share of them, in percent.
    pub loss_percent: f64,
    /// Interarrival jitter, the mean over the calls with media, in milliseconds.
    pub jitter_ms: Option<f64>,
    /// The mean of the estimated opinion scores, 1.0 to 4.5.
    pub mos: Option<f64>,
    /// The worst of them.
    pub worst_mos: Option<f64>,
}

/// What the calls of dial plans and gateways were really protected by.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct PostureReport {
    /// The oldest call that counted began then; `None` if there was none.
    pub since: Option<Timestamp>,
    /// A row for each dial plan and gateway that calls it, or has called it.
    pub rows: Vec<PostureRow>,
    /// The dial plans whose subscribers type their PINs in the clear.
    pub pins_in_the_clear: Vec<String>,
}

/// Which report on the posture is asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PostureQuery {
    /// Of calls that ended then or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// A dial plan, and a gateway that calls it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct PostureRow {
    /// The dial plan.
    pub dial_plan: String,
    /// The gateway; `None`: none leads to the plan.
    pub gateway: Option<String>,
    /// The mode of the plan now, `secured`; `None` if there is no such plan any more.
    pub mode: Option<String>,
    /// Calls that were answered.
    pub calls: u64,
    /// Calls that were refused.
    pub refused: u64,
    /// Answered calls that were less protected than the mode of their plan promised. Anything but 0 is a fault.
    pub below_mode: u64,
    /// What the answered calls came over.
    pub transports: Vec<Used>,
    /// What TLS agreed on for them.
    pub tls: Vec<Used>,
    /// What protected their media; `none` for clear media.
    pub suites: Vec<Used>,
    /// When the last of all calls was over.
    pub last_seen: Option<Timestamp>,
}

/// What was used, and by how many calls.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Used {
    /// What.
    pub what: String,
    /// How many calls.
    pub calls: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_is_100_by_default_and_never_above_what_is_kept() {
        assert_eq!(CallRecordQuery::default().effective_limit(), 100);
        let greedy = CallRecordQuery { limit: Some(2_000_000), ..CallRecordQuery::default() };
        assert_eq!(greedy.effective_limit(), 100_000);
    }
}
