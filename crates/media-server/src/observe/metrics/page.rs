//! The text format of Prometheus (version 0.0.4).
use std::fmt::{self, Write as _};

use super::catalogue::MetricKind;

/// A page of metrics that is being written.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

/// The samples of one metric.
pub(super) struct Samples<'a> {
    text: &'a mut String,
    kind: &'static MetricKind,
}

impl Page {
    /// Begins a metric.
    pub(super) fn metric(&mut self, kind: &'static MetricKind) -> Samples<'_> {
        // Writing to a String does not fail.
        let MetricKind { name, form, help, .. } = kind;
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {}", form.word());
        Samples { text: &mut self.text, kind }
    }

    /// A metric without labels.
    pub(super) fn single(&mut self, kind: &'static MetricKind, value: impl fmt::Display) {
        self.metric(kind).add(&[], value);
    }

    /// The whole page.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl Samples<'_> {
    /// One number; `contents` are those of the metric's labels, in their order.
    pub(super) fn add(&mut self, contents: &[&str], value: impl fmt::Display) {
        self.line("", contents, None, value);
    }

    /// One line; `last` is a label of its own behind the others.
    pub(super) fn line(
        &mut self,
        suffix: &str,
        contents: &[&str],
        last: Option<(&str, &str)>,
        value: impl fmt::Display,
    ) {
        let _ = write!(self.text, "{}{suffix}", self.kind.name);
        let labels = self.kind.labels.iter().map(|(label, _)| *label).zip(contents.iter().copied());
        let mut sign = '{';
        for (label, content) in labels.chain(last) {
            let content = content.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(self.text, "{sign}{label}=\"{content}\"");
            sign = ',';
        }
        let end = if sign == ',' { "}" } else { "" };
        let _ = writeln!(self.text, "{end} {value}");
    }
}
