//! SHA-1, for the chains of devices that left their factories long ago. No policy of SIP peers names it.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::OnceLock;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls::pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use crate::identity::provider;

/// Which signatures count in a chain.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ChainSignatures {
    /// Those of today: SHA-256 and above.
    #[default]
    Modern,
    /// RSA with SHA-1 (2048 bits and above) too. Who can make a collision can forge a certificate.
    WithSha1,
}

impl ChainSignatures {
    pub(crate) fn algorithms(self) -> &'static [&'static dyn SignatureVerificationAlgorithm] {
        static WITH_SHA1: OnceLock<Vec<&'static dyn SignatureVerificationAlgorithm>> = OnceLock::new();
        let modern = provider().signature_verification_algorithms.all;
        match self {
            Self::Modern => modern,
            Self::WithSha1 => WITH_SHA1.get_or_init(|| {
                let old: &'static dyn SignatureVerificationAlgorithm = &RsaWithSha1;
                modern.iter().copied().chain([old]).collect()
            }),
        }
    }
}

/// sha1WithRSAEncryption (RFC 3279 2.2.1).
#[derive(Debug)]
struct RsaWithSha1;

impl SignatureVerificationAlgorithm for RsaWithSha1 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, public_key)
            .verify(message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(&SHA1_WITH_RSA)
    }
}

/// 1.2.840.113549.1.1.5 with NULL.
const SHA1_WITH_RSA: [u8; 13] =
    [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00];
