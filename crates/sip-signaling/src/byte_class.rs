//! Sets of bytes, asked once for every byte of a message.

/// A set of bytes as a table.
pub(crate) struct ByteClass([bool; 256]);

impl ByteClass {
    /// Letters, digits and `others`.
    pub(crate) const fn alphanumeric_and(others: &[u8]) -> Self {
        let mut table = Self::of(others).0;
        let mut byte = 0;
        while byte < table.len() {
            table[byte] |= (byte as u8).is_ascii_alphanumeric();
            byte += 1;
        }
        Self(table)
    }

    /// These bytes alone.
    pub(crate) const fn of(bytes: &[u8]) -> Self {
        let mut table = [false; 256];
        let mut at = 0;
        while at < bytes.len() {
            table[bytes[at] as usize] = true;
            at += 1;
        }
        Self(table)
    }

    /// These bytes, the control characters and the space.
    pub(crate) const fn control_and(others: &[u8]) -> Self {
        let mut table = Self::of(others).0;
        let mut byte = 0;
        while byte <= b' ' {
            table[byte as usize] = true;
            byte += 1;
        }
        table[0x7f] = true;
        Self(table)
    }

    /// Whether `byte` belongs to the set.
    pub(crate) const fn has(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_they_name() {
        let token = ByteClass::alphanumeric_and(b"-.");
        let ends = ByteClass::control_and(b"<>");

        assert!(token.has(b'a') && token.has(b'Z') && token.has(b'0') && token.has(b'-'));
        assert!(!token.has(b'@') && !token.has(0xe9));
        assert!(ends.has(0) && ends.has(b' ') && ends.has(0x7f) && ends.has(b'<'));
        assert!(!ends.has(b'a') && !ends.has(0x80));
    }
}
