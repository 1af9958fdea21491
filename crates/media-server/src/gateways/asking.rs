//! One OPTIONS on a connection or socket of its own, apart from the signalling core: for examinations.
use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use ring::rand::{SecureRandom, SystemRandom};
use sip_signaling::{
    Endpoint, EndpointConfig, EndpointOutput, Frame, HeaderName, Origin, Response, SipUri, StreamFramer,
    UserEvent, UserKey,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::UdpSocket,
    time::{sleep_until, timeout},
};

use super::examination::OptionsFacts;

/// An answer comes within this time, or is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest datagram.
const DATAGRAM: usize = 65_535;

/// Who asks whom.
pub(super) struct Question {
    /// Our FQDN.
    pub(super) fqdn: String,
    /// The Request-URI.
    pub(super) target: SipUri,
    /// Both ends, and the gateway.
    pub(super) way: Origin,
}

/// How it ended, or what broke the connection.
pub(super) type Asked = Result<OptionsFacts, io::Error>;

/// The question while it is open.
struct Asking {
    endpoint: Endpoint,
    way: Origin,
    since: Instant,
    answer: Option<OptionsFacts>,
}

impl Asking {
    fn begin(question: Question) -> io::Result<Self> {
        let mut seed = [0; 32];
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| io::Error::other("the system gives no random numbers"))?;
        let mut endpoint = Endpoint::new(EndpointConfig::new(question.fqdn), seed);
        let since = Instant::now();
        endpoint.options(UserKey(0), question.target, &question.way, since).map_err(io::Error::other)?;
        Ok(Self { endpoint, way: question.way, since, answer: None })
    }

    /// What is to be sent now; keeps the answer if it has come.
    fn sending(&mut self) -> Vec<Bytes> {
        let mut sending = Vec::new();
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                EndpointOutput::Transmit { bytes, .. } => sending.push(bytes),
                EndpointOutput::User { what: UserEvent::OptionsAnswered { response, .. }, .. } => {
                    self.answer = Some(answered(&response, self.since.elapsed()));
                }
                // Whatever else the peer sends meanwhile is not for an examination.
                EndpointOutput::OpenFlow(_)
                | EndpointOutput::Stranger { .. }
                | EndpointOutput::MalformedStranger { .. }
                | EndpointOutput::Event(_)
                | EndpointOutput::Invite { .. }
                | EndpointOutput::Options { .. }
                | EndpointOutput::Subscribe { .. }
                | EndpointOutput::User { .. } => {}
            }
        }
        sending
    }

    fn hear(&mut self, bytes: &Bytes) {
        let way = self.way.clone();
        self.endpoint.handle_message(&way, bytes, Instant::now());
    }
}

/// Asks over TCP or TLS.
pub(super) async fn ask_stream(
    question: Question,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
) -> Asked {
    let mut asking = Asking::begin(question)?;
    let conversation = async {
        let mut framer = StreamFramer::new();
        let mut buffer = vec![0; 4_096];
        loop {
            for bytes in asking.sending() {
                stream.write_all(&bytes).await?;
                stream.flush().await?;
            }
            if let Some(answer) = asking.answer.take() {
                return Ok(answer);
            }
            let length = stream.read(&mut buffer).await?;
            if length == 0 {
                return Ok(OptionsFacts::Closed);
            }
            framer.push(buffer.get(..length).unwrap_or_default());
            for frame in framer.by_ref() {
                if let Frame::Message(bytes) = frame {
                    asking.hear(&bytes);
                }
            }
        }
    };
    timeout(PATIENCE, conversation).await.unwrap_or(Ok(OptionsFacts::Silent))
}

/// Asks over UDP, from a port of its own.
pub(super) async fn ask_datagram(question: Question, socket: &UdpSocket, remote: SocketAddr) -> Asked {
    let mut asking = Asking::begin(question)?;
    let conversation = async {
        let mut buffer = vec![0; DATAGRAM];
        loop {
            for bytes in asking.sending() {
                socket.send_to(&bytes, remote).await?;
            }
            if let Some(answer) = asking.answer.take() {
                return Ok(answer);
            }
            let again = asking.endpoint.poll_timeout().unwrap_or_else(|| asking.since + PATIENCE);
            tokio::select! {
                received = socket.recv_from(&mut buffer) => {
                    let (length, _) = received?;
                    asking.hear(&Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default()));
                }
                () = sleep_until(again.into()) => asking.endpoint.handle_timeout(Instant::now()),
            }
        }
    };
    timeout(PATIENCE, conversation).await.unwrap_or(Ok(OptionsFacts::Silent))
}

fn answered(response: &Response, round_trip: Duration) -> OptionsFacts {
    let date = response.headers.text(&HeaderName::Date).and_then(|date| date_of(&date));
    let phrase = String::from_utf8_lossy(&response.reason);
    let phrase = phrase.chars().filter(|c| !c.is_control()).take(64).collect();
    OptionsFacts::Answered { status: response.status, phrase, round_trip, date }
}

/// `Sat, 21 Nov 2026 12:00:00 GMT` (RFC 3261 20.17).
fn date_of(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_of_a_response_is_read() {
        assert_eq!(date_of("Sat, 21 Nov 2026 12:00:00 GMT"), Some("2026-11-21T12:00:00Z".parse().unwrap()));
        assert_eq!(date_of("yesterday"), None);
    }
}
