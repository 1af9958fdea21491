//! PKCS#12 (RFC 7292): read in the forms of today and of old exports, written in that of today and never without a
//! password.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use p12_keystore::{
    Certificate, EncryptionAlgorithm, KeyStore, KeyStoreEntry, MacAlgorithm, Pkcs12Archive, PrivateKey,
    PrivateKeyChain, error::Error,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use telephony::Secret;

use crate::{
    identity::Identity,
    import::{Contents, ImportFault},
};

/// The fewest characters of the password of an exported key.
const MIN_PASSWORD: usize = 8;
/// Rounds of PBKDF2 and of the MAC's derivation: what a guess at the password costs.
const ITERATIONS: u32 = 100_000;

/// Why a certificate was not exported with its key.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ExportError {
    /// A password that protects nothing.
    #[error("the password of an exported key has {length} characters: give one of at least {MIN_PASSWORD}")]
    ShortPassword {
        /// How many it has.
        length: usize,
    },
    /// A key in a form that has no PKCS #8.
    #[error("the private key cannot be written ({detail})")]
    Failed {
        /// What stands in the way.
        detail: String,
    },
}

/// Writes a certificate with its chain and its key as PKCS#12: PBES2 with AES-256, MAC with SHA-256, which OpenSSL 1.1,
/// Windows Server 2019, Java 8u301 and later read.
///
/// Takes about a tenth of a second, more in a debug build. Salt and IV come from the operating system's randomness.
///
/// # Errors
/// See [`ExportError`].
pub fn export_pkcs12(identity: &Identity, password: &Secret<String>) -> Result<Vec<u8>, ExportError> {
    check_export_password(password)?;
    let failed = |error: Error| ExportError::Failed { detail: error.to_string() };
    let pkcs8 = identity.key_pkcs8().ok_or_else(|| ExportError::Failed {
        detail: "its kind of key has no PKCS #8 form here".to_owned(),
    })?;
    let key = PrivateKey::from_der(pkcs8.secret_pkcs8_der()).map_err(failed)?;
    let mut certificates = Vec::new();
    for der in identity.chain() {
        certificates.push(Certificate::from_der(der).map_err(failed)?);
    }
    let facts = identity.facts();
    let alias = facts.names().into_iter().next().unwrap_or_else(|| facts.subject.clone());
    let mut store = KeyStore::new();
    let chain = PrivateKeyChain::new(facts.sha1.as_str(), key, certificates);
    store.add_entry(&alias, KeyStoreEntry::PrivateKeyChain(chain));
    store
        .writer(password.expose())
        .encryption_algorithm(EncryptionAlgorithm::PbeWithHmacSha256AndAes256)
        .encryption_iterations(ITERATIONS)
        .mac_algorithm(MacAlgorithm::HmacSha256)
        .mac_iterations(ITERATIONS)
        .write()
        .map_err(failed)
}

/// Whether a password is long enough for [`export_pkcs12`]: 8 characters.
///
/// # Errors
/// [`ExportError::ShortPassword`].
pub fn check_export_password(password: &Secret<String>) -> Result<(), ExportError> {
    match password.expose().chars().count() {
        length @ 0..MIN_PASSWORD => Err(ExportError::ShortPassword { length }),
        _ => Ok(()),
    }
}

/// The certificates and keys of a PKCS#12 file.
pub(crate) fn read(bytes: &[u8], password: Option<&Secret<String>>) -> Result<Contents, ImportFault> {
    let given = password.map_or("", |password| password.expose().as_str());
    let archive =
        Pkcs12Archive::from_pkcs12(bytes, given).map_err(|error| match (fault(&error), password) {
            (ImportFault::WrongPassword, None) => ImportFault::NeedsPassword,
            (fault, _) => fault,
        })?;
    let certificate = |bag: &p12_keystore::CertificateBag| CertificateDer::from(bag.cert.as_der().to_vec());
    let key = |bag: &p12_keystore::PrivateKeyBag| {
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(bag.key.as_der().to_vec()))
    };
    Ok(Contents {
        certificates: archive.certs.iter().map(certificate).collect(),
        keys: archive.keys.iter().map(key).collect(),
    })
}

fn fault(error: &Error) -> ImportFault {
    match error {
        // A file without MAC shows a wrong password by what cannot be decrypted.
        Error::MacError(_) | Error::Pkcs5Error(_) | Error::UnpadError => ImportFault::WrongPassword,
        Error::UnsupportedEncryptionScheme => ImportFault::UnknownEncryption { detail: error.to_string() },
        Error::DerError(_) => {
            ImportFault::NoCertificate { found: "it is neither PEM nor PKCS#12".to_owned() }
        }
        _ => ImportFault::Broken { detail: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, process::Command};

    use super::*;
    use crate::{
        import::{ImportFile, read_import},
        issue::{IssueRequest, issue_self_signed},
        key_kind::KeyKind,
        mint::{Authority, now},
    };

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    /// An identity with an issuer in its chain.
    fn identity() -> Identity {
        let issuing = Authority::root("Company Root").intermediate("Issuing CA", |_| {});
        let own = issuing.issue("um.example.com").with(&issuing);
        Identity::new(own.chain, own.key).unwrap()
    }

    /// What `openssl pkcs12` says of the file under a password.
    fn read_by_openssl(bytes: &[u8], password: &str) -> Result<String, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let output = Command::new("openssl")
            .args(["pkcs12", "-info", "-nodes", "-in"])
            .arg(file.path())
            .args(["-passin", &format!("pass:{password}")])
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        match output.status.success() {
            true => Ok(text(&output.stdout) + &text(&output.stderr)),
            false => Err(text(&output.stderr)),
        }
    }

    #[test]
    fn openssl_reads_the_exported_key_and_chain_with_the_password_and_with_no_other() {
        let bytes = export_pkcs12(&identity(), &secret("correct horse")).unwrap();

        let text = read_by_openssl(&bytes, "correct horse").unwrap();
        let refused = read_by_openssl(&bytes, "battery staple").unwrap_err();

        assert!(text.contains("BEGIN PRIVATE KEY"), "{text}");
        assert_eq!(text.matches("BEGIN CERTIFICATE").count(), 2, "{text}");
        assert!(text.contains("PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256"), "{text}");
        assert!(text.contains("MAC: sha256, Iteration 100000"), "{text}");
        assert!(refused.contains("invalid password"), "{refused}");
    }

    #[test]
    fn exported_file_comes_in_again_as_the_same_identity() {
        let own = issue_self_signed(&IssueRequest::new("um.example.com", KeyKind::Rsa2048), now()).unwrap();
        let bytes = export_pkcs12(&own, &secret("correct horse")).unwrap();
        let file = ImportFile { name: "own.p12", bytes: &bytes, password: Some(secret("correct horse")) };

        let again = read_import(&file, &[], &[], Some("um.example.com"), now()).unwrap();

        assert_eq!(again.identity.facts(), own.facts());
        assert_eq!(again.identity.key_pem(), own.key_pem());
    }

    #[test]
    fn password_of_less_than_eight_characters_protects_nothing_and_is_refused() {
        assert_eq!(
            export_pkcs12(&identity(), &secret("1234567")),
            Err(ExportError::ShortPassword { length: 7 })
        );
        assert_eq!(export_pkcs12(&identity(), &secret("")), Err(ExportError::ShortPassword { length: 0 }));
        assert!(export_pkcs12(&identity(), &secret("12345678")).is_ok());
    }
}
