use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// A bounded queue of the store was full, or the store is shutting down. Nothing was taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the store has too much to do: the disk stalls or the machine is too small for its load")]
pub struct QueueFull;

/// A queue from many threads to one or few. The bound is the pusher's: audio blocks and requests share a queue, for
/// their order, and have bounds of their own.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    ready: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::new(State { items: VecDeque::new(), closed: false }), ready: Condvar::new() }
    }

    /// Appends without waiting. `bound` is the length beyond which this item is refused and given back.
    pub(crate) fn push(&self, item: T, bound: usize) -> Result<(), T> {
        let mut state = self.lock();
        if state.closed || state.items.len() >= bound {
            return Err(item);
        }
        state.items.push_back(item);
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for the next item; `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the next item and takes up to `most` that are there; empty once the queue is closed and empty.
    pub(crate) fn pop_many(&self, most: usize) -> Vec<T> {
        let Some(first) = self.pop() else { return Vec::new() };
        let mut state = self.lock();
        let more = most.saturating_sub(1).min(state.items.len());
        std::iter::once(first).chain(state.items.drain(..more)).collect()
    }

    /// Refuses further items; those inside are still handed out.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.ready.notify_all();
    }

    /// Refuses further items and gives back those inside: nobody will come for them.
    pub(crate) fn abandon(&self) -> VecDeque<T> {
        let mut state = self.lock();
        state.closed = true;
        let left = std::mem::take(&mut state.items);
        drop(state);
        self.ready.notify_all();
        left
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_beyond_its_bound_is_refused_and_a_wider_bound_still_takes_one() {
        let queue = Queue::new();

        assert_eq!(queue.push('a', 1), Ok(()));
        assert_eq!(queue.push('b', 1), Err('b'));
        assert_eq!(queue.push('c', 2), Ok(()));

        assert_eq!(queue.pop_many(10), ['a', 'c']);
    }

    #[test]
    fn a_closed_queue_hands_out_what_it_has_and_takes_no_more() {
        let queue = Queue::new();
        queue.push(1, 8).unwrap();

        queue.close();

        assert_eq!(queue.push(2, 8), Err(2));
        assert_eq!(queue.pop(), Some(1));
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn an_abandoned_queue_gives_back_what_it_has_and_takes_no_more() {
        let queue = Queue::new();
        queue.push(1, 8).unwrap();

        assert_eq!(queue.abandon(), [1]);

        assert_eq!(queue.push(2, 8), Err(2));
        assert_eq!(queue.pop(), None);
    }
}
