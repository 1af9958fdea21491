//! The roots that chains of gateways may end at, and their revocation lists.
use std::sync::Arc;

use admin_api::{ApiError, Changed, CrlRow, CrlSource, NewTrustedRoots, TrustedRootRow, code};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use cert_manager::Thumbprint;
use dial_plan::SiteChange;
use jiff::Timestamp;

use super::answer::{Answer, Refusal, blocking, body};
use super::certificate_desk::certificate_row;
use super::order::Order;
use super::router::Desk;
use super::site::changed;
use super::trust;
use crate::trust::{CrlTrouble, KnownRoot, RootOrigin, fetch};

/// `GET /v1/trust`
pub(super) async fn list(State(desk): State<Arc<Desk>>) -> Answer<Vec<TrustedRootRow>> {
    let known = desk.state.trust.peers.known_roots();
    Ok(Json(known.iter().map(|root| row(&desk, root)).collect()))
}

/// `GET /v1/trust/ROOT`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(root): Path<String>) -> Answer<TrustedRootRow> {
    Ok(Json(row(&desk, &find(&desk, &root)?)))
}

/// `POST /v1/trust`: every certificate of the file becomes a root; a file with one that cannot be is refused whole.
pub(super) async fn add(Order { desk, peer }: Order, bytes: Bytes) -> Answer<Changed> {
    let roots = trust::roots(&body::<NewTrustedRoots>(&bytes)?)?;
    blocking(move || {
        let mut answer = Changed { revision: desk.state.site.current().revision, warnings: Vec::new() };
        for root in roots {
            let Changed { revision, warnings } = changed(&desk, &peer, &SiteChange::AddTrustedRoot(root))?;
            answer.revision = revision;
            answer.warnings.extend(warnings);
        }
        Ok(answer)
    })
    .await
}

/// `DELETE /v1/trust/ROOT`: connections whose trust it was serve their calls to the end and close.
pub(super) async fn remove(Order { desk, peer }: Order, Path(root): Path<String>) -> Answer<Changed> {
    blocking(move || {
        let sha256 = of_site(&find(&desk, &root)?)?;
        changed(&desk, &peer, &SiteChange::RemoveTrustedRoot { sha256 })
    })
    .await
}

/// `PUT /v1/trust/ROOT/crl`, the body a revocation list: in force from now on, and fetched nowhere any more.
pub(super) async fn take_list(
    Order { desk, peer }: Order,
    Path(root): Path<String>,
    bytes: Bytes,
) -> Answer<TrustedRootRow> {
    blocking(move || {
        let known = find(&desk, &root)?;
        install(&desk, &known, &bytes)?;
        if known.crl_source.is_some() {
            let sha256 = known.facts().sha256.clone();
            changed(&desk, &peer, &SiteChange::SetCrlSource { sha256, source: None })?;
        }
        Ok(row(&desk, &find(&desk, &root)?))
    })
    .await
}

/// `PUT /v1/trust/ROOT/crl-source`: the list is fetched now, and kept fresh if it is one.
pub(super) async fn fetch_list(
    Order { desk, peer }: Order,
    Path(root): Path<String>,
    bytes: Bytes,
) -> Answer<TrustedRootRow> {
    let CrlSource { url } = body(&bytes)?;
    let known = find(&desk, &root)?;
    let sha256 = of_site(&known)?;
    let list = fetch(&url).await.map_err(|error| trouble(&known, &error.into()))?;
    blocking(move || {
        install(&desk, &known, &list)?;
        changed(&desk, &peer, &SiteChange::SetCrlSource { sha256, source: Some(url) })?;
        Ok(row(&desk, &find(&desk, &root)?))
    })
    .await
}

fn install(desk: &Desk, known: &KnownRoot, bytes: &[u8]) -> Result<(), Refusal> {
    desk.state.trust.crls.install(known, bytes).map(|_| ()).map_err(|error| trouble(known, &error))
}

fn trouble(known: &KnownRoot, error: &CrlTrouble) -> Refusal {
    let object = format!("trusted root {}", known.facts().subject);
    Refusal(ApiError::told("revocation-list-refused", object, &error.to_string()))
}

fn find(desk: &Desk, thumbprint: &str) -> Result<KnownRoot, Refusal> {
    let wanted = Thumbprint::parse(thumbprint)
        .map_err(|error| Refusal(ApiError::told(code::INVALID, "", &error.to_string())))?;
    let mut found: Vec<KnownRoot> = desk.state.trust.peers.known_roots();
    found.retain(|known| wanted.fits(known.facts()));
    let refused = |code, message: String| {
        Err(Refusal(ApiError::new(
            code,
            format!("trusted root {thumbprint}"),
            message,
            "run `um trust list` to see the thumbprints",
        )))
    };
    match (found.pop(), found.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            refused(code::AMBIGUOUS, format!("several trusted roots begin with {thumbprint}"))
        }
        (None, _) => refused(code::NOT_FOUND, format!("no root with the thumbprint {thumbprint} is trusted")),
    }
}

/// Its SHA-256, if `um trust` may change it.
fn of_site(known: &KnownRoot) -> Result<String, Refusal> {
    let subject = &known.facts().subject;
    let refused = |message: String, remedy: String| {
        Err(Refusal(ApiError::new(code::INVALID, format!("trusted root {subject}"), message, remedy)))
    };
    match known.origin {
        RootOrigin::Site => Ok(known.facts().sha256.clone()),
        RootOrigin::Folder => refused(
            format!("{subject} lies in the folder `trusted-roots` of the data folder"),
            "run `um trust add FILE.pem` with it, or remove the file and start the server again".to_owned(),
        ),
        RootOrigin::Vendor => refused(
            format!("{subject} is the root of a device vendor, which counts for no gateway"),
            "change it with `um provisioning vendor set VENDOR --root FILE.pem`; its revocation list is taken as a file"
                .to_owned(),
        ),
        RootOrigin::Gateway => {
            let name = known.gateways.first().map(|name| name.shell_word()).unwrap_or_default();
            refused(
                format!("{subject} belongs to the settings of gateway {name}"),
                format!(
                    "run `um trust add FILE.pem --gateway {name}` with it, or change it with `um gateway set {name}`"
                ),
            )
        }
    }
}

fn row(desk: &Desk, known: &KnownRoot) -> TrustedRootRow {
    let now = Timestamp::now();
    let list = desk.state.trust.crls.of(&known.facts().sha256);
    TrustedRootRow {
        certificate: certificate_row(known.facts()),
        origin: match known.origin {
            RootOrigin::Site => "site",
            RootOrigin::Folder => "folder",
            RootOrigin::Gateway => "gateway",
            RootOrigin::Vendor => "vendor",
        }
        .to_owned(),
        gateways: known.gateways.clone(),
        crl: list.map(|list| CrlRow {
            this_update: list.this_update(),
            next_update: list.next_update(),
            revoked: u64::try_from(list.count()).unwrap_or(u64::MAX),
            is_stale: list.next_update() < now,
        }),
        crl_source: known.crl_source.clone(),
    }
}
