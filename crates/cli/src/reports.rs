use admin_api::{CallGrouping, CallReportRow, PostureReport, PostureRow, Used};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::client::{Client, path, query};
use crate::events::since;
use crate::failure::Failure;
use crate::report::{SheetFormat, clock, date, json, or_hyphen, talk};

/// `um report ..`
#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Add up the calls of the last 90 days.
    Calls(Calls),
    /// Show for each dial plan and gateway what its calls were really protected by.
    Posture(Posture),
}

/// `um report calls`
#[derive(Args, Debug)]
pub(crate) struct Calls {
    /// What each row stands for; days and months are those of UTC.
    #[arg(long, value_enum)]
    by: By,
    /// Only calls that ended then or later: a date (2026-11-21T22:00:00Z) or an age (45s, 10m, 2h, 7d).
    #[arg(long, value_name = "T", value_parser = since)]
    since: Option<Timestamp>,
    /// Only calls that ended before: a date or an age.
    #[arg(long, value_name = "T", value_parser = since)]
    until: Option<Timestamp>,
    #[command(flatten)]
    format: SheetFormat,
}

/// `um report posture`
#[derive(Args, Debug)]
pub(crate) struct Posture {
    /// Only calls that ended then or later: a date or an age.
    #[arg(long, value_name = "T", value_parser = since)]
    since: Option<Timestamp>,
    #[command(flatten)]
    format: SheetFormat,
}

/// What the rows of a report stand for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// A day each.
    Day,
    /// A month each.
    Month,
    /// A gateway each.
    Gateway,
}

impl ReportCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Calls(calls) => calls.run(client).await,
            Self::Posture(posture) => posture.run(client).await,
        }
    }
}

impl Calls {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let Self { by, since, until, format } = self;
        let options = [
            ("by", Some(word(by).to_owned())),
            ("since", since.map(|since| since.to_string())),
            ("until", until.map(|until| until.to_string())),
        ];
        let rows: Vec<CallReportRow> = client.get(&query(&path(&["reports", "calls"]), &options)).await?;
        let header = match grouping(by) {
            CallGrouping::Day => "DAY",
            CallGrouping::Month => "MONTH",
            CallGrouping::Gateway => "GATEWAY",
        };
        let table = [
            header,
            "CALLS",
            "ANSWERED",
            "ABANDONED",
            "REFUSED",
            "FAILED",
            "TIME",
            "MESSAGES",
            "LOSS",
            "JITTER",
            "MOS",
            "WORST",
        ];
        format.print(&rows, (&COLUMNS, |row| fields(row).into()), (table, line))
    }
}

const COLUMNS: [&str; 14] = [
    "group",
    "calls",
    "answered",
    "abandoned",
    "refused",
    "failed",
    "seconds",
    "messages",
    "packets_received",
    "packets_lost",
    "loss_percent",
    "jitter_ms",
    "mos",
    "worst_mos",
];

fn fields(row: &CallReportRow) -> [String; 14] {
    let number = |number: Option<f64>| number.map_or_else(String::new, |number| number.to_string());
    [
        row.group.clone(),
        row.calls.to_string(),
        row.answered.to_string(),
        row.abandoned.to_string(),
        row.refused.to_string(),
        row.failed.to_string(),
        row.seconds.to_string(),
        row.messages.to_string(),
        row.packets_received.to_string(),
        row.packets_lost.to_string(),
        row.loss_percent.to_string(),
        number(row.jitter_ms),
        number(row.mos),
        number(row.worst_mos),
    ]
}

fn line(row: &CallReportRow) -> [String; 12] {
    let mos = |mos: Option<f64>| or_hyphen(mos.map(|mos| format!("{mos:.2}")).as_deref());
    [
        or_hyphen(Some(&row.group)),
        row.calls.to_string(),
        row.answered.to_string(),
        row.abandoned.to_string(),
        row.refused.to_string(),
        row.failed.to_string(),
        // Far below 2^53 seconds.
        clock(row.seconds as f64),
        row.messages.to_string(),
        format!("{:.2}%", row.loss_percent),
        or_hyphen(row.jitter_ms.map(|jitter| format!("{jitter:.2} ms")).as_deref()),
        mos(row.mos),
        mos(row.worst_mos),
    ]
}

impl Posture {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let Self { since, format } = self;
        let options = [("since", since.map(|since| since.to_string()))];
        let report: PostureReport = client.get(&query(&path(&["reports", "posture"]), &options)).await?;
        if format.json {
            return json(&report);
        }
        let header =
            ["PLAN", "GATEWAY", "MODE", "CALLS", "REFUSED", "BELOW MODE", "OVER", "TLS", "SRTP", "LAST CALL"];
        let columns = [
            "dial_plan",
            "gateway",
            "mode",
            "calls",
            "refused",
            "below_mode",
            "transports",
            "tls",
            "suites",
            "last_seen",
        ];
        let moment = |row: &PostureRow, shown: fn(Timestamp) -> String| row.last_seen.map(shown);
        format.print(
            &report.rows,
            (&columns, |row| cells(row, "", moment(row, |at| at.to_string())).into()),
            (header, |row| cells(row, "-", moment(row, date))),
        )?;
        for remark in remarks(&report) {
            talk(remark);
        }
        Ok(())
    }
}

/// A row; `none` stands where there is nothing.
fn cells(row: &PostureRow, none: &str, last_seen: Option<String>) -> [String; 10] {
    let or_none = |text: Option<&str>| text.filter(|text| !text.is_empty()).unwrap_or(none).to_owned();
    [
        row.dial_plan.clone(),
        or_none(row.gateway.as_deref()),
        or_none(row.mode.as_deref()),
        row.calls.to_string(),
        row.refused.to_string(),
        row.below_mode.to_string(),
        or_none(Some(&used(&row.transports))),
        or_none(Some(&used(&row.tls))),
        or_none(Some(&used(&row.suites))),
        or_none(last_seen.as_deref()),
    ]
}

fn used(all: &[Used]) -> String {
    all.iter().map(|Used { what, calls }| format!("{what} ({calls})")).collect::<Vec<_>>().join("; ")
}

/// What deserves a look.
fn remarks(report: &PostureReport) -> Vec<String> {
    let below = report.rows.iter().filter(|row| row.below_mode > 0).map(|row| {
        format!(
            "warning: calls of dial plan {} were less protected than its mode promises: report this fault",
            row.dial_plan
        )
    });
    let clear = report.pins_in_the_clear.iter().map(|plan| {
        format!(
            "warning: PINs of dial plan {plan} travel in the clear, because its mode is not secured\n\
             hint: run `um dialplan set {plan} --voip-security secured` once its gateways speak SRTP, or with \
             `--subscriber-access secured-only` to ask for no PIN"
        )
    });
    below.chain(clear).collect()
}

fn word(by: By) -> &'static str {
    match by {
        By::Day => "day",
        By::Month => "month",
        By::Gateway => "gateway",
    }
}

fn grouping(by: By) -> CallGrouping {
    match by {
        By::Day => CallGrouping::Day,
        By::Month => CallGrouping::Month,
        By::Gateway => CallGrouping::Gateway,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_option_are_those_of_the_api() {
        for by in By::value_variants() {
            let json = serde_json::to_string(&grouping(*by)).unwrap();
            assert_eq!(json, format!("\"{}\"", word(*by)));
        }
    }

    #[test]
    fn row_without_calls_is_short_and_one_with_calls_says_what_was_used() {
        let empty = PostureRow { dial_plan: "lab".into(), ..PostureRow::default() };
        let busy = PostureRow {
            dial_plan: "hq".into(),
            gateway: Some("gw1".into()),
            mode: Some("secured".into()),
            calls: 3,
            refused: 1,
            transports: vec![Used { what: "tls".into(), calls: 3 }],
            suites: vec![
                Used { what: "AEAD_AES_256_GCM".into(), calls: 2 },
                Used { what: "AES_CM_128_HMAC_SHA1_80".into(), calls: 1 },
            ],
            ..PostureRow::default()
        };

        assert_eq!(cells(&empty, "-", None), ["lab", "-", "-", "0", "0", "0", "-", "-", "-", "-"]);
        assert_eq!(
            cells(&busy, "", Some("today".into())),
            [
                "hq",
                "gw1",
                "secured",
                "3",
                "1",
                "0",
                "tls (3)",
                "",
                "AEAD_AES_256_GCM (2); AES_CM_128_HMAC_SHA1_80 (1)",
                "today"
            ]
        );
    }

    #[test]
    fn plan_in_which_pins_travel_in_the_clear_is_named_with_the_remedy() {
        let report = PostureReport {
            rows: vec![PostureRow { dial_plan: "hq".into(), below_mode: 1, ..PostureRow::default() }],
            pins_in_the_clear: vec!["lab".into()],
            since: None,
        };

        let remarks = remarks(&report);

        assert_eq!(remarks.len(), 2);
        assert!(remarks[0].contains("calls of dial plan hq were less protected"), "{remarks:?}");
        assert!(remarks[1].contains("PINs of dial plan lab travel in the clear"), "{remarks:?}");
        assert!(remarks[1].contains("`um dialplan set lab --voip-security secured`"), "{remarks:?}");
    }
}
