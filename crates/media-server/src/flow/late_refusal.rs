use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use cert_manager::explain_late_alert;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::trust::Attempt;

/// A TLS connection of ours whose peer may still refuse our certificate: in TLS 1.3 the client's side of the handshake is
/// done before the server has judged it, so that the refusal comes in place of the first octets.
pub struct LateRefusal<S> {
    stream: S,
    /// Nothing has come yet.
    waiting: Option<Attempt>,
}

impl<S> LateRefusal<S> {
    /// What the attempt has made; it tells of a refusal, if one comes.
    pub fn new(stream: S, attempt: Attempt) -> Self {
        Self { stream, waiting: Some(attempt) }
    }
}

impl<S: AsyncRead + Unpin> LateRefusal<S> {
    /// The connection is broken: if the peer has said why before, nobody else reads it.
    fn look(&mut self, context: &mut Context<'_>) {
        let mut octet = [0; 1];
        let _ = Pin::new(self).poll_read(context, &mut ReadBuf::new(&mut octet));
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LateRefusal<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if let Some(attempt) = self.waiting.take()
            && let Err(error) = &read
            && let Some(failure) = explain_late_alert(error)
        {
            attempt.refused_late(failure);
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for LateRefusal<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        if written.is_err() {
            self.look(context);
        }
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        if flushed.is_err() {
            self.look(context);
        }
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
