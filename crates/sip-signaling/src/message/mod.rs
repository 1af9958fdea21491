//! Whole messages: reading, printing, the heads that transactions need, and the builders.

mod body;
mod builder;
mod datagram;
mod failure;
mod head;
mod request;
mod request_head;
mod response;
mod response_head;
mod start_line;

use bytes::Bytes;

pub use body::{BodyPart, find_body_part, split_multipart};
pub use builder::{RequestBuilder, ResponseBuilder};
pub use datagram::parse_datagram;
pub use failure::ParseFailure;
pub use request::Request;
pub use request_head::RequestHead;
pub use response::Response;
pub use response_head::ResponseHead;

pub(crate) use failure::Fault;
pub(crate) use head::{Head, head_length};

/// A SIP message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Message {
    /// Asks for something.
    Request(Request),
    /// Answers a request.
    Response(Response),
}

impl Message {
    /// The message as it stands on the wire. What was parsed prints back byte for byte: order, case, spaces and folding
    /// of its lines.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}
