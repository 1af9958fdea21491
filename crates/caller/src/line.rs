use std::net::SocketAddr;

use anyhow::{Context, bail};
use rsip::{
    SipMessage,
    headers::UntypedHeader,
    prelude::{HasHeaders, HeadersExt},
};
use tokio::time::{Instant, timeout_at};

use crate::{
    CallPlan, TlsVersion,
    dialog::{Dialog, header_text, read_message, reason_phrase},
    wire::Wire,
};

/// One connection (or UDP socket) towards the server, for requests that are no calls and for bytes that are no SIP.
pub struct Line {
    plan: CallPlan,
    wire: Wire,
}

/// The final answer to a request of a [`Line`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its reason phrase, as received.
    pub phrase: String,
    /// `Reason` header.
    pub reason: Option<String>,
    /// `Warning` header.
    pub warning: Option<String>,
    /// Octets of the request as sent.
    pub request_octets: usize,
    /// The answer, octet for octet.
    pub bytes: Vec<u8>,
}

impl Line {
    /// Opens the plan's transport to its target; what the plan says about media plays no part.
    ///
    /// # Errors
    /// The server takes no connection, or refused the handshake ([`crate::Alert::of`] tells with which alert). In
    /// TLS 1.3 such a refusal comes with the first answer only.
    pub async fn open(plan: CallPlan) -> anyhow::Result<Self> {
        let deadline = Instant::now() + plan.deadline;
        let wire = timeout_at(deadline, Wire::open(&plan)).await;
        let wire = wire.with_context(|| format!("{} did not take the connection", plan.target))??;
        Ok(Self { plan, wire })
    }

    /// A connection that the server has made.
    pub(crate) fn over(plan: CallPlan, wire: Wire) -> Self {
        Self { plan, wire }
    }

    /// Our own address, as Via and Contact show it.
    pub fn local_addr(&self) -> SocketAddr {
        self.wire.local_addr()
    }

    /// The version of TLS in use; `None` without TLS.
    pub fn tls_version(&self) -> Option<TlsVersion> {
        self.wire.tls().map(|tls| tls.version)
    }

    /// Sends OPTIONS and waits for the final answer.
    ///
    /// # Errors
    /// None came within the plan's deadline, or the connection ended first.
    pub async fn options(&mut self) -> anyhow::Result<Answer> {
        let request = Dialog::new(&self.plan, self.wire.local_addr()).options()?;
        self.ask(&request).await
    }

    /// Sends a request as it is written and waits for the final answer to it, which the branch of its Via tells.
    ///
    /// # Errors
    /// None came within the plan's deadline, the connection ended first, or the server wrote what rsip cannot read.
    pub async fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        let branch = branch_of(request).context("the request has no branch")?;
        self.send(request).await?;
        loop {
            let bytes = self.receive().await?.context("the server closed the connection")?;
            if let SipMessage::Response(response) = read_message(&bytes)?
                && response.status_code.code() >= 200
                && response.via_header()?.value().contains(&branch)
            {
                return Ok(Answer {
                    status: response.status_code.code(),
                    phrase: reason_phrase(&bytes),
                    reason: header_text(response.headers(), "Reason"),
                    warning: header_text(response.headers(), "Warning"),
                    request_octets: request.len(),
                    bytes,
                });
            }
        }
    }

    /// Sends these bytes as they are.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.wire.send(bytes).await.context("cannot send to the server")
    }

    /// Waits for the next whole message; `None` once the server has closed the connection.
    ///
    /// # Errors
    /// None came within the plan's deadline, or the connection broke.
    pub async fn receive(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        match timeout_at(Instant::now() + self.plan.deadline, self.wire.receive()).await {
            Ok(received) => {
                received.with_context(|| format!("nothing answers at {} any more", self.plan.target))
            }
            Err(_) => bail!("{} sent nothing in {:?}", self.plan.target, self.plan.deadline),
        }
    }
}

impl Answer {
    /// The value of the first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        let (head, _) = text.split_once("\r\n\r\n")?;
        head.lines().skip(1).find_map(|line| {
            let (header, value) = line.split_once(':')?;
            header.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }

    /// The body as text.
    pub fn body(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
    }
}

/// The branch of the first Via of a request that need not be right otherwise.
fn branch_of(request: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(request).into_owned();
    let (_, behind) = text.split_once(";branch=")?;
    behind.split([';', ',', '\r', '\n']).next().map(str::to_owned)
}
