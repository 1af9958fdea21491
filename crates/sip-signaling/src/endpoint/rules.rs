//! Rule 5 of docs/security-modes.md section 0: method, URI scheme, Require, body type (RFC 3261 8.2.1 to 8.2.3).
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;

use super::composing::OwnHeaders;
use super::{EndpointConfig, Origin, Reply, TransportClass};
use crate::dtmf_info::{DIGIT_BODIES, is_digit_body};
use crate::{EventPackage, HeaderName, Method, Request, RequestHead, StatusCode, Text, Uri, Warning};

/// The reply that refuses a method that is not served outside a dialog.
///
/// "If the UAS recognizes but does not support the method of a request, it MUST generate a 405 .. The response MUST also
/// include an Allow header field" (8.2.1); what it does not recognize gets 501 (21.5.2). What belongs into a dialog and
/// names none gets 481.
pub(crate) fn check_method_outside(
    method: &Method,
    config: &EndpointConfig,
    own: &OwnHeaders,
) -> Result<(), Reply> {
    check_method(method, config, own)?;
    match method {
        Method::Invite | Method::Options | Method::Subscribe => Ok(()),
        Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Info
        | Method::Message
        | Method::Notify
        | Method::Other(_)
        | Method::Prack
        | Method::Publish
        | Method::Refer
        | Method::Register
        | Method::Update => Err(Reply::new(StatusCode::CALL_DOES_NOT_EXIST)),
    }
}

/// The reply that refuses a method that is not served at all.
pub(crate) fn check_method(method: &Method, config: &EndpointConfig, own: &OwnHeaders) -> Result<(), Reply> {
    if config.allow.contains(method) {
        return Ok(());
    }
    let status = match method {
        Method::Other(_) => StatusCode::NOT_IMPLEMENTED,
        Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Info
        | Method::Invite
        | Method::Message
        | Method::Notify
        | Method::Options
        | Method::Prack
        | Method::Publish
        | Method::Refer
        | Method::Register
        | Method::Subscribe
        | Method::Update => StatusCode::METHOD_NOT_ALLOWED,
    };
    Err(Reply::new(status).header(HeaderName::Allow, own.allow.clone()))
}

/// The reply that refuses a Request-URI: any scheme but `sip:` and `sips:` (8.2.2.1), and `sips:` on a clear transport
/// (RFC 5630 5.3).
pub(crate) fn check_uri_scheme(uri: &Uri, origin: &Origin, config: &EndpointConfig) -> Result<(), Reply> {
    match uri {
        Uri::Sip(uri) if uri.is_secure() && origin.transport.class() == TransportClass::Clear => {
            let words =
                "a sips: URI came over a clear transport: point the gateway at the TLS port, or use sip:";
            Err(Reply::new(StatusCode::TEMPORARILY_UNAVAILABLE)
                .header(HeaderName::Warning, Warning::new(380, &config.fqdn, words)))
        }
        Uri::Sip(_) => Ok(()),
        Uri::Tel(_) | Uri::Other(_) => Err(Reply::new(StatusCode::UNSUPPORTED_URI_SCHEME)),
    }
}

/// The reply that refuses an option tag: "the UAS MUST respond by generating a response with status code 420" and list
/// what it does not understand in Unsupported (8.2.2.3).
pub(crate) fn check_require(head: &RequestHead, config: &EndpointConfig) -> Result<(), Reply> {
    let is_ours = |tag: &str| config.supported.iter().any(|ours| ours.eq_ignore_ascii_case(tag));
    let unsupported: Vec<&str> = head.require.iter().map(Text::as_str).filter(|tag| !is_ours(tag)).collect();
    match unsupported.is_empty() {
        true => Ok(()),
        false => {
            Err(Reply::new(StatusCode::BAD_EXTENSION).header(HeaderName::Unsupported, unsupported.join(", ")))
        }
    }
}

/// The reply that refuses a body that we cannot read and may not ignore (8.2.3).
pub(crate) fn check_body(request: &Request, config: &EndpointConfig, own: &OwnHeaders) -> Result<(), Reply> {
    if request.body.is_empty() || is_optional(request) {
        return Ok(());
    }
    let encoding = request.headers.get(&HeaderName::ContentEncoding);
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        return Err(Reply::new(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            .header(HeaderName::AcceptEncoding, Bytes::from_static(b"identity")));
    }
    let essence = request.media_type().map(|media_type| media_type.essence());
    match essence.is_some_and(|essence| config.accept.contains(&essence.as_str())) {
        true => Ok(()),
        false => {
            Err(Reply::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).header(HeaderName::Accept, own.accept.clone()))
        }
    }
}

/// The reply that refuses an INFO that says something else than a key: "469 (Bad Info Package)" to a package that we have
/// not indicated, with Recv-Info, which is empty because we take none (RFC 6086 4.2.2); 415 to another body of the old
/// usage, in which a body that is not understood "MUST" be told so (RFC 2976 2.2), with the bodies that we read
/// (RFC 3261 20.1).
pub(crate) fn check_info(request: &Request) -> Result<(), Reply> {
    if request.headers.contains(&HeaderName::from_text("Info-Package")) {
        let none_taken = Reply::new(StatusCode::BAD_INFO_PACKAGE);
        return Err(none_taken.header(HeaderName::from_text("Recv-Info"), Bytes::new()));
    }
    match request.body.is_empty() || is_digit_body(request) || is_optional(request) {
        true => Ok(()),
        false => {
            let accept = Bytes::from_static(DIGIT_BODIES.as_bytes());
            Err(Reply::new(StatusCode::UNSUPPORTED_MEDIA_TYPE).header(HeaderName::Accept, accept))
        }
    }
}

/// The reply that refuses a SUBSCRIBE: without an event package, or to one that is not ours, it gets 489 with
/// Allow-Events (RFC 6665 4.2.1.1, 8.2.2).
pub(crate) fn check_event(request: &Request, config: &EndpointConfig, own: &OwnHeaders) -> Result<(), Reply> {
    let package: Option<EventPackage> = request.headers.read().ok().flatten();
    match package.is_some_and(|package| config.events.contains(&package.name.as_str())) {
        true => Ok(()),
        false => Err(Reply::new(StatusCode::BAD_EVENT).header(HeaderName::AllowEvents, own.events.clone())),
    }
}

/// Whether the sender says that the body may be ignored (RFC 3261 20.11).
fn is_optional(request: &Request) -> bool {
    request.headers.text(&HeaderName::ContentDisposition).is_some_and(|value| {
        value.to_ascii_lowercase().replace([' ', '\t'], "").contains(";handling=optional")
    })
}
