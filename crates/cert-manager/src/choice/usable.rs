//! Whether a certificate can be presented at all.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Standing, Wanted, words};
use crate::{
    facts::CertificateFacts,
    identity::Identity,
    name_rule::CommonName,
    store::{Candidate, CertificateStore},
};

/// The least size of an RSA key that is presented.
const MIN_RSA_BITS: usize = 2048;
/// The least size of an EC key that is presented.
const MIN_EC_BITS: usize = 256;

/// The question that is asked of each candidate.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    pub(super) store: &'a CertificateStore,
    pub(super) wanted: &'a Wanted<'a>,
    pub(super) now: Timestamp,
}

impl<'a> Judge<'a> {
    /// The candidate with its key, or why it is passed over or waits.
    pub(super) fn usable<'c>(&self, candidate: &'c Candidate) -> Result<&'c Arc<Identity>, Standing> {
        let identity = self.sound(candidate).map_err(|why| Standing::PassedOver { why })?;
        let waits_for = self.sound_predecessor(candidate).filter(|_| candidate.flags.is_waiting());
        match waits_for {
            Some(predecessor) => {
                Err(Standing::Waiting { why: words::waiting(&candidate.facts, &predecessor.facts) })
            }
            None => Ok(identity),
        }
    }

    /// Whether the certificate is the one of `um cert use`, or succeeds it now that it can be presented no more.
    pub(super) fn is_preferred(&self, candidate: &Candidate) -> bool {
        let Some(preferred) = self.store.preferred() else { return false };
        if candidate.facts.sha256 == preferred {
            return true;
        }
        let succeeds = candidate.flags.successor_of.as_deref() == Some(preferred);
        succeeds && self.sound_predecessor(candidate).is_none()
    }

    /// The predecessor whose time is over, if the candidate is flagged as one that waits.
    pub(super) fn taken_over<'c>(&self, candidate: &'c Candidate) -> Option<&'c str> {
        candidate.flags.is_waiting().then_some(candidate.flags.successor_of.as_deref()).flatten()
    }

    /// The candidate with its key, whether or not it waits for another's end.
    fn sound<'c>(&self, candidate: &'c Candidate) -> Result<&'c Arc<Identity>, String> {
        let facts = &candidate.facts;
        if candidate.flags.owner.as_deref() != self.wanted.owner {
            return Err(words::of_another(candidate, self.wanted));
        }
        if candidate.flags.inactive && !candidate.flags.is_waiting() {
            return Err(words::inactive(facts));
        }
        let fault = words::outside_of_life(facts, self.now)
            .or_else(|| self.misnamed(facts))
            .or_else(|| weak(facts))
            .or_else(|| (!allows(facts, "serverAuth")).then(|| words::not_for_servers(facts)));
        let identity = match fault {
            Some(why) => return Err(why),
            None => candidate.identity.as_ref().map_err(ToString::to_string)?,
        };
        match (self.wanted.revoked)(identity) {
            true => Err(words::revoked(facts)),
            false => Ok(identity),
        }
    }

    /// The predecessor, as long as it is presented or waits itself.
    fn sound_predecessor(&self, candidate: &Candidate) -> Option<&'a Candidate> {
        let predecessor = candidate.flags.successor_of.as_deref()?;
        let is_it = |found: &&Candidate| found.facts.sha256 == predecessor && self.sound(found).is_ok();
        self.store.candidates().iter().find(is_it)
    }

    fn misnamed(&self, facts: &CertificateFacts) -> Option<String> {
        let fqdn = self.wanted.fqdn;
        (self.wanted.owner.is_none() && !names(facts, fqdn)).then(|| words::misnamed(facts, fqdn))
    }
}

/// Whether a host is named in the SAN, as URI or as DNS name: peers differ in which they look at.
pub(crate) fn names(facts: &CertificateFacts, fqdn: &str) -> bool {
    let fqdn = fqdn.strip_suffix('.').unwrap_or(fqdn);
    facts.names_peer(fqdn, CommonName::Ignored)
        || (!fqdn.is_empty() && facts.dns_names.iter().any(|name| name.eq_ignore_ascii_case(fqdn)))
}

pub(super) fn allows(facts: &CertificateFacts, purpose: &str) -> bool {
    facts.purposes.is_empty() || facts.purposes.iter().any(|found| found == purpose || found == "any")
}

fn weak(facts: &CertificateFacts) -> Option<String> {
    let least = match facts.key.algorithm.as_str() {
        "RSA" => MIN_RSA_BITS,
        "EC" => MIN_EC_BITS,
        _ => 0,
    };
    (facts.key.bits < least).then(|| words::weak(facts, least))
}
