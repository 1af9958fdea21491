use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use cert_manager::amended_alert;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The socket under TLS: passes everything on, and writes the alert of TLS 1.2 that the TLS library has no word for.
pub struct AmendingStream<S>(pub S);

impl<S: AsyncRead + Unpin> AsyncRead for AmendingStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for AmendingStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match amended_alert(bytes) {
            Some(amended) => Pin::new(&mut self.0).poll_write(context, &amended),
            None => Pin::new(&mut self.0).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
