use std::{io, net::UdpSocket, os::fd::AsRawFd};

/// Opens a connected UDP socket to everybody again.
///
/// The port stays if the socket was bound to that very number; one that the system chose (port 0) is given up by Linux.
///
/// # Errors
/// What the system says.
#[expect(unsafe_code, reason = "std and socket2 cannot connect to AF_UNSPEC")]
pub fn disconnect(socket: &UdpSocket) -> io::Result<()> {
    let nobody = libc::sockaddr { sa_family: libc::AF_UNSPEC as libc::sa_family_t, sa_data: [0; 14] };
    // SAFETY: `nobody` is a sockaddr that lives through the call, and its size is given; the descriptor is open,
    // because `socket` is borrowed.
    let outcome = unsafe {
        libc::connect(socket.as_raw_fd(), &raw const nobody, size_of::<libc::sockaddr>() as libc::socklen_t)
    };
    if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disconnected_socket_keeps_its_port_and_hears_everybody() {
        let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let socket = UdpSocket::bind(free).unwrap();
        let (friend, other) =
            (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
        let address = socket.local_addr().unwrap();
        socket.connect(friend.local_addr().unwrap()).unwrap();
        socket.set_nonblocking(true).unwrap();
        other.send_to(b"unheard", address).unwrap();
        assert_eq!(socket.recv(&mut [0; 8]).unwrap_err().kind(), io::ErrorKind::WouldBlock);

        disconnect(&socket).unwrap();
        other.send_to(b"heard", address).unwrap();

        assert_eq!(socket.recv(&mut [0; 8]).unwrap(), 5);
    }
}
