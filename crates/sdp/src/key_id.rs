//! The master key identifier of SDES: `value:length`, a decimal number in so many octets (RFC 4568 6.1).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::limits::MAX_MKI;

/// Reads `1:4` into the octets that stand in every packet; `None` if it is no such thing or does not fit.
pub(crate) fn read(text: &str) -> Option<Vec<u8>> {
    let (value, length) = text.split_once(':')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(value) || !digits(length) || length.len() > 3 {
        return None;
    }
    let length = length.parse::<usize>().ok().filter(|length| (1..=MAX_MKI).contains(length))?;
    let mut octets = vec![0_u8; length];
    for digit in value.bytes().map(|byte| byte.saturating_sub(b'0')) {
        let mut carry = u16::from(digit);
        for octet in octets.iter_mut().rev() {
            let [high, low] = u16::from(*octet).saturating_mul(10).saturating_add(carry).to_be_bytes();
            *octet = low;
            carry = u16::from(high);
        }
        if carry != 0 {
            return None;
        }
    }
    Some(octets)
}

/// Writes the octets as `value:length`.
pub(crate) fn written(octets: &[u8]) -> String {
    let mut rest = octets.to_vec();
    let mut digits = Vec::new();
    while rest.iter().any(|octet| *octet != 0) {
        let mut remainder = 0_u16;
        for octet in &mut rest {
            let whole = u16::from_be_bytes([u8::try_from(remainder).unwrap_or_default(), *octet]);
            remainder = whole % 10;
            *octet = u8::try_from(whole / 10).unwrap_or_default();
        }
        digits.extend(u8::try_from(remainder).ok().map(|digit| char::from(digit.saturating_add(b'0'))));
    }
    if digits.is_empty() {
        digits.push('0');
    }
    let value: String = digits.into_iter().rev().collect();
    format!("{value}:{}", octets.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_and_length_become_octets_and_come_back() {
        for (text, octets) in [
            ("1:1", vec![1]),
            ("1:4", vec![0, 0, 0, 1]),
            ("0:2", vec![0, 0]),
            ("65535:2", vec![0xff, 0xff]),
            ("66051:4", vec![0, 1, 2, 3]),
            ("18446744073709551616:9", vec![1, 0, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(read(text), Some(octets.clone()), "{text}");
            assert_eq!(written(&octets), text);
        }
    }

    #[test]
    fn values_that_do_not_fit_and_lengths_out_of_range_are_none() {
        for text in ["256:1", "1:0", "1:129", "1:0001", "1", ":1", "1:", "-1:4", "x:4", "1:4:4", "+1:4"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("1:128").map(|octets| octets.len()), Some(MAX_MKI));
    }
}
