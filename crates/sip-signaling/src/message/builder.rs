//! Builders of our own messages.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::grammar::GrammarError;
use crate::header::{Header, HeaderName, Headers, NameAddr, TypedHeader, Values, Via, to_tag};
use crate::message::request::Request;
use crate::message::response::Response;
use crate::method::Method;
use crate::status::{ResponseClass, StatusCode};
use crate::uri::Uri;

/// Builds the response to a request (RFC 3261 8.2.6, 12.1.1).
#[derive(Clone, Debug)]
pub struct ResponseBuilder {
    response: Response,
}

impl ResponseBuilder {
    /// Copies Via, From, To, Call-ID, CSeq and Timestamp as they stand in the request; Record-Route too, if the response
    /// makes a dialog (101 to 299 to INVITE, SUBSCRIBE or REFER).
    pub fn for_request(request: &Request, status: StatusCode) -> Self {
        let mut response = Response::new(status);
        let makes_dialog = (101..=299).contains(&status.code())
            && matches!(request.method, Method::Invite | Method::Subscribe | Method::Refer);
        let (mut has_from, mut has_to, mut has_call_id, mut has_cseq) = (false, false, false, false);
        for header in &request.headers {
            let copied = match header.name() {
                HeaderName::Via | HeaderName::Timestamp => true,
                HeaderName::From => !std::mem::replace(&mut has_from, true),
                HeaderName::To => !std::mem::replace(&mut has_to, true),
                HeaderName::CallId => !std::mem::replace(&mut has_call_id, true),
                HeaderName::CSeq => !std::mem::replace(&mut has_cseq, true),
                HeaderName::RecordRoute => makes_dialog,
                _ => false,
            };
            if copied {
                response.headers.push_line(header.clone());
            }
        }
        Self { response }
    }

    /// Another reason phrase. Line ends in it become spaces.
    #[must_use]
    pub fn reason(mut self, phrase: &str) -> Self {
        self.response.reason = Bytes::copy_from_slice(phrase.as_bytes());
        self
    }

    /// Adds `tag` to the To, unless the request brought one.
    #[must_use]
    pub fn to_tag(mut self, tag: &str) -> Self {
        if let Some(to) = self.response.headers.get(&HeaderName::To).filter(|to| to_tag(to).is_none()) {
            let mut value = to.to_vec();
            value.extend_from_slice(b";tag=");
            value.extend_from_slice(tag.as_bytes());
            self.response.headers.set(HeaderName::To, value);
        }
        self
    }

    /// Writes into the topmost Via where the request came from (RFC 3261 18.2.1, RFC 3581).
    #[must_use]
    pub fn received_from(mut self, source: SocketAddr) -> Self {
        self.response.headers = mark_top_via(&self.response.headers, source);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<Bytes>) -> Self {
        self.response.headers.push(name, value);
        self
    }

    /// Sets the body and its Content-Type.
    #[must_use]
    pub fn body(mut self, content_type: impl Into<Bytes>, body: impl Into<Bytes>) -> Self {
        self.response.headers.set(HeaderName::ContentType, content_type);
        self.response.body = body.into();
        self
    }

    /// The response with its Content-Length.
    pub fn build(mut self) -> Response {
        let length = self.response.body.len().to_string();
        self.response.headers.set(HeaderName::ContentLength, length);
        self.response
    }

    /// Whether the status ends the transaction.
    pub fn is_final(&self) -> bool {
        self.response.class() != ResponseClass::Provisional
    }
}

/// The headers with `received` and `rport` in the first Via value; unchanged if it cannot be read.
fn mark_top_via(headers: &Headers, source: SocketAddr) -> Headers {
    let mut marked = Headers::with_capacity(headers.len());
    let mut is_done = false;
    for header in headers {
        let via = (!is_done && *header.name() == HeaderName::Via).then(|| marked_line(header, source));
        is_done |= via.is_some();
        marked.push_line(via.and_then(Result::ok).unwrap_or_else(|| header.clone()));
    }
    marked
}

fn marked_line(header: &Header, source: SocketAddr) -> Result<Header, GrammarError> {
    let mut values = Values::new(header.value());
    let top = values.next().ok_or(GrammarError { detail: "empty Via" })?;
    let mut via = Via::parse(&top)?;
    let before = via.params.clone();
    via.mark_source(source);
    if via.params == before {
        return Ok(header.clone());
    }
    let mut value = via.to_string();
    for other in values {
        value.push_str(", ");
        value.push_str(&String::from_utf8_lossy(&other));
    }
    Ok(Header::new(HeaderName::Via, value))
}

/// Builds a request of ours. Headers stand in the order in which they are added; the caller adds Via, Max-Forwards, From,
/// To, Call-ID and CSeq.
#[derive(Clone, Debug)]
pub struct RequestBuilder {
    request: Request,
}

impl RequestBuilder {
    /// Begins a request.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { request: Request::new(method, uri) }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<Bytes>) -> Self {
        self.request.headers.push(name, value);
        self
    }

    /// Adds a Via.
    #[must_use]
    pub fn via(self, via: &Via) -> Self {
        self.header(HeaderName::Via, via.to_string())
    }

    /// Adds a header of the name-addr family.
    #[must_use]
    pub fn address(self, name: HeaderName, address: &NameAddr) -> Self {
        self.header(name, address.to_string())
    }

    /// Adds `CSeq` with the method of the request.
    #[must_use]
    pub fn cseq(self, number: u32) -> Self {
        let value = format!("{number} {}", self.request.method);
        self.header(HeaderName::CSeq, value)
    }

    /// Sets the body and its Content-Type.
    #[must_use]
    pub fn body(mut self, content_type: impl Into<Bytes>, body: impl Into<Bytes>) -> Self {
        self.request.headers.set(HeaderName::ContentType, content_type);
        self.request.body = body.into();
        self
    }

    /// The request with its Content-Length.
    pub fn build(mut self) -> Request {
        let length = self.request.body.len().to_string();
        self.request.headers.set(HeaderName::ContentLength, length);
        self.request
    }
}
