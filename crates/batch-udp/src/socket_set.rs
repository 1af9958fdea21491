use std::{
    io,
    net::UdpSocket,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
};

/// Most sockets that one [`SocketSet::ready`] names; the others are named by the next.
pub const MAX_READY: usize = 512;

/// Sockets that are asked together which of them have something to receive (an epoll set, level-triggered).
///
/// A socket that is closed leaves the set by itself.
pub struct SocketSet {
    epoll: OwnedFd,
    events: Box<[libc::epoll_event]>,
    keys: Vec<u64>,
}

impl SocketSet {
    /// An empty set.
    ///
    /// # Errors
    /// What the system says, mostly "too many open files".
    #[expect(unsafe_code, reason = "std has no epoll")]
    pub fn new() -> io::Result<Self> {
        // SAFETY: epoll_create1 takes an integer and touches no memory of ours.
        let descriptor = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was opened by the call above, is valid, and nobody else has it.
        let epoll = unsafe { OwnedFd::from_raw_fd(descriptor) };
        let events = vec![libc::epoll_event { events: 0, u64: 0 }; MAX_READY].into_boxed_slice();
        Ok(Self { epoll, events, keys: Vec::with_capacity(MAX_READY) })
    }

    /// Adds a socket under a key of the caller's.
    ///
    /// # Errors
    /// What the system says, such as that the socket is in the set already.
    #[expect(unsafe_code, reason = "std has no epoll")]
    pub fn add(&mut self, socket: &UdpSocket, key: u64) -> io::Result<()> {
        let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: key };
        // SAFETY: both descriptors are open, because `self` and `socket` are borrowed through the call; `event` is
        // valid through the call, and the kernel copies it.
        let outcome = unsafe {
            libc::epoll_ctl(self.epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, socket.as_raw_fd(), &raw mut event)
        };
        if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// The keys of the sockets that have something to receive (or an error to tell), without waiting.
    ///
    /// # Errors
    /// What the system says.
    #[expect(unsafe_code, reason = "std has no epoll")]
    pub fn ready(&mut self) -> io::Result<&[u64]> {
        self.keys.clear();
        let room = libc::c_int::try_from(self.events.len()).unwrap_or(libc::c_int::MAX);
        // SAFETY: `events` is valid for writes of `room` entries, which is its length, through the call; the
        // descriptor is open as long as `self` lives. A timeout of 0 returns at once.
        let count = unsafe { libc::epoll_wait(self.epoll.as_raw_fd(), self.events.as_mut_ptr(), room, 0) };
        let Ok(count) = usize::try_from(count) else {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted { Ok(&[]) } else { Err(error) };
        };
        self.keys.extend(self.events.iter().take(count).map(|event| event.u64));
        Ok(&self.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket() -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    #[test]
    fn only_sockets_with_a_packet_are_named_and_stay_named_until_it_is_taken() {
        let (quiet, busy) = (socket(), socket());
        let mut set = SocketSet::new().unwrap();
        set.add(&quiet, 1).unwrap();
        set.add(&busy, 2).unwrap();
        assert_eq!(set.ready().unwrap(), []);

        busy.send_to(b"x", busy.local_addr().unwrap()).unwrap();

        assert_eq!(set.ready().unwrap(), [2]);
        assert_eq!(set.ready().unwrap(), [2]);
        busy.recv(&mut [0; 4]).unwrap();
        assert_eq!(set.ready().unwrap(), []);
    }

    #[test]
    fn closed_socket_is_named_no_more() {
        let (one, sender) = (socket(), socket());
        let mut set = SocketSet::new().unwrap();
        set.add(&one, 1).unwrap();
        sender.send_to(b"x", one.local_addr().unwrap()).unwrap();

        drop(one);

        assert_eq!(set.ready().unwrap(), []);
    }

    #[test]
    fn socket_cannot_be_added_twice() {
        let one = socket();
        let mut set = SocketSet::new().unwrap();
        set.add(&one, 1).unwrap();

        assert_eq!(set.add(&one, 2).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
