use admin_api::{TraceQuery, TraceRow};
use clap::Args;

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::report::{self, talk};

/// How long one question of `--follow` waits for an answer.
const WAIT_SECONDS: u32 = 30;

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
        let mut asked =
            TraceQuery { gateway: self.gateway.clone(), call: self.call.clone(), ..TraceQuery::default() };
        let rows = ask(client, &asked).await?;
        if self.json && !self.follow {
            return report::json(&rows);
        }
        self.print(&rows)?;
        if !self.follow {
            if rows.is_empty() {
                talk("nothing to list");
            }
            return Ok(());
        }
        asked.wait_seconds = Some(WAIT_SECONDS);
        asked.after = rows.last().map(|row| row.sequence);
        loop {
            let rows = ask(client, &asked).await?;
            self.print(&rows)?;
            asked.after = rows.last().map(|row| row.sequence).or(asked.after);
        }
    }

    fn print(&self, rows: &[TraceRow]) -> Result<(), Failure> {
        for row in rows {
            if self.json {
                report::text(&serde_json::to_string(row).map_err(|error| {
                    Failure::could_not_run(format!("the message cannot be written as JSON: {error}"), "")
                })?)?;
            } else {
                report::text(&lines(row))?;
            }
        }
        Ok(())
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
