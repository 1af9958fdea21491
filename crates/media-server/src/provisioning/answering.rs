//! One request, one answer.
use std::{net::SocketAddr, sync::Arc};

use axum::http::{Request, StatusCode};
use cert_manager::{CertificateDer, CertificateFacts, Root};
use dial_plan::{ProfileFormat, Site};
use jiff::Timestamp;
use telephony::{Event, kind};

use super::{
    Provisioner,
    profile::Profile,
    verdict::{Asked, Granted, Refused, judge},
};
use crate::{
    http::{Answer, body, line},
    trust::{Arrival, Missing},
};

/// Who is at the other end of a connection.
pub struct Client {
    /// Its address.
    pub remote: SocketAddr,
    /// What it has shown.
    pub chain: Vec<CertificateDer<'static>>,
}

/// Why a device that may have its profile gets none.
enum NoProfile {
    /// No SIP certificate of ours, so that nobody knows what the device must trust.
    NoCertificate(Missing),
    /// No port of ours is open for the plan's mode.
    NoPort,
}

impl Provisioner {
    /// Answers, and tells what it answered.
    pub async fn answer<B>(&self, client: &Client, request: Request<B>) -> Answer {
        let path = request.uri().path_and_query().map_or("", |path| path.as_str());
        let Some(site) = self.parts.site.upgrade().map(|holder| holder.current()) else {
            return line(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping");
        };
        let now = Timestamp::now();
        let vendors = self.vendors.of(&site, self.parts.trust.lists());
        let asked = Asked { path, chain: &client.chain };
        match judge(asked, &site, &vendors, now) {
            Ok(granted) => self.hand_out(client, &site, &granted, now),
            Err(refused) => self.refuse(client, &refused),
        }
    }

    fn hand_out(&self, client: &Client, site: &Site, granted: &Granted<'_>, now: Timestamp) -> Answer {
        let Granted { device, plan, format, facts } = granted;
        let profile = if plan.voip_security.wants_tls() {
            let server = device.server.as_deref().unwrap_or(&self.parts.fqdn);
            self.roots(site, server, now).map_err(NoProfile::NoCertificate)
        } else {
            Ok(Vec::new())
        };
        let profile = profile.and_then(|roots| {
            Profile::of(device, plan, &self.parts.fqdn, self.parts.ports, roots).ok_or(NoProfile::NoPort)
        });
        match profile {
            Ok(profile) => {
                let event = Event::new(&kind::PROFILE_GIVEN).with("source", client.remote.ip());
                let event = event.with("device", &device.id).with("vendor", &device.vendor);
                self.parts.observer.tell(event.with("dial_plan", &plan.name).with("subject", &facts.subject));
                let template = site.device_vendor(&device.vendor).and_then(|vendor| vendor.template.as_ref());
                let written = match (format, template) {
                    (ProfileFormat::Text, Some(template)) => profile.filled_into(template),
                    (format, _) => profile.written(*format),
                };
                body(StatusCode::OK, format.content_type(), written.into())
            }
            Err(why) => {
                let (outcome, reason) = match why {
                    NoProfile::NoCertificate(missing) => ("no-sip-certificate", missing.reason),
                    NoProfile::NoPort => (
                        "no-port",
                        format!(
                            "no port is open for dial plan {}, which is {}",
                            plan.name, plan.voip_security
                        ),
                    ),
                };
                self.tell_refused(client, outcome, |event| {
                    let event = about(event.with("device", &device.id), Some(facts)).with("reason", reason);
                    event.remedy("look at [sip] startup_mode in um.toml, and at `um cert explain`")
                });
                line(StatusCode::SERVICE_UNAVAILABLE, "there is no profile for this device now")
            }
        }
    }

    fn refuse(&self, client: &Client, refused: &Refused) -> Answer {
        let Refused { cause, device, facts } = refused;
        self.tell_refused(client, cause.word(), |event| {
            let event = device.iter().fold(event, |event, device| event.with("device", device));
            about(event, facts.as_ref()).with("reason", cause.reason()).remedy(cause.remedy(device.as_ref()))
        });
        line(StatusCode::FORBIDDEN, cause.told())
    }

    fn tell_refused(&self, client: &Client, outcome: &str, more: impl FnOnce(Event) -> Event) {
        let event =
            Event::new(&kind::PROFILE_REFUSED).with("outcome", outcome).with("source", client.remote.ip());
        self.parts.observer.tell(more(event));
    }

    /// What a device must trust to reach us by this name over TLS.
    fn roots(&self, site: &Site, server: &str, now: Timestamp) -> Result<Vec<String>, Missing> {
        let arrival = Arrival { sni: Some(server), ..Arrival::default() };
        let identity = self.parts.presenting.inbound(&arrival)?;
        if identity.holds_its_root() {
            return Ok(vec![identity.top_pem()]);
        }
        let ends_at = |pem: &String| Root::from_pem(pem).is_ok_and(|root| identity.ends_at(&root, now));
        let known: Vec<String> = site.trusted_roots().map(|root| root.pem.clone()).filter(ends_at).collect();
        Ok(if known.is_empty() { vec![identity.top_pem()] } else { known })
    }
}

fn about(event: Event, facts: Option<&Arc<CertificateFacts>>) -> Event {
    match facts {
        None => event,
        Some(facts) => event
            .with("subject", &facts.subject)
            .with("issuer", &facts.issuer)
            .with("serial", &facts.serial)
            .with("not_after", facts.not_after),
    }
}
