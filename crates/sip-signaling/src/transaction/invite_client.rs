use std::time::{Duration, Instant};

use bytes::Bytes;

use InviteClientState::{Accepted, Calling, Completed, Proceeding, Terminated};

use super::agenda::Agenda;
use super::{Outcome, Reliability, TerminationCause, Timing};
use crate::StatusCode;

/// "Timer D .. at least 32 seconds for unreliable transports" (RFC 3261 17.1.1.2).
const TIMER_D: Duration = Duration::from_secs(32);

/// The states of RFC 3261 17.1.1 Figure 5, with `Accepted` of RFC 6026 7.2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InviteClientState {
    /// Sent, and nothing heard.
    Calling,
    /// A provisional response has come.
    Proceeding,
    /// 300 to 699 has come and was acknowledged; retransmissions of it are acknowledged again.
    Completed,
    /// A 2xx has come; further ones (also of other forks) are delivered until timer M fires.
    Accepted,
    /// Over.
    Terminated,
}

/// What an [`InviteClientTransaction`] asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InviteClientOutput {
    /// Send the INVITE (again).
    Transmit(Bytes),
    /// Acknowledge the response just given to [`handle_response`](InviteClientTransaction::handle_response): same
    /// branch, its To (RFC 3261 17.1.1.3), on the path of the INVITE.
    Acknowledge,
    /// The response just given is the user's. The ACK of a 2xx is the user's too (RFC 3261 13.2.2.4).
    Deliver(StatusCode),
    /// Nothing more will come; forget the transaction.
    Terminated(TerminationCause),
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Timer {
    B,
    A,
    D,
    M,
}

/// Client INVITE transaction (RFC 3261 17.1.1 Figure 5, with RFC 6026 7.2 `Accepted`).
#[derive(Debug)]
pub struct InviteClientTransaction {
    state: InviteClientState,
    timing: Timing,
    reliability: Reliability,
    agenda: Agenda<Timer, InviteClientOutput>,
    interval: Duration,
    invite: Bytes,
}

impl InviteClientTransaction {
    /// Sends `invite`, which carries a branch of its own.
    pub fn new(invite: Bytes, reliability: Reliability, timing: Timing, now: Instant) -> Self {
        let mut agenda = Agenda::new();
        // "If an unreliable transport is being used, the client transaction MUST start timer A with a value of T1."
        // "For any transport, the client transaction MUST start timer B with a value of 64*T1 seconds."
        agenda.set(Timer::B, now + timing.patience());
        if reliability == Reliability::Unreliable {
            agenda.set(Timer::A, now + timing.t1);
        }
        agenda.put(InviteClientOutput::Transmit(invite.clone()));
        Self { state: Calling, timing, reliability, agenda, interval: timing.t1, invite }
    }

    /// Where in the figure it stands.
    pub fn state(&self) -> InviteClientState {
        self.state
    }

    /// A response has come whose branch and CSeq method are the INVITE's (RFC 3261 17.1.3).
    pub fn handle_response(&mut self, status: StatusCode, now: Instant) {
        match (self.state, Outcome::of(status)) {
            // "When in either the Calling or Proceeding states, reception of a provisional response .. MUST be
            // passed to the TU" and ends the retransmissions.
            (Calling | Proceeding, Outcome::Provisional) => {
                self.enter(Proceeding);
                self.agenda.put(InviteClientOutput::Deliver(status));
            }
            // RFC 6026 7.2: "When a 2xx response is received while in either the Calling or Proceeding states, the
            // client transaction MUST enter the Accepted state, and pass the response to the TU", timer M = 64*T1.
            (Calling | Proceeding, Outcome::Success) => {
                self.enter(Accepted);
                self.agenda.set(Timer::M, now + self.timing.patience());
                self.agenda.put(InviteClientOutput::Deliver(status));
            }
            // "reception of a response with status code from 300-699 MUST cause the client transaction to transition
            // to Completed", pass it up, and send an ACK; timer D.
            (Calling | Proceeding, Outcome::Failure) => {
                self.agenda.put(InviteClientOutput::Acknowledge);
                self.agenda.put(InviteClientOutput::Deliver(status));
                match self.reliability {
                    Reliability::Unreliable => {
                        self.enter(Completed);
                        self.agenda.set(Timer::D, now + TIMER_D.max(self.timing.patience()));
                    }
                    Reliability::Reliable => self.terminate(TerminationCause::Finished),
                }
            }
            // "Any retransmissions of the final response that are received while in the Completed state MUST cause
            // the ACK to be re-passed to the transport layer", and are not passed up.
            (Completed, Outcome::Failure) => self.agenda.put(InviteClientOutput::Acknowledge),
            // RFC 6026 7.2: every 2xx in Accepted is passed to the TU.
            (Accepted, Outcome::Success) => self.agenda.put(InviteClientOutput::Deliver(status)),
            (Completed, Outcome::Provisional | Outcome::Success)
            | (Accepted, Outcome::Provisional | Outcome::Failure)
            | (Terminated, _) => {}
        }
    }

    /// Fires every deadline up to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.agenda.take_due(now) {
            match (self.state, timer) {
                // "When timer A fires, the client transaction MUST retransmit the request .. and MUST reset the
                // timer with a value of 2*T1", without the ceiling of T2.
                (Calling, Timer::A) => {
                    self.interval = self.interval.saturating_mul(2);
                    self.agenda.set(Timer::A, now + self.interval);
                    self.agenda.put(InviteClientOutput::Transmit(self.invite.clone()));
                }
                // "If the client transaction is still in the Calling state when timer B fires, the client
                // transaction SHOULD inform the TU that a timeout has occurred."
                (Calling, Timer::B) => self.terminate(TerminationCause::TimedOut),
                (Completed, Timer::D) | (Accepted, Timer::M) => self.terminate(TerminationCause::Finished),
                (Calling, Timer::D | Timer::M)
                | (Proceeding | Terminated, _)
                | (Completed, Timer::A | Timer::B | Timer::M)
                | (Accepted, Timer::A | Timer::B | Timer::D) => {}
            }
        }
    }

    /// The flow of the request is gone (RFC 3261 17.1.4).
    pub fn handle_transport_failure(&mut self) {
        match self.state {
            Calling | Proceeding => self.terminate(TerminationCause::TransportFailed),
            Completed | Accepted => self.terminate(TerminationCause::Finished),
            Terminated => {}
        }
    }

    /// The next thing to do; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<InviteClientOutput> {
        self.agenda.next_output()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.agenda.next_deadline()
    }

    fn enter(&mut self, state: InviteClientState) {
        self.agenda.clear_timers();
        self.state = state;
    }

    fn terminate(&mut self, cause: TerminationCause) {
        self.state = Terminated;
        self.agenda.conclude(InviteClientOutput::Terminated(cause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: Bytes = Bytes::from_static(b"invite");

    fn run(
        transaction: &mut InviteClientTransaction,
        start: Instant,
    ) -> (Vec<u128>, Option<(u128, TerminationCause)>) {
        let mut sent_at_ms = Vec::new();
        let mut end = None;
        let mut now = start;
        loop {
            while let Some(output) = transaction.poll_output() {
                match output {
                    InviteClientOutput::Transmit(_) => sent_at_ms.push((now - start).as_millis()),
                    InviteClientOutput::Terminated(cause) => end = Some(((now - start).as_millis(), cause)),
                    InviteClientOutput::Acknowledge | InviteClientOutput::Deliver(_) => {}
                }
            }
            let Some(deadline) = transaction.poll_timeout() else { return (sent_at_ms, end) };
            now = deadline;
            transaction.handle_timeout(now);
        }
    }

    fn outputs(transaction: &mut InviteClientTransaction) -> Vec<InviteClientOutput> {
        std::iter::from_fn(|| transaction.poll_output()).collect()
    }

    #[test]
    fn retransmits_the_invite_at_doubling_intervals_without_ceiling_until_timer_b() {
        let start = Instant::now();
        let mut transaction =
            InviteClientTransaction::new(INVITE, Reliability::Unreliable, Timing::default(), start);

        let (sent_at_ms, end) = run(&mut transaction, start);

        assert_eq!(sent_at_ms, [0, 500, 1500, 3500, 7500, 15500, 31500]);
        assert_eq!(end, Some((32_000, TerminationCause::TimedOut)));
    }

    #[test]
    fn a_provisional_response_ends_the_retransmissions_and_the_patience() {
        let start = Instant::now();
        let mut transaction =
            InviteClientTransaction::new(INVITE, Reliability::Unreliable, Timing::default(), start);

        transaction.handle_response(StatusCode::TRYING, start);

        assert_eq!(run(&mut transaction, start), (vec![0], None));
        assert_eq!(transaction.state(), Proceeding);
    }

    #[test]
    fn a_refusal_is_acknowledged_each_time_it_comes_and_delivered_once() {
        let start = Instant::now();
        let mut transaction =
            InviteClientTransaction::new(INVITE, Reliability::Unreliable, Timing::default(), start);
        outputs(&mut transaction);

        transaction.handle_response(StatusCode::BUSY_HERE, start);
        transaction.handle_response(StatusCode::BUSY_HERE, start);

        assert_eq!(
            outputs(&mut transaction),
            [
                InviteClientOutput::Acknowledge,
                InviteClientOutput::Deliver(StatusCode::BUSY_HERE),
                InviteClientOutput::Acknowledge
            ]
        );
        assert_eq!(run(&mut transaction, start).1, Some((32_000, TerminationCause::Finished)));
    }

    #[test]
    fn every_2xx_is_delivered_until_timer_m() {
        let start = Instant::now();
        let mut transaction =
            InviteClientTransaction::new(INVITE, Reliability::Reliable, Timing::default(), start);
        outputs(&mut transaction);

        transaction.handle_response(StatusCode::OK, start);
        transaction.handle_response(StatusCode::OK, start);
        transaction.handle_response(StatusCode::BUSY_HERE, start);

        assert_eq!(
            outputs(&mut transaction),
            [InviteClientOutput::Deliver(StatusCode::OK), InviteClientOutput::Deliver(StatusCode::OK)]
        );
        assert_eq!(run(&mut transaction, start).1, Some((32_000, TerminationCause::Finished)));
    }

    #[test]
    fn a_lost_flow_is_told_while_the_answer_is_awaited() {
        let start = Instant::now();
        let mut transaction =
            InviteClientTransaction::new(INVITE, Reliability::Reliable, Timing::default(), start);
        outputs(&mut transaction);

        transaction.handle_transport_failure();

        assert_eq!(
            outputs(&mut transaction),
            [InviteClientOutput::Terminated(TerminationCause::TransportFailed)]
        );
    }
}
