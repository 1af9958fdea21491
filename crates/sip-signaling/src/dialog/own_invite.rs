use std::time::Instant;

use bytes::Bytes;

use crate::endpoint::Path;
use crate::{
    HeaderName, Headers, InviteClientState, InviteClientTransaction, Method, Reliability, Request,
    StatusCode, Timing,
};

/// A re-INVITE of ours under way (RFC 3261 14.1), one at a time in a dialog.
#[derive(Debug)]
pub(crate) struct OwnInvite {
    pub(crate) machine: InviteClientTransaction,
    pub(crate) path: Path,
    pub(crate) branch: String,
    request: Request,
    /// The ACK of its 2xx, sent again for each copy of that 2xx (RFC 3261 13.2.2.4).
    pub(crate) acknowledgement: Option<Bytes>,
}

impl OwnInvite {
    pub(crate) fn new(request: Request, path: Path, branch: String, timing: Timing, now: Instant) -> Self {
        let reliability = match path.transport.is_reliable() {
            true => Reliability::Reliable,
            false => Reliability::Unreliable,
        };
        let machine = InviteClientTransaction::new(request.to_bytes(), reliability, timing, now);
        Self { machine, path, branch, request, acknowledgement: None }
    }

    /// Whether its final response has not come: no other offer may come before it.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self.machine.state(), InviteClientState::Calling | InviteClientState::Proceeding)
    }

    /// The ACK to a response: with the branch of the INVITE to a refusal (RFC 3261 17.1.1.3), with one of its own to a
    /// 2xx (13.2.2.4). The dialog is confirmed: To is that of the INVITE.
    pub(crate) fn acknowledge(&self, status: StatusCode, via: &str) -> Bytes {
        let kept = [
            HeaderName::Via,
            HeaderName::Route,
            HeaderName::MaxForwards,
            HeaderName::From,
            HeaderName::To,
            HeaderName::CallId,
        ];
        let mut headers = Headers::new();
        for header in self.request.headers.iter().filter(|header| kept.contains(header.name())) {
            match header.name() {
                HeaderName::Via if !status.class().is_refusal() => {
                    headers.push(HeaderName::Via, via.to_owned())
                }
                name => headers.push(name.clone(), header.value().clone()),
            }
        }
        let number =
            self.request.headers.text(&HeaderName::CSeq).unwrap_or_default().replace("INVITE", "ACK");
        headers.push(HeaderName::CSeq, number);
        headers.push(HeaderName::ContentLength, Bytes::from_static(b"0"));
        let mut request = Request::new(Method::Ack, self.request.uri.clone());
        request.headers = headers;
        request.to_bytes()
    }
}
