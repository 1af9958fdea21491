use std::{
    cell::Cell,
    collections::HashMap,
    io,
    net::{SocketAddr, UdpSocket},
};

use crate::{
    Datagram, Path, ROOM, disconnect::disconnect, plain::Plain, ring::Ring, slot, socket_set::SocketSet,
};

/// The sockets of one worker, in groups that are received from together.
///
/// The batch owns its sockets: none is closed while a request names it. It opens on one [`Path`]; if io_uring fails
/// later, it goes on over epoll and [`Batch::fault`] tells why.
pub struct Batch {
    exchange: Exchange,
    members: HashMap<u64, Member>,
    groups: Vec<Group>,
    /// Counts the calls of [`Self::receive`].
    round: u64,
    asked: Vec<u64>,
    refused: Vec<(u64, io::Error)>,
    fault: Option<io::Error>,
}

enum Exchange {
    Plain(Plain),
    Ring(Box<Ring>),
}

struct Group {
    set: SocketSet,
    /// Sockets that had something the last time: they are asked at once, the others when the set names them.
    warm: Vec<u64>,
}

struct Member {
    socket: UdpSocket,
    /// The round in which it was asked last, and how often in that.
    asked: Cell<(u64, u32)>,
    /// The round in which it had something last.
    heard: Cell<u64>,
}

/// Refusals that are kept until the next [`Batch::flush`]; what is refused beyond them is not told.
const MAX_REFUSED: usize = 4096;
/// Datagrams thrown away when a socket is inserted: what came before counts for nothing.
const STALE_DATAGRAMS: usize = 1024;

impl Batch {
    /// An empty batch with `groups` groups, numbered from 0.
    ///
    /// It is opened on the thread that will use it: when io_uring is closed, the kernel interrupts a system call that the
    /// opening thread waits in, and not all of them go on by themselves (a receive with a timeout does not).
    ///
    /// # Errors
    /// What the system says: too many open files, or why it refuses io_uring ([`Path::try_out`]).
    pub fn open(path: Path, groups: usize) -> io::Result<Self> {
        let exchange = match path {
            Path::Epoll => Exchange::Plain(Plain::new()),
            Path::IoUring => Exchange::Ring(Box::new(Ring::open()?)),
        };
        let groups = (0..groups).map(|_| Ok(Group { set: SocketSet::new()?, warm: Vec::new() }));
        Ok(Self {
            exchange,
            members: HashMap::new(),
            groups: groups.collect::<io::Result<_>>()?,
            round: 0,
            asked: Vec::new(),
            refused: Vec::new(),
            fault: None,
        })
    }

    /// The path that datagrams take now.
    pub fn path(&self) -> Path {
        match self.exchange {
            Exchange::Plain(_) => Path::Epoll,
            Exchange::Ring(_) => Path::IoUring,
        }
    }

    /// Why io_uring was left after it had worked; told once.
    pub fn fault(&mut self) -> Option<io::Error> {
        self.fault.take()
    }

    /// Takes a bound socket into a group, under a key of the caller's. It becomes non-blocking, its datagrams have times
    /// of arrival, and what has come for it so far is thrown away.
    ///
    /// # Errors
    /// `NotFound` for a group that does not exist, `AlreadyExists` for a key that is taken, or what the system says.
    /// The socket is closed then.
    pub fn insert(&mut self, group: usize, key: u64, socket: UdpSocket) -> io::Result<()> {
        let group = self.groups.get_mut(group).ok_or(io::ErrorKind::NotFound)?;
        if self.members.contains_key(&key) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        socket.set_nonblocking(true)?;
        slot::tell_arrival_times(&socket)?;
        let _ = (0..STALE_DATAGRAMS).take_while(|_| socket.recv(&mut []).is_ok()).count();
        group.set.add(&socket, key)?;
        self.members.insert(key, Member { socket, asked: Cell::new((0, 0)), heard: Cell::new(0) });
        Ok(())
    }

    /// Closes a socket, after what is queued was sent. `false` if there is none.
    pub fn remove(&mut self, key: u64) -> bool {
        self.send_queued();
        self.members.remove(&key).is_some()
    }

    /// Has the kernel drop what others than `peer` send to the socket, after what is queued was sent.
    ///
    /// # Errors
    /// `NotFound` for a key that is not in the batch, or what the system says.
    pub fn connect(&mut self, key: u64, peer: SocketAddr) -> io::Result<()> {
        self.send_queued();
        self.members.get(&key).ok_or(io::ErrorKind::NotFound)?.socket.connect(peer)
    }

    /// Opens a connected socket to everybody again, after what is queued was sent.
    ///
    /// The port stays if the socket was bound to that very number; one that the system chose (port 0) is given up by
    /// Linux.
    ///
    /// # Errors
    /// `NotFound` for a key that is not in the batch, or what the system says.
    pub fn disconnect(&mut self, key: u64) -> io::Result<()> {
        self.send_queued();
        disconnect(&self.members.get(&key).ok_or(io::ErrorKind::NotFound)?.socket)
    }

    /// Takes what has come for a group, at most `at_most` datagrams of one socket; it waits for nothing.
    ///
    /// `take` gets the datagrams with their keys, those of one socket in order. An error (`ConnectionRefused`) tells of
    /// something that was sent before; it ends nothing.
    ///
    /// # Errors
    /// `NotFound` for a group that does not exist, or what the system says about the set. The next call asks again.
    pub fn receive(
        &mut self,
        group: usize,
        at_most: u32,
        mut take: impl FnMut(u64, io::Result<Datagram<'_>>),
    ) -> io::Result<()> {
        self.send_queued();
        let group = self.groups.get_mut(group).ok_or(io::ErrorKind::NotFound)?;
        self.round += 1;
        let (round, members) = (self.round, &self.members);
        self.asked.clear();
        std::mem::swap(&mut self.asked, &mut group.warm);
        let mut named_by_set = false;
        loop {
            let mut asked = 0;
            let named = self.asked.iter().filter_map(|key| Some((*key, members.get(key)?)));
            let sockets = named
                .filter(|(_, member)| member.may_be_asked(round, at_most))
                .inspect(|_| asked += 1)
                .map(|(key, member)| (key, &member.socket));
            let done = |key, received: io::Result<Datagram<'_>>| {
                if received.is_ok() && members.get(&key).is_some_and(|member| member.is_first(round)) {
                    group.warm.push(key);
                }
                if !received.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
                    take(key, received);
                }
            };
            if let Err(error) = self.exchange.receive(sockets, done) {
                // What was not asked is named by the set again.
                self.exchange = Exchange::Plain(Plain::new());
                self.fault = Some(error);
            }
            // A set that is never empty comes to an end as well: no socket is asked more than `at_most` times.
            if named_by_set && asked == 0 {
                return Ok(());
            }
            self.asked.clear();
            self.asked.extend_from_slice(group.set.ready()?);
            named_by_set = true;
        }
    }

    /// Sends a datagram, now or with the next [`Self::flush`]: to `to`, or to the peer that the socket is connected to.
    /// What is refused is told by the flush: also a key that is not in the batch (`NotFound`), and more than
    /// [`ROOM`] octets (`InvalidInput`).
    pub fn queue_send(&mut self, key: u64, to: Option<SocketAddr>, octets: &[u8]) {
        let Self { exchange, members, refused, .. } = self;
        let mut refuse = |key, error| refuse(refused, key, error);
        let Some(member) = members.get(&key) else {
            refuse(key, io::ErrorKind::NotFound.into());
            return;
        };
        if octets.len() > ROOM {
            refuse(key, io::ErrorKind::InvalidInput.into());
            return;
        }
        match exchange {
            Exchange::Plain(plain) => {
                if let Err(error) = plain.send(&member.socket, to, octets) {
                    refuse(key, error);
                }
            }
            Exchange::Ring(ring) => {
                if let Err(error) = ring.queue_send((key, &member.socket), to, octets, &mut refuse) {
                    self.leave_ring(error);
                }
            }
        }
    }

    /// Sends what is queued, and tells what was refused since the last time. Nothing is tried again.
    pub fn flush(&mut self, mut refused: impl FnMut(u64, io::Error)) {
        self.send_queued();
        for (key, error) in self.refused.drain(..) {
            refused(key, error);
        }
    }

    fn send_queued(&mut self) {
        if let Exchange::Ring(ring) = &mut self.exchange
            && let Err(error) = ring.flush(|key, error| refuse(&mut self.refused, key, error))
        {
            self.leave_ring(error);
        }
    }

    /// The kernel keeps what it has of the ring's memory; the sockets go on without it.
    fn leave_ring(&mut self, error: io::Error) {
        self.exchange = Exchange::Plain(Plain::new());
        self.fault = Some(error);
    }
}

/// Sends what is queued before the sockets are closed.
impl Drop for Batch {
    fn drop(&mut self) {
        self.send_queued();
    }
}

impl Exchange {
    fn receive<'a>(
        &mut self,
        asked: impl Iterator<Item = (u64, &'a UdpSocket)>,
        done: impl FnMut(u64, io::Result<Datagram<'_>>),
    ) -> io::Result<()> {
        match self {
            Self::Plain(plain) => {
                plain.receive(asked, done);
                Ok(())
            }
            Self::Ring(ring) => ring.receive(asked, done),
        }
    }
}

impl Member {
    /// Whether this is the first datagram of the round.
    fn is_first(&self, round: u64) -> bool {
        self.heard.replace(round) != round
    }

    /// Counts the asking.
    fn may_be_asked(&self, round: u64, at_most: u32) -> bool {
        let times = match self.asked.get() {
            (last, times) if last == round => times,
            _ => 0,
        };
        self.asked.set((round, times.saturating_add(1)));
        times < at_most
    }
}

fn refuse(refused: &mut Vec<(u64, io::Error)>, key: u64, error: io::Error) {
    if refused.len() < MAX_REFUSED {
        refused.push((key, error));
    }
}

#[cfg(test)]
mod tests;
