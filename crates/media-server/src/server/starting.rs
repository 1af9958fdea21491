//! The order in which the parts of the server come up.
use std::{net::SocketAddr, sync::Arc, time::Duration};

use call_control::{CoreSettings, Input, ProbeSettings, SignalingCore, SipPorts};
use jiff::Timestamp;
use mailbox::{GreetingId, MessageId};
use sip_signaling::Transport;
use srtp_media::StoredAudio;
use storage::{AudioBlock, Store};
use telephony::{Event, kind};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use super::{
    ReadyFacts, ServeError,
    certificates::OwnCertificates,
    disk_watch::DiskWatch,
    foundation::{Foundation, blocking, random_seed, stored_site},
    housekeeping::let_old_calls_go,
    purging::purge_hourly,
    serving::open_http,
    stopping::Running,
    trusting::Trusting,
};
use crate::{
    admin::{self, AdminState, Board, NewRevision, SiteHolder, TestLineDesk},
    config::{MediaAddress, ServerConfig, StartupMode},
    core::{CoreLoad, Edge, Inbox, InboxReader, drive, inbox},
    flow::{
        FlowTable,
        connection::Switchboard,
        dialing::{Dialer, LocalPorts},
        reacher::Reacher,
    },
    gateways::{
        examiner::Examiner,
        resolve::{Resolver, SiteUpdate},
        route::SystemRoutes,
        whereabouts::Whereabouts,
    },
    lamps::{LampBell, read_lamps},
    listen::{self, Listening},
    media::{MediaNotice, MediaOptions, MediaPlane},
    observe::{Alarm, Observer},
    prompts::PromptShelf,
    trust::{CrlShelf, PeerTrust, keep_lists, watch_connections},
};

/// A change of the Site is reported as done when the core has it, or after this time: then DNS is slow, and the core
/// gets it as soon as the names are resolved.
const SITE_IN_FORCE: Duration = Duration::from_secs(3);

/// Starts every part; calls are taken when it returns.
pub(super) async fn start(config: &ServerConfig) -> Result<Running, ServeError> {
    let Foundation { alarm, faults, store, observer, observing, bell } = Foundation::lay(config).await?;
    let (inbox, reader) = inbox();
    let media = start_media(config, &inbox, &store, &alarm)?;
    let board = Arc::new(Board::new(config, media.path()));
    let flows = Arc::new(FlowTable::default());
    let switchboard =
        Switchboard { flows: Arc::clone(&flows), inbox: inbox.clone(), observer: observer.clone() };
    let site = stored_site(&store).await?;
    let trusting = Trusting::open(config, &site, &observer).await?;
    let listening = listen::open(config, &flows, &inbox, &observer, trusting.listening())?;

    let (new_sites, sites) = mpsc::channel(1);
    let resolver = Resolver::new(config.dns.hosts.clone(), observer.clone(), Arc::clone(&board));
    let first = Arc::new(site.clone());
    let resolver = alarm.spawn("resolver", resolver.run(first, sites, inbox.clone()));
    let Trusting { trust, crls, own, .. } = &trusting;
    let announce = announce(new_sites, Arc::clone(crls), own.clone(), observer.clone());
    let keeping = alarm.spawn("revocation lists", keep_lists(Arc::clone(crls), trust.changes()));
    let whereabouts = Whereabouts::new(config.dns.hosts.clone(), Arc::clone(&board));
    let prompts = open_prompts(config, &inbox, &observer).await;
    let state = AdminState {
        store: store.clone(),
        site: Arc::new(SiteHolder::new(
            store.clone(),
            site,
            config.sip.startup_mode,
            Arc::clone(&prompts),
            announce,
        )),
        board: Arc::clone(&board),
        events: observer.feed(),
        core: Arc::new(inbox.clone()),
        trust: trusting.desk(&flows),
        observed: observer.observed().clone(),
        examiner: Arc::new(examiner(config, &trusting, &listening, whereabouts.clone())),
        test_line: test_line(&inbox, trust, &observer),
        prompts: Arc::clone(&prompts),
        fault_injection: config.fault_injection,
    };
    let dialer = Dialer {
        site: Arc::downgrade(&state.site),
        whereabouts,
        tls: trusting.listening(),
        trust: Arc::clone(trust),
        local_ports: LocalPorts::of(&listening),
        register: Arc::clone(&listening.register),
        switchboard: switchboard.clone(),
    };
    let (reacher, reaching) = Reacher::start(dialer, inbox.clone(), alarm.watch("gateway connections"));
    let watching = watch_connections(trust.changes(), Arc::clone(&flows), inbox.clone());
    let watching = alarm.spawn("trust watch", watching);
    let certificates = own.watch(config, &alarm, &switchboard, &state)?;
    let mut http = open_http(config, &trusting, &listening, (&state, &observer))?;
    http.spawn(let_old_calls_go(store.clone(), observer.clone()));
    let admin = admin::start(state, &config.admin.socket).await?;

    let mut disk_watch =
        DiskWatch::new(store.clone(), config.disk, inbox.clone(), observer.clone(), Arc::clone(&board));
    disk_watch.look().await;
    let core = SignalingCore::new(core_settings(config, &listening, &prompts)?);
    let lamps = read_lamps(bell.clone(), store.clone(), inbox.clone());
    let lamps = alarm.spawn("lamps", lamps);
    let (media_plane, shown_on) = (Arc::clone(&media), Arc::clone(&board));
    let around = Around { switchboard, reacher, media: media_plane, board: shown_on, bell };
    let (driver, load) = start_core(core, reader, around, &store, &alarm);

    board.ready(&listening.addresses(), Timestamp::now());
    tell_start(config, &listening, &media, &observer);
    Ok(Running {
        listening,
        board,
        inbox,
        load,
        resolver,
        reaching,
        watching,
        certificates,
        keeping,
        http,
        lamps,
        disk_watch: alarm.spawn("disk watch", disk_watch.run()),
        purging: alarm.spawn("purge", purge_hourly(store.clone(), observer.clone())),
        admin,
        driver,
        media,
        observer,
        observing,
        faults,
        store,
    })
}

/// What `um test call` is recognised by.
fn test_line(inbox: &Inbox, trust: &Arc<PeerTrust>, observer: &Observer) -> Arc<TestLineDesk> {
    let observer = observer.clone();
    Arc::new(TestLineDesk::new(inbox.clone(), Arc::clone(trust), move |event| observer.tell(event)))
}

/// What `um test gateway` looks with.
fn examiner(
    config: &ServerConfig,
    trusting: &Trusting,
    listening: &Listening,
    whereabouts: Whereabouts,
) -> Examiner {
    Examiner {
        whereabouts,
        trust: Arc::clone(&trusting.trust),
        tls: trusting.listening(),
        fqdn: config.sip.domain.clone(),
        clear: own_clear_transport(listening),
    }
}

/// What the core's orders go to.
struct Around {
    switchboard: Switchboard,
    reacher: Reacher,
    media: Arc<MediaPlane>,
    board: Arc<Board>,
    bell: LampBell,
}

/// The task of the core, and how much it has to do.
fn start_core(
    core: SignalingCore,
    reader: InboxReader,
    around: Around,
    store: &Store,
    alarm: &Alarm,
) -> (JoinHandle<()>, watch::Receiver<CoreLoad>) {
    let (told, load) = watch::channel(CoreLoad::default());
    let Around { switchboard, reacher, media, board, bell } = around;
    let Switchboard { flows, inbox, observer } = switchboard;
    let edge = Edge { flows, reacher, media, store: store.clone(), inbox, observer, board, bell, load: told };
    (alarm.spawn("signalling core", drive(core, reader, edge)), load)
}

impl Running {
    /// Where it can be reached.
    pub(super) fn facts(&self, config: &ServerConfig) -> ReadyFacts {
        let listening = &self.listening;
        ReadyFacts {
            clear: if listening.tcp.is_empty() { listening.udp.clone() } else { listening.tcp.clone() },
            tls: listening.tls.clone(),
            socket: config.admin.socket.clone(),
            data_dir: config.data_dir.clone(),
        }
    }
}

/// Hands a new Site to the resolver, which hands it to the core with the addresses of its gateways: when the
/// administrator reads "done", the next call meets the new Site.
fn announce(
    sites: mpsc::Sender<SiteUpdate>,
    crls: Arc<CrlShelf>,
    own: OwnCertificates,
    observer: Observer,
) -> impl Fn(&NewRevision) + Send + Sync + 'static {
    move |revision| {
        // Before the core has the Site: what is no longer trusted is refused from here on.
        crls.trust().follow(&revision.site).into_iter().for_each(|event| observer.tell(event));
        // A root that comes brings what is known to be revoked, however long another list is fetched.
        crls.settle();
        own.follow(&revision.site);
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

fn tell_start(config: &ServerConfig, listening: &Listening, media: &MediaPlane, observer: &Observer) {
    let started =
        Event::new(&kind::STARTED).with("version", &config.program.version).with("media_io", media.path());
    observer.tell(match media.refusal() {
        Some(error) => started.with("io_uring_refused", error),
        None => started,
    });
    let mode = match config.sip.startup_mode {
        StartupMode::Dual => &kind::STARTED_DUAL,
        StartupMode::Tls => &kind::STARTED_TLS,
        StartupMode::Tcp => return,
    };
    let addresses: Vec<String> = listening.tls.iter().map(SocketAddr::to_string).collect();
    observer.tell(Event::new(mode).with("tls", addresses.join(" ")));
}

fn start_media(
    config: &ServerConfig,
    inbox: &Inbox,
    store: &Store,
    alarm: &Alarm,
) -> Result<Arc<MediaPlane>, ServeError> {
    let events = inbox.clone();
    let spool = store.clone();
    let audio = store.clone();
    let options = MediaOptions {
        ports: config.media.ports,
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        io: config.media.io,
        ..MediaOptions::default()
    };
    MediaPlane::start(
        options,
        alarm,
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
        move |name| match name {
            StoredAudio::Message(number) => Ok(audio.open_audio(MessageId(number))?),
            StoredAudio::Recording(recording) => Ok(audio.open_recording(recording.0)?),
            StoredAudio::Greeting(greeting) => Ok(audio.open_greeting(GreetingId(greeting))?),
        },
    )
    .map(Arc::new)
    .map_err(|source| ServeError::System { what: "start the media workers", source })
}

/// The real ports, whatever the configuration says: port 0 is any free one.
fn sip_ports(listening: &Listening) -> SipPorts {
    let port = |addresses: &[SocketAddr]| addresses.first().map(SocketAddr::port);
    SipPorts { clear: port(&listening.udp).or_else(|| port(&listening.tcp)), tls: port(&listening.tls) }
}

/// Gateways are probed over what this server itself listens on.
fn probe_settings(config: &ServerConfig, listening: &Listening) -> ProbeSettings {
    ProbeSettings {
        interval: config.sip.probe_interval,
        clear: own_clear_transport(listening),
        has_tls: !listening.tls.is_empty(),
    }
}

/// What clear requests of ours go over where a gateway leaves it to us.
fn own_clear_transport(listening: &Listening) -> Option<Transport> {
    match (listening.udp.is_empty(), listening.tcp.is_empty()) {
        (false, _) => Some(Transport::Udp),
        (true, false) => Some(Transport::Tcp),
        (true, true) => None,
    }
}

/// What is spoken; a change is heard from the next sentence on.
async fn open_prompts(config: &ServerConfig, inbox: &Inbox, observer: &Observer) -> Arc<PromptShelf> {
    let (data_dir, inbox) = (config.data_dir.clone(), inbox.clone());
    let announce = move |set| {
        inbox.send_blocking(Input::Prompts(set));
    };
    let (shelf, events) = blocking(move || PromptShelf::open(&data_dir, announce)).await;
    events.into_iter().for_each(|event| observer.tell(event));
    Arc::new(shelf)
}

fn core_settings(
    config: &ServerConfig,
    listening: &Listening,
    prompts: &PromptShelf,
) -> Result<CoreSettings, ServeError> {
    let seed = random_seed()?;
    let media_address = match (config.media.advertise, config.media.address) {
        (Some(address), _) | (None, MediaAddress::Fixed(address)) => {
            call_control::MediaAddress::Fixed(address)
        }
        (None, MediaAddress::Auto) => call_control::MediaAddress::Auto,
    };
    Ok(CoreSettings {
        fqdn: config.sip.domain.clone(),
        sip_ports: sip_ports(listening),
        probes: probe_settings(config, listening),
        max_calls: config.max_calls,
        server_name: format!("um/{}", config.program.version),
        media_address,
        local_route: Box::new(SystemRoutes),
        prompts: prompts.current(),
        seed,
    })
}
