use std::time::Instant;

use jiff::Timestamp;

/// A date beside the instant that deadlines are made of.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// For deadlines.
    pub now: Instant,
    /// For people.
    pub date: Timestamp,
}
