use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::Timing;

/// What an [`UnacknowledgedAnswer`] asks for when its time has come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AnswerOutput {
    /// Send the 2xx again.
    Transmit(Bytes),
    /// 64*T1 have passed: end the session with BYE.
    NeverAcknowledged,
}

/// A 2xx to an INVITE whose ACK has not come (RFC 3261 13.3.1.4).
///
/// It is repeated over reliable transports too: "Since 2xx is retransmitted end-to-end, there may be hops between UAS
/// and UAC that are UDP."
#[derive(Debug)]
pub(crate) struct UnacknowledgedAnswer {
    sequence: u32,
    makes_offer: bool,
    response: Bytes,
    timing: Timing,
    interval: Duration,
    repeat_at: Instant,
    give_up_at: Instant,
}

impl UnacknowledgedAnswer {
    /// `response` has been sent now to the INVITE whose CSeq is `sequence`; `makes_offer` if its body is an offer
    /// that the ACK answers.
    pub(crate) fn new(
        sequence: u32,
        makes_offer: bool,
        response: Bytes,
        timing: Timing,
        now: Instant,
    ) -> Self {
        // "an interval that starts at T1 seconds and doubles for each retransmission until it reaches T2 seconds"
        Self {
            sequence,
            makes_offer,
            response,
            timing,
            interval: timing.t1,
            repeat_at: now + timing.t1,
            give_up_at: now + timing.patience(),
        }
    }

    /// Whether an ACK with this CSeq number acknowledges it.
    pub(crate) fn is_acknowledged_by(&self, sequence: u32) -> bool {
        self.sequence == sequence
    }

    /// Whether the 2xx made an offer, so that no other may come before its ACK.
    pub(crate) fn makes_offer(&self) -> bool {
        self.makes_offer
    }

    pub(crate) fn poll_timeout(&self) -> Instant {
        self.repeat_at.min(self.give_up_at)
    }

    /// What is due at `now`, if anything.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Option<AnswerOutput> {
        if now >= self.give_up_at {
            // "If the server retransmits the 2xx response for 64*T1 seconds without receiving an ACK, the dialog is
            // confirmed, but the session SHOULD be terminated. This is accomplished with a BYE."
            return Some(AnswerOutput::NeverAcknowledged);
        }
        if now < self.repeat_at {
            return None;
        }
        self.interval = self.timing.next_interval(self.interval);
        self.repeat_at = now + self.interval;
        Some(AnswerOutput::Transmit(self.response.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_2xx_is_repeated_at_doubling_intervals_and_given_up_after_64_t1() {
        let start = Instant::now();
        let mut answer =
            UnacknowledgedAnswer::new(1, false, Bytes::from_static(b"200"), Timing::default(), start);
        let mut sent_at_ms = Vec::new();

        let given_up_at = loop {
            let now = answer.poll_timeout();
            match answer.handle_timeout(now) {
                Some(AnswerOutput::Transmit(_)) => sent_at_ms.push((now - start).as_millis()),
                Some(AnswerOutput::NeverAcknowledged) => break (now - start).as_millis(),
                None => unreachable!("its own deadline has come"),
            }
        };

        assert_eq!(sent_at_ms, [500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]);
        assert_eq!(given_up_at, 32_000);
    }

    #[test]
    fn an_ack_of_another_invite_does_not_acknowledge_it() {
        let answer = UnacknowledgedAnswer::new(7, false, Bytes::new(), Timing::default(), Instant::now());

        assert!(answer.is_acknowledged_by(7));
        assert!(!answer.is_acknowledged_by(6));
    }
}
