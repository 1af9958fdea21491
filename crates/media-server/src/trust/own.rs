use std::sync::Arc;

use cert_manager::{
    CertificateFacts, CertificateStore, Choice, Flags, Identity, IssueError, IssueRequest, Standing,
    StoreError, Wanted, choose, issue_self_signed,
};
use jiff::Timestamp;
use telephony::{Event, EventKind, kind};

use super::CERTIFICATES;
use crate::config::ServerConfig;

/// What this server shows to its peers, and how it came to it.
pub struct OwnCertificate {
    /// Certificate and key.
    pub identity: Arc<Identity>,
    /// What was said of each certificate of the store; nothing is chosen if `identity` was generated.
    pub choice: Choice,
    /// The store.
    pub store: CertificateStore,
    /// What the administrator is told.
    pub events: Vec<Event>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum OwnCertificateError {
    /// None fits, and none could be generated.
    #[error("no certificate of `{folder}` fits, and none could be generated")]
    Issue {
        /// The folder that was searched.
        folder: String,
        /// Why.
        #[source]
        source: IssueError,
    },
    /// The generated one could not be kept.
    #[error("the generated certificate could not be kept")]
    Keep(#[from] StoreError),
}

/// Chooses our certificate from the store, or generates one and keeps it there.
///
/// Reads files, and may take a second to make a key: call it where blocking is allowed.
///
/// # Errors
/// [`OwnCertificateError`]: the server cannot open its TLS port.
pub fn own_certificate(config: &ServerConfig, now: Timestamp) -> Result<OwnCertificate, OwnCertificateError> {
    let folder = config.data_dir.join(CERTIFICATES);
    let mut store = CertificateStore::load(&folder);
    let choice = choose(&store, &Wanted::ours(&config.sip.domain), now);
    let mut events: Vec<Event> = store
        .faults()
        .iter()
        .map(|fault| {
            Event::new(&kind::CERTIFICATE_PASSED_OVER)
                .with("file", fault.file.display())
                .with("reason", &fault.reason)
        })
        .collect();
    for found in &choice.explanation {
        match &found.standing {
            Standing::PassedOver { why } => {
                events.push(about(&kind::CERTIFICATE_PASSED_OVER, &found.facts).with("reason", why));
            }
            Standing::Chosen { why } | Standing::ChosenForDialing { why } => {
                events.push(about(&kind::CERTIFICATE_CHOSEN, &found.facts).with("why", why));
            }
            Standing::Outranked { .. } | Standing::Waiting { .. } => {}
        }
    }
    let identity = match &choice.chosen {
        Some(identity) => Arc::clone(identity),
        None => {
            let made = issue_self_signed(&request(config), now).map_err(|source| {
                OwnCertificateError::Issue { folder: folder.display().to_string(), source }
            })?;
            events.push(about(&kind::CERTIFICATE_GENERATED, made.facts()));
            store.add(made, Flags::default())?
        }
    };
    Ok(OwnCertificate { identity, choice, store, events })
}

/// Named after this server and the addresses that it listens on, wildcards left out.
fn request(config: &ServerConfig) -> IssueRequest {
    IssueRequest {
        fqdn: config.sip.domain.clone(),
        addresses: config.sip.listen.iter().copied().filter(|address| !address.is_unspecified()).collect(),
        key: config.sip.certificate_key,
    }
}

fn about(kind: &'static EventKind, facts: &CertificateFacts) -> Event {
    Event::new(kind)
        .with("subject", &facts.subject)
        .with("issuer", &facts.issuer)
        .with("serial", &facts.serial)
        .with("sha1", &facts.sha1)
        .with("sha256", &facts.sha256)
        .with("not_after", facts.not_after)
}

#[cfg(test)]
mod tests {
    use cert_manager::KeyKind;

    use super::*;
    use crate::config::Overrides;

    fn config(folder: &tempfile::TempDir) -> ServerConfig {
        let overrides = Overrides { data_dir: Some(folder.path().to_owned()), socket: None };
        let mut config = ServerConfig::load(None, &overrides).unwrap();
        config.sip.domain = "um.example.com".to_owned();
        config.sip.certificate_key = KeyKind::P256;
        config.sip.listen = vec!["192.0.2.9".parse().unwrap(), "::".parse().unwrap()];
        config
    }

    fn kinds(events: &[Event]) -> Vec<&'static str> {
        events.iter().map(|event| event.kind.name).collect()
    }

    #[test]
    fn certificate_is_generated_at_the_first_start_and_chosen_at_the_second() {
        let folder = tempfile::tempdir().unwrap();
        let now = "2026-11-21T12:00:00Z".parse().unwrap();

        let first = own_certificate(&config(&folder), now).unwrap();
        let second = own_certificate(&config(&folder), now).unwrap();

        assert_eq!(kinds(&first.events), ["certificate-generated"]);
        assert_eq!(kinds(&second.events), ["certificate-chosen"]);
        assert_eq!(first.identity.facts(), second.identity.facts());
        assert_eq!(first.identity.facts().names(), ["um.example.com", "192.0.2.9"]);
    }

    #[test]
    fn expired_certificate_is_passed_over_with_its_thumbprints_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        own_certificate(&config(&folder), "2026-11-21T12:00:00Z".parse().unwrap()).unwrap();

        let later = own_certificate(&config(&folder), "2036-11-21T12:00:00Z".parse().unwrap()).unwrap();

        assert_eq!(kinds(&later.events), ["certificate-passed-over", "certificate-generated"]);
        let names: Vec<_> = later.events[0].fields.iter().map(|field| field.0).collect();
        assert_eq!(names, ["subject", "issuer", "serial", "sha1", "sha256", "not_after", "reason"]);
    }
}
