//! How requests and responses find their transactions (RFC 3261 17.1.3, 17.2.3).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::net::IpAddr;

use crate::{Method, Origin, Request, RequestHead, TransportClass, Via};

/// By what a request finds its server transaction (RFC 3261 17.2.3).
///
/// The source address and the transport class are part of it: nobody can cancel the INVITE of another gateway, and two
/// gateways that draw the same branches behind the same private address do not meet.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct ServerKey {
    source: IpAddr,
    class: TransportClass,
    /// The method; INVITE for its ACK and CANCEL.
    method: Method,
    matching: Matching,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
enum Matching {
    /// Branch and sent-by.
    Rfc3261 { branch: Box<str>, sent_by: String },
    /// "If the branch parameter in the top Via header field is not present, or does not contain the magic cookie".
    /// The To tag is left out: the ACK has one and its INVITE has not, and the rest is the same in both.
    Rfc2543 {
        uri: Box<str>,
        from_tag: Box<str>,
        call_id: Box<str>,
        sequence: u32,
        sent_by: String,
        branch: Box<str>,
    },
}

impl ServerKey {
    /// The key of `request`; an ACK or CANCEL has the key of its INVITE.
    pub(crate) fn of(origin: &Origin, request: &Request, head: &RequestHead) -> Self {
        let method = match &request.method {
            Method::Ack | Method::Cancel => Method::Invite,
            other => other.clone(),
        };
        let sent_by = sent_by(&head.via);
        let matching = match head.via.unique_branch() {
            Some(branch) => Matching::Rfc3261 { branch: branch.into(), sent_by },
            None => Matching::Rfc2543 {
                uri: request.uri.as_str().into(),
                from_tag: head.from.tag().unwrap_or_default().into(),
                call_id: head.call_id.as_str().into(),
                sequence: head.cseq.number,
                sent_by,
                branch: head.via.branch().unwrap_or_default().into(),
            },
        };
        Self { source: origin.remote.ip().to_canonical(), class: origin.transport.class(), method, matching }
    }
}

/// By what a request that came on two ways is known (RFC 3261 8.2.2.2).
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct MergeKey {
    from_tag: Box<str>,
    call_id: Box<str>,
    sequence: u32,
    method: Method,
}

impl MergeKey {
    /// `None` for a request inside a dialog.
    pub(crate) fn of(head: &RequestHead) -> Option<Self> {
        head.to.tag().is_none().then(|| Self {
            from_tag: head.from.tag().unwrap_or_default().into(),
            call_id: head.call_id.as_str().into(),
            sequence: head.cseq.number,
            method: head.cseq.method.clone(),
        })
    }
}

/// By what a response finds its client transaction (RFC 3261 17.1.3). Our branches are random, so no more is needed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct ClientKey {
    pub(crate) branch: String,
    pub(crate) method: Method,
}

fn sent_by(via: &Via) -> String {
    match via.port {
        Some(port) => format!("{}:{port}", via.host).to_ascii_lowercase(),
        None => via.host.to_string().to_ascii_lowercase(),
    }
}
