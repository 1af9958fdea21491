use std::{collections::BTreeMap, fmt};

use jiff::{SignedDuration, Timestamp};

const DAY_SECONDS: i64 = 24 * 3600;

/// Something whose life ends and that somebody has to renew.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Watched {
    /// Tells it apart from all others; what is renewed under the same key is watched anew.
    pub key: String,
    /// What it is.
    pub what: WatchedKind,
    /// Whose it is, in words.
    pub subject: String,
    /// When its life has begun, if that is known: of a short life no more than the second half is warned of.
    pub since: Option<Timestamp>,
    /// The last moment of its life; of a CRL, its next update.
    pub not_after: Timestamp,
    /// The command that mends it.
    pub remedy: String,
}

/// What is watched.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum WatchedKind {
    /// A certificate of ours.
    OwnCertificate,
    /// A root that peers are trusted by.
    TrustedRoot,
    /// A CA certificate between a root and a peer.
    Intermediate,
    /// A list of revoked certificates.
    Crl,
    /// What a peer has presented.
    PeerCertificate,
}

/// Something ends soon or has ended; to be written down as an event.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpiryNotice {
    /// As watched.
    pub key: String,
    /// What it is.
    pub what: WatchedKind,
    /// Whose it is.
    pub subject: String,
    /// The last moment of its life.
    pub not_after: Timestamp,
    /// Days until then, a begun one counted whole; 0 and less: it has ended, so many whole days ago.
    pub days_left: i64,
    /// The command that mends it.
    pub remedy: String,
}

/// Tells of what ends soon: at each of its steps (days before the end), every day from the last of them on, and every day
/// after the end. Days are spans of 24 hours before and after the moment of the end.
///
/// What is watched for the first time is told at once if a step has passed: after a start nobody waits for a day.
#[derive(Clone, Debug)]
pub struct ExpiryWatch {
    steps: Vec<i64>,
    told: BTreeMap<String, Told>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Told {
    not_after: Timestamp,
    stage: i64,
}

impl ExpiryWatch {
    /// The step that is taken where none is configured.
    pub const DEFAULT_STEPS: [u16; 1] = [30];

    /// Warns so many days before the end, in any order; none: [`ExpiryWatch::DEFAULT_STEPS`].
    pub fn new(steps: Vec<u16>) -> Self {
        let steps = if steps.is_empty() { Self::DEFAULT_STEPS.to_vec() } else { steps };
        Self { steps: steps.into_iter().map(i64::from).collect(), told: BTreeMap::new() }
    }

    /// What is to be told at `now` of the whole of what is watched; call it at least once an hour. Each stage of each is
    /// told once, the latest one alone if several have passed. What is watched no more is forgotten.
    pub fn look(&mut self, watched: &[Watched], now: Timestamp) -> Vec<ExpiryNotice> {
        let mut told = BTreeMap::new();
        let mut notices = Vec::new();
        for one in watched {
            let days_left = days_left(one.not_after, now);
            let Some(stage) = self.stage(one, days_left) else { continue };
            let latest = Told { not_after: one.not_after, stage };
            if self.told.get(&one.key) != Some(&latest) && told.get(&one.key) != Some(&latest) {
                notices.push(ExpiryNotice::of(one, days_left));
            }
            told.insert(one.key.clone(), latest);
        }
        self.told = told;
        notices
    }

    /// The step that was passed last, in days before the end; from the last step on, the day itself.
    fn stage(&self, watched: &Watched, days_left: i64) -> Option<i64> {
        let most = watched.since.map_or(i64::MAX, |since| half_days(since, watched.not_after));
        let steps = || self.steps.iter().map(|step| (*step).min(most));
        let daily_from = steps().min()?;
        if days_left <= daily_from {
            Some(days_left)
        } else {
            steps().filter(|step| days_left <= *step).min()
        }
    }
}

impl Watched {
    /// Whether its life ends within this time from `now`, or has ended (`um cert check --within`). A revocation list is
    /// renewed by its issuer long before its end, so it is never due in the first half of its life.
    pub fn is_due(&self, within: SignedDuration, now: Timestamp) -> bool {
        let left = self.not_after.duration_since(now);
        let late = match (self.what, self.since) {
            (WatchedKind::Crl, Some(since)) => left <= self.not_after.duration_since(since) / 2,
            (WatchedKind::Crl, None)
            | (
                WatchedKind::OwnCertificate
                | WatchedKind::TrustedRoot
                | WatchedKind::Intermediate
                | WatchedKind::PeerCertificate,
                _,
            ) => true,
        };
        left <= within && late
    }
}

impl ExpiryNotice {
    fn of(watched: &Watched, days_left: i64) -> Self {
        Self {
            key: watched.key.clone(),
            what: watched.what,
            subject: watched.subject.clone(),
            not_after: watched.not_after,
            days_left,
            remedy: watched.remedy.clone(),
        }
    }
}

impl fmt::Display for ExpiryNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, subject, not_after, days_left, remedy, .. } = self;
        match days_left {
            ..=-2 => {
                write!(f, "{what} {subject} expired {} days ago, on {not_after}", days_left.unsigned_abs())
            }
            -1 => write!(f, "{what} {subject} expired a day ago, on {not_after}"),
            0 => write!(f, "{what} {subject} has expired, on {not_after}"),
            1 => write!(f, "{what} {subject} expires within a day, on {not_after}"),
            2.. => write!(f, "{what} {subject} expires in {days_left} days, on {not_after}"),
        }?;
        write!(f, ": {remedy}")
    }
}

impl fmt::Display for WatchedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnCertificate => "our certificate",
            Self::TrustedRoot => "the trusted root",
            Self::Intermediate => "the CA certificate",
            Self::Crl => "the revocation list of",
            Self::PeerCertificate => "the peer's certificate",
        })
    }
}

/// Begun days are whole: 30 from exactly 30 days before the end until a day later; 0 in the first day after it.
fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    let seconds = end.as_second().saturating_sub(now.as_second());
    let whole = seconds.div_euclid(DAY_SECONDS);
    if seconds.rem_euclid(DAY_SECONDS) > 0 { whole.saturating_add(1) } else { whole }
}

fn half_days(since: Timestamp, end: Timestamp) -> i64 {
    end.as_second().saturating_sub(since.as_second()).div_euclid(DAY_SECONDS).div_euclid(2).max(0)
}

#[cfg(test)]
mod tests;
