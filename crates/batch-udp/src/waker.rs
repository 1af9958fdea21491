use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    time::Duration,
};

/// Wakes one sleeping thread from others (an eventfd). A wake that comes while nobody sleeps is kept.
#[derive(Debug)]
pub struct Waker(OwnedFd);

impl Waker {
    /// A waker that has not been woken.
    ///
    /// # Errors
    /// What the system says, mostly "too many open files".
    #[expect(unsafe_code, reason = "std has no eventfd")]
    pub fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes two integers and touches no memory of ours.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if descriptor < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was opened by the call above, is valid, and nobody else has it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(descriptor) }))
    }

    /// Ends the sleep of [`Self::wait`], or the next one.
    #[expect(unsafe_code, reason = "std has no eventfd")]
    pub fn wake(&self) {
        let one = 1u64.to_ne_bytes();
        // SAFETY: `one` is valid for reads of its 8 octets during the call, and the descriptor is open as long as
        // `self` lives. A full counter (EAGAIN) wakes as well, so the result says nothing.
        let _ = unsafe { libc::write(self.0.as_raw_fd(), one.as_ptr().cast(), one.len()) };
    }

    /// Sleeps until woken or until `timeout` is over; `true` if woken. Without a timeout it sleeps until woken.
    ///
    /// # Errors
    /// What the system says. An interrupted sleep is no error, it ends early.
    #[expect(unsafe_code, reason = "std has no poll and no eventfd")]
    pub fn wait(&self, timeout: Option<Duration>) -> io::Result<bool> {
        let mut poll = libc::pollfd { fd: self.0.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let timeout = timeout.map(timespec);
        let timeout: *const libc::timespec = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
        // SAFETY: `poll` is one valid pollfd that lives through the call, as the count of 1 says; `timeout` is null or
        // points to a timespec that lives through the call; a null signal mask leaves the mask alone.
        let ready = unsafe { libc::ppoll(&raw mut poll, 1, timeout, std::ptr::null()) };
        if ready < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == io::ErrorKind::Interrupted { Ok(false) } else { Err(error) };
        }
        if ready == 0 {
            return Ok(false);
        }
        let mut count = [0u8; 8];
        // SAFETY: `count` is valid for writes of its 8 octets during the call, and the descriptor is open.
        let _ = unsafe { libc::read(self.0.as_raw_fd(), count.as_mut_ptr().cast(), count.len()) };
        Ok(true)
    }
}

/// The nearest timespec; a time beyond any is the longest there is.
fn timespec(duration: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(duration.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::from(duration.subsec_nanos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wake_before_the_sleep_is_kept_and_two_wakes_are_one() {
        let waker = Waker::new().unwrap();
        waker.wake();
        waker.wake();

        assert!(waker.wait(None).unwrap());
        assert!(!waker.wait(Some(Duration::ZERO)).unwrap());
    }

    #[test]
    fn another_thread_ends_a_sleep_without_timeout() {
        let waker = std::sync::Arc::new(Waker::new().unwrap());
        let other = std::sync::Arc::clone(&waker);
        let thread = std::thread::spawn(move || other.wake());

        assert!(waker.wait(None).unwrap());
        thread.join().unwrap();
    }
}
