//! Comma-separated values (RFC 4180): reading with the line of every record, and writing.

/// A record and the line that it begins on, from 1.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Record {
    pub(crate) line: u32,
    pub(crate) fields: Vec<String>,
}

/// A quoted field that never ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct UnclosedQuote {
    /// The line that it begins on.
    pub(crate) line: u32,
}

/// Reads every record; empty lines are passed over, a byte order mark too.
pub(crate) fn records(text: &str) -> Result<Vec<Record>, UnclosedQuote> {
    let mut reader = Reader { line: 1, record: Record { line: 1, fields: Vec::new() }, field: String::new() };
    let mut records = Vec::new();
    let mut chars = text.strip_prefix('\u{feff}').unwrap_or(text).chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if reader.field.is_empty() => {
                let opened = reader.line;
                loop {
                    match chars.next() {
                        Some('"') if chars.peek() == Some(&'"') => {
                            chars.next();
                            reader.field.push('"');
                        }
                        Some('"') => break,
                        Some(inside) => {
                            reader.line += u32::from(inside == '\n');
                            reader.field.push(inside);
                        }
                        None => return Err(UnclosedQuote { line: opened }),
                    }
                }
            }
            ',' => reader.end_field(),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => records.extend(reader.end_record()),
            other => reader.field.push(other),
        }
    }
    records.extend(reader.end_record());
    Ok(records)
}

struct Reader {
    line: u32,
    record: Record,
    field: String,
}

impl Reader {
    fn end_field(&mut self) {
        self.record.fields.push(std::mem::take(&mut self.field));
    }

    fn end_record(&mut self) -> Option<Record> {
        self.end_field();
        self.line += 1;
        let record = std::mem::replace(&mut self.record, Record { line: self.line, fields: Vec::new() });
        let empty = record.fields.iter().all(|field| field.trim().is_empty());
        (!empty).then_some(record)
    }
}

/// One record as a line without its end; fields are quoted where they must be.
pub(crate) fn line<S: AsRef<str>>(fields: &[S]) -> String {
    let quoted = |field: &S| {
        let field = field.as_ref();
        if field.contains([',', '"', '\n', '\r']) || field.trim() != field {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.to_owned()
        }
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: u32, fields: &[&str]) -> Record {
        Record { line, fields: fields.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn records_know_the_line_that_they_begin_on() {
        let text =
            "\u{feff}extension,name\r\n4001,\"Ada, \"\"the first\"\"\"\n\n4002,\"two\nlines\"\n4003,Bob";

        assert_eq!(
            records(text),
            Ok(vec![
                record(1, &["extension", "name"]),
                record(2, &["4001", "Ada, \"the first\""]),
                record(4, &["4002", "two\nlines"]),
                record(6, &["4003", "Bob"]),
            ])
        );
    }

    #[test]
    fn quote_that_never_ends_is_told_with_its_line() {
        assert_eq!(records("a,b\n1,\"two\n3,4\n"), Err(UnclosedQuote { line: 2 }));
    }

    #[test]
    fn written_line_reads_back() {
        let fields = ["4001", "Ada, \"the first\"", "", " x"];

        let written = line(&fields);

        assert_eq!(written, "4001,\"Ada, \"\"the first\"\"\",,\" x\"");
        assert_eq!(records(&written).unwrap()[0].fields, fields);
    }
}
