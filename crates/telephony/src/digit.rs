use std::fmt;

/// One DTMF key (ITU-T Q.23; RFC 4733 event codes 0 to 15).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digit(u8);

impl Digit {
    /// The `#` key.
    pub const POUND: Self = Self(11);
    /// The `*` key.
    pub const STAR: Self = Self(10);

    /// Reads an RFC 4733 event code; `None` above 15.
    pub fn from_event_code(code: u8) -> Option<Self> {
        (code <= 15).then_some(Self(code))
    }

    /// Reads `0`-`9`, `*`, `#`, `A`-`D` (either case).
    pub fn from_char(c: char) -> Option<Self> {
        let code = match c {
            '0'..='9' => u8::try_from(u32::from(c) - u32::from('0')).ok()?,
            '*' => 10,
            '#' => 11,
            'A' | 'a' => 12,
            'B' | 'b' => 13,
            'C' | 'c' => 14,
            'D' | 'd' => 15,
            _ => return None,
        };
        Some(Self(code))
    }

    /// RFC 4733 event code, 0 to 15.
    pub fn event_code(self) -> u8 {
        self.0
    }

    /// The key as printed on a telephone.
    pub fn as_char(self) -> char {
        char::from(b"0123456789*#ABCD"[usize::from(self.0 & 15)])
    }

    /// 0 to 9, for the decimal keys.
    pub fn decimal(self) -> Option<u8> {
        (self.0 <= 9).then_some(self.0)
    }
}

/// Prints as `Digit(_)`: a digit may be part of a PIN.
impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digit(_)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_survives_char_and_event_code() {
        for key in "0123456789*#ABCD".chars() {
            let digit = Digit::from_char(key).unwrap();

            assert_eq!(digit.as_char(), key);
            assert_eq!(Digit::from_event_code(digit.event_code()), Some(digit));
        }
    }

    #[test]
    fn debug_form_never_shows_the_key() {
        assert_eq!(format!("{:?}", Digit::POUND), "Digit(_)");
    }
}
