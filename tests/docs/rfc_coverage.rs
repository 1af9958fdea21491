use std::{collections::BTreeSet, path::Path};

use crate::page::repository;

const PAGE: &str = "docs/rfc-coverage.md";
/// The words of the column `status`, each alone or before a colon and a reason.
const DONE: &str = "done";
const WITH_REASON: [&str; 4] = ["partly", "not applicable", "not done", "deviates"];
/// RFCs that the page must have a table for.
const RFCS: [&str; 34] = [
    "3261", "3262", "3264", "3311", "3326", "3327", "3515", "3550", "3551", "3581", "3711", "4028", "4458",
    "4475", "4566", "4568", "4733", "5118", "5389", "5626", "5630", "5761", "5806", "5922", "5923", "6026",
    "6086", "6188", "6432", "6665", "7044", "7714", "8643", "8866",
];

/// A row of a table: clause, status, module, test.
#[derive(Debug)]
struct Row {
    line: usize,
    status: String,
    modules: Vec<String>,
    tests: Vec<String>,
}

fn page() -> String {
    std::fs::read_to_string(repository().join(PAGE)).unwrap()
}

fn rows(page: &str) -> Vec<Row> {
    let lines = page.lines().enumerate().filter(|(_, line)| line.starts_with("| "));
    let rows = lines.filter_map(|(index, line)| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, status, modules, tests] = cells[..] else {
            assert_eq!(
                cells.len(),
                2,
                "{PAGE}:{}: neither a row of coverage nor of the words: {line}",
                index + 1
            );
            return None;
        };
        let row = Row {
            line: index + 1,
            status: status.to_owned(),
            modules: quoted(modules),
            tests: quoted(tests),
        };
        (status != "status").then_some(row)
    });
    rows.collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The text of every Rust file of the tree.
fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            texts.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The names of all functions under `#[test]` or `#[tokio::test]`, also those that a macro makes of a line of its table.
fn test_names() -> BTreeSet<String> {
    let mut texts = Vec::new();
    sources(&repository().join("crates"), &mut texts);
    sources(&repository().join("tests"), &mut texts);
    let mut names = BTreeSet::new();
    for text in &texts {
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                is_test = true;
            } else if is_test && !line.starts_with("#[") && !line.starts_with("//") {
                let name = line.trim_start_matches("async ").strip_prefix("fn ");
                names.extend(name.and_then(|rest| rest.split_once('(')).map(|(name, _)| name.to_owned()));
                is_test = false;
            }
        }
    }
    names
}

#[test]
fn every_row_has_a_status_of_the_list_and_a_done_one_names_module_and_test() {
    let page = page();

    let faults: Vec<String> = rows(&page)
        .iter()
        .filter_map(|row| {
            let (word, reason) = row.status.split_once(": ").unwrap_or((&row.status, ""));
            let told = match word {
                DONE => reason.is_empty() && !row.modules.is_empty() && !row.tests.is_empty(),
                "partly" => !reason.is_empty() && !row.modules.is_empty(),
                _ => WITH_REASON.contains(&word) && !reason.is_empty(),
            };
            (!told).then(|| format!("{PAGE}:{}: {}", row.line, row.status))
        })
        .collect();

    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_module_that_a_row_names_is_in_the_tree() {
    let page = page();
    let missing: Vec<String> = rows(&page)
        .iter()
        .flat_map(|row| row.modules.iter().map(move |module| (row.line, module)))
        .filter(|(_, module)| {
            let (name, path) = module.split_once('/').unwrap_or((module, ""));
            let source = repository().join("crates").join(name).join("src").join(path);
            !source.is_dir() && !source.with_extension("rs").is_file()
        })
        .map(|(line, module)| format!("{PAGE}:{line}: {module}"))
        .collect();

    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_test_that_a_row_names_is_in_the_tree() {
    let (page, names) = (page(), test_names());
    assert!(names.len() > 500, "{} tests were found", names.len());

    let missing: Vec<String> = rows(&page)
        .iter()
        .flat_map(|row| row.tests.iter().map(move |test| (row.line, test)))
        .filter(|(_, test)| !names.contains(*test))
        .map(|(line, test)| format!("{PAGE}:{line}: {test}"))
        .collect();

    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_rfc_that_concerns_the_server_has_a_table_with_rows() {
    let page = page();
    assert!(rows(&page).len() > 100, "{} rows were found", rows(&page).len());

    let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
    let absent: Vec<&&str> =
        RFCS.iter().filter(|rfc| !headings.iter().any(|heading| heading.contains(**rfc))).collect();

    assert!(absent.is_empty(), "no heading for RFC {absent:?}");
}

#[test]
fn a_name_that_is_in_no_source_is_missing() {
    let rows =
        rows("| clause | status | module | test |\n|---|---|---|---|\n| 1 | done | `sdp/no` | `no_such` |\n");

    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].modules.as_slice(), rows[0].line), (["sdp/no".to_owned()].as_slice(), 3));
    assert!(!test_names().contains("no_such"));
    assert!(test_names().contains("a_name_that_is_in_no_source_is_missing"));
}
