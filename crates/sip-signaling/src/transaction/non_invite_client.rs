use std::time::{Duration, Instant};

use bytes::Bytes;

use NonInviteClientState::{Completed, Proceeding, Terminated, Trying};

use super::agenda::Agenda;
use super::{Outcome, Reliability, TerminationCause, Timing};
use crate::StatusCode;

/// The states of RFC 3261 17.1.2 Figure 6.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NonInviteClientState {
    /// Sent, and nothing heard.
    Trying,
    /// A provisional response has come.
    Proceeding,
    /// The final response has come; further ones are absorbed until timer K fires.
    Completed,
    /// Over.
    Terminated,
}

/// What a [`NonInviteClientTransaction`] asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NonInviteClientOutput {
    /// Send the request (again).
    Transmit(Bytes),
    /// The response just given to [`handle_response`](NonInviteClientTransaction::handle_response) is the user's.
    Deliver(StatusCode),
    /// Nothing more will come; forget the transaction.
    Terminated(TerminationCause),
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Timer {
    F,
    E,
    K,
}

/// Client transaction of every method but INVITE and ACK (RFC 3261 17.1.2 Figure 6).
#[derive(Debug)]
pub struct NonInviteClientTransaction {
    state: NonInviteClientState,
    timing: Timing,
    reliability: Reliability,
    agenda: Agenda<Timer, NonInviteClientOutput>,
    interval: Duration,
    request: Bytes,
    is_resent: bool,
}

impl NonInviteClientTransaction {
    /// Sends `request`, which carries a branch of its own.
    pub fn new(request: Bytes, reliability: Reliability, timing: Timing, now: Instant) -> Self {
        let mut agenda = Agenda::new();
        // "When entering this state, the client transaction SHOULD set timer F to fire in 64*T1 seconds." "If an
        // unreliable transport is in use, the client transaction MUST set timer E to fire in T1 seconds."
        agenda.set(Timer::F, now + timing.patience());
        if reliability == Reliability::Unreliable {
            agenda.set(Timer::E, now + timing.t1);
        }
        agenda.put(NonInviteClientOutput::Transmit(request.clone()));
        Self { state: Trying, timing, reliability, agenda, interval: timing.t1, request, is_resent: false }
    }

    /// Where in the figure it stands.
    pub fn state(&self) -> NonInviteClientState {
        self.state
    }

    /// A response has come whose branch and CSeq method are the request's (RFC 3261 17.1.3).
    pub fn handle_response(&mut self, status: StatusCode, now: Instant) {
        match (self.state, Outcome::of(status)) {
            // "If a provisional response is received while in the Trying state, the response MUST be passed to the
            // TU, and then the client transaction SHOULD move to the Proceeding state."
            (Trying | Proceeding, Outcome::Provisional) => {
                self.state = Proceeding;
                self.agenda.put(NonInviteClientOutput::Deliver(status));
            }
            // "Once the client transaction enters the Completed state, it MUST set Timer K to fire in T4 seconds
            // for unreliable transports, and zero seconds for reliable transports."
            (Trying | Proceeding, Outcome::Success | Outcome::Failure) => {
                self.agenda.clear_timers();
                self.agenda.put(NonInviteClientOutput::Deliver(status));
                match self.reliability {
                    Reliability::Unreliable => {
                        self.state = Completed;
                        self.agenda.set(Timer::K, now + self.timing.t4);
                    }
                    Reliability::Reliable => self.terminate(TerminationCause::Finished),
                }
            }
            // "The Completed state exists to buffer any additional response retransmissions."
            (Completed | Terminated, _) => {}
        }
    }

    /// Fires every deadline up to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.agenda.take_due(now) {
            match (self.state, timer) {
                // "If Timer E fires, .. the timer is reset, but this time with a value of MIN(2*T1, T2)."
                (Trying, Timer::E) => {
                    self.interval = self.timing.next_interval(self.interval);
                    self.retransmit(now);
                }
                // "If Timer E fires while in the Proceeding state, the request MUST be passed to the transport layer
                // for retransmission, and Timer E MUST be reset with a value of T2 seconds."
                (Proceeding, Timer::E) => {
                    self.interval = self.timing.t2;
                    self.retransmit(now);
                }
                // "If Timer F fires .. the client transaction SHOULD inform the TU about the timeout."
                (Trying | Proceeding, Timer::F) => self.terminate(TerminationCause::TimedOut),
                (Completed, Timer::K) => self.terminate(TerminationCause::Finished),
                (Trying | Proceeding, Timer::K) | (Completed, Timer::E | Timer::F) | (Terminated, _) => {}
            }
        }
    }

    /// The connection of the request is gone, and there is another: sends the request once more, so that a peer that
    /// never read it hears of it. `false` if that was done already, or the answer has come.
    pub fn resend(&mut self) -> bool {
        match self.state {
            Trying | Proceeding if !self.is_resent => {
                self.is_resent = true;
                self.agenda.put(NonInviteClientOutput::Transmit(self.request.clone()));
                true
            }
            Trying | Proceeding | Completed | Terminated => false,
        }
    }

    /// The flow of the request is gone (RFC 3261 17.1.4).
    pub fn handle_transport_failure(&mut self) {
        match self.state {
            Trying | Proceeding => self.terminate(TerminationCause::TransportFailed),
            Completed => self.terminate(TerminationCause::Finished),
            Terminated => {}
        }
    }

    /// The next thing to do; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<NonInviteClientOutput> {
        self.agenda.next_output()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.agenda.next_deadline()
    }

    fn retransmit(&mut self, now: Instant) {
        self.agenda.set(Timer::E, now + self.interval);
        self.agenda.put(NonInviteClientOutput::Transmit(self.request.clone()));
    }

    fn terminate(&mut self, cause: TerminationCause) {
        self.state = Terminated;
        self.agenda.conclude(NonInviteClientOutput::Terminated(cause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Bytes = Bytes::from_static(b"request");

    fn run(
        transaction: &mut NonInviteClientTransaction,
        start: Instant,
    ) -> (Vec<u128>, Option<(u128, TerminationCause)>) {
        let mut sent_at_ms = Vec::new();
        let mut end = None;
        let mut now = start;
        loop {
            while let Some(output) = transaction.poll_output() {
                match output {
                    NonInviteClientOutput::Transmit(_) => sent_at_ms.push((now - start).as_millis()),
                    NonInviteClientOutput::Terminated(cause) => {
                        end = Some(((now - start).as_millis(), cause));
                    }
                    NonInviteClientOutput::Deliver(_) => {}
                }
            }
            let Some(deadline) = transaction.poll_timeout() else { return (sent_at_ms, end) };
            now = deadline;
            transaction.handle_timeout(now);
        }
    }

    #[test]
    fn retransmits_at_doubling_intervals_until_timer_f() {
        let start = Instant::now();
        let mut transaction =
            NonInviteClientTransaction::new(REQUEST, Reliability::Unreliable, Timing::default(), start);

        let (sent_at_ms, end) = run(&mut transaction, start);

        assert_eq!(sent_at_ms, [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
        assert_eq!(end, Some((32_000, TerminationCause::TimedOut)));
    }

    #[test]
    fn sends_once_over_a_reliable_transport_and_times_out_alike() {
        let start = Instant::now();
        let mut transaction =
            NonInviteClientTransaction::new(REQUEST, Reliability::Reliable, Timing::default(), start);

        let (sent_at_ms, end) = run(&mut transaction, start);

        assert_eq!(sent_at_ms, [0]);
        assert_eq!(end, Some((32_000, TerminationCause::TimedOut)));
    }

    #[test]
    fn a_provisional_response_slows_the_retransmissions_to_t2() {
        let start = Instant::now();
        let mut transaction =
            NonInviteClientTransaction::new(REQUEST, Reliability::Unreliable, Timing::default(), start);
        transaction.handle_response(StatusCode::TRYING, start);

        let (sent_at_ms, _) = run(&mut transaction, start);

        assert_eq!(sent_at_ms, [0, 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500]);
    }

    #[test]
    fn the_final_response_is_delivered_once_and_timer_k_ends_it() {
        let start = Instant::now();
        let mut transaction =
            NonInviteClientTransaction::new(REQUEST, Reliability::Unreliable, Timing::default(), start);
        assert_eq!(transaction.poll_output(), Some(NonInviteClientOutput::Transmit(REQUEST)));

        transaction.handle_response(StatusCode::OK, start);
        transaction.handle_response(StatusCode::OK, start);

        assert_eq!(transaction.poll_output(), Some(NonInviteClientOutput::Deliver(StatusCode::OK)));
        assert_eq!(transaction.poll_output(), None);
        let (_, end) = run(&mut transaction, start);
        assert_eq!(end, Some((5_000, TerminationCause::Finished)));
    }

    #[test]
    fn a_lost_flow_is_told_while_the_answer_is_awaited() {
        let start = Instant::now();
        let mut transaction =
            NonInviteClientTransaction::new(REQUEST, Reliability::Reliable, Timing::default(), start);
        transaction.poll_output();

        transaction.handle_transport_failure();

        assert_eq!(
            transaction.poll_output(),
            Some(NonInviteClientOutput::Terminated(TerminationCause::TransportFailed))
        );
    }
}
