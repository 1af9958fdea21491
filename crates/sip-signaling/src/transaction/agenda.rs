use std::{collections::VecDeque, time::Instant};

/// What one machine has yet to do: now, in this order (its outputs), and later (its timers, one of each letter at most).
///
/// The machine keeps its state and its figure; this knows neither.
#[derive(Debug)]
pub(super) struct Agenda<T, O> {
    outputs: VecDeque<O>,
    running: Vec<(Instant, T)>,
}

impl<T: Copy + Ord, O> Agenda<T, O> {
    pub(super) fn new() -> Self {
        Self { outputs: VecDeque::new(), running: Vec::new() }
    }

    /// Asks for `output`, behind all that was asked for before.
    pub(super) fn put(&mut self, output: O) {
        self.outputs.push_back(output);
    }

    /// Asks for `output`, which is the last: no timer runs any more.
    pub(super) fn conclude(&mut self, output: O) {
        self.clear_timers();
        self.put(output);
    }

    /// What to do now; `None` when there is nothing left.
    pub(super) fn next_output(&mut self) -> Option<O> {
        self.outputs.pop_front()
    }

    /// Starts `timer`, or moves it.
    pub(super) fn set(&mut self, timer: T, at: Instant) {
        self.clear(timer);
        self.running.push((at, timer));
    }

    pub(super) fn clear(&mut self, timer: T) {
        self.running.retain(|(_, running)| *running != timer);
    }

    pub(super) fn clear_timers(&mut self) {
        self.running.clear();
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.running.iter().map(|(at, _)| *at).min()
    }

    /// Takes the timer that is due first; of two due at once the one that stands first in its enum.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<T> {
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
        let mut timers = Agenda::<char, ()>::new();
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
        let mut timers = Agenda::<char, ()>::new();
        timers.set('G', start + Duration::from_secs(1));
        timers.set('G', start + Duration::from_secs(4));

        assert_eq!(timers.take_due(start + Duration::from_secs(2)), None);
        assert_eq!(timers.take_due(start + Duration::from_secs(4)), Some('G'));
        assert_eq!(timers.next_deadline(), None);
    }

    #[test]
    fn outputs_come_in_the_order_in_which_they_were_asked_for_and_the_last_one_stops_the_timers() {
        let start = Instant::now();
        let mut agenda = Agenda::new();
        agenda.set('B', start + Duration::from_secs(32));
        agenda.put("transmit");

        agenda.conclude("terminated");

        assert_eq!(agenda.next_output(), Some("transmit"));
        assert_eq!(agenda.next_output(), Some("terminated"));
        assert_eq!(agenda.next_output(), None);
        assert_eq!(agenda.next_deadline(), None);
    }
}
