use std::sync::Arc;

use admin_api::{
    ApiError, EnableMailbox, EnabledMailbox, MailboxAddress, MailboxPatch, MailboxQuery, MailboxRow, code,
};
use axum::body::Bytes;
use axum::extract::{Path, State};
use dial_plan::{MailboxPolicy, ObjectKind, Site};
use jiff::Timestamp;
use mailbox::{Mailbox, MailboxChange, NewMailbox};
use storage::{MailboxFilter, MessagesOfDisabled, Store, StoreError};
use telephony::{Extension, PhoneNumber};

use super::answer::{Answer, Asked, Refusal, blocking, body, conflict_code};
use super::attendant_numbers::{key_to, pilot_holder};
use super::mailbox_pins::facts;
use super::order::Order;
use super::pins;
use super::router::Desk;
use super::site::missing;

/// `GET /v1/mailboxes`
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    Asked(query): Asked<MailboxQuery>,
) -> Answer<Vec<MailboxRow>> {
    blocking(move || {
        if let Some(plan) =
            query.dial_plan.as_deref().filter(|plan| desk.state.site.current().dial_plan(plan).is_none())
        {
            return Err(missing(ObjectKind::DialPlan, plan));
        }
        let extension = query.extension.as_deref().map(extension).transpose()?;
        let filter = MailboxFilter { dial_plan: query.dial_plan, extension };
        let mailboxes = desk.state.store.mailboxes(&filter)?;
        mailboxes.into_iter().map(|mailbox| row(&desk.state.store, mailbox)).collect()
    })
    .await
}

/// `GET /v1/mailboxes/EXT[@PLAN]`
pub(super) async fn show(State(desk): State<Arc<Desk>>, Path(address): Path<String>) -> Answer<MailboxRow> {
    blocking(move || {
        let mailbox = find(&desk.state.store, &address)?;
        let store = &desk.state.store;
        let pin = store.pin_status(mailbox.id)?.map(facts);
        let deleted_soon = store.deleted_soon(mailbox.id, Timestamp::now())?;
        Ok(MailboxRow { pin, deleted_soon, ..row(store, mailbox)? })
    })
    .await
}

/// `POST /v1/mailboxes`
pub(super) async fn enable(State(desk): State<Arc<Desk>>, bytes: Bytes) -> Answer<EnabledMailbox> {
    let asked: EnableMailbox = body(&bytes)?;
    blocking(move || {
        desk.state.site.while_unchanged(|site| {
            let (new, policy) = checked(site, &asked)?;
            let (pin, told) = match &asked.pin {
                Some(pin) => (pins::chosen(pin, policy, &new.extension)?, None),
                None => {
                    let (pin, told) = pins::made(&mut pins::generator()?, policy, &new.extension);
                    (pin, Some(told))
                }
            };
            let enabled = desk.state.store.enable_mailbox(&new, Some(&pin), Timestamp::now());
            let mailbox = enabled.map_err(|error| about(&new.dial_plan, &new.extension, error))?;
            Ok(EnabledMailbox { mailbox: row(&desk.state.store, mailbox)?, pin: told })
        })
    })
    .await
}

/// `PATCH /v1/mailboxes/EXT[@PLAN]`
pub(super) async fn set(
    Order { desk, peer }: Order,
    Path(address): Path<String>,
    bytes: Bytes,
) -> Answer<EnabledMailbox> {
    let patch: MailboxPatch = body(&bytes)?;
    blocking(move || {
        let store = &desk.state.store;
        desk.state.site.while_unchanged(|site| {
            let old = find(store, &address)?;
            let policy = policy_of(site, &old.dial_plan, patch.policy.as_deref().unwrap_or(&old.policy))?;
            // The PIN is judged before anything is changed.
            let (pin, told) = match (&patch.pin, patch.make_pin) {
                (Some(pin), _) => (Some(pins::chosen_anew(pin, policy, &old, store)?), None),
                (None, true) => {
                    let (pin, told) = pins::made(&mut pins::generator()?, policy, &old.extension);
                    (Some(pin), Some(told))
                }
                (None, false) => (None, None),
            };
            let change = MailboxChange {
                name: patch.name.clone(),
                email: patch.email.clone().map(|email| Some(email).filter(|email| !email.is_empty())),
                numbers: patch.numbers.as_deref().map(numbers).transpose()?,
                policy: patch.policy.clone(),
            };
            not_pilots(
                site,
                &old.dial_plan,
                old.extension.as_str(),
                change.numbers.as_deref().unwrap_or_default(),
            )?;
            let changed = store.change_mailbox(old.id, &change);
            let mailbox = changed.map_err(|error| about(&old.dial_plan, &old.extension, error))?;
            if let Some(pin) = &pin {
                store.set_pin(mailbox.id, pin, &peer.words(), Timestamp::now())?;
            }
            Ok(EnabledMailbox { mailbox: row(store, mailbox)?, pin: told })
        })
    })
    .await
}

/// What `DELETE /v1/mailboxes/EXT[@PLAN]` is asked.
#[derive(serde::Deserialize)]
pub(super) struct DisableQuery {
    /// Delete the messages too.
    #[serde(default)]
    with_messages: bool,
}

/// `DELETE /v1/mailboxes/EXT[@PLAN]`
pub(super) async fn disable(
    State(desk): State<Arc<Desk>>,
    Path(address): Path<String>,
    Asked(query): Asked<DisableQuery>,
) -> Answer<admin_api::Done> {
    blocking(move || {
        let mailbox = find(&desk.state.store, &address)?;
        let messages =
            if query.with_messages { MessagesOfDisabled::Delete } else { MessagesOfDisabled::Keep };
        let address = MailboxRow::address(&mailbox);
        let numbers: Vec<&str> = std::iter::once(mailbox.extension.as_str())
            .chain(mailbox.numbers.iter().map(PhoneNumber::as_str))
            .collect();
        if let Some((words, remedy)) = key_to(&desk.state.site.current(), &mailbox.dial_plan, &numbers) {
            return Err(Refusal(ApiError::new(
                code::IN_USE,
                format!("mailbox {address}"),
                format!("mailbox {address} cannot be disabled: {words}"),
                remedy,
            )));
        }
        match desk.state.store.disable_mailbox(mailbox.id, messages) {
            Ok(_) => Ok(admin_api::Done {}),
            Err(StoreError::MailboxHasMessages { count, .. }) => Err(Refusal(ApiError::new(
                code::IN_USE,
                format!("mailbox {address}"),
                format!("mailbox {address} still has {count} messages"),
                format!(
                    "keep them with `um message export {address} ID --to FILE.wav`, then run \
                     `um mailbox disable {address} --with-messages`"
                ),
            ))),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// The one mailbox of an address.
pub(super) fn find(store: &Store, address: &str) -> Result<Mailbox, Refusal> {
    let mut found = find_all(store, address)?;
    if found.len() > 1 {
        let places: Vec<String> = found.iter().map(MailboxRow::address).collect();
        return Err(Refusal(ApiError::new(
            code::AMBIGUOUS,
            format!("mailbox {address}"),
            format!("several dial plans have extension {address}: {}", places.join(", ")),
            "say which one: EXT@PLAN",
        )));
    }
    found.pop().ok_or_else(|| no_mailbox(address))
}

/// Every mailbox of an address: one, or one for each plan that has the extension; none is a refusal.
pub(super) fn find_all(store: &Store, address: &str) -> Result<Vec<Mailbox>, Refusal> {
    let found = store.mailboxes(&filter_of(address)?)?;
    if found.is_empty() { Err(no_mailbox(address)) } else { Ok(found) }
}

/// The mailboxes that an address means.
pub(super) fn filter_of(address: &str) -> Result<MailboxFilter, Refusal> {
    let parsed: MailboxAddress = address.parse().map_err(|error: admin_api::MailboxAddressError| {
        Refusal(ApiError::told(code::INVALID, format!("mailbox {address}"), &error.to_string()))
    })?;
    Ok(MailboxFilter { dial_plan: parsed.dial_plan, extension: Some(parsed.extension) })
}

fn no_mailbox(address: &str) -> Refusal {
    let (extension, plan) = address.split_once('@').unwrap_or((address, "PLAN"));
    Refusal(ApiError::new(
        code::NOT_FOUND,
        format!("mailbox {address}"),
        format!("there is no mailbox {address}"),
        format!(
            "run `um mailbox list` to see them, or `um mailbox enable {extension} --dialplan {plan} --name NAME`"
        ),
    ))
}

/// A mailbox as it is shown.
pub(super) fn row(store: &Store, mailbox: Mailbox) -> Result<MailboxRow, Refusal> {
    let counts = store.counts(mailbox.id)?;
    Ok(MailboxRow {
        address: MailboxRow::address(&mailbox),
        extension: mailbox.extension,
        dial_plan: mailbox.dial_plan,
        name: mailbox.name,
        email: mailbox.email,
        numbers: mailbox.numbers,
        policy: mailbox.policy,
        messages: counts.all().into(),
        unread: counts.new.into(),
        created: mailbox.created,
        recorded_name_seconds: mailbox.recorded_name.map(|length| length.as_secs_f64()),
        deleted_soon: None,
        pin: None,
    })
}

/// A new mailbox as the store takes it, judged against the site.
pub(super) fn checked<'a>(
    site: &'a Site,
    asked: &EnableMailbox,
) -> Result<(NewMailbox, &'a MailboxPolicy), Refusal> {
    let plan =
        site.dial_plan(&asked.dial_plan).ok_or_else(|| missing(ObjectKind::DialPlan, &asked.dial_plan))?;
    let extension = extension(&asked.extension)?;
    let (digits, wanted) = (extension.as_str().len(), usize::from(plan.extension_digits));
    if digits != wanted {
        return Err(Refusal(ApiError::new(
            "wrong-extension-length",
            format!("mailbox {extension}"),
            format!(
                "extension {extension} has {digits} digits, those of dial plan `{}` have {wanted}",
                plan.name
            ),
            format!("give an extension of {wanted} digits"),
        )));
    }
    let numbers = numbers(&asked.numbers)?;
    not_pilots(site, &asked.dial_plan, extension.as_str(), &numbers)?;
    let policy = match &asked.policy {
        Some(policy) => policy_of(site, &asked.dial_plan, policy)?,
        None => site.default_policy(&asked.dial_plan).ok_or_else(|| missing(ObjectKind::Policy, ""))?,
    };
    let new = NewMailbox {
        dial_plan: asked.dial_plan.clone(),
        extension,
        numbers,
        name: asked.name.clone(),
        email: asked.email.clone(),
        policy: policy.name.to_string(),
    };
    Ok((new, policy))
}

/// A number that an attendant answers would never reach the mailbox.
fn not_pilots(site: &Site, plan: &str, extension: &str, numbers: &[PhoneNumber]) -> Result<(), Refusal> {
    for number in std::iter::once(extension).chain(numbers.iter().map(PhoneNumber::as_str)) {
        if let Some(holder) = pilot_holder(site, plan, number) {
            return Err(Refusal(ApiError::new(
                code::ALREADY_EXISTS,
                format!("mailbox {extension}@{plan}"),
                format!("the number {number} is {holder}: its calls would never reach the mailbox"),
                "choose another number; `um attendant list` and `um dialplan show` tell which are taken",
            )));
        }
    }
    Ok(())
}

/// A policy that mailboxes of the plan may use.
pub(super) fn policy_of<'a>(site: &'a Site, plan: &str, policy: &str) -> Result<&'a MailboxPolicy, Refusal> {
    let found = site.policy(policy).ok_or_else(|| missing(ObjectKind::Policy, policy))?;
    if found.dial_plan.as_str() == plan {
        return Ok(found);
    }
    Err(Refusal(ApiError::new(
        "policy-of-another-plan",
        format!("policy {policy}"),
        format!("policy `{policy}` belongs to dial plan `{}`, the mailbox to `{plan}`", found.dial_plan),
        "run `um policy list` to see the policies of each plan",
    )))
}

pub(super) fn extension(text: &str) -> Result<Extension, Refusal> {
    Extension::parse(text).map_err(|error| {
        Refusal(ApiError::told(code::INVALID, format!("mailbox {text}"), &error.to_string()))
    })
}

fn numbers(texts: &[String]) -> Result<Vec<PhoneNumber>, Refusal> {
    texts
        .iter()
        .map(|text| {
            PhoneNumber::parse(text).map_err(|error| {
                Refusal(ApiError::told(code::INVALID, format!("number {text}"), &error.to_string()))
            })
        })
        .collect()
}

/// Names the mailbox in a refusal of the store.
fn about(dial_plan: &str, extension: &Extension, error: StoreError) -> Refusal {
    match error {
        StoreError::Mailbox(conflict) => Refusal(ApiError::told(
            conflict_code(&conflict),
            format!("mailbox {extension}@{dial_plan}"),
            &conflict.to_string(),
        )),
        other => other.into(),
    }
}
