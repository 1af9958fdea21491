use std::time::Duration;

/// The three base times from which every timer of RFC 3261 17 is made (RFC 3261 17.1.1.1, Table 4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timing {
    /// Estimate of the round trip; 500 ms unless the network is known.
    pub t1: Duration,
    /// The longest interval between retransmissions of a non-INVITE request and of an INVITE response; 4 s.
    pub t2: Duration,
    /// How long a message may stay in the network; 5 s.
    pub t4: Duration,
}

impl Timing {
    /// 64*T1: how long a transaction tries before it gives up (timers B, F, H, J, L and M).
    pub fn patience(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// The interval after `interval`: doubled, T2 at most (timers E and G, and the 2xx of RFC 3261 13.3.1.4).
    pub fn next_interval(&self, interval: Duration) -> Duration {
        interval.saturating_mul(2).min(self.t2)
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

/// Whether the transport below a transaction repeats lost bytes itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reliability {
    /// TCP and TLS: nothing is sent twice, and there is nothing to absorb afterwards.
    Reliable,
    /// UDP.
    Unreliable,
}
