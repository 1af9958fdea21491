//! The media session of a call (RFC 3264): offered, open, over.
use std::time::{Duration, Instant};

use srtp_media::{MediaCommandKind, MediaTotals, RecordingId};
use telephony::{AudioCodec, SrtpSuite};

use super::{
    hold::Hold,
    media_leg::{Addressed, MediaLeg},
};
use crate::{
    leases::{LeasePool, MediaLease},
    negotiation::{Agreement, OwnOffer},
};

/// How far the media of a call has come.
#[derive(Debug, Default)]
pub(super) enum Session {
    /// Nothing is agreed, and no offer of ours waits.
    #[default]
    Unopened,
    /// Our 200 offers, the ACK is to answer. The ports are taken, no worker knows of the session yet.
    Offered(Box<OwnOffer>),
    /// A worker has it.
    Open(Box<OpenSession>),
    /// It is closed or given up: nothing is said to its worker any more.
    Over(MediaSeen),
}

/// A session that a worker has.
#[derive(Debug)]
pub(super) struct OpenSession {
    pub(super) leg: MediaLeg,
    /// Our offer within the dialog, until the peer answers it.
    pub(super) own_offer: Option<OwnOffer>,
    hold: Option<Hold>,
}

/// What is known of a session once it is over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MediaSeen {
    /// What protected it last.
    pub(crate) suite: Option<SrtpSuite>,
    /// How it was coded last.
    pub(crate) codec: Option<AudioCodec>,
    /// What it has counted, once its worker has told.
    pub(crate) totals: Option<MediaTotals>,
}

impl Session {
    /// Agreed: its worker is to open it.
    pub(super) fn open(&mut self, agreement: Agreement, now: Instant) -> Addressed {
        let leg = MediaLeg::new(agreement);
        let command = leg.open();
        let hold = leg.is_held().then(|| Hold::begin(now));
        *self = Self::Open(Box::new(OpenSession { leg, own_offer: None, hold }));
        command
    }

    pub(super) fn leg(&self) -> Option<&MediaLeg> {
        self.opened().map(|open| &open.leg)
    }

    pub(super) fn leg_mut(&mut self) -> Option<&mut MediaLeg> {
        self.opened_mut().map(|open| &mut open.leg)
    }

    pub(super) fn opened(&self) -> Option<&OpenSession> {
        match self {
            Self::Open(open) => Some(open),
            Self::Unopened | Self::Offered(_) | Self::Over(_) => None,
        }
    }

    pub(super) fn opened_mut(&mut self) -> Option<&mut OpenSession> {
        match self {
            Self::Open(open) => Some(open),
            Self::Unopened | Self::Offered(_) | Self::Over(_) => None,
        }
    }

    /// Our offer in the 200, once.
    pub(super) fn take_first_offer(&mut self) -> Option<OwnOffer> {
        match std::mem::take(self) {
            Self::Offered(offer) => Some(*offer),
            other @ (Self::Unopened | Self::Open(_) | Self::Over(_)) => {
                *self = other;
                None
            }
        }
    }

    /// The ports that it has, also before they are used.
    pub(super) fn lease(&self) -> Option<MediaLease> {
        match self {
            Self::Offered(offer) => Some(offer.lease()),
            Self::Open(open) => Some(open.leg.lease()),
            Self::Unopened | Self::Over(_) => None,
        }
    }

    pub(super) fn recording(&self) -> Option<RecordingId> {
        self.leg().and_then(MediaLeg::recording)
    }

    /// The recording that is to be kept or thrown away, once.
    pub(super) fn take_recording(&mut self) -> Option<RecordingId> {
        self.leg_mut().and_then(MediaLeg::take_recording)
    }

    /// `None` if no worker has it.
    pub(super) fn command(&mut self, what: MediaCommandKind) -> Option<Addressed> {
        self.leg_mut().map(|leg| leg.command(what))
    }

    /// Closes once.
    pub(super) fn close(&mut self) -> Option<Addressed> {
        self.leg_mut().and_then(MediaLeg::close)
    }

    /// When the peer has held for too long.
    pub(super) fn held_until(&self) -> Option<Instant> {
        self.opened()?.hold.as_ref().map(Hold::until)
    }

    /// The time that has passed on hold since this was asked last.
    pub(super) fn held_meanwhile(&mut self, now: Instant) -> Duration {
        let hold = self.opened_mut().and_then(|open| open.hold.as_mut());
        hold.map_or(Duration::ZERO, |hold| hold.pass(now))
    }

    /// The call is over: no answer is waited for and nothing is on hold. Ports that no worker knows of go back.
    pub(super) fn withdraw(&mut self, leases: &mut LeasePool) {
        if let Some(offer) = self.take_first_offer() {
            leases.offer(offer.lease());
        }
        if let Some(open) = self.opened_mut() {
            open.own_offer = None;
            open.hold = None;
        }
    }

    /// The worker has closed it.
    pub(super) fn closed(&mut self, totals: MediaTotals) {
        let seen = MediaSeen { totals: Some(totals), ..self.seen() };
        *self = Self::Over(seen);
    }

    /// Its worker says nothing more, or is not waited for.
    pub(super) fn give_up(&mut self) {
        if self.opened().is_some() {
            *self = Self::Over(self.seen());
        }
    }

    pub(super) fn seen(&self) -> MediaSeen {
        match self {
            Self::Open(open) => {
                MediaSeen { suite: open.leg.suite(), codec: Some(open.leg.codec()), totals: None }
            }
            Self::Over(seen) => *seen,
            Self::Unopened | Self::Offered(_) => MediaSeen::default(),
        }
    }
}

impl OpenSession {
    /// The media was agreed on anew: the peer holds from now on, still holds, or does not.
    pub(super) fn update(&mut self, agreement: Agreement, now: Instant) -> Addressed {
        let command = self.leg.update(agreement);
        let hold = self.hold.take();
        self.hold = self.leg.is_held().then(|| hold.unwrap_or_else(|| Hold::begin(now)));
        command
    }
}
