use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    choice::Choice,
    facts::CertificateFacts,
    identity::Identity,
    store::{Candidate, CertificateStore, Flags},
};

/// How long before its end a self-signed certificate gets a successor: every gateway has to be given it.
pub const SUCCESSION: SignedDuration = SignedDuration::from_hours(24 * 60);
const DAY_SECONDS: i64 = 24 * 3600;

/// What is to be done about the end of a self-signed certificate that is presented. Certificates are named by their
/// SHA-256.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SuccessionStep {
    /// Make one with the same key (`renew_self_signed`) and add it to the store with these flags: it waits.
    Make {
        /// The one that ends.
        of: String,
        /// Inactive, of the same owner, successor of that one.
        flags: Flags,
    },
    /// Tell the administrator, now and every day: the gateways have to be given it.
    Announce {
        /// The one that waits.
        successor: String,
        /// The one that ends.
        of: String,
        /// Days until it takes over by itself, begun ones counted whole.
        days_left: i64,
    },
    /// It is presented already since its predecessor can be presented no more. Say so loudly and give it these flags; if
    /// [`CertificateStore::preferred`] is its predecessor, prefer it instead.
    TakeOver {
        /// The one that is presented from now on.
        successor: String,
        /// Its predecessor, which may have been deleted.
        of: String,
        /// Active, of the same owner, successor of that one.
        flags: Flags,
    },
}

/// What is to be done at `now` so that the self-signed certificate of this choice gets its successor in time; ask for each
/// of [`crate::OwnIdentities::choices`]. Certificates of a CA have none: their issuer stays the same. What is presented where
/// we connect alone is succeeded as well.
///
/// Once the steps are done, the next call finds only what is to be announced. A successor is never made twice: another
/// certificate of the same key that lives longer counts as one, whatever its flags.
pub fn succession(store: &CertificateStore, choice: &Choice, now: Timestamp) -> Vec<SuccessionStep> {
    let (chosen, dialing) = (choice.chosen.as_ref(), choice.dialing.as_ref());
    let is_another =
        |own: &&Arc<Identity>| chosen.is_none_or(|best| best.facts().sha256 != own.facts().sha256);
    let presented = chosen.into_iter().chain(dialing.filter(is_another));
    presented.flat_map(|own| steps_of(store, own.facts(), now)).collect()
}

fn steps_of(store: &CertificateStore, facts: &CertificateFacts, now: Timestamp) -> Vec<SuccessionStep> {
    let is_presented = |one: &&Candidate| one.facts.sha256 == facts.sha256;
    let Some(candidate) = store.candidates().iter().find(is_presented) else { return Vec::new() };
    let mut steps: Vec<SuccessionStep> = take_over(candidate).into_iter().collect();
    if !facts.self_signed {
        return steps;
    }
    let waiting =
        |one: &&Candidate| one.flags.is_waiting() && one.flags.successor_of.as_ref() == Some(&facts.sha256);
    let announce = |one: &Candidate| SuccessionStep::Announce {
        successor: one.facts.sha256.clone(),
        of: facts.sha256.clone(),
        days_left: days_until(facts.not_after, now),
    };
    steps.extend(store.candidates().iter().filter(waiting).map(announce));
    let made = store.candidates().iter().any(|one| continues(&one.facts, facts));
    if !made && facts.not_after.duration_since(now) <= SUCCESSION {
        let flags = Flags {
            inactive: true,
            owner: candidate.flags.owner.clone(),
            successor_of: Some(facts.sha256.clone()),
        };
        steps.push(SuccessionStep::Make { of: facts.sha256.clone(), flags });
    }
    steps
}

fn take_over(candidate: &Candidate) -> Option<SuccessionStep> {
    let of = candidate.flags.successor_of.clone().filter(|_| candidate.flags.is_waiting())?;
    let flags = Flags { inactive: false, ..candidate.flags.clone() };
    Some(SuccessionStep::TakeOver { successor: candidate.facts.sha256.clone(), of, flags })
}

/// Whether those who trust the key of `facts` can go on with this one.
fn continues(other: &CertificateFacts, facts: &CertificateFacts) -> bool {
    other.spki_sha256 == facts.spki_sha256 && other.not_after > facts.not_after
}

fn days_until(end: Timestamp, now: Timestamp) -> i64 {
    let seconds = end.as_second().saturating_sub(now.as_second());
    seconds.div_euclid(DAY_SECONDS) + i64::from(seconds.rem_euclid(DAY_SECONDS) > 0)
}

#[cfg(test)]
mod tests;
