//! The order in which the parts of the server come up.
use std::{net::SocketAddr, sync::Arc};

use call_control::SignalingCore;
use jiff::Timestamp;
use telephony::{Event, kind};

use super::{
    ReadyFacts, ServeError,
    core_settings::core_settings,
    entrance::Entrance,
    foundation::{Foundation, stored_site},
    serving::open_http,
    stopping::Running,
};
use crate::{
    admin,
    config::{ServerConfig, StartupMode},
    core::inbox,
    listen::Listening,
    media::MediaPlane,
    observe::Observer,
};

/// Starts every part; calls are taken when it returns.
pub(super) async fn start(config: &ServerConfig) -> Result<Running, ServeError> {
    let base = Foundation::lay(config).await?;
    let (inbox, reader) = inbox();
    let site = stored_site(&base.store).await?;
    let mut entrance = Entrance::open(config, base, inbox, &site).await?;
    let new_sites = entrance.resolve(config, &site);
    let state = entrance.management(config, site, new_sites).await;
    let reacher = entrance.reach_out(&state);
    let certificates = entrance.watch_certificates(config, &state)?;
    let http = open_http(config, &entrance.trusting, &entrance.listening, (&state, entrance.observer()))?;
    let prompts = Arc::clone(&state.prompts);
    let admin = admin::start(state, &config.admin.socket).await?;
    entrance.watch_disk(config).await;
    let core = SignalingCore::new(core_settings(config, &entrance.listening, &prompts)?);
    let (driver, load) = entrance.start_core(core, reader, reacher);
    entrance.keep_house();

    entrance.board.ready(&entrance.listening.addresses(), Timestamp::now());
    tell_start(config, &entrance.listening, &entrance.media, entrance.observer());
    let Entrance { base, switchboard, board, media, listening, tasks, .. } = entrance;
    Ok(Running {
        listening,
        board,
        inbox: switchboard.inbox,
        load,
        tasks,
        certificates,
        http,
        admin,
        driver,
        media,
        observer: base.observer,
        observing: base.observing,
        faults: base.faults,
        store: base.store,
    })
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
