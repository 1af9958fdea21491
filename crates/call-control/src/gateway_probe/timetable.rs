//! Which probe is due when, and which are under way.
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use sip_signaling::{PeerName, TransportClass};

use super::{MAX_IN_FLIGHT, ProbeAttempt, probe::Probe};

/// What is probed: a gateway over one transport class.
pub(super) type Target = (PeerName, TransportClass);

/// The times of all probes. Each target stands here once, at the [deadline](Probe::deadline) of its probe.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    /// Those that rest, by when they are due.
    resting: BTreeSet<(Instant, Target)>,
    /// Those under way, by when they are given up.
    waiting: BTreeSet<(Instant, Target)>,
    by_attempt: BTreeMap<ProbeAttempt, Target>,
    attempts: u64,
}

impl Timetable {
    /// The target rests until `due`.
    pub(super) fn rest(&mut self, target: Target, due: Instant) {
        self.resting.insert((due, target));
    }

    /// The target is under way from now on, until `until`.
    pub(super) fn begin(&mut self, target: &Target, until: Instant) -> ProbeAttempt {
        self.attempts = self.attempts.saturating_add(1);
        let attempt = ProbeAttempt(self.attempts);
        self.waiting.insert((until, target.clone()));
        self.by_attempt.insert(attempt, target.clone());
        attempt
    }

    /// The target goes on waiting, until another moment.
    pub(super) fn wait_on(&mut self, target: Target, before: Instant, until: Instant) {
        self.waiting.remove(&(before, target.clone()));
        self.waiting.insert((until, target));
    }

    /// The target stands here no more.
    pub(super) fn leave(&mut self, target: &Target, probe: &Probe) {
        let place = (probe.deadline(), target.clone());
        self.resting.remove(&place);
        self.waiting.remove(&place);
        if let Some(attempt) = probe.attempt() {
            self.by_attempt.remove(&attempt);
        }
    }

    /// Whose attempt it is; nobody's if it has ended.
    pub(super) fn target_of(&self, attempt: ProbeAttempt) -> Option<Target> {
        self.by_attempt.get(&attempt).cloned()
    }

    /// Takes out the next that is due, if there is room for it.
    pub(super) fn next_due(&mut self, now: Instant) -> Option<Target> {
        if self.has_room() { take_first(&mut self.resting, now) } else { None }
    }

    /// Takes out the next that has waited too long.
    pub(super) fn next_overdue(&mut self, now: Instant) -> Option<Target> {
        take_first(&mut self.waiting, now)
    }

    /// When something is to be done.
    pub(super) fn next(&self) -> Option<Instant> {
        let due = self.resting.first().filter(|_| self.has_room()).map(|(due, _)| *due);
        let given_up = self.waiting.first().map(|(until, _)| *until);
        [due, given_up].into_iter().flatten().min()
    }

    /// How many are under way.
    pub(super) fn under_way(&self) -> usize {
        self.by_attempt.len()
    }

    fn has_room(&self) -> bool {
        self.under_way() < MAX_IN_FLIGHT
    }
}

fn take_first(set: &mut BTreeSet<(Instant, Target)>, now: Instant) -> Option<Target> {
    let first = set.first().filter(|(at, _)| *at <= now).cloned()?;
    set.remove(&first);
    Some(first.1)
}
