//! Seconds to the end of certificates and lists.
use std::{collections::BTreeMap, sync::Mutex, time::Instant};

use super::{catalogue::EXPIRY, locked, page::Page};

/// Certificates and lists that are watched; what comes behind is not shown.
const MAX_EXPIRIES: usize = 4_096;

/// What expires.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ExpiryKind {
    /// A certificate of this server; named by its SHA-256.
    Own,
    /// A root, an intermediate or a pin that is trusted; named by its SHA-256.
    Trusted,
    /// A revocation list; named by the SHA-256 of its root.
    RevocationList,
    /// The certificate that a gateway presented last; named by the gateway.
    Gateway,
}

/// Seconds to expiry, by kind and name. Who watches certificates sets them; they run on by themselves.
#[derive(Debug, Default)]
pub struct ExpiryGauges {
    by_name: Mutex<BTreeMap<(ExpiryKind, String), Expiry>>,
}

#[derive(Clone, Copy, Debug)]
struct Expiry {
    seconds: i64,
    told: Instant,
}

impl ExpiryGauges {
    /// Says how many seconds it is to the expiry of `name`, negative behind it; replaces what was said before.
    pub fn set(&self, kind: ExpiryKind, name: &str, seconds: i64) {
        let mut by_name = locked(&self.by_name);
        let key = (kind, name.to_owned());
        if by_name.len() < MAX_EXPIRIES || by_name.contains_key(&key) {
            by_name.insert(key, Expiry { seconds, told: Instant::now() });
        }
    }

    /// Says it of all of a kind: what is not named here is there no more.
    pub fn replace(&self, kind: ExpiryKind, all: impl IntoIterator<Item = (String, i64)>) {
        locked(&self.by_name).retain(|(known, _), _| *known != kind);
        all.into_iter().for_each(|(name, seconds)| self.set(kind, &name, seconds));
    }

    pub(super) fn print(&self, page: &mut Page, now: Instant) {
        let mut samples = page.metric(&EXPIRY);
        for ((kind, name), expiry) in locked(&self.by_name).iter() {
            let passed =
                i64::try_from(now.saturating_duration_since(expiry.told).as_secs()).unwrap_or(i64::MAX);
            samples.add(&[kind.word(), name], expiry.seconds.saturating_sub(passed));
        }
    }
}

impl ExpiryKind {
    /// The word in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Trusted => "trusted",
            Self::RevocationList => "revocation-list",
            Self::Gateway => "gateway",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn seconds_to_expiry_run_on_and_a_kind_is_replaced_whole() {
        let gauges = ExpiryGauges::default();
        gauges.set(ExpiryKind::Gateway, "gw \"1\"\\", 90);
        gauges.replace(ExpiryKind::Own, [("aa".to_owned(), 5), ("bb".to_owned(), -5)]);
        gauges.replace(ExpiryKind::Own, [("bb".to_owned(), 30)]);

        let mut page = Page::default();
        gauges.print(&mut page, Instant::now() + Duration::from_secs(60));

        let text = page.into_text();
        let samples: Vec<&str> = text.lines().skip(2).collect();
        // A second may pass while the test runs.
        let own = "um_expiry_seconds{kind=\"own\",name=\"bb\"} -";
        let gateway = r#"um_expiry_seconds{kind="gateway",name="gw \"1\"\\"} "#;
        let value = |line: &str, start: &str| line.strip_prefix(start).unwrap().parse::<i64>().unwrap();
        assert_eq!(samples.len(), 2, "{samples:?}");
        assert!((30..=31).contains(&value(samples[0], own)), "{samples:?}");
        assert!((29..=30).contains(&value(samples[1], gateway)), "{samples:?}");
    }

    #[test]
    fn gauges_are_bounded() {
        let gauges = ExpiryGauges::default();
        for number in 0..5_000 {
            gauges.set(ExpiryKind::Trusted, &number.to_string(), 1);
        }

        assert_eq!(locked(&gauges.by_name).len(), 4_096);
    }
}
