mod number_rules;
mod settings;

use std::time::Duration;

use admin_api::{
    ApprovePeer, Changed, DisableGateway, GatewayChange, GatewayDetails, GatewayDisabled, GatewayRow,
    LiveCall, NewGateway, PendingPeerRow,
};
use clap::{Args, Subcommand};
use dial_plan::{GatewayAddress, GatewayPatch, GatewayStatus, IpGateway, Name};

use crate::bundle::Bundle;
use crate::client::{Client, path, query};
use crate::failure::Failure;
use crate::gateway_probes;
use crate::report::{self, Format, date, or_hyphen, talk, yes_no};
use crate::trust_options::TrustOptions;
use crate::words;

use number_rules::NumberRuleCommand;
use settings::Settings;

/// How often `gateway disable` asks whether the last call has ended.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// `um gateway ..`
#[derive(Debug, Subcommand)]
pub(crate) enum GatewayCommand {
    /// Make a gateway, and the hunt group that leads all its calls to a dial plan.
    Create(Create),
    /// List the gateways, and which of them answer.
    List(Format),
    /// Show one gateway, its hunt groups and number rules, and what its last probes found.
    Show {
        /// The gateway.
        name: String,
        #[command(flatten)]
        format: Format,
    },
    /// Change settings of a gateway; they hold from the next call on.
    Set(Set),
    /// Take calls of a gateway again.
    Enable {
        /// The gateway.
        name: String,
    },
    /// Take no new calls of a gateway, and wait until its last call has ended.
    Disable {
        /// The gateway.
        name: String,
        /// End its calls now.
        #[arg(long)]
        immediate: bool,
    },
    /// List the self-signed certificates that unknown peers showed of late; they were refused.
    Pending(Format),
    /// Pin a certificate of `um gateway pending`: compare its thumbprint with the one that the gateway shows first.
    Approve {
        /// The gateway.
        name: String,
        /// At least 8 digits of the certificate's SHA-1 or SHA-256.
        thumbprint: String,
    },
    /// Rewriting of numbers: the first rule that fits is applied, once.
    #[command(subcommand)]
    NumberRule(NumberRuleCommand),
    /// Write what the gateway's administrator needs: certificates, and settings for common products.
    Bundle(Bundle),
    /// Delete a gateway and its hunt groups.
    Delete {
        /// The gateway.
        name: String,
    },
}

/// `um gateway create`
#[derive(Args, Debug)]
pub(crate) struct Create {
    /// The new gateway's name.
    name: Name,
    /// Its FQDN (needed for TLS: the name in its certificate) or its IP address.
    #[arg(long, value_name = "FQDN-OR-IP")]
    address: GatewayAddress,
    /// The dial plan that its calls belong to.
    #[arg(long, value_name = "PLAN")]
    dialplan: Name,
    #[command(flatten)]
    trust: TrustOptions,
    #[command(flatten)]
    settings: Settings,
}

/// `um gateway set`
#[derive(Args, Debug)]
pub(crate) struct Set {
    /// The gateway.
    name: String,
    /// Its FQDN (needed for TLS: the name in its certificate) or its IP address.
    #[arg(long, value_name = "FQDN-OR-IP")]
    address: Option<GatewayAddress>,
    /// Whether its calls are taken.
    #[arg(long, value_name = "STATUS", value_parser = words::of::<GatewayStatus>())]
    status: Option<GatewayStatus>,
    #[command(flatten)]
    trust: TrustOptions,
    /// Trust no certificate for it any more.
    #[arg(long, conflicts_with_all = ["trust", "pin", "root"])]
    no_trust: bool,
    #[command(flatten)]
    settings: Settings,
}

impl GatewayCommand {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        match self {
            Self::Create(create) => {
                let gateway = IpGateway::new(create.name, create.address).patched(&create.settings.into());
                let trust_files = create.trust.read()?;
                let new = NewGateway { gateway, dial_plan: Some(create.dialplan), trust_files };
                client.post::<Changed>(&path(&["gateways"]), &new).await.map(report::warnings)
            }
            Self::List(format) => list(client, format).await,
            Self::Show { name, format } => {
                let details: GatewayDetails = client.get(&path(&["gateways", &name])).await?;
                for warning in details.warnings.iter().filter(|_| !format.json) {
                    report::warning(warning);
                }
                format.facts(&details, facts)
            }
            Self::Set(set) => set.run(client).await,
            Self::Enable { name } => {
                let patch = GatewayPatch { status: Some(GatewayStatus::Enabled), ..GatewayPatch::default() };
                client.patch::<Changed>(&path(&["gateways", &name]), &patch).await.map(report::warnings)
            }
            Self::Disable { name, immediate } => disable(client, &name, immediate).await,
            Self::Pending(format) => pending(client, format).await,
            Self::Approve { name, thumbprint } => {
                let approve = path(&["gateways", &name, "approve"]);
                client.post::<Changed>(&approve, &ApprovePeer { thumbprint }).await.map(report::warnings)
            }
            Self::NumberRule(command) => command.run(client).await,
            Self::Bundle(bundle) => bundle.run(client).await,
            Self::Delete { name } => {
                client.delete::<Changed>(&path(&["gateways", &name])).await.map(report::warnings)
            }
        }
    }
}

impl Set {
    async fn run(self, client: &Client) -> Result<(), Failure> {
        let trust_files = match (self.no_trust, self.trust.is_empty()) {
            (true, _) => Some(Vec::new()),
            (false, true) => None,
            (false, false) => Some(self.trust.read()?),
        };
        let patch =
            GatewayPatch { address: self.address, status: self.status, ..GatewayPatch::from(self.settings) };
        let change = GatewayChange { patch, trust_files };
        if change == GatewayChange::default() {
            return Err(report::nothing_to_set("gateway set"));
        }
        client.patch::<Changed>(&path(&["gateways", &self.name]), &change).await.map(report::warnings)
    }
}

async fn list(client: &Client, format: Format) -> Result<(), Failure> {
    let gateways: Vec<GatewayRow> = client.get(&path(&["gateways"])).await?;
    let header = ["NAME", "ADDRESS", "PORT", "TLS PORT", "STATUS", "STATE", "ROUND TRIP", "CERTIFICATE"];
    format.list(&gateways, header, |GatewayRow { gateway, probes }| {
        [
            gateway.name.to_string(),
            gateway.address.to_string(),
            gateway.port.to_string(),
            gateway.tls_port.to_string(),
            gateway.status.to_string(),
            gateway_probes::states(probes),
            gateway_probes::round_trips(probes),
            gateway_probes::days_left(probes),
        ]
    })
}

async fn pending(client: &Client, format: Format) -> Result<(), Failure> {
    let peers: Vec<PendingPeerRow> = client.get(&path(&["pending-peers"])).await?;
    format.list(&peers, ["SHA1", "NAMES", "SHOWN BY", "LAST SEEN", "TIMES"], |peer| {
        let source = match &peer.gateway {
            Some(gateway) => format!("{} (asked as {gateway})", peer.source),
            None => peer.source.clone(),
        };
        [
            peer.certificate.sha1.clone(),
            peer.certificate.names.join(", "),
            source,
            date(peer.last_seen),
            peer.count.to_string(),
        ]
    })
}

async fn disable(client: &Client, name: &str, immediate: bool) -> Result<(), Failure> {
    let disable = path(&["gateways", name, "disable"]);
    let disabled: GatewayDisabled = client.post(&disable, &DisableGateway { immediate }).await?;
    let calls = query(&path(&["calls"]), &[("gateway", Some(name.to_owned()))]);
    let mut left = disabled.live_calls;
    if left > 0 {
        let what = if left == 1 { "1 call ends".to_owned() } else { format!("{left} calls end") };
        talk(format!("gateway {name} takes no new calls; waiting until {what}"));
    }
    while left > 0 {
        tokio::time::sleep(ASK_EVERY).await;
        let live: Vec<LiveCall> = client.get(&calls).await?;
        left = u64::try_from(live.len()).unwrap_or(u64::MAX);
    }
    Ok(())
}

fn facts(details: &GatewayDetails) -> Vec<(&'static str, String)> {
    let gateway = &details.gateway;
    let hosts: Vec<String> = gateway.hosts().map(ToString::to_string).collect();
    let mut facts = vec![
        ("name", gateway.name.to_string()),
        ("address", gateway.address.to_string()),
        ("reached at", hosts.join(", ")),
        ("port", gateway.port.to_string()),
        ("tls port", gateway.tls_port.to_string()),
        ("transport", gateway.transport.to_string()),
        ("status", gateway.status.to_string()),
        ("out-calls", yes_no(gateway.out_calls)),
        ("message waiting", yes_no(gateway.message_waiting)),
        ("mwi priority", gateway.mwi_priority.to_string()),
        ("symmetric rtp", yes_no(gateway.symmetric_rtp)),
        ("media timeout", format!("{} s", gateway.media_timeout_seconds)),
        ("media while silent", gateway.media_while_silent.to_string()),
        ("answer delay", format!("{} ms", gateway.answer_delay_ms)),
        ("redirecting", gateway.redirecting.to_string()),
        ("caller id", gateway.caller_id.to_string()),
        ("pilot from", gateway.pilot_from.to_string()),
        ("accept cn", yes_no(gateway.accept_cn)),
        ("srtcp clear", gateway.srtcp_clear.to_string()),
        ("srtp answer", gateway.srtp_answer.to_string()),
        ("own roots only", yes_no(gateway.own_roots_only)),
        ("crl", gateway.crl.to_string()),
        ("tls verify", gateway.tls_verify.to_string()),
        ("accept server eku", yes_no(gateway.accept_server_eku)),
        ("certificate owner", or_hyphen(gateway.certificate_owner.as_deref())),
        ("refer domain", or_hyphen(gateway.refer_domain.as_deref())),
        ("live calls", details.live_calls.to_string()),
    ];
    facts.extend(details.probes.iter().flat_map(gateway_probes::facts));
    for anchor in &gateway.trust {
        let trust = format!("{} {}, expires {}", anchor.kind, anchor.subject, date(anchor.not_after));
        facts.push(("trust", format!("{trust}, sha256 {}", anchor.sha256)));
    }
    for rule in &gateway.number_rules {
        facts.push(("number rule", rule.to_string()));
    }
    for group in &details.hunt_groups {
        let pilot = group.pilot.as_ref().map_or_else(|| "every other number".to_owned(), ToString::to_string);
        facts.push(("hunt group", format!("{}: {pilot} -> {}", group.name, group.dial_plan)));
    }
    facts
}
