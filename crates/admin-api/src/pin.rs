use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use telephony::Secret;

/// A PIN on its way between command and server. It is written to the socket, never to a log: `Debug` says nothing.
#[derive(Clone)]
pub struct PinText(Secret<String>);

impl PinText {
    /// Takes the digits as typed.
    pub fn new(digits: String) -> Self {
        Self(Secret::new(digits))
    }

    /// The digits.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for PinText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinText(_)")
    }
}

impl Serialize for PinText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

/// The error for what is no text never repeats it: it may be a PIN without its quotes.
impl<'de> Deserialize<'de> for PinText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PinVisitor)
    }
}

struct PinVisitor;

impl Visitor<'_> for PinVisitor {
    type Value = PinText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a PIN in quotes")
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<PinText, E> {
        Ok(PinText::new(digits.to_owned()))
    }

    fn visit_string<E: Error>(self, digits: String) -> Result<PinText, E> {
        Ok(PinText::new(digits))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<PinText, E> {
        Err(E::custom("a PIN is a text: put it into quotes"))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<PinText, E> {
        Err(E::custom("a PIN is a text: put it into quotes"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<PinText, E> {
        Err(E::custom("a PIN is a text: put it into quotes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pin_travels_in_json_and_stays_out_of_debug() {
        let pin: PinText = serde_json::from_str("\"471100\"").unwrap();

        assert_eq!(pin.expose(), "471100");
        assert_eq!(serde_json::to_string(&pin).unwrap(), "\"471100\"");
        assert_eq!(format!("{pin:?}"), "PinText(_)");
    }

    #[test]
    fn pin_without_quotes_is_refused_and_not_repeated() {
        for text in ["471100", "-471100", "4711.5", "4711000000000000000000000"] {
            let words = serde_json::from_str::<PinText>(text).unwrap_err().to_string();

            assert!(!words.contains("4711"), "{words}");
        }
    }
}
