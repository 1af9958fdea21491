//! The bytes of a revocation list (RFC 5280 5.1). A list may hold a million entries, so each is kept as its serial number
//! alone, and none is looked at before the signature over all of them is verified.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use jiff::Timestamp;
use x509_parser::{extensions::X509Extension, prelude::FromDer, time::ASN1Time};

use crate::{crl::CrlRefusal, facts::moment};

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0] EXPLICIT`: the extensions.
const EXTENSIONS: u8 = 0xa0;
/// Octets of a serial number that a CA may use (RFC 5280 4.1.2.2).
const SERIAL_OCTETS: usize = 20;

/// The frame of a list: what was signed, by whom, and the signature.
pub(crate) struct Outline<'a> {
    /// The bytes that were signed.
    pub(crate) signed: &'a [u8],
    /// The issuer's name, without its outer tag and length.
    pub(crate) issuer: &'a [u8],
    /// The signature.
    pub(crate) signature: &'a [u8],
    rest: Elements<'a>,
}

/// What a list says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Contents {
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Timestamp,
    /// Sorted; filled up with zeros in front.
    pub(crate) serials: Vec<[u8; SERIAL_OCTETS]>,
}

impl<'a> Outline<'a> {
    /// Finds the parts of a list; `None` if it is none.
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut all = Elements(der);
        let mut list = Elements(all.take(SEQUENCE)?);
        let signed = list.whole(SEQUENCE)?;
        list.take(SEQUENCE)?;
        // The first octet of a bit string counts the unused bits of the last: none.
        let signature = list.take(BIT_STRING)?.strip_prefix(&[0])?;
        if !all.0.is_empty() || !list.0.is_empty() {
            return None;
        }
        let mut rest = Elements(Elements(signed).take(SEQUENCE)?);
        if rest.next_is(INTEGER) {
            rest.take(INTEGER)?;
        }
        rest.take(SEQUENCE)?;
        let issuer = rest.take(SEQUENCE)?;
        Some(Self { signed, issuer, signature, rest })
    }

    /// Reads the dates and the entries.
    pub(crate) fn contents(&self) -> Result<Contents, CrlRefusal> {
        let broken = |detail| CrlRefusal::NoList { detail };
        let mut rest = self.rest;
        let this_update = rest.time().ok_or_else(|| broken("thisUpdate is no date"))?;
        if !rest.next_is(UTC_TIME) && !rest.next_is(GENERALIZED_TIME) {
            return Err(CrlRefusal::NoNextUpdate);
        }
        let next_update = rest.time().ok_or_else(|| broken("nextUpdate is no date"))?;
        let mut serials = Vec::new();
        if rest.next_is(SEQUENCE) {
            let mut entries = Elements(rest.take(SEQUENCE).unwrap_or_default());
            while !entries.0.is_empty() {
                let serial = entries.take(SEQUENCE).and_then(|entry| Elements(entry).take(INTEGER));
                let serial =
                    serial.and_then(padded).ok_or_else(|| broken("an entry has no serial number"))?;
                serials.push(serial);
            }
        }
        if rest.next_is(EXTENSIONS) {
            let extensions = rest.take(EXTENSIONS).ok_or_else(|| broken("its extensions are cut"))?;
            refuse_critical(extensions)?;
        }
        if !rest.0.is_empty() {
            return Err(broken("bytes follow the entries"));
        }
        serials.sort_unstable();
        serials.dedup();
        Ok(Contents { this_update, next_update, serials })
    }
}

impl Contents {
    pub(crate) fn revokes(&self, serial: &[u8]) -> bool {
        padded(serial).is_some_and(|serial| self.serials.binary_search(&serial).is_ok())
    }
}

/// Elements of DER, one behind the other.
#[derive(Clone, Copy)]
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    fn next_is(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// The content of the next element if it has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content, rest) = split(self.0)?;
        self.0 = rest;
        (found == tag).then_some(content)
    }

    /// The next element with its tag and length.
    fn whole(&mut self, tag: u8) -> Option<&'a [u8]> {
        let before = self.0;
        self.take(tag)?;
        before.get(..before.len().checked_sub(self.0.len())?)
    }

    fn time(&mut self) -> Option<Timestamp> {
        let tag = *self.0.first().filter(|tag| [UTC_TIME, GENERALIZED_TIME].contains(*tag))?;
        let (_, time) = ASN1Time::from_der(self.whole(tag)?).ok()?;
        Some(moment(time))
    }
}

/// Tag, content and what follows (X.690 8.1.3; tags of one octet, lengths of at most four).
fn split(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, after) = der.split_first()?;
    let (first, after) = after.split_first()?;
    let (length, after) = match first {
        0..=0x7f => (usize::from(*first), after),
        0x81..=0x84 => {
            let (octets, after) = after.split_at_checked(usize::from(first & 0x7f))?;
            let length = octets.iter().try_fold(0_usize, |sum, octet| {
                sum.checked_mul(256).and_then(|sum| sum.checked_add(usize::from(*octet)))
            })?;
            (length, after)
        }
        _ => return None,
    };
    let (content, rest) = after.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// A serial number in 20 octets; `None` if it has more.
fn padded(serial: &[u8]) -> Option<[u8; SERIAL_OCTETS]> {
    let zeros = serial.iter().take_while(|octet| **octet == 0).count();
    let digits = serial.get(zeros..)?;
    let mut padded = [0; SERIAL_OCTETS];
    let start = SERIAL_OCTETS.checked_sub(digits.len())?;
    padded.get_mut(start..)?.copy_from_slice(digits);
    Some(padded)
}

/// A critical extension limits what the list covers (RFC 5280 5.2.4, 5.2.5): its silence would mean nothing.
fn refuse_critical(extensions: &[u8]) -> Result<(), CrlRefusal> {
    let broken = || CrlRefusal::NoList { detail: "an extension cannot be read" };
    let mut list = Elements(Elements(extensions).take(SEQUENCE).ok_or_else(broken)?);
    while !list.0.is_empty() {
        let whole = list.whole(SEQUENCE).ok_or_else(broken)?;
        let (_, extension) = X509Extension::from_der(whole).map_err(|_| broken())?;
        if extension.critical {
            return Err(CrlRefusal::Partial);
        }
    }
    Ok(())
}
