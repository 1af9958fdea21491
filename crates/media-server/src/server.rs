//! Starts everything in order, waits for a signal, stops everything in order.
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use call_control::{AdminOrder, CoreSettings, Input, SignalingCore};
use dial_plan::Site;
use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use storage::{AudioBlock, Store, StoreError, StoreOptions};
use telephony::{Event, kind};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{broadcast, mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    admin::{self, AdminState, Board, NewRevision, SiteHolder},
    config::{MediaAddress, ServerConfig, StartupMode},
    core::{Edge, Inbox, drive, inbox},
    flow::FlowTable,
    gateways::{
        resolve::{Resolver, SiteUpdate},
        route::SystemRoutes,
    },
    listen::{ListenError, udp},
    media::{MediaNotice, MediaOptions, MediaPlane},
    observe::{Observer, ObserverThread},
    prompts,
};

/// Followers that may lag this many events behind.
const FOLLOWER_LAG: usize = 1_024;
/// A change of the Site is reported as done when the core has it, or after this time: then DNS is slow, and the core
/// gets it as soon as the names are resolved.
const SITE_IN_FORCE: Duration = Duration::from_secs(3);
/// How often a stopping server looks whether the last call is over.
const DRAIN_LOOK: Duration = Duration::from_millis(50);
/// Ended calls may still be storing their messages for this long after the drain.
const LAST_COMMITS: Duration = Duration::from_secs(10);

/// What is told once calls are taken.
#[derive(Clone, Debug)]
pub struct ReadyFacts {
    /// Where clear SIP is listened for.
    pub clear: Vec<SocketAddr>,
    /// The management socket.
    pub socket: PathBuf,
    /// The data folder.
    pub data_dir: PathBuf,
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The data folder or the database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A listener.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The management socket.
    #[error(transparent)]
    Admin(#[from] admin::AdminError),
    /// Something that the system refused.
    #[error("cannot {what}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// This version opens no TLS listener yet.
    #[error("startup_mode = \"tls\" is not there yet: use \"dual\" or \"tcp\"")]
    NoTlsYet,
}

/// Runs the server until SIGTERM or SIGINT; everything is flushed when it returns.
///
/// `ready` is called once, when calls are taken. Must run inside a multi-thread tokio runtime.
///
/// # Errors
/// [`ServeError`] if it could not start; nothing is left half-configured.
pub async fn serve(config: ServerConfig, ready: impl FnOnce(ReadyFacts)) -> Result<(), ServeError> {
    if config.sip.startup_mode == StartupMode::Tls {
        return Err(ServeError::NoTlsYet);
    }
    let (store, _recovered) = open_store(&config).await?;
    let (followers, _) = broadcast::channel(FOLLOWER_LAG);
    let (observer, observing) = Observer::start(store.clone(), followers.clone())
        .map_err(|source| ServeError::System { what: "start the event writer", source })?;
    let (inbox, reader) = inbox();
    let media = start_media(&config, &inbox, &store)?;
    let board = Arc::new(Board::new(&config));
    let flows = Arc::new(FlowTable::default());
    let listening = open_udp(&config, &flows, &inbox)?;

    let site = load_site(&store).await?;
    let (new_sites, sites) = mpsc::channel(1);
    let first = Arc::new(site.clone());
    let resolver = tokio::spawn(Resolver::new(config.dns.hosts.clone()).run(first, sites, inbox.clone()));
    let state = AdminState {
        store: store.clone(),
        site: Arc::new(SiteHolder::new(store.clone(), site, announce(new_sites, observer.clone()))),
        board: Arc::clone(&board),
        events: followers,
        core: Arc::new(inbox.clone()),
    };
    let admin = admin::start(state, &config.admin.socket).await?;

    let calls = Arc::new(AtomicUsize::new(0));
    let edge = Edge {
        flows,
        media: Arc::clone(&media),
        store: store.clone(),
        inbox: inbox.clone(),
        observer: observer.clone(),
        board: Arc::clone(&board),
        calls: Arc::clone(&calls),
    };
    let core = SignalingCore::new(core_settings(&config)?);
    let driver = tokio::spawn(drive(core, reader, edge));

    let clear: Vec<SocketAddr> = listening.iter().map(|listener| listener.address).collect();
    board.ready(&clear, Timestamp::now());
    observer.tell(Event::new(&kind::STARTED).with("version", &config.program.version));
    ready(ReadyFacts { clear, socket: config.admin.socket.clone(), data_dir: config.data_dir.clone() });
    // Not under systemd: nobody to notify.
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);

    wait_for_signal().await?;
    board.draining();
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
    for listener in &listening {
        listener.reader.abort();
    }
    drain(&inbox, &calls, config.shutdown.drain).await;
    resolver.abort();
    admin.stop().await;
    driver.abort();
    stop_threads(media, observer, observing, store).await;
    Ok(())
}

/// Hands a new Site to the resolver, which hands it to the core with the addresses of its gateways: when the
/// administrator reads "done", the next call meets the new Site.
fn announce(
    sites: mpsc::Sender<SiteUpdate>,
    observer: Observer,
) -> impl Fn(&NewRevision) + Send + Sync + 'static {
    move |revision| {
        let (done, in_force) = oneshot::channel();
        let update = SiteUpdate { site: Arc::clone(&revision.site), done };
        if sites.blocking_send(update).is_ok() {
            let waiting = tokio::time::timeout(SITE_IN_FORCE, in_force);
            // Late is not lost: see SITE_IN_FORCE.
            let _ = tokio::runtime::Handle::current().block_on(waiting);
        }
        observer.tell(
            Event::new(&kind::SITE_CHANGED)
                .with("revision", revision.site.revision)
                .with("who", &revision.who)
                .with("what", &revision.what),
        );
    }
}

struct UdpListener {
    address: SocketAddr,
    reader: JoinHandle<()>,
}

fn open_udp(
    config: &ServerConfig,
    flows: &Arc<FlowTable>,
    inbox: &Inbox,
) -> Result<Vec<UdpListener>, ServeError> {
    let mut listening = Vec::new();
    let mut port = config.sip.port;
    for address in config.sip.listen.iter().filter(|_| config.sip.udp) {
        let socket = Arc::new(udp::bind(SocketAddr::new(*address, port))?);
        let address = socket
            .local_addr()
            .map_err(|source| ServeError::System { what: "read the address of a socket", source })?;
        // Port 0: the first listener chooses for all.
        port = address.port();
        let id = flows.add_datagram(Arc::clone(&socket));
        let reader = tokio::spawn(udp::read(socket, id, inbox.clone()));
        listening.push(UdpListener { address, reader });
    }
    Ok(listening)
}

fn start_media(config: &ServerConfig, inbox: &Inbox, store: &Store) -> Result<Arc<MediaPlane>, ServeError> {
    let events = inbox.clone();
    let spool = store.clone();
    let options = MediaOptions {
        ports: config.media.ports,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        ..MediaOptions::default()
    };
    MediaPlane::start(
        options,
        move |notice| {
            let input = match notice {
                MediaNotice::Lease(lease) => Input::Lease(lease),
                MediaNotice::Event(event) => Input::Media(event),
            };
            events.send_blocking(input);
        },
        move |block| {
            let recording = block.recording.0;
            let block = AudioBlock { number: block.number, payload: block.payload, last: block.last };
            spool.append(recording, block)
        },
    )
    .map(Arc::new)
    .map_err(|source| ServeError::System { what: "start the media workers", source })
}

async fn open_store(config: &ServerConfig) -> Result<(Store, storage::Recovered), ServeError> {
    let data_dir = config.data_dir.clone();
    let seed = random_seed()?;
    blocking(move || Store::open(&data_dir, StoreOptions::new(seed))).await
}

async fn load_site(store: &Store) -> Result<Site, ServeError> {
    let store = store.clone();
    blocking(move || store.load_site()).await
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ServeError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

fn core_settings(config: &ServerConfig) -> Result<CoreSettings, ServeError> {
    let seed = random_seed()?;
    let prompts = Arc::new(prompts::english());
    let media_address = match (config.media.advertise, config.media.address) {
        (Some(address), _) | (None, MediaAddress::Fixed(address)) => {
            call_control::MediaAddress::Fixed(address)
        }
        (None, MediaAddress::Auto) => call_control::MediaAddress::Auto,
    };
    Ok(CoreSettings {
        fqdn: config.sip.domain.clone(),
        server_name: format!("um/{}", config.program.version),
        media_address,
        local_route: Box::new(SystemRoutes),
        prompts,
        seed,
    })
}

/// 32 octets of the system's randomness: the only place where any comes in.
fn random_seed() -> Result<[u8; 32], ServeError> {
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed).map_err(|_| ServeError::System {
        what: "read random numbers",
        source: std::io::Error::other("the system's generator failed"),
    })?;
    Ok(seed)
}

async fn wait_for_signal() -> Result<(), ServeError> {
    let failed = |source| ServeError::System { what: "listen for signals", source };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Lets callers finish for `grace`, then ends their calls and waits for their messages.
async fn drain(inbox: &Inbox, calls: &AtomicUsize, grace: Duration) {
    let over = async {
        while calls.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    };
    if tokio::time::timeout(grace, over).await.is_ok() {
        return;
    }
    inbox.send(Input::Admin(AdminOrder::HangUpAll)).await;
    let over = async {
        while calls.load(Ordering::Relaxed) > 0 {
            tokio::time::sleep(DRAIN_LOOK).await;
        }
    };
    // What is not stored by then is on disk as an interrupted recording.
    let _ = tokio::time::timeout(LAST_COMMITS, over).await;
}

async fn stop_threads(media: Arc<MediaPlane>, observer: Observer, observing: ObserverThread, store: Store) {
    let stopped = tokio::task::spawn_blocking(move || {
        media.shutdown();
        observer.tell(Event::new(&kind::STOPPED));
        observing.stop();
        store.shutdown();
    });
    // A panic while stopping is on stderr already.
    let _ = stopped.await;
}
