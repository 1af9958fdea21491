//! Whether calls may be sent here, check by check.
use admin_api::ServerState;
use jiff::Timestamp;
use mailbox::DiskState;
use serde::Serialize;

use super::readings::StoreAnswer;
use crate::{
    admin::AdminState,
    trust::{Arrival, CertificateKeeper},
};

/// One thing that must be so.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Check {
    check: &'static str,
    passes: bool,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
}

impl Check {
    fn new(check: &'static str, fault: Option<(String, &'static str)>) -> Self {
        let passes = fault.is_none();
        let (reason, remedy) = fault.unzip();
        Self { check, passes, reason, remedy }
    }

    /// Its word in metrics and JSON.
    pub(super) fn name(&self) -> &'static str {
        self.check
    }

    pub(super) fn passes(&self) -> bool {
        self.passes
    }

    /// Its word, what is wrong and what mends it.
    pub(super) fn into_fault(self) -> Option<(&'static str, String, &'static str)> {
        Some((self.check, self.reason?, self.remedy?))
    }

    /// The database answers.
    pub(super) fn store(answer: &StoreAnswer) -> Self {
        let remedy =
            "look at the disk under `data_dir` and at the log; `um events` tells what the disk has cost";
        let fault = answer.totals.as_ref().err();
        Self::new("store", fault.map(|reason| (format!("the database gives no answer: {reason}"), remedy)))
    }

    fn state(state: ServerState) -> Self {
        let fault = match state {
            ServerState::Ready => None,
            ServerState::Starting => Some(("the server is starting", "wait a moment")),
            ServerState::Draining => {
                Some(("the server is stopping and takes no new calls", "route calls to another server"))
            }
        };
        Self::new("state", fault.map(|(reason, remedy)| (reason.to_owned(), remedy)))
    }

    fn listeners(listen: &[String]) -> Self {
        let fault = ("no port of SIP is open".to_owned(), "look at [sip] in um.toml and at the log");
        Self::new("listeners", listen.is_empty().then_some(fault))
    }

    fn disk(state: DiskState) -> Self {
        let remedy = "free space under `data_dir`, or delete messages with `um message delete`";
        let fault = match state {
            DiskState::Ample => None,
            DiskState::Low => Some("the disk is below [server] disk_soft: callers can leave no message"),
            DiskState::Full => Some("the disk is below [server] disk_floor: calls to mailboxes are refused"),
        };
        Self::new("disk", fault.map(|reason| (reason.to_owned(), remedy)))
    }

    /// Without TLS there is none to show.
    fn certificate(keeper: Option<&CertificateKeeper>, now: Timestamp) -> Self {
        let remedy = "run `um cert explain`, and bring a certificate with `um cert import FILE`";
        let shown = keeper.map(|keeper| keeper.presenting().inbound(&Arrival::default()));
        let fault = match shown {
            None => None,
            Some(Err(missing)) => Some(missing.reason),
            Some(Ok(identity)) => {
                let facts = identity.facts();
                let is_valid = facts.not_before <= now && now <= facts.not_after;
                (!is_valid).then(|| {
                    let (from, to) = (facts.not_before, facts.not_after);
                    format!("the certificate of {} is valid from {from} to {to} only", facts.subject)
                })
            }
        };
        Self::new("certificate", fault.map(|reason| (reason, remedy)))
    }
}

/// Each check of `/readyz`, in its order.
pub(super) fn checks(state: &AdminState, answer: &StoreAnswer) -> [Check; 5] {
    let (is, _, sip) = state.board.state();
    [
        Check::state(is),
        Check::listeners(&sip.listen),
        Check::store(answer),
        Check::disk(state.board.disk()),
        Check::certificate(state.trust.expiry.keeper.as_deref(), Timestamp::now()),
    ]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use storage::StoreTotals;

    use super::*;

    fn answer(totals: Result<StoreTotals, String>) -> StoreAnswer {
        StoreAnswer { totals, disk: None, took: Duration::ZERO }
    }

    #[test]
    fn each_check_fails_for_its_reason_and_names_the_remedy() {
        let silent = answer(Err("no answer within 2 s".to_owned()));
        let checks = [
            (Check::state(ServerState::Ready), Check::state(ServerState::Draining), "is stopping"),
            (Check::state(ServerState::Ready), Check::state(ServerState::Starting), "is starting"),
            (Check::listeners(&["127.0.0.1:5060".to_owned()]), Check::listeners(&[]), "no port of SIP"),
            (
                Check::store(&answer(Ok(StoreTotals::default()))),
                Check::store(&silent),
                "no answer within 2 s",
            ),
            (Check::disk(DiskState::Ample), Check::disk(DiskState::Low), "disk_soft"),
            (Check::disk(DiskState::Ample), Check::disk(DiskState::Full), "disk_floor"),
        ];
        for (good, bad, reason) in checks {
            assert_eq!((good.passes, &good.reason, good.remedy), (true, &None, None), "{good:?}");
            assert_eq!((bad.passes, bad.check), (false, good.check), "{bad:?}");
            assert!(bad.reason.as_deref().unwrap().contains(reason), "{bad:?}");
            assert!(bad.remedy.is_some_and(|remedy| !remedy.is_empty()), "{bad:?}");
        }
    }

    #[test]
    fn server_without_tls_needs_no_certificate() {
        assert!(Check::certificate(None, Timestamp::now()).passes);
    }

    #[test]
    fn check_that_passes_is_two_words_of_json_and_one_that_fails_says_why() {
        let json = |check: &Check| serde_json::to_string(check).unwrap();

        assert_eq!(json(&Check::disk(DiskState::Ample)), r#"{"check":"disk","passes":true}"#);
        assert_eq!(
            json(&Check::listeners(&[])),
            r#"{"check":"listeners","passes":false,"reason":"no port of SIP is open","remedy":"look at [sip] in um.toml and at the log"}"#
        );
    }
}
