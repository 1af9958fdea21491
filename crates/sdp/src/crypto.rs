//! `a=crypto` lines (SDES, RFC 4568): each is read for itself, and a bad one says why without showing its key.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use telephony::{MasterKey, Secret, SrtpSuite};

use crate::key_id;

/// Some gateways leave the padding away.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The largest power of two that a lifetime may be: packets under one master key (RFC 3711 9.2).
const MAX_LIFETIME_POWER: u32 = 48;

/// One `a=crypto` line as it was understood.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OfferedCrypto {
    /// The tag, if the line had one.
    pub(crate) tag: Option<Tag>,
    pub(crate) line: Result<CryptoLine, CryptoFault>,
}

/// A tag: its number, and the digits to answer with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Tag {
    pub(crate) number: u32,
    pub(crate) digits: String,
}

/// The usable content of a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CryptoLine {
    pub(crate) suite: SrtpSuite,
    /// The suite as the line spells it.
    pub(crate) suite_name: String,
    pub(crate) key: MasterKey,
    pub(crate) mki: Option<Vec<u8>>,
    /// `UNENCRYPTED_SRTCP`.
    pub(crate) srtcp_clear: bool,
}

/// Why an `a=crypto` line is passed over. The words never hold its key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum CryptoFault {
    #[error("no tag of 1 to 9 digits")]
    Tag,
    #[error("the tag stands twice")]
    DuplicateTag,
    #[error("{}", suite_words(.0.as_deref()))]
    UnknownSuite(Option<String>),
    #[error("no inline: key")]
    KeyMethod,
    #[error("several keys, one is taken")]
    SeveralKeys,
    #[error("the key is no base64")]
    KeyText,
    #[error("the key has {octets} octets, {suite} has {}", suite.key_octets().saturating_add(suite.salt_octets()))]
    KeyLength { suite: SrtpSuite, octets: usize },
    #[error("the lifetime is out of range")]
    Lifetime,
    #[error("the MKI is no value:length that fits")]
    KeyId,
    #[error("{}", parameter_words(.0.as_deref()))]
    UnknownParameter(Option<String>),
    #[error("KDR other than 0")]
    DerivationRate,
    #[error("forward error correction (FEC_ORDER, FEC_KEY) is not spoken here")]
    ErrorCorrection,
    #[error("UNENCRYPTED_SRTP")]
    UnencryptedSrtp,
    #[error("UNAUTHENTICATED_SRTP")]
    UnauthenticatedSrtp,
    /// Judged by the policy: the line itself is right.
    #[error("UNENCRYPTED_SRTCP")]
    UnencryptedSrtcp,
    /// Judged by the policy: the line itself is right.
    #[error("the dial plan does not allow {0}")]
    SuiteNotAllowed(SrtpSuite),
}

impl OfferedCrypto {
    /// Reads the value of the attribute: `1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^31|1:4 WSH=64`.
    pub(crate) fn read(value: &str) -> Self {
        let mut words = value.split_ascii_whitespace();
        match words.next().and_then(Tag::read) {
            Some(tag) => Self { tag: Some(tag), line: CryptoLine::read(words) },
            None => Self { tag: None, line: Err(CryptoFault::Tag) },
        }
    }
}

impl Tag {
    fn read(word: &str) -> Option<Self> {
        let right = (1..=9).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
        let number = word.parse().ok().filter(|_| right)?;
        Some(Self { number, digits: word.to_owned() })
    }
}

impl CryptoLine {
    fn read<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<Self, CryptoFault> {
        let suite_name = words.next().unwrap_or_default();
        let suite = suite_name.parse().map_err(|_unknown| CryptoFault::UnknownSuite(harmless(suite_name)))?;
        let (key, mki) = read_key(suite, words.next().unwrap_or_default())?;
        let mut line = Self { suite, suite_name: suite_name.to_owned(), key, mki, srtcp_clear: false };
        for word in words {
            line.take_parameter(word)?;
        }
        Ok(line)
    }

    /// Session parameters (RFC 4568 6.3). What is not understood makes the line invalid unless it begins with `-`.
    fn take_parameter(&mut self, word: &str) -> Result<(), CryptoFault> {
        if word.starts_with('-') {
            return Ok(());
        }
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        match (name.to_ascii_uppercase().as_str(), value) {
            ("WSH", Some(_)) => Ok(()),
            ("KDR", Some(rate)) if rate.parse() == Ok(0_u32) => Ok(()),
            ("KDR", _) => Err(CryptoFault::DerivationRate),
            ("UNENCRYPTED_SRTCP", None) => {
                self.srtcp_clear = true;
                Ok(())
            }
            ("UNENCRYPTED_SRTP", None) => Err(CryptoFault::UnencryptedSrtp),
            ("UNAUTHENTICATED_SRTP", None) => Err(CryptoFault::UnauthenticatedSrtp),
            ("FEC_ORDER" | "FEC_KEY", _) => Err(CryptoFault::ErrorCorrection),
            _ => Err(CryptoFault::UnknownParameter(harmless(name))),
        }
    }
}

/// `inline:KEY`, then perhaps `|LIFETIME`, then perhaps `|MKI:LENGTH`.
fn read_key(suite: SrtpSuite, word: &str) -> Result<(MasterKey, Option<Vec<u8>>), CryptoFault> {
    let (method, information) = word.split_once(':').ok_or(CryptoFault::KeyMethod)?;
    if !method.eq_ignore_ascii_case("inline") {
        return Err(CryptoFault::KeyMethod);
    }
    if information.contains(';') {
        return Err(CryptoFault::SeveralKeys);
    }
    let mut parts = information.split('|');
    let text = parts.next().unwrap_or_default();
    let octets = Secret::new(BASE64.decode(text).map_err(|_reason| CryptoFault::KeyText)?);
    let key = MasterKey::new(suite, octets.expose())
        .ok_or_else(|| CryptoFault::KeyLength { suite, octets: octets.expose().len() })?;
    let mki = match (parts.next(), parts.next(), parts.next()) {
        (None, _, _) => None,
        (Some(one), None, _) if one.contains(':') => Some(key_id::read(one).ok_or(CryptoFault::KeyId)?),
        (Some(lifetime), mki, None) => {
            check_lifetime(lifetime)?;
            mki.map(|mki| key_id::read(mki).ok_or(CryptoFault::KeyId)).transpose()?
        }
        (Some(_), _, Some(_)) => return Err(CryptoFault::KeyId),
    };
    Ok((key, mki))
}

/// `2^n` or decimal, 1 to 2^48 packets.
fn check_lifetime(text: &str) -> Result<(), CryptoFault> {
    let number = |digits: &str| {
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten()
    };
    let packets = match text.strip_prefix("2^") {
        Some(power) => number(power).and_then(|power| 1_u64.checked_shl(u32::try_from(power).ok()?)),
        None => number(text),
    };
    let most = 1_u64.checked_shl(MAX_LIFETIME_POWER).unwrap_or(u64::MAX);
    packets.filter(|packets| (1..=most).contains(packets)).map(|_| ()).ok_or(CryptoFault::Lifetime)
}

/// A name of the peer's that may be shown: short, with an underscore, which base64 does not have, so no key.
fn harmless(name: &str) -> Option<String> {
    let right = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    (right && name.len() <= 32 && name.contains('_')).then(|| name.to_owned())
}

fn suite_words(name: Option<&str>) -> String {
    name.map_or_else(|| "the suite is unknown".to_owned(), |name| format!("the suite {name} is unknown"))
}

fn parameter_words(name: Option<&str>) -> String {
    name.map_or_else(
        || "a session parameter is unknown".to_owned(),
        |name| format!("the session parameter {name} is unknown"),
    )
}

/// The value of an `a=crypto` line of ours.
pub(crate) fn written(
    tag: &str,
    suite_name: &str,
    key: &MasterKey,
    mki: Option<&[u8]>,
    srtcp_clear: bool,
) -> Secret<String> {
    let text = Secret::new(base64::engine::general_purpose::STANDARD.encode(key.expose()));
    let mki = mki.map_or_else(String::new, |octets| format!("|{}", key_id::written(octets)));
    let parameters = if srtcp_clear { " UNENCRYPTED_SRTCP" } else { "" };
    Secret::new(format!("{tag} {suite_name} inline:{}{mki}{parameters}", text.expose()))
}

#[cfg(test)]
mod tests;
