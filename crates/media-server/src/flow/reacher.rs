//! Finds the connection on which something of ours reaches a gateway: an open one, else a new one, one at a time for each
//! gateway (security-modes 2a).
use std::{collections::HashMap, net::SocketAddr, sync::Arc};

use call_control::Input;
use sip_signaling::{FlowId, FlowOrder, FlowTicket, PeerName, Transport};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    dialing::Dialer,
    limits::{LONGEST_REACHING, MAX_REACHING},
};
use crate::{core::Inbox, observe::Watched};

/// Takes orders; cloned freely.
#[derive(Clone)]
pub struct Reacher {
    orders: mpsc::Sender<FlowOrder>,
}

/// What one connection is made for.
type Goal = (PeerName, Transport);
/// A connection and its other end, or why there is none.
type Reached = Result<(FlowId, SocketAddr), String>;

struct Reaching {
    dialer: Arc<Dialer>,
    inbox: Inbox,
    waiting: HashMap<Goal, Vec<FlowTicket>>,
    dialing: JoinSet<(Goal, Reached)>,
}

impl Reacher {
    /// Answers orders through `inbox` until it is dropped with all its clones.
    pub fn start(dialer: Dialer, inbox: Inbox, watched: Watched) -> (Self, JoinHandle<()>) {
        let (orders, taken) = mpsc::channel(MAX_REACHING);
        let reaching =
            Reaching { dialer: Arc::new(dialer), inbox, waiting: HashMap::new(), dialing: JoinSet::new() };
        let running = async move {
            let _watched = watched;
            reaching.run(taken).await;
        };
        (Self { orders }, tokio::spawn(running))
    }

    /// Takes an order; what it answers at once, because there are too many, is for the core.
    #[must_use]
    pub fn order(&self, order: FlowOrder) -> Option<Input> {
        let ticket = order.ticket;
        self.orders.try_send(order).err()?;
        Some(Input::FlowFailed { ticket, reason: busy() })
    }
}

impl Reaching {
    async fn run(mut self, mut orders: mpsc::Receiver<FlowOrder>) {
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(order) => self.take(order).await,
                    None => return,
                },
                Some(done) = self.dialing.join_next() => match done {
                    Ok((goal, reached)) => self.tell(&goal, &reached).await,
                    // Its goal is lost with it: nobody waits for ever.
                    Err(_) => self.tell_all("a fault in the program ended the attempt").await,
                },
            }
        }
    }

    async fn take(&mut self, order: FlowOrder) {
        let Some(gateway) = order.peers.first().cloned() else {
            return self.answer(order.ticket, &Err("the call belongs to no gateway".to_owned())).await;
        };
        if let Some(found) = self.dialer.find_open(&gateway, &order) {
            return self.answer(order.ticket, &Ok(found)).await;
        }
        if self.waiting.values().map(Vec::len).sum::<usize>() >= MAX_REACHING {
            return self.answer(order.ticket, &Err(busy())).await;
        }
        let goal = (gateway, order.transport);
        let tickets = self.waiting.entry(goal.clone()).or_default();
        tickets.push(order.ticket);
        if tickets.len() == 1 {
            let dialer = Arc::clone(&self.dialer);
            self.dialing.spawn(async move {
                let reached = timeout(LONGEST_REACHING, dialer.dial(&goal.0, &order)).await;
                let too_long = || Err(format!("no connection within {} s", LONGEST_REACHING.as_secs()));
                (goal, reached.unwrap_or_else(|_| too_long()))
            });
        }
    }

    async fn tell(&mut self, goal: &Goal, reached: &Reached) {
        for ticket in self.waiting.remove(goal).unwrap_or_default() {
            self.answer(ticket, reached).await;
        }
    }

    async fn tell_all(&mut self, reason: &str) {
        let goals: Vec<Goal> = self.waiting.keys().cloned().collect();
        for goal in goals {
            self.tell(&goal, &Err(reason.to_owned())).await;
        }
    }

    async fn answer(&self, ticket: FlowTicket, reached: &Reached) {
        let input = match reached {
            Ok((flow, remote)) => Input::FlowOpened { ticket, flow: *flow, remote: *remote },
            Err(reason) => Input::FlowFailed { ticket, reason: reason.clone() },
        };
        // A core that is gone needs no way.
        let _ = self.inbox.send(input).await;
    }
}

fn busy() -> String {
    format!("{MAX_REACHING} others wait for connections")
}
