use std::error::Error;
use std::net::SocketAddr;

use admin_api::remedy_apart;
use media_server::{ReadyFacts, ServeError};

use crate::client::Place;
use crate::failure::Failure;
use crate::report::talk;

/// `um serve`: runs until told to stop. One line on stderr says that it is ready.
pub(crate) async fn run(place: &Place) -> Result<(), Failure> {
    let mut config = place.settings()?;
    env!("UM_COMMIT").clone_into(&mut config.program.commit);
    // Read here and nowhere else: no file and no option turns it on.
    config.fault_injection = std::env::var_os("UM_FAULT_INJECTION").is_some_and(|value| value == "1");
    media_server::serve(config, |facts| talk(ready(&facts))).await.map_err(|error| {
        let words = error.to_string();
        let (what, remedy) = remedy_apart(&words);
        let mut what = what.to_owned();
        let mut cause = error.source();
        while let Some(inner) = cause {
            what.push_str(&format!(" ({inner})"));
            cause = inner.source();
        }
        match error {
            ServeError::Fault { .. } => Failure::fault(what, remedy),
            ServeError::Store(_)
            | ServeError::Listen(_)
            | ServeError::Admin(_)
            | ServeError::System { .. }
            | ServeError::Certificate(_) => Failure::could_not_run(what, remedy),
        }
    })
}

fn ready(facts: &ReadyFacts) -> String {
    let open = |what: &str, addresses: &[SocketAddr]| match addresses {
        [] => String::new(),
        addresses => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!("{what} {}, ", addresses.join(" "))
        }
    };
    format!(
        "ready: {}{}socket {}, data {}",
        open("sip", &facts.clear),
        open("sip over tls", &facts.tls),
        facts.socket.display(),
        facts.data_dir.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_line_names_every_port_that_is_open() {
        let address = |text: &str| vec![text.parse().unwrap()];
        let mut facts = ReadyFacts {
            clear: address("127.0.0.1:5060"),
            tls: address("127.0.0.1:5061"),
            socket: "/srv/um/um.sock".into(),
            data_dir: "/srv/um".into(),
        };

        assert_eq!(
            ready(&facts),
            "ready: sip 127.0.0.1:5060, sip over tls 127.0.0.1:5061, socket /srv/um/um.sock, data /srv/um"
        );
        facts.clear.clear();
        assert_eq!(ready(&facts), "ready: sip over tls 127.0.0.1:5061, socket /srv/um/um.sock, data /srv/um");
    }
}
