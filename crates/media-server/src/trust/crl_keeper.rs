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
        // Before anything is looked at: what comes while a list is fetched is looked at in the next round.
        sites.mark_unchanged();
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

#[cfg(test)]
mod tests {
    use std::fs;

    use cert_manager::Root;
    use dial_plan::{Site, SiteChange, TrustedRoot};
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    use super::*;
    use crate::trust::{PeerTrust, RootOrigin};

    /// The root, and its list: of 2026-02-01, the next one due on 2126-02-01.
    const ROOT: &str = include_str!("crl_shelf/root.pem");
    const LIST: &str = include_str!("crl_shelf/newer.pem");

    fn root(source: Option<&str>) -> KnownRoot {
        KnownRoot {
            root: Root::from_pem(ROOT).unwrap(),
            origin: RootOrigin::Site,
            gateways: Vec::new(),
            crl_source: source.map(str::to_owned),
        }
    }

    #[test]
    fn list_is_fetched_at_once_if_there_is_none_then_hourly_then_at_half_of_its_life() {
        let folder = tempfile::tempdir().unwrap();
        let trust = Arc::new(PeerTrust::new(Vec::new()));
        let shelf = CrlShelf::open(folder.path().join("crls"), trust, |_| {});
        let known = root(Some("http://ca.example.com/root.crl"));
        let mut tried = HashMap::new();
        let now: Timestamp = "2026-11-22T06:00:00Z".parse().unwrap();

        assert_eq!(due_at(&shelf, &known, &tried), Some(Timestamp::MIN));
        assert_eq!(due_at(&shelf, &root(None), &tried), None);
        tried.insert(known.facts().sha256.clone(), now);
        assert_eq!(due_at(&shelf, &known, &tried), Some("2026-11-22T07:00:00Z".parse().unwrap()));
        shelf.install(&known, LIST.as_bytes()).unwrap();
        assert_eq!(due_at(&shelf, &known, &tried), Some("2076-02-01T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn keeper_wakes_when_a_list_becomes_stale_and_judges_again() {
        let folder = tempfile::tempdir().unwrap();
        let trust = Arc::new(PeerTrust::new(Vec::new()));
        let shelf = CrlShelf::open(folder.path().join("crls"), trust, |_| {});
        shelf.install(&root(None), LIST.as_bytes()).unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let wait = |now| wait_for(&shelf, &[], &HashMap::new(), at(now));

        assert_eq!(wait("2126-01-31T00:00:00Z"), LOOK_EVERY);
        assert_eq!(wait("2126-01-31T23:59:50Z"), Duration::from_millis(10_001));
        assert!(!became_stale(&shelf, at("2126-01-31T23:59:50Z"), at("2126-02-01T00:00:00Z")));
        assert!(became_stale(&shelf, at("2126-01-31T23:59:50Z"), at("2126-02-01T00:00:00.001Z")));
        assert!(!became_stale(&shelf, at("2126-02-01T00:00:00.001Z"), at("2126-02-02T00:00:00Z")));
    }

    #[tokio::test]
    async fn root_that_comes_while_a_list_is_fetched_is_looked_at_as_soon_as_that_is_done() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let facts = Root::from_pem(ROOT).unwrap().facts().clone();
        let trusted = TrustedRoot {
            sha256: facts.sha256.clone(),
            spki_sha256: facts.spki_sha256.clone(),
            subject: facts.subject.clone(),
            not_after: facts.not_after,
            gateways: Vec::new(),
            crl_source: Some(format!("http://{}/root.crl", listener.local_addr().unwrap())),
            pem: ROOT.split_once('\n').unwrap().1.to_owned(),
        };
        let site = Site::empty().apply(&SiteChange::AddTrustedRoot(trusted)).unwrap().0;
        let folder = tempfile::tempdir().unwrap();
        let lists = folder.path().join("crls");
        let trust = Arc::new(PeerTrust::new(Vec::new()));
        trust.follow(&site);
        let shelf = Arc::new(CrlShelf::open(lists.clone(), Arc::clone(&trust), |_| {}));
        let keeping = tokio::spawn(keep_lists(Arc::clone(&shelf), trust.changes()));
        let (mut asked, _) = listener.accept().await.unwrap();
        let mut changes = trust.changes();

        fs::create_dir_all(&lists).unwrap();
        fs::write(lists.join(format!("{}.crl", facts.sha256)), LIST).unwrap();
        trust.follow(&site);
        changes.mark_unchanged();
        asked.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await.unwrap();

        timeout(Duration::from_secs(20), changes.changed()).await.unwrap().unwrap();
        assert_eq!(trust.lists().lists().count(), 1);
        keeping.abort();
    }
}
