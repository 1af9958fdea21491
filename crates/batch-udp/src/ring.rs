use std::{
    io,
    net::{SocketAddr, UdpSocket},
    os::fd::AsRawFd,
};

use io_uring::{IoUring, Probe, opcode, squeue, types};

use crate::slot::{Datagram, Slot};

/// Receives and sends that cross to the kernel together (io_uring).
///
/// Each request takes a [`Slot`] with it: the `Box` becomes a bare pointer when the request is queued, and a `Box` again
/// when the kernel says that it is done. A request of which that is never heard keeps its memory for ever, so there is no
/// way to free what the kernel may still write to: not by closing a socket, dropping the ring or a panic. Every call of
/// this type but [`Self::queue_send`] waits until nothing is with the kernel; as all requests are `MSG_DONTWAIT`, they
/// are done when they have been submitted.
pub(crate) struct Ring {
    ring: IoUring,
    #[expect(clippy::vec_box, reason = "the kernel is given the address of each, so none may move")]
    idle: Vec<Box<Slot>>,
    /// Requests that are queued or with the kernel.
    outstanding: usize,
    /// Requests that are done, with the kernel's answer.
    finished: Vec<(Box<Slot>, i32)>,
}

/// Requests that cross together at most; then they are submitted, and it goes on. As many slots are kept.
const ENTRIES: u32 = 128;
/// The flag of every request: it is done at once, if only by `WouldBlock`.
const AT_ONCE: u32 = libc::MSG_DONTWAIT as u32;
/// Submissions in a row without an answer after which the ring is given up.
const PATIENCE: u32 = 1000;

impl Ring {
    /// A ring that has been tried out: what the kernel refuses, it refuses here.
    ///
    /// # Errors
    /// Why the kernel refuses.
    #[expect(unsafe_code, reason = "requests are handed over by pointer")]
    pub(crate) fn open() -> io::Result<Self> {
        let ring = IoUring::new(ENTRIES)?;
        let mut known = Probe::new();
        ring.submitter().register_probe(&mut known)?;
        let needed = [opcode::RecvMsg::CODE, opcode::SendMsg::CODE, opcode::Send::CODE];
        if !needed.into_iter().all(|operation| known.is_supported(operation)) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let mut this = Self { ring, idle: Vec::new(), outstanding: 0, finished: Vec::new() };
        let slot = Box::into_raw(Slot::boxed());
        // SAFETY: a NOP names no memory.
        unsafe { this.hand_over(slot, opcode::Nop::new().build()) }?;
        this.reap()?;
        this.idle.extend(this.finished.drain(..).map(|(slot, _)| slot));
        Ok(this)
    }

    /// Asks each socket for one datagram; many of them cross together.
    ///
    /// # Errors
    /// The ring is of no use any more; sockets of which nothing was said were not asked.
    pub(crate) fn receive<'a>(
        &mut self,
        asked: impl Iterator<Item = (u64, &'a UdpSocket)>,
        mut done: impl FnMut(u64, io::Result<Datagram<'_>>),
    ) -> io::Result<()> {
        let mut asked = asked.peekable();
        while asked.peek().is_some() {
            while self.has_room()
                && let Some((key, socket)) = asked.next()
            {
                self.queue_receive(key, socket)?;
            }
            self.settle(|slot, answer| match answer {
                Ok(length) => done(slot.key, slot.datagram(length)),
                Err(error) => done(slot.key, Err(error)),
            })?;
        }
        Ok(())
    }

    /// Queues a datagram for [`Self::flush`]; the octets are copied.
    ///
    /// # Errors
    /// The ring is of no use any more.
    #[expect(unsafe_code, reason = "requests are handed over by pointer")]
    pub(crate) fn queue_send(
        &mut self,
        (key, socket): (u64, &UdpSocket),
        to: Option<SocketAddr>,
        octets: &[u8],
        mut refused: impl FnMut(u64, io::Error),
    ) -> io::Result<()> {
        if !self.has_room() {
            self.flush(&mut refused)?;
        }
        let mut slot = self.idle.pop().unwrap_or_else(Slot::boxed);
        slot.key = key;
        if !slot.fill(to, octets) {
            self.idle.push(slot);
            refused(key, io::ErrorKind::InvalidInput.into());
            return Ok(());
        }
        let socket = types::Fd(socket.as_raw_fd());
        let slot = Box::into_raw(slot);
        let entry = if to.is_some() {
            // SAFETY: `slot` came from a Box just now, so it points to a slot that nobody else looks at; `fill` has
            // checked the length.
            let message = unsafe { Slot::aim_to_send(slot, octets.len()) };
            opcode::SendMsg::new(socket, message).flags(AT_ONCE).build()
        } else {
            // SAFETY: `slot` came from a Box just now.
            let place = unsafe { Slot::octets_at(slot) };
            let length = u32::try_from(octets.len()).unwrap_or(u32::MAX);
            opcode::Send::new(socket, place, length).flags(libc::MSG_DONTWAIT).build()
        };
        // SAFETY: the entry names memory of `slot` alone, for reads of at most its octets (`fill` has checked that).
        unsafe { self.hand_over(slot, entry) }
    }

    /// Sends what is queued, and names what could not be sent.
    ///
    /// # Errors
    /// The ring is of no use any more, and it is unknown what was sent.
    pub(crate) fn flush(&mut self, mut refused: impl FnMut(u64, io::Error)) -> io::Result<()> {
        self.settle(|slot, answer| {
            if let Err(error) = answer {
                refused(slot.key, error);
            }
        })
    }

    fn has_room(&self) -> bool {
        self.outstanding < ENTRIES as usize
    }

    #[expect(unsafe_code, reason = "requests are handed over by pointer")]
    fn queue_receive(&mut self, key: u64, socket: &UdpSocket) -> io::Result<()> {
        let mut slot = self.idle.pop().unwrap_or_else(Slot::boxed);
        slot.key = key;
        let slot = Box::into_raw(slot);
        // SAFETY: `slot` came from a Box just now, so it points to a slot that nobody else looks at.
        let message = unsafe { Slot::aim_to_receive(slot) };
        let entry = opcode::RecvMsg::new(types::Fd(socket.as_raw_fd()), message).flags(AT_ONCE).build();
        // SAFETY: the entry names the message, and by it memory of `slot` alone, with its true lengths.
        unsafe { self.hand_over(slot, entry) }
    }

    /// Queues a request with its slot.
    ///
    /// # Safety
    /// `slot` came from `Box::into_raw` and is used by nobody afterwards; `entry` names no memory but the slot's.
    #[expect(unsafe_code, reason = "the kernel will read and write memory that it is given by pointer")]
    unsafe fn hand_over(&mut self, slot: *mut Slot, entry: squeue::Entry) -> io::Result<()> {
        let entry = entry.user_data(slot.expose_provenance() as u64);
        // SAFETY: the memory that the entry names is the slot's, says the caller. It lives until the completion,
        // because only `take_back` makes a Box of it again. The descriptor in it stays open until the request is
        // submitted, because the owner of the sockets (`Batch`) closes none before a flush; then the kernel holds it.
        let pushed = unsafe { self.ring.submission().push(&entry) };
        if pushed.is_err() {
            // SAFETY: the request was not queued, so the slot is still ours alone and came from a Box.
            self.idle.push(unsafe { Box::from_raw(slot) });
            return Err(io::Error::other("the submission queue of io_uring is full"));
        }
        self.outstanding += 1;
        Ok(())
    }

    /// Submits what is queued, waits until all of it is done, and tells of each.
    fn settle(&mut self, mut each: impl FnMut(&mut Slot, io::Result<usize>)) -> io::Result<()> {
        let outcome = self.reap();
        // Taken out, so that a panic of `each` leaves nothing to be told twice.
        let mut finished = std::mem::take(&mut self.finished);
        for (mut slot, answer) in finished.drain(..) {
            let answer =
                usize::try_from(answer).map_err(|_| io::Error::from_raw_os_error(answer.wrapping_neg()));
            each(&mut slot, answer);
            self.idle.push(slot);
        }
        self.finished = finished;
        outcome
    }

    /// Submits and takes back until nothing is outstanding.
    fn reap(&mut self) -> io::Result<()> {
        let mut silent = 0;
        while self.outstanding > 0 {
            let submitted = self.ring.submit_and_wait(self.outstanding);
            let before = self.outstanding;
            self.take_back();
            silent = if self.outstanding < before { 0 } else { silent + 1 };
            match submitted {
                Err(error) if !is_passing(&error) || silent > PATIENCE => return Err(error),
                Ok(_) if silent > PATIENCE => return Err(io::ErrorKind::TimedOut.into()),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    #[expect(unsafe_code, reason = "the kernel gives slots back by pointer")]
    fn take_back(&mut self) {
        for completion in self.ring.completion() {
            let place = usize::try_from(completion.user_data()).unwrap_or_default();
            let slot = std::ptr::with_exposed_provenance_mut::<Slot>(place);
            // SAFETY: the kernel gives each request's number back once, when it is done with its memory (no request
            // here is multishot or zero-copy); the number is the pointer that `hand_over` got from a Box, and since
            // then nobody has used it.
            let slot = unsafe { Box::from_raw(slot) };
            self.outstanding = self.outstanding.saturating_sub(1);
            self.finished.push((slot, completion.result()));
        }
    }
}

/// The same submission may work the next time.
fn is_passing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINTR | libc::EAGAIN | libc::EBUSY))
}

#[cfg(test)]
impl Ring {
    /// Puts something else in the place of the kernel's side: every submission fails from now on.
    pub(crate) fn break_off(&mut self) {
        let nothing = std::fs::File::open("/dev/null").unwrap();
        #[expect(unsafe_code, reason = "nothing but the descriptor itself makes a ring fail")]
        // SAFETY: both descriptors are open; dup2 touches no memory of ours. The ring owns its number before and after.
        let outcome = unsafe { libc::dup2(nothing.as_raw_fd(), self.ring.as_raw_fd()) };
        assert!(outcome >= 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> Option<Ring> {
        Ring::open().inspect_err(|error| eprintln!("skipped: the kernel refuses io_uring: {error}")).ok()
    }

    #[test]
    fn slots_come_back_and_are_used_again() {
        let Some(mut ring) = ring() else { return };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..1000 {
            ring.receive([(1, &socket); 2].into_iter(), |_, received| {
                assert_eq!(received.unwrap_err().kind(), io::ErrorKind::WouldBlock);
            })
            .unwrap();
        }

        assert_eq!((ring.idle.len(), ring.outstanding, ring.finished.len()), (2, 0, 0));
    }

    #[test]
    fn blocking_socket_makes_nobody_wait() {
        let Some(mut ring) = ring() else { return };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut told = 0;

        ring.receive((0..300).map(|key| (key, &socket)), |key, _| {
            assert_eq!(key, told);
            told += 1;
        })
        .unwrap();

        assert_eq!((told, ring.idle.len()), (300, 128));
    }

    #[test]
    fn memory_of_a_request_that_is_never_done_is_not_used_again() {
        let Some(mut ring) = ring() else { return };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        ring.queue_send((1, &socket), None, b"x", |_, _| {}).unwrap();
        ring.break_off();

        assert!(ring.flush(|_, _| {}).is_err());

        assert_eq!((ring.idle.len(), ring.outstanding), (0, 1));
    }

    #[test]
    fn panic_of_the_receiver_leaves_nothing_with_the_kernel() {
        let Some(mut ring) = ring() else { return };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let asked = [(1, &socket); 3].into_iter();

        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            ring.receive(asked, |_, _| panic!("provoked"))
        }));

        assert!(panicked.is_err());
        assert_eq!(ring.outstanding, 0);
        let mut told = Vec::new();
        ring.receive([(9, &socket)].into_iter(), |key, _| told.push(key)).unwrap();
        assert_eq!(told, [9]);
    }
}
