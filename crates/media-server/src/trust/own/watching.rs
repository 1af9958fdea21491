use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tokio::{
    signal::unix::Signal,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use super::{
    CertificateKeeper,
    hook::{HookSchedule, run},
};
use crate::observe::Observer;

/// How often the folder is looked at: what is put there is shown within a second.
const EVERY: Duration = Duration::from_millis(500);

/// What makes the store be read.
pub struct Reloading {
    /// The keeper.
    pub keeper: Arc<CertificateKeeper>,
    /// SIGHUP.
    pub hang_ups: Signal,
    /// `[certificates] command`.
    pub command: Option<String>,
    /// Where the outcome of the command is told.
    pub observer: Observer,
}

/// Looks for changes of the store until it is dropped.
pub async fn keep(mut reloading: Reloading) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut schedule = HookSchedule::default();
    let mut running = JoinSet::new();
    loop {
        let ordered = tokio::select! {
            _ = ticks.tick() => false,
            _ = reloading.hang_ups.recv() => true,
        };
        let keeper = Arc::clone(&reloading.keeper);
        let looked = tokio::task::spawn_blocking(move || {
            let now = Timestamp::now();
            if ordered {
                keeper.reload(now);
            } else {
                keeper.look(now);
            }
            keeper.owners_without()
        });
        // A look that panicked is on the log; what was shown goes on.
        let Ok(without) = looked.await else { continue };
        while running.try_join_next().is_some() {}
        if let Some(command) = &reloading.command {
            for owner in schedule.due(&without, Instant::now()) {
                let (command, observer) = (command.clone(), reloading.observer.clone());
                running.spawn(async move { observer.tell(run(&command, &owner).await) });
            }
        }
    }
}
