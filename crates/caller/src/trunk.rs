use std::{
    collections::HashMap,
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::ensure;
use tokio::sync::mpsc;

use crate::{CallPlan, TlsFacts, Transport, wire::Wire};

/// One connection that many calls share, as gateways keep it towards a server. It closes with its last holder.
#[derive(Clone)]
pub struct Trunk {
    calls: Arc<Mutex<Calls>>,
    local: SocketAddr,
    outgoing: mpsc::Sender<Vec<u8>>,
    tls: Option<TlsFacts>,
}

/// Who waits for which messages; `None` once the connection has ended.
type Calls = Option<HashMap<String, mpsc::UnboundedSender<Vec<u8>>>>;

/// One call's share of a trunk.
pub(crate) struct Branch {
    call_id: String,
    calls: Arc<Mutex<Calls>>,
    incoming: mpsc::UnboundedReceiver<Vec<u8>>,
}

impl Trunk {
    /// Opens the plan's connection; the rest of the plan plays no part.
    ///
    /// # Errors
    /// The plan's transport has no connections, or the server takes none.
    pub async fn open(plan: &CallPlan) -> anyhow::Result<Self> {
        ensure!(plan.transport != Transport::Udp, "UDP has no connection that calls could share");
        let alone = CallPlan { trunk: None, ..plan.clone() };
        let wire = Wire::open(&alone).await?;
        let (outgoing, orders) = mpsc::channel(QUEUE);
        let calls = Arc::new(Mutex::new(Some(HashMap::new())));
        let (local, tls) = (wire.local_addr(), wire.tls().cloned());
        tokio::spawn(carry(wire, orders, Arc::clone(&calls)));
        Ok(Self { calls, local, outgoing, tls })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    pub(crate) fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_ref()
    }

    /// From now on the messages with this Call-ID go to the branch.
    pub(crate) fn branch(&self, call_id: &str) -> Branch {
        let (sender, incoming) = mpsc::unbounded_channel();
        if let Some(calls) = lock(&self.calls).as_mut() {
            calls.insert(call_id.to_owned(), sender);
        }
        Branch { call_id: call_id.to_owned(), calls: Arc::clone(&self.calls), incoming }
    }

    pub(crate) async fn send(&self, message: &[u8]) -> io::Result<()> {
        let sent = self.outgoing.send(message.to_vec()).await;
        sent.map_err(|_| io::Error::new(io::ErrorKind::NotConnected, "the trunk's connection has ended"))
    }
}

impl fmt::Debug for Trunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trunk").field("local", &self.local).finish_non_exhaustive()
    }
}

impl Branch {
    /// The next message; `None` once the connection has ended.
    pub(crate) async fn receive(&mut self) -> Option<Vec<u8>> {
        self.incoming.recv().await
    }
}

impl Drop for Branch {
    fn drop(&mut self) {
        if let Some(calls) = lock(&self.calls).as_mut() {
            calls.remove(&self.call_id);
        }
    }
}

/// Writes what calls send and hands them what comes, until the connection ends or its last holder is gone.
async fn carry(mut wire: Wire, mut orders: mpsc::Receiver<Vec<u8>>, calls: Arc<Mutex<Calls>>) {
    loop {
        tokio::select! {
            order = orders.recv() => {
                let Some(message) = order else { break };
                if wire.send(&message).await.is_err() {
                    break;
                }
            }
            received = wire.receive() => {
                let Ok(Some(message)) = received else { break };
                let call_id = header_value(&message, ["call-id", "i"]).unwrap_or_default();
                if let Some(call) = lock(&calls).as_ref().and_then(|calls| calls.get(&call_id)) {
                    // A call that has just ended needs nothing more.
                    call.send(message).ok();
                }
            }
        }
    }
    // Every call sees the end of the connection.
    lock(&calls).take();
}

fn lock(calls: &Mutex<Calls>) -> MutexGuard<'_, Calls> {
    calls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last value of a header that has these two names, the compact one second.
pub(crate) fn header_value(message: &[u8], names: [&str; 2]) -> Option<String> {
    let head = String::from_utf8_lossy(message);
    let lines = head.lines().take_while(|line| !line.is_empty());
    let values = lines.filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        names.iter().any(|meant| name.trim().eq_ignore_ascii_case(meant)).then(|| value.trim().to_owned())
    });
    values.last()
}

/// Messages that calls may have waiting to be written.
const QUEUE: usize = 64;

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    fn bye(call_id: &str) -> Vec<u8> {
        format!("BYE sip:a@b SIP/2.0\r\ni: {call_id}\r\nContent-Length: 0\r\n\r\n").into_bytes()
    }

    #[tokio::test]
    async fn each_call_gets_its_own_messages_and_all_see_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut plan = CallPlan::new(listener.local_addr().unwrap(), "5000");
        plan.transport = Transport::Tcp;
        let (trunk, accepted) = tokio::join!(Trunk::open(&plan), listener.accept());
        let (trunk, (mut server, _)) = (trunk.unwrap(), accepted.unwrap());
        let (mut first, mut second) = (trunk.branch("1@a"), trunk.branch("2@a"));

        trunk.send(b"OPTIONS").await.unwrap();
        let mut sent = [0; 7];
        server.read_exact(&mut sent).await.unwrap();
        server.write_all(&[bye("2@a"), bye("3@a"), bye("1@a")].concat()).await.unwrap();

        assert_eq!(&sent, b"OPTIONS");
        assert_eq!(first.receive().await, Some(bye("1@a")));
        assert_eq!(second.receive().await, Some(bye("2@a")));
        drop(server);
        assert_eq!((first.receive().await, second.receive().await), (None, None));
        assert_eq!(trunk.branch("4@a").receive().await, None);
    }

    #[tokio::test]
    async fn trunk_over_udp_is_refused() {
        let error = Trunk::open(&CallPlan::new("127.0.0.1:5060".parse().unwrap(), "5000")).await.unwrap_err();

        assert_eq!(error.to_string(), "UDP has no connection that calls could share");
    }

    #[test]
    fn header_is_found_by_either_name_and_not_in_the_body() {
        let message = b"SIP/2.0 200 OK\r\nCall-ID : a\r\n\r\ni: b\r\n";

        assert_eq!(header_value(message, ["call-id", "i"]).as_deref(), Some("a"));
        assert_eq!(header_value(message, ["content-length", "l"]), None);
    }
}
