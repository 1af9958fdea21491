use std::time::Instant;

use bytes::Bytes;

use NonInviteServerState::{Completed, Proceeding, Terminated, Trying};

use super::agenda::Agenda;
use super::{FinalResponseAlreadySent, Outcome, Reliability, TerminationCause, Timing};
use crate::StatusCode;

/// The states of RFC 3261 17.2.2 Figure 8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NonInviteServerState {
    /// No response yet; retransmissions are discarded.
    Trying,
    /// A provisional response was sent.
    Proceeding,
    /// A final response was sent; it answers retransmissions until timer J fires.
    Completed,
    /// Over.
    Terminated,
}

/// What a [`NonInviteServerTransaction`] asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum NonInviteServerOutput {
    /// Send this response on the path of the request.
    Transmit(Bytes),
    /// Nothing more will come; forget the transaction.
    Terminated(TerminationCause),
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Timer {
    Unanswered,
    J,
}

/// Server transaction of every method but INVITE and ACK (RFC 3261 17.2.2 Figure 8).
#[derive(Debug)]
pub struct NonInviteServerTransaction {
    state: NonInviteServerState,
    timing: Timing,
    reliability: Reliability,
    agenda: Agenda<Timer, NonInviteServerOutput>,
    last_response: Option<Bytes>,
}

impl NonInviteServerTransaction {
    /// A transaction for a request that has just come.
    ///
    /// If nobody answers within 64*T1 the client has given up (its timer F), and the transaction ends without a
    /// word: RFC 4320 4.1 forbids a 408 here.
    pub fn new(reliability: Reliability, timing: Timing, now: Instant) -> Self {
        let mut agenda = Agenda::new();
        agenda.set(Timer::Unanswered, now + timing.patience());
        Self { state: Trying, timing, reliability, agenda, last_response: None }
    }

    /// Where in the figure it stands.
    pub fn state(&self) -> NonInviteServerState {
        self.state
    }

    /// Sends a response of the transaction user.
    ///
    /// # Errors
    /// [`FinalResponseAlreadySent`]: "Any other final responses passed by the TU .. MUST be discarded while in the
    /// Completed state."
    pub fn respond(
        &mut self,
        status: StatusCode,
        response: Bytes,
        now: Instant,
    ) -> Result<(), FinalResponseAlreadySent> {
        match (self.state, Outcome::of(status)) {
            // "If the TU passes a provisional response while in the Trying state, the server transaction MUST
            // enter the Proceeding state." In Proceeding it is passed to the transport.
            (Trying | Proceeding, Outcome::Provisional) => self.state = Proceeding,
            // "When the server transaction enters the Completed state, it MUST set Timer J to fire in 64*T1
            // seconds for unreliable transports, and zero seconds for reliable transports."
            (Trying | Proceeding, Outcome::Success | Outcome::Failure) => {
                self.agenda.clear_timers();
                self.agenda.put(NonInviteServerOutput::Transmit(response.clone()));
                self.last_response = Some(response);
                match self.reliability {
                    Reliability::Unreliable => {
                        self.state = Completed;
                        self.agenda.set(Timer::J, now + self.timing.patience());
                    }
                    Reliability::Reliable => self.terminate(TerminationCause::Finished),
                }
                return Ok(());
            }
            (Completed | Terminated, _) => return Err(FinalResponseAlreadySent { status }),
        }
        self.agenda.put(NonInviteServerOutput::Transmit(response.clone()));
        self.last_response = Some(response);
        Ok(())
    }

    /// The same request has come again.
    pub fn handle_request(&mut self) {
        match self.state {
            // "Once in the Trying state, any further request retransmissions are discarded."
            Trying | Terminated => {}
            // "the most recently sent provisional response MUST be passed to the transport layer"; in Completed
            // the final one.
            Proceeding | Completed => {
                if let Some(response) = self.last_response.clone() {
                    self.agenda.put(NonInviteServerOutput::Transmit(response));
                }
            }
        }
    }

    /// Fires every deadline up to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.agenda.take_due(now) {
            match (self.state, timer) {
                (Completed, Timer::J) => self.terminate(TerminationCause::Finished),
                (Trying | Proceeding, Timer::Unanswered) => self.terminate(TerminationCause::NeverAnswered),
                (Trying | Proceeding, Timer::J) | (Completed, Timer::Unanswered) | (Terminated, _) => {}
            }
        }
    }

    /// The flow of the request is gone (RFC 3261 17.2.4).
    pub fn handle_transport_failure(&mut self) {
        match self.state {
            Trying | Proceeding | Completed => self.terminate(TerminationCause::TransportFailed),
            Terminated => {}
        }
    }

    /// The next thing to do; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<NonInviteServerOutput> {
        self.agenda.next_output()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.agenda.next_deadline()
    }

    fn terminate(&mut self, cause: TerminationCause) {
        self.state = Terminated;
        self.agenda.conclude(NonInviteServerOutput::Terminated(cause));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const RESPONSE: Bytes = Bytes::from_static(b"response");

    fn outputs(transaction: &mut NonInviteServerTransaction) -> Vec<NonInviteServerOutput> {
        std::iter::from_fn(|| transaction.poll_output()).collect()
    }

    #[test]
    fn a_retransmission_before_the_answer_is_discarded_and_after_it_gets_the_answer_again() {
        let start = Instant::now();
        let mut transaction =
            NonInviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);

        transaction.handle_request();
        assert_eq!(outputs(&mut transaction), []);
        transaction.respond(StatusCode::OK, RESPONSE, start).unwrap();
        transaction.handle_request();

        assert_eq!(
            outputs(&mut transaction),
            [NonInviteServerOutput::Transmit(RESPONSE), NonInviteServerOutput::Transmit(RESPONSE)]
        );
    }

    #[test]
    fn timer_j_ends_it_64_t1_after_the_answer() {
        let start = Instant::now();
        let mut transaction =
            NonInviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);
        transaction.respond(StatusCode::OK, RESPONSE, start + Duration::from_secs(1)).unwrap();
        outputs(&mut transaction);

        assert_eq!(transaction.poll_timeout(), Some(start + Duration::from_secs(33)));
        transaction.handle_timeout(start + Duration::from_secs(33));

        assert_eq!(
            outputs(&mut transaction),
            [NonInviteServerOutput::Terminated(TerminationCause::Finished)]
        );
    }

    #[test]
    fn the_answer_ends_it_at_once_over_a_reliable_transport() {
        let start = Instant::now();
        let mut transaction =
            NonInviteServerTransaction::new(Reliability::Reliable, Timing::default(), start);

        transaction.respond(StatusCode::OK, RESPONSE, start).unwrap();

        assert_eq!(
            outputs(&mut transaction),
            [
                NonInviteServerOutput::Transmit(RESPONSE),
                NonInviteServerOutput::Terminated(TerminationCause::Finished)
            ]
        );
        assert_eq!(transaction.poll_timeout(), None);
    }

    #[test]
    fn a_provisional_answer_is_repeated_and_a_second_final_one_refused() {
        let start = Instant::now();
        let mut transaction =
            NonInviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);
        transaction.respond(StatusCode::TRYING, RESPONSE, start).unwrap();
        transaction.handle_request();
        assert_eq!(outputs(&mut transaction).len(), 2);
        assert_eq!(transaction.state(), Proceeding);
        transaction.respond(StatusCode::OK, RESPONSE, start).unwrap();

        let refused = transaction.respond(StatusCode::FORBIDDEN, RESPONSE, start);

        assert_eq!(refused, Err(FinalResponseAlreadySent { status: StatusCode::FORBIDDEN }));
    }

    #[test]
    fn an_unanswered_request_is_forgotten_without_a_word_after_64_t1() {
        let start = Instant::now();
        let mut transaction =
            NonInviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);

        transaction.handle_timeout(start + Duration::from_secs(32));

        assert_eq!(
            outputs(&mut transaction),
            [NonInviteServerOutput::Terminated(TerminationCause::NeverAnswered)]
        );
    }
}
