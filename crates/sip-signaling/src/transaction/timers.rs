use std::time::Instant;

/// The running timers of one machine: at most one of each letter.
#[derive(Clone, Debug)]
pub(crate) struct TimerSet<T> {
    running: Vec<(Instant, T)>,
}

impl<T: Copy + Ord> TimerSet<T> {
    pub(crate) fn new() -> Self {
        Self { running: Vec::new() }
    }

    /// Starts `timer`, or moves it.
    pub(crate) fn set(&mut self, timer: T, at: Instant) {
        self.clear(timer);
        self.running.push((at, timer));
    }

    pub(crate) fn clear(&mut self, timer: T) {
        self.running.retain(|(_, running)| *running != timer);
    }

    pub(crate) fn clear_all(&mut self) {
        self.running.clear();
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.running.iter().map(|(at, _)| *at).min()
    }

    /// Takes the timer that is due first; of two due at once the one that stands first in its enum.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<T> {
        let (at, timer) = self.running.iter().copied().min().filter(|(at, _)| *at <= now)?;
        self.running.retain(|running| *running != (at, timer));
        Some(timer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn due_timers_come_in_the_order_of_their_deadlines() {
        let start = Instant::now();
        let mut timers = TimerSet::new();
        timers.set('H', start + Duration::from_secs(3));
        timers.set('G', start + Duration::from_secs(2));
        timers.set('I', start + Duration::from_secs(9));

        let due: Vec<char> = std::iter::from_fn(|| timers.take_due(start + Duration::from_secs(5))).collect();

        assert_eq!(due, ['G', 'H']);
        assert_eq!(timers.next_deadline(), Some(start + Duration::from_secs(9)));
    }

    #[test]
    fn a_timer_that_is_set_again_runs_once() {
        let start = Instant::now();
        let mut timers = TimerSet::new();
        timers.set('G', start + Duration::from_secs(1));
        timers.set('G', start + Duration::from_secs(4));

        assert_eq!(timers.take_due(start + Duration::from_secs(2)), None);
        assert_eq!(timers.take_due(start + Duration::from_secs(4)), Some('G'));
        assert_eq!(timers.next_deadline(), None);
    }
}
