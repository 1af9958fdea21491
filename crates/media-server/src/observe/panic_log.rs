//! Where a panic is written down without holding up the thread that panicked.
use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::Write as _,
    panic,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

/// How long the end of the process waits for backtraces. One has taken more than ten seconds on a busy machine.
const BACKTRACES_TAKE_AT_MOST: Duration = Duration::from_secs(20);

/// Backtraces that are still being written.
static WRITING: Unfinished = Unfinished { threads: Mutex::new(Vec::new()) };

/// From now on a panic's message goes to stderr at once, and its backtrace (with `RUST_BACKTRACE=1`) from another thread:
/// finding the names of its frames reads the whole program, which has taken more than ten seconds on a busy machine. A
/// fault costs one call, so the core does not wait for it.
pub fn write_panics() {
    panic::set_hook(Box::new(|panicked| {
        let backtrace = Backtrace::capture();
        let name = thread::current().name().unwrap_or("<unnamed>").to_owned();
        // Without stderr there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "thread '{name}' {panicked}");
        if backtrace.status() != BacktraceStatus::Captured {
            return;
        }
        WRITING.write(move || {
            let _ = writeln!(std::io::stderr(), "backtrace of thread '{name}':\n{backtrace}");
        });
    }));
}

/// Waits for the backtraces that are being written, 20 s at most: the process is about to end. What is not written by then
/// is told of.
pub fn finish_backtraces() {
    let left = WRITING.finish(BACKTRACES_TAKE_AT_MOST);
    if left > 0 {
        let seconds = BACKTRACES_TAKE_AT_MOST.as_secs();
        let _ = writeln!(
            std::io::stderr(),
            "{left} backtraces could not be written within {seconds} s: the messages of their panics stand above"
        );
    }
}

/// Threads that write, each with the end of a channel that closes when it is done, however it ends.
struct Unfinished {
    threads: Mutex<Vec<Receiver<Done>>>,
}

/// Nobody sends it: a thread is done when its sender is gone.
enum Done {}

impl Unfinished {
    fn write(&self, work: impl FnOnce() + Send + 'static) {
        let (done, finished): (Sender<Done>, _) = channel();
        let writing = thread::Builder::new().name("backtrace".to_owned()).spawn(move || {
            work();
            drop(done);
        });
        if writing.is_ok() {
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            threads.retain(|thread| is_unfinished(thread, Duration::ZERO));
            threads.push(finished);
        }
    }

    /// How many are not done within this time, all of them together.
    fn finish(&self, within: Duration) -> usize {
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let began = Instant::now();
        threads.iter().filter(|thread| is_unfinished(thread, within.saturating_sub(began.elapsed()))).count()
    }
}

fn is_unfinished(thread: &Receiver<Done>, within: Duration) -> bool {
    matches!(thread.recv_timeout(within), Err(RecvTimeoutError::Timeout))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn end_waits_for_what_is_written_and_not_for_what_never_ends() {
        let unfinished = Unfinished { threads: Mutex::default() };
        let (never, held_up) = channel::<()>();
        let (written, done) = channel();

        unfinished.write(move || written.send("a backtrace").unwrap());
        let in_time = unfinished.finish(Duration::from_secs(60));
        unfinished.write(move || {
            let _ = held_up.recv();
        });
        let too_late = unfinished.finish(Duration::from_millis(1));
        drop(never);

        assert_eq!((in_time, done.try_recv()), (0, Ok("a backtrace")));
        assert_eq!(too_late, 1);
    }

    #[test]
    fn thread_that_panics_while_it_writes_is_done() {
        let unfinished = Unfinished { threads: Mutex::default() };

        unfinished.write(|| std::panic::resume_unwind(Box::new("no stderr")));

        assert_eq!(unfinished.finish(Duration::from_secs(60)), 0);
    }
}
