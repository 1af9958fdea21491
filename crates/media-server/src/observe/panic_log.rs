//! Where a panic is written down without holding up the thread that panicked.
use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::Write as _,
    panic,
    sync::{Mutex, PoisonError},
    thread::{self, JoinHandle},
};

/// Backtraces that are still being written.
static WRITING: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

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
        let writing = thread::Builder::new().name("backtrace".to_owned()).spawn(move || {
            let _ = writeln!(std::io::stderr(), "backtrace of thread '{name}':\n{backtrace}");
        });
        if let Ok(writing) = writing {
            let mut threads = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            threads.retain(|thread| !thread.is_finished());
            threads.push(writing);
        }
    }));
}

/// Waits for the backtraces that are being written: the process is about to end.
pub fn finish_backtraces() {
    let threads = std::mem::take(&mut *WRITING.lock().unwrap_or_else(PoisonError::into_inner));
    for thread in threads {
        // It panicked while it wrote of a panic: there is nothing more to say.
        let _ = thread.join();
    }
}
