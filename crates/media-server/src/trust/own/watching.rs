use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    signal::unix::Signal,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
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
            for owner in schedule.due(&without, Instant::now().into_std()) {
                let (command, observer) = (command.clone(), reloading.observer.clone());
                running.spawn(async move { observer.tell(run(&command, &owner).await) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use dial_plan::Site;
    use storage::{Store, StoreOptions};
    use tokio::{
        signal::unix::{SignalKind, signal},
        sync::broadcast,
        time::sleep,
    };

    use super::*;
    use crate::{
        config::{Overrides, ServerConfig},
        observe::alarm,
        trust::OwnSettings,
    };

    #[tokio::test(start_paused = true)]
    async fn command_is_run_once_and_then_once_in_ten_minutes_as_long_as_the_owner_has_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides { data_dir: Some(folder.path().to_owned()), socket: None };
        let mut settings = OwnSettings::of(&ServerConfig::load(None, &overrides).unwrap());
        settings.key = cert_manager::KeyKind::P256;
        settings.listener_owners.insert("partner".to_owned());
        let keeper = CertificateKeeper::open(settings, &Site::default(), |_| {}, Timestamp::now()).unwrap();
        let (store, _) = Store::open(folder.path(), StoreOptions::new([1; 32])).unwrap();
        let (observer, observing) =
            Observer::start(store.clone(), broadcast::channel(1).0, &alarm().0).unwrap();
        let keeping = tokio::spawn(keep(Reloading {
            keeper: Arc::new(keeper),
            hang_ups: signal(SignalKind::hangup()).unwrap(),
            // A program that is not there ends at once, also on a clock that jumps.
            command: Some("/nonexistent/renew-certificate".to_owned()),
            observer,
        }));

        // At 0, 10, 20 and 30 minutes.
        sleep(Duration::from_secs(39 * 60)).await;
        keeping.abort();
        tokio::task::spawn_blocking(move || observing.stop()).await.unwrap();

        let rows = store.list_events(None, 100).unwrap();
        let runs = rows.iter().filter(|row| row.name == "certificate-command");
        assert_eq!(runs.map(|row| row.count).sum::<u32>(), 4, "{rows:?}");
    }
}
