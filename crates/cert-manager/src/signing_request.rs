use telephony::Secret;

/// A request for a certificate (PKCS#10, RFC 2986) with the key that was made for it.
#[derive(Clone, Debug)]
pub struct SigningRequest {
    /// The name that it asks for.
    pub fqdn: String,
    /// The request in PEM form: what the CA is given.
    pub pem: String,
    /// The private key in PEM form.
    pub key: Secret<String>,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), in hexadecimal.
    pub spki_sha256: String,
}
