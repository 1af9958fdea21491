use std::{
    io,
    net::{SocketAddr, UdpSocket},
    os::fd::AsRawFd,
};

use crate::slot::{Datagram, Slot};

/// One system call for each datagram.
pub(crate) struct Plain {
    slot: Box<Slot>,
}

impl Plain {
    pub(crate) fn new() -> Self {
        Self { slot: Slot::boxed() }
    }

    /// Asks each socket for one datagram.
    pub(crate) fn receive<'a>(
        &mut self,
        asked: impl Iterator<Item = (u64, &'a UdpSocket)>,
        mut done: impl FnMut(u64, io::Result<Datagram<'_>>),
    ) {
        for (key, socket) in asked {
            done(key, self.receive_one(socket));
        }
    }

    /// # Errors
    /// What the system says.
    pub(crate) fn send(&self, socket: &UdpSocket, to: Option<SocketAddr>, octets: &[u8]) -> io::Result<()> {
        match to {
            Some(to) => socket.send_to(octets, to)?,
            None => socket.send(octets)?,
        };
        Ok(())
    }

    #[expect(unsafe_code, reason = "std has no recvmsg")]
    fn receive_one(&mut self, socket: &UdpSocket) -> io::Result<Datagram<'_>> {
        let slot: *mut Slot = &raw mut *self.slot;
        // SAFETY: `slot` points to the slot that `self` owns and that nobody else looks at.
        let message = unsafe { Slot::aim_to_receive(slot) };
        // SAFETY: `message` was aimed at the slot's own memory, which lives through the call and is valid for writes
        // of the lengths it names; the descriptor is open, because `socket` is borrowed.
        let length = unsafe { libc::recvmsg(socket.as_raw_fd(), message, libc::MSG_DONTWAIT) };
        match usize::try_from(length) {
            Ok(length) => self.slot.datagram(length),
            Err(_) => Err(io::Error::last_os_error()),
        }
    }
}
