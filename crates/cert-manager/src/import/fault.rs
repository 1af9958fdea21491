use jiff::Timestamp;

use super::container::MAX_BYTES;

/// A file that is not imported, and why. The words name the file, the fault and, behind the last colon, what mends it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct ImportRefusal {
    /// The file's name.
    pub file: String,
    /// What is wrong with it.
    pub fault: ImportFault,
}

/// What is wrong with a file that was to be imported.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ImportFault {
    /// Longer than any certificate with its chain.
    #[error("it is longer than {MAX_BYTES} bytes: give the certificate with its chain and its key alone")]
    TooLong,
    /// Something else.
    #[error("{found}: give the certificate in PEM form, or with its key as PKCS#12 (.p12 or .pfx)")]
    NoCertificate {
        /// What it is instead.
        found: String,
    },
    /// A certificate that cannot be read.
    #[error("it is broken ({detail}): get it anew from where it was made, and copy it as a binary file")]
    Broken {
        /// What the reader stumbled over.
        detail: String,
    },
    /// PKCS#7, the `.p7b` of Windows CAs.
    #[error(
        "it is PKCS#7: turn it into PEM with `openssl pkcs7 -print_certs -in FILE -out NEW.pem` (with -inform DER if it is no text)"
    )]
    Pkcs7,
    /// A key under a password in a PEM file.
    #[error(
        "its private key has a password: make PKCS#12 of it with `openssl pkcs12 -export -in FILE -out NEW.p12`"
    )]
    EncryptedKey,
    /// PKCS#12 and no password.
    #[error("it has a password, and none was given: give the one that it was exported with")]
    NeedsPassword,
    /// PKCS#12 and another password.
    #[error("the password is not its own: give the one that it was exported with")]
    WrongPassword,
    /// PKCS#12 of a kind that is not known.
    #[error("its encryption is not known ({detail}): export it again with AES-256 or with 3DES")]
    UnknownEncryption {
        /// The reader's words.
        detail: String,
    },
    /// No key in the file, and none waits for it.
    #[error(
        "there is no private key in it, and no key that was made here waits for {subject}: import it with its key as \
         PKCS#12, or have it issued for a request of `um cert csr`"
    )]
    NoKey {
        /// The certificate's subject.
        subject: String,
    },
    /// A key that cannot be used.
    #[error(
        "its private key cannot be used ({detail}): have it made with RSA of 2048 bits or more, or EC P-256 or P-384"
    )]
    BadKey {
        /// What is wrong with it.
        detail: String,
    },
    /// The key of another certificate.
    #[error(
        "its private key does not belong to the certificate {subject}: give certificate and key of one pair"
    )]
    KeyOfAnother {
        /// The certificate's subject.
        subject: String,
    },
    /// Outside of its life for good.
    #[error("the certificate {subject} expired on {not_after}: have a new one issued")]
    Expired {
        /// Its subject.
        subject: String,
        /// The last moment of its life.
        not_after: Timestamp,
    },
    /// X.509 version 1.
    #[error(
        "the certificate {subject} is X.509 version 1, which cannot be presented: have it issued as version 3"
    )]
    OldVersion {
        /// Its subject.
        subject: String,
    },
    /// A CA's own certificate.
    #[error(
        "the certificate {subject} is a CA's (CA:TRUE), which peers take from no server: have one issued that is no CA"
    )]
    CaItself {
        /// Its subject.
        subject: String,
    },
    /// A certificate of somebody else.
    #[error(
        "the certificate names {names}, not {fqdn} (no wildcard counts, RFC 5922 7.2): have it issued for {fqdn}"
    )]
    NamesAnother {
        /// Whom it names.
        names: String,
        /// This server's name.
        fqdn: String,
    },
    /// The name stands where peers do not look.
    #[error(
        "the certificate names {fqdn} in its CN alone, where SIP peers do not look (RFC 5922 7.1): have it issued with \
         {fqdn} in the SAN"
    )]
    NamedInCommonName {
        /// This server's name.
        fqdn: String,
    },
    /// A key that is too short.
    #[error("the key of {subject} is {key}, the least is {least} bits: have it issued for a longer key")]
    WeakKey {
        /// Its subject.
        subject: String,
        /// The key.
        key: String,
        /// The least size in bits.
        least: usize,
    },
    /// Extended key usages without serverAuth.
    #[error("the certificate {subject} is made for {purposes}: have it issued for serverAuth and clientAuth")]
    NotForServers {
        /// Its subject.
        subject: String,
        /// What it may be used for.
        purposes: String,
    },
    /// The chain stops at once.
    #[error("the issuer of {subject} is not in it: put the certificate of {issuer} behind it in the file")]
    MissingIssuer {
        /// The certificate that has no issuer here.
        subject: String,
        /// Its issuer.
        issuer: String,
    },
    /// The names fit and the signature does not.
    #[error("{subject} is not signed by the {issuer} that is there: get the chain anew from the CA")]
    BrokenLink {
        /// The certificate.
        subject: String,
        /// Who should have signed it.
        issuer: String,
    },
    /// An issuer that may not issue.
    #[error("{issuer}, which signed {subject}, is no CA: get the certificate and its chain from a CA")]
    IssuerIsNoCa {
        /// The certificate.
        subject: String,
        /// Who signed it.
        issuer: String,
    },
    /// An issuer that peers no longer take.
    #[error("the CA certificate {issuer} in its chain expired on {not_after}: get the CA's new one")]
    ExpiredIssuer {
        /// Its subject.
        issuer: String,
        /// The last moment of its life.
        not_after: Timestamp,
    },
    /// Longer than any real chain.
    #[error("its chain has more than {most} certificates: get the chain anew from the CA")]
    LongChain {
        /// The most.
        most: usize,
    },
}
