//! Socket batches for the media workers: the one crate with unsafe code.
//!
//! A worker sleeps on its [`Waker`] alone, so that packets do not wake it; on its tick it asks a [`SocketSet`] which
//! sockets have something and calls [`receive`] on each. The one rule: every unsafe block says why it is sound, and no
//! raw descriptor leaves this crate.
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
//! socket.set_nonblocking(true)?;
//! batch_udp::tell_arrival_times(&socket)?;
//! let mut set = batch_udp::SocketSet::new()?;
//! set.add(&socket, 7)?;
//! socket.send_to(b"packet", socket.local_addr()?)?;
//! let mut buffer = [0; 1500];
//! for key in set.ready()?.to_vec() {
//!     assert_eq!(key, 7);
//!     let packet = batch_udp::receive(&socket, &mut buffer)?;
//!     assert_eq!(&buffer[..packet.length], b"packet");
//! }
//! # Ok(())
//! # }
//! ```

mod disconnect;
mod receive;
mod socket_set;
mod waker;

pub use disconnect::disconnect;
pub use receive::{Received, receive, tell_arrival_times};
pub use socket_set::{MAX_READY, SocketSet};
pub use waker::Waker;
