use std::path::PathBuf;

/// A key that was made with a certificate signing request (`um cert csr`), until the certificate is imported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WaitingKey {
    /// Where the key is; the request lies beside it as `.csr`.
    pub file: PathBuf,
    /// The name that the request asks for.
    pub fqdn: String,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), in hexadecimal: a signed certificate is matched by it.
    pub spki_sha256: String,
}
