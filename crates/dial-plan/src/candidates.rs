#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::fmt;

use crate::{
    called_number::{canonical_number, shown},
    gateway::{IpGateway, Redirecting},
    mask::NumberRule,
    routing::CallFacts,
};

/// Where a mailbox number was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CandidateSource {
    /// The `target` parameter of the Request-URI (RFC 4458).
    Target,
    /// The Diversion entry of this place; 1 is the top one (RFC 5806).
    Diversion(usize),
    /// The History-Info entry of this index (RFC 7044).
    HistoryInfo(String),
    /// The called number itself.
    CalledNumber,
}

impl fmt::Display for CandidateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Target => f.write_str("target"),
            Self::Diversion(place) => write!(f, "Diversion {place}"),
            Self::HistoryInfo(index) => write!(f, "History-Info {}", shown(index)),
            Self::CalledNumber => f.write_str("called number"),
        }
    }
}

/// A number that may be a mailbox's; the first candidate that is one is taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailboxCandidate {
    /// Which header and entry it stands in.
    pub source: CandidateSource,
    /// The number as the peer wrote it.
    pub received: String,
    /// The number to look up: canonical, after the gateway's number rules.
    pub rewritten: String,
    /// The number rule that was applied.
    pub rule: Option<NumberRule>,
}

impl fmt::Display for MailboxCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.source, shown(&self.received))?;
        match &self.rule {
            Some(rule) => write!(f, " is {} by number rule {rule}", shown(&self.rewritten)),
            None if self.rewritten == self.received => Ok(()),
            None => write!(f, " reads as {}", shown(&self.rewritten)),
        }
    }
}

/// The most Diversion or History-Info entries of a call that are looked at.
pub(crate) const MAX_REDIRECTIONS: usize = 32;

impl IpGateway {
    /// The number that a user part of this gateway's means, as a mailbox has it: canonical, after the first number rule
    /// that fits.
    pub fn number_of(&self, user: &str) -> String {
        self.rewritten(canonical_number(user)).0
    }

    /// The number after the first number rule that fits, and that rule.
    pub(crate) fn rewritten(&self, number: String) -> (String, Option<NumberRule>) {
        let fitting = self.number_rules.iter().find_map(|rule| Some((rule.rewrite(&number)?, rule.clone())));
        match fitting {
            Some((rewritten, rule)) => (rewritten, Some(rule)),
            None => (number, None),
        }
    }

    fn candidate(&self, source: CandidateSource, received: &str) -> MailboxCandidate {
        let (rewritten, rule) = self.rewritten(canonical_number(received));
        MailboxCandidate { source, received: received.to_owned(), rewritten, rule }
    }
}

/// What the redirecting headers of a call name, in the order in which they are asked (security-modes 1b): `target`,
/// Diversion, History-Info, each in the gateway's direction.
pub(crate) fn redirecting_candidates(
    gateway: &IpGateway,
    facts: &CallFacts<'_>,
    pilot: &str,
) -> Vec<MailboxCandidate> {
    let mut candidates: Vec<MailboxCandidate> =
        facts.target.iter().map(|target| gateway.candidate(CandidateSource::Target, target)).collect();
    let mut diversions: Vec<MailboxCandidate> = (1..=MAX_REDIRECTIONS)
        .zip(facts.diversions)
        .map(|(place, number)| gateway.candidate(CandidateSource::Diversion(place), number))
        .collect();
    let mut history = history_before_pilot(gateway, facts, pilot);
    match gateway.redirecting {
        // The bottom Diversion and the lowest index are the number that the caller dialled.
        Redirecting::Original => diversions.reverse(),
        Redirecting::Last => history.reverse(),
    }
    candidates.append(&mut diversions);
    candidates.append(&mut history);
    candidates
}

/// The History-Info entries in the order of their indexes, without the pilot's own (the last that equals it) and what
/// stands behind it. Where none equals it, the last entry is the call to us if the direction is `last`.
fn history_before_pilot(gateway: &IpGateway, facts: &CallFacts<'_>, pilot: &str) -> Vec<MailboxCandidate> {
    let mut entries: Vec<(Vec<u32>, &str, &str)> = facts
        .history
        .iter()
        .take(MAX_REDIRECTIONS)
        .map(|(index, number)| (index_key(index), *index, *number))
        .collect();
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    let mut history: Vec<MailboxCandidate> = entries
        .into_iter()
        .map(|(_, index, number)| gateway.candidate(CandidateSource::HistoryInfo(index.to_owned()), number))
        .collect();
    let last = history.len().saturating_sub(1);
    let end = match (history.iter().rposition(|entry| entry.rewritten == pilot), gateway.redirecting) {
        (Some(place), _) => place,
        (None, Redirecting::Last) => last,
        (None, Redirecting::Original) => history.len(),
    };
    history.truncate(end);
    history
}

/// `1.10` sorts behind `1.2`; what is no number counts as 0.
fn index_key(index: &str) -> Vec<u32> {
    index.split('.').take(MAX_REDIRECTIONS).map(|part| part.trim().parse().unwrap_or(0)).collect()
}
