//! A kept message as people and programs read it.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use admin_api::TraceRow;

use super::{LONGEST_MESSAGE, Traced};
use crate::flow::connection::word;

impl Traced {
    /// The row that shows it.
    pub fn row(&self) -> TraceRow {
        TraceRow {
            sequence: self.sequence,
            at: self.at,
            gateways: self.hop.gateways.iter().map(ToString::to_string).collect(),
            direction: self.hop.way.word().to_owned(),
            transport: word(self.hop.transport).to_owned(),
            peer: self.hop.peer.to_string(),
            call_id: self.call_id(),
            octets: self.length,
            cut: self.length > LONGEST_MESSAGE,
            text: text(&self.octets),
        }
    }

    /// The value of its Call-ID header, in full or compact form, folded or not.
    pub fn call_id(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.octets);
        let mut lines = text.split(['\r', '\n']).filter(|line| !line.is_empty());
        let value = lines.by_ref().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let name = name.trim();
            (name.eq_ignore_ascii_case("call-id") || name.eq_ignore_ascii_case("i"))
                .then(|| value.trim().to_owned())
        })?;
        match value.is_empty() {
            true => Some(lines.next()?.trim().to_owned()),
            false => Some(value),
        }
    }
}

/// Text that cannot play tricks with a terminal.
fn text(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets).replace("\r\n", "\n").replace('\r', "\n");
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        match c {
            '\n' | '\t' => shown.push(c),
            _ if c.is_control() || turns => shown.extend(c.escape_unicode()),
            _ => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn control_and_turning_characters_are_escaped_and_every_line_ends_in_a_line_feed() {
        assert_eq!(
            text(b"a\r\nb\rc\nd\te\x1b[31m\xe2\x80\xae\xff"),
            "a\nb\nc\nd\te\\u{1b}[31m\\u{202e}\u{fffd}"
        );
    }
}
