use admin_api::{EventQuery, EventRow};
use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::report::date;
use crate::report::feed::{Feed, Turn, WAIT_SECONDS};

/// `um events`
#[derive(Args, Debug)]
pub(crate) struct Events {
    /// Go on printing as events happen, until interrupted.
    #[arg(long)]
    follow: bool,
    /// Only events from then on: a date (2026-11-21T22:00:00Z) or an age (45s, 10m, 2h, 7d).
    #[arg(long, value_name = "T", value_parser = since)]
    since: Option<Timestamp>,
    /// How many events at most. Default: 100.
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Print JSON; with --follow one object a line.
    #[arg(long)]
    json: bool,
}

impl Events {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let Self { follow, since, limit, json } = self;
        let feed = Feed { follow, json, lines, sequence: |row: &EventRow| row.sequence };
        feed.run(async |turn| {
            let asked = match turn {
                Turn::First => EventQuery { since, limit, ..EventQuery::default() },
                // Without any event yet, the question stays the first one: nothing can be missed in between.
                Turn::Later(last) => EventQuery {
                    since: if last.is_none() { since } else { None },
                    after: last.or(Some(0)),
                    wait_seconds: Some(WAIT_SECONDS),
                    limit: None,
                },
            };
            ask(client, &asked).await
        })
        .await
    }
}

async fn ask(client: &Client, what: &EventQuery) -> Result<Vec<EventRow>, Failure> {
    let options = [
        ("since", what.since.map(|since| since.to_string())),
        ("after", what.after.map(|after| after.to_string())),
        ("wait_seconds", what.wait_seconds.map(|wait| wait.to_string())),
        ("limit", what.limit.map(|limit| limit.to_string())),
    ];
    client.get(&query(&path(&["events"]), &options)).await
}

/// An event for people: one line, and one for the remedy.
fn lines(row: &EventRow) -> String {
    let mut text = format!("{} {:<11} {} {}", date(row.at), row.severity, row.id, row.name);
    for (name, value) in &row.fields {
        let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_graphic() && c != '"');
        let value = if plain { value.clone() } else { format!("{value:?}") };
        text.push_str(&format!(" {name}={value}"));
    }
    if row.count > 1 {
        text.push_str(&format!(" ({} times)", row.count));
    }
    if !row.remedy.is_empty() {
        text.push_str(&format!("\n    hint: {}", row.remedy));
    }
    text
}

/// A date, or an age such as `10m`.
pub(crate) fn since(text: &str) -> Result<Timestamp, String> {
    since_at(text, Timestamp::now())
}

fn since_at(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(date) = text.parse() {
        return Ok(date);
    }
    let wrong = || "write a date (2026-11-21T22:00:00Z) or an age (45s, 10m, 2h, 7d)".to_owned();
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: i64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let age = number.checked_mul(factor).filter(|age| *age >= 0).ok_or_else(wrong)?;
    now.checked_sub(SignedDuration::from_secs(age)).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> EventRow {
        EventRow {
            sequence: 7,
            at: "2026-11-21T22:00:00Z".parse().unwrap(),
            id: 1021,
            name: "call-rejected".into(),
            severity: "warning".into(),
            summary: "An incoming call was refused.".into(),
            fields: vec![
                ("gateway".to_owned(), "gw1".to_owned()),
                ("reason".to_owned(), "no mailbox".to_owned()),
            ],
            remedy: "read `reason`".into(),
            count: 2,
        }
    }

    #[test]
    fn event_is_one_line_with_its_facts_and_one_with_its_remedy() {
        assert_eq!(
            lines(&row()),
            "2026-11-21 22:00:00Z warning     1021 call-rejected gateway=gw1 reason=\"no mailbox\" (2 times)\n    \
             hint: read `reason`"
        );
    }

    #[test]
    fn since_reads_dates_and_ages_and_nothing_else() {
        let now = "2026-11-21T22:30:00Z".parse().unwrap();
        let date = |text: &str| Ok(text.parse().unwrap());

        assert_eq!(since_at("2026-11-21T22:00:00Z", now), date("2026-11-21T22:00:00Z"));
        assert_eq!(since_at("10m", now), date("2026-11-21T22:20:00Z"));
        assert_eq!(since_at("7d", now), date("2026-11-14T22:30:00Z"));
        for wrong in ["yesterday", "-5m", "", "m", "99999999999999d"] {
            assert!(since_at(wrong, now).is_err(), "{wrong}");
        }
    }
}
