use std::{io, net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use crate::{
    Alert, CallPlan, Departure, TlsFacts, Transport, Trunk,
    trunk::{Branch, header_value},
};

/// The way of one call's SIP messages: datagrams, a byte stream, or its share of one.
pub(crate) struct Wire {
    local: SocketAddr,
    tls: Option<TlsFacts>,
    way: Way,
}

enum Way {
    Datagrams { socket: UdpSocket, buffer: Vec<u8> },
    Stream { stream: Box<dyn ByteStream>, pending: Vec<u8> },
    Shared { trunk: Trunk, branch: Option<Branch> },
}

/// A connection that carries framed messages.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> ByteStream for S {}

impl Way {
    fn over(stream: impl ByteStream + 'static) -> Self {
        Self::Stream { stream: Box::new(stream), pending: Vec::new() }
    }
}

impl Wire {
    /// Opens the plan's transport from its local address to its target.
    pub(crate) async fn open(plan: &CallPlan) -> anyhow::Result<Self> {
        if let Some(trunk) = &plan.trunk {
            let way = Way::Shared { trunk: trunk.clone(), branch: None };
            return Ok(Self { local: trunk.local_addr(), tls: trunk.tls().cloned(), way });
        }
        Departure::bind(plan).await?.open(plan).await
    }

    /// Over a connected socket of UDP.
    pub(crate) fn of_datagrams(socket: UdpSocket) -> anyhow::Result<Self> {
        let local = socket.local_addr()?;
        Ok(Self { local, tls: None, way: Way::Datagrams { socket, buffer: vec![0; MAX_MESSAGE] } })
    }

    /// Over a connection.
    pub(crate) fn of_stream(
        local: SocketAddr,
        tls: Option<TlsFacts>,
        stream: impl ByteStream + 'static,
    ) -> anyhow::Result<Self> {
        Ok(Self { local, tls, way: Way::over(stream) })
    }

    /// A connection that the server has made; over TLS the handshake is made as the plan says.
    pub(crate) async fn accept(plan: &CallPlan, stream: TcpStream) -> anyhow::Result<Self> {
        let local = stream.local_addr()?;
        match plan.transport {
            Transport::Udp => bail!("UDP has no connections"),
            Transport::Tcp => Self::of_stream(local, None, stream),
            Transport::Tls => {
                let tls = plan.tls.as_ref().context("the plan says TLS, but not with which identity")?;
                let stream = tls.accept(stream).await.context("no TLS with the server")?;
                Self::of_stream(local, None, stream)
            }
        }
    }

    /// From now on the messages with this Call-ID come here; only a shared way needs to know.
    pub(crate) fn take_messages_of(&mut self, call_id: &str) {
        if let Way::Shared { trunk, branch } = &mut self.way {
            *branch = Some(trunk.branch(call_id));
        }
    }

    /// Our own address, as Via and Contact show it.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// What the handshake of ours agreed on.
    pub(crate) fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_ref()
    }

    /// Sends one message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match &mut self.way {
            Way::Datagrams { socket, .. } => socket.send(message).await.map(drop),
            Way::Stream { stream, .. } => match write(stream, message).await {
                Ok(()) => Ok(()),
                Err(error) => Err(last_words(stream).await.unwrap_or(error)),
            },
            Way::Shared { trunk, .. } => trunk.send(message).await,
        }
    }

    /// Waits for the next whole message; `None` once the stream has ended. Nothing is lost if the wait is given up.
    pub(crate) async fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        match &mut self.way {
            Way::Datagrams { socket, buffer } => {
                let length = socket.recv(buffer).await?;
                Ok(buffer.get(..length).map(<[u8]>::to_vec))
            }
            Way::Stream { stream, pending } => loop {
                if let Some(message) = take_message(pending) {
                    return Ok(Some(message));
                }
                if pending.len() > MAX_MESSAGE {
                    return Err(io::Error::other("a message of the server exceeds 64 KiB"));
                }
                if stream.read_buf(pending).await? == 0 {
                    return Ok(None);
                }
            },
            Way::Shared { branch: Some(branch), .. } => Ok(branch.receive().await),
            Way::Shared { branch: None, .. } => Err(io::Error::other("nothing was asked for on this trunk")),
        }
    }
}

async fn write(stream: &mut dyn ByteStream, message: &[u8]) -> io::Result<()> {
    stream.write_all(message).await?;
    stream.flush().await
}

/// Why a stream cannot be written to any more, where the server has said so: in TLS 1.3 its alert about our
/// certificate may lie there unread while we write the first request.
async fn last_words(stream: &mut dyn ByteStream) -> Option<io::Error> {
    let mut scratch = [0; 4096];
    loop {
        match timeout(LAST_WORDS, stream.read(&mut scratch)).await {
            Ok(Ok(1..)) => {}
            Ok(Err(error)) if Alert::of_io(&error).is_some() => return Some(error),
            Ok(Ok(0) | Err(_)) | Err(_) => return None,
        }
    }
}

/// Cuts the first whole message off a stream's octets (RFC 3261 18.3), past keep-alive line ends (RFC 5626 3.5.1).
fn take_message(pending: &mut Vec<u8>) -> Option<Vec<u8>> {
    let start = pending.iter().position(|octet| !matches!(octet, b'\r' | b'\n'))?;
    pending.drain(..start);
    let head = pending.windows(4).position(|window| window == b"\r\n\r\n")?;
    let body = content_length(pending.get(..head)?);
    let whole = head + 4 + body;
    (pending.len() >= whole).then(|| pending.drain(..whole).collect())
}

fn content_length(head: &[u8]) -> usize {
    header_value(head, ["content-length", "l"]).and_then(|length| length.parse().ok()).unwrap_or(0)
}

const MAX_MESSAGE: usize = 65_536;
/// How long an alert is waited for behind a failed write.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_two_messages_and_keeps_the_half_third() {
        let mut pending =
            b"\r\n\r\nSIP/2.0 100 Trying\r\n\r\nSIP/2.0 200 OK\r\nl: 3\r\n\r\nabcSIP/2.0 200 OK\r\n".to_vec();

        assert_eq!(take_message(&mut pending).unwrap(), b"SIP/2.0 100 Trying\r\n\r\n");
        assert_eq!(take_message(&mut pending).unwrap(), b"SIP/2.0 200 OK\r\nl: 3\r\n\r\nabc");
        assert_eq!(take_message(&mut pending), None);
        assert_eq!(pending, b"SIP/2.0 200 OK\r\n");
    }

    #[test]
    fn waits_for_the_whole_body() {
        let mut pending = b"SIP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nabc".to_vec();

        assert_eq!(take_message(&mut pending), None);
        pending.push(b'd');
        assert_eq!(take_message(&mut pending).unwrap(), b"SIP/2.0 200 OK\r\nContent-Length: 4\r\n\r\nabcd");
    }
}
