use std::collections::{BTreeMap, BTreeSet};

use cert_manager::{Candidate, CertificateFacts, CertificateStore, OwnIdentities, Standing};
use telephony::{Event, EventKind, kind};

use super::{decision::Shown, keeper::Moment};

/// What has been told of the store: each thing once, until it is otherwise.
#[derive(Debug, Default)]
pub struct Told {
    passed_over: BTreeSet<(String, String)>,
    missing: BTreeSet<Option<String>>,
    revoked: BTreeSet<String>,
}

/// Waiting successors, and the day on which each was last told of.
#[derive(Debug, Default)]
pub struct Announced(BTreeMap<String, i64>);

impl Told {
    /// What is new among certificates and files that cannot be shown.
    pub fn passed_over(&mut self, store: &CertificateStore, chosen: &OwnIdentities) -> Vec<Event> {
        let mut events = Vec::new();
        let mut all = BTreeSet::new();
        for fault in store.faults() {
            let key = (fault.file.display().to_string(), fault.reason.clone());
            if !self.passed_over.contains(&key) {
                events.push(
                    Event::new(&kind::CERTIFICATE_PASSED_OVER).with("file", &key.0).with("reason", &key.1),
                );
            }
            all.insert(key);
        }
        for (owner, choice) in chosen.choices() {
            for found in &choice.explanation {
                let Standing::PassedOver { why } = &found.standing else { continue };
                // Another owner's, and what an administrator has taken out of use, is as it should be.
                let is_meant = |candidate: &Candidate| {
                    candidate.file == found.file
                        && candidate.flags.owner.as_deref() == owner
                        && !candidate.flags.inactive
                };
                if !store.candidates().iter().any(is_meant) {
                    continue;
                }
                let key = (found.facts.sha256.clone(), why.clone());
                if !self.passed_over.contains(&key) && !all.contains(&key) {
                    let event = about(&kind::CERTIFICATE_PASSED_OVER, &found.facts);
                    events.push(event.with("reason", why));
                }
                all.insert(key);
            }
        }
        self.passed_over = all;
        events
    }

    /// What is shown and was revoked by its issuer since.
    pub(super) fn revoked(&mut self, shown: &[Shown], store: &CertificateStore, at: &Moment) -> Vec<Event> {
        let mut events = Vec::new();
        let mut all = BTreeSet::new();
        for candidate in store.candidates() {
            let Ok(identity) = &candidate.identity else { continue };
            let sha256 = &candidate.facts.sha256;
            let is_shown = shown.iter().any(|shown| shown.sha256 == *sha256);
            if !is_shown || !at.revocations.revoke(identity, at.now) || !all.insert(sha256.clone()) {
                continue;
            }
            if !self.revoked.contains(sha256) {
                events.push(about(&kind::OWN_REVOKED, &candidate.facts));
            }
        }
        self.revoked = all;
        events
    }

    /// What is shown now and was not before, and who is shown nothing. `made` has been told of already.
    pub fn chosen(
        &mut self,
        before: &[Shown],
        chosen: &OwnIdentities,
        made: Option<&str>,
        bound_to: impl Fn(&str) -> Vec<String>,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        let mut missing = BTreeSet::new();
        for (owner, choice) in chosen.choices() {
            if choice.chosen.is_none() {
                let key = owner.map(str::to_owned);
                if !self.missing.contains(&key) {
                    events.push(nothing_for(owner, &bound_to));
                }
                missing.insert(key);
            }
            for found in &choice.explanation {
                let (Standing::Chosen { why } | Standing::ChosenForDialing { why }) = &found.standing else {
                    continue;
                };
                let sha256 = &found.facts.sha256;
                let was = before.iter().any(|old| old.owner.as_deref() == owner && old.sha256 == *sha256);
                if was || made == Some(sha256.as_str()) {
                    continue;
                }
                let mut event = about(&kind::CERTIFICATE_CHOSEN, &found.facts);
                if let Some(owner) = owner {
                    event = event.with("owner", owner);
                }
                events.push(event.with("why", why));
            }
        }
        self.missing = missing;
        events
    }
}

impl Announced {
    /// Whether a day has gone since this one was told of.
    pub fn is_news(&mut self, successor: &str, days_left: i64) -> bool {
        self.0.insert(successor.to_owned(), days_left) != Some(days_left)
    }
}

/// An event with the facts of a certificate.
pub fn about(kind: &'static EventKind, facts: &CertificateFacts) -> Event {
    Event::new(kind)
        .with("subject", &facts.subject)
        .with("issuer", &facts.issuer)
        .with("serial", &facts.serial)
        .with("sha1", &facts.sha1)
        .with("sha256", &facts.sha256)
        .with("not_after", facts.not_after)
}

fn nothing_for(owner: Option<&str>, bound_to: &impl Fn(&str) -> Vec<String>) -> Event {
    let event = Event::new(&kind::CERTIFICATE_MISSING);
    match owner {
        Some(owner) => event.with("owner", owner).with("gateways", bound_to(owner).join(", ")).with(
            "reason",
            "no active certificate of this owner can be shown: TLS with its gateways is refused",
        ),
        None => event.with("reason", "no certificate can be shown, and none may be made: TLS is refused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_successor_is_told_of_once_a_day() {
        let mut announced = Announced::default();

        // Ours and an owner's may wait at the same time.
        let told: Vec<bool> = [("aa", 60), ("aa", 60), ("aa", 59), ("bb", 59), ("aa", 59), ("bb", 59)]
            .map(|(successor, days)| announced.is_news(successor, days))
            .to_vec();

        assert_eq!(told, [true, false, true, true, false, false]);
    }
}
