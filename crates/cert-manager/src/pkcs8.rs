//! PKCS #8 (RFC 5208) around the keys that came in the older forms.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_parser::{
    asn1_rs::Any,
    prelude::{FromDer as _, X509Certificate},
};

use crate::identity::Identity;

const INTEGER_ZERO: [u8; 3] = [0x02, 0x01, 0x00];
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// The longest length that one octet says (X.690 8.1.3.4).
const SHORT_LENGTH: usize = 0x7f;

impl Identity {
    /// The key in PKCS #8. What RSA or EC it is, PKCS #1 and SEC 1 leave to their surroundings: the certificate says it.
    pub(crate) fn key_pkcs8(&self) -> Option<PrivatePkcs8KeyDer<'static>> {
        let inner = match self.key() {
            PrivateKeyDer::Pkcs8(key) => return Some(key.clone_key()),
            PrivateKeyDer::Pkcs1(key) => key.secret_pkcs1_der(),
            PrivateKeyDer::Sec1(key) => key.secret_sec1_der(),
            _ => return None,
        };
        let algorithm = algorithm(self.chain().first()?)?;
        let content = [&INTEGER_ZERO, algorithm.as_slice(), &structure(OCTET_STRING, inner)].concat();
        Some(PrivatePkcs8KeyDer::from(structure(SEQUENCE, &content)))
    }
}

/// The AlgorithmIdentifier of a certificate's public key, which is its private key's as well.
fn algorithm(certificate: &[u8]) -> Option<Vec<u8>> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let (_, key) = Any::from_der(certificate.public_key().raw).ok()?;
    let (behind, _) = Any::from_der(key.data).ok()?;
    Some(key.data.get(..key.data.len().checked_sub(behind.len())?)?.to_vec())
}

/// Tag, length and content in DER.
fn structure(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
    let mut made = vec![tag];
    if content.len() > SHORT_LENGTH {
        // At most eight octets of length: the sum stays below 0x89.
        made.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
        made.extend(significant);
    } else {
        made.push(significant.first().copied().unwrap_or_default());
    }
    made.extend_from_slice(content);
    made
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]
mod tests {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };

    use super::*;
    use crate::mint::Minted;

    /// openssl takes a key from one form into another.
    fn converted(arguments: &[&str], pem: &str) -> String {
        let mut openssl = Command::new("openssl")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        openssl.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
        String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap()
    }

    #[test]
    fn lengths_are_written_in_their_shortest_form() {
        assert_eq!(structure(0x04, &[]), [0x04, 0]);
        assert_eq!(structure(0x04, &[7; 127])[..2], [0x04, 0x7f]);
        assert_eq!(structure(0x04, &[7; 128])[..3], [0x04, 0x81, 0x80]);
        assert_eq!(structure(0x04, &[7; 256])[..4], [0x04, 0x82, 1, 0]);
    }

    #[test]
    fn ec_key_in_its_older_form_becomes_pkcs8_that_belongs_to_the_same_certificate() {
        let minted = Minted::self_signed("um.example.com");
        let sec1 = converted(&["ec"], &minted.key_pem());
        assert!(sec1.starts_with("-----BEGIN EC PRIVATE KEY-----"), "{sec1}");

        let old = Identity::from_pem(&minted.pem(), &sec1).unwrap();

        let key = PrivateKeyDer::Pkcs8(old.key_pkcs8().unwrap());
        assert!(Identity::new(minted.chain, key).is_ok());
    }
}
