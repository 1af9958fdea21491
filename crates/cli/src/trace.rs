use admin_api::{TraceQuery, TraceRow};
use clap::Args;

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::report::feed::{Feed, Turn, WAIT_SECONDS};

/// `um trace`
#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// Only messages of this gateway.
    #[arg(long, value_name = "GATEWAY")]
    gateway: Option<String>,
    /// Only messages of this call: its id from `um calls list`, or its Call-ID.
    #[arg(long, value_name = "ID")]
    call: Option<String>,
    /// Go on printing as messages come and go, until interrupted.
    #[arg(long)]
    follow: bool,
    /// Print JSON; with --follow one object a line.
    #[arg(long)]
    json: bool,
}

impl Trace {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let Self { gateway, call, follow, json } = self;
        let feed = Feed { follow, json, lines, sequence: |row: &TraceRow| row.sequence };
        let asked = TraceQuery { gateway, call, ..TraceQuery::default() };
        feed.run(async |turn| match turn {
            Turn::First => ask(client, &asked).await,
            Turn::Later(after) => {
                let later = TraceQuery { after, wait_seconds: Some(WAIT_SECONDS), ..asked.clone() };
                ask(client, &later).await
            }
        })
        .await
    }
}

async fn ask(client: &Client, what: &TraceQuery) -> Result<Vec<TraceRow>, Failure> {
    let options = [
        ("gateway", what.gateway.clone()),
        ("call", what.call.clone()),
        ("after", what.after.map(|after| after.to_string())),
        ("wait_seconds", what.wait_seconds.map(|wait| wait.to_string())),
    ];
    client.get(&query(&path(&["trace"]), &options)).await
}

/// A message for people: a line about it, the message, and a blank line.
fn lines(row: &TraceRow) -> String {
    let way = match row.direction.as_str() {
        "in" => "from",
        _ => "to",
    };
    let cut = if row.cut { ", cut" } else { "" };
    format!(
        "--- {} {} {} ({way} {} over {}, {} octets{cut})\n{}\n",
        row.at.strftime("%Y-%m-%d %H:%M:%S%.3fZ"),
        row.direction,
        row.gateways.join(", "),
        row.peer,
        row.transport,
        row.octets,
        row.text
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_stands_below_a_line_with_time_way_gateway_peer_and_transport() {
        let row = TraceRow {
            sequence: 1,
            at: "2026-11-22T05:00:00.25Z".parse().unwrap(),
            gateways: vec!["gw1".into()],
            direction: "in".into(),
            transport: "TLS".into(),
            peer: "192.0.2.1:4000".into(),
            call_id: None,
            octets: 9_000,
            cut: true,
            text: "OPTIONS sip:um SIP/2.0\n\n".into(),
        };

        assert_eq!(
            lines(&row),
            "--- 2026-11-22 05:00:00.250Z in gw1 (from 192.0.2.1:4000 over TLS, 9000 octets, cut)\n\
             OPTIONS sip:um SIP/2.0\n\n\n"
        );
    }
}
