//! Fetches revocation lists again at half of their life, and judges everybody again when one becomes stale.
use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, time::timeout};

use super::{
    Enabled,
    crl_fetch::fetch,
    crl_shelf::{CrlShelf, CrlTrouble},
    peers::KnownRoot,
};

/// Between two attempts for a list that does not come.
const RETRY: SignedDuration = SignedDuration::from_hours(1);
/// The clock is looked at this often at least: it may have been set.
const LOOK_EVERY: Duration = Duration::from_secs(300);

/// Keeps the lists of the roots that have a source; until nobody changes trust any more.
pub async fn keep_lists(shelf: Arc<CrlShelf>, mut sites: watch::Receiver<Arc<Enabled>>) {
    let mut tried = HashMap::new();
    let mut looked = Timestamp::now();
    loop {
        let now = Timestamp::now();
        if became_stale(&shelf, looked, now) {
            shelf.trust().judge_again();
        }
        looked = now;
        settle(&shelf).await;
        let known = shelf.trust().known_roots();
        for root in &known {
            if due_at(&shelf, root, &tried).is_none_or(|due| due > now) {
                continue;
            }
            tried.insert(root.facts().sha256.clone(), now);
            if let Err(trouble) = renew(&shelf, root).await {
                let source = root.crl_source.clone().unwrap_or_default();
                shelf.tell_failed(root, &[("source", source), ("reason", trouble.to_string())]);
            }
        }
        sites.mark_unchanged();
        let wait = wait_for(&shelf, &known, &tried, Timestamp::now());
        if let Ok(Err(_)) = timeout(wait, sites.changed()).await {
            return;
        }
    }
}

/// Files are read and removed.
async fn settle(shelf: &Arc<CrlShelf>) {
    let shelf = Arc::clone(shelf);
    on_a_thread(move || shelf.settle()).await;
}

async fn renew(shelf: &Arc<CrlShelf>, root: &KnownRoot) -> Result<(), CrlTrouble> {
    let bytes = fetch(root.crl_source.as_deref().unwrap_or_default()).await?;
    let (shelf, root) = (Arc::clone(shelf), root.clone());
    on_a_thread(move || shelf.install(&root, &bytes).map(|_| ())).await
}

async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
    }
}

/// When the list of this root is to be fetched: at half of its life, but not soon after an attempt.
fn due_at(shelf: &CrlShelf, root: &KnownRoot, tried: &HashMap<String, Timestamp>) -> Option<Timestamp> {
    root.crl_source.as_ref()?;
    let sha256 = &root.facts().sha256;
    let half = shelf.of(sha256).map_or(Timestamp::MIN, |list| list.half_life());
    let again = tried.get(sha256).and_then(|last| last.checked_add(RETRY).ok());
    Some(again.map_or(half, |again| again.max(half)))
}

fn became_stale(shelf: &CrlShelf, since: Timestamp, now: Timestamp) -> bool {
    shelf.trust().lists().lists().any(|list| since <= list.next_update() && list.next_update() < now)
}

/// Until the next list is to be fetched or becomes stale.
fn wait_for(
    shelf: &CrlShelf,
    known: &[KnownRoot],
    tried: &HashMap<String, Timestamp>,
    now: Timestamp,
) -> Duration {
    let lists = shelf.trust().lists();
    let stale = lists.lists().map(|list| list.next_update()).filter(|next| *next >= now);
    let due = known.iter().filter_map(|root| due_at(shelf, root, tried));
    let next = stale.chain(due).min();
    let until = next.map(|next| next.duration_since(now)).and_then(|wait| Duration::try_from(wait).ok());
    match next {
        None => LOOK_EVERY,
        // A moment behind: a list is stale after the last moment of its life.
        Some(_) => until.unwrap_or_default().saturating_add(Duration::from_millis(1)).min(LOOK_EVERY),
    }
}
