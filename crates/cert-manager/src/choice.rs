mod usable;
mod words;

use std::{cmp::Reverse, fmt, path::PathBuf, sync::Arc};

use jiff::Timestamp;

use self::usable::Judge;
pub(crate) use self::usable::names;
use crate::{
    facts::CertificateFacts,
    identity::Identity,
    store::{Candidate, CertificateStore},
};

/// What a certificate is wanted for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// `None`: ours, for every peer that is bound to no owner; it has to name [`Wanted::fqdn`]. Else the owner's, for the
    /// peers that are bound to it, under whatever name.
    pub owner: Option<&'a str>,
    /// This server's name.
    pub fqdn: &'a str,
    /// Whether the certificate is known to be revoked.
    pub revoked: &'a dyn Fn(&Identity) -> bool,
}

/// Which certificate is presented, and why not the others.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What we show to those who connect to us; `None` if no candidate fits.
    pub chosen: Option<Arc<Identity>>,
    /// What we show where we connect: the chosen one, unless it is not made for clientAuth and another candidate is.
    pub dialing: Option<Arc<Identity>>,
    /// Every candidate: the chosen one, those behind it by rank, then those passed over.
    pub explanation: Vec<StandingOf>,
}

/// What became of one candidate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StandingOf {
    /// Where it is.
    pub file: PathBuf,
    /// The candidate.
    pub facts: Arc<CertificateFacts>,
    /// Whose it is; `None`: ours.
    pub owner: Option<String>,
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
    /// It is presented where we connect; those who connect to us see the chosen one.
    ChosenForDialing {
        /// Why.
        why: String,
    },
    /// It would do, another is better.
    Outranked {
        /// Why.
        why: String,
    },
    /// It succeeds one that can still be presented, and is none until then.
    Waiting {
        /// Whom it succeeds, when, and what is to be done before.
        why: String,
    },
    /// It will not do.
    PassedOver {
        /// Why, and what mends it.
        why: String,
    },
}

/// Chooses among the store's certificates at `now`.
///
/// Candidates have their private key, are within their dates, made for serverAuth, of RSA 2048 or EC P-256 at least,
/// neither revoked nor inactive, and ours name us in the SAN. Ours are ranked: that of `um cert use`, then those issued by
/// a CA (PKI or commercial), then self-signed ones; within a class the longest life, then the lower SHA-256. An owner's are
/// ranked by life and SHA-256 alone. Where we connect, those that are made for clientAuth as well go first, except before
/// that of `um cert use`.
pub fn choose(store: &CertificateStore, wanted: &Wanted<'_>, now: Timestamp) -> Choice {
    let judge = Judge { store, wanted, now };
    let mut fit = Vec::new();
    let mut others = Vec::new();
    for candidate in store.candidates() {
        match judge.usable(candidate) {
            Ok(identity) => fit.push(Fit { candidate, identity, class: class(&judge, candidate) }),
            Err(standing) => others.push(standing_of(candidate, standing)),
        }
    }
    fit.sort_by(|a, b| a.rank().cmp(&b.rank()));
    let chosen = fit.first();
    let dialing = chosen.map(|best| best.dialing(&fit));
    let mut explanation: Vec<StandingOf> = Vec::new();
    for (place, found) in fit.iter().enumerate() {
        let standing = match (chosen, dialing) {
            (Some(best), Some(dialing)) if place > 0 => found.behind(best, dialing),
            (_, dialing) => Standing::Chosen { why: words::chosen(&judge, found, dialing) },
        };
        explanation.push(standing_of(found.candidate, standing));
    }
    explanation.extend(others);
    let identity = |found: &Fit<'_>| Arc::clone(found.identity);
    Choice { chosen: chosen.map(identity), dialing: dialing.map(identity), explanation }
}

impl<'a> Wanted<'a> {
    /// One of ours, where nothing is known to be revoked.
    pub fn ours(fqdn: &'a str) -> Self {
        Self { owner: None, fqdn, revoked: &|_| false }
    }
}

impl fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("owner", &self.owner).field("fqdn", &self.fqdn).finish_non_exhaustive()
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen { why } => write!(f, "chosen: {why}"),
            Self::ChosenForDialing { why } => write!(f, "chosen where we connect: {why}"),
            Self::Outranked { why } => write!(f, "not needed: {why}"),
            Self::Waiting { why } => write!(f, "waiting: {why}"),
            Self::PassedOver { why } => write!(f, "passed over: {why}"),
        }
    }
}

/// What goes before the life of a candidate.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Class {
    Preferred,
    Owned,
    Issued,
    SelfSigned,
}

/// A candidate that can be presented.
struct Fit<'a> {
    candidate: &'a Candidate,
    identity: &'a Arc<Identity>,
    class: Class,
}

impl<'a> Fit<'a> {
    fn rank(&self) -> (Class, Reverse<Timestamp>, &'a str) {
        let facts = &self.candidate.facts;
        (self.class, Reverse(facts.not_after), &facts.sha256)
    }

    fn may_dial(&self) -> bool {
        self.class == Class::Preferred || usable::allows(&self.candidate.facts, "clientAuth")
    }

    /// What is shown where we connect, if this is the best of `fit`.
    fn dialing<'f>(&'f self, fit: &'f [Self]) -> &'f Self {
        fit.iter().find(|found| found.may_dial()).unwrap_or(self)
    }

    fn is(&self, other: &Self) -> bool {
        self.candidate.file == other.candidate.file
    }

    fn behind(&self, best: &Self, dialing: &Self) -> Standing {
        if self.is(dialing) {
            return Standing::ChosenForDialing { why: words::for_dialing(self) };
        }
        Standing::Outranked { why: words::outranked(self, best) }
    }
}

fn class(judge: &Judge<'_>, candidate: &Candidate) -> Class {
    if judge.wanted.owner.is_some() {
        Class::Owned
    } else if judge.is_preferred(candidate) {
        Class::Preferred
    } else if candidate.facts.self_signed {
        Class::SelfSigned
    } else {
        Class::Issued
    }
}

fn standing_of(candidate: &Candidate, standing: Standing) -> StandingOf {
    let (file, owner) = (candidate.file.clone(), candidate.flags.owner.clone());
    StandingOf { file, facts: Arc::clone(&candidate.facts), owner, standing }
}

#[cfg(test)]
mod tests;
