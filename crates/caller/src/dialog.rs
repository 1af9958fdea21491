use std::net::SocketAddr;

use anyhow::{Context, bail};
use rsip::{
    Header, Headers, Method, Request, Response, SipMessage, StatusCode, Uri, Version,
    headers::{self, UntypedHeader},
    prelude::{HasHeaders, HeadersExt, ToTypedHeader},
};

use crate::{CallPlan, Scheme, Transport, plan::bracketed};

/// The caller's side of one dialog: composes its requests, and the answers to the server's (all through rsip).
pub(crate) struct Dialog {
    call_id: headers::CallId,
    contact: String,
    diversion: Option<String>,
    from: String,
    invite_branch: String,
    remote_target: String,
    routes: Vec<String>,
    sent_by: String,
    sequence: u32,
    to: String,
    transport: &'static str,
}

impl Dialog {
    /// A dialog that is yet to be made by the plan's INVITE.
    pub(crate) fn new(plan: &CallPlan, local: SocketAddr) -> Self {
        let sent_by = format!("{}:{}", bracketed(local.ip()), local.port());
        let transport = plan.transport.token();
        let host = bracketed(local.ip());
        let target = match plan.target.port() {
            5060 => plan.request_host.clone(),
            port => format!("{}:{port}", plan.request_host),
        };
        let parameter = match plan.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        // RFC 5630 3.1.4: a sips URI says it all.
        let target_parameter = if plan.scheme == Scheme::Sips { "" } else { parameter };
        let scheme = plan.scheme.word();
        let remote_target = format!("{scheme}:{}@{target}{target_parameter}", plan.request_user);
        Self {
            call_id: headers::CallId::new(format!("{}@{host}", rsip::param::Tag::default())),
            contact: format!("<{scheme}:{}@{sent_by}{target_parameter}>", plan.from_user),
            diversion: plan
                .diversion
                .as_ref()
                .map(|number| format!("<sip:{number}@{host}>;reason=no-answer;counter=1")),
            from: format!("<sip:{}@{host}>;tag={}", plan.from_user, rsip::param::Tag::default()),
            invite_branch: rsip::param::Branch::default().to_string(),
            to: format!("<{scheme}:{}@{}>", plan.request_user, plan.request_host),
            routes: Vec::new(),
            sequence: 1,
            remote_target,
            sent_by,
            transport,
        }
    }

    /// What all messages of this dialog carry, and no others.
    pub(crate) fn call_id(&self) -> &str {
        self.call_id.value()
    }

    /// The INVITE with its offer.
    pub(crate) fn invite(&self, offer: &str) -> anyhow::Result<Vec<u8>> {
        let mut request = self.request(Method::Invite, &self.invite_branch)?;
        if let Some(diversion) = &self.diversion {
            request.headers.push(Header::Other("Diversion".to_owned(), diversion.clone()));
        }
        request.headers.push(headers::Allow::new("INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE").into());
        request.headers.push(headers::ContentType::new("application/sdp").into());
        Ok(print(request, offer.as_bytes()))
    }

    /// An OPTIONS outside of any dialog.
    pub(crate) fn options(&self) -> anyhow::Result<Vec<u8>> {
        Ok(print(self.request(Method::Options, &self.invite_branch)?, b""))
    }

    /// The ACK of a refusal: part of the INVITE's own transaction (RFC 3261 17.1.1.3).
    pub(crate) fn acknowledge_refusal(&mut self, answer: &Response) -> anyhow::Result<Vec<u8>> {
        self.to = answer.to_header().context("the answer has no To")?.value().to_owned();
        Ok(print(self.request(Method::Ack, &self.invite_branch)?, b""))
    }

    /// Takes tag, remote target and route set of the 2xx (RFC 3261 12.1.2).
    pub(crate) fn establish(&mut self, answer: &Response) -> anyhow::Result<()> {
        self.to = answer.to_header().context("the 2xx has no To")?.value().to_owned();
        let contact = answer.contact_header().context("the 2xx has no Contact")?.typed()?;
        self.remote_target = contact.uri.to_string();
        self.routes = answer
            .headers()
            .iter()
            .filter_map(|header| match header {
                Header::RecordRoute(route) => Some(route.value().to_owned()),
                _ => None,
            })
            .collect();
        self.routes.reverse();
        Ok(())
    }

    /// The ACK of the 2xx: a transaction of its own, sent again for each copy of the 2xx.
    pub(crate) fn acknowledge(&self) -> anyhow::Result<Vec<u8>> {
        Ok(print(self.request(Method::Ack, &rsip::param::Branch::default().to_string())?, b""))
    }

    /// Our BYE.
    pub(crate) fn bye(&mut self) -> anyhow::Result<Vec<u8>> {
        self.sequence += 1;
        Ok(print(self.request(Method::Bye, &rsip::param::Branch::default().to_string())?, b""))
    }

    /// Whether a message belongs to this call.
    pub(crate) fn owns(&self, message: &SipMessage) -> bool {
        message.call_id_header().is_ok_and(|call_id| call_id.value() == self.call_id.value())
    }

    fn request(&self, method: Method, branch: &str) -> anyhow::Result<Request> {
        let uri = Uri::try_from(self.remote_target.as_str())
            .with_context(|| format!("rsip cannot read the URI {}", self.remote_target))?;
        let mut headers = Headers::default();
        let via = format!("SIP/2.0/{} {};rport;branch={branch}", self.transport, self.sent_by);
        headers.push(headers::Via::new(via).into());
        headers.push(headers::MaxForwards::new("70").into());
        for route in &self.routes {
            headers.push(headers::Route::new(route.as_str()).into());
        }
        headers.push(headers::From::new(self.from.as_str()).into());
        headers.push(headers::To::new(self.to.as_str()).into());
        headers.push(self.call_id.clone().into());
        let sequence = rsip::typed::CSeq { seq: self.sequence, method };
        headers.push(sequence.into());
        if method != Method::Bye {
            headers.push(headers::Contact::new(self.contact.as_str()).into());
        }
        headers.push(headers::UserAgent::new("um-caller").into());
        Ok(Request { method, uri, version: Version::V2, headers, body: Vec::new() })
    }
}

/// The answer to a request of the server inside the dialog.
pub(crate) fn answer(request: &Request, status: u16) -> Vec<u8> {
    let mut headers = Headers::default();
    for header in request.headers().iter() {
        if matches!(
            header,
            Header::Via(_) | Header::From(_) | Header::To(_) | Header::CallId(_) | Header::CSeq(_)
        ) {
            headers.push(header.clone());
        }
    }
    headers.push(headers::ContentLength::new("0").into());
    let response =
        Response { status_code: StatusCode::from(status), version: Version::V2, headers, body: Vec::new() };
    response.into()
}

/// The method in a response's CSeq.
pub(crate) fn answered_method(response: &Response) -> Option<Method> {
    Some(response.cseq_header().ok()?.typed().ok()?.method)
}

/// Value of a header that rsip has no type for, or of Warning.
pub(crate) fn header_text(headers: &Headers, name: &str) -> Option<String> {
    headers.iter().find_map(|header| match header {
        Header::Other(other, value) if other.eq_ignore_ascii_case(name) => Some(value.clone()),
        Header::Warning(value) if name.eq_ignore_ascii_case("Warning") => Some(value.value().to_owned()),
        _ => None,
    })
}

/// Reads one message of the server.
///
/// # Errors
/// rsip cannot read it: the server wrote something that a foreign implementation does not understand.
pub(crate) fn read_message(bytes: &[u8]) -> anyhow::Result<SipMessage> {
    match SipMessage::try_from(bytes) {
        Ok(message) => Ok(message),
        Err(error) => {
            bail!("rsip cannot read the server's message ({error}):\n{}", String::from_utf8_lossy(bytes))
        }
    }
}

/// The reason phrase as it stands in the status line (rsip keeps the code only).
pub(crate) fn reason_phrase(bytes: &[u8]) -> String {
    let line = String::from_utf8_lossy(bytes);
    let line = line.lines().next().unwrap_or_default();
    line.splitn(3, ' ').nth(2).unwrap_or_default().to_owned()
}

fn print(mut request: Request, body: &[u8]) -> Vec<u8> {
    request.headers.push(headers::ContentLength::new(body.len().to_string()).into());
    request.body = body.to_vec();
    request.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog(transport: Transport) -> Dialog {
        let mut plan = CallPlan::new("127.0.0.1:15060".parse().unwrap(), "5000");
        plan.transport = transport;
        plan.diversion = Some("4001".to_owned());
        Dialog::new(&plan, "127.0.0.1:40000".parse().unwrap())
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    const ANSWER: &str = "SIP/2.0 200 All is well\r\nVia: SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bKx;rport=40000\r\n\
        Record-Route: <sip:p1;lr>\r\nRecord-Route: <sip:p2;lr>\r\nFrom: <sip:a@b>;tag=1\r\n\
        To: <sip:5000@127.0.0.1>;tag=um-7\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\
        Contact: <sip:127.0.0.1:15060;transport=tcp>\r\nContent-Length: 0\r\n\r\n";

    #[test]
    fn invite_names_the_pilot_and_the_diverting_number() {
        let invite = text(dialog(Transport::Udp).invite("v=0\r\n").unwrap());

        assert!(invite.starts_with("INVITE sip:5000@127.0.0.1:15060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:40000;rport;branch=z9hG4bK"), "{invite}");
        assert!(
            invite.contains("\r\nDiversion: <sip:4001@127.0.0.1>;reason=no-answer;counter=1\r\n"),
            "{invite}"
        );
        assert!(
            invite.ends_with("\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"),
            "{invite}"
        );
    }

    #[test]
    fn sips_call_says_sips_in_contact_too_and_names_no_transport() {
        let mut plan = CallPlan::new("127.0.0.1:15061".parse().unwrap(), "5000");
        plan.transport = Transport::Tls;
        plan.scheme = Scheme::Sips;

        let invite = text(Dialog::new(&plan, "127.0.0.1:40000".parse().unwrap()).invite("v=0\r\n").unwrap());

        assert!(
            invite.starts_with("INVITE sips:5000@127.0.0.1:15061 SIP/2.0\r\nVia: SIP/2.0/TLS 127."),
            "{invite}"
        );
        assert!(invite.contains("\r\nContact: <sips:2065550100@127.0.0.1:40000>\r\n"), "{invite}");
    }

    #[test]
    fn bye_goes_to_the_contact_through_the_reversed_route_set() {
        let mut dialog = dialog(Transport::Tcp);
        let SipMessage::Response(answer) = read_message(ANSWER.as_bytes()).unwrap() else {
            panic!("a response")
        };
        dialog.establish(&answer).unwrap();

        let bye = text(dialog.bye().unwrap());

        assert!(bye.starts_with("BYE sip:127.0.0.1:15060;transport=TCP SIP/2.0\r\n"), "{bye}");
        assert!(bye.contains("\r\nRoute: <sip:p2;lr>\r\nRoute: <sip:p1;lr>\r\n"), "{bye}");
        assert!(bye.contains("\r\nTo: <sip:5000@127.0.0.1>;tag=um-7\r\n"), "{bye}");
        assert!(bye.contains("\r\nCSeq: 2 BYE\r\n"), "{bye}");
    }

    #[test]
    fn phrase_is_taken_from_the_line_as_written() {
        assert_eq!(reason_phrase(ANSWER.as_bytes()), "All is well");
    }

    #[test]
    fn answer_copies_every_via() {
        let bye = "BYE sip:a@127.0.0.1:40000 SIP/2.0\r\nVia: SIP/2.0/UDP h1;branch=z9hG4bK1\r\n\
            Via: SIP/2.0/UDP h2;branch=z9hG4bK2\r\nFrom: <sip:u@h>;tag=9\r\nTo: <sip:a@b>;tag=1\r\nCall-ID: 1\r\n\
            CSeq: 5 BYE\r\nReason: Q.850;cause=16\r\nContent-Length: 0\r\n\r\n";
        let SipMessage::Request(bye) = read_message(bye.as_bytes()).unwrap() else { panic!("a request") };

        assert_eq!(header_text(bye.headers(), "reason").as_deref(), Some("Q.850;cause=16"));
        assert_eq!(
            text(answer(&bye, 200)),
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h1;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP h2;branch=z9hG4bK2\r\n\
             From: <sip:u@h>;tag=9\r\nTo: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 5 BYE\r\nContent-Length: 0\r\n\r\n"
        );
    }
}
