use std::{
    io,
    mem::MaybeUninit,
    net::{SocketAddr, UdpSocket},
    os::fd::AsRawFd,
    time::{Duration, SystemTime},
};

/// A datagram that was received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Received {
    /// Octets written to the buffer.
    pub length: usize,
    /// The datagram was longer than the buffer; its rest is gone.
    pub cut: bool,
    /// Where it came from; IPv4 through a dual-stack socket is IPv4-mapped.
    pub source: SocketAddr,
    /// When the kernel got it, if [`tell_arrival_times`] was called for the socket.
    pub arrived: Option<SystemTime>,
}

/// Has the kernel note the time of arrival with every datagram (`SO_TIMESTAMPNS`).
///
/// # Errors
/// What the system says.
#[expect(unsafe_code, reason = "neither std nor socket2 has SO_TIMESTAMPNS")]
pub fn tell_arrival_times(socket: &UdpSocket) -> io::Result<()> {
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

/// Receives one datagram.
///
/// # Errors
/// `WouldBlock` if there is none on a non-blocking socket; `ConnectionRefused` and the like tell of something that was
/// sent before, and the next call goes on.
#[expect(unsafe_code, reason = "std has no recvmsg")]
pub fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<Received> {
    let mut control = Control([0; CONTROL]);
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: an msghdr of zeros is a valid one: null pointers with lengths of zero.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = CONTROL as _;
    // SAFETY: `try_init` gives a pointer to storage of the size it names, which recvmsg fills with the address and
    // whose length it sets; the pointers in `message` (buffer, iovec, control) are valid for writes of the lengths
    // named beside them and live through the call.
    let (length, source) = unsafe {
        socket2::SockAddr::try_init(|name, name_length| {
            message.msg_name = name.cast();
            message.msg_namelen = *name_length;
            let length = libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0);
            let length = usize::try_from(length).map_err(|_| io::Error::last_os_error())?;
            *name_length = message.msg_namelen;
            Ok(length)
        })
    }?;
    let source = source.as_socket().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let cut = message.msg_flags & libc::MSG_TRUNC != 0;
    Ok(Received { length, cut, source, arrived: arrival(&message) })
}

/// Room for the one control message that is asked for.
const CONTROL: usize = 64;

/// Control messages begin at the alignment of `cmsghdr`.
#[repr(align(8))]
struct Control([u8; CONTROL]);

const _: () = assert!(align_of::<libc::cmsghdr>() <= 8);

/// Looks for the time among the control messages.
#[expect(unsafe_code, reason = "control messages are read through pointers")]
fn arrival(message: &libc::msghdr) -> Option<SystemTime> {
    // SAFETY: the kernel has filled `message.msg_control` up to `msg_controllen` with whole control messages, and the
    // memory is borrowed by the caller through this function. The CMSG functions stay within it and give null at its
    // end.
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

fn since_1970(time: libc::timespec) -> Option<SystemTime> {
    let seconds = u64::try_from(time.tv_sec).ok()?;
    let nanoseconds = u32::try_from(time.tv_nsec).ok().filter(|nanoseconds| *nanoseconds < 1_000_000_000)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(address: &str) -> (UdpSocket, UdpSocket) {
        let receiver = UdpSocket::bind(address).unwrap();
        receiver.set_nonblocking(true).unwrap();
        let sender = UdpSocket::bind(address).unwrap();
        (sender, receiver)
    }

    #[test]
    fn datagram_comes_with_source_length_and_time_of_arrival() {
        let (sender, receiver) = pair("127.0.0.1:0");
        tell_arrival_times(&receiver).unwrap();
        let before = SystemTime::now();
        sender.send_to(b"four", receiver.local_addr().unwrap()).unwrap();
        let mut buffer = [0; 16];

        let received = receive(&receiver, &mut buffer).unwrap();

        let after = SystemTime::now();
        assert_eq!(&buffer[..received.length], b"four");
        assert_eq!((received.source, received.cut), (sender.local_addr().unwrap(), false));
        let arrived = received.arrived.unwrap();
        assert!(before <= arrived && arrived <= after, "{before:?} {arrived:?} {after:?}");
    }

    #[test]
    fn without_asking_there_is_no_time_of_arrival() {
        let (sender, receiver) = pair("127.0.0.1:0");
        sender.send_to(b"x", receiver.local_addr().unwrap()).unwrap();

        assert_eq!(receive(&receiver, &mut [0; 16]).unwrap().arrived, None);
    }

    #[test]
    fn datagram_longer_than_the_buffer_is_cut_and_says_so() {
        let (sender, receiver) = pair("127.0.0.1:0");
        sender.send_to(b"longer", receiver.local_addr().unwrap()).unwrap();

        let received = receive(&receiver, &mut [0; 4]).unwrap();

        assert_eq!((received.length, received.cut), (4, true));
    }

    #[test]
    fn empty_socket_would_block() {
        let (_, receiver) = pair("127.0.0.1:0");

        assert_eq!(receive(&receiver, &mut [0; 4]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    }

    #[test]
    fn empty_datagram_is_a_datagram() {
        let (sender, receiver) = pair("127.0.0.1:0");
        sender.send_to(b"", receiver.local_addr().unwrap()).unwrap();

        assert_eq!(receive(&receiver, &mut [0; 4]).unwrap().length, 0);
    }

    #[test]
    fn unsent_times_before_1970_are_no_times() {
        assert_eq!(since_1970(libc::timespec { tv_sec: -1, tv_nsec: 0 }), None);
        assert_eq!(since_1970(libc::timespec { tv_sec: 0, tv_nsec: 1_000_000_000 }), None);
    }
}
