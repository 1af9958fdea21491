//! Devices as a CSV file: `um provisioning device import`.

use admin_api::ErrorDetail;
use dial_plan::{Device, DeviceId, Name};

use crate::csv;
use crate::failure::Failure;

/// The columns; `server` may be missing.
const COLUMNS: [&str; 4] = ["id", "vendor", "dialplan", "server"];

/// Reads the devices; the first line names the columns, in any order.
pub(crate) fn read(text: &str) -> Result<Vec<Device>, Failure> {
    let unclosed = |unclosed: csv::UnclosedQuote| {
        Failure::no(format!("line {}: a quote is opened and never closed", unclosed.line), "close it")
    };
    let mut records = csv::records(text).map_err(unclosed)?.into_iter();
    let header = records.next().ok_or_else(|| Failure::no("the file is empty", hint()))?;
    let columns = columns(&header)?;
    let (mut devices, mut mistakes) = (Vec::new(), Vec::new());
    for record in records {
        match device(&record, &columns) {
            Ok(device) => devices.push(device),
            Err(message) => {
                mistakes.push(ErrorDetail { place: format!("line {}", record.line), message });
            }
        }
    }
    if mistakes.is_empty() {
        return Ok(devices);
    }
    Err(Failure::no("the file cannot be read, so nothing was added", hint()).with_details(mistakes))
}

fn columns(header: &csv::Record) -> Result<Vec<&'static str>, Failure> {
    let mut columns = Vec::new();
    for name in &header.fields {
        let wanted = name.trim().to_ascii_lowercase();
        match COLUMNS.iter().find(|column| **column == wanted) {
            Some(column) if !columns.contains(column) => columns.push(*column),
            Some(_) | None => {
                let words = format!("line {}: column `{wanted}` is unknown or comes twice", header.line);
                return Err(Failure::no(words, hint()));
            }
        }
    }
    match COLUMNS.iter().take(3).find(|column| !columns.contains(*column)) {
        Some(missing) => {
            Err(Failure::no(format!("line {}: column `{missing}` is missing", header.line), hint()))
        }
        None => Ok(columns),
    }
}

fn device(record: &csv::Record, columns: &[&str]) -> Result<Device, String> {
    if record.fields.len() != columns.len() {
        let (found, named) = (record.fields.len(), columns.len());
        return Err(format!("{found} fields where the first line names {named}"));
    }
    let field = |name: &str| {
        let place = columns.iter().position(|column| *column == name);
        place.and_then(|place| record.fields.get(place)).map_or("", |text| text.trim())
    };
    Ok(Device {
        id: DeviceId::parse(field("id")).map_err(|error| error.to_string())?,
        vendor: Name::parse(field("vendor")).map_err(|error| format!("vendor: {error}"))?,
        dial_plan: Name::parse(field("dialplan")).map_err(|error| format!("dialplan: {error}"))?,
        server: Some(field("server").to_owned()).filter(|server| !server.is_empty()),
    })
}

fn hint() -> String {
    format!("the first line names the columns: {}; server may be left out", COLUMNS.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_with_their_columns_in_any_order() {
        let text =
            "vendor,id,server,dialplan\ncisco,00:0E:08:AB:CD:EF,,hq\ncisco,000e08abcdee,um2.example.com,hq\n";

        let devices = read(text).unwrap();

        let shown: Vec<String> = devices.iter().map(|device| format!("{}: {device}", device.id)).collect();
        assert_eq!(
            shown,
            [
                "000e08abcdef: vendor cisco, dial plan hq",
                "000e08abcdee: vendor cisco, dial plan hq, server um2.example.com"
            ]
        );
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let told = |text: &str| format!("{:?}", read(text).unwrap_err());
        let rows = told("id,vendor,dialplan\nno device,cisco,hq\n000e08abcdef,cisco\n000e08abcdef,,hq\n");

        assert!(rows.contains("line 2") && rows.contains("is no device"), "{rows}");
        assert!(rows.contains("line 3") && rows.contains("2 fields where the first line names 3"), "{rows}");
        assert!(rows.contains("line 4") && rows.contains("the name is empty"), "{rows}");
        assert!(told("").contains("the file is empty"));
        assert!(told("id,vendor\n").contains("column `dialplan` is missing"));
        assert!(told("id,vendor,dialplan,mac\n").contains("column `mac` is unknown"));
    }
}
