use std::sync::Arc;

use admin_api::{BundleFile, GatewayBundle, SecretText, SipFacts};
use axum::extract::{Path, State};
use cert_manager::KeptLeaf;
use dial_plan::{DialPlan, IpGateway, ObjectKind, Site};
use jiff::Timestamp;

use super::answer::{Answer, Refusal, blocking};
use super::authority_desk::AuthorityDeskError;
use super::router::Desk;
use super::site::missing;

/// A page for each product, by the name of its file.
const PRODUCTS: [(&str, &str); 8] = [
    ("audiocodes.md", include_str!("bundle/audiocodes.md")),
    ("cisco-cube.md", include_str!("bundle/cisco-cube.md")),
    ("cisco-cucm.md", include_str!("bundle/cisco-cucm.md")),
    ("ribbon.md", include_str!("bundle/ribbon.md")),
    ("oracle.md", include_str!("bundle/oracle.md")),
    ("asterisk.md", include_str!("bundle/asterisk.md")),
    ("freeswitch.md", include_str!("bundle/freeswitch.md")),
    ("3cx.md", include_str!("bundle/3cx.md")),
];
/// The page that leads to all others.
const PAGE: (&str, &str) = ("README.md", include_str!("bundle/page.md"));

/// `GET /v1/gateways/NAME/bundle`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer<GatewayBundle> {
    blocking(move || {
        let site = desk.state.site.current();
        let gateway = site.gateway(&name).ok_or_else(|| missing(ObjectKind::Gateway, &name))?;
        bundle(&desk, &site, gateway)
    })
    .await
}

fn bundle(desk: &Desk, site: &Site, gateway: &IpGateway) -> Result<GatewayBundle, Refusal> {
    let now = Timestamp::now();
    let mut notes = Vec::new();
    let mut files = Vec::new();
    match ours(desk, gateway) {
        Ok(chain) => files.push(public("um.pem", chain)),
        Err(note) => notes.push(note),
    }
    match gateway.address.fqdn() {
        Some(fqdn) => match desk.state.trust.authority.kept(fqdn, now)? {
            Some(leaf) => files.extend(issued(desk, leaf, now)?),
            None => notes.push(format!("our CA has issued no certificate for {fqdn}: the gateway needs one of another CA")),
        },
        None => notes.push(format!(
            "the gateway is known by its address {}, and TLS needs a name: `um gateway set {} --address FQDN`",
            gateway.address,
            gateway.name.shell_word()
        )),
    }
    let words = words(&desk.state.board.state().2, site, gateway, &files);
    let pages = std::iter::once(PAGE).chain(PRODUCTS);
    files.extend(pages.map(|(name, page)| public(name, filled(page, &words))));
    Ok(GatewayBundle { files, notes })
}

/// The chain that this gateway is shown: its owner's if it is bound to one, never another.
fn ours(desk: &Desk, gateway: &IpGateway) -> Result<String, String> {
    let keeper = desk
        .state
        .trust
        .own
        .keeper()
        .ok_or("this server opens no TLS port, so there is no certificate of ours in it")?;
    let owner = gateway.certificate_owner.as_deref();
    let current = keeper.presenting().current();
    let choice = current.choices().find(|(found, _)| *found == owner).map(|(_, choice)| choice);
    match (choice.and_then(|choice| choice.chosen.as_ref()), owner) {
        (Some(own), _) => Ok(own.chain_pem()),
        (None, Some(owner)) => Err(format!(
            "the gateway is bound to {owner}, of whom no certificate can be shown, so there is none of ours in it: `um \
             cert import FILE --owner {owner}` brings one"
        )),
        (None, None) => {
            Err("no certificate of ours can be shown, so there is none in it: `um cert explain` says why"
                .to_owned())
        }
    }
}

/// The gateway's own certificate with what belongs to it.
fn issued(desk: &Desk, leaf: KeptLeaf, now: Timestamp) -> Result<Vec<BundleFile>, AuthorityDeskError> {
    let authority = desk.state.trust.authority.open()?;
    let authority = authority.authority();
    let mut files =
        vec![public("gateway.pem", leaf.chain_pem), public("ca.pem", authority.certificate_pem())];
    let list = authority.crl_pem(now).map_err(cert_manager::AuthorityFolderError::Authority)?;
    files.push(public("ca-crl.pem", list));
    let key =
        leaf.key.map(|key| BundleFile { name: "gateway.key".to_owned(), text: key.into(), private: true });
    files.extend(key);
    Ok(files)
}

fn public(name: &str, text: String) -> BundleFile {
    BundleFile { name: name.to_owned(), text: SecretText::new(text), private: false }
}

/// What the pages leave open.
fn words(
    sip: &SipFacts,
    site: &Site,
    gateway: &IpGateway,
    files: &[BundleFile],
) -> Vec<(&'static str, String)> {
    let port = |port: Option<u16>| port.map_or_else(|| "not open".to_owned(), |port| port.to_string());
    let plans: Vec<&DialPlan> = site.dial_plans_of(gateway.name.as_str()).collect();
    let mut suites: Vec<String> = plans
        .iter()
        .filter(|plan| plan.voip_security.wants_srtp())
        .flat_map(|plan| plan.srtp_suites.iter().map(ToString::to_string))
        .collect();
    suites.dedup();
    let named = |plan: &&DialPlan| format!("dial plan `{}`, {}", plan.name, plan.voip_security);
    vec![
        ("server", sip.domain.clone()),
        ("tls_port", port(sip.tls_port)),
        (
            "sip_port",
            sip.port.map_or_else(|| "not open".to_owned(), |port| format!("UDP or TCP port {port}")),
        ),
        ("gateway", gateway.name.to_string()),
        ("gateway_word", gateway.name.shell_word().to_string()),
        ("gateway_fqdn", gateway.address.to_string()),
        ("plans", or_none(plans.iter().map(named).collect())),
        ("suites", or_none(suites)),
        ("files", files.iter().map(|file| format!("- `{}`: {}\n", file.name, meaning(&file.name))).collect()),
    ]
}

fn or_none(words: Vec<String>) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn meaning(file: &str) -> &'static str {
    match file {
        "um.pem" => {
            "the certificate of this server with its chain; the gateway trusts it, or the root at its end"
        }
        "gateway.pem" => "the gateway's certificate, issued by our CA, then the CA's",
        "gateway.key" => "its private key: keep it secret, and delete this copy once the gateway has it",
        "ca.pem" => "the root of our CA",
        "ca-crl.pem" => "what our CA has revoked, good for 30 days",
        _ => "",
    }
}

fn filled(page: &str, words: &[(&'static str, String)]) -> String {
    let fill = |text: String, (name, word): &(&str, String)| text.replace(&format!("{{{{{name}}}}}"), word);
    words.iter().fold(page.to_owned(), fill)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page of every product says something of.
    const SUBJECTS: [&str; 9] = [
        "oldest",
        "ciphers",
        "subject name",
        "G.711",
        "VAD",
        "SRTP mandatory",
        "symmetric MKI",
        "Diversion outbound",
        "REFER",
    ];

    #[test]
    fn page_of_each_product_names_every_setting_that_matters() {
        for (name, page) in PRODUCTS {
            for subject in SUBJECTS.iter().chain(&["unsolicited NOTIFY"]) {
                assert!(page.contains(subject), "{name} says nothing of {subject}");
            }
            assert!(PAGE.1.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn nothing_is_left_open_in_any_page() {
        let gateway = IpGateway::new("gw1".parse().unwrap(), "gw1.example.com".parse().unwrap());
        let sip =
            SipFacts { domain: "um.example.com".to_owned(), tls_port: Some(5061), ..SipFacts::default() };

        let words = words(&sip, &Site::empty(), &gateway, &[public("um.pem", String::new())]);

        for (name, page) in PRODUCTS.into_iter().chain([PAGE]) {
            let text = filled(page, &words);
            assert!(!text.contains("{{") && !text.contains("}}"), "{name}");
        }
        let page = filled(PAGE.1, &words);
        assert!(page.contains("| SIP over TLS | TCP port 5061,"), "{page}");
        assert!(page.contains("| SIP in the clear | not open |"), "{page}");
        assert!(page.contains("- `um.pem`: the certificate of this server"), "{page}");
    }
}
