use std::{collections::VecDeque, net::SocketAddr};

use crate::{
    command::{SessionId, Token},
    event::{Channel, MediaEvent, MediaEventKind, MediaOutput},
    limits::{MAX_PACKET, MAX_SPARE_BUFFERS},
};

/// What the sessions of an engine want done, and the buffers that packets are written into.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    pub(crate) queue: VecDeque<MediaOutput>,
    spare: Vec<Vec<u8>>,
}

impl Outbox {
    pub(crate) fn event(&mut self, session: SessionId, token: Token, what: MediaEventKind) {
        self.queue.push_back(MediaOutput::Event(MediaEvent { session, token, what }));
    }

    pub(crate) fn send(&mut self, session: SessionId, channel: Channel, to: SocketAddr, bytes: Vec<u8>) {
        self.queue.push_back(MediaOutput::Send { session, channel, to, bytes });
    }

    /// An empty buffer with room for a packet.
    pub(crate) fn buffer(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_else(|| Vec::with_capacity(MAX_PACKET))
    }

    /// Takes a buffer back; beyond the bound it is let go.
    pub(crate) fn recycle(&mut self, mut buffer: Vec<u8>) {
        if self.spare.len() < MAX_SPARE_BUFFERS {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_beyond_1024_are_let_go() {
        let mut outbox = Outbox::default();

        for _ in 0..1025 {
            outbox.recycle(Vec::new());
        }

        assert_eq!(outbox.spare.len(), 1024);
    }
}
