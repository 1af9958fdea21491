//! What commands print: data to stdout, as a table, as facts or as JSON; talk to stderr.
pub(crate) mod feed;

use std::io::Write;

use admin_api::{Changed, Warning};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::csv;
use crate::failure::Failure;

/// How data is to be printed.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct Format {
    /// Print JSON instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Format {
    /// Prints `data` as JSON, or as a table with a row for each `row`.
    pub(crate) fn list<T: Serialize, const N: usize>(
        self,
        data: &[T],
        header: [&str; N],
        row: impl Fn(&T) -> [String; N],
    ) -> Result<(), Failure> {
        if self.json {
            return json(&data);
        }
        if data.is_empty() {
            talk("nothing to list");
            return Ok(());
        }
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(header);
        for item in data {
            table.add_row(row(item));
        }
        text(&trimmed(&table.to_string()))
    }

    /// Prints `data` as JSON, or one fact a line.
    pub(crate) fn facts<T: Serialize>(
        self,
        data: &T,
        facts: impl FnOnce(&T) -> Vec<(&'static str, String)>,
    ) -> Result<(), Failure> {
        if self.json { json(data) } else { text(&fact_lines(&facts(data))) }
    }
}

/// How a list is to be printed that programs read, too.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(crate) struct SheetFormat {
    /// Print JSON instead of a table.
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Print comma-separated values, with every column, instead of a table.
    #[arg(long)]
    pub(crate) csv: bool,
}

impl SheetFormat {
    /// Prints `data` as JSON, as `sheet` (names of the columns, fields of each row), or as a table.
    pub(crate) fn print<T: Serialize, const N: usize>(
        self,
        data: &[T],
        sheet: (&[&str], impl Fn(&T) -> Vec<String>),
        table: ([&str; N], impl Fn(&T) -> [String; N]),
    ) -> Result<(), Failure> {
        if !self.csv {
            return Format { json: self.json }.list(data, table.0, table.1);
        }
        let (columns, row) = sheet;
        let mut lines = vec![csv::line(columns)];
        lines.extend(
            data.iter().map(|item| csv::line(&row(item).into_iter().map(harmless).collect::<Vec<_>>())),
        );
        text(&lines.join("\r\n"))
    }
}

/// A field that a spreadsheet would take for a formula gets an apostrophe: peers write some of them. A number such as
/// `+14255550100` is none.
fn harmless(field: String) -> String {
    let is_number = field
        .strip_prefix(['+', '-'])
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    if field.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number {
        format!("'{field}")
    } else {
        field
    }
}

/// Writes JSON to stdout.
pub(crate) fn json<T: Serialize>(data: &T) -> Result<(), Failure> {
    text(&serde_json::to_string_pretty(data).map_err(|error| unwritable(&error))?)
}

/// Writes JSON to stdout, on one line.
pub(crate) fn json_line<T: Serialize>(data: &T) -> Result<(), Failure> {
    text(&serde_json::to_string(data).map_err(|error| unwritable(&error))?)
}

fn unwritable(error: &serde_json::Error) -> Failure {
    Failure::could_not_run(format!("the answer cannot be written as JSON: {error}"), "")
}

/// Writes a text to stdout, with a line end.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let end: &[u8] = if text.ends_with('\n') { b"" } else { b"\n" };
    out.write_all(text.as_bytes())
        .and_then(|()| out.write_all(end))
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
}

/// Says something that is no data.
pub(crate) fn talk(words: impl AsRef<str>) {
    eprintln!("{}", words.as_ref());
}

/// Says what deserves a look after a change.
pub(crate) fn warnings(changed: Changed) {
    for each in &changed.warnings {
        warning(each);
    }
}

/// Says one thing that deserves a look.
pub(crate) fn warning(warning: &Warning) {
    talk(format!("warning: {}", warning.message));
    if !warning.remedy.is_empty() {
        talk(format!("hint: {}", warning.remedy));
    }
}

/// A `set` without a setting.
pub(crate) fn nothing_to_set(command: &str) -> Failure {
    Failure::could_not_run("no setting was given", format!("`um {command} --help` lists what can be set"))
}

/// A text, or a hyphen where there is none.
pub(crate) fn or_hyphen(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("-").to_owned()
}

/// `yes` or `no`.
pub(crate) fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}

/// `1 call`, `2 calls`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `1:05` or `1:02:03`.
pub(crate) fn clock(seconds: f64) -> String {
    // Not negative, and far below 2^53: the cast keeps every whole second.
    let whole = seconds.max(0.0).round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A date for people: UTC, whole seconds.
pub(crate) fn date(timestamp: jiff::Timestamp) -> String {
    timestamp.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn fact_lines(facts: &[(&'static str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    facts.iter().map(|(name, value)| format!("{name:<width$}  {value}\n")).collect()
}

/// Tables without the blank that every line begins with, and without blanks at the end.
fn trimmed(table: &str) -> String {
    table.lines().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line).trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_that_a_spreadsheet_would_run_gets_an_apostrophe_and_a_number_does_not() {
        let fields = ["=1+1", "@x", "+1 cmd", "-", "+14255550100", "-1.5", "4001", ""];
        let told = fields.map(|field| harmless(field.to_owned()));

        assert_eq!(told, ["'=1+1", "'@x", "'+1 cmd", "-", "+14255550100", "-1.5", "4001", ""]);
    }

    #[test]
    fn clock_shows_hours_only_where_there_are_some() {
        assert_eq!(clock(0.4), "0:00");
        assert_eq!(clock(65.0), "1:05");
        assert_eq!(clock(3723.0), "1:02:03");
    }

    #[test]
    fn facts_stand_in_one_column() {
        let lines = fact_lines(&[("name", "hq".to_owned()), ("voip security", "secured".to_owned())]);

        assert_eq!(lines, "name           hq\nvoip security  secured\n");
    }

    #[test]
    fn dates_are_utc_and_whole_seconds() {
        assert_eq!(date("2026-11-21T22:41:07.25Z".parse().unwrap()), "2026-11-21 22:41:07Z");
    }
}
