use bytes::Bytes;

use super::{EndpointConfig, Origin, Reply};
use crate::{HeaderName, Method, Request, Response, ResponseBuilder, ResponseClass, StatusCode};

/// The headers about ourselves, written once.
#[derive(Debug)]
pub(crate) struct OwnHeaders {
    pub(crate) allow: Bytes,
    pub(crate) supported: Bytes,
    pub(crate) accept: Bytes,
    /// Empty where nobody may subscribe.
    pub(crate) events: Bytes,
    pub(crate) product: Bytes,
}

impl OwnHeaders {
    pub(crate) fn new(config: &EndpointConfig) -> Self {
        let allow: Vec<&str> = config.allow.iter().map(Method::as_str).collect();
        Self {
            allow: Bytes::from(allow.join(", ")),
            supported: Bytes::from(config.supported.join(", ")),
            accept: Bytes::from(config.accept.join(", ")),
            events: match config.allow.contains(&Method::Subscribe) {
                true => Bytes::from(config.events.join(", ")),
                false => Bytes::new(),
            },
            product: Bytes::from(config.server_name.clone()),
        }
    }

    /// What stands in our response to `method` beside what the user gives: Allow and Supported in every 2xx that tells
    /// a peer what we can do (RFC 3261 13.3.1.4, 11.2; RFC 3311 5.2), the rest of section 6 for OPTIONS.
    fn for_response(&self, method: &Method, status: StatusCode) -> Vec<(HeaderName, Bytes)> {
        let mut headers = Vec::new();
        let is_options = *method == Method::Options;
        let is_offer = matches!(method, Method::Invite | Method::Update);
        if status.class() == ResponseClass::Success && (is_options || *method == Method::Subscribe) {
            // "A node implementing one or more event packages SHOULD .. include an Allow-Events header field" in its
            // answers to OPTIONS (RFC 6665 8.2.2).
            headers.push((HeaderName::AllowEvents, self.events.clone()));
        }
        if status.class() == ResponseClass::Success && (is_options || is_offer) {
            headers.push((HeaderName::Allow, self.allow.clone()));
            headers.push((HeaderName::Supported, self.supported.clone()));
            if is_options {
                headers.push((HeaderName::Accept, self.accept.clone()));
                headers.push((HeaderName::AcceptEncoding, Bytes::from_static(b"identity")));
                headers.push((HeaderName::AcceptLanguage, Bytes::from_static(b"en")));
            }
        }
        if status != StatusCode::TRYING {
            headers.push((HeaderName::Server, self.product.clone()));
        }
        headers
    }

    /// The whole response to `request`. `tag` becomes the To tag if there is none, except in a 100.
    pub(crate) fn compose(&self, request: &Request, origin: &Origin, tag: &str, reply: &Reply) -> Response {
        let mut builder = ResponseBuilder::for_request(request, reply.status).received_from(origin.remote);
        if reply.status != StatusCode::TRYING {
            builder = builder.to_tag(tag);
        }
        if let Some(words) = &reply.phrase {
            builder = builder.reason(words);
        }
        for (name, value) in &reply.headers {
            builder = builder.header(name.clone(), value.clone());
        }
        for (name, value) in self.for_response(&request.method, reply.status) {
            let is_given = reply.headers.iter().any(|(given, _)| *given == name);
            if !is_given && !value.is_empty() {
                builder = builder.header(name, value);
            }
        }
        if let Some(body) = &reply.body {
            builder = builder.body(body.content_type.clone(), body.bytes.clone());
        }
        builder.build()
    }
}
