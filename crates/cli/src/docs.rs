use std::fmt::Write;

use clap::{Arg, Command, CommandFactory, Subcommand};
use media_server::{METRICS, MetricPart};
use telephony::CATALOGUE;

use crate::Um;
use crate::failure::Failure;
use crate::report;

/// `um docs ..`
#[derive(Debug, Subcommand)]
pub(crate) enum DocsCommand {
    /// docs/cli.md
    Cli,
    /// docs/events.md
    Events,
    /// docs/metrics.md
    Metrics,
}

impl DocsCommand {
    /// Prints the page.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Cli => report::text(&cli_page()),
            Self::Events => report::text(&events_page()),
            Self::Metrics => report::text(&metrics_page()),
        }
    }
}

/// The command line as Markdown, from the clap table.
pub(crate) fn cli_page() -> String {
    let mut um = Um::command().disable_help_subcommand(true);
    um.build();
    let mut page = String::from(
        "# The `um` command\n\n\
         Printed by `um docs cli` from the table in the program; do not edit.\n\n\
         stdout is data (a table, or `--json`), stderr is talk. Exit codes: 0 done, 1 the answer is no (refused, \
         not found, a check failed), 2 could not run. A mistake is told as `error: ..` with a `hint: ..` that mends \
         it.\n\n",
    );
    page.push_str("## Options of every command\n\n");
    for argument in um.get_arguments().filter(|argument| argument.is_global_set()) {
        page.push_str(&argument_line(argument));
    }
    page.push_str(
        "\nWithout `--socket`, the socket is `[admin] socket` of the configuration file, else `um.sock` in the data \
         folder.\n",
    );
    for command in um.get_subcommands() {
        section(&mut page, command, "um");
    }
    page
}

fn section(page: &mut String, command: &Command, before: &str) {
    if command.is_hide_set() {
        return;
    }
    let name = format!("{before} {}", command.get_name());
    let children: Vec<&Command> =
        command.get_subcommands().filter(|child| child.get_name() != "help").collect();
    if before == "um" {
        page.push_str(&format!("\n## {name}\n\n"));
    } else {
        page.push_str(&format!("\n### {name}\n\n"));
    }
    if let Some(about) = command.get_about() {
        page.push_str(&format!("{}\n", sentence(&about.to_string())));
    }
    if children.is_empty() {
        page.push_str(&format!("\n```\n{}\n```\n", usage(command, &name)));
        let own: Vec<&Arg> = command.get_arguments().filter(|argument| is_own(argument)).collect();
        if !own.is_empty() {
            page.push('\n');
        }
        for argument in own {
            page.push_str(&argument_line(argument));
        }
    }
    for child in children {
        section(page, child, &name);
    }
}

fn is_own(argument: &Arg) -> bool {
    !argument.is_global_set()
        && !argument.is_hide_set()
        && !matches!(argument.get_id().as_str(), "help" | "version")
}

/// The words in order; what may be left out stands in brackets.
fn usage(command: &Command, name: &str) -> String {
    let mut line = name.to_owned();
    for argument in command.get_arguments().filter(|argument| is_own(argument)) {
        let word = spelled(argument);
        let many = if matches!(argument.get_action(), clap::ArgAction::Append) { ".." } else { "" };
        // Writing to a String cannot fail.
        let _ = match argument.is_required_set() {
            true => write!(line, " {word}{many}"),
            false => write!(line, " [{word}]{many}"),
        };
    }
    line
}

/// `--option VALUE`, `--flag` or `VALUE`.
fn spelled(argument: &Arg) -> String {
    let value = argument
        .get_value_names()
        .filter(|_| argument.get_action().takes_values())
        .map(|names| names.iter().map(|name| name.to_uppercase()).collect::<Vec<_>>().join(" "));
    match (argument.get_long(), value) {
        (Some(long), Some(value)) => format!("--{long} {value}"),
        (Some(long), None) => format!("--{long}"),
        (None, value) => value.unwrap_or_else(|| argument.get_id().to_string().to_uppercase()),
    }
}

fn argument_line(argument: &Arg) -> String {
    let help = argument.get_help().map(|help| sentence(&help.to_string())).unwrap_or_default();
    let mut line = format!("- `{}`: {help}", spelled(argument));
    let words: Vec<String> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !words.is_empty() && argument.get_action().takes_values() && !words.contains(&"`true`".to_owned()) {
        line.push_str(&format!(" One of {}.", words.join(", ")));
    }
    if let Some(variable) = argument.get_env() {
        line.push_str(&format!(" Environment: `{}`.", variable.to_string_lossy()));
    }
    line.push('\n');
    line
}

/// clap takes the full stop from help texts; on a page it belongs there.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '`', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// The event catalogue as Markdown.
pub(crate) fn events_page() -> String {
    let mut page = String::from(
        "# Events\n\n\
         Printed by `um docs events` from the catalogue in the program; do not edit.\n\n\
         An id never changes its meaning and is never used again. Ids below 2000 are Exchange UM's own. \
         `um events` shows what happened, with the facts of each case.\n\n\
         | id | name | severity | what happened | what to do |\n\
         |---|---|---|---|---|\n",
    );
    for kind in CATALOGUE {
        let remedy = if kind.remedy.is_empty() { "-" } else { kind.remedy };
        page.push_str(&format!(
            "| {} | {} | {} | {} | {} |\n",
            kind.id,
            kind.name,
            kind.severity.word(),
            cell(kind.summary),
            cell(remedy)
        ));
    }
    page
}

/// The catalogue of metrics as Markdown.
pub(crate) fn metrics_page() -> String {
    let mut page = String::from(
        "# Metrics\n\n\
         Printed by `um docs metrics` from the catalogue in the program; do not edit.\n\n\
         `http://127.0.0.1:9563/metrics` ([health] in um.toml) has them in the text format of Prometheus, `um metrics` prints \
         the same page. Counters begin at 0 with the server. No page has a caller's number in it. \
         [config/grafana-dashboard.json](../config/grafana-dashboard.json) and \
         [config/alert-rules.yml](../config/alert-rules.yml) are made of these.\n\n\
         `/healthz` answers 200 as long as the process works and its database answers; whoever restarts a server asks it. \
         `/readyz` answers 200 as long as calls may be sent here: the server is ready and not stopping (`state`), its ports \
         are open (`listeners`), the database answers (`store`), the disk is above [server] disk_soft (`disk`), and with \
         TLS there is a certificate that is valid today (`certificate`). Both answer 503 otherwise, with the reason and the \
         remedy in JSON.\n",
    );
    for part in MetricPart::ALL {
        page.push_str(&format!(
            "\n## {}\n\n| metric | form | what it counts | labels |\n|---|---|---|---|\n",
            part.heading()
        ));
        for kind in METRICS.iter().filter(|kind| kind.part == part) {
            let labels: Vec<String> =
                kind.labels.iter().map(|(label, meaning)| format!("`{label}`: {meaning}")).collect();
            let labels = if labels.is_empty() { "-".to_owned() } else { cell(&labels.join("; ")) };
            page.push_str(&format!(
                "| `{}` | {} | {} | {labels} |\n",
                kind.name,
                kind.form.word(),
                cell(kind.help)
            ));
        }
    }
    page
}

/// A text that does not end its table cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_cli_md_is_what_the_program_prints() {
        assert_eq!(include_str!("../../../docs/cli.md"), cli_page(), "run `um docs cli > docs/cli.md`");
    }

    #[test]
    fn docs_events_md_is_what_the_program_prints() {
        assert_eq!(
            include_str!("../../../docs/events.md"),
            events_page(),
            "run `um docs events > docs/events.md`"
        );
    }

    #[test]
    fn docs_metrics_md_is_what_the_program_prints() {
        assert_eq!(
            include_str!("../../../docs/metrics.md"),
            metrics_page(),
            "run `um docs metrics > docs/metrics.md`"
        );
    }

    #[test]
    fn every_command_and_option_has_words() {
        fn check(command: &Command) {
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            for child in command.get_subcommands() {
                assert!(child.get_about().is_some(), "{}", child.get_name());
                check(child);
            }
        }
        check(&Um::command());
    }
}
