//! The command that is to supply a certificate for an owner who has none.
use std::{
    collections::HashMap,
    process::Stdio,
    time::{Duration, Instant},
};

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
    let mut child = Command::new(command);
    child.arg(owner).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let outcome = match timeout(LONGEST, child.status()).await {
        Ok(Ok(status)) => status.to_string(),
        Ok(Err(error)) => format!("it cannot be run: {error}"),
        Err(_) => format!("it was ended after {} s", LONGEST.as_secs()),
    };
    Event::new(&kind::CERTIFICATE_COMMAND)
        .with("owner", owner)
        .with("command", command)
        .with("outcome", outcome)
}

#[cfg(test)]
mod tests {
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
}
