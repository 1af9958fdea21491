use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use telephony::Event;

/// An event as it is stored and shown.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EventRow {
    /// Ascending number in the database; also the place to go on from.
    pub sequence: i64,
    /// When the first of it happened.
    pub at: Timestamp,
    /// The stable number of its kind (docs/events.md).
    pub id: u16,
    /// The stable name of its kind.
    pub name: String,
    /// `information`, `warning` or `error`.
    pub severity: String,
    /// What happened, one sentence.
    pub summary: String,
    /// The facts by name, in the order of telling; an object in JSON.
    #[serde(with = "facts")]
    pub fields: Vec<(String, String)>,
    /// What to do; empty where nothing is to be done.
    pub remedy: String,
    /// How many equal ones this row stands for, 1 or more.
    pub count: u64,
}

impl EventRow {
    /// The row of an event that was kept under this number.
    pub fn new(sequence: i64, at: Timestamp, event: &Event, count: u64) -> Self {
        Self {
            sequence,
            at,
            id: event.kind.id,
            name: event.kind.name.to_owned(),
            severity: event.kind.severity.word().to_owned(),
            summary: event.kind.summary.to_owned(),
            fields: event.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            remedy: event.remedy_words().to_owned(),
            count,
        }
    }
}

/// Which events are asked for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct EventQuery {
    /// Not older than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only rows behind this sequence number, the oldest first: for going on from an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// If there are none, wait this long for one, at most 60 s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_seconds: Option<u32>,
    /// At most this many; default 100, at most 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl EventQuery {
    /// How many rows come if nobody says.
    pub const DEFAULT_LIMIT: u32 = 100;
    /// The most rows of one answer.
    pub const MAX_LIMIT: u32 = 10_000;

    /// The longest wait.
    pub const MAX_WAIT_SECONDS: u32 = 60;

    /// The wait in force, in seconds.
    pub fn effective_wait(&self) -> u32 {
        self.wait_seconds.unwrap_or(0).min(Self::MAX_WAIT_SECONDS)
    }

    /// The limit in force.
    pub fn effective_limit(&self) -> u32 {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT).min(Self::MAX_LIMIT)
    }
}

/// Pairs as a JSON object that keeps their order.
mod facts {
    use std::fmt;

    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    type Facts = Vec<(String, String)>;

    pub(super) fn serialize<S: Serializer>(facts: &Facts, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(facts.iter().map(|(name, value)| (name, value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Facts, D::Error> {
        deserializer.deserialize_map(FactsVisitor)
    }

    struct FactsVisitor;

    impl<'de> Visitor<'de> for FactsVisitor {
        type Value = Facts;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of texts")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Facts, A::Error> {
            let mut facts = Facts::new();
            while let Some(fact) = map.next_entry()? {
                facts.push(fact);
            }
            Ok(facts)
        }
    }
}

#[cfg(test)]
mod tests {
    use telephony::kind;

    use super::*;

    #[test]
    fn facts_are_an_object_in_the_order_of_telling() {
        let event = Event::new(&kind::CALL_REJECTED).with("reason", "no mailbox").with("gateway", "gw1");
        let row = EventRow::new(7, Timestamp::UNIX_EPOCH, &event, 1);

        let json = serde_json::to_string(&row).unwrap();

        assert!(json.contains(r#""fields":{"reason":"no mailbox","gateway":"gw1"}"#), "{json}");
        assert_eq!(serde_json::from_str::<EventRow>(&json).unwrap(), row);
    }

    #[test]
    fn limit_is_100_by_default_and_never_above_10000() {
        assert_eq!(EventQuery::default().effective_limit(), 100);
        assert_eq!(EventQuery { limit: Some(2_000_000), ..EventQuery::default() }.effective_limit(), 10_000);
    }
}
