use admin_api::{Done, MadePin, MailboxRow, PinFacts, SetPin, UnlockedMailbox};
use axum::body::Bytes;
use axum::extract::Path;
use jiff::Timestamp;
use storage::PinStatus;

use super::answer::{Answer, blocking, body};
use super::mailboxes::{find, policy_of};
use super::order::Order;
use super::pins;

/// `PUT /v1/mailboxes/EXT[@PLAN]/pin`
pub(super) async fn set(
    Order { desk, peer }: Order,
    Path(address): Path<String>,
    bytes: Bytes,
) -> Answer<Done> {
    let SetPin { pin } = body(&bytes)?;
    blocking(move || {
        let store = &desk.state.store;
        desk.state.site.while_unchanged(|site| {
            let mailbox = find(store, &address)?;
            let policy = policy_of(site, &mailbox.dial_plan, &mailbox.policy)?;
            let pin = pins::chosen_anew(&pin, policy, &mailbox, store)?;
            store.set_pin(mailbox.id, &pin, &peer.words(), Timestamp::now())?;
            Ok(Done {})
        })
    })
    .await
}

/// `POST /v1/mailboxes/EXT[@PLAN]/pin/reset`: a PIN is made and told once.
pub(super) async fn reset(Order { desk, peer }: Order, Path(address): Path<String>) -> Answer<MadePin> {
    blocking(move || {
        let store = &desk.state.store;
        desk.state.site.while_unchanged(|site| {
            let mailbox = find(store, &address)?;
            let policy = policy_of(site, &mailbox.dial_plan, &mailbox.policy)?;
            let (pin, told) = pins::made(&mut pins::generator()?, policy, &mailbox.extension);
            store.set_pin(mailbox.id, &pin, &peer.words(), Timestamp::now())?;
            Ok(MadePin { address: MailboxRow::address(&mailbox), pin: told })
        })
    })
    .await
}

/// `POST /v1/mailboxes/EXT[@PLAN]/unlock`
pub(super) async fn unlock(
    Order { desk, peer }: Order,
    Path(address): Path<String>,
) -> Answer<UnlockedMailbox> {
    blocking(move || {
        let store = &desk.state.store;
        let mailbox = find(store, &address)?;
        let pin = store.unlock(mailbox.id, &peer.words())?.map(facts);
        Ok(UnlockedMailbox { address: MailboxRow::address(&mailbox), pin })
    })
    .await
}

/// The PIN of a mailbox as it is shown.
pub(super) fn facts(status: PinStatus) -> PinFacts {
    let PinStatus { set_at, made, failures, locked_at, reset_at } = status;
    PinFacts { set: set_at, made, failures, locked: locked_at, reset: reset_at }
}
