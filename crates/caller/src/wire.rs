use std::{io, net::SocketAddr};

use anyhow::Context;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpSocket, UdpSocket},
};

use crate::{CallPlan, Transport};

/// The way of one call's SIP messages: datagrams, or a byte stream (TCP now; TLS is one more stream).
pub(crate) struct Wire {
    local: SocketAddr,
    way: Way,
}

enum Way {
    Datagrams { socket: UdpSocket, buffer: Vec<u8> },
    Stream { stream: Box<dyn ByteStream>, pending: Vec<u8> },
}

/// A connection that carries framed messages.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin> ByteStream for S {}

impl Wire {
    /// Opens the plan's transport from its local address to its target.
    pub(crate) async fn open(plan: &CallPlan) -> anyhow::Result<Self> {
        let from = SocketAddr::new(plan.local_ip, 0);
        match plan.transport {
            Transport::Udp => {
                let socket =
                    UdpSocket::bind(from).await.with_context(|| format!("cannot bind UDP on {from}"))?;
                socket.connect(plan.target).await.with_context(|| format!("no route to {}", plan.target))?;
                let local = socket.local_addr()?;
                Ok(Self { local, way: Way::Datagrams { socket, buffer: vec![0; MAX_MESSAGE] } })
            }
            Transport::Tcp => {
                let socket = if from.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
                socket.bind(from).with_context(|| format!("cannot bind TCP on {from}"))?;
                let stream = socket.connect(plan.target).await;
                let stream = stream.with_context(|| format!("{} takes no TCP connection", plan.target))?;
                let local = stream.local_addr()?;
                Ok(Self { local, way: Way::Stream { stream: Box::new(stream), pending: Vec::new() } })
            }
        }
    }

    /// Our own address, as Via and Contact show it.
    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Sends one message.
    pub(crate) async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match &mut self.way {
            Way::Datagrams { socket, .. } => socket.send(message).await.map(drop),
            Way::Stream { stream, .. } => {
                stream.write_all(message).await?;
                stream.flush().await
            }
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
    let head = String::from_utf8_lossy(head);
    let mut lengths = head.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        (name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("l"))
            .then(|| value.trim().parse().ok())?
    });
    lengths.next_back().unwrap_or(0)
}

const MAX_MESSAGE: usize = 65_536;

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
