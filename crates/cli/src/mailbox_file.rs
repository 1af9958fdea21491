//! Mailboxes as a CSV file: `um mailbox import` and `um mailbox export`.

use admin_api::{EnableMailbox, ErrorDetail, ImportRow, MailboxRow, PinText};

use crate::csv;
use crate::failure::Failure;

/// The columns, in the order that export writes. `extension` and `name` must be there; `pin` is read and never written.
const COLUMNS: [&str; 6] = ["extension", "name", "email", "numbers", "policy", "pin"];
/// What stands between several numbers of a mailbox.
const BETWEEN_NUMBERS: char = ';';

/// Reads the rows of an import; the first line names the columns, in any order.
pub(crate) fn read(text: &str, dial_plan: &str) -> Result<Vec<ImportRow>, Failure> {
    let mut records = csv::records(text)
        .map_err(|unclosed| {
            Failure::no(format!("line {}: a quote is opened and never closed", unclosed.line), "close it")
        })?
        .into_iter();
    let header = records.next().ok_or_else(|| Failure::no("the file is empty", header_hint()))?;
    let columns = columns(&header)?;
    let mut rows = Vec::new();
    let mut mistakes = Vec::new();
    for record in records {
        if record.fields.len() == columns.len() {
            rows.push(row(&record, &columns, dial_plan));
        } else {
            mistakes.push(ErrorDetail {
                place: format!("line {}", record.line),
                message: format!(
                    "{} fields where the first line names {}",
                    record.fields.len(),
                    columns.len()
                ),
            });
        }
    }
    if mistakes.is_empty() {
        return Ok(rows);
    }
    Err(Failure::no(
        "the file cannot be read, so nothing was imported",
        "put fields that hold a comma into quotes",
    )
    .with_details(mistakes))
}

/// Writes mailboxes; what `read` takes, without PINs.
pub(crate) fn write(mailboxes: &[MailboxRow]) -> String {
    let [columns @ .., _pin] = COLUMNS;
    let mut text = format!("{}\n", csv::line(&columns));
    for mailbox in mailboxes {
        let numbers: Vec<&str> = mailbox.numbers.iter().map(|number| number.as_str()).collect();
        let fields = [
            mailbox.extension.as_str(),
            &mailbox.name,
            mailbox.email.as_deref().unwrap_or_default(),
            &numbers.join(&BETWEEN_NUMBERS.to_string()),
            &mailbox.policy,
        ];
        text.push_str(&csv::line(&fields));
        text.push('\n');
    }
    text
}

fn columns(header: &csv::Record) -> Result<Vec<&'static str>, Failure> {
    let mut columns: Vec<&'static str> = Vec::new();
    for name in &header.fields {
        let wanted = name.trim().to_ascii_lowercase();
        match COLUMNS.iter().find(|column| **column == wanted) {
            Some(column) if columns.contains(column) => {
                return Err(Failure::no(
                    format!("line {}: column `{column}` comes twice", header.line),
                    header_hint(),
                ));
            }
            Some(column) => columns.push(column),
            None => {
                return Err(Failure::no(
                    format!("line {}: there is no column `{wanted}`", header.line),
                    header_hint(),
                ));
            }
        }
    }
    for needed in ["extension", "name"] {
        if !columns.contains(&needed) {
            return Err(Failure::no(
                format!("line {}: column `{needed}` is missing", header.line),
                header_hint(),
            ));
        }
    }
    Ok(columns)
}

fn header_hint() -> String {
    format!("the first line names the columns: {}; extension and name are needed", COLUMNS.join(", "))
}

fn row(record: &csv::Record, columns: &[&'static str], dial_plan: &str) -> ImportRow {
    let field = |name: &str| {
        let place = columns.iter().position(|column| *column == name)?;
        record.fields.get(place).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let numbers = field("numbers").unwrap_or_default();
    let numbers = numbers.split(BETWEEN_NUMBERS).map(str::trim).filter(|number| !number.is_empty());
    ImportRow {
        line: record.line,
        mailbox: EnableMailbox {
            extension: field("extension").unwrap_or_default(),
            dial_plan: dial_plan.to_owned(),
            name: field("name").unwrap_or_default(),
            email: field("email"),
            numbers: numbers.map(str::to_owned).collect(),
            policy: field("policy"),
            pin: field("pin").map(PinText::new),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_any_order_and_empty_fields_are_absent() {
        let rows = read("Name,extension,numbers,pin\nAda,4001,+14255550001; 5001,\nBob,4002,,471100\n", "hq")
            .unwrap();

        assert_eq!(rows[0].line, 2);
        assert_eq!(rows[0].mailbox.extension, "4001");
        assert_eq!(rows[0].mailbox.numbers, ["+14255550001", "5001"]);
        assert!(rows[0].mailbox.pin.is_none());
        assert_eq!(rows[1].mailbox.dial_plan, "hq");
        assert_eq!(rows[1].mailbox.pin.as_ref().map(PinText::expose), Some("471100"));
        assert_eq!(rows[1].mailbox.email, None);
    }

    #[test]
    fn unknown_and_missing_columns_are_named() {
        let unknown = format!("{:?}", read("extension,name,mail\n", "hq").unwrap_err());
        let missing = format!("{:?}", read("extension,email\n", "hq").unwrap_err());

        assert!(unknown.contains("there is no column `mail`"), "{unknown}");
        assert!(missing.contains("column `name` is missing"), "{missing}");
    }

    #[test]
    fn every_line_with_a_wrong_number_of_fields_is_told() {
        let failure =
            format!("{:?}", read("extension,name\n4001,Ada,x\n4002,Bob\n4003\n", "hq").unwrap_err());

        assert!(failure.contains("line 2") && failure.contains("line 4"), "{failure}");
        assert!(!failure.contains("line 3"), "{failure}");
    }
}
