//! Refusals that the endpoint gives itself. They keep no state: a retransmission is refused again, in the same words and
//! with the same tag (RFC 3261 8.2.7).

use telephony::{Event, kind};

use super::own_address::reply_path;
use super::{Endpoint, EndpointOutput, Origin, Reply};
use crate::{HeaderName, Method, Reason, Request, RequestHead, StatusCode, Warning};

impl Endpoint {
    /// Answers a request without keeping anything. An ACK is never answered.
    pub(super) fn refuse(&mut self, origin: &Origin, request: &Request, head: &RequestHead, reply: &Reply) {
        let tag = self.tokens.stateless_tag(&[
            head.call_id.as_bytes(),
            head.from.tag().unwrap_or_default().as_bytes(),
            &head.cseq.number.to_be_bytes(),
            head.via.branch().unwrap_or_default().as_bytes(),
        ]);
        self.reply_once(origin, request, head, &tag, reply);
    }

    /// Answers a request without keeping anything, with a given To tag.
    pub(super) fn reply_once(
        &mut self,
        origin: &Origin,
        request: &Request,
        head: &RequestHead,
        tag: &str,
        reply: &Reply,
    ) {
        if request.method == Method::Ack {
            return;
        }
        let response = self.own_headers.compose(request, origin, tag, reply);
        self.transmit(&reply_path(origin, &head.via), response.to_bytes());
    }

    /// A refusal with words for the administrator, in Warning and in Reason (docs/security-modes.md section 2).
    pub(super) fn explained(&self, status: StatusCode, q850_cause: u16, words: &str) -> Reply {
        Reply::new(status)
            .header(HeaderName::Warning, Warning::new(399, &self.config.fqdn, words))
            .header(HeaderName::Reason, Reason::q850(q850_cause, words))
    }

    /// An administrator hears of a call that was refused here, and of what to do.
    pub(super) fn tell_refusal(
        &mut self,
        origin: &Origin,
        request: &Request,
        head: &RequestHead,
        reply: &Reply,
    ) {
        if request.method != Method::Invite {
            return;
        }
        // What the transaction user limits is no queue of ours.
        let is_shed = reply.status == StatusCode::SERVICE_UNAVAILABLE && self.no_more_calls.is_none();
        let event = Event::new(if is_shed { &kind::QUEUE_FULL } else { &kind::CALL_REJECTED })
            .with("source", origin.remote)
            .with("transport", origin.transport.via_token())
            .with("call_id", &head.call_id)
            .with("status", reply.status)
            .with("reason", reason(reply));
        let event = match remedy(reply.status) {
            Some(words) => event.remedy(words),
            None => event,
        };
        self.outputs.push_back(EndpointOutput::Event(event));
    }

    /// A stranger's request is handed out unanswered; its ACK, which nobody answers, is dropped.
    pub(super) fn hand_out_stranger(&mut self, origin: &Origin, request: Request) {
        if request.method != Method::Ack {
            self.outputs.push_back(EndpointOutput::Stranger { origin: origin.clone(), request });
        }
    }
}

/// The words of a refusal: its phrase and what its headers name.
fn reason(reply: &Reply) -> String {
    let mut words = reply.phrase.clone().unwrap_or_else(|| reply.status.reason_phrase().to_owned());
    let named = reply.headers.iter().find(|(name, _)| {
        matches!(
            name,
            HeaderName::Accept | HeaderName::AcceptEncoding | HeaderName::Unsupported | HeaderName::Warning
        )
    });
    if let Some((name, value)) = named {
        words.push_str(&format!("; {name}: {}", String::from_utf8_lossy(value)));
    }
    words
}

/// What to do about a call that rule 5 refuses.
fn remedy(status: StatusCode) -> Option<&'static str> {
    Some(match status {
        StatusCode::BAD_REQUEST => "look at the gateway's firmware: an INVITE must name its Contact",
        StatusCode::BAD_EXTENSION => {
            "turn the extension that `reason` names off on the gateway, or make it optional there"
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "let the gateway send its session description as application/sdp"
        }
        StatusCode::UNSUPPORTED_URI_SCHEME => "let the gateway call a sip: URI",
        StatusCode::TEMPORARILY_UNAVAILABLE => "point the gateway at the TLS port, or let it call a sip: URI",
        StatusCode::LOOP_DETECTED => {
            "the same call came on two ways: look for a loop or a forking rule between PBX and gateway"
        }
        _ => return None,
    })
}
