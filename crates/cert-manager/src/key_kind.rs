use std::fmt;

use rcgen::{
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RsaKeySize,
};

use crate::facts::CertificateFacts;

/// Which key is made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum KeyKind {
    /// RSA of 2048 bits, which every gateway can use.
    #[default]
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// EC on the curve P-256.
    P256,
    /// EC on the curve P-384.
    P384,
}

impl KeyKind {
    /// All of them, the default first.
    pub const ALL: [Self; 4] = [Self::Rsa2048, Self::Rsa3072, Self::P256, Self::P384];

    /// Its word in commands and files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::P256 => "p-256",
            Self::P384 => "p-384",
        }
    }

    /// The kind of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// A new key, from the operating system's randomness; RSA takes up to two seconds.
    pub(crate) fn generate(self) -> Result<KeyPair, rcgen::Error> {
        match self {
            Self::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
            Self::Rsa3072 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
            Self::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Self::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
        }
    }

    pub(crate) fn family(self) -> KeyFamily {
        match self {
            Self::Rsa2048 | Self::Rsa3072 => KeyFamily::Rsa,
            Self::P256 | Self::P384 => KeyFamily::Ec,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What a key can do in TLS, which its certificate says (RFC 5280 4.2.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum KeyFamily {
    Rsa,
    Ec,
}

impl KeyFamily {
    pub(crate) fn of(facts: &CertificateFacts) -> Self {
        if facts.key.algorithm == "RSA" { Self::Rsa } else { Self::Ec }
    }

    pub(crate) fn usages(self) -> Vec<KeyUsagePurpose> {
        match self {
            Self::Rsa => vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment],
            Self::Ec => vec![KeyUsagePurpose::DigitalSignature],
        }
    }
}
