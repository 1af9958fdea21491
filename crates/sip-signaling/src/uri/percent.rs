//! Escapes in a user part (RFC 3261 19.1.2).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// Resolves `%HH`; what is no escape stays.
pub(super) fn percent_decode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        match rest {
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit =
                    |hex: u8| char::from(hex).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
                out.push((digit(*high) << 4) | digit(*low));
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Escapes what a user part may not hold (RFC 3261 25.1 `user`).
pub(super) fn percent_encode(user: &str) -> String {
    let mut out = String::with_capacity(user.len());
    for byte in user.bytes() {
        match byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            true => out.push(char::from(byte)),
            false => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
