//! The ciphers: AES in counter mode with HMAC-SHA1 (RFC 3711 4.1.1, 4.2.1, RFC 6188) and AES-GCM (RFC 7714).
//!
//! On the wire: `header | cipher text | MKI | tag` in counter mode, `header | cipher text | tag | MKI` with AES-GCM;
//! SRTCP has `E || index` before the MKI.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use aes::{Aes128, Aes256};
use ctr::{
    CtrCore,
    cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper},
    flavors::Ctr128BE,
};
use hmac::{Hmac, Mac};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use telephony::{MasterKey, SrtpSuite};
use zeroize::Zeroizing;

use super::{
    SrtpError,
    derivation::{SALT, SessionKeys, Stream},
    layout::{RTCP_HEADER, RtpLayout, split_end, srtcp_word},
};

/// One direction of one stream under one master key; key schedules are computed once.
pub(super) struct Transform {
    cipher: Cipher,
    salt: Zeroizing<[u8; SALT]>,
}

enum Cipher {
    Counter { block: BlockCipher, mac: Box<Hmac<Sha1>>, tag: usize },
    Gcm(Box<LessSafeKey>),
}

enum BlockCipher {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
}

/// Octets of the tag of AES-GCM.
const GCM_TAG: usize = 16;
/// "HMAC-SHA1 .. 80 bits" is the tag of SRTCP in every suite of counter mode.
const LONG_TAG: usize = 10;
const SHORT_TAG: usize = 4;
const WORD: usize = 4;

impl Transform {
    pub(super) fn new(master: &MasterKey, stream: Stream) -> Self {
        let keys = SessionKeys::derive(master, stream);
        let cipher = match master.suite() {
            SrtpSuite::AeadAes128Gcm | SrtpSuite::AeadAes256Gcm => Cipher::gcm(&keys.cipher),
            SrtpSuite::Aes256CmHmacSha1_80 | SrtpSuite::AesCm128HmacSha1_80 => {
                Cipher::counter(&keys.cipher, &keys.authentication, LONG_TAG)
            }
            SrtpSuite::AesCm128HmacSha1_32 => {
                let tag = match stream {
                    Stream::Rtp => SHORT_TAG,
                    Stream::Rtcp => LONG_TAG,
                };
                Cipher::counter(&keys.cipher, &keys.authentication, tag)
            }
        };
        Self { cipher, salt: keys.salt }
    }

    /// Under session keys instead of a master key, as the RFCs have some of their vectors.
    #[cfg(test)]
    pub(super) fn gcm_of_session_key(key: &[u8], salt: &[u8; 12]) -> Self {
        let mut long = Zeroizing::new([0; SALT]);
        for (place, octet) in long.iter_mut().zip(salt) {
            *place = *octet;
        }
        Self { cipher: Cipher::gcm(key), salt: long }
    }

    /// Encrypts an RTP packet, and appends tag and MKI.
    pub(super) fn seal_rtp(
        &self,
        packet: &mut Vec<u8>,
        head: RtpLayout,
        index: u64,
        mki: &[u8],
    ) -> Result<(), SrtpError> {
        let (header, body) = packet.split_at_mut_checked(head.header).ok_or(SrtpError::Malformed)?;
        match &self.cipher {
            Cipher::Counter { block, mac, tag } => {
                block.apply(&self.counter_block(head.ssrc, index), body);
                let full = authenticate(mac, &[header, body, &rollover(index)]);
                packet.extend_from_slice(mki);
                packet.extend(full.into_iter().take(*tag));
            }
            Cipher::Gcm(key) => {
                let nonce = self.gcm_nonce(head.ssrc, index);
                let tag = key
                    .seal_in_place_separate_tag(nonce, Aad::from(&*header), body)
                    .map_err(|_| SrtpError::KeyExhausted)?;
                packet.extend_from_slice(tag.as_ref());
                packet.extend_from_slice(mki);
            }
        }
        Ok(())
    }

    /// Authenticates and decrypts an RTP packet; its clear length. After a failure the body is worthless.
    pub(super) fn open_rtp(
        &self,
        packet: &mut [u8],
        head: RtpLayout,
        index: u64,
        mki: &[u8],
    ) -> Result<usize, SrtpError> {
        match &self.cipher {
            Cipher::Counter { block, mac, tag } => {
                let (rest, tag) = split_end(packet, *tag)?;
                let (rest, carried) = split_end(rest, mki.len())?;
                let length = rest.len();
                let (header, body) = rest.split_at_mut_checked(head.header).ok_or(SrtpError::Malformed)?;
                let full = authenticate(mac, &[header, body, &rollover(index)]);
                require(carried == mki && is_tag(&full, tag))?;
                block.apply(&self.counter_block(head.ssrc, index), body);
                Ok(length)
            }
            Cipher::Gcm(key) => {
                let (rest, carried) = split_end(packet, mki.len())?;
                require(carried == mki)?;
                let length = rest.len().checked_sub(GCM_TAG).ok_or(SrtpError::Malformed)?;
                let (header, body) = rest.split_at_mut_checked(head.header).ok_or(SrtpError::Malformed)?;
                let nonce = self.gcm_nonce(head.ssrc, index);
                key.open_in_place(nonce, Aad::from(&*header), body).map_err(|_| SrtpError::NotAuthentic)?;
                Ok(length)
            }
        }
    }

    /// Encrypts an RTCP compound unless it is to stay clear, and appends index, tag and MKI.
    pub(super) fn seal_rtcp(
        &self,
        packet: &mut Vec<u8>,
        (ssrc, index): (u32, u32),
        encrypted: bool,
        mki: &[u8],
    ) -> Result<(), SrtpError> {
        let word = srtcp_word(index, encrypted);
        let (header, body) = packet.split_at_mut_checked(RTCP_HEADER).ok_or(SrtpError::Malformed)?;
        match &self.cipher {
            Cipher::Counter { block, mac, tag } => {
                if encrypted {
                    block.apply(&self.counter_block(ssrc, index.into()), body);
                }
                let full = authenticate(mac, &[header, body, &word]);
                packet.extend_from_slice(&word);
                packet.extend_from_slice(mki);
                packet.extend(full.into_iter().take(*tag));
            }
            Cipher::Gcm(key) => {
                let nonce = self.gcm_nonce(ssrc, index.into());
                let sealed = if encrypted {
                    key.seal_in_place_separate_tag(nonce, Aad::from(joined(&[header, &word])), body)
                } else {
                    key.seal_in_place_separate_tag(nonce, Aad::from(joined(&[header, body, &word])), &mut [])
                };
                packet.extend_from_slice(sealed.map_err(|_| SrtpError::KeyExhausted)?.as_ref());
                packet.extend_from_slice(&word);
                packet.extend_from_slice(mki);
            }
        }
        Ok(())
    }

    /// `E` and index of an SRTCP packet.
    pub(super) fn srtcp_index(&self, packet: &mut [u8], mki: &[u8]) -> Result<(bool, u32), SrtpError> {
        let behind = match &self.cipher {
            Cipher::Counter { tag, .. } => tag.saturating_add(mki.len()),
            Cipher::Gcm(_) => mki.len(),
        };
        let (rest, _) = split_end(packet, behind)?;
        match rest {
            [.., a, b, c, d] => {
                let word = u32::from_be_bytes([*a, *b, *c, *d]);
                Ok((word >> 31 == 1, word & super::LAST_SRTCP_INDEX))
            }
            _ => Err(SrtpError::Malformed),
        }
    }

    /// Authenticates an RTCP compound, also one in clear, and decrypts it; its clear length. After a failure the body
    /// is worthless.
    pub(super) fn open_rtcp(
        &self,
        packet: &mut [u8],
        (ssrc, index): (u32, u32),
        encrypted: bool,
        mki: &[u8],
    ) -> Result<usize, SrtpError> {
        let word = srtcp_word(index, encrypted);
        match &self.cipher {
            Cipher::Counter { block, mac, tag } => {
                let (rest, tag) = split_end(packet, *tag)?;
                let (rest, carried) = split_end(rest, mki.len())?;
                let (rest, _) = split_end(rest, WORD)?;
                let length = rest.len();
                let (header, body) = rest.split_at_mut_checked(RTCP_HEADER).ok_or(SrtpError::Malformed)?;
                let full = authenticate(mac, &[header, body, &word]);
                require(carried == mki && is_tag(&full, tag))?;
                if encrypted {
                    block.apply(&self.counter_block(ssrc, index.into()), body);
                }
                Ok(length)
            }
            Cipher::Gcm(key) => {
                let (rest, carried) = split_end(packet, mki.len())?;
                require(carried == mki)?;
                let (rest, _) = split_end(rest, WORD)?;
                let length = rest.len().checked_sub(GCM_TAG).ok_or(SrtpError::Malformed)?;
                let nonce = self.gcm_nonce(ssrc, index.into());
                let (header, body) = rest.split_at_mut_checked(RTCP_HEADER).ok_or(SrtpError::Malformed)?;
                let opened = if encrypted {
                    key.open_in_place(nonce, Aad::from(joined(&[header, &word])), body)
                } else {
                    let (clear, tag) = split_end(body, GCM_TAG)?;
                    key.open_in_place(nonce, Aad::from(joined(&[header, clear, &word])), tag)
                };
                opened.map_err(|_| SrtpError::NotAuthentic)?;
                Ok(length)
            }
        }
    }

    /// `(salt * 2^16) XOR (SSRC * 2^64) XOR (index * 2^16)` (RFC 3711 4.1.1).
    fn counter_block(&self, ssrc: u32, index: u64) -> [u8; 16] {
        let mut octets = [0; 16];
        for (place, octet) in octets.iter_mut().zip(self.salt.iter()) {
            *place = *octet;
        }
        let mask = u128::from(ssrc) << 64 | u128::from(index) << 16;
        (u128::from_be_bytes(octets) ^ mask).to_be_bytes()
    }

    /// `(0^16 || SSRC || index) XOR salt` (RFC 7714 8.1, 9.1).
    fn gcm_nonce(&self, ssrc: u32, index: u64) -> Nonce {
        let mask = u128::from(ssrc) << 48 | u128::from(index);
        let [_, _, _, _, octets @ ..] = mask.to_be_bytes();
        let mut octets: [u8; 12] = octets;
        for (place, octet) in octets.iter_mut().zip(self.salt.iter()) {
            *place ^= *octet;
        }
        Nonce::assume_unique_for_key(octets)
    }
}

impl Cipher {
    fn counter(key: &[u8], authentication: &[u8], tag: usize) -> Self {
        let block = BlockCipher::new(key);
        let mac = <Hmac<Sha1> as Mac>::new_from_slice(authentication).expect("HMAC takes keys of any length");
        Self::Counter { block, mac: Box::new(mac), tag }
    }

    fn gcm(key: &[u8]) -> Self {
        let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
        let key =
            UnboundKey::new(algorithm, key).expect("a key is of 16 or 32 octets, checked by MasterKey::new");
        Self::Gcm(Box::new(LessSafeKey::new(key)))
    }
}

impl BlockCipher {
    fn new(key: &[u8]) -> Self {
        if key.len() == 16 {
            Self::Aes128(Box::new(Aes128::new_from_slice(key).expect("16 octets, checked above")))
        } else {
            let cipher = Aes256::new_from_slice(key).expect("32 octets, checked by MasterKey::new");
            Self::Aes256(Box::new(cipher))
        }
    }

    /// Adds the key stream that begins with `block`.
    fn apply(&self, block: &[u8; 16], octets: &mut [u8]) {
        match self {
            Self::Aes128(cipher) => {
                let core = CtrCore::<&Aes128, Ctr128BE>::inner_iv_init(cipher, block.into());
                StreamCipherCoreWrapper::from_core(core).apply_keystream(octets);
            }
            Self::Aes256(cipher) => {
                let core = CtrCore::<&Aes256, Ctr128BE>::inner_iv_init(cipher, block.into());
                StreamCipherCoreWrapper::from_core(core).apply_keystream(octets);
            }
        }
    }
}

impl fmt::Debug for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transform([secret])")
    }
}

fn authenticate(mac: &Hmac<Sha1>, parts: &[&[u8]]) -> [u8; 20] {
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Compares in constant time.
fn is_tag(full: &[u8; 20], tag: &[u8]) -> bool {
    full.get(..tag.len()).is_some_and(|expected| expected.ct_eq(tag).into())
}

fn require(authentic: bool) -> Result<(), SrtpError> {
    if authentic { Ok(()) } else { Err(SrtpError::NotAuthentic) }
}

/// The upper 32 of the 48 bits.
fn rollover(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

/// Associated data in one piece; only SRTCP with AES-GCM needs it, a few times a minute.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[cfg(test)]
pub(super) fn key_stream(key: &[u8], block: [u8; 16], octets: &mut [u8]) {
    BlockCipher::new(key).apply(&block, octets);
}
