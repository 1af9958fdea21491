/// How the datagrams of calls cross to the kernel (`docs/decisions/0005`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MediaIo {
    /// By io_uring if the kernel lets us, else by epoll.
    Auto,
    /// Many together; the server does not start where the kernel refuses it.
    IoUring,
    /// One by one.
    Epoll,
}

impl MediaIo {
    pub(super) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "auto" => Self::Auto,
            "io_uring" => Self::IoUring,
            "epoll" => Self::Epoll,
            _ => return None,
        })
    }
}
