//! The signalling core: who calls, whether the call may come in, what was negotiated, and the call itself.
//!
//! [`SignalingCore`] is one value without I/O: [`Input`]s go in, [`Output`]s come out, deadlines are arguments. The one
//! rule: the dial plan's VoIP security mode decides in `admission` alone, and a call that does not fit it never reaches
//! media. A step of one call runs inside `catch_unwind`: a fault costs that call and no other.
#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod address_book;
mod admission;
mod call;
mod call_facts;
mod core;
mod gateway_probe;
mod leases;
mod mailbox_rules;
mod message_waiting;
mod moment;
mod negotiation;
mod prompts;
mod refusal;
mod refusal_word;
mod service;
mod strangers;
mod test_line;
mod vocabulary;

pub use crate::{
    address_book::AddressBook,
    admission::{Admitted, admit},
    call::CallEnd,
    core::{CoreSettings, SignalingCore},
    gateway_probe::{GatewayReport, GatewayState, ProbeOutcome, ProbeSettings},
    leases::MediaLease,
    mailbox_rules::pin_rules,
    message_waiting::{LampReport, LampStanding, LampState},
    negotiation::{LocalRoute, MediaAddress},
    prompts::PromptSet,
    refusal::{Refusal, RetryAfter, SipPorts},
    test_line::{LONGEST_TEST, LineTaken, TestCallSeen, TestLine, TestLines, TestSource},
    vocabulary::{
        AdminOrder, CallKey, CallSnapshot, CallStage, CertifiedPeer, Flow, Input, LampNews, Output,
        PanicPlace, PeerIdentity, TlsAgreed,
    },
};
