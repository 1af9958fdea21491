//! Orders that end calls from outside: of administrators, of the stopping server, of a test line that is over.
use std::time::Instant;

use jiff::Timestamp;

use super::{SignalingCore, calls::LiveCall};
use crate::{
    call::CallInput,
    vocabulary::{AdminOrder, PanicPlace},
};

impl SignalingCore {
    pub(super) fn handle_admin(&mut self, order: &AdminOrder, now: Instant, date: Timestamp) {
        match order {
            AdminOrder::HangUp(key) => self.step(*key, CallInput::HangUp, now, date),
            AdminOrder::HangUpGateway(gateway) => {
                let is_theirs = |live: &LiveCall| live.call.snapshot().gateway == *gateway;
                self.hang_up_all(is_theirs, now, date);
            }
            AdminOrder::Panic(PanicPlace::Call(key)) => self.step(*key, CallInput::Panic, now, date),
            AdminOrder::Panic(PanicPlace::Core) => panic!("provoked by an administrator's test"),
        }
    }

    pub(super) fn hang_up_all(
        &mut self,
        is_meant: impl Fn(&LiveCall) -> bool,
        now: Instant,
        date: Timestamp,
    ) {
        for key in self.calls.that(is_meant) {
            self.step(key, CallInput::HangUp, now, date);
        }
    }

    pub(super) fn cut_off_all(&mut self, now: Instant, date: Timestamp) {
        for key in self.calls.that(|_| true) {
            self.step(key, CallInput::CutOff, now, date);
        }
    }
}
