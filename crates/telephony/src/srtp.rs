use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A crypto suite that SDES may agree on (RFC 4568 6.2, RFC 6188, RFC 7714). NULL suites do not exist here.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum SrtpSuite {
    /// AES-256 in Galois/Counter mode, 16-octet tag.
    #[serde(rename = "AEAD_AES_256_GCM")]
    AeadAes256Gcm,
    /// AES-128 in Galois/Counter mode, 16-octet tag.
    #[serde(rename = "AEAD_AES_128_GCM")]
    AeadAes128Gcm,
    /// AES-256 in counter mode, 80-bit HMAC-SHA1 tag.
    #[serde(rename = "AES_256_CM_HMAC_SHA1_80")]
    Aes256CmHmacSha1_80,
    /// AES-128 in counter mode, 80-bit HMAC-SHA1 tag.
    #[serde(rename = "AES_CM_128_HMAC_SHA1_80")]
    AesCm128HmacSha1_80,
    /// AES-128 in counter mode, 32-bit HMAC-SHA1 tag on SRTP; SRTCP keeps 80 bits.
    #[serde(rename = "AES_CM_128_HMAC_SHA1_32")]
    AesCm128HmacSha1_32,
}

impl SrtpSuite {
    /// Every suite, in our order of preference.
    pub const ALL: [Self; 5] = [
        Self::AeadAes256Gcm,
        Self::AeadAes128Gcm,
        Self::Aes256CmHmacSha1_80,
        Self::AesCm128HmacSha1_80,
        Self::AesCm128HmacSha1_32,
    ];

    /// The name in SDP.
    pub fn name(self) -> &'static str {
        match self {
            Self::AeadAes256Gcm => "AEAD_AES_256_GCM",
            Self::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Self::Aes256CmHmacSha1_80 => "AES_256_CM_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Self::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// Octets of the master key.
    pub fn key_octets(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::Aes256CmHmacSha1_80 => 32,
            Self::AeadAes128Gcm | Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => 16,
        }
    }

    /// Octets of the master salt.
    pub fn salt_octets(self) -> usize {
        match self {
            Self::AeadAes256Gcm | Self::AeadAes128Gcm => 12,
            Self::Aes256CmHmacSha1_80 | Self::AesCm128HmacSha1_80 | Self::AesCm128HmacSha1_32 => 14,
        }
    }
}

impl fmt::Display for SrtpSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no suite of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "no such SRTP suite: use AEAD_AES_256_GCM, AEAD_AES_128_GCM, AES_256_CM_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_80 or AES_CM_128_HMAC_SHA1_32"
)]
pub struct UnknownSuite;

impl FromStr for SrtpSuite {
    type Err = UnknownSuite;

    /// Reads the name as SDP writes it; the old spelling `AES_CM_256_HMAC_SHA1_80` is the 256-bit suite.
    fn from_str(name: &str) -> Result<Self, UnknownSuite> {
        if name == "AES_CM_256_HMAC_SHA1_80" {
            return Ok(Self::Aes256CmHmacSha1_80);
        }
        Self::ALL.into_iter().find(|suite| suite.name() == name).ok_or(UnknownSuite)
    }
}

/// Master key and salt of one direction, with their suite. Wiped when dropped; prints nothing of itself.
#[derive(Clone, Eq, PartialEq)]
pub struct MasterKey {
    suite: SrtpSuite,
    octets: Vec<u8>,
}

impl MasterKey {
    /// Takes key and salt, one behind the other as `inline:` has them; `None` if the length is not the suite's.
    pub fn new(suite: SrtpSuite, octets: &[u8]) -> Option<Self> {
        (octets.len() == suite.key_octets() + suite.salt_octets())
            .then(|| Self { suite, octets: octets.to_vec() })
    }

    /// Their suite.
    pub fn suite(&self) -> SrtpSuite {
        self.suite
    }

    /// The master key.
    pub fn key(&self) -> &[u8] {
        self.octets.get(..self.suite.key_octets()).unwrap_or_default()
    }

    /// The master salt.
    pub fn salt(&self) -> &[u8] {
        self.octets.get(self.suite.key_octets()..).unwrap_or_default()
    }

    /// Key and salt as `inline:` has them. Do not print it.
    pub fn expose(&self) -> &[u8] {
        &self.octets
    }
}

impl Drop for MasterKey {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({}, [secret])", self.suite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_of_the_wrong_length_is_none() {
        assert_eq!(MasterKey::new(SrtpSuite::AesCm128HmacSha1_80, &[0; 29]), None);
        assert_eq!(
            MasterKey::new(SrtpSuite::AesCm128HmacSha1_80, &[0; 30]).map(|key| key.salt().len()),
            Some(14)
        );
    }

    #[test]
    fn debug_form_shows_the_suite_and_no_key() {
        let key = MasterKey::new(SrtpSuite::AeadAes128Gcm, &[0xab; 28]).unwrap();

        assert_eq!(format!("{key:?}"), "MasterKey(AEAD_AES_128_GCM, [secret])");
    }

    #[test]
    fn old_spelling_is_the_256_bit_suite() {
        assert_eq!("AES_CM_256_HMAC_SHA1_80".parse(), Ok(SrtpSuite::Aes256CmHmacSha1_80));
    }
}
