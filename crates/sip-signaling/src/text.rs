//! Text cut out of a message without copying.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use bytes::Bytes;

/// UTF-8 text that shares the storage of the message it was read from.
///
/// Cloning copies no bytes but keeps the whole message alive: what outlives its message (a dialog's Call-ID) is stored
/// as [`Text::detached`].
#[derive(Clone, Default)]
pub struct Text(Bytes);

impl Text {
    /// Takes bytes that are UTF-8; anything else is `None`.
    pub fn from_utf8(bytes: Bytes) -> Option<Self> {
        std::str::from_utf8(&bytes).is_ok().then_some(Self(bytes))
    }

    /// Text that is part of the program.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Cuts `part`, which must lie inside `source`, out of it.
    pub(crate) fn cut(source: &Bytes, part: &[u8]) -> Option<Self> {
        std::str::from_utf8(part).is_ok().then(|| Self(source.slice_ref(part)))
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The bytes of the text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The shared bytes, for a header value.
    pub fn to_bytes(&self) -> Bytes {
        self.0.clone()
    }

    /// A copy that does not keep the message alive.
    pub fn detached(&self) -> Self {
        Self(Bytes::copy_from_slice(&self.0))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Bytes::from(text))
    }
}

impl From<Text> for Bytes {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// Hashes like `str`, so that a map keyed by `Text` is asked with a `&str`.
impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_no_text() {
        assert_eq!(Text::from_utf8(Bytes::from_static(b"\xff\xfe")), None);
    }

    #[test]
    fn a_map_of_texts_is_asked_with_a_str() {
        let map = HashMap::from([(Text::from("call-1"), 7)]);

        assert_eq!(map.get("call-1"), Some(&7));
    }

    #[test]
    fn a_detached_text_equals_its_source() {
        let message = Bytes::from_static(b"Call-ID: 1@gw");
        let text = Text::cut(&message, message.strip_prefix(b"Call-ID: ").unwrap()).unwrap();

        assert_eq!(text.detached(), text);
        assert_eq!(text, "1@gw");
    }
}
