//! One whole message: a datagram, or a frame of a stream.
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;

use crate::limits::MAX_MESSAGE;
use crate::message::Message;
use crate::message::failure::{Fault, ParseFailure};
use crate::message::head::Head;
use crate::message::request::Request;
use crate::message::response::Response;
use crate::message::start_line::{StartLine, StartLineFault};

/// Reads the message that a datagram holds. Empty lines before it and bytes after its Content-Length are ignored
/// (RFC 3261 7.5, 18.3); without Content-Length the body is the rest.
///
/// # Errors
/// [`ParseFailure::Answer`] with a `400` or `505` for a request that can be answered, else [`ParseFailure::Drop`]. Header
/// values are not read here: see [`RequestHead::read`](crate::RequestHead::read).
pub fn parse_datagram(bytes: &Bytes) -> Result<Message, ParseFailure> {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n' | 0));
    let Some(message) = start.and_then(|start| bytes.get(start..)) else {
        return Err(ParseFailure::drop("keep-alive"));
    };
    let head = Head::read(bytes, message);
    if message.len() > MAX_MESSAGE {
        return Err(head.fail(Fault::limit("Message Too Large")));
    }
    if let Some(fault) = &head.fault {
        return Err(head.fail(fault.clone()));
    }
    let body = match head.content_length().map_err(|fault| head.fail(fault))? {
        None => head.rest,
        Some(length) => match head.rest.get(..length) {
            Some(body) => body,
            None => return Err(head.fail(Fault::limit("Content-Length Beyond Datagram"))),
        },
    };
    let body = bytes.slice_ref(body);
    match StartLine::read(bytes, head.start_line) {
        Ok(StartLine::Request { method, uri, version }) => {
            Ok(Message::Request(Request { method, uri, headers: head.headers, body, version }))
        }
        Ok(StartLine::Response { version, status, reason, has_reason_space }) => {
            let headers = head.headers;
            Ok(Message::Response(Response { status, reason, headers, body, version, has_reason_space }))
        }
        Err(StartLineFault::NotUnderstood(detail)) => Err(ParseFailure::drop(detail)),
        Err(StartLineFault::Request(fault)) => Err(head.fail(fault)),
    }
}
