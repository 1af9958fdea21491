use std::net::{IpAddr, UdpSocket};

use caller::{Answer, CallPlan, Line};

use crate::Voice;

/// A gateway that says what a test writes. Its requests are texts of the test's own; its answers are read by the test
/// caller's foreign parser.
pub struct ScriptedGateway {
    line: Line,
    plan: CallPlan,
    /// Held so that media goes to nobody else.
    media: UdpSocket,
    serial: u32,
}

/// A request to be: what a test does not change is right.
#[derive(Clone, Debug)]
pub struct ScriptedRequest {
    /// Behind the Request-URI: `SIP/2.0`.
    pub version: &'static str,
    /// The method, of the request line and of CSeq.
    pub method: &'static str,
    /// The Request-URI.
    pub uri: String,
    /// The branch of Via.
    pub branch: String,
    /// The tag of From.
    pub from_tag: String,
    /// The value of To.
    pub to: String,
    /// The value of Call-ID.
    pub call_id: String,
    /// The number in CSeq.
    pub sequence: u32,
    /// Further lines of the head, without line ends.
    pub headers: Vec<String>,
    /// Type of the body.
    pub content_type: &'static str,
    /// The body; empty is none.
    pub body: String,
}

/// A call that is up.
#[derive(Clone, Debug)]
pub struct ScriptedDialog {
    first: ScriptedRequest,
    target: String,
    to: String,
    sequence: u32,
}

impl ScriptedGateway {
    /// Opens the plan's transport; of the plan, its identity, numbers and addresses count.
    ///
    /// # Panics
    /// The server takes no connection.
    pub async fn open(plan: CallPlan) -> Self {
        let media = UdpSocket::bind((plan.local_ip, 0)).expect("a free port");
        let line = Line::open(plan.clone()).await.unwrap_or_else(|error| panic!("no connection: {error:#}"));
        Self { line, plan, media, serial: 0 }
    }

    /// A request outside of any dialog, to the plan's number.
    pub fn request(&mut self, method: &'static str) -> ScriptedRequest {
        self.serial += 1;
        let (host, user, own) = (&self.plan.request_host, &self.plan.request_user, self.line.local_addr());
        let name = format!("{}-{}", own.port(), self.serial);
        let parameter = format!(";transport={}", self.plan.transport.token().to_ascii_lowercase());
        let mut headers = vec![format!("Contact: <sip:{}@{own}{parameter}>", self.plan.from_user)];
        if let Some(number) = &self.plan.diversion {
            headers.push(format!("Diversion: <sip:{number}@{host}>;reason=no-answer"));
        }
        ScriptedRequest {
            version: "SIP/2.0",
            method,
            uri: format!("sip:{user}@{host}"),
            branch: format!("z9hG4bK-script-{name}"),
            from_tag: format!("from-{name}"),
            to: format!("<sip:{user}@{host}>"),
            call_id: format!("call-{name}@scripted.test"),
            sequence: 1,
            headers,
            content_type: "application/sdp",
            body: String::new(),
        }
    }

    /// An INVITE with these media lines; `{port}` in them is ours.
    pub fn invite(&mut self, media: &str) -> ScriptedRequest {
        let mut invite = self.request("INVITE");
        invite.body = self.offer(media, 1);
        invite
    }

    /// A session description with these media lines and this version in its `o=` line.
    pub fn offer(&self, media: &str, version: u32) -> String {
        let port = self.media.local_addr().expect("a bound socket").port();
        let media = media.replace("{port}", &port.to_string());
        let ip = self.plan.local_ip;
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        format!("v=0\r\no=gw 1 {version} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n{media}")
    }

    /// Sends a request and waits for its final answer, which is acknowledged if it answers an INVITE.
    ///
    /// # Panics
    /// There is no answer, or none that the foreign parser can read.
    pub async fn ask(&mut self, request: &ScriptedRequest) -> Answer {
        let bytes = self.written(request);
        let answer = self.line.ask(&bytes).await;
        let answer = answer.unwrap_or_else(|error| panic!("{} got no answer: {error:#}", request.method));
        if request.method == "INVITE" {
            let mut ack = ScriptedRequest { method: "ACK", body: String::new(), ..request.clone() };
            ack.to = answer.header("To").expect("an answer has To");
            if answer.status < 300 {
                ack.uri = target(&answer);
                ack.branch.push_str("-ack");
            }
            let ack = self.written(&ack);
            // The server may have closed the connection with its refusal.
            self.line.send(&ack).await.ok();
        }
        answer
    }

    /// Places a call that must be answered with 200.
    ///
    /// # Panics
    /// It is answered otherwise.
    pub async fn call(&mut self, invite: &ScriptedRequest) -> (Answer, ScriptedDialog) {
        let answer = self.ask(invite).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let dialog = ScriptedDialog::of(invite, &answer);
        (answer, dialog)
    }

    /// Places a call without an offer (or asks again within one): the ACK of its 200 carries `body`.
    ///
    /// # Panics
    /// It is answered otherwise.
    pub async fn call_answered_in_ack(
        &mut self,
        invite: &ScriptedRequest,
        body: &str,
    ) -> (Answer, ScriptedDialog) {
        let bytes = self.written(invite);
        let answer = self.line.ask(&bytes).await;
        let answer = answer.unwrap_or_else(|error| panic!("INVITE got no answer: {error:#}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let dialog = ScriptedDialog::of(invite, &answer);
        let mut ack = ScriptedRequest { method: "ACK", body: body.to_owned(), ..invite.clone() };
        ack.to.clone_from(&dialog.to);
        ack.uri.clone_from(&dialog.target);
        ack.branch.push_str("-ack");
        let ack = self.written(&ack);
        self.line.send(&ack).await.expect("the connection stands");
        (answer, dialog)
    }

    /// Waits for the server's BYE, answers it, and gives the value of its Reason.
    ///
    /// # Panics
    /// Something else comes, or nothing.
    pub async fn take_bye(&mut self) -> String {
        loop {
            let bytes = self.line.receive().await.expect("a BYE").expect("the connection stands");
            let text = String::from_utf8(bytes).expect("SIP of ours is UTF-8");
            // The 200 again, because the ACK was on its way.
            if text.starts_with("SIP/2.0 200 ") {
                continue;
            }
            assert!(text.starts_with("BYE "), "{text}");
            let kept = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let lines = text.lines().filter(|line| kept.iter().any(|name| line.starts_with(name)));
            let head: String = lines.map(|line| format!("{line}\r\n")).collect();
            let answer = format!("SIP/2.0 200 OK\r\n{head}Content-Length: 0\r\n\r\n");
            self.line.send(answer.as_bytes()).await.expect("the connection stands");
            return text
                .lines()
                .find_map(|line| line.strip_prefix("Reason: "))
                .unwrap_or_default()
                .to_owned();
        }
    }

    /// Ends a call.
    ///
    /// # Panics
    /// BYE is not answered with 200: the call was not up any more.
    pub async fn hang_up(&mut self, dialog: &mut ScriptedDialog) {
        let answer = self.ask(&dialog.request("BYE")).await;
        assert_eq!(answer.status, 200, "BYE: {answer:?}");
    }

    /// What speaks and listens in the call that this 200 has made; one at a time.
    ///
    /// # Panics
    /// The answer takes no audio, or its media is not clear.
    pub fn voice(&self, answer: &Answer) -> Voice {
        let socket = self.media.try_clone().expect("a socket can be cloned");
        Voice::new(socket, &answer.body())
    }

    /// Waits until the server ends the call, and lets it: its BYE.
    ///
    /// # Panics
    /// None comes within the plan's deadline.
    pub async fn await_bye(&mut self) -> String {
        loop {
            let received = self.line.receive().await.expect("a BYE");
            let text =
                String::from_utf8(received.expect("an open connection")).expect("a SIP message is a text");
            if !text.starts_with("BYE ") {
                continue;
            }
            let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
            let lines = text.lines().filter(|line| copied.iter().any(|name| line.starts_with(name)));
            let lines: String = lines.map(|line| format!("{line}\r\n")).collect();
            let answer = format!("SIP/2.0 200 OK\r\n{lines}Content-Length: 0\r\n\r\n");
            self.line.send(answer.as_bytes()).await.expect("BYE can be answered");
            return text;
        }
    }

    /// The request as it goes out.
    pub fn written(&self, request: &ScriptedRequest) -> Vec<u8> {
        let ScriptedRequest { version, method, uri, branch, from_tag, to, call_id, sequence, .. } = request;
        let (own, via) = (self.line.local_addr(), self.plan.transport.token());
        let from_host = match own.ip() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let mut text = format!(
            "{method} {uri} {version}\r\nVia: SIP/2.0/{via} {own};rport;branch={branch}\r\nMax-Forwards: 70\r\n\
             From: <sip:{}@{from_host}>;tag={from_tag}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {sequence} {method}\r\n",
            self.plan.from_user
        );
        for line in &request.headers {
            text.push_str(line);
            text.push_str("\r\n");
        }
        if !request.body.is_empty() {
            text.push_str(&format!("Content-Type: {}\r\n", request.content_type));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{}", request.body.len(), request.body));
        text.into_bytes()
    }

    /// The connection itself, for what is no request.
    pub fn line(&mut self) -> &mut Line {
        &mut self.line
    }
}

/// The answer to a request of the server, as it goes out.
pub fn answer_to(request: &[u8], status: &str) -> Vec<u8> {
    let request = String::from_utf8_lossy(request);
    let head = request.split("\r\n\r\n").next().unwrap_or_default();
    let mut answer = format!("SIP/2.0 {status}\r\n");
    for line in head.lines() {
        let name = line.split(':').next().unwrap_or_default().trim();
        if ["Via", "From", "To", "Call-ID", "CSeq"].contains(&name) {
            answer.push_str(line);
            answer.push_str("\r\n");
        }
    }
    answer.push_str("Content-Length: 0\r\n\r\n");
    answer.into_bytes()
}

impl ScriptedDialog {
    /// The call that this 200 to this INVITE has made.
    ///
    /// # Panics
    /// The 200 has no To or no Contact.
    pub fn of(invite: &ScriptedRequest, answer: &Answer) -> Self {
        let to = answer.header("To").expect("an answer has To");
        Self { first: invite.clone(), target: target(answer), to, sequence: invite.sequence }
    }

    /// The next request inside the call, without a body.
    pub fn request(&mut self, method: &'static str) -> ScriptedRequest {
        self.sequence += 1;
        ScriptedRequest {
            method,
            uri: self.target.clone(),
            to: self.to.clone(),
            branch: format!("{}-{}", self.first.branch, self.sequence),
            sequence: self.sequence,
            body: String::new(),
            ..self.first.clone()
        }
    }
}

/// The URI of the answer's Contact.
fn target(answer: &Answer) -> String {
    let contact = answer.header("Contact").expect("a 2xx has a Contact");
    contact.trim_start_matches('<').trim_end_matches('>').to_owned()
}
