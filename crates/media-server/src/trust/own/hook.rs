//! The command that is to supply a certificate for an owner who has none.
use std::{
    collections::HashMap,
    io,
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};
use telephony::{Event, kind};
use tokio::{process::Command, time::timeout};

/// For one owner it is run again after this time.
const AGAIN: Duration = Duration::from_secs(600);
/// How long it may run.
const LONGEST: Duration = Duration::from_secs(120);

/// When it was run for whom.
#[derive(Debug, Default)]
pub struct HookSchedule {
    last: HashMap<String, Instant>,
}

impl HookSchedule {
    /// Those of `without` for whom it is to be run now: at once, then once in ten minutes as long as they have nothing.
    pub fn due(&mut self, without: &[String], now: Instant) -> Vec<String> {
        self.last.retain(|owner, _| without.contains(owner));
        let is_due = |owner: &&String| {
            self.last.get(*owner).is_none_or(|last| now.saturating_duration_since(*last) >= AGAIN)
        };
        let due: Vec<String> = without.iter().filter(is_due).cloned().collect();
        self.last.extend(due.iter().map(|owner| (owner.clone(), now)));
        due
    }
}

/// Runs the command with the owner's name and tells what came of it. What it puts into the store is found there.
pub async fn run(command: &str, owner: &str) -> Event {
    run_within(command, owner, LONGEST).await
}

async fn run_within(command: &str, owner: &str, longest: Duration) -> Event {
    let outcome =
        outcome(command, owner, longest).await.unwrap_or_else(|error| format!("it cannot be run: {error}"));
    Event::new(&kind::CERTIFICATE_COMMAND)
        .with("owner", owner)
        .with("command", command)
        .with("outcome", outcome)
}

async fn outcome(command: &str, owner: &str, longest: Duration) -> io::Result<String> {
    let mut order = Command::new(command);
    // A group of its own: what it has started ends with it.
    order.arg(owner).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = order.kill_on_drop(true).spawn()?;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    match timeout(longest, child.wait()).await {
        Ok(status) => Ok(status?.to_string()),
        Err(_) => {
            if let Some(group) = group {
                // It may have ended in this moment.
                let _ = kill_process_group(group, Signal::KILL);
            }
            Ok(format!("it was ended after {} s", longest.as_secs()))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn command_is_run_once_then_once_in_ten_minutes_and_at_once_for_another_owner() {
        let mut schedule = HookSchedule::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let owners = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();

        let runs = [
            schedule.due(&owners(&["a"]), at(0)),
            schedule.due(&owners(&["a"]), at(599)),
            schedule.due(&owners(&["a", "b"]), at(599)),
            schedule.due(&owners(&["a", "b"]), at(600)),
            schedule.due(&owners(&[]), at(601)),
            schedule.due(&owners(&["a"]), at(602)),
        ];

        assert_eq!(
            runs,
            [owners(&["a"]), owners(&[]), owners(&["b"]), owners(&["a"]), owners(&[]), owners(&["a"])]
        );
    }

    #[tokio::test]
    async fn outcome_of_the_command_is_told() {
        let ran = run("/bin/true", "partner").await;
        let missing = run("/nonexistent/renew", "partner").await;

        assert!(format!("{ran:?}").contains("outcome=\"exit status: 0\""), "{ran:?}");
        assert!(format!("{missing:?}").contains("it cannot be run"), "{missing:?}");
    }

    #[tokio::test]
    async fn command_that_takes_too_long_is_ended_with_everything_that_it_has_started() {
        let folder = tempfile::tempdir().unwrap();
        let (script, started) = (folder.path().join("renew"), folder.path().join("started"));
        fs::write(&script, format!("sleep 600 &\necho $! > {}\nwait\n", started.display())).unwrap();

        let ran = run_within("/bin/sh", script.to_str().unwrap(), Duration::from_secs(3)).await;

        assert!(format!("{ran:?}").contains("it was ended after 3 s"), "{ran:?}");
        let process = format!("/proc/{}/stat", fs::read_to_string(&started).unwrap().trim());
        // Gone, or nobody's but the one's who has to bury it.
        let has_ended = || fs::read_to_string(&process).map_or(true, |stat| stat.contains(") Z "));
        let deadline = Instant::now() + Duration::from_secs(5);
        while !has_ended() && Instant::now() < deadline {
            tokio::task::yield_now().await;
        }
        assert!(has_ended(), "what the command has started runs on");
    }
}
