use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, PublicKeyData as _, SanType, string::Ia5String,
};
use sha2::{Digest as _, Sha256};
use telephony::Secret;

use crate::{
    facts::hexadecimal,
    fqdn::{NameFault, check_fqdn},
    issue::{both_purposes, subject_of},
    key_kind::KeyKind,
    pem,
};

/// PKCS #9 emailAddress, where `openssl req` and the CAs that read it put it.
const EMAIL_ADDRESS: [u64; 7] = [1, 2, 840, 113_549, 1, 9, 1];
/// Characters of an address in a certificate (RFC 5280 appendix A, ub-emailaddress-length).
const MAX_EMAIL: usize = 255;

/// A request to a CA that is to be made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestFor {
    /// The name that the certificate is to bear: CN and SAN.
    pub fqdn: String,
    /// An address for the CA's questions; it stands in the subject.
    pub email: Option<String>,
    /// Which key is made.
    pub key: KeyKind,
}

/// A request to a CA (PKCS #10, RFC 2986), and the key that waits for its answer.
#[derive(Clone, Debug)]
pub struct SigningRequest {
    /// The name in it.
    pub fqdn: String,
    /// What the CA gets, in PEM form.
    pub pem: String,
    /// The private key, in PEM form (PKCS #8).
    pub key: Secret<String>,
    /// SHA-256 of the public key, in hexadecimal: the certificate that comes back has the same.
    pub spki_sha256: String,
}

/// Why no request was made.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SigningRequestError {
    /// A name that no certificate of a SIP server has.
    #[error("{0}")]
    BadName(NameFault),
    /// No address of electronic mail.
    #[error(
        "`{email}` cannot stand in a request as an e-mail address: write name@domain in ASCII, or leave it out"
    )]
    BadEmail {
        /// The text, escaped.
        email: String,
    },
    /// The cryptographic library failed.
    #[error("no request could be made: {detail}")]
    Failed {
        /// Its words.
        detail: String,
    },
}

/// Makes a key and a request for one FQDN, with both purposes, SAN and key usage as a certificate of ours has them.
///
/// Takes up to two seconds for RSA. The key comes from the operating system's randomness.
///
/// # Errors
/// See [`SigningRequestError`].
pub fn make_signing_request(request: &RequestFor) -> Result<SigningRequest, SigningRequestError> {
    check_fqdn(&request.fqdn).map_err(SigningRequestError::BadName)?;
    let mut subject = subject_of(&request.fqdn);
    if let Some(email) = &request.email {
        add_email(&mut subject, email)?;
    }
    let failed = |error: rcgen::Error| SigningRequestError::Failed { detail: error.to_string() };
    let key = request.key.generate().map_err(failed)?;
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = subject;
    parameters.subject_alt_names = vec![SanType::DnsName(request.fqdn.as_str().try_into().map_err(failed)?)];
    parameters.key_usages = request.key.family().usages();
    parameters.extended_key_usages = both_purposes();
    let made = parameters.serialize_request(&key).map_err(failed)?;
    Ok(SigningRequest {
        fqdn: request.fqdn.clone(),
        pem: pem::request_text(made.der()),
        key: Secret::new(pem::pkcs8_text(key.serialized_der())),
        spki_sha256: hexadecimal(&Sha256::digest(key.subject_public_key_info())),
    })
}

fn add_email(subject: &mut DistinguishedName, email: &str) -> Result<(), SigningRequestError> {
    let bad = || SigningRequestError::BadEmail {
        email: email.chars().take(MAX_EMAIL).flat_map(char::escape_debug).collect(),
    };
    let (name, domain) = email.split_once('@').ok_or_else(bad)?;
    let graphic = email.bytes().all(|b| b.is_ascii_graphic());
    if name.is_empty() || domain.is_empty() || domain.contains('@') || !graphic || email.len() > MAX_EMAIL {
        return Err(bad());
    }
    let value = Ia5String::try_from(email).map_err(|_| bad())?;
    subject.push(DnType::from_oid(&EMAIL_ADDRESS), DnValue::Ia5String(value));
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };

    use super::*;
    use crate::identity::provider;

    fn request(fqdn: &str) -> RequestFor {
        RequestFor { fqdn: fqdn.to_owned(), email: None, key: KeyKind::P256 }
    }

    /// What openssl reads in a request, whose signature it verifies.
    fn read_by_openssl(pem: &str) -> String {
        let mut openssl = Command::new("openssl")
            .args(["req", "-verify", "-noout", "-text", "-nameopt", "RFC2253"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        openssl.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
        let output = openssl.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn openssl_verifies_a_request_of_every_kind_of_key_and_finds_name_purposes_and_address() {
        for key in KeyKind::ALL {
            let email = Some("pki@example.com".to_owned());
            let made = make_signing_request(&RequestFor { email, key, ..request("um.example.com") }).unwrap();

            let text = read_by_openssl(&made.pem);

            assert!(text.contains("Subject: emailAddress=pki@example.com,CN=um.example.com"), "{text}");
            assert!(text.contains("DNS:um.example.com"), "{text}");
            assert!(text.contains("TLS Web Server Authentication, TLS Web Client Authentication"), "{text}");
            assert!(text.contains("Digital Signature"), "{text}");
        }
    }

    #[test]
    fn waiting_key_is_the_one_whose_digest_is_told_and_does_not_show_itself() {
        let made = make_signing_request(&request("um.example.com")).unwrap();

        let key = pem::private_key(made.key.expose()).unwrap();
        let signer = provider().key_provider.load_private_key(key).unwrap();

        assert_eq!(made.spki_sha256, hexadecimal(&Sha256::digest(signer.public_key().unwrap())));
        assert!(!format!("{made:?}").contains("PRIVATE"), "{made:?}");
    }

    #[test]
    fn request_for_anything_but_an_fqdn_is_refused_with_the_reason() {
        let refused = |name: &str| make_signing_request(&request(name)).unwrap_err();
        let name = |name: &str| name.to_owned();

        assert_eq!(
            refused("192.0.2.1"),
            SigningRequestError::BadName(NameFault::Address { name: name("192.0.2.1") })
        );
        assert_eq!(refused("um"), SigningRequestError::BadName(NameFault::SingleLabel { name: name("um") }));
        assert_eq!(
            refused("*.example.com"),
            SigningRequestError::BadName(NameFault::Wildcard { name: name("*.example.com") })
        );
        assert_eq!(
            refused("ü.example.com"),
            SigningRequestError::BadName(NameFault::NotAscii { name: name("ü.example.com") })
        );
    }

    #[test]
    fn text_that_is_no_address_of_electronic_mail_is_refused() {
        for email in ["pki", "@example.com", "pki@", "a@b@c", "p ki@example.com", "ü@example.com"] {
            let request = RequestFor { email: Some(email.to_owned()), ..request("um.example.com") };

            let error = make_signing_request(&request).unwrap_err();

            assert_eq!(error, SigningRequestError::BadEmail { email: email.to_owned() });
        }
    }
}
