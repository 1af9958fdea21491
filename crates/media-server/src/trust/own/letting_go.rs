//! Closes connections that were made under a certificate that is shown no more, or not to this gateway: the idle ones soon,
//! the busy ones after their last call, all before that certificate ends. Running calls find another connection (security-modes 2a).
use std::{collections::BTreeSet, sync::Arc, time::Duration};

use call_control::{Input, PeerIdentity};
use cert_manager::CertificateFacts;
use jiff::{SignedDuration, Timestamp};
use sip_signaling::FlowId;
use telephony::{Event, kind};
use tokio::{sync::watch, time::timeout};

use super::Presenting;
use crate::{
    core::Inbox,
    flow::{FlowTable, OpenedBy, Peering},
    observe::Observer,
};

/// Between two rounds.
const ROUND: Duration = Duration::from_secs(1);
/// Connections that are let go in one round, so that not all peers come back at once: 1,024 take 32 seconds.
const IN_ONE_ROUND: usize = 32;
/// This long before the certificate of a busy connection ends it is closed all the same.
const BEFORE_THE_END: SignedDuration = SignedDuration::from_secs(60);

/// A connection and the certificate that its peer was shown.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Made {
    flow: FlowId,
    not_after: Timestamp,
    standing: Shown,
}

/// Whether a new connection with the peer would be made under the same certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Shown {
    Still,
    NoMore,
}

/// What is done in one round.
#[derive(Debug, Default, Eq, PartialEq)]
struct Round {
    /// These serve their calls, and close after the last one.
    let_go: Vec<FlowId>,
    /// These close now.
    close: Vec<FlowId>,
}

/// Those that were let go already.
#[derive(Debug, Default)]
struct LetGo(BTreeSet<FlowId>);

/// Looks after each swap until all are let go, and now and then; until the core is gone.
pub async fn let_go(
    presenting: Presenting,
    mut swaps: watch::Receiver<()>,
    flows: Arc<FlowTable>,
    inbox: Inbox,
    observer: Observer,
) {
    let mut done = LetGo::default();
    loop {
        let open: Vec<Made> = flows
            .peerings()
            .into_iter()
            .filter_map(|(flow, peering)| {
                let facts = peering.presented.as_ref()?;
                let standing = standing(&presenting, &peering, facts, &inbox);
                Some(Made { flow, not_after: facts.not_after, standing })
            })
            .collect();
        let round = done.round(&open, Timestamp::now());
        if !round.let_go.is_empty() {
            observer.tell(Event::new(&kind::CONNECTIONS_LET_GO).with("connections", round.let_go.len()));
        }
        for flow in &round.let_go {
            if inbox.send(Input::FlowWithdrawn(*flow)).await.is_gone() {
                return;
            }
        }
        round.close.iter().for_each(|flow| flows.close(*flow));
        let is_under_way = !done.0.is_empty() || !round.let_go.is_empty();
        let wait = if is_under_way { ROUND } else { ROUND * 10 };
        if let Ok(Err(_)) = timeout(wait, swaps.changed()).await {
            return;
        }
    }
}

/// By what is shown at all, and by the binding of the one gateway that the peer is.
fn standing(presenting: &Presenting, peering: &Peering, shown: &CertificateFacts, inbox: &Inbox) -> Shown {
    let fits = presenting.shows(&shown.sha256)
        && match peering.opened_by {
            OpenedBy::Us => match peering.identity() {
                PeerIdentity::Certificate(certified) => {
                    presenting.suits_dialing(&certified.peers, &shown.sha256)
                }
                PeerIdentity::Address => true,
            },
            OpenedBy::Peer => {
                presenting.suits_arrival(&inbox.gateways_at(peering.remote.ip()), &shown.sha256)
            }
        };
    if fits { Shown::Still } else { Shown::NoMore }
}

impl LetGo {
    fn round(&mut self, open: &[Made], now: Timestamp) -> Round {
        self.0.retain(|flow| open.iter().any(|made| made.flow == *flow));
        let mut round = Round::default();
        for made in open.iter().filter(|made| made.standing == Shown::NoMore) {
            let is_near = made.not_after.duration_since(now) <= BEFORE_THE_END;
            if is_near {
                round.close.push(made.flow);
            } else if round.let_go.len() < IN_ONE_ROUND && self.0.insert(made.flow) {
                round.let_go.push(made.flow);
            }
        }
        round
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn made(flow: u64, word: &str, not_after: &str) -> Made {
        let standing = if word == "new" { Shown::Still } else { Shown::NoMore };
        Made { flow: FlowId(flow), not_after: not_after.parse().unwrap(), standing }
    }

    fn round(done: &mut LetGo, open: &[Made]) -> Round {
        done.round(open, NOW.parse().unwrap())
    }

    #[test]
    fn connection_under_an_earlier_certificate_is_let_go_once() {
        let mut done = LetGo::default();
        let open = [made(1, "old", "2027-01-01T00:00:00Z"), made(2, "new", "2027-01-01T00:00:00Z")];

        let first = round(&mut done, &open);
        let second = round(&mut done, &open);

        assert_eq!(first, Round { let_go: vec![FlowId(1)], close: Vec::new() });
        assert_eq!(second, Round::default());
    }

    #[test]
    fn busy_connection_closes_a_minute_before_its_certificate_ends() {
        let mut done = LetGo::default();

        let earlier = round(&mut done, &[made(1, "old", "2026-11-22T12:01:01Z")]);
        let then = round(&mut done, &[made(1, "old", "2026-11-22T12:01:00Z")]);
        let shown_still = round(&mut done, &[made(1, "new", "2026-11-22T12:00:30Z")]);

        assert_eq!(earlier, Round { let_go: vec![FlowId(1)], close: Vec::new() });
        assert_eq!(then, Round { let_go: Vec::new(), close: vec![FlowId(1)] });
        assert_eq!(shown_still, Round::default());
    }

    #[test]
    fn as_many_connections_as_there_may_be_are_let_go_within_a_minute() {
        let mut done = LetGo::default();
        let open: Vec<Made> = (0..1_024).map(|flow| made(flow, "old", "2027-01-01T00:00:00Z")).collect();

        let rounds = (1..).find(|_| round(&mut done, &open).let_go.len() < IN_ONE_ROUND).unwrap();

        assert_eq!(done.0.len(), 1_024);
        assert_eq!(rounds, 33, "one a second");
    }
}
