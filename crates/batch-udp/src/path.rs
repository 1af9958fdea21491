use std::{fmt, io};

use crate::ring::Ring;

/// How datagrams cross to the kernel and back.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Path {
    /// One system call for each.
    Epoll,
    /// One for many: plain receives and sends that are submitted together.
    IoUring,
}

impl Path {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Epoll, Self::IoUring];

    /// The word in settings, tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Epoll => "epoll",
            Self::IoUring => "io_uring",
        }
    }

    /// Whether the kernel lets this process go the path; it is tried out.
    ///
    /// # Errors
    /// Why not: a container's seccomp filter or `kernel.io_uring_disabled` refuses io_uring with
    /// `PermissionDenied`, a kernel before 5.6 has no such operations (`Unsupported`).
    pub fn try_out(self) -> io::Result<()> {
        match self {
            Self::Epoll => Ok(()),
            // On a thread of its own: a ring that is closed interrupts what the thread that opened it waits for.
            Self::IoUring => std::thread::spawn(|| Ring::open().map(drop))
                .join()
                .unwrap_or_else(|_| Err(io::ErrorKind::Unsupported.into())),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoll_is_always_there_and_paths_are_called_as_in_the_settings() {
        assert!(Path::Epoll.try_out().is_ok());
        assert_eq!(Path::ALL.map(Path::word), ["epoll", "io_uring"]);
    }
}
