//! How much a mailbox may hold: callers, senders and the administrator are told.
use std::sync::{Arc, Mutex};

use dial_plan::{DialPlan, MailboxPolicy, MailboxQuota, Name, Site, SiteChange};
use mailbox::{MailboxId, MailboxRoom, MessageState, StoreReplyKind, StoreRequestKind};
use telephony::AudioCodec;

use super::{
    ask, audio_files, draft, enable, leave_message, noon, open, options,
    sending::{send, to},
};
use crate::{Store, StoreOptions};

/// A site with the policy of the test mailboxes and this quota.
pub(super) fn site(quota: MailboxQuota) -> Site {
    let name = |text| Name::parse(text).unwrap();
    let plan = DialPlan::new(name("hq"), 4);
    let (site, _) = Site::empty().apply(&SiteChange::CreateDialPlan(plan)).unwrap();
    assert_eq!(site.policies().map(|policy| policy.name.as_str()).collect::<Vec<_>>(), ["hq Default Policy"]);
    let policy = MailboxPolicy { quota, ..MailboxPolicy::new(name("strict"), name("hq")) };
    let mut site = site.apply(&SiteChange::CreatePolicy(policy)).unwrap().0;
    site.revision = 1;
    site
}

pub(super) fn strict(store: &Store, extension: &str) -> MailboxId {
    let new = mailbox::NewMailbox { policy: "strict".into(), ..super::new_mailbox(extension, &[]) };
    store.enable_mailbox(&new, None, noon()).unwrap().id
}

fn looked_up(store: &Store) -> MailboxRoom {
    let candidates = vec!["4001".into()];
    let what = StoreRequestKind::FindMailbox { dial_plan: "hq".into(), candidates, at: noon() };
    match ask(store, what).unwrap() {
        StoreReplyKind::Mailbox(Some(found)) => found.room,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mailbox_fills_up_and_has_room_again_when_its_owner_deletes() {
    let folder = tempfile::tempdir().unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let telling = Arc::clone(&told);
    let on_event = Arc::new(move |event: telephony::Event| telling.lock().unwrap().push(event));
    let (store, _) = Store::open(folder.path(), StoreOptions { on_event, ..options() }).unwrap();
    store
        .save_site(
            &site(MailboxQuota { max_messages: 3, warning_percent: 60, ..MailboxQuota::default() }),
            "root",
            "new",
            noon(),
        )
        .unwrap();
    let ada = strict(&store, "4001");

    let first = leave_message(&store, 1, ada);
    assert_eq!(looked_up(&store), MailboxRoom::Some);
    leave_message(&store, 2, ada);
    assert_eq!(looked_up(&store), MailboxRoom::Little);
    leave_message(&store, 3, ada);
    assert_eq!((looked_up(&store), store.room(ada).unwrap()), (MailboxRoom::Full, MailboxRoom::Full));
    // What a caller has already spoken is never refused.
    leave_message(&store, 4, ada);
    store.mark_message(ada, first, MessageState::Deleted, noon()).unwrap();
    assert_eq!(looked_up(&store), MailboxRoom::Full);
    let second = store.messages(ada).unwrap()[0].id;
    store.mark_message(ada, second, MessageState::Deleted, noon()).unwrap();
    assert_eq!(looked_up(&store), MailboxRoom::Little);

    store.shutdown();
    let told = told.lock().unwrap();
    let facts = [("extension", "4001"), ("dial_plan", "hq"), ("policy", "strict")];
    assert_eq!(told[0].fields, facts.map(|(name, value)| (name, value.to_owned())));
    assert_eq!([told[0].kind.id, told[1].kind.id, told.len().try_into().unwrap()], [2054, 1080, 2]);
}

#[test]
fn a_full_mailbox_takes_no_message_of_a_subscriber() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store
        .save_site(&site(MailboxQuota { max_messages: 1, ..MailboxQuota::default() }), "root", "new", noon())
        .unwrap();
    let (ada, grace) = (strict(&store, "4001"), enable(&store, "4002").id);
    let reply = |recording| draft(&store, recording, grace, (AudioCodec::Pcmu, &[5; 800]));

    assert_eq!(send(&store, Some(reply(1)), &to(grace, ada)), Ok(true));
    assert_eq!(send(&store, Some(reply(2)), &to(grace, ada)), Ok(false));

    assert_eq!((store.messages(ada).unwrap().len(), audio_files(&store)), (1, 1));
}

#[test]
fn a_quota_is_in_force_with_its_site_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ada = strict(&store, "4001");
    leave_message(&store, 1, ada);
    assert_eq!(looked_up(&store), MailboxRoom::Some);

    store
        .save_site(&site(MailboxQuota { max_messages: 1, ..MailboxQuota::default() }), "root", "new", noon())
        .unwrap();
    assert_eq!(looked_up(&store), MailboxRoom::Full);
    store.shutdown();

    assert_eq!(looked_up(&open(folder.path())), MailboxRoom::Full);
}
