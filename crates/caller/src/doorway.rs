use std::net::SocketAddr;

use anyhow::Context;
use tokio::{
    net::TcpListener,
    time::{Instant, timeout_at},
};

use crate::{CallPlan, Line, wire::Wire};

/// Where a gateway listens for connections of the server, over TCP or mutual TLS.
pub struct Doorway {
    plan: CallPlan,
    listener: TcpListener,
}

impl Doorway {
    /// Listens on a free port of the plan's local address. Of the plan, its transport, its TLS and its deadline count:
    /// over TLS its identity is presented, and the server must present a certificate that it trusts.
    ///
    /// # Errors
    /// There is no free port.
    pub async fn open(plan: CallPlan) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((plan.local_ip, 0)).await;
        let listener = listener.with_context(|| format!("cannot listen on {}", plan.local_ip))?;
        Ok(Self { plan, listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn local_addr(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Waits for the next connection.
    ///
    /// # Errors
    /// None came within the plan's deadline, or its handshake failed.
    pub async fn accept(&self) -> anyhow::Result<Line> {
        let deadline = Instant::now() + self.plan.deadline;
        let accepted = async {
            let (stream, _) = self.listener.accept().await.context("cannot accept")?;
            Wire::accept(&self.plan, stream).await
        };
        let wire = timeout_at(deadline, accepted).await.context("the server made no connection")??;
        Ok(Line::over(self.plan.clone(), wire))
    }
}
