use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use cert_manager::amended_alert;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The socket under TLS: passes everything on, and writes the alert of TLS 1.2 that the TLS library has no word for.
pub struct AmendingStream<S> {
    inner: S,
    is_amended: bool,
}

impl<S> AmendingStream<S> {
    /// Over this socket.
    pub fn new(inner: S) -> Self {
        Self { inner, is_amended: false }
    }

    /// The peer was told `handshake_failure` in place of `certificate_required`.
    pub fn is_amended(&self) -> bool {
        self.is_amended
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for AmendingStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for AmendingStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match amended_alert(bytes) {
            Some(amended) => {
                self.is_amended = true;
                Pin::new(&mut self.inner).poll_write(context, &amended)
            }
            None => Pin::new(&mut self.inner).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
