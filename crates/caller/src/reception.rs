use std::time::{Duration, Instant};

/// What a receiver counts about its source (RFC 3550 A.3, A.8), in an arithmetic of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reception {
    /// Packets between the first and the last that never came; copies do not make up for losses.
    pub lost: u64,
    /// Interarrival jitter at the end.
    pub jitter: Duration,
}

/// Counts packet by packet.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    first: Option<u16>,
    /// The highest sequence number, counted on from the first.
    span: u64,
    received: u64,
    last: Option<(Instant, u32)>,
    /// In seconds.
    jitter: f64,
}

impl Counting {
    pub(crate) fn count(&mut self, sequence: u16, timestamp: u32, arrival: Instant) {
        let first = *self.first.get_or_insert(sequence);
        self.received += 1;
        let highest = first.wrapping_add(self.span as u16);
        let ahead = sequence.wrapping_sub(highest);
        if ahead < 0x8000 {
            self.span += u64::from(ahead);
        }
        if let Some((before, stamped)) = self.last.replace((arrival, timestamp)) {
            let sent_apart = f64::from(timestamp.wrapping_sub(stamped).cast_signed()) / 8000.0;
            let came_apart = arrival.saturating_duration_since(before).as_secs_f64();
            let difference = (sent_apart - came_apart).abs();
            // A pause or a jump of the sender is no jitter.
            if difference < MAX_TRANSIT_CHANGE {
                self.jitter += (difference - self.jitter) / 16.0;
            }
        }
    }

    pub(crate) fn told(&self) -> Reception {
        let expected = if self.first.is_some() { self.span + 1 } else { 0 };
        Reception {
            lost: expected.saturating_sub(self.received),
            jitter: Duration::from_secs_f64(self.jitter),
        }
    }
}

/// Seconds.
const MAX_TRANSIT_CHANGE: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_counted_across_the_wrap_and_in_any_order() {
        let start = Instant::now();
        let mut counting = Counting::default();
        assert_eq!(counting.told(), Reception::default());

        for sequence in [65_534, 65_535, 3, 1] {
            counting.count(sequence, 0, start);
        }

        // 0 and 2 never came.
        assert_eq!(counting.told().lost, 2);
    }

    #[test]
    fn even_packets_have_no_jitter_and_a_pause_of_the_sender_has_none_either() {
        let start = Instant::now();
        let mut counting = Counting::default();
        let at = |ms: u64| start + Duration::from_millis(ms);
        for n in 0..100_u16 {
            counting.count(n, u32::from(n) * 160, at(20 * u64::from(n)));
        }
        counting.count(100, 100 * 160, at(9_000));
        assert_eq!(counting.told().jitter, Duration::ZERO);

        for n in 101..400_u16 {
            let late = if n % 2 == 0 { 5 } else { 0 };
            counting.count(n, u32::from(n) * 160, at(9_000 + 20 * u64::from(n - 100) + late));
        }

        let jitter = counting.told().jitter.as_secs_f64() * 1e3;
        assert!((4.9..=5.0).contains(&jitter), "{jitter} ms");
    }
}
