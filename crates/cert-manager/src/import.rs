//! A certificate that comes in as a file: found, matched with its key, its chain put in order, and judged before it is
//! kept.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod container;
mod fault;
mod links;

use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use telephony::Secret;

pub use fault::{ImportFault, ImportRefusal};

pub(crate) use self::container::Contents;
use crate::{
    chain::outside_of_life,
    choice::names,
    facts::{CertificateFacts, hexadecimal},
    identity::{Identity, IdentityError, provider},
    name_rule::CommonName,
    pem,
    waiting_key::WaitingKey,
};

/// The least size of an RSA key that is presented.
const MIN_RSA_BITS: usize = 2048;
/// The least size of an EC key that is presented.
const MIN_EC_BITS: usize = 256;

/// A file with a certificate, in whatever form CAs and other servers hand it out.
#[derive(Debug)]
pub struct ImportFile<'a> {
    /// Its name, for the words of a refusal.
    pub name: &'a str,
    /// All of it, 1 MiB at most.
    pub bytes: &'a [u8],
    /// The password of a PKCS#12 file.
    pub password: Option<Secret<String>>,
}

/// What was found in a file, fit to be kept.
#[derive(Debug)]
pub struct Imported {
    /// The certificate with its key and its chain in order.
    pub identity: Identity,
    /// The waiting key that it belongs to; the file of the key and its request are no longer needed.
    pub waiting: Option<WaitingKey>,
    /// What the administrator should know, a sentence each.
    pub notes: Vec<String>,
}

/// Reads a certificate with its key: PEM (key and certificates in any order), one certificate in DER, or PKCS#12 (PBES2,
/// and the RC2 and 3DES of old exports). Without a key in the file one of the `waiting` keys (each with its PEM text)
/// must be its own. The chain is put in order, completed from the CA certificates of `extra`, and every signature in it
/// is verified. `fqdn` is the name that it must bear, `None` for a certificate that is bound to gateways by an owner.
///
/// # Errors
/// [`ImportRefusal`]: it could not be presented to anybody, and why; nothing is to be kept then.
pub fn read_import(
    file: &ImportFile<'_>,
    waiting: &[(WaitingKey, String)],
    extra: &[CertificateDer<'static>],
    fqdn: Option<&str>,
    now: Timestamp,
) -> Result<Imported, ImportRefusal> {
    let read = || {
        let contents = Contents::read(file)?;
        let pair = Pair::find(contents, waiting)?;
        judge(&pair.facts, fqdn, now)?;
        let chain = links::chain(&pair.leaf, &pair.others, extra, now)?;
        let identity =
            Identity::new(chain.certificates, pair.key).map_err(|error| of_identity(error, &pair.facts))?;
        let notes = [pair.notes, chain.notes, remarks(&pair.facts, now)].concat();
        Ok(Imported { identity, waiting: pair.waiting, notes })
    };
    read().map_err(|fault| ImportRefusal { file: file.name.to_owned(), fault })
}

/// A certificate, its key, and what else was in the file.
struct Pair {
    leaf: CertificateDer<'static>,
    facts: CertificateFacts,
    key: PrivateKeyDer<'static>,
    others: Vec<CertificateDer<'static>>,
    waiting: Option<WaitingKey>,
    notes: Vec<String>,
}

impl Pair {
    fn find(contents: Contents, waiting: &[(WaitingKey, String)]) -> Result<Self, ImportFault> {
        let mut read = Vec::new();
        for der in contents.certificates {
            let facts =
                CertificateFacts::read(&der).map_err(|error| ImportFault::Broken { detail: error.detail })?;
            read.push((der, facts));
        }
        let subject = subject_of(&read).ok_or_else(|| ImportFault::NoCertificate {
            found: "there is no certificate in it".to_owned(),
        })?;
        let found = match contents.keys.is_empty() {
            false => Self::own_key(&read, contents.keys)?.ok_or(ImportFault::KeyOfAnother { subject })?,
            true => Self::waiting_key(&read, waiting)?.ok_or(ImportFault::NoKey { subject })?,
        };
        let (key, spki, waiting) = found;
        let mut fitting: Vec<usize> = (0..read.len())
            .filter(|place| read.get(*place).is_some_and(|(_, f)| f.spki_sha256 == spki))
            .collect();
        fitting.sort_by_key(|place| read.get(*place).map(|(_, facts)| facts.not_after));
        let mut notes: Vec<String> = waiting
            .iter()
            .map(|waiting: &WaitingKey| format!("it answers the signing request for {}", waiting.fqdn))
            .collect();
        if fitting.len() > 1 {
            notes.push(
                "the file holds several certificates of this key; the one that lives longest is taken".into(),
            );
        }
        let Some(place) = fitting.pop() else {
            return Err(ImportFault::NoCertificate { found: "there is no certificate in it".to_owned() });
        };
        let (leaf, facts) = read.remove(place);
        let others = read.into_iter().map(|(der, _)| der).collect();
        Ok(Self { leaf, facts, key, others, waiting, notes })
    }

    /// The first key of the file that one of its certificates belongs to.
    fn own_key(read: &[Read], keys: Vec<PrivateKeyDer<'static>>) -> Result<Option<Found>, ImportFault> {
        for key in keys {
            let spki = public_half(&key)?;
            if read.iter().any(|(_, facts)| facts.spki_sha256 == spki) {
                return Ok(Some((key, spki, None)));
            }
        }
        Ok(None)
    }

    fn waiting_key(read: &[Read], waiting: &[(WaitingKey, String)]) -> Result<Option<Found>, ImportFault> {
        let own = |waiting: &&(WaitingKey, String)| {
            read.iter().any(|(_, facts)| facts.spki_sha256 == waiting.0.spki_sha256)
        };
        let Some((waiting, text)) = waiting.iter().find(own) else { return Ok(None) };
        let key = pem::private_key(text).ok_or_else(|| ImportFault::BadKey {
            detail: format!("the waiting key `{}` is no key", waiting.file.display()),
        })?;
        Ok(Some((key, waiting.spki_sha256.clone(), Some(waiting.clone()))))
    }
}

type Read = (CertificateDer<'static>, CertificateFacts);
/// A key, the digest of its public half, and where it waited.
type Found = (PrivateKeyDer<'static>, String, Option<WaitingKey>);

/// How the certificate is called as long as its key is not found: the first that is no CA's, else the first.
fn subject_of(read: &[Read]) -> Option<String> {
    let leaf = read.iter().find(|(_, facts)| !facts.is_ca).or_else(|| read.first());
    leaf.map(|(_, facts)| facts.subject.clone())
}

fn public_half(key: &PrivateKeyDer<'static>) -> Result<String, ImportFault> {
    let bad = |detail: String| ImportFault::BadKey { detail };
    let signer =
        provider().key_provider.load_private_key(key.clone_key()).map_err(|error| bad(error.to_string()))?;
    let public = signer.public_key().ok_or_else(|| bad("its public half is not known".to_owned()))?;
    Ok(hexadecimal(&Sha256::digest(public)))
}

/// Whether it could ever be presented.
fn judge(facts: &CertificateFacts, fqdn: Option<&str>, now: Timestamp) -> Result<(), ImportFault> {
    let subject = || facts.subject.clone();
    if now > facts.not_after {
        return Err(ImportFault::Expired { subject: subject(), not_after: facts.not_after });
    }
    if facts.version < 3 {
        return Err(ImportFault::OldVersion { subject: subject() });
    }
    if let Some(fqdn) = fqdn.filter(|fqdn| !names(facts, fqdn)) {
        if facts.names_peer(fqdn, CommonName::Counts) {
            return Err(ImportFault::NamedInCommonName { fqdn: fqdn.to_owned() });
        }
        let names = match facts.names().join(", ") {
            names if names.is_empty() => "nobody".to_owned(),
            names => names,
        };
        return Err(ImportFault::NamesAnother { names, fqdn: fqdn.to_owned() });
    }
    let least = match facts.key.algorithm.as_str() {
        "RSA" => MIN_RSA_BITS,
        "EC" => MIN_EC_BITS,
        _ => 0,
    };
    if facts.key.bits < least {
        return Err(ImportFault::WeakKey { subject: subject(), key: facts.key.to_string(), least });
    }
    if facts.is_ca {
        return Err(ImportFault::CaItself { subject: subject() });
    }
    if !allows(facts, "serverAuth") {
        return Err(ImportFault::NotForServers { subject: subject(), purposes: facts.purposes.join(", ") });
    }
    Ok(())
}

fn allows(facts: &CertificateFacts, purpose: &str) -> bool {
    facts.purposes.is_empty() || facts.purposes.iter().any(|found| found == purpose || found == "any")
}

fn remarks(facts: &CertificateFacts, now: Timestamp) -> Vec<String> {
    let mut remarks = Vec::new();
    if outside_of_life(facts, now).is_some() {
        remarks.push(format!("it is not valid before {}, and is not presented until then", facts.not_before));
    }
    if !allows(facts, "clientAuth") {
        remarks.push(
            "it is not made for clientAuth: a gateway that asks for it will refuse our connections".into(),
        );
    }
    if facts.self_signed {
        remarks.push("it is self-signed: each gateway must import it before it is presented".to_owned());
    }
    remarks
}

fn of_identity(error: IdentityError, facts: &CertificateFacts) -> ImportFault {
    let subject = facts.subject.clone();
    match error {
        IdentityError::NoCertificate => {
            ImportFault::NoCertificate { found: "there is no certificate in it".to_owned() }
        }
        IdentityError::Unreadable(error) => ImportFault::Broken { detail: error.detail },
        IdentityError::NoKey => ImportFault::NoKey { subject },
        IdentityError::BadKey { detail } => ImportFault::BadKey { detail },
        IdentityError::KeyOfAnother => ImportFault::KeyOfAnother { subject },
        IdentityError::OldVersion => ImportFault::OldVersion { subject },
    }
}

#[cfg(test)]
mod tests;
