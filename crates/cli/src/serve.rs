use std::error::Error;

use admin_api::remedy_apart;
use media_server::ReadyFacts;

use crate::client::Place;
use crate::failure::Failure;
use crate::report::talk;

/// `um serve`: runs until told to stop. One line on stderr says that it is ready.
pub(crate) async fn run(place: &Place) -> Result<(), Failure> {
    let mut config = place.settings()?;
    env!("UM_COMMIT").clone_into(&mut config.program.commit);
    media_server::serve(config, |facts| talk(ready(&facts))).await.map_err(|error| {
        let words = error.to_string();
        let (what, remedy) = remedy_apart(&words);
        let mut what = what.to_owned();
        let mut cause = error.source();
        while let Some(inner) = cause {
            what.push_str(&format!(" ({inner})"));
            cause = inner.source();
        }
        Failure::could_not_run(what, remedy)
    })
}

fn ready(facts: &ReadyFacts) -> String {
    let clear: Vec<String> = facts.clear.iter().map(ToString::to_string).collect();
    format!(
        "ready: sip {}, socket {}, data {}",
        clear.join(" "),
        facts.socket.display(),
        facts.data_dir.display()
    )
}
