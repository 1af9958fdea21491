//! Where calls come in, with what stands around it: each step of the start adds what it needs of the ones before.
use std::{sync::Arc, time::Duration};

use call_control::SignalingCore;
use dial_plan::Site;
use telephony::{Event, kind};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::{JoinHandle, JoinSet},
};

use super::{
    ServeError,
    audio::{open_prompts, start_media},
    certificates::OwnCertificates,
    core_settings::own_clear_transport,
    disk_watch::DiskWatch,
    foundation::Foundation,
    housekeeping::keep_house,
    trusting::Trusting,
};
use crate::{
    admin::{AdminState, Board, NewRevision, SiteHolder, TestLineDesk},
    config::ServerConfig,
    core::{CoreLoad, Edge, Inbox, InboxReader, drive},
    flow::{
        FlowTable,
        connection::Switchboard,
        dialing::{Dialer, LocalPorts},
        reacher::Reacher,
    },
    gateways::{
        examiner::Examiner,
        resolve::{Resolver, SiteUpdate},
        whereabouts::Whereabouts,
    },
    lamps::read_lamps,
    listen::{self, Listening},
    media::MediaPlane,
    observe::Observer,
    trust::{CrlShelf, PeerTrust, keep_lists, watch_connections},
};

/// A change of the Site is reported as done when the core has it, or after this time: then DNS is slow, and the core
/// gets it as soon as the names are resolved.
const SITE_IN_FORCE: Duration = Duration::from_secs(3);

/// What calls come in on, and everything that runs around it.
pub(super) struct Entrance {
    pub(super) base: Foundation,
    pub(super) switchboard: Switchboard,
    pub(super) board: Arc<Board>,
    pub(super) media: Arc<MediaPlane>,
    pub(super) trusting: Trusting,
    pub(super) listening: Listening,
    whereabouts: Whereabouts,
    /// What runs until the server ends.
    pub(super) tasks: Vec<JoinHandle<()>>,
}

impl Entrance {
    /// Media, trust and the listeners. What comes in waits in the inbox for the core.
    pub(super) async fn open(
        config: &ServerConfig,
        base: Foundation,
        inbox: Inbox,
        site: &Site,
    ) -> Result<Self, ServeError> {
        let media = start_media(config, &inbox, &base.store, &base.alarm)?;
        let board = Arc::new(Board::new(config, media.path()));
        let observer = base.observer.clone();
        let trusting = Trusting::open(config, site, &observer).await?;
        let flows = Arc::new(FlowTable::default());
        let listening = listen::open(config, &flows, &inbox, &observer, trusting.listening())?;
        let whereabouts = Whereabouts::new(config.dns.hosts.clone(), Arc::clone(&board));
        let switchboard = Switchboard { flows, inbox, observer };
        let tasks = Vec::new();
        Ok(Self { base, switchboard, board, media, trusting, listening, whereabouts, tasks })
    }

    pub(super) fn observer(&self) -> &Observer {
        &self.base.observer
    }

    fn inbox(&self) -> Inbox {
        self.switchboard.inbox.clone()
    }

    /// A task whose panic ends the server.
    fn spawn(&mut self, part: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(self.base.alarm.spawn(part, task));
    }

    /// The names of gateways become addresses, of this Site and of those to come; revocation lists are fetched.
    pub(super) fn resolve(&mut self, config: &ServerConfig, site: &Site) -> mpsc::Sender<SiteUpdate> {
        let (new_sites, sites) = mpsc::channel(1);
        let (observer, board) = (self.observer().clone(), Arc::clone(&self.board));
        let resolver = Resolver::new(config.dns.hosts.clone(), observer, board);
        let running = resolver.run(Arc::new(site.clone()), sites, self.inbox());
        self.spawn("resolver", running);
        let changes = self.trusting.trust.changes();
        self.spawn("revocation lists", keep_lists(Arc::clone(&self.trusting.crls), changes));
        new_sites
    }

    /// What the administrator works on.
    pub(super) async fn management(
        &self,
        config: &ServerConfig,
        site: Site,
        new_sites: mpsc::Sender<SiteUpdate>,
    ) -> AdminState {
        let Trusting { trust, crls, own, .. } = &self.trusting;
        let store = self.base.store.clone();
        let announce = announce(new_sites, Arc::clone(crls), own.clone(), self.observer().clone());
        let prompts = open_prompts(config, &self.switchboard.inbox, self.observer()).await;
        let holder =
            SiteHolder::new(store.clone(), site, config.sip.startup_mode, Arc::clone(&prompts), announce);
        AdminState {
            store,
            site: Arc::new(holder),
            board: Arc::clone(&self.board),
            events: self.base.observer.feed(),
            core: Arc::new(self.inbox()),
            trust: self.trusting.desk(&self.switchboard.flows),
            observed: self.observer().observed().clone(),
            examiner: Arc::new(self.examiner(config)),
            test_line: test_line(&self.switchboard.inbox, trust, self.observer()),
            prompts,
            fault_injection: config.fault_injection,
        }
    }

    /// What `um test gateway` looks with.
    fn examiner(&self, config: &ServerConfig) -> Examiner {
        Examiner {
            whereabouts: self.whereabouts.clone(),
            trust: Arc::clone(&self.trusting.trust),
            tls: self.trusting.listening(),
            fqdn: config.sip.domain.clone(),
            clear: own_clear_transport(&self.listening),
        }
    }

    /// Connections of our own to gateways, and the end of those whose trust ends.
    pub(super) fn reach_out(&mut self, state: &AdminState) -> Reacher {
        let dialer = Dialer {
            site: Arc::downgrade(&state.site),
            whereabouts: self.whereabouts.clone(),
            tls: self.trusting.listening(),
            trust: Arc::clone(&self.trusting.trust),
            local_ports: LocalPorts::of(&self.listening),
            register: Arc::clone(&self.listening.register),
            switchboard: self.switchboard.clone(),
        };
        let watched = self.base.alarm.watch("gateway connections");
        let (reacher, reaching) = Reacher::start(dialer, self.inbox(), watched);
        self.tasks.push(reaching);
        let (changes, flows) = (self.trusting.trust.changes(), Arc::clone(&self.switchboard.flows));
        self.spawn("trust watch", watch_connections(changes, flows, self.inbox()));
        reacher
    }

    /// Our own certificates are kept true.
    pub(super) fn watch_certificates(
        &self,
        config: &ServerConfig,
        state: &AdminState,
    ) -> Result<JoinSet<()>, ServeError> {
        self.trusting.own.watch(config, &self.base.alarm, &self.switchboard, state)
    }

    /// The core hears of a full disk before it has taken a call.
    pub(super) async fn watch_disk(&mut self, config: &ServerConfig) {
        let Switchboard { inbox, observer, .. } = self.switchboard.clone();
        let (store, board) = (self.base.store.clone(), Arc::clone(&self.board));
        let mut watch = DiskWatch::new(store, config.disk, inbox, observer, board);
        watch.look().await;
        self.spawn("disk watch", watch.run());
    }

    /// The task of the core, and how much it has to do. Lamps are read for it.
    pub(super) fn start_core(
        &mut self,
        core: SignalingCore,
        reader: InboxReader,
        reacher: Reacher,
    ) -> (JoinHandle<()>, watch::Receiver<CoreLoad>) {
        let (bell, store) = (self.base.bell.clone(), self.base.store.clone());
        self.spawn("lamps", read_lamps(bell.clone(), store.clone(), self.inbox()));
        let (told, load) = watch::channel(CoreLoad::default());
        let Switchboard { flows, inbox, observer } = self.switchboard.clone();
        let (media, board) = (Arc::clone(&self.media), Arc::clone(&self.board));
        let edge = Edge { flows, reacher, media, store, inbox, observer, board, bell, load: told };
        (self.base.alarm.spawn("signalling core", drive(core, reader, edge)), load)
    }

    /// What has reached the end of its time goes.
    pub(super) fn keep_house(&mut self) {
        let (store, observer) = (self.base.store.clone(), self.observer().clone());
        self.spawn("housekeeping", keep_house(store, observer));
    }
}

/// What `um test call` is recognised by.
fn test_line(inbox: &Inbox, trust: &Arc<PeerTrust>, observer: &Observer) -> Arc<TestLineDesk> {
    let observer = observer.clone();
    Arc::new(TestLineDesk::new(inbox.clone(), Arc::clone(trust), move |event| observer.tell(event)))
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
