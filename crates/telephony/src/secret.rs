use std::fmt;

use zeroize::Zeroize;

/// A value that must not be seen: wiped when dropped, no `Display`, a `Debug` that says nothing.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the value into custody.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Do not print it, do not copy it further than needed.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// For orders that carry a secret and are compared as values. It stops at the first difference: whoever checks a PIN
/// compares hashes.
impl<T: Zeroize + PartialEq> PartialEq for Secret<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Zeroize + Eq> Eq for Secret<T> {}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A value that may be shown to the administrator but does not belong in the log, such as a caller's number.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Redacted<T>(pub T);

impl Redacted<&str> {
    /// The last two characters, the rest as dots: enough to tell two callers apart.
    pub fn masked(&self) -> String {
        let length = self.0.chars().count();
        self.0.chars().enumerate().map(|(i, c)| if i + 2 < length { '.' } else { c }).collect()
    }
}

impl fmt::Debug for Redacted<&str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_prints_nothing_of_its_value() {
        assert_eq!(format!("{:?}", Secret::new(String::from("4711"))), "[secret]");
    }

    #[test]
    fn redacted_keeps_the_last_two_characters() {
        assert_eq!(format!("{:?}", Redacted("4255550123")), "........23");
    }
}
