use std::{io, net::SocketAddr};

use anyhow::{Context, bail};
use tokio::net::{TcpSocket, UdpSocket};

use crate::{CallPlan, TlsFacts, TlsVersion, Transport, Unreached, wire::Wire};

/// The socket that a call leaves from, bound before the call is placed: its address can be told to somebody first.
pub struct Departure(Bound);

enum Bound {
    Datagram(UdpSocket),
    Stream(TcpSocket),
}

impl Departure {
    /// Binds a free port of the plan's local address for its transport.
    ///
    /// # Errors
    /// The address is none of this machine.
    pub async fn bind(plan: &CallPlan) -> anyhow::Result<Self> {
        let from = SocketAddr::new(plan.local_ip, 0);
        let bound = match plan.transport {
            Transport::Udp => {
                let socket = UdpSocket::bind(from).await;
                Bound::Datagram(socket.with_context(|| format!("cannot bind UDP on {from}"))?)
            }
            Transport::Tcp | Transport::Tls => {
                let socket = if from.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
                socket.bind(from).with_context(|| format!("cannot bind TCP on {from}"))?;
                Bound::Stream(socket)
            }
        };
        Ok(Self(bound))
    }

    /// Where the call will come from.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Bound::Datagram(socket) => socket.local_addr(),
            Bound::Stream(socket) => socket.local_addr(),
        }
    }

    /// Opens the plan's way to its target.
    pub(crate) async fn open(self, plan: &CallPlan) -> anyhow::Result<Wire> {
        let target = plan.target;
        match (self.0, plan.transport) {
            (Bound::Datagram(socket), Transport::Udp) => {
                socket.connect(target).await.with_context(|| format!("no route to {target}"))?;
                Wire::of_datagrams(socket)
            }
            (Bound::Stream(socket), Transport::Tcp) => {
                let stream = socket.connect(target).await;
                let stream = stream.context(Unreached::Connection(target))?;
                Wire::of_stream(stream.local_addr()?, None, stream)
            }
            (Bound::Stream(socket), Transport::Tls) => {
                let tls = plan.tls.as_ref().context("the plan says TLS, but not with which identity")?;
                let stream = socket.connect(target).await;
                let stream = stream.context(Unreached::Connection(target))?;
                let local = stream.local_addr()?;
                let stream = tls.connect(stream).await.context(Unreached::Handshake(target))?;
                let facts = TlsVersion::of(&stream).map(|version| TlsFacts::of(version, &stream));
                Wire::of_stream(local, facts, stream)
            }
            (Bound::Datagram(_), Transport::Tcp | Transport::Tls) | (Bound::Stream(_), Transport::Udp) => {
                bail!("the socket was bound for another transport than {}", plan.transport.token())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn way_leaves_from_the_address_that_was_told_before() {
        for transport in [Transport::Udp, Transport::Tcp] {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut plan = CallPlan::new(listener.local_addr().unwrap(), "5000");
            plan.transport = transport;
            let departure = Departure::bind(&plan).await.unwrap();
            let told = departure.local_addr().unwrap();

            let wire = departure.open(&plan).await.unwrap();

            assert_eq!(wire.local_addr(), told);
        }
    }

    #[tokio::test]
    async fn socket_of_another_transport_is_refused() {
        let mut plan = CallPlan::new("127.0.0.1:5060".parse().unwrap(), "5000");
        let departure = Departure::bind(&plan).await.unwrap();
        plan.transport = Transport::Tcp;

        let error = departure.open(&plan).await.err().unwrap();

        assert_eq!(error.to_string(), "the socket was bound for another transport than TCP");
    }
}
