use admin_api::{CertificateFacts, SipFacts, StatusFacts};

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::report::{Format, clock, counted, date, or_hyphen};

/// `um status`
pub(crate) async fn run(client: &Client, format: Format) -> Result<(), Failure> {
    let status: StatusFacts = client.get(&path(&["status"])).await?;
    format.facts(&status, facts)
}

fn facts(status: &StatusFacts) -> Vec<(&'static str, String)> {
    // Far below 2^53 seconds.
    let uptime = clock(status.uptime_seconds as f64);
    let port = |port: Option<u16>| or_hyphen(port.map(|port| port.to_string()).as_deref());
    let mut facts = vec![
        ("state", status.state.word().to_owned()),
        ("version", format!("{} ({})", status.version, status.commit)),
        ("process", format!("{}, up {uptime}", status.pid)),
        ("sip domain", status.sip.domain.clone()),
        ("sip listens on", status.sip.listen.join(", ")),
        ("sip port", clear_port(&status.sip)),
        ("sip tls port", port(status.sip.tls_port)),
        ("certificate", or_hyphen(status.certificate.as_ref().map(certificate).as_deref())),
        ("media ports", status.media.ports.clone()),
        ("media address", status.media.address.clone()),
        ("media workers", status.media.workers.to_string()),
        ("media io", status.media.io.clone()),
        ("live calls", status.calls.live.to_string()),
        ("since the start", since_the_start(status)),
        ("configuration", configuration(status)),
        ("store", store(status)),
        ("data folder", status.store.data_dir.clone()),
        ("socket", status.store.socket.clone()),
    ];
    if !status.provisioning.is_empty() {
        facts.push(("provisioning on", status.provisioning.join(", ")));
    }
    if !status.revocation_list.is_empty() {
        facts.push(("revocation list", status.revocation_list.join(", ")));
    }
    if !status.site.clear_pins.is_empty() {
        facts.push(("PINs in the clear", clear_pins(&status.site.clear_pins)));
    }
    if !status.health.is_empty() {
        facts.push(("metrics", status.health.join(", ")));
    }
    facts
}

fn clear_pins(plans: &[String]) -> String {
    format!(
        "{}; `um dialplan set NAME --subscriber-access secured-only` asks for none, `--voip-security secured` hides them",
        plans.join(", ")
    )
}

fn clear_port(sip: &SipFacts) -> String {
    match sip.port {
        Some(port) => format!("{port} ({})", if sip.udp { "udp, tcp" } else { "tcp" }),
        None => "-".to_owned(),
    }
}

fn certificate(certificate: &CertificateFacts) -> String {
    let expiry = match u64::try_from(certificate.days_left) {
        Ok(days) => format!("expires in {}", counted(days, "day", "days")),
        Err(_) => "has expired".to_owned(),
    };
    format!("{}, {expiry} ({})", certificate.subject, date(certificate.not_after))
}

fn since_the_start(status: &StatusFacts) -> String {
    let calls = &status.calls;
    format!(
        "{} taken, {} refused, {} stored",
        counted(calls.taken, "call", "calls"),
        calls.refused,
        counted(calls.messages_stored, "message", "messages")
    )
}

fn configuration(status: &StatusFacts) -> String {
    let site = &status.site;
    let objects = |count: usize, one, many| counted(u64::try_from(count).unwrap_or(u64::MAX), one, many);
    format!(
        "revision {}: {}, {}, {}, {}",
        site.revision,
        objects(site.dial_plans, "dial plan", "dial plans"),
        objects(site.gateways, "gateway", "gateways"),
        objects(site.hunt_groups, "hunt group", "hunt groups"),
        objects(site.policies, "policy", "policies")
    )
}

fn store(status: &StatusFacts) -> String {
    let mailboxes = counted(status.store.mailboxes, "mailbox", "mailboxes");
    format!("{mailboxes}, {} MiB free", status.store.free_bytes / (1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_with_pins_in_the_clear_are_named_with_the_remedy() {
        let words = clear_pins(&["hq".to_owned(), "lab".to_owned()]);

        assert!(
            words.starts_with("hq, lab; `um dialplan set NAME --subscriber-access secured-only`"),
            "{words}"
        );
    }

    #[test]
    fn certificate_tells_its_subject_and_how_long_it_holds() {
        let facts = |days_left| CertificateFacts {
            subject: "CN=um.example.com".to_owned(),
            sha1: String::new(),
            not_after: "2031-11-20T10:00:00Z".parse().unwrap(),
            days_left,
        };

        assert_eq!(
            certificate(&facts(1825)),
            "CN=um.example.com, expires in 1825 days (2031-11-20 10:00:00Z)"
        );
        assert_eq!(certificate(&facts(-1)), "CN=um.example.com, has expired (2031-11-20 10:00:00Z)");
    }
}
