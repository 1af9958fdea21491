use std::path::Path;

use crate::{
    page::{Page, Step, Typed, repository},
    shape::is_shown,
    terminal::{Ran, Terminal},
};

/// Every page that has `console` blocks; each has a test below, so that they run side by side.
const PAGES: [&str; 7] = [
    "README.md",
    "docs/attendants.md",
    "docs/certificates.md",
    "docs/operations.md",
    "docs/security-modes.md",
    "docs/subscribers.md",
    "docs/testing.md",
];
/// Blocks that are not run, in all pages together.
const NOT_RUN: usize = 0;

#[test]
fn every_block_of_the_readme_prints_what_it_shows() {
    runs_as_written("README.md");
}

#[test]
fn every_block_of_the_attendants_page_prints_what_it_shows() {
    runs_as_written("docs/attendants.md");
}

#[test]
fn every_block_of_the_certificates_page_prints_what_it_shows() {
    runs_as_written("docs/certificates.md");
}

#[test]
fn every_block_of_the_operations_page_prints_what_it_shows() {
    runs_as_written("docs/operations.md");
}

#[test]
fn every_block_of_the_security_modes_page_prints_what_it_shows() {
    runs_as_written("docs/security-modes.md");
}

#[test]
fn every_block_of_the_subscribers_page_prints_what_it_shows() {
    runs_as_written("docs/subscribers.md");
}

#[test]
fn every_block_of_the_testing_page_prints_what_it_shows() {
    runs_as_written("docs/testing.md");
}

#[test]
fn every_page_with_a_console_block_is_run() {
    let mut found = Vec::new();
    for name in pages() {
        let page = Page::read(&name);
        assert!(page.faults.is_empty(), "{name}: {:#?}", page.faults);
        if page.steps.iter().any(|step| matches!(step, Step::Type(_))) {
            found.push(name);
        }
    }

    assert_eq!(found, PAGES);
}

#[test]
fn blocks_that_are_not_run_are_few_and_known() {
    let why: Vec<String> = pages().iter().flat_map(|name| Page::read(name).not_run).collect();

    assert_eq!(why.len(), NOT_RUN, "{why:#?}");
}

/// README.md and every page of docs/, by path.
pub(crate) fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    for folder in ["docs", "docs/decisions"] {
        for entry in std::fs::read_dir(repository().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
                pages.push(format!("{folder}/{name}"));
            }
        }
    }
    pages.sort();
    pages
}

fn runs_as_written(name: &str) {
    let page = Page::read(name);
    let mut terminal = Terminal::open();
    let starts_one = |step: &Step| matches!(step, Step::Type(typed) if typed.command.starts_with("um serve"));
    if !page.steps.iter().any(starts_one) {
        let served = terminal.type_in("um serve");
        assert_eq!(served.code, 0, "{:#?}", served.printed);
    }
    let mut faults = Vec::new();
    let mut typed_in = 0;
    for step in &page.steps {
        match step {
            Step::Happen(cue) => terminal.happen(cue),
            Step::Type(typed) => {
                typed_in += 1;
                let ran = terminal.type_in(&typed.command);
                faults.extend(difference(name, typed, &ran));
            }
        }
    }
    assert!(faults.is_empty(), "{} of {typed_in} commands differ:\n\n{}", faults.len(), faults.join("\n\n"));
    assert!(typed_in > 0, "{name} shows no command");
}

fn difference(page: &str, typed: &Typed, ran: &Ran) -> Option<String> {
    let refused = typed.shown.iter().any(|line| line.starts_with("error: "));
    if is_shown(&typed.shown, &ran.printed) && refused == (ran.code != 0) {
        return None;
    }
    let printed = if ran.printed.is_empty() { "(nothing)".to_owned() } else { ran.printed.join("\n") };
    Some(format!(
        "{page}:{}: $ {}\n--- the page shows\n{}\n--- printed, exit code {}\n{printed}",
        typed.line,
        typed.command,
        typed.shown.join("\n"),
        ran.code
    ))
}
