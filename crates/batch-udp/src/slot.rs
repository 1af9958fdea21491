use std::{
    io,
    mem::MaybeUninit,
    net::{SocketAddr, UdpSocket},
    os::fd::AsRawFd,
    time::{Duration, SystemTime},
};

/// Octets that are kept of one datagram; a longer one is cut, and one to be sent is refused.
pub const ROOM: usize = 1536;

/// A datagram that was received.
#[derive(Debug)]
pub struct Datagram<'a> {
    /// What it says; the memory is used again afterwards.
    pub octets: &'a mut [u8],
    /// Where it came from; IPv4 through a dual-stack socket is IPv4-mapped.
    pub source: SocketAddr,
    /// It was longer than [`ROOM`]; its rest is gone.
    pub cut: bool,
    /// When the kernel got it.
    pub arrived: Option<SystemTime>,
}

/// Everything of one receive or send that the kernel reads and writes, in one piece of memory.
///
/// Who has the `Box` may look at it; while the kernel has it there is none.
pub(crate) struct Slot {
    /// Whose datagram it is.
    pub(crate) key: u64,
    message: libc::msghdr,
    part: libc::iovec,
    name: libc::sockaddr_storage,
    control: Control,
    octets: [u8; ROOM],
}

// SAFETY: the pointers in `message` and `part` point into the slot itself, or are null, and are aimed anew before every
// use; nothing in a slot belongs to a thread.
#[expect(unsafe_code, reason = "msghdr and iovec hold raw pointers")]
unsafe impl Send for Slot {}

/// Room for the one control message that is asked for, at the alignment of `cmsghdr`.
type Control = [u64; 8];
/// Its octets.
const CONTROL: usize = size_of::<Control>();

const _: () = assert!(align_of::<libc::cmsghdr>() <= align_of::<Control>());

impl Slot {
    #[expect(unsafe_code, reason = "the C structs of the system have no constructors")]
    pub(crate) fn boxed() -> Box<Self> {
        // SAFETY: zeros are valid for every field: integers, octet arrays, and raw pointers that are null.
        unsafe { Box::new(MaybeUninit::zeroed().assume_init()) }
    }

    /// Points the message at the slot's own memory, for one datagram to be received.
    ///
    /// # Safety
    /// `slot` points to a slot that nobody else looks at, the kernel neither.
    #[expect(unsafe_code, reason = "the message points into its own slot")]
    pub(crate) unsafe fn aim_to_receive(slot: *mut Self) -> *mut libc::msghdr {
        // SAFETY: the caller vouches for `slot`; only places of it are named, and no reference outlives its statement.
        unsafe {
            (*slot).part =
                libc::iovec { iov_base: (&raw mut (*slot).octets).cast(), iov_len: size_of::<[u8; ROOM]>() };
            let message = &raw mut (*slot).message;
            (*message).msg_name = (&raw mut (*slot).name).cast();
            (*message).msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            (*message).msg_iov = &raw mut (*slot).part;
            (*message).msg_iovlen = 1;
            (*message).msg_control = (&raw mut (*slot).control).cast();
            (*message).msg_controllen = CONTROL as _;
            (*message).msg_flags = 0;
            message
        }
    }

    /// Points the message at the first `length` octets of the slot, to be sent to the address that
    /// [`Self::fill`] has written.
    ///
    /// # Safety
    /// `slot` points to a slot that nobody else looks at, the kernel neither; `length` is at most [`ROOM`].
    #[expect(unsafe_code, reason = "the message points into its own slot")]
    pub(crate) unsafe fn aim_to_send(slot: *mut Self, length: usize) -> *const libc::msghdr {
        // SAFETY: the caller vouches for `slot`; only places of it are named, and no reference outlives its statement.
        unsafe {
            (*slot).part = libc::iovec { iov_base: (&raw mut (*slot).octets).cast(), iov_len: length };
            let message = &raw mut (*slot).message;
            (*message).msg_name = (&raw mut (*slot).name).cast();
            (*message).msg_iov = &raw mut (*slot).part;
            (*message).msg_iovlen = 1;
            (*message).msg_control = std::ptr::null_mut();
            (*message).msg_controllen = 0;
            (*message).msg_flags = 0;
            message
        }
    }

    /// The octets of the slot, for a send to the peer that the socket is connected to.
    ///
    /// # Safety
    /// `slot` points to a slot.
    #[expect(unsafe_code, reason = "a place behind a raw pointer")]
    pub(crate) unsafe fn octets_at(slot: *const Self) -> *const u8 {
        // SAFETY: the caller vouches for `slot`; its memory is named, not read.
        unsafe { (&raw const (*slot).octets).cast() }
    }

    /// Copies in what is to be sent, and the address. `false` if it has no room.
    #[expect(unsafe_code, reason = "the address is copied as octets")]
    pub(crate) fn fill(&mut self, to: Option<SocketAddr>, octets: &[u8]) -> bool {
        let Some(room) = self.octets.get_mut(..octets.len()) else { return false };
        room.copy_from_slice(octets);
        if let Some(to) = to {
            let address = socket2::SockAddr::from(to);
            let length = (address.len() as usize).min(size_of::<libc::sockaddr_storage>());
            // SAFETY: `address` is valid for reads of its own length, `name` for writes of a sockaddr_storage, which
            // `length` does not exceed; they are different memory.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    address.as_ptr().cast::<u8>(),
                    (&raw mut self.name).cast(),
                    length,
                );
            }
            self.message.msg_namelen = address.len();
        }
        true
    }

    /// What was received: `length` is the kernel's answer to the message that [`Self::aim_to_receive`] made.
    ///
    /// # Errors
    /// The source is no IP address.
    pub(crate) fn datagram(&mut self, length: usize) -> io::Result<Datagram<'_>> {
        let source = self.source()?;
        let cut = self.message.msg_flags & libc::MSG_TRUNC != 0;
        let arrived = self.arrival();
        let octets =
            self.octets.get_mut(..length).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        Ok(Datagram { octets, source, cut, arrived })
    }

    #[expect(unsafe_code, reason = "the address is copied as octets")]
    fn source(&self) -> io::Result<SocketAddr> {
        let given = self.message.msg_namelen;
        // SAFETY: `try_init` gives a pointer to a storage of the size it names; what is copied is not longer than that
        // nor than `name`, and `name` is initialised in whole: by zeros, and then by the kernel.
        let ((), source) = unsafe {
            socket2::SockAddr::try_init(|storage, room| {
                let length = given.min(*room).min(size_of::<libc::sockaddr_storage>() as libc::socklen_t);
                std::ptr::copy_nonoverlapping(
                    (&raw const self.name).cast::<u8>(),
                    storage.cast(),
                    length as usize,
                );
                *room = length;
                Ok(())
            })
        }?;
        source.as_socket().ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Looks for the time among the control messages.
    #[expect(unsafe_code, reason = "control messages are read through pointers")]
    fn arrival(&mut self) -> Option<SystemTime> {
        self.message.msg_control = (&raw mut self.control).cast();
        self.message.msg_controllen = self.message.msg_controllen.min(CONTROL as _);
        let message = &self.message;
        // SAFETY: the kernel has filled the control memory up to `msg_controllen` with whole control messages, and the
        // pointer to it was aimed just now. The CMSG functions stay within it and give null at its end.
        let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
        while !header.is_null() {
            // SAFETY: `header` is not null, so it points to a whole cmsghdr within the control memory, aligned as
            // `Control` is.
            let (level, kind, length) =
                unsafe { ((*header).cmsg_level, (*header).cmsg_type, (*header).cmsg_len) };
            // SAFETY: CMSG_LEN is arithmetic.
            let whole = unsafe { libc::CMSG_LEN(size_of::<libc::timespec>() as libc::c_uint) };
            if level == libc::SOL_SOCKET && kind == libc::SCM_TIMESTAMPNS && length >= whole as usize {
                // SAFETY: the message is long enough for a timespec, as just checked; `read_unaligned` asks for no
                // alignment.
                let time: libc::timespec =
                    unsafe { libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned() };
                return since_1970(time);
            }
            // SAFETY: `header` came from CMSG_FIRSTHDR or CMSG_NXTHDR of this same message.
            header = unsafe { libc::CMSG_NXTHDR(message, header) };
        }
        None
    }
}

/// Has the kernel note the time of arrival with every datagram (`SO_TIMESTAMPNS`).
///
/// # Errors
/// What the system says.
#[expect(unsafe_code, reason = "neither std nor socket2 has SO_TIMESTAMPNS")]
pub(crate) fn tell_arrival_times(socket: &UdpSocket) -> io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: `on` is a c_int that lives through the call, and its size is given; the descriptor is open, because
    // `socket` is borrowed.
    let outcome = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_TIMESTAMPNS,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn since_1970(time: libc::timespec) -> Option<SystemTime> {
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanoseconds = u32::try_from(time.tv_nsec).ok().filter(|nanoseconds| *nanoseconds < 1_000_000_000)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsent_times_before_1970_are_no_times() {
        assert_eq!(since_1970(libc::timespec { tv_sec: -1, tv_nsec: 0 }), None);
        assert_eq!(since_1970(libc::timespec { tv_sec: 0, tv_nsec: 1_000_000_000 }), None);
    }

    #[test]
    fn slot_takes_1536_octets_and_no_more() {
        let mut slot = Slot::boxed();

        assert!(slot.fill(None, &[1; 1536]));
        assert!(!slot.fill(None, &[1; 1537]));
    }

    #[test]
    fn slot_without_an_address_is_no_datagram() {
        assert_eq!(Slot::boxed().datagram(0).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
