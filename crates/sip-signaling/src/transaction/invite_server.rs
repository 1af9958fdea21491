use std::time::{Duration, Instant};

use bytes::Bytes;

use InviteServerState::{Accepted, Completed, Confirmed, Proceeding, Terminated};

use super::agenda::Agenda;
use super::{FinalResponseAlreadySent, Outcome, Reliability, TerminationCause, Timing};
use crate::StatusCode;

/// "The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will generate a
/// provisional or final response within 200 ms" (RFC 3261 17.2.1).
pub const TRYING_AFTER: Duration = Duration::from_millis(200);

/// How long an INVITE may stay without a final response. The RFC sets no limit on a server; a proxy waits more than
/// three minutes (timer C, RFC 3261 16.6), so nobody is there to hear us later.
pub const UNANSWERED_INVITE_LIMIT: Duration = Duration::from_secs(180);

/// The states of RFC 3261 17.2.1 Figure 7, with `Accepted` of RFC 6026 7.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InviteServerState {
    /// No final response yet.
    Proceeding,
    /// A 2xx was sent; retransmitted INVITEs are absorbed until timer L fires.
    Accepted,
    /// 300 to 699 was sent; it is repeated until the ACK comes.
    Completed,
    /// The ACK of a 300 to 699 has come; further ones are absorbed until timer I fires.
    Confirmed,
    /// Over.
    Terminated,
}

/// What an [`InviteServerTransaction`] asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InviteServerOutput {
    /// Send this response on the path of the request.
    Transmit(Bytes),
    /// 200 ms have passed without any response: answer 100 now.
    TryingDue,
    /// [`UNANSWERED_INVITE_LIMIT`] has passed without a final response: give one.
    AnswerOverdue,
    /// Nothing more will come; forget the transaction.
    Terminated(TerminationCause),
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Timer {
    Trying,
    Overdue,
    G,
    H,
    I,
    L,
}

/// Server INVITE transaction (RFC 3261 17.2.1 Figure 7, with RFC 6026 7.1 `Accepted`).
///
/// It does not repeat a 2xx: that is the dialog's (RFC 3261 13.3.1.4), because only the dialog hears its ACK.
#[derive(Debug)]
pub struct InviteServerTransaction {
    state: InviteServerState,
    timing: Timing,
    reliability: Reliability,
    agenda: Agenda<Timer, InviteServerOutput>,
    interval: Duration,
    last_response: Option<Bytes>,
}

impl InviteServerTransaction {
    /// A transaction for an INVITE that has just come.
    pub fn new(reliability: Reliability, timing: Timing, now: Instant) -> Self {
        let mut agenda = Agenda::new();
        agenda.set(Timer::Trying, now + TRYING_AFTER);
        agenda.set(Timer::Overdue, now + UNANSWERED_INVITE_LIMIT);
        Self { state: Proceeding, timing, reliability, agenda, interval: timing.t1, last_response: None }
    }

    /// Where in the figure it stands.
    pub fn state(&self) -> InviteServerState {
        self.state
    }

    /// Sends a response of the transaction user.
    ///
    /// # Errors
    /// [`FinalResponseAlreadySent`]: only in `Proceeding` may anything be sent, and a further 2xx in `Accepted`.
    pub fn respond(
        &mut self,
        status: StatusCode,
        response: Bytes,
        now: Instant,
    ) -> Result<(), FinalResponseAlreadySent> {
        match (self.state, Outcome::of(status)) {
            // "If the TU sends further provisional responses, each MUST be passed to the transport layer."
            (Proceeding, Outcome::Provisional) => self.agenda.clear(Timer::Trying),
            // RFC 6026 7.1: a 2xx moves it to Accepted, and timer L is set to 64*T1 for all transports.
            (Proceeding, Outcome::Success) => {
                self.enter(Accepted);
                self.agenda.set(Timer::L, now + self.timing.patience());
            }
            // "For unreliable transports, timer G is set to fire in T1 seconds, and is not set to fire for
            // reliable transports." "When the Completed state is entered, timer H MUST be set to 64*T1."
            (Proceeding, Outcome::Failure) => {
                self.enter(Completed);
                self.agenda.set(Timer::H, now + self.timing.patience());
                if self.reliability == Reliability::Unreliable {
                    self.agenda.set(Timer::G, now + self.interval);
                }
            }
            // RFC 6026 7.1: in Accepted, a 2xx from the TU is passed to the transport.
            (Accepted, Outcome::Success) => {}
            (Accepted, Outcome::Provisional | Outcome::Failure) | (Completed | Confirmed | Terminated, _) => {
                return Err(FinalResponseAlreadySent { status });
            }
        }
        self.agenda.put(InviteServerOutput::Transmit(response.clone()));
        self.last_response = Some(response);
        Ok(())
    }

    /// The same INVITE has come again.
    pub fn handle_invite(&mut self) {
        match self.state {
            // "If a request retransmission is received while in the Proceeding state, the most recent provisional
            // response .. MUST be passed to the transport layer." In Completed: the final one.
            Proceeding | Completed => self.repeat_response(),
            // RFC 6026 7.1: "any retransmissions of the INVITE .. are absorbed".
            Accepted | Confirmed | Terminated => {}
        }
    }

    /// An ACK has come whose branch is the INVITE's.
    pub fn handle_ack(&mut self, now: Instant) {
        match self.state {
            // "If an ACK is received while the server transaction is in the Completed state, it MUST transition to
            // Confirmed." "Timer I is set to fire in T4 seconds for unreliable transports, and zero seconds for
            // reliable transports."
            Completed => match self.reliability {
                Reliability::Unreliable => {
                    self.enter(Confirmed);
                    self.agenda.set(Timer::I, now + self.timing.t4);
                }
                Reliability::Reliable => self.terminate(TerminationCause::Finished),
            },
            // RFC 6026 7.1: in Accepted the ACK is the TU's; the endpoint hands it to the dialog.
            Proceeding | Accepted | Confirmed | Terminated => {}
        }
    }

    /// Fires every deadline up to `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.agenda.take_due(now) {
            match (self.state, timer) {
                (Proceeding, Timer::Trying) => self.agenda.put(InviteServerOutput::TryingDue),
                (Proceeding, Timer::Overdue) => self.agenda.put(InviteServerOutput::AnswerOverdue),
                // "If timer G fires, the response is passed to the transport layer once more, and timer G is set
                // to fire in MIN(2*T1, T2) seconds", then doubled each time up to T2.
                (Completed, Timer::G) => {
                    self.interval = self.timing.next_interval(self.interval);
                    self.agenda.set(Timer::G, now + self.interval);
                    self.repeat_response();
                }
                // "If timer H fires while in the Completed state, it implies that the ACK was never received."
                (Completed, Timer::H) => self.terminate(TerminationCause::AckNeverArrived),
                (Confirmed, Timer::I) | (Accepted, Timer::L) => self.terminate(TerminationCause::Finished),
                (Proceeding, Timer::G | Timer::H | Timer::I | Timer::L)
                | (Accepted, Timer::Trying | Timer::Overdue | Timer::G | Timer::H | Timer::I)
                | (Completed, Timer::Trying | Timer::Overdue | Timer::I | Timer::L)
                | (Confirmed, Timer::Trying | Timer::Overdue | Timer::G | Timer::H | Timer::L)
                | (Terminated, _) => {}
            }
        }
    }

    /// The flow of the request is gone (RFC 3261 17.2.4).
    pub fn handle_transport_failure(&mut self) {
        match self.state {
            Proceeding | Accepted | Completed | Confirmed => {
                self.terminate(TerminationCause::TransportFailed);
            }
            Terminated => {}
        }
    }

    /// The next thing to do; `None` when there is nothing left.
    pub fn poll_output(&mut self) -> Option<InviteServerOutput> {
        self.agenda.next_output()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.agenda.next_deadline()
    }

    fn repeat_response(&mut self) {
        if let Some(response) = self.last_response.clone() {
            self.agenda.put(InviteServerOutput::Transmit(response));
        }
    }

    fn enter(&mut self, state: InviteServerState) {
        self.agenda.clear_timers();
        self.state = state;
    }

    fn terminate(&mut self, cause: TerminationCause) {
        self.state = Terminated;
        self.agenda.conclude(InviteServerOutput::Terminated(cause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: Bytes = Bytes::from_static(b"response");

    fn run(
        transaction: &mut InviteServerTransaction,
        start: Instant,
    ) -> (Vec<u128>, Option<(u128, TerminationCause)>) {
        let mut sent_at_ms = Vec::new();
        let mut end = None;
        let mut now = start;
        loop {
            while let Some(output) = transaction.poll_output() {
                match output {
                    InviteServerOutput::Transmit(_) => sent_at_ms.push((now - start).as_millis()),
                    InviteServerOutput::Terminated(cause) => end = Some(((now - start).as_millis(), cause)),
                    InviteServerOutput::TryingDue | InviteServerOutput::AnswerOverdue => {}
                }
            }
            let Some(deadline) = transaction.poll_timeout() else { return (sent_at_ms, end) };
            now = deadline;
            transaction.handle_timeout(now);
        }
    }

    #[test]
    fn retransmits_486_at_doubling_intervals_then_reports_missing_ack() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);
        transaction.respond(StatusCode::BUSY_HERE, RESPONSE, start).unwrap();

        let (sent_at_ms, end) = run(&mut transaction, start);

        assert_eq!(sent_at_ms, [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
        assert_eq!(end, Some((32_000, TerminationCause::AckNeverArrived)));
    }

    #[test]
    fn sends_486_once_over_a_reliable_transport_and_still_waits_for_the_ack() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Reliable, Timing::default(), start);
        transaction.respond(StatusCode::BUSY_HERE, RESPONSE, start).unwrap();

        let (sent_at_ms, end) = run(&mut transaction, start);

        assert_eq!(sent_at_ms, [0]);
        assert_eq!(end, Some((32_000, TerminationCause::AckNeverArrived)));
    }

    #[test]
    fn ack_stops_the_retransmissions_and_late_acks_are_absorbed_for_t4() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);
        transaction.respond(StatusCode::BUSY_HERE, RESPONSE, start).unwrap();
        transaction.handle_timeout(start + Duration::from_millis(500));

        transaction.handle_ack(start + Duration::from_millis(600));
        transaction.handle_ack(start + Duration::from_millis(700));
        transaction.handle_invite();

        assert_eq!(transaction.state(), Confirmed);
        let (sent, end) = run(&mut transaction, start);
        assert_eq!(sent.len(), 2);
        assert_eq!(end, Some((5_600, TerminationCause::Finished)));
    }

    #[test]
    fn ack_ends_the_transaction_at_once_over_a_reliable_transport() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Reliable, Timing::default(), start);
        transaction.respond(StatusCode::BUSY_HERE, RESPONSE, start).unwrap();

        transaction.handle_ack(start);

        assert_eq!(transaction.state(), Terminated);
        assert_eq!(transaction.poll_timeout(), None);
    }

    #[test]
    fn asks_for_100_after_200_ms_of_silence() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);

        assert_eq!(transaction.poll_timeout(), Some(start + Duration::from_millis(200)));
        transaction.handle_timeout(start + Duration::from_millis(200));

        assert_eq!(transaction.poll_output(), Some(InviteServerOutput::TryingDue));
        assert_eq!(transaction.poll_output(), None);
    }

    #[test]
    fn asks_for_a_final_response_after_three_minutes() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);
        transaction.respond(StatusCode::TRYING, RESPONSE, start).unwrap();
        assert_eq!(transaction.poll_output(), Some(InviteServerOutput::Transmit(RESPONSE)));

        assert_eq!(transaction.poll_timeout(), Some(start + Duration::from_secs(180)));
        transaction.handle_timeout(start + Duration::from_secs(180));

        assert_eq!(transaction.poll_output(), Some(InviteServerOutput::AnswerOverdue));
        assert_eq!(transaction.state(), Proceeding);
    }

    #[test]
    fn a_retransmitted_invite_gets_the_last_provisional_response_again() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);
        transaction.handle_invite();
        assert_eq!(transaction.poll_output(), None);
        transaction.respond(StatusCode::TRYING, RESPONSE, start).unwrap();

        transaction.handle_invite();

        assert_eq!(transaction.poll_output(), Some(InviteServerOutput::Transmit(RESPONSE)));
        assert_eq!(transaction.poll_output(), Some(InviteServerOutput::Transmit(RESPONSE)));
        assert_eq!(transaction.poll_output(), None);
    }

    #[test]
    fn a_2xx_absorbs_retransmitted_invites_for_64_t1() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);
        transaction.respond(StatusCode::OK, RESPONSE, start).unwrap();
        transaction.handle_invite();
        transaction.handle_ack(start);

        let (sent_at_ms, end) = run(&mut transaction, start);

        assert_eq!(sent_at_ms, [0]);
        assert_eq!(end, Some((32_000, TerminationCause::Finished)));
    }

    #[test]
    fn a_second_final_response_is_refused() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Unreliable, Timing::default(), start);
        transaction.respond(StatusCode::OK, RESPONSE, start).unwrap();

        let refused = transaction.respond(StatusCode::BUSY_HERE, RESPONSE, start);

        assert_eq!(refused, Err(FinalResponseAlreadySent { status: StatusCode::BUSY_HERE }));
        assert_eq!(transaction.respond(StatusCode::OK, RESPONSE, start), Ok(()));
    }

    #[test]
    fn a_lost_flow_ends_it() {
        let start = Instant::now();
        let mut transaction = InviteServerTransaction::new(Reliability::Reliable, Timing::default(), start);

        transaction.handle_transport_failure();

        assert_eq!(
            transaction.poll_output(),
            Some(InviteServerOutput::Terminated(TerminationCause::TransportFailed))
        );
        assert_eq!(transaction.poll_timeout(), None);
    }
}
