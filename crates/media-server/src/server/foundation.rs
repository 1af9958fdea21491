//! What every other part of the server stands on: the store with its recovered messages, and where events are told.
use std::sync::{Arc, OnceLock};

use dial_plan::Site;
use ring::rand::{SecureRandom, SystemRandom};
use storage::{Store, StoreOptions};
use tokio::sync::broadcast;

use super::{ServeError, recovery::recover};
use crate::{
    config::ServerConfig,
    lamps::LampBell,
    observe::{Alarm, Faults, Observer, ObserverThread, alarm},
};

/// Followers that may lag this many events behind.
const FOLLOWER_LAG: usize = 1_024;
/// The parts that need no other one.
pub(super) struct Foundation {
    pub(super) alarm: Alarm,
    pub(super) faults: Faults,
    pub(super) store: Store,
    pub(super) observer: Observer,
    pub(super) observing: ObserverThread,
    pub(super) bell: LampBell,
}

impl Foundation {
    /// Opens the data folder and recovers what an earlier process left in it.
    ///
    /// # Errors
    /// [`ServeError::Store`], [`ServeError::System`].
    pub(super) async fn lay(config: &ServerConfig) -> Result<Self, ServeError> {
        let (alarm, faults) = alarm();
        let telling = Arc::new(OnceLock::new());
        let bell = LampBell::default();
        let (store, left) = open_store(config, alarm.clone(), Arc::clone(&telling), bell.clone()).await?;
        let (followers, _) = broadcast::channel(FOLLOWER_LAG);
        let (observer, observing) = Observer::start(store.clone(), followers, &alarm)
            .map_err(|source| ServeError::System { what: "start the event writer", source })?;
        // It was empty: it is set here alone.
        let _ = telling.set(observer.clone());
        let (recovering, telling) = (store.clone(), observer.clone());
        blocking(move || recover(&recovering, &left, &telling)).await;
        Ok(Self { alarm, faults, store, observer, observing, bell })
    }
}

async fn open_store(
    config: &ServerConfig,
    alarm: Alarm,
    telling: Arc<OnceLock<Observer>>,
    bell: LampBell,
) -> Result<(Store, storage::Recovered), ServeError> {
    let data_dir = config.data_dir.clone();
    let seed = random_seed()?;
    // The observer keeps events in the store, so it comes after it: until then the log alone has what the store tells.
    let on_event = move |event| match telling.get() {
        Some(observer) => observer.tell(event),
        None => tracing::error!(?event, "the store has lost something"),
    };
    let options = StoreOptions {
        on_fault: Arc::new(move |part| alarm.raise(part)),
        on_event: Arc::new(on_event),
        on_notice: Arc::new(move |notice| bell.hear(&notice)),
        ..StoreOptions::new(seed)
    };
    Ok(blocking(move || Store::open(&data_dir, options)).await?)
}

/// The configuration that the data folder holds.
///
/// # Errors
/// [`ServeError::Store`].
pub(super) async fn stored_site(store: &Store) -> Result<Site, ServeError> {
    let store = store.clone();
    Ok(blocking(move || store.load_site()).await?)
}

/// Files and keys take their time elsewhere.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// 32 octets of the system's randomness: the only place where any comes in.
pub(super) fn random_seed() -> Result<[u8; 32], ServeError> {
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).map_err(|_| ServeError::System {
        what: "read random numbers",
        source: std::io::Error::other("the system's generator failed"),
    })?;
    Ok(seed)
}
