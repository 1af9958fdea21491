//! Calls over the test line: recognised as the gateway's, told of, and ended with the line.
use std::{sync::Arc, time::Instant};

use sip_signaling::{FlowId, Origin};
use telephony::{Event, kind};

use super::SignalingCore;
use crate::{
    call::Call,
    call_facts::FactSheet,
    moment::Moment,
    refusal::{Refusal, transport_word},
    test_line::{TestCallSeen, TestLine},
    vocabulary::{Flow, Output},
};

impl SignalingCore {
    /// Who a message comes from: by the address book or by its certificate, and over the test line its gateway alone.
    pub(super) fn origin_of(&self, flow: &Flow, now: Instant) -> Origin {
        let origin = flow.origin(&self.addresses);
        match self.line_of(flow, now) {
            Some(line) => Origin { peers: Arc::from([Arc::clone(&line.gateway)]), ..origin },
            None => origin,
        }
    }

    /// The line is leased, or released: what is still up on it ends.
    pub(super) fn follow_test_line(&mut self, line: Option<Arc<TestLine>>, at: Moment) {
        let before = std::mem::replace(&mut self.test_line, line);
        if let Some(before) = before {
            self.hang_up_test(before.id, at);
        }
    }

    /// The line has stood for as long as it may.
    pub(super) fn end_test_line(&mut self, at: Moment) {
        if self.test_line.as_ref().is_some_and(|line| line.until <= at.now) {
            self.follow_test_line(None, at);
        }
    }

    /// A call has begun; if it came over the test line it is marked, and told of.
    pub(super) fn note_test_call(&mut self, call: &mut Call, flow: &Flow, now: Instant) {
        let Some(line) = self.line_of(flow, now) else { return };
        call.set_test(line.id);
        let event = placed(line, flow, &call.snapshot().call_id);
        self.outputs.push_back(Output::Event(event));
    }

    /// A call over the test line has not come past rules 7 to 10.
    pub(super) fn tell_refused_test(
        &mut self,
        refusal: &Refusal,
        facts: &FactSheet,
        flow: &Flow,
        now: Instant,
    ) {
        let Some(line) = self.line_of(flow, now) else { return };
        let event = placed(line, flow, facts.call_id());
        let seen = TestCallSeen {
            line: line.id,
            call_id: facts.call_id().to_owned(),
            refusal: Some(refusal.clone()),
            ..TestCallSeen::default()
        };
        self.outputs.push_back(Output::Event(event));
        self.outputs.push_back(Output::TestCallOver(Box::new(seen)));
    }

    /// Whether a call over the test line began on this flow.
    pub(super) fn is_tested_on(&self, flow: FlowId) -> bool {
        self.calls.values().any(|live| live.flow.id == flow && live.call.test_line().is_some())
    }

    /// Whether what comes on this flow comes over the test line.
    pub(super) fn is_test_source(&self, flow: &Flow, now: Instant) -> bool {
        self.line_of(flow, now).is_some()
    }

    fn line_of(&self, flow: &Flow, now: Instant) -> Option<&Arc<TestLine>> {
        self.test_line.as_ref().filter(|line| line.carries(&flow.peer, flow.remote, now))
    }

    fn hang_up_test(&mut self, line: u64, at: Moment) {
        self.hang_up_all(|live| live.call.test_line() == Some(line), at);
    }
}

fn placed(line: &TestLine, flow: &Flow, call_id: &str) -> Event {
    Event::new(&kind::TEST_CALL)
        .with("gateway", &line.gateway)
        .with("source", flow.remote)
        .with("transport", transport_word(flow.transport))
        .with("call_id", call_id)
}
