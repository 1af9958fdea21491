//! What is remembered of handshakes beyond the connection: unknown peers that an administrator may approve, and demands
//! that were waived.
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use cert_manager::{Demand, Verdict, VerdictCell};
use jiff::{SignedDuration, Timestamp};
use telephony::{Event, kind};

use super::pending::{PendingPeers, Sighting};

/// A waived demand is told this often.
const TOLD_AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// Waived demands that are remembered; behind that the old ones are forgotten first.
const MAX_WAIVED: usize = 4096;

/// The memory of handshakes.
#[derive(Default)]
pub struct Encounters {
    pending: PendingPeers,
    waived: Mutex<HashMap<(Arc<str>, Demand), Timestamp>>,
}

impl Encounters {
    /// Unknown self-signed peers.
    pub fn pending(&self) -> &PendingPeers {
        &self.pending
    }

    /// A peer has proved who it is: what it does not meet yet is told once a day.
    pub fn known(&self, verdict: &Verdict, source: IpAddr, now: Timestamp) -> Vec<Event> {
        let Verdict::Known { facts, waived, .. } = verdict else { return Vec::new() };
        let mut told = self.waived.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= MAX_WAIVED {
            told.retain(|_, last| now.duration_since(*last) < TOLD_AGAIN);
        }
        let mut events = Vec::new();
        for waiver in waived {
            let key = (Arc::clone(&waiver.peer), waiver.demand);
            if told.get(&key).is_some_and(|last| now.duration_since(*last) < TOLD_AGAIN) {
                continue;
            }
            told.insert(key, now);
            events.push(
                Event::new(&kind::DEMAND_WAIVED)
                    .with("gateway", &waiver.peer)
                    .with("demand", waiver.demand)
                    .with("words", &waiver.words)
                    .with("subject", &facts.subject)
                    .with("sha256", &facts.sha256)
                    .with("not_after", facts.not_after)
                    .with("source", source),
            );
        }
        events
    }

    /// A handshake has failed: if it was for a self-signed certificate that nobody knows, it is listed.
    pub fn refused(&self, verdict: &VerdictCell, sighting: Sighting<'_>) {
        let Some(Verdict::Refused(refusal)) = verdict.get() else { return };
        if let (Some(der), Some(facts)) = (&refusal.unknown, &refusal.facts) {
            self.pending.note(der, facts, sighting);
        }
    }
}

#[cfg(test)]
mod tests {
    use cert_manager::{IssueRequest, KeyKind, Waiver, issue_self_signed};

    use super::*;

    #[test]
    fn waived_demand_is_told_once_a_day_for_each_gateway() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let identity = issue_self_signed(&IssueRequest::new("gw1.example.com", KeyKind::P256), now).unwrap();
        let waiver = |peer: &str, demand| Waiver { peer: peer.into(), demand, words: "why".to_owned() };
        let verdict = |waived| Verdict::Known {
            peers: Arc::from(["gw1".into()]),
            facts: Arc::clone(identity.facts()),
            waived,
        };
        let encounters = Encounters::default();
        let told = |verdict: &Verdict, hours| {
            let then = now + SignedDuration::from_hours(hours);
            let events = encounters.known(verdict, "192.0.2.1".parse().unwrap(), then);
            events
                .iter()
                .map(|event| format!("{} {}", event.fields[0].1, event.fields[1].1))
                .collect::<Vec<_>>()
        };
        let one = verdict(vec![waiver("gw1", Demand::ClientAuth)]);
        let three = verdict(vec![
            waiver("gw1", Demand::ClientAuth),
            waiver("gw1", Demand::RevocationList),
            waiver("gw2", Demand::ClientAuth),
        ]);

        assert_eq!(told(&one, 0), ["gw1 client-auth"]);
        assert_eq!(told(&one, 23), [""; 0]);
        assert_eq!(told(&three, 23), ["gw1 revocation-list", "gw2 client-auth"]);
        assert_eq!(told(&three, 24), ["gw1 client-auth"]);
        assert_eq!(told(&verdict(Vec::new()), 99), [""; 0]);
    }
}
