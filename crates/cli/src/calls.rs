use admin_api::{CallRecordQuery, CallRecordRow, Done, LiveCall, MissedCallRow};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use mailbox::CallRecord;

use crate::client::{Client, path, query};
use crate::events::since;
use crate::failure::Failure;
use crate::report::{Format, SheetFormat, clock, date, or_hyphen};

/// `um calls ..`
#[derive(Debug, Subcommand)]
pub(crate) enum CallsCommand {
    /// List the calls that are up.
    List(Format),
    /// Show one call.
    Show {
        /// The call's id, from the list.
        id: u64,
        #[command(flatten)]
        format: Format,
    },
    /// List calls that are over, the oldest first: 90 days, 100,000 calls at most.
    History(History),
    /// List the callers who left nothing, the last one first: 90 days, 100,000 calls at most.
    Missed(Missed),
    /// End a call; what was recorded is kept.
    Hangup {
        /// The call's id, from the list.
        id: u64,
    },
}

/// `um calls history`
#[derive(Args, Debug)]
pub(crate) struct History {
    /// Only calls that ended then or later: a date (2026-11-21T22:00:00Z) or an age (45s, 10m, 2h, 7d).
    #[arg(long, value_name = "T", value_parser = since)]
    since: Option<Timestamp>,
    /// Only calls that ended before: a date or an age.
    #[arg(long, value_name = "T", value_parser = since)]
    until: Option<Timestamp>,
    /// Only calls of this gateway.
    #[arg(long, value_name = "NAME")]
    gateway: Option<String>,
    /// Only calls to mailboxes with this extension.
    #[arg(long, value_name = "EXT")]
    extension: Option<String>,
    /// How many calls at most, the newest. Default: 100.
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    #[command(flatten)]
    format: SheetFormat,
}

/// `um calls missed`
#[derive(Args, Debug)]
pub(crate) struct Missed {
    /// Only callers who called then or later: a date (2026-11-21T22:00:00Z) or an age (45s, 10m, 2h, 7d).
    #[arg(long, value_name = "T", value_parser = since)]
    since: Option<Timestamp>,
    /// Only callers of mailboxes of this dial plan.
    #[arg(long, value_name = "PLAN")]
    dialplan: Option<String>,
    /// Only callers of mailboxes with this extension.
    #[arg(long, value_name = "EXT")]
    extension: Option<String>,
    /// At most so many. Default: 100.
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    #[command(flatten)]
    format: Format,
}

impl CallsCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::List(format) => {
                let calls: Vec<LiveCall> = client.get(&path(&["calls"])).await?;
                format.list(&calls, ["ID", "GATEWAY", "PLAN", "CALLER", "MAILBOX", "STAGE", "AGE"], |call| {
                    [
                        call.id.to_string(),
                        call.gateway.clone(),
                        call.dial_plan.clone(),
                        or_hyphen(call.caller.as_deref()),
                        or_hyphen(call.mailbox.as_deref()),
                        call.stage.clone(),
                        age(call),
                    ]
                })
            }
            Self::Show { id, format } => {
                let call: LiveCall = client.get(&path(&["calls", &id.to_string()])).await?;
                format.facts(&call, facts)
            }
            Self::History(history) => history.run(client).await,
            Self::Missed(missed) => missed.run(client).await,
            Self::Hangup { id } => {
                client.delete::<Done>(&path(&["calls", &id.to_string()])).await.map(|Done {}| ())
            }
        }
    }
}

impl History {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let Self { since, until, gateway, extension, limit, format } = self;
        let asked = CallRecordQuery { since, until, gateway, extension, limit };
        let options = [
            ("since", asked.since.map(|since| since.to_string())),
            ("until", asked.until.map(|until| until.to_string())),
            ("gateway", asked.gateway),
            ("extension", asked.extension),
            ("limit", asked.limit.map(|limit| limit.to_string())),
        ];
        let rows: Vec<CallRecordRow> = client.get(&query(&path(&["call-records"]), &options)).await?;
        format.print(&rows, (&COLUMNS, |row| fields(&row.call).into()), (HEADER, |row| line(&row.call)))
    }
}

impl Missed {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let Self { since, dialplan, extension, limit, format } = self;
        let options = [
            ("since", since.map(|since| since.to_string())),
            ("dial_plan", dialplan),
            ("extension", extension),
            ("limit", limit.map(|limit| limit.to_string())),
        ];
        let rows: Vec<MissedCallRow> = client.get(&query(&path(&["missed-calls"]), &options)).await?;
        print_missed(&rows, format)
    }
}

/// Missed calls, a line each.
pub(crate) fn print_missed(rows: &[MissedCallRow], format: Format) -> Result<(), Failure> {
    format.list(rows, ["MAILBOX", "WHEN", "CALLER", "NAME"], |row| {
        [
            row.mailbox.clone(),
            date(row.at),
            or_hyphen(row.caller.as_deref()),
            or_hyphen(row.caller_name.as_deref()),
        ]
    })
}

const HEADER: [&str; 10] =
    ["STARTED", "GATEWAY", "PLAN", "CALLER", "CALLED", "MAILBOX", "OVER", "LENGTH", "MOS", "RESULT"];

fn line(call: &CallRecord) -> [String; 10] {
    let over = match &call.suite {
        Some(_) => format!("{} + srtp", call.transport),
        None => call.transport.clone(),
    };
    let result = match &call.refusal {
        Some(refusal) => format!("{} {} {refusal}", call.result.word(), call.status),
        None => format!("{}: {}", call.result.word(), call.reason),
    };
    [
        date(call.started),
        or_hyphen(call.gateway.as_deref()),
        or_hyphen(call.dial_plan.as_deref()),
        or_hyphen(call.caller.as_deref()),
        or_hyphen(call.called.as_deref()),
        or_hyphen(call.extension.as_deref()),
        over,
        call.answered.map_or_else(|| "-".to_owned(), |_| clock(call.talked().as_secs_f64())),
        or_hyphen(call.media.and_then(|media| media.mos).map(|mos| format!("{mos:.2}")).as_deref()),
        result,
    ]
}

/// Every field of a record, in CSV.
const COLUMNS: [&str; 33] = [
    "call_id",
    "started",
    "answered",
    "ended",
    "seconds",
    "gateway",
    "source",
    "dial_plan",
    "mode",
    "transport",
    "tls_version",
    "tls_cipher",
    "peer_subject",
    "caller",
    "called",
    "extension",
    "suite",
    "codec",
    "packets_received",
    "packets_sent",
    "packets_lost",
    "packets_late",
    "packets_unauthentic",
    "packets_replayed",
    "loss_percent",
    "jitter_ms",
    "mos",
    "digits",
    "status",
    "result",
    "refusal",
    "reason",
    "message",
];

fn fields(call: &CallRecord) -> [String; 33] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let moment = |moment: Option<Timestamp>| moment.map_or_else(String::new, |moment| moment.to_string());
    let media = |of: fn(&mailbox::CallMedia) -> String| call.media.as_ref().map_or_else(String::new, of);
    [
        call.call_id.clone(),
        moment(Some(call.started)),
        moment(call.answered),
        moment(Some(call.ended)),
        call.answered.map_or_else(String::new, |_| format!("{:.3}", call.talked().as_secs_f64())),
        text(&call.gateway),
        text(&call.source),
        text(&call.dial_plan),
        text(&call.mode),
        call.transport.clone(),
        text(&call.tls_version),
        text(&call.tls_cipher),
        text(&call.peer_subject),
        text(&call.caller),
        text(&call.called),
        text(&call.extension),
        text(&call.suite),
        text(&call.codec),
        media(|media| media.packets_received.to_string()),
        media(|media| media.packets_sent.to_string()),
        media(|media| media.packets_lost.to_string()),
        media(|media| media.packets_late.to_string()),
        media(|media| media.packets_unauthentic.to_string()),
        media(|media| media.packets_replayed.to_string()),
        media(|media| media.loss_percent.to_string()),
        media(|media| media.jitter_ms.to_string()),
        media(|media| media.mos.map_or_else(String::new, |mos| mos.to_string())),
        call.digits.to_string(),
        call.status.to_string(),
        call.result.word().to_owned(),
        text(&call.refusal),
        call.reason.clone(),
        call.message.map_or_else(String::new, |message| message.to_string()),
    ]
}

fn age(call: &LiveCall) -> String {
    clock(jiff::Timestamp::now().duration_since(call.started).as_secs_f64())
}

fn facts(call: &LiveCall) -> Vec<(&'static str, String)> {
    vec![
        ("id", call.id.to_string()),
        ("call-id", call.sip_call_id.clone()),
        ("gateway", call.gateway.clone()),
        ("dial plan", call.dial_plan.clone()),
        ("transport", call.transport.clone()),
        ("caller", or_hyphen(call.caller.as_deref())),
        ("caller name", or_hyphen(call.caller_name.as_deref())),
        ("mailbox", or_hyphen(call.mailbox.as_deref())),
        ("stage", call.stage.clone()),
        ("started", date(call.started)),
        ("age", age(call)),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record() -> Value {
        json!({
            "call_id": "c1@pbx", "started": "2026-11-21T22:00:00Z", "answered": "2026-11-21T22:00:01Z",
            "ended": "2026-11-21T22:01:06.5Z", "gateway": "gw1", "source": "192.0.2.7:5061", "dial_plan": "hq",
            "mode": "secured", "transport": "tls", "tls_version": "TLS 1.3", "tls_cipher": "TLS13_AES_256_GCM_SHA384",
            "peer_subject": "CN=gw1.example.com, O=\"Example, Inc.\"", "caller": "+14255550100", "called": "5000",
            "extension": "4001", "suite": "AEAD_AES_256_GCM", "codec": "PCMU",
            "media": {"packets_received": 3275, "packets_sent": 3200, "packets_lost": 3, "packets_late": 2,
                      "packets_unauthentic": 1, "packets_replayed": 0, "loss_percent": 0.15, "jitter_ms": 0.5,
                      "mos": 4.39},
            "digits": 2, "status": 200, "result": "answered", "refusal": null, "reason": "caller hung up",
            "message": 12,
        })
    }

    #[test]
    fn columns_of_csv_are_the_fields_of_a_record_in_their_order_with_the_length_behind_the_end() {
        let Value::Object(fields) = record() else { panic!("an object") };
        // serde_json sorts the keys of an object; the struct has them in order.
        let call: CallRecord = serde_json::from_value(record()).unwrap();
        let printed = serde_json::to_string(&call).unwrap();
        let mut places: Vec<(usize, &String)> =
            fields.keys().map(|key| (printed.find(&format!("\"{key}\":")).unwrap(), key)).collect();
        places.sort();
        let media = [
            "packets_received",
            "packets_sent",
            "packets_lost",
            "packets_late",
            "packets_unauthentic",
            "packets_replayed",
            "loss_percent",
            "jitter_ms",
            "mos",
        ];
        let expected: Vec<&str> = places
            .iter()
            .flat_map(|(_, key)| match key.as_str() {
                "ended" => vec!["ended", "seconds"],
                "media" => media.to_vec(),
                key => vec![key],
            })
            .collect();

        assert_eq!(COLUMNS.to_vec(), expected);
    }

    #[test]
    fn record_is_one_row_of_csv_with_every_field() {
        let call: CallRecord = serde_json::from_value(record()).unwrap();

        let row = crate::csv::line(&fields(&call));

        assert_eq!(
            row,
            "c1@pbx,2026-11-21T22:00:00Z,2026-11-21T22:00:01Z,2026-11-21T22:01:06.5Z,65.500,gw1,192.0.2.7:5061,hq,secured,\
             tls,TLS 1.3,TLS13_AES_256_GCM_SHA384,\"CN=gw1.example.com, O=\"\"Example, Inc.\"\"\",+14255550100,5000,4001,\
             AEAD_AES_256_GCM,PCMU,3275,3200,3,2,1,0,0.15,0.5,4.39,2,200,answered,,caller hung up,12"
        );
    }

    #[test]
    fn table_shows_what_a_call_was_or_why_it_was_refused() {
        let call: CallRecord = serde_json::from_value(record()).unwrap();
        let refused = CallRecord {
            answered: None,
            suite: None,
            media: None,
            status: 403,
            result: mailbox::CallResult::Refused,
            refusal: Some("wrong-mode".into()),
            ..call.clone()
        };

        assert_eq!(
            line(&call)[5..],
            ["4001", "tls + srtp", "1:06", "4.39", "answered: caller hung up"].map(str::to_owned)
        );
        assert_eq!(line(&refused)[6..], ["tls", "-", "-", "refused 403 wrong-mode"].map(str::to_owned));
    }
}
