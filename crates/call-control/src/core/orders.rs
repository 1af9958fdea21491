//! Orders that end calls from outside: of administrators, of the stopping server, of a test line that is over.

use super::{SignalingCore, calls::LiveCall};
use crate::{
    call::CallInput,
    moment::Moment,
    vocabulary::{AdminOrder, PanicPlace},
};

impl SignalingCore {
    pub(super) fn handle_admin(&mut self, order: &AdminOrder, at: Moment) {
        match order {
            AdminOrder::HangUp(key) => self.step(*key, CallInput::HangUp, at),
            AdminOrder::HangUpGateway(gateway) => {
                let is_theirs = |live: &LiveCall| live.call.snapshot().gateway == *gateway;
                self.hang_up_all(is_theirs, at);
            }
            AdminOrder::Panic(PanicPlace::Call(key)) => self.step(*key, CallInput::Panic, at),
            AdminOrder::Panic(PanicPlace::Core) => panic!("provoked by an administrator's test"),
        }
    }

    pub(super) fn hang_up_all(&mut self, is_meant: impl Fn(&LiveCall) -> bool, at: Moment) {
        for key in self.calls.that(is_meant) {
            self.step(key, CallInput::HangUp, at);
        }
    }

    pub(super) fn cut_off_all(&mut self, at: Moment) {
        for key in self.calls.that(|_| true) {
            self.step(key, CallInput::CutOff, at);
        }
    }
}
