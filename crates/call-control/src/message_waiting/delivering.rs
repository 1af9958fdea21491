//! Telling gateways that have not subscribed: one at a time, by priority and name, until one takes it.
use std::{net::SocketAddr, time::Instant};

use bytes::Bytes;
use mailbox::MailboxId;
use sip_signaling::{
    Aim, FlowId, Notification, PeerName, ResponseClass, StatusCode, SubscriptionState, TerminationCause,
    TransactionId, Transport,
};
use telephony::{Event, kind};

use super::{
    ANSWER_WITHIN, GIVE_UP_AFTER, LampAttempt, LampNotice, LampOutput, LampStanding, MAX_IN_FLIGHT,
    MessageWaiting, Moment, PACKAGE, RETRY_AFTER, TURN_EVERY, WAY_WITHIN,
    lamp::{Phase, Round},
    route::Candidate,
    summary::summary,
};
use crate::gateway_probe::GatewayState;

impl MessageWaiting {
    /// A way to the gateway of `attempt` is there.
    pub fn way_found(&mut self, attempt: LampAttempt, flow: FlowId, remote: SocketAddr, at: Moment) {
        let Some((id, round)) = self.under_way(attempt) else { return };
        let Some(candidate) = self.candidate(id, &round) else { return self.turn_down(attempt, at) };
        let Some(lamp) = self.lamps.get(&id) else { return };
        let extension = lamp.state.mailbox.extension.to_string();
        let account = format!("sip:{extension}@{}", self.fqdn);
        let notification = Notification {
            event: Bytes::from_static(PACKAGE.as_bytes()),
            state: SubscriptionState::terminated(None),
            body: Some(summary(&account, lamp.state.counts)),
        };
        let target = candidate.target(&extension, remote);
        let until = (at.now + ANSWER_WITHIN).min(round.began + GIVE_UP_AFTER);
        self.set_phase(id, Phase::Asking { attempt, until, round, transaction: None });
        let known =
            self.gateways.entry((candidate.gateway.clone(), candidate.transport.class())).or_default();
        known.aim = Aim::At(remote);
        let Candidate { gateway, transport, .. } = candidate;
        let notice = LampNotice { attempt, gateway, target, notification, flow, transport, remote };
        self.outputs.push_back(LampOutput::Notify(Box::new(notice)));
    }

    /// No way to the gateway of `attempt` was found, or nothing could be sent on it.
    pub fn no_way(&mut self, attempt: LampAttempt, reason: &str, at: Moment) {
        self.fail(attempt, reason, at);
    }

    /// The NOTIFY of `attempt` is out.
    pub fn sent(&mut self, attempt: LampAttempt, sent: TransactionId) {
        let Some(id) = self.attempts.get(&attempt) else { return };
        if let Some(Phase::Asking { transaction, .. }) = self.lamps.get_mut(id).map(|lamp| &mut lamp.phase) {
            *transaction = Some(sent);
        }
    }

    /// The gateway of `attempt` has answered: "a 2xx ends it, anything else tries the next".
    pub fn answered(&mut self, attempt: LampAttempt, status: StatusCode, at: Moment) {
        self.forget_transaction(attempt);
        if status.class() != ResponseClass::Success {
            let reason = format!("it answered {} {}", status.code(), status.reason_phrase());
            return self.fail(attempt, &reason, at);
        }
        let Some((id, round)) = self.under_way(attempt) else { return };
        let gateway = self.candidate(id, &round).map(|candidate| candidate.gateway);
        self.leave(id);
        if let (Some(lamp), Some(gateway)) = (self.lamps.get_mut(&id), gateway) {
            lamp.standing = LampStanding::Told { gateway, at: at.date };
        }
        self.report(id);
        self.start_turns(at);
    }

    /// No answer to the NOTIFY of `attempt` will come.
    pub fn unanswered(&mut self, attempt: LampAttempt, cause: TerminationCause, at: Moment) {
        let reason = match cause {
            TerminationCause::TransportFailed => "the connection was closed before its answer",
            TerminationCause::TimedOut
            | TerminationCause::Finished
            | TerminationCause::AckNeverArrived
            | TerminationCause::NeverAnswered => "it did not answer",
        };
        self.forget_transaction(attempt);
        self.fail(attempt, reason, at);
    }

    /// A change: told at once, before whatever waits.
    pub(super) fn begin(&mut self, id: MailboxId, at: Moment) {
        if let Some(Phase::Opening { round, .. }) = self.lamps.get_mut(&id).map(|lamp| &mut lamp.phase) {
            // What is told is looked up when the way is there.
            round.began = at.now;
            return self.report(id);
        }
        self.leave(id);
        if let Some(lamp) = self.lamps.get_mut(&id) {
            lamp.standing = LampStanding::Pending;
        }
        self.try_next(id, Round::new(at.now), at);
    }

    /// Told when its turn comes.
    pub(super) fn enqueue(&mut self, id: MailboxId, round: Round) {
        self.leave(id);
        if let Some(lamp) = self.lamps.get_mut(&id) {
            lamp.standing = LampStanding::Pending;
        }
        self.wait_for_turn(id, round);
        self.report(id);
    }

    /// As many turns as are due and may be under way.
    pub(super) fn start_turns(&mut self, at: Moment) {
        while self.attempts.len() < MAX_IN_FLIGHT
            && self.next_turn.is_none_or(|due| due <= at.now)
            && let Some((turn, id)) = self.queue.pop_first()
        {
            // Turns that were missed are not made up for.
            self.next_turn = Some(at.now + TURN_EVERY);
            let Some(lamp) = self.lamps.get_mut(&id) else { continue };
            match &lamp.phase {
                Phase::Queued { turn: own, round } if *own == turn => {
                    let round = round.clone();
                    lamp.phase = Phase::Resting;
                    self.try_next(id, round, at);
                }
                Phase::Queued { .. }
                | Phase::Resting
                | Phase::Opening { .. }
                | Phase::Asking { .. }
                | Phase::Pausing { .. } => {}
            }
        }
    }

    /// The deadline of a lamp has come; it stands in no timer any more.
    pub(super) fn lamp_due(&mut self, id: MailboxId, at: Moment) {
        let Some(phase) = self.lamps.get(&id).map(|lamp| lamp.phase.clone()) else { return };
        match phase {
            Phase::Resting | Phase::Queued { .. } => {}
            Phase::Opening { attempt, .. } => {
                let reason = format!("no way was found within {} s", WAY_WITHIN.as_secs());
                self.fail(attempt, &reason, at);
            }
            Phase::Asking { attempt, round, .. } => {
                if let Some(candidate) = self.candidate(id, &round) {
                    self.aim_behind(&candidate);
                }
                self.fail(attempt, "it did not answer", at);
            }
            Phase::Pausing { round, .. } if is_over(&round, at.now) => self.give_up(id, round, at),
            Phase::Pausing { round, .. } => self.wait_for_turn(id, round),
        }
    }

    /// A gateway is up that was not: what it could not be told, and what it may have forgotten while it was down, is told
    /// again in turn.
    pub(super) fn tell_returned(&mut self, gateway: &PeerName, before: GatewayState, at: Moment) {
        let missed: Vec<MailboxId> = self
            .lamps
            .iter()
            .filter(|(_, lamp)| {
                let route = self.routes.get(&lamp.state.mailbox.dial_plan);
                route.is_some_and(|route| route.candidates.iter().any(|other| other.gateway == *gateway))
            })
            .filter(|(_, lamp)| match (&lamp.phase, &lamp.standing) {
                (Phase::Pausing { .. }, _) | (_, LampStanding::Failed { .. }) => true,
                (_, LampStanding::Told { gateway: told, .. }) => {
                    told == gateway && before == GatewayState::Down
                }
                (_, LampStanding::Off | LampStanding::Pending) => false,
            })
            .map(|(id, _)| *id)
            .collect();
        for id in missed {
            self.enqueue(id, Round::new(at.now));
        }
        self.start_turns(at);
    }

    /// Takes a lamp out of whatever it is in. What is under way is neither repeated nor waited for: a NOTIFY that says
    /// what was true before must not come after one that says what is.
    pub(super) fn leave(&mut self, id: MailboxId) {
        let phase = self.set_phase(id, Phase::Resting);
        if let Some(attempt) = phase.attempt() {
            self.attempts.remove(&attempt);
        }
        match phase {
            Phase::Queued { turn, .. } => {
                self.queue.remove(&turn);
            }
            Phase::Asking { transaction: Some(transaction), .. } => {
                self.outputs.push_back(LampOutput::Abandon(transaction));
            }
            Phase::Resting | Phase::Opening { .. } | Phase::Asking { .. } | Phase::Pausing { .. } => {}
        }
    }

    /// The next candidate that is not known to be down.
    fn try_next(&mut self, id: MailboxId, mut round: Round, at: Moment) {
        let Some(lamp) = self.lamps.get(&id) else { return };
        let route = self.routes.get(&lamp.state.mailbox.dial_plan).cloned().unwrap_or_default();
        if !lamp.is_allowed || route.is_nobody() {
            if let Some(lamp) = self.lamps.get_mut(&id) {
                lamp.standing = LampStanding::Off;
            }
            return self.report(id);
        }
        while let Some(candidate) = route.candidates.get(round.place) {
            let key = (candidate.gateway.clone(), candidate.transport.class());
            let known = self.gateways.get(&key).copied().unwrap_or_default();
            if known.state != GatewayState::Down {
                let aim = match candidate.transport {
                    Transport::Udp => known.aim,
                    Transport::Tcp | Transport::Tls => Aim::First,
                };
                return self.open(id, candidate, aim, round, at);
            }
            round.reason = format!("gateway {} is down", candidate.gateway);
            round.place = round.place.saturating_add(1);
        }
        if let Some(missing) = route.missing.filter(|_| route.candidates.is_empty()) {
            round.reason = missing.to_owned();
        }
        self.pause(id, round, at);
    }

    fn open(&mut self, id: MailboxId, candidate: &Candidate, aim: Aim, round: Round, at: Moment) {
        self.last = self.last.saturating_add(1);
        let attempt = LampAttempt(self.last);
        self.attempts.insert(attempt, id);
        let until = (at.now + WAY_WITHIN).min(round.began + GIVE_UP_AFTER);
        self.set_phase(id, Phase::Opening { attempt, until, round });
        let (gateway, transport) = (candidate.gateway.clone(), candidate.transport);
        self.outputs.push_back(LampOutput::Open { attempt, gateway, transport, aim });
        self.report(id);
    }

    /// A candidate did not take it.
    fn fail(&mut self, attempt: LampAttempt, reason: &str, at: Moment) {
        let Some((id, mut round)) = self.under_way(attempt) else { return };
        let name = self.candidate(id, &round).map(|candidate| candidate.gateway);
        round.reason = match name {
            Some(gateway) => format!("gateway {gateway}: {reason}"),
            None => reason.to_owned(),
        };
        self.leave(id);
        round.place = round.place.saturating_add(1);
        match is_over(&round, at.now) {
            true => self.give_up(id, round, at),
            false => self.try_next(id, round, at),
        }
        self.start_turns(at);
    }

    /// The NOTIFY of an attempt is over: there is nothing to withdraw.
    fn forget_transaction(&mut self, attempt: LampAttempt) {
        let lamp = self.attempts.get(&attempt).and_then(|id| self.lamps.get_mut(id));
        if let Some(Phase::Asking { transaction, .. }) = lamp.map(|lamp| &mut lamp.phase) {
            *transaction = None;
        }
    }

    /// The gateway of an attempt is none of the candidates any more.
    fn turn_down(&mut self, attempt: LampAttempt, at: Moment) {
        self.fail(attempt, "it is not to be told any more", at);
    }

    fn pause(&mut self, id: MailboxId, mut round: Round, at: Moment) {
        if is_over(&round, at.now) {
            return self.give_up(id, round, at);
        }
        round.place = 0;
        let until = (at.now + RETRY_AFTER).min(round.began + GIVE_UP_AFTER);
        self.set_phase(id, Phase::Pausing { until, round });
        self.report(id);
    }

    /// Event 1344, unless somebody who subscribes has been told.
    fn give_up(&mut self, id: MailboxId, round: Round, at: Moment) {
        self.leave(id);
        let is_served = self.subscriptions.is_served(id, self.counts_of(id));
        let Some(lamp) = self.lamps.get_mut(&id) else { return };
        let mailbox = &lamp.state.mailbox;
        let event = Event::new(&kind::LAMP_FAILED)
            .with("extension", &mailbox.extension)
            .with("dial_plan", &mailbox.dial_plan)
            .with("reason", &round.reason);
        lamp.standing = LampStanding::Failed { reason: round.reason, at: at.date };
        if !is_served {
            self.outputs.extend(self.failures.admit(event, at.now).map(LampOutput::Event));
        }
        self.report(id);
    }

    fn wait_for_turn(&mut self, id: MailboxId, round: Round) {
        self.last = self.last.saturating_add(1);
        let turn = self.last;
        self.queue.insert(turn, id);
        self.set_phase(id, Phase::Queued { turn, round });
    }

    /// The lamp of an attempt that has not ended.
    fn under_way(&self, attempt: LampAttempt) -> Option<(MailboxId, Round)> {
        let id = *self.attempts.get(&attempt)?;
        match &self.lamps.get(&id)?.phase {
            Phase::Opening { attempt: own, round, .. } | Phase::Asking { attempt: own, round, .. } => {
                (*own == attempt).then(|| (id, round.clone()))
            }
            Phase::Resting | Phase::Queued { .. } | Phase::Pausing { .. } => None,
        }
    }

    fn candidate(&self, id: MailboxId, round: &Round) -> Option<Candidate> {
        let plan = &self.lamps.get(&id)?.state.mailbox.dial_plan;
        self.routes.get(plan)?.candidates.get(round.place).cloned()
    }

    /// Over UDP the next try goes to another address of the gateway.
    fn aim_behind(&mut self, candidate: &Candidate) {
        let key = (candidate.gateway.clone(), candidate.transport.class());
        if let Some(known) = self.gateways.get_mut(&key)
            && let Aim::At(address) = known.aim
        {
            known.aim = Aim::Behind(address);
        }
    }

    /// Puts a lamp into a phase, with its deadline; answers the one before.
    fn set_phase(&mut self, id: MailboxId, phase: Phase) -> Phase {
        let Some(lamp) = self.lamps.get_mut(&id) else { return Phase::Resting };
        let before = std::mem::replace(&mut lamp.phase, phase);
        let due = lamp.phase.deadline();
        if let Some(due) = before.deadline() {
            self.timers.remove(&(due, id));
        }
        if let Some(due) = due {
            self.timers.insert((due, id));
        }
        before
    }
}

fn is_over(round: &Round, now: Instant) -> bool {
    now >= round.began + GIVE_UP_AFTER
}
