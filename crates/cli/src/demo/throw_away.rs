use std::fmt;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use admin_api::{ServerState, StatusFacts};
use serde::Serialize;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::client::{Client, Place, path};
use crate::failure::Failure;

/// A server on free ports of loopback, with a folder of its own; a process of this same program.
pub(crate) struct ThrowAwayServer {
    child: Child,
    client: Client,
    folder: PathBuf,
    pid: u32,
    ports: Ports,
}

/// The ports that it took.
#[derive(Clone, Copy)]
struct Ports {
    clear: u16,
    tls: u16,
}

/// A server that was left running.
#[derive(Debug, Serialize)]
pub(crate) struct Kept {
    pid: u32,
    data_dir: PathBuf,
    sip: SocketAddr,
    pilot: String,
    extension: String,
}

impl ThrowAwayServer {
    /// Starts it and waits until it takes calls.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("um-demo-{}", std::process::id()));
        let wrong = |error: std::io::Error| {
            let remedy = "check that the folder can be written; TMPDIR names another one";
            Failure::could_not_run(format!("{} cannot be set up: {error}", folder.display()), remedy)
        };
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(wrong)?;
        match Self::start_in(&folder).await {
            Ok(server) => Ok(server),
            Err(failure) => {
                remove(&folder);
                Err(failure)
            }
        }
    }

    async fn start_in(folder: &Path) -> Result<Self, Failure> {
        let child = spawn(folder).map_err(|error| {
            Failure::could_not_run(
                format!("the demo's server cannot be started: {error}"),
                "run `um serve` to see why",
            )
        })?;
        let place = Place { config: Some(config_file(folder)), ..Place::default() };
        let client = place.client()?;
        let pid = child.id().ok_or_else(|| Failure::could_not_run("the demo's server ended at once", ""))?;
        let ports = Ports { clear: 0, tls: 0 };
        let mut server = Self { child, client, folder: folder.to_owned(), pid, ports };
        server.ports = server.wait_until_ready().await?;
        Ok(server)
    }

    /// Speaks with it.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Where it takes clear SIP.
    pub(crate) fn sip(&self) -> SocketAddr {
        SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.ports.clear)
    }

    /// Where it takes SIP over mutual TLS.
    pub(crate) fn sip_over_tls(&self) -> SocketAddr {
        SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.ports.tls)
    }

    /// Ends it and removes its folder.
    pub(crate) async fn end(mut self) {
        // Nothing in it is worth an orderly stop; if it has ended already, so much the better.
        self.child.kill().await.ok();
        remove(&self.folder);
    }

    /// Leaves it running when this program ends.
    pub(crate) fn keep(self, pilot: &str, extension: &str) -> Kept {
        let sip = self.sip();
        // Dropped, it would be killed.
        std::mem::forget(self.child);
        Kept {
            pid: self.pid,
            sip,
            data_dir: self.folder,
            pilot: pilot.to_owned(),
            extension: extension.to_owned(),
        }
    }

    /// The ports of SIP, once there are both.
    async fn wait_until_ready(&mut self) -> Result<Ports, Failure> {
        let deadline = Instant::now() + START_PATIENCE;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(self.never_ready(format!("ended with {status}")));
            }
            // Until its socket is there, each question fails: that is no answer yet.
            if let Ok(status) = self.client.get::<StatusFacts>(&path(&["status"])).await
                && status.state == ServerState::Ready
                && let (Some(clear), Some(tls)) = (status.sip.port, status.sip.tls_port)
            {
                return Ok(Ports { clear, tls });
            }
            if Instant::now() >= deadline {
                self.child.kill().await.ok();
                return Err(self.never_ready(format!("was not ready in {} s", START_PATIENCE.as_secs())));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn never_ready(&self, what: String) -> Failure {
        let log = fs::read_to_string(self.folder.join(LOG)).unwrap_or_default();
        let last: Vec<&str> = log.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Failure::could_not_run(
            format!("the demo's server {what}:\n{}", last.join("\n")),
            "run `um serve --data-dir DIR` with an empty folder to see the same in full",
        )
    }
}

/// `um serve` of this very program, its talk in a file.
fn spawn(folder: &Path) -> std::io::Result<Child> {
    let config = config_file(folder);
    fs::write(&config, configuration(folder))?;
    let mut command = Command::new(std::env::current_exe()?);
    for variable in ["UM_SOCKET", "UM_CONFIG", "UM_DATA_DIR", "NOTIFY_SOCKET"] {
        command.env_remove(variable);
    }
    command
        .args(["serve", "--config"])
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(folder.join(LOG))?)
        // Whatever ends the demo in the middle, a pipe that nobody reads included, ends its server.
        .kill_on_drop(true)
        .spawn()
}

fn config_file(folder: &Path) -> PathBuf {
    folder.join("um.toml")
}

fn configuration(folder: &Path) -> String {
    let data_dir = toml::Value::from(folder.to_string_lossy().into_owned());
    format!(
        "data_dir = {data_dir}\n\n[sip]\ndomain = \"{DOMAIN}\"\nlisten = [\"127.0.0.1\"]\nport = 0\ntls_port = 0\nprobe_interval = \"0s\"\n\n\
         [health]\nlisten = \"off\"\n\n[media]\nports = \"any\"\n\n[dns]\nhosts = {{ \"{GATEWAY}\" = \"127.0.0.1\" }}\n"
    )
}

fn remove(folder: &Path) {
    // A folder that stays is harmless, and the demo's answer is the same.
    fs::remove_dir_all(folder).ok();
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pid, data_dir, sip, pilot, extension } = self;
        let data_dir = data_dir.display();
        write!(
            f,
            "\nThe server goes on. A softphone on this machine, without account or registration, over UDP with PCMU or\n\
             PCMA, leaves a message for {extension} by dialling\n\n    sip:{extension}@{sip}\n\n\
             as a gateway would with a call to sip:{pilot}@{sip} that {extension} diverted.\n\
             Messages:  um --data-dir {data_dir} message list {extension}\n\
             Events:    um --data-dir {data_dir} events\n\
             To end it: kill {pid}, then remove {data_dir}"
        )
    }
}

/// The server's own name.
pub(crate) const DOMAIN: &str = "um.demo.test";
/// The name of the gateway that calls it; its DNS is in the server's configuration.
pub(crate) const GATEWAY: &str = "gateway.demo.test";
/// The server's talk, in its folder.
const LOG: &str = "server.log";
/// How long the server may take to start.
const START_PATIENCE: Duration = Duration::from_secs(20);
/// How often it is asked whether it is ready.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[cfg(test)]
mod tests {
    use media_server::config::{Overrides, ServerConfig};

    use super::*;

    #[test]
    fn its_configuration_is_one_that_the_server_takes() {
        let text = configuration(Path::new("/tmp/um \"demo\""));

        let config = ServerConfig::from_text(&text, Path::new("um.toml"), &Overrides::default()).unwrap();

        assert_eq!(config.data_dir, Path::new("/tmp/um \"demo\""));
        assert_eq!((config.sip.port, config.sip.tls_port), (0, 0));
        assert_eq!(config.dns.hosts.len(), 1);
        assert_eq!(config.sip.listen, [std::net::IpAddr::from(Ipv4Addr::LOCALHOST)]);
    }
}
