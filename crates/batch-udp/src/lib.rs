//! Socket batches for the media workers: the one crate with unsafe code.
//!
//! A worker sleeps on its [`Waker`] alone, so that packets do not wake it; on its tick it has its [`Batch`] receive what
//! has come for one group of its sockets, and queues what it sends. What crosses to the kernel one system call at a time
//! on the epoll [`Path`] crosses together on the io_uring one; both do the same. The one rule: every unsafe block says
//! why it is sound, and no raw descriptor leaves this crate.
//!
//! ```
//! # fn main() -> std::io::Result<()> {
//! let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
//! let address = socket.local_addr()?;
//! let mut batch = batch_udp::Batch::open(batch_udp::Path::Epoll, 1)?;
//! batch.insert(0, 7, socket)?;
//! batch.queue_send(7, Some(address), b"packet");
//! batch.flush(|key, error| panic!("{key}: {error}"));
//! batch.receive(0, 32, |key, received| {
//!     assert_eq!((key, &*received.unwrap().octets), (7, &b"packet"[..]));
//! })?;
//! # Ok(())
//! # }
//! ```

mod batch;
mod disconnect;
mod path;
mod plain;
mod ring;
mod slot;
mod socket_set;
mod waker;

pub use batch::Batch;
pub use path::Path;
pub use slot::{Datagram, ROOM};
pub use waker::Waker;
