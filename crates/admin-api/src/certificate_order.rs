use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use telephony::Secret;

use crate::CertificateRow;

/// `POST /v1/certificates`: a self-signed certificate is to be made.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GenerateCertificate {
    /// `rsa-2048`, `rsa-3072`, `p-256` or `p-384`; what um.toml says if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whose it is to be; this server's own if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// `PUT /v1/certificates/preferred`: the certificate that goes before all others.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PreferCertificate {
    /// Its thumbprint; `null` leaves the choice to the rule.
    pub thumbprint: Option<String>,
}

/// `POST /v1/certificates/requests`: a certificate signing request is to be made.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MakeSigningRequest {
    /// The name that the certificate is to bear.
    pub fqdn: String,
    /// An address of e-mail for the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// As in [`GenerateCertificate::key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The answer to [`MakeSigningRequest`]: the key stays with the server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct MadeSigningRequest {
    /// The name in it.
    pub fqdn: String,
    /// The request in PEM.
    pub pem: String,
    /// SHA-256 of its public key, by which the signed certificate is matched.
    pub spki_sha256: String,
}

/// `POST /v1/certificates/import`: a certificate with or without its key.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImportCertificate {
    /// The file's name, for refusals.
    pub file: String,
    /// The file.
    pub content: FileContent,
    /// The password of a PKCS#12 file or an encrypted key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// Whose it is to be; this server's own if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// It is kept, and not shown until it is activated.
    #[serde(default)]
    pub inactive: bool,
}

/// `POST /v1/certificates/THUMBPRINT/pkcs12`: certificate and key in one encrypted file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExportPkcs12 {
    /// The password of the file.
    pub password: Password,
}

/// A file that the server gives.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ExportedFile {
    /// The file.
    pub content: FileContent,
}

/// What an order about certificates has come to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CertificateChanged {
    /// The certificate that was meant; `None` if none in particular.
    #[serde(default)]
    pub certificate: Option<CertificateRow>,
    /// Whether peers are shown it now.
    #[serde(default)]
    pub presented: bool,
    /// What was done besides, and what is to be known of it.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Why peers are shown what they were shown before, if that is so.
    #[serde(default)]
    pub held: Option<String>,
}

/// `GET /v1/certificates/expiry`: something that TLS depends on and that ends one day.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ExpiryRow {
    /// What it is, `own certificate`, `pin of gw1`.
    pub what: String,
    /// Its subject.
    pub subject: String,
    /// When it ends.
    pub not_after: Timestamp,
    /// Whole days until then; negative once it has ended.
    pub days_left: i64,
    /// Whether it ends within the time that was asked for.
    pub due: bool,
    /// The command that mends it.
    pub remedy: String,
}

/// The options of `GET /v1/certificates/expiry`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExpiryQuery {
    /// What ends within this many days is due; 30 if it is left out.
    pub within_days: Option<u16>,
}

/// The options of `GET /v1/certificates/explain`.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainQuery {
    /// For the connections with this gateway; without it for everybody who is not bound.
    pub gateway: Option<String>,
}

/// The octets of a file, in JSON as base64. It may hold a private key: `Debug` tells its length alone.
#[derive(Clone)]
pub struct FileContent(Secret<Vec<u8>>);

impl FileContent {
    /// Takes the octets.
    pub fn new(octets: Vec<u8>) -> Self {
        Self(Secret::new(octets))
    }

    /// The octets.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileContent({} octets)", self.expose().len())
    }
}

impl Serialize for FileContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.expose()))
    }
}

impl<'de> Deserialize<'de> for FileContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Secret::new(String::deserialize(deserializer)?);
        // The error of the reader would quote an octet of it.
        let octets =
            STANDARD.decode(text.expose()).map_err(|_| D::Error::custom("a file is not in base64"))?;
        Ok(Self::new(octets))
    }
}

/// A password on its way between command and server: never in a log, `Debug` says nothing.
#[derive(Clone)]
pub struct Password(Secret<String>);

impl Password {
    /// Takes the text.
    pub fn new(text: String) -> Self {
        Self(Secret::new(text))
    }

    /// The secret.
    pub fn secret(&self) -> &Secret<String> {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(_)")
    }
}

impl Serialize for Password {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What is no text is not repeated in the error: it may be the password without its quotes.
        let text =
            String::deserialize(deserializer).map_err(|_| D::Error::custom("a password is a text in quotes"));
        text.map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_and_password_read_back_and_are_shown_to_nobody() {
        let order = ImportCertificate {
            file: "um.pfx".to_owned(),
            content: FileContent::new(vec![0, 1, 254]),
            password: Some(Password::new("hidden words".to_owned())),
            owner: None,
            inactive: false,
        };

        let json = serde_json::to_string(&order).unwrap();
        let back: ImportCertificate = serde_json::from_str(&json).unwrap();

        assert_eq!(json, r#"{"file":"um.pfx","content":"AAH+","password":"hidden words","inactive":false}"#);
        assert_eq!(back.content.expose(), [0, 1, 254]);
        assert!(!format!("{back:?}").contains("hidden words"), "{back:?}");
        assert!(format!("{back:?}").contains("3 octets"), "{back:?}");
    }

    #[test]
    fn what_is_no_text_is_not_repeated_by_the_error() {
        let password = serde_json::from_str::<Password>("4711").unwrap_err().to_string();
        let content = serde_json::from_str::<FileContent>("\"47!11\"").unwrap_err().to_string();

        assert!(!password.contains("4711"), "{password}");
        assert!(!content.contains("47!11"), "{content}");
    }
}
