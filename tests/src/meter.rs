use std::{
    fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// What one process and all its threads have used so far.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// When it was read.
    pub at: Instant,
    /// CPU time in user and kernel mode, in steps of 10 ms.
    pub cpu: Duration,
    /// Resident memory in KiB.
    pub resident_kib: u64,
}

impl Reading {
    /// Reads `/proc/PID/stat` and `/proc/PID/status`.
    ///
    /// # Panics
    /// There is no such process, or the system is no Linux.
    pub fn of(pid: u32) -> Self {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process that runs");
        let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process that runs");
        Self { at: Instant::now(), cpu: cpu_time(&stat), resident_kib: resident_kib(&status) }
    }
}

/// Reads two processes, the server and this one, four times a second.
pub struct Meter {
    done: Arc<AtomicBool>,
    readings: Arc<Mutex<Vec<[Reading; 2]>>>,
    thread: JoinHandle<()>,
}

impl Meter {
    /// Begins; the server is read first.
    pub fn start(server: u32) -> Self {
        let (done, readings) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (is_done, kept) = (Arc::clone(&done), Arc::clone(&readings));
        let thread = thread::spawn(move || {
            while !is_done.load(Ordering::Relaxed) {
                let pair = [Reading::of(server), Reading::of(std::process::id())];
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(pair);
                thread::park_timeout(EVERY);
            }
        });
        Self { done, readings, thread }
    }

    /// Ends, and gives all pairs in order.
    ///
    /// # Panics
    /// The server has gone meanwhile.
    pub fn stop(self) -> Vec<[Reading; 2]> {
        self.done.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().expect("the server lived as long as it was measured");
        std::mem::take(&mut *self.readings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Fields 14 and 15 of proc_pid_stat(5), counted behind the name, which may hold spaces and parentheses.
fn cpu_time(stat: &str) -> Duration {
    let (_, behind_name) = stat.rsplit_once(')').expect("a name in parentheses");
    let ticks = behind_name.split_ascii_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().expect("a number of ticks")).sum();
    Duration::from_millis(ticks * 1000 / USER_HZ)
}

fn resident_kib(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}

/// Ticks a second in what Linux tells user space, whatever the kernel's own clock is.
const USER_HZ: u64 = 100;
const EVERY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_user_and_kernel_time_behind_a_name_with_parentheses() {
        let stat = "7 (um (x) y) S 1 7 7 0 -1 4194560 100 0 0 0 123 45 9 9 20 0 1 0 5 6 7";

        assert_eq!(cpu_time(stat), Duration::from_millis(1680));
    }

    #[test]
    fn reads_resident_memory() {
        assert_eq!(resident_kib("VmPeak:\t  9 kB\nVmRSS:\t   12345 kB\nThreads:\t1\n"), 12_345);
    }
}
