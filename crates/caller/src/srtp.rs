use std::{fs::OpenOptions, io::Write, path::Path};

use anyhow::{Context as _, ensure};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use telephony::{MasterKey, SrtpSuite};
use webrtc_srtp::{context::Context, protection_profile::ProtectionProfile};

/// One `a=crypto` line (RFC 4568 9.1): tag, suite and the one key that it carries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct CryptoLine {
    pub(crate) tag: u32,
    pub(crate) key: MasterKey,
}

impl CryptoLine {
    /// A line with a key of its own.
    ///
    /// # Errors
    /// The machine gives no random octets.
    pub(crate) fn fresh(tag: u32, suite: SrtpSuite) -> anyhow::Result<Self> {
        let mut octets = vec![0; suite.key_octets() + suite.salt_octets()];
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.secure_random.fill(&mut octets).map_err(|_| anyhow::anyhow!("no random octets"))?;
        let key = MasterKey::new(suite, &octets).context("a key has the length of its suite")?;
        Ok(Self { tag, key })
    }

    /// Reads what stands behind `a=crypto:`.
    ///
    /// # Errors
    /// No tag, no suite of ours, no key of its length, or an MKI, which this caller does not speak.
    pub(crate) fn read(line: &str) -> anyhow::Result<Self> {
        let mut words = line.split_ascii_whitespace();
        let tag = words.next().and_then(|tag| tag.parse().ok()).context("a=crypto has no tag")?;
        let suite: SrtpSuite = words.next().unwrap_or_default().parse()?;
        let inline = words.next().and_then(|word| word.strip_prefix("inline:"));
        let mut parts = inline.context("a=crypto has no inline: key")?.split('|');
        let octets = BASE64.decode(parts.next().unwrap_or_default()).context("the key is no base64")?;
        ensure!(
            !parts.any(|part| part.contains(':')),
            "a=crypto has an MKI, which this caller does not speak"
        );
        let key = MasterKey::new(suite, &octets).context("the key has not the length of its suite")?;
        Ok(Self { tag, key })
    }

    /// The line as SDP has it, without its end.
    pub(crate) fn write(&self) -> String {
        format!("a=crypto:{} {} inline:{}", self.tag, self.key.suite(), encoded(&self.key))
    }
}

/// The lines of a text that this caller could use.
pub(crate) fn crypto_lines(sdp: &str) -> Vec<CryptoLine> {
    let lines = sdp.lines().filter_map(|line| line.strip_prefix("a=crypto:"));
    lines.filter_map(|line| CryptoLine::read(line).ok()).collect()
}

/// Appends keys to a file, one a line in base64.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn log_keys<'a>(
    file: &Path,
    keys: impl IntoIterator<Item = &'a CryptoLine>,
) -> anyhow::Result<()> {
    let mut text = String::new();
    for line in keys {
        text.push_str(&encoded(&line.key));
        text.push('\n');
    }
    let opened = OpenOptions::new().append(true).create(true).open(file);
    opened
        .and_then(|mut opened| opened.write_all(text.as_bytes()))
        .with_context(|| format!("cannot append keys to {}", file.display()))
}

/// SRTP and SRTCP of one call, both directions.
pub(crate) struct Protection {
    send: Context,
    receive: Context,
}

impl Protection {
    /// Protects with `own` and opens with `peer`.
    ///
    /// # Errors
    /// The keys do not fit their suite.
    pub(crate) fn new(own: &MasterKey, peer: &MasterKey) -> anyhow::Result<Self> {
        Ok(Self { send: context(own)?, receive: context(peer)? })
    }

    /// An RTP packet as it goes out.
    pub(crate) fn protect(&mut self, packet: &[u8]) -> anyhow::Result<Bytes> {
        self.send.encrypt_rtp(packet).context("RTP cannot be protected")
    }

    /// An RTCP packet as it goes out.
    pub(crate) fn protect_report(&mut self, report: &[u8]) -> anyhow::Result<Bytes> {
        self.send.encrypt_rtcp(report).context("RTCP cannot be protected")
    }

    /// The RTP packet inside; `None` if it does not authenticate.
    pub(crate) fn open(&mut self, packet: &[u8]) -> Option<Bytes> {
        self.receive.decrypt_rtp(packet).ok()
    }

    /// The RTCP packet inside; `None` if it does not authenticate.
    pub(crate) fn open_report(&mut self, packet: &[u8]) -> Option<Bytes> {
        // The foreign implementation takes the length on trust: header, SSRC, index and a tag are the least.
        (packet.len() >= LEAST_REPORT).then(|| self.receive.decrypt_rtcp(packet).ok())?
    }
}

fn context(key: &MasterKey) -> anyhow::Result<Context> {
    Context::new(key.key(), key.salt(), profile(key.suite()), None, None)
        .context("the foreign SRTP takes no such key")
}

fn profile(suite: SrtpSuite) -> ProtectionProfile {
    match suite {
        SrtpSuite::AeadAes256Gcm => ProtectionProfile::AeadAes256Gcm,
        SrtpSuite::AeadAes128Gcm => ProtectionProfile::AeadAes128Gcm,
        SrtpSuite::Aes256CmHmacSha1_80 => ProtectionProfile::Aes256CmHmacSha1_80,
        SrtpSuite::AesCm128HmacSha1_80 => ProtectionProfile::Aes128CmHmacSha1_80,
        SrtpSuite::AesCm128HmacSha1_32 => ProtectionProfile::Aes128CmHmacSha1_32,
    }
}

fn encoded(key: &MasterKey) -> String {
    BASE64.encode(key.expose())
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const LEAST_REPORT: usize = 8 + 4 + 10;

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: &[u8] = b"\x80\x00\x00\x01\x00\x00\x00\xa0\x01\x02\x03\x04sixteen octets..";
    const REPORT: &[u8] = b"\x80\xc9\x00\x01\x01\x02\x03\x04";

    #[test]
    fn each_suite_protects_what_the_other_side_opens() {
        for suite in SrtpSuite::ALL {
            let [a, b] = [1, 2].map(|tag| CryptoLine::fresh(tag, suite).unwrap().key);
            let mut left = Protection::new(&a, &b).unwrap();
            let mut right = Protection::new(&b, &a).unwrap();

            let packet = left.protect(PACKET).unwrap();
            let report = left.protect_report(REPORT).unwrap();

            assert_eq!(right.open(&packet).as_deref(), Some(PACKET), "{suite}");
            assert_eq!(right.open_report(&report).as_deref(), Some(REPORT), "{suite}");
            assert_eq!(left.open(&packet), None, "{suite}");
            assert_eq!(right.open_report(REPORT), None, "{suite}");
        }
    }

    #[test]
    fn line_that_was_written_reads_back() {
        for suite in SrtpSuite::ALL {
            let line = CryptoLine::fresh(7, suite).unwrap();

            assert_eq!(crypto_lines(&line.write()), [line]);
        }
    }

    #[test]
    fn line_with_an_mki_is_refused_and_a_lifetime_is_not() {
        let line = CryptoLine::fresh(1, SrtpSuite::AesCm128HmacSha1_80).unwrap().write();
        let text = line.strip_prefix("a=crypto:").unwrap();

        assert!(CryptoLine::read(&format!("{text}|2^31")).is_ok());
        assert!(CryptoLine::read(&format!("{text}|2^31|1:4")).is_err());
    }
}
