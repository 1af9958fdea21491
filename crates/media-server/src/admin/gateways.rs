use std::sync::Arc;

use admin_api::{
    Changed, DisableGateway, GatewayChange, GatewayDetails, GatewayDisabled, GatewayRow, NewGateway, Warning,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use dial_plan::{GatewayPatch, GatewayStatus, IpGateway, NumberRule, ObjectKind, Site, SiteChange};
use jiff::Timestamp;

use super::answer::{Answer, blocking, body};
use super::gateway_probes::probes_of;
use super::order::Order;
use super::router::Desk;
use super::site::{changed, missing};
use super::trust::{self, TrustedBy};

/// `GET /v1/gateways`
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<GatewayRow>> {
    let (site, now) = (desk.state.site.current(), Timestamp::now());
    let row = |gateway: &IpGateway| GatewayRow {
        gateway: gateway.clone(),
        probes: probes_of(&desk.state.board, gateway.name.as_str(), now),
    };
    Ok(Json(site.gateways().map(row).collect()))
}

/// `GET /v1/gateways/NAME`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(name): Path<String>) -> Answer<GatewayDetails> {
    let site = desk.state.site.current();
    let gateway = site.gateway(&name).cloned().ok_or_else(|| missing(ObjectKind::Gateway, &name))?;
    Ok(Json(GatewayDetails {
        hunt_groups: site.hunt_groups_of(&name).cloned().collect(),
        live_calls: desk.state.board.calls_of(&name),
        probes: probes_of(&desk.state.board, &name, Timestamp::now()),
        warnings: [nowhere(&desk, &gateway), unprovable(&desk, &site, &gateway)]
            .into_iter()
            .flatten()
            .collect(),
        gateway,
    }))
}

/// `POST /v1/gateways`
pub(super) async fn create(Order { desk, peer }: Order, bytes: Bytes) -> Answer<Changed> {
    let NewGateway { mut gateway, dial_plan, trust_files } = body(&bytes)?;
    gateway.trust.extend(trust::anchors(&trust_files, &gateway.address)?);
    let name = gateway.name.to_string();
    blocking(move || {
        let mut answer = changed(&desk, &peer, &SiteChange::CreateGateway { gateway, dial_plan })?;
        let site = desk.state.site.current();
        if let Some(made) = site.gateway(&name) {
            answer.warnings.extend(nowhere(&desk, made));
            answer.warnings.extend(unprovable(&desk, &site, made));
        }
        Ok(answer)
    })
    .await
}

/// `PATCH /v1/gateways/NAME`
pub(super) async fn set(
    Order { desk, peer }: Order,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer<Changed> {
    let GatewayChange { mut patch, trust_files } = body(&bytes)?;
    blocking(move || {
        if let Some(files) = trust_files {
            let site = desk.state.site.current();
            let known = site.gateway(&name).ok_or_else(|| missing(ObjectKind::Gateway, &name))?;
            let address = patch.address.as_ref().unwrap_or(&known.address);
            patch.trust = Some(trust::replaced_by(&files, address)?);
        }
        let moved = patch.address.is_some() || patch.connect.is_some();
        let trusted = patch.address.is_some() || patch.trust.is_some() || patch.own_roots_only.is_some();
        let mut answer = changed(&desk, &peer, &SiteChange::SetGateway { name: name.clone(), patch })?;
        let site = desk.state.site.current();
        if let Some(set) = site.gateway(&name) {
            answer.warnings.extend(nowhere(&desk, set).filter(|_| moved));
            answer.warnings.extend(unprovable(&desk, &site, set).filter(|_| trusted));
        }
        Ok(answer)
    })
    .await
}

/// What deserves a look if not one name of the gateway can be resolved now.
pub(super) fn nowhere(desk: &Desk, gateway: &IpGateway) -> Option<Warning> {
    let names: Vec<&str> = gateway.hosts().filter_map(|host| host.fqdn()).collect();
    let known = desk.state.board.addresses().addresses_of(gateway.name.as_str()).next().is_some();
    if names.is_empty() || known {
        return None;
    }
    Some(Warning {
        code: "unresolvable-name".to_owned(),
        message: format!(
            "{} cannot be resolved now: clear calls of gateway `{}` are a stranger's until it can",
            names.join(", "),
            gateway.name
        ),
        remedy: format!(
            "check DNS, write the name under [dns] hosts in um.toml, or run `um gateway set {} --connect IP`",
            gateway.name.shell_word()
        ),
    })
}

/// What deserves a look if a plan of the gateway wants TLS, and no certificate at all would prove that it is this gateway.
/// One that has no FQDN either is warned of by the Site.
pub(super) fn unprovable(desk: &Desk, site: &Site, gateway: &IpGateway) -> Option<Warning> {
    gateway.address.fqdn()?;
    let plan = site.dial_plans_of(gateway.name.as_str()).find(|plan| plan.voip_security.wants_tls())?;
    if !TrustedBy::of(gateway, &desk.state.trust.peers).is_nothing() {
        return None;
    }
    let gateway_word = gateway.name.shell_word();
    Some(Warning {
        code: "no-trust".to_owned(),
        message: format!(
            "nobody can prove to be gateway `{}`: dial plan `{}` is {}, and no pin and no root is trusted for it",
            gateway.name, plan.name, plan.voip_security
        ),
        remedy: format!(
            "run `um gateway set {gateway_word} --trust FILE.pem` with its certificate or its CA, or let it connect and \
             run `um gateway approve {gateway_word} THUMBPRINT` with one of `um gateway pending`"
        ),
    })
}

/// `DELETE /v1/gateways/NAME`
pub(super) async fn remove(by: Order, Path(name): Path<String>) -> Answer<Changed> {
    by.change(SiteChange::DeleteGateway { name }).await
}

/// `POST /v1/gateways/NAME/disable`: no new calls from now on; with `immediate` the live ones end.
pub(super) async fn disable(
    Order { desk, peer }: Order,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Answer<GatewayDisabled> {
    let DisableGateway { immediate } =
        if bytes.is_empty() { DisableGateway::default() } else { body(&bytes)? };
    let patch = GatewayPatch { status: Some(GatewayStatus::Disabled), ..GatewayPatch::default() };
    blocking(move || {
        let disabled = SiteChange::SetGateway { name: name.clone(), patch };
        let revision = desk.state.site.change(&disabled, &peer.words())?;
        if immediate {
            desk.state.core.hang_up_gateway(&name)?;
        }
        let live_calls = desk.state.board.calls_of(&name);
        Ok(GatewayDisabled { revision: revision.site.revision, live_calls })
    })
    .await
}

/// `GET /v1/gateways/NAME/number-rules`
pub(super) async fn number_rules(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
) -> Answer<Vec<NumberRule>> {
    let site = desk.state.site.current();
    let gateway = site.gateway(&name).ok_or_else(|| missing(ObjectKind::Gateway, &name))?;
    Ok(Json(gateway.number_rules.clone()))
}

/// `POST /v1/gateways/NAME/number-rules`
pub(super) async fn add_number_rule(by: Order, Path(name): Path<String>, bytes: Bytes) -> Answer<Changed> {
    by.change(SiteChange::AddNumberRule { gateway: name, rule: body(&bytes)? }).await
}

/// `DELETE /v1/gateways/NAME/number-rules/MASK`
pub(super) async fn remove_number_rule(
    by: Order,
    Path((gateway, from)): Path<(String, String)>,
) -> Answer<Changed> {
    by.change(SiteChange::RemoveNumberRule { gateway, from }).await
}
