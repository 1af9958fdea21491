use std::{fmt, sync::Arc};

use jiff::Timestamp;
use rustls::{
    crypto::{
        CryptoProvider, SupportedKxGroup,
        aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519, X25519MLKEM768},
    },
    pki_types::{CertificateDer, PrivateKeyDer},
    sign::{CertifiedKey, SingleCertAndKey},
};

use crate::{
    chain::{Chain, Purpose},
    crl::RevocationLists,
    facts::{CertificateFacts, UnreadableCertificate},
    legacy_sha1::ChainSignatures,
    pem,
    policy::Root,
};

/// A certificate with its chain and its private key: what this server presents. The key never appears in `Debug`.
pub struct Identity {
    certified: Arc<CertifiedKey>,
    key: PrivateKeyDer<'static>,
    facts: Arc<CertificateFacts>,
}

/// Why a certificate and a key make no identity.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdentityError {
    /// No certificate in the text.
    #[error("there is no certificate in it: put the certificate first, then its issuers, in PEM form")]
    NoCertificate,
    /// A certificate that cannot be read.
    #[error("{0}")]
    Unreadable(UnreadableCertificate),
    /// No key in the text.
    #[error("there is no private key to it: put the key beside it, in PEM form and without password")]
    NoKey,
    /// A key that cannot be used.
    #[error(
        "the private key cannot be used ({detail}): RSA of 2048 to 8192 bits or EC P-256, P-384 or P-521 is needed"
    )]
    BadKey {
        /// What is wrong with it.
        detail: String,
    },
    /// The key is another certificate's.
    #[error("the private key does not belong to the certificate")]
    KeyOfAnother,
    /// X.509 version 1 cannot be presented.
    #[error("the certificate is X.509 version 1, which cannot be presented: have it issued as version 3")]
    OldVersion,
}

impl Identity {
    /// Reads a chain, the certificate itself first, and its key, both in PEM form.
    ///
    /// # Errors
    /// See [`IdentityError`].
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, IdentityError> {
        let unreadable = |detail| IdentityError::Unreadable(UnreadableCertificate { detail });
        let chain = pem::certificates(chain).map_err(unreadable)?;
        Self::new(chain, pem::private_key(key).ok_or(IdentityError::NoKey)?)
    }

    pub(crate) fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, IdentityError> {
        let leaf = chain.first().ok_or(IdentityError::NoCertificate)?;
        let facts = CertificateFacts::read(leaf).map_err(IdentityError::Unreadable)?;
        if facts.version < 3 {
            return Err(IdentityError::OldVersion);
        }
        let signer = provider()
            .key_provider
            .load_private_key(key.clone_key())
            .map_err(|error| IdentityError::BadKey { detail: error.to_string() })?;
        let certified = CertifiedKey::new(chain, signer);
        match certified.keys_match() {
            Ok(()) => {}
            Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
                return Err(IdentityError::KeyOfAnother);
            }
            Err(error) => return Err(IdentityError::BadKey { detail: error.to_string() }),
        }
        Ok(Self { certified: Arc::new(certified), key, facts: Arc::new(facts) })
    }

    /// The certificate, then its issuers.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.certified.cert
    }

    /// The chain in PEM form: what a gateway is given.
    pub fn chain_pem(&self) -> String {
        self.chain().iter().map(|certificate| pem::certificate_text(certificate)).collect()
    }

    /// The certificate of the chain that is nearest to the root, in PEM form: the certificate itself if it is self-signed.
    pub fn top_pem(&self) -> String {
        self.chain().last().map(|top| pem::certificate_text(top)).unwrap_or_default()
    }

    /// Whether the chain holds its root, so that it is all that a peer must know to trust it.
    pub fn holds_its_root(&self) -> bool {
        let top = self.chain().last().and_then(|top| CertificateFacts::read(top).ok());
        top.is_some_and(|top| top.self_signed)
    }

    /// Whether the chain ends at this root.
    pub fn ends_at(&self, root: &Root, now: Timestamp) -> bool {
        let Some((leaf, intermediates)) = self.chain().split_first() else { return false };
        let (roots, lists) = (std::slice::from_ref(root), &RevocationLists::default());
        let signatures = ChainSignatures::Modern;
        let chain = Chain { roots, lists, facts: &self.facts, leaf, intermediates, signatures };
        chain.reach(Purpose::NotAsked, now).is_ok()
    }

    /// What the certificate says.
    pub fn facts(&self) -> &Arc<CertificateFacts> {
        &self.facts
    }

    pub(crate) fn key(&self) -> &PrivateKeyDer<'static> {
        &self.key
    }

    pub(crate) fn key_pem(&self) -> String {
        pem::private_key_text(&self.key)
    }

    pub(crate) fn resolver(&self) -> Arc<SingleCertAndKey> {
        Arc::new(SingleCertAndKey::from(Arc::clone(&self.certified)))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("facts", &self.facts).finish_non_exhaustive()
    }
}

/// The cryptography of every configuration, given explicitly so that neither a process-wide default nor a feature that
/// another crate turns on matters.
///
/// A TLS client brings a key share for the first group alone. A TLS server goes by the client's order: who lists the
/// hybrid before the others gets it.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: std::sync::OnceLock<Arc<CryptoProvider>> = std::sync::OnceLock::new();
    let made = || {
        let kx_groups = KEY_EXCHANGES.to_vec();
        Arc::new(CryptoProvider { kx_groups, ..rustls::crypto::aws_lc_rs::default_provider() })
    };
    Arc::clone(PROVIDER.get_or_init(made))
}

/// The hybrid last, see [`provider`].
static KEY_EXCHANGES: [&dyn SupportedKxGroup; 4] = [X25519, SECP256R1, SECP384R1, X25519MLKEM768];
