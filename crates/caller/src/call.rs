use std::{io, time::Duration};

use anyhow::{Context, bail, ensure};
use rsip::{Method, Request, Response, SipMessage, prelude::HasHeaders};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};

use crate::{
    CallOutcome, CallPlan, Departure, EndedBy, Reception, Transport, Unreached,
    dialog::{Dialog, answer, answered_method, header_text, read_message, reason_phrase},
    ear::Ear,
    mouth::{FRAME_TIME, Mouth},
    offer::{MediaAnswer, write_offer},
    rtp_socket::RtpSocket,
    srtp::{CryptoLine, Protection, crypto_lines, log_keys},
    wire::Wire,
};

/// Places one call and tells what became of it.
///
/// # Errors
/// Nothing answered within the plan's deadline, the connection failed before the final answer, or the server wrote
/// something that a foreign implementation cannot read. A refusal is an outcome, not an error.
pub async fn place_call(plan: CallPlan) -> anyhow::Result<CallOutcome> {
    let opening = Wire::open(&plan);
    let wire = timeout(plan.deadline, opening).await;
    let wire = wire.context(Unreached::ConnectionInTime(plan.target))??;
    talk(plan, wire).await
}

/// The same from a socket that was bound before; the plan names no trunk.
///
/// # Errors
/// As [`place_call`].
pub async fn place_call_from(departure: Departure, plan: CallPlan) -> anyhow::Result<CallOutcome> {
    let wire = timeout(plan.deadline, departure.open(&plan)).await;
    let wire = wire.context(Unreached::ConnectionInTime(plan.target))??;
    talk(plan, wire).await
}

async fn talk(plan: CallPlan, wire: Wire) -> anyhow::Result<CallOutcome> {
    let mut call = Call::begin(plan, wire)?;
    let asked = Instant::now();
    let (final_answer, response) = call.invite().await?;
    let mut outcome = CallOutcome {
        status: response.status_code.code(),
        phrase: reason_phrase(&final_answer),
        reason: header_text(response.headers(), "Reason"),
        warning: header_text(response.headers(), "Warning"),
        answer_profile: None,
        suite: None,
        tls_version: call.wire.tls().map(|tls| tls.version),
        tls: call.wire.tls().cloned(),
        answered_in: asked.elapsed(),
        takes_keys: false,
        heard: Vec::new(),
        heard_tone: false,
        packets_heard: 0,
        reception: Reception::default(),
        reports_heard: 0,
        packets_unauthentic: 0,
        spoke_from: None,
        spoken: Duration::ZERO,
        ended_by: EndedBy::Refusal,
        request_octets: call.request_octets,
        final_answer,
    };
    if outcome.status >= 300 {
        let ack = call.dialog.acknowledge_refusal(&response)?;
        // The server may have closed the connection with its refusal.
        call.wire.send(&ack).await.ok();
        return Ok(outcome);
    }
    call.dialog.establish(&response)?;
    call.acknowledge().await?;
    let media = match call.take_answer(&response.body) {
        Ok(media) => media,
        Err(error) => {
            call.hang_up().await?;
            return Err(error);
        }
    };
    let mut conversation = Conversation { mouth: Mouth::new(&call.plan), ear: Ear::default(), media };
    outcome.ended_by = call.converse(&mut conversation).await?;
    outcome.reason = call.bye_reason.or(outcome.reason);
    outcome.takes_keys = conversation.media.telephone_event.is_some();
    outcome.answer_profile = Some(conversation.media.profile);
    outcome.suite = conversation.media.crypto.map(|line| line.key.suite().name().to_owned());
    outcome.reports_heard = call.rtp.reports();
    outcome.packets_unauthentic = call.rtp.unauthentic();
    outcome.spoke_from = call.spoke_from;
    outcome.spoken = conversation.mouth.spoken();
    outcome.heard_tone = conversation.ear.heard_tone();
    outcome.packets_heard = conversation.ear.packets();
    outcome.reception = conversation.ear.reception();
    outcome.heard = conversation.ear.into_heard();
    Ok(outcome)
}

struct Call {
    bye_reason: Option<String>,
    deadline: Instant,
    dialog: Dialog,
    offered: Vec<CryptoLine>,
    plan: CallPlan,
    request_octets: usize,
    rtp: RtpSocket,
    spoke_from: Option<std::time::Instant>,
    wire: Wire,
}

struct Conversation {
    mouth: Mouth,
    ear: Ear,
    media: MediaAnswer,
}

impl Call {
    fn begin(plan: CallPlan, mut wire: Wire) -> anyhow::Result<Self> {
        let deadline = Instant::now() + plan.deadline;
        let rtp = RtpSocket::bind(plan.local_ip)?;
        let dialog = Dialog::new(&plan, wire.local_addr());
        wire.take_messages_of(dialog.call_id());
        Ok(Self {
            bye_reason: None,
            deadline,
            dialog,
            offered: Vec::new(),
            plan,
            request_octets: 0,
            rtp,
            spoke_from: None,
            wire,
        })
    }

    /// Sends the INVITE, again over UDP until something answers (RFC 3261 17.1.1.2), and waits for the final answer.
    async fn invite(&mut self) -> anyhow::Result<(Vec<u8>, Response)> {
        let offer = write_offer(&self.plan.media, self.rtp.local_addr()?)?;
        self.offered = crypto_lines(&offer);
        if let Some(file) = &self.plan.key_log {
            log_keys(file, &self.offered)?;
        }
        let invite = self.dialog.invite(&offer)?;
        self.request_octets = invite.len();
        self.wire.send(&invite).await.context("cannot send the INVITE")?;
        let mut again = Retransmission::new(self.plan.transport);
        loop {
            match timeout_at(again.due.min(self.deadline), self.wire.receive()).await {
                Ok(received) => {
                    let bytes = self.received(received)?.context("the server closed the connection")?;
                    match read_message(&bytes)? {
                        SipMessage::Response(response) if response.status_code.code() >= 200 => {
                            return Ok((bytes, response));
                        }
                        SipMessage::Response(_) => again.stop(),
                        SipMessage::Request(request) => self.wire.send(&answer(&request, 481)).await?,
                    }
                }
                Err(_) if Instant::now() >= self.deadline => {
                    bail!(Unreached::Answer(self.plan.target, self.plan.deadline))
                }
                Err(_) => {
                    self.wire.send(&invite).await.context("cannot send the INVITE again")?;
                    again.back_off();
                }
            }
        }
    }

    /// Reads the answer and, if it says so, protects the media from here on.
    fn take_answer(&mut self, body: &[u8]) -> anyhow::Result<MediaAnswer> {
        let media = MediaAnswer::read(body)?;
        let Some(theirs) = &media.crypto else {
            ensure!(!media.profile.contains("SAVP"), "the server answered {} without a key", media.profile);
            return Ok(media);
        };
        let ours = self.offered.iter().find(|line| line.tag == theirs.tag);
        let ours = ours.filter(|ours| ours.key.suite() == theirs.key.suite());
        let ours = ours.context("the server answered with a key line that was not offered")?;
        if let Some(file) = &self.plan.key_log {
            log_keys(file, [theirs])?;
        }
        self.rtp.protect(Protection::new(&ours.key, &theirs.key)?);
        Ok(media)
    }

    async fn acknowledge(&mut self) -> anyhow::Result<()> {
        let ack = self.dialog.acknowledge()?;
        self.wire.send(&ack).await.context("cannot send the ACK")
    }

    /// Speaks and listens until one side hangs up.
    async fn converse(&mut self, conversation: &mut Conversation) -> anyhow::Result<EndedBy> {
        let Conversation { mouth, ear, media } = conversation;
        let mut tick = interval(FRAME_TIME);
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            tokio::select! {
                received = self.wire.receive() => match self.received(received)? {
                    None => return Ok(EndedBy::ConnectionLost),
                    Some(bytes) => if self.take_message(&bytes).await? { return Ok(EndedBy::Server) },
                },
                datagram = self.rtp.receive() => {
                    // A refused send of ours comes back as an error of the next receive.
                    if let Ok(datagram) = datagram { ear.hear(&datagram, media, std::time::Instant::now()) }
                }
                now = tick.tick() => {
                    let Some(sound) = mouth.next_sound(ear.tone_is_over(now.into_std())) else {
                        let is_answered = self.hang_up().await?;
                        return Ok(if is_answered { EndedBy::Caller } else { EndedBy::ByeUnanswered });
                    };
                    if now >= self.deadline {
                        return self.hang_up().await.map(|_| EndedBy::Deadline);
                    }
                    if self.spoke_from.is_none() && !mouth.spoken().is_zero() {
                        self.spoke_from = Some(now.into_std());
                    }
                    self.rtp.send(&sound, media).await?;
                }
            }
        }
    }

    /// Takes a message inside the call; `true` if it ended the call.
    async fn take_message(&mut self, bytes: &[u8]) -> anyhow::Result<bool> {
        let message = read_message(bytes)?;
        if !self.dialog.owns(&message) {
            return Ok(false);
        }
        match message {
            SipMessage::Response(response) if answered_method(&response) == Some(Method::Invite) => {
                self.acknowledge().await?;
                Ok(false)
            }
            SipMessage::Response(_) => Ok(false),
            SipMessage::Request(request) => self.take_request(&request).await,
        }
    }

    async fn take_request(&mut self, request: &Request) -> anyhow::Result<bool> {
        let status = match request.method {
            Method::Ack => return Ok(false),
            Method::Bye | Method::Info | Method::Notify | Method::Options => 200,
            Method::Invite | Method::Update => 488,
            _ => 501,
        };
        self.wire.send(&answer(request, status)).await.context("cannot answer the server's request")?;
        if request.method == Method::Bye {
            self.bye_reason = header_text(request.headers(), "Reason");
        }
        Ok(request.method == Method::Bye)
    }

    /// Sends BYE and waits for its answer, five seconds at most; `false` if none came.
    async fn hang_up(&mut self) -> anyhow::Result<bool> {
        let bye = self.dialog.bye()?;
        let deadline = Instant::now() + BYE_PATIENCE;
        let mut again = Retransmission::new(self.plan.transport);
        self.wire.send(&bye).await.context("cannot send BYE")?;
        loop {
            match timeout_at(again.due.min(deadline), self.wire.receive()).await {
                Ok(received) => {
                    let bytes =
                        self.received(received)?.context("the connection closed before BYE was answered")?;
                    let message = read_message(&bytes)?;
                    if let SipMessage::Response(response) = &message
                        && answered_method(response) == Some(Method::Bye)
                        && response.status_code.code() >= 200
                    {
                        ensure!(
                            response.status_code.code() < 300,
                            "BYE was answered {}",
                            response.status_code
                        );
                        return Ok(true);
                    }
                    // Both may hang up at once: the server's BYE is answered, and ours still waited for.
                    self.take_message(&bytes).await?;
                }
                Err(_) if Instant::now() >= deadline => return Ok(false),
                Err(_) => {
                    self.wire.send(&bye).await.context("cannot send BYE again")?;
                    again.back_off();
                }
            }
        }
    }

    fn received(&self, received: io::Result<Option<Vec<u8>>>) -> anyhow::Result<Option<Vec<u8>>> {
        received.with_context(|| format!("nothing answers at {} any more", self.plan.target))
    }
}

/// When a request over UDP is due again: after T1, then at doubling intervals of at most T2.
struct Retransmission {
    due: Instant,
    interval: Duration,
}

impl Retransmission {
    fn new(transport: Transport) -> Self {
        let interval = match transport {
            Transport::Udp => T1,
            Transport::Tcp | Transport::Tls => NEVER,
        };
        Self { due: Instant::now() + interval, interval }
    }

    fn back_off(&mut self) {
        self.interval = (self.interval * 2).min(T2);
        self.due = Instant::now() + self.interval;
    }

    fn stop(&mut self) {
        self.due = Instant::now() + NEVER;
    }
}

const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
const NEVER: Duration = Duration::from_secs(86_400);
const BYE_PATIENCE: Duration = Duration::from_secs(5);
