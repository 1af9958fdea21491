//! Session keys from a master key (RFC 3711 4.3, RFC 6188 3, RFC 7714 11), with a key derivation rate of 0.

use aes::{Aes128, Aes256};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit, StreamCipher},
};
use telephony::MasterKey;
use zeroize::Zeroizing;

/// What a session key is for; its number is the label of RFC 3711 4.3.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stream {
    /// Labels 0 to 2.
    Rtp,
    /// Labels 3 to 5.
    Rtcp,
}

/// The keys of one stream.
pub(super) struct SessionKeys {
    pub(super) cipher: Zeroizing<Vec<u8>>,
    pub(super) authentication: Zeroizing<Vec<u8>>,
    /// 14 octets; with AES-GCM the first 12 count.
    pub(super) salt: Zeroizing<[u8; SALT]>,
}

/// Octets of the longest salt.
pub(super) const SALT: usize = 14;
const AUTHENTICATION: usize = 20;

impl SessionKeys {
    pub(super) fn derive(master: &MasterKey, stream: Stream) -> Self {
        let first = match stream {
            Stream::Rtp => 0,
            Stream::Rtcp => 3,
        };
        let mut cipher = Zeroizing::new(vec![0; master.suite().key_octets()]);
        let mut authentication = Zeroizing::new(vec![0; AUTHENTICATION]);
        let mut salt = Zeroizing::new([0; SALT]);
        fill(master, first, &mut cipher);
        fill(master, first + 1, &mut authentication);
        fill(master, first + 2, &mut salt[..master.suite().salt_octets()]);
        Self { cipher, authentication, salt }
    }
}

/// The key stream of AES-CM under the master key, from `(label || 0^48) XOR salt` on. A salt of 96 bits is followed by
/// zeros.
fn fill(master: &MasterKey, label: u8, octets: &mut [u8]) {
    let mut block = [0; 16];
    for (place, octet) in block.iter_mut().zip(master.salt()) {
        *place = *octet;
    }
    block[7] ^= label;
    if master.key().len() == 16 {
        Ctr128BE::<Aes128>::new_from_slices(master.key(), &block)
            .expect("16 octets, checked above")
            .apply_keystream(octets);
    } else {
        Ctr128BE::<Aes256>::new_from_slices(master.key(), &block)
            .expect("a key is of 16 or 32 octets, checked by MasterKey::new")
            .apply_keystream(octets);
    }
}
