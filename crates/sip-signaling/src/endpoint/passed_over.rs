//! Malformed headers that a request can do without: they are passed over, and told (docs/security-modes.md section 0,
//! rule 1).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;
use telephony::{Event, kind};

use super::{Endpoint, EndpointOutput, Origin};
use crate::grammar::GrammarError;
use crate::header::{MinSe, Privacy, SessionExpires, TypedHeader, Values};
use crate::{Diversion, Header, HeaderName, HistoryInfo, NameAddr, RemotePartyId, Request, RequestHead};

/// What stands for a line without a name, which is no header at all.
const NAMELESS: &str = "(a line without a name)";

impl Endpoint {
    /// One event for all malformed headers of a new request; none if there are none.
    pub(super) fn tell_passed_over(&mut self, origin: &Origin, request: &Request, head: &RequestHead) {
        let mut names: Vec<&HeaderName> = head.passed_over.iter().collect();
        let mut reason = None;
        for header in &request.headers {
            if let Some(error) = fault_of(header) {
                reason.get_or_insert(error);
                if !names.contains(&header.name()) {
                    names.push(header.name());
                }
            }
        }
        if names.is_empty() {
            return;
        }
        let names: Vec<&str> = names.into_iter().map(name_of).collect();
        let reason =
            reason.map_or_else(|| "does not follow its grammar".to_owned(), |error| error.to_string());
        self.outputs.push_back(EndpointOutput::Event(
            Event::new(&kind::HEADER_PASSED_OVER)
                .with("header", names.join(", "))
                .with("reason", reason)
                .with("call_id", &head.call_id)
                .with("method", &request.method)
                .with("source", origin.remote),
        ));
    }
}

/// What is wrong with a header that only some rule of ours reads, and no transaction needs.
fn fault_of(header: &Header) -> Option<GrammarError> {
    let line = header.value();
    match header.name() {
        HeaderName::Diversion => fault_in::<Diversion>(line),
        HeaderName::HistoryInfo => fault_in::<HistoryInfo>(line),
        HeaderName::RemotePartyId => fault_in::<RemotePartyId>(line),
        HeaderName::PAssertedIdentity | HeaderName::PCalledPartyId => {
            Values::new(line).find_map(|value| NameAddr::parse(&value).err())
        }
        HeaderName::Privacy => fault_in::<Privacy>(line),
        HeaderName::SessionExpires => SessionExpires::parse(line).err(),
        HeaderName::MinSe => MinSe::parse(line).err(),
        _ => None,
    }
}

fn fault_in<T: TypedHeader>(line: &Bytes) -> Option<GrammarError> {
    Values::new(line).find_map(|value| T::parse(&value).err())
}

fn name_of(name: &HeaderName) -> &str {
    match name {
        HeaderName::Malformed => NAMELESS,
        name => name.as_str(),
    }
}
