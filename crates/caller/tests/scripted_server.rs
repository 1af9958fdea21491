//! The caller against a server whose every message is written out here.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, UdpSocket},
    thread::{self, JoinHandle},
    time::Duration,
};

use caller::{CallOutcome, CallPlan, EndedBy, HangUp, StartSpeaking, Transport, place_call};

/// A UDP socket, the far end of which is played by `script` on a thread of its own.
fn server<T: Send + 'static>(
    script: impl FnOnce(UdpSocket) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    (socket.local_addr().unwrap(), thread::spawn(move || script(socket)))
}

fn receive(socket: &UdpSocket) -> (String, SocketAddr) {
    let mut buffer = [0; 4096];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    (String::from_utf8(buffer[..length].to_vec()).unwrap(), from)
}

fn header<'a>(message: &'a str, name: &str) -> &'a str {
    message.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap()
}

/// An answer with the headers of `request` and further lines.
fn answer(request: &str, status: &str, more: &str) -> String {
    format!(
        "SIP/2.0 {status}\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=um1\r\nCall-ID: {}\r\nCSeq: {}\r\n{more}",
        header(request, "Via"),
        header(request, "From"),
        header(request, "To"),
        header(request, "Call-ID"),
        header(request, "CSeq"),
    )
}

fn branch(message: &str) -> &str {
    header(message, "Via").split_once("branch=").unwrap().1
}

/// A 200 with SDP whose RTP port is nobody's concern.
fn accepted(invite: &str, socket: &UdpSocket) -> String {
    let sdp =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
    let contact = socket.local_addr().unwrap();
    let more = format!(
        "Contact: <sip:{contact}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    answer(invite, "200 OK", &more)
}

async fn call(target: SocketAddr, transport: Transport, after: HangUp) -> CallOutcome {
    let mut plan = CallPlan::new(target, "5000");
    plan.transport = transport;
    plan.start_speaking = StartSpeaking::Immediately;
    plan.after = after;
    place_call(plan).await.unwrap()
}

#[tokio::test]
async fn refusal_is_an_outcome_with_its_words_and_is_acknowledged() {
    let (target, script) = server(|socket| {
        let (invite, from) = receive(&socket);
        let words = "Reason: Q.850;cause=1;text=\"nobody\"\r\nWarning: 399 um \"nobody\"\r\nContent-Length: 0\r\n\r\n";
        socket.send_to(answer(&invite, "404 Nobody Here", words).as_bytes(), from).unwrap();
        let (ack, _) = receive(&socket);
        (branch(&invite) == branch(&ack), ack)
    });

    let outcome = call(target, Transport::Udp, HangUp::AwaitBye).await;

    assert_eq!((outcome.status, outcome.phrase.as_str()), (404, "Nobody Here"));
    assert_eq!(outcome.reason.as_deref(), Some("Q.850;cause=1;text=\"nobody\""));
    assert_eq!(outcome.warning.as_deref(), Some("399 um \"nobody\""));
    assert_eq!(outcome.ended_by, EndedBy::Refusal);
    let (same_branch, ack) = script.join().unwrap();
    assert!(same_branch && ack.starts_with("ACK sip:5000@127.0.0.1:"), "{ack}");
    assert_eq!(header(&ack, "To"), "<sip:5000@127.0.0.1>;tag=um1");
}

#[tokio::test]
async fn invite_is_sent_again_until_something_answers() {
    let (target, script) = server(|socket| {
        let (first, _) = receive(&socket);
        let (second, from) = receive(&socket);
        socket.send_to(answer(&second, "503 Busy", "Content-Length: 0\r\n\r\n").as_bytes(), from).unwrap();
        first == second
    });

    let outcome = call(target, Transport::Udp, HangUp::AwaitBye).await;

    assert_eq!(outcome.status, 503);
    assert!(script.join().unwrap(), "both INVITEs are the same");
}

#[tokio::test]
async fn bye_of_the_server_is_answered_and_ends_the_call_with_its_reason() {
    let (target, script) = server(|socket| {
        let (invite, from) = receive(&socket);
        socket.send_to(accepted(&invite, &socket).as_bytes(), from).unwrap();
        let (_ack, _) = receive(&socket);
        let bye = format!(
            "BYE sip:x@{from} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKs\r\nFrom: {};tag=um1\r\nTo: {}\r\n\
             Call-ID: {}\r\nCSeq: 1 BYE\r\nReason: SIP;cause=488;text=\"no\"\r\nContent-Length: 0\r\n\r\n",
            header(&invite, "To"),
            header(&invite, "From"),
            header(&invite, "Call-ID"),
        );
        socket.send_to(bye.as_bytes(), from).unwrap();
        receive(&socket).0
    });

    let outcome = call(target, Transport::Udp, HangUp::AwaitBye).await;

    assert_eq!((outcome.status, outcome.ended_by), (200, EndedBy::Server));
    assert_eq!(outcome.answer_profile.as_deref(), Some("RTP/AVP"));
    assert_eq!(outcome.reason.as_deref(), Some("SIP;cause=488;text=\"no\""));
    assert!(
        script
            .join()
            .unwrap()
            .starts_with("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKs\r\n")
    );
}

#[tokio::test]
async fn each_copy_of_the_200_is_acknowledged_and_bye_has_the_next_sequence_number() {
    let (target, script) = server(|socket| {
        let (invite, from) = receive(&socket);
        let accepted = accepted(&invite, &socket);
        socket.send_to(accepted.as_bytes(), from).unwrap();
        let (first, _) = receive(&socket);
        socket.send_to(accepted.as_bytes(), from).unwrap();
        let (second, _) = receive(&socket);
        let (bye, _) = receive(&socket);
        socket.send_to(answer(&bye, "200 OK", "Content-Length: 0\r\n\r\n").as_bytes(), from).unwrap();
        [first, second, bye].map(|message| header(&message, "CSeq").to_owned())
    });

    let outcome = call(target, Transport::Udp, HangUp::After(Duration::from_millis(300))).await;

    assert_eq!(outcome.ended_by, EndedBy::Caller);
    assert_eq!(script.join().unwrap(), ["1 ACK", "1 ACK", "2 BYE"]);
}

#[tokio::test]
async fn refusal_over_tcp_is_read_though_the_connection_closes_behind_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let script = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).unwrap();
        let invite = String::from_utf8(buffer[..length].to_vec()).unwrap();
        stream.write_all(answer(&invite, "403 Forbidden", "Content-Length: 0\r\n\r\n").as_bytes()).unwrap();
        invite
    });

    let outcome = call(target, Transport::Tcp, HangUp::AwaitBye).await;

    assert_eq!(outcome.status, 403);
    let invite = script.join().unwrap();
    assert!(header(&invite, "Via").starts_with("SIP/2.0/TCP 127.0.0.1:"), "{invite}");
    assert!(header(&invite, "Contact").ends_with(";transport=tcp>"), "{invite}");
    assert_eq!(outcome.request_octets, invite.len());
}
