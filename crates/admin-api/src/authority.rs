use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use telephony::Secret;

use crate::certificate::CertificateRow;

/// A private key or a password on its way between command and server. It is written to the socket, never to a log:
/// `Debug` says nothing.
#[derive(Clone)]
pub struct SecretText(Secret<String>);

/// `POST /v1/authority`: founds the CA of this server.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FoundAuthority {
    /// What it is called; without it, after the server's name.
    #[serde(default)]
    pub name: Option<String>,
    /// The kind of its key, `rsa-3072`.
    #[serde(default)]
    pub key: Option<String>,
}

/// `GET /v1/authority`: the CA of this server, and what it has issued.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AuthorityFacts {
    /// Its certificate.
    pub certificate: CertificateRow,
    /// Its certificate in PEM: the root that peers are to trust.
    pub pem: String,
    /// The file of its certificate on the server.
    pub file: String,
    /// What it has issued, the oldest first.
    pub issued: Vec<IssuedRow>,
}

/// A certificate that the CA of this server has issued.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct IssuedRow {
    /// The serial number, in hex.
    pub serial: String,
    /// The name in it.
    pub fqdn: String,
    /// SHA-256 of it, in hex.
    pub sha256: String,
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// When it expires.
    pub not_after: Timestamp,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// A certificate that was revoked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RevokedCertificate {
    /// What the CA knows of it.
    #[serde(flatten)]
    pub row: IssuedRow,
    /// What follows for this server itself, a sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// `POST /v1/authority/certificates`: a certificate to be issued.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LeafOrder {
    /// The name that it is to bear.
    pub fqdn: String,
    /// The gateway's signing request in PEM; without one the server makes a key.
    #[serde(default)]
    pub csr: Option<String>,
    /// How many days it lives; without it 825.
    #[serde(default)]
    pub days: Option<u32>,
    /// The kind of key that is made, `rsa-2048`.
    #[serde(default)]
    pub key: Option<String>,
    /// The key is wanted as PKCS#12.
    #[serde(default)]
    pub pkcs12: Option<Pkcs12Order>,
}

/// A PKCS#12 file that is wanted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pkcs12Order {
    /// Its password; without one the server makes one and tells it once.
    #[serde(default)]
    pub password: Option<SecretText>,
}

/// A certificate that was issued: what `POST /v1/authority/certificates` answers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct IssuedCertificate {
    /// The certificate.
    pub certificate: CertificateRow,
    /// It and the CA's in PEM.
    pub chain_pem: String,
    /// Its key in PEM, if it was made here and no PKCS#12 was wanted.
    pub key_pem: Option<SecretText>,
    /// Certificate, chain and key as PKCS#12, in base64.
    pub pkcs12: Option<SecretText>,
    /// The password of the PKCS#12, if it was made here.
    pub password: Option<SecretText>,
    /// What deserves a look, a sentence each.
    pub notes: Vec<String>,
}

/// `POST /v1/authority/revoke`: a certificate to be revoked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeOrder {
    /// Its serial number, or its name if that has no other certificate.
    pub which: String,
}

/// `GET /v1/authority/crl`: the revocation list of now.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RevocationListText {
    /// The list in PEM.
    pub pem: String,
}

impl SecretText {
    /// Takes the text into custody.
    pub fn new(text: String) -> Self {
        Self(Secret::new(text))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The secret that it was made of.
    pub fn secret(&self) -> &Secret<String> {
        &self.0
    }
}

impl From<Secret<String>> for SecretText {
    fn from(secret: Secret<String>) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(_)")
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

/// The error for what is no text never repeats it.
impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)
            .map(Self::new)
            .map_err(|_| D::Error::custom("a key or a password is a text in quotes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_travels_in_json_and_stays_out_of_debug_and_errors() {
        let secret: SecretText = serde_json::from_str("\"hunter2\"").unwrap();

        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"hunter2\"");
        assert_eq!(format!("{secret:?}"), "SecretText(_)");
        let words = serde_json::from_str::<SecretText>("471100").unwrap_err().to_string();
        assert!(!words.contains("4711"), "{words}");
    }

    #[test]
    fn name_alone_is_an_order_and_unknown_keys_are_refused() {
        let order: LeafOrder = serde_json::from_str(r#"{"fqdn": "gw1.example.com"}"#).unwrap();

        assert!(order.csr.is_none() && order.days.is_none() && order.pkcs12.is_none());
        assert!(serde_json::from_str::<LeafOrder>(r#"{"fqdn": "a", "day": 1}"#).is_err());
    }
}
