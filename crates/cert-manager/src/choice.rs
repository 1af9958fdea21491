use std::{cmp::Reverse, fmt, sync::Arc};

use jiff::Timestamp;

use crate::{
    chain::outside_of_life, facts::CertificateFacts, identity::Identity, name_rule::CommonName,
    store::Candidate,
};

/// The least size of an RSA key that is presented.
const MIN_RSA_BITS: usize = 2048;
/// The least size of an EC key that is presented.
const MIN_EC_BITS: usize = 256;

/// Which certificate is presented, and why not the others.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The identity, or `None` if no candidate fits.
    pub chosen: Option<Arc<Identity>>,
    /// Every candidate: the chosen one, those behind it by rank, then those passed over.
    pub explanation: Vec<StandingOf>,
}

/// What became of one candidate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StandingOf {
    /// The candidate.
    pub facts: Arc<CertificateFacts>,
    /// What became of it.
    pub standing: Standing,
}

/// What became of a candidate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It is presented.
    Chosen {
        /// Why before the others, and what peers may dislike about it.
        why: String,
    },
    /// It would do, another is better.
    Outranked {
        /// Why.
        why: String,
    },
    /// It will not do.
    PassedOver {
        /// Why, and what mends it.
        why: String,
    },
}

/// Chooses among the store's certificates for a server whose name is `fqdn`, at `now`: issued by a CA (PKI or
/// commercial) before self-signed, then the longest life, then the lower SHA-256. Expired, not yet valid, under another
/// name, without key or with a weak one, not for servers: passed over.
pub fn choose(candidates: &[Candidate], fqdn: &str, now: Timestamp) -> Choice {
    let mut fit = Vec::new();
    let mut passed_over = Vec::new();
    for candidate in candidates {
        let facts = Arc::clone(&candidate.facts);
        match usable(candidate, fqdn, now) {
            Ok(identity) => fit.push((facts, Arc::clone(identity))),
            Err(why) => passed_over.push(StandingOf { facts, standing: Standing::PassedOver { why } }),
        }
    }
    fit.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)));
    let chosen = fit.first().map(|(_, identity)| Arc::clone(identity));
    let best = fit.first().map(|(facts, _)| Arc::clone(facts));
    let standing_of = |(place, (facts, _)): (usize, (Arc<CertificateFacts>, Arc<Identity>))| {
        let standing = match &best {
            Some(best) if place > 0 => Standing::Outranked { why: outranked(&facts, best) },
            Some(_) | None => Standing::Chosen { why: chosen_words(&facts) },
        };
        StandingOf { facts, standing }
    };
    let explanation = fit.into_iter().enumerate().map(standing_of).chain(passed_over).collect();
    Choice { chosen, explanation }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen { why } => write!(f, "chosen: {why}"),
            Self::Outranked { why } => write!(f, "not needed: {why}"),
            Self::PassedOver { why } => write!(f, "passed over: {why}"),
        }
    }
}

fn rank(facts: &CertificateFacts) -> (bool, Reverse<Timestamp>, &str) {
    (facts.self_signed, Reverse(facts.not_after), &facts.sha256)
}

fn usable<'a>(candidate: &'a Candidate, fqdn: &str, now: Timestamp) -> Result<&'a Arc<Identity>, String> {
    let facts = &candidate.facts;
    if let Some(words) = outside_of_life(facts, now) {
        return Err(words);
    }
    if !facts.names_peer(fqdn, CommonName::Counts)
        && !facts.dns_names.iter().any(|name| name.eq_ignore_ascii_case(fqdn))
    {
        let names = facts.names().join(", ");
        let wildcard = if names.contains("*.") { " (SIP takes no wildcards, RFC 5922 7.2)" } else { "" };
        return Err(format!("it names {names}, not {fqdn}{wildcard}: have it issued for {fqdn}"));
    }
    let least = match facts.key.algorithm.as_str() {
        "RSA" => MIN_RSA_BITS,
        "EC" => MIN_EC_BITS,
        _ => 0,
    };
    if facts.key.bits < least {
        return Err(format!("its key is {}, the least is {} {least}", facts.key, facts.key.algorithm));
    }
    if !allows(facts, "serverAuth") {
        return Err(format!("it is made for {}, not for TLS servers", facts.purposes.join(", ")));
    }
    candidate.identity.as_ref().map_err(ToString::to_string)
}

fn allows(facts: &CertificateFacts, purpose: &str) -> bool {
    facts.purposes.is_empty() || facts.purposes.iter().any(|found| found == purpose || found == "any")
}

fn chosen_words(facts: &CertificateFacts) -> String {
    let mut words = format!("{}, valid until {}", kind_words(facts), facts.not_after);
    if !allows(facts, "clientAuth") {
        words.push_str(
            "; it is not made for clientAuth: a gateway that asks for it will refuse our connections",
        );
    }
    words
}

fn outranked(facts: &CertificateFacts, best: &CertificateFacts) -> String {
    if facts.self_signed != best.self_signed {
        return "it is self-signed, the chosen one was issued by a CA".to_owned();
    }
    if facts.not_after == best.not_after {
        return "it lives as long as the chosen one, which comes first by thumbprint".to_owned();
    }
    format!("it is {} as well and ends before the chosen one, on {}", kind_words(facts), facts.not_after)
}

fn kind_words(facts: &CertificateFacts) -> &'static str {
    if facts.self_signed { "self-signed" } else { "issued by a CA" }
}

#[cfg(test)]
mod tests;
