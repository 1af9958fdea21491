//! Settings of fixed words as clap arguments: the words stand in help, completions and errors.

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use dial_plan::{
    CallerIdSource, ClearTransport, CrlCheck, GatewayStatus, KeyLayout, MenuTime, NameLookup, NamesBy,
    PilotSource, Redirecting, SrtcpClear, SrtpAnswer, SrtpPrefer, SubscriberAccess, TlsVerify, UriType,
    VoipSecurity, WhileSilent,
};
use telephony::SrtpSuite;

/// A setting whose every value has a word.
pub(crate) trait FixedWords: Clone + FromStr + Send + Sync + 'static {
    /// All of them, the default first.
    const WORDS: &'static [&'static str];
}

/// The parser of a setting.
pub(crate) fn of<T: FixedWords>() -> impl TypedValueParser<Value = T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(T::WORDS).try_map(|word| word.parse::<T>())
}

impl FixedWords for VoipSecurity {
    const WORDS: &'static [&'static str] = &["secured", "sip-secured", "unsecured"];
}

impl FixedWords for UriType {
    const WORDS: &'static [&'static str] = &["tel-extn", "sip-name", "e164"];
}

impl FixedWords for KeyLayout {
    const WORDS: &'static [&'static str] = &["exchange", "asterisk"];
}

impl FixedWords for NameLookup {
    const WORDS: &'static [&'static str] = &["last-first", "first-last", "off"];
}

impl FixedWords for MenuTime {
    const WORDS: &'static [&'static str] = &["business", "after-hours"];
}

impl FixedWords for ClearTransport {
    const WORDS: &'static [&'static str] = &["auto", "udp", "tcp"];
}

impl FixedWords for GatewayStatus {
    const WORDS: &'static [&'static str] = &["enabled", "disabled", "no-new-calls"];
}

impl FixedWords for Redirecting {
    const WORDS: &'static [&'static str] = &["original", "last"];
}

impl FixedWords for CallerIdSource {
    const WORDS: &'static [&'static str] = &["asserted", "from"];
}

impl FixedWords for PilotSource {
    const WORDS: &'static [&'static str] = &["request-uri", "p-called-party-id"];
}

impl FixedWords for WhileSilent {
    const WORDS: &'static [&'static str] = &["sparse", "continuous"];
}

impl FixedWords for CrlCheck {
    const WORDS: &'static [&'static str] = &["soft", "hard"];
}

impl FixedWords for TlsVerify {
    const WORDS: &'static [&'static str] = &["required", "observe"];
}

impl FixedWords for NamesBy {
    const WORDS: &'static [&'static str] = &["mac", "serial"];
}

impl FixedWords for SrtcpClear {
    const WORDS: &'static [&'static str] = &["deny", "allow"];
}

impl FixedWords for SrtpPrefer {
    const WORDS: &'static [&'static str] = &["offer", "own"];
}

impl FixedWords for SubscriberAccess {
    const WORDS: &'static [&'static str] = &["any", "secured-only"];
}

impl FixedWords for SrtpSuite {
    const WORDS: &'static [&'static str] = &[
        "AEAD_AES_256_GCM",
        "AEAD_AES_128_GCM",
        "AES_256_CM_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_32",
    ];
}

impl FixedWords for SrtpAnswer {
    const WORDS: &'static [&'static str] = &["avp", "savp"];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_word_is_read<T: FixedWords>() {
        for word in T::WORDS {
            assert!(word.parse::<T>().is_ok(), "{word}");
        }
    }

    #[test]
    fn every_word_that_help_shows_is_one_that_the_setting_reads() {
        every_word_is_read::<VoipSecurity>();
        every_word_is_read::<UriType>();
        every_word_is_read::<KeyLayout>();
        every_word_is_read::<NameLookup>();
        every_word_is_read::<MenuTime>();
        every_word_is_read::<ClearTransport>();
        every_word_is_read::<GatewayStatus>();
        every_word_is_read::<Redirecting>();
        every_word_is_read::<CallerIdSource>();
        every_word_is_read::<PilotSource>();
        every_word_is_read::<WhileSilent>();
        every_word_is_read::<SrtcpClear>();
        every_word_is_read::<SrtpAnswer>();
        every_word_is_read::<CrlCheck>();
        every_word_is_read::<TlsVerify>();
        every_word_is_read::<NamesBy>();
        every_word_is_read::<SrtpPrefer>();
        every_word_is_read::<SrtpSuite>();
    }
}
