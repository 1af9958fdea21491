#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::borrow::Cow;

/// The user part of a SIP URI in the form in which it is compared: percent-decoded, cut at `;`, and without visual
/// separators (RFC 3966 5.1.1) if what is left is a telephone number. A name such as `j.doe` keeps its dots.
pub fn canonical_user(user: &str) -> String {
    let decoded = percent_decoded(user);
    let bare = decoded.split(';').next().unwrap_or_default().trim();
    if bare.chars().all(|c| is_dialled(c) || is_visual_separator(c)) {
        bare.chars().filter(|c| !is_visual_separator(*c)).collect()
    } else {
        bare.to_owned()
    }
}

/// The number in a redirecting header entry: a user part, or a whole `sip:`, `sips:` or `tel:` URI, escaped or not.
pub(crate) fn canonical_number(entry: &str) -> String {
    let decoded = percent_decoded(entry.trim());
    let schemeless = ["sip:", "sips:", "tel:"]
        .iter()
        .find_map(|scheme| {
            let (head, tail) = decoded.split_at_checked(scheme.len())?;
            head.eq_ignore_ascii_case(scheme).then_some(tail)
        })
        .unwrap_or(&decoded);
    canonical_user(schemeless.split('@').next().unwrap_or_default())
}

/// A text of the peer's as a step of an explanation shows it: no control characters, 64 characters at most.
pub(crate) fn shown(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN_CHARACTERS).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() { format!("{shown}...") } else { shown }
}

const SHOWN_CHARACTERS: usize = 64;

fn is_dialled(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '*' | '#')
}

fn is_visual_separator(c: char) -> bool {
    matches!(c, '-' | '.' | '(' | ')' | ' ')
}

/// RFC 3261 25.1 `escaped`. A `%` without two hexadecimal digits stays; bytes that are no UTF-8 become U+FFFD.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push((high << 4) | low);
                    rest = after;
                }
                _ => {
                    bytes.push(b'%');
                    rest = tail;
                }
            },
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_escapes_parameters_and_visual_separators() {
        assert_eq!(canonical_user("%2B1-(425)-555.4001;phone-context=x"), "+14255554001");
        assert_eq!(canonical_user("*4001"), "*4001");
    }

    #[test]
    fn names_keep_their_dots_and_hyphens() {
        assert_eq!(canonical_user("anna-maria.doe"), "anna-maria.doe");
    }

    #[test]
    fn entries_may_be_users_or_uris_escaped_or_not() {
        for entry in [
            "4001",
            "sip:4001@example.com",
            "SIPS:4001@example.com;user=phone",
            "tel:4001;ext=1",
            "sip:4001%40example.com%3Buser=phone",
        ] {
            assert_eq!(canonical_number(entry), "4001", "{entry}");
        }
    }

    #[test]
    fn broken_escapes_and_foreign_bytes_stay_harmless() {
        assert_eq!(canonical_user("100%"), "100%");
        assert_eq!(canonical_user("%zz1"), "%zz1");
        assert_eq!(canonical_user("%ff"), "\u{fffd}");
        assert_eq!(canonical_number("é"), "é");
        assert_eq!(canonical_user("a%00b"), "a\0b");
    }

    #[test]
    fn shown_text_is_escaped_and_cut_at_64_characters() {
        assert_eq!(shown("a\r\nb"), r"a\r\nb");
        assert_eq!(shown(&"9".repeat(65)), format!("{}...", "9".repeat(64)));
    }
}
