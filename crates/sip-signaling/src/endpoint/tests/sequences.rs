use proptest::prelude::*;

use super::*;

/// A step of the peer, the user, or the clock.
#[derive(Clone, Copy, Debug)]
enum Step {
    Invite(u8),
    Request(u8, &'static str),
    Cancel(u8),
    Accept,
    Refuse,
    RespondToAll,
    Bye,
    Ask,
    Refer,
    Subscribe(u8),
    TellSubscribers,
    AnswerOurs,
    Wait(u16),
    CloseFlow,
    FindWay,
    FindNoWay,
}

fn step() -> impl Strategy<Value = Step> {
    let method = prop_oneof![
        Just("ACK"),
        Just("BYE"),
        Just("INVITE"),
        Just("UPDATE"),
        Just("INFO"),
        Just("OPTIONS"),
        Just("PRACK"),
        Just("NOTIFY"),
        Just("SUBSCRIBE"),
    ];
    prop_oneof![
        2 => (0..3_u8).prop_map(Step::Invite),
        4 => (0..3_u8, method).prop_map(|(call, method)| Step::Request(call, method)),
        1 => (0..3_u8).prop_map(Step::Cancel),
        2 => Just(Step::Accept),
        1 => Just(Step::Refuse),
        2 => Just(Step::RespondToAll),
        1 => Just(Step::Bye),
        1 => Just(Step::Ask),
        1 => Just(Step::Refer),
        1 => (0..3_u8).prop_map(Step::Subscribe),
        1 => Just(Step::TellSubscribers),
        2 => Just(Step::AnswerOurs),
        2 => (0..40_000_u16).prop_map(Step::Wait),
        1 => Just(Step::CloseFlow),
        1 => Just(Step::FindWay),
        1 => Just(Step::FindNoWay),
    ]
}

/// Everything that an endpoint can do.
const ALL: &[crate::Method] = &[
    crate::Method::Invite,
    crate::Method::Ack,
    crate::Method::Cancel,
    crate::Method::Bye,
    crate::Method::Options,
    crate::Method::Prack,
    crate::Method::Update,
    crate::Method::Info,
    crate::Method::Notify,
    crate::Method::Subscribe,
];

/// For one call in three.
const REFRESHED_BY_US: &str = "Allow: UPDATE\r\nSupported: timer\r\nSession-Expires: 90;refresher=uas";

/// For another.
const REFRESHED_BY_REINVITE: &str = "Allow: BYE\r\nSupported: timer\r\nSession-Expires: 90;refresher=uas";

/// A careless peer and a careless user around one endpoint.
struct World {
    rig: Rig,
    origin: Origin,
    cseq: u32,
    invites: Vec<TransactionId>,
    open: Vec<TransactionId>,
    ours: Vec<Request>,
    orders: Vec<FlowOrder>,
    tags: Vec<String>,
    begun: Vec<DialogId>,
    ended: Vec<DialogId>,
    /// Dialogs of subscriptions that nobody has ended.
    subscribed: Vec<DialogId>,
    asked: Vec<TransactionId>,
    told: Vec<TransactionId>,
}

impl World {
    fn new(origin: Origin) -> Self {
        Self {
            rig: Rig::with(EndpointConfig { allow: ALL, ..EndpointConfig::new("um.example.com") }),
            origin,
            cseq: 10,
            invites: Vec::new(),
            open: Vec::new(),
            ours: Vec::new(),
            orders: Vec::new(),
            tags: vec!["none".to_owned()],
            begun: Vec::new(),
            ended: Vec::new(),
            subscribed: Vec::new(),
            asked: Vec::new(),
            told: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        let now = self.rig.now;
        let seen = match step {
            Step::Invite(call) => {
                let script = Script::invite().call(&format!("call-{call}"));
                let script = match call {
                    0 => script,
                    1 => script.header(REFRESHED_BY_US),
                    _ => script.header(REFRESHED_BY_REINVITE),
                };
                self.rig.receive(&self.origin, &script.text())
            }
            Step::Request(call, method) => {
                self.cseq += 1;
                let cseq = if method == "ACK" { 1 } else { self.cseq };
                let tag = self.tags.last().unwrap().clone();
                let script = Script::new(method, cseq).call(&format!("call-{call}")).dialog_tag(&tag);
                let script = match method {
                    "NOTIFY" => {
                        script.header("Event: refer\r\nSubscription-State: active").body("SIP/2.0 100 T")
                    }
                    "SUBSCRIBE" => script.header("Event: message-summary"),
                    _ => script,
                };
                let script = match call {
                    0 => script,
                    1 => script.header(REFRESHED_BY_US),
                    _ => script.header(REFRESHED_BY_REINVITE),
                };
                self.rig.receive(&self.origin, &script.text())
            }
            Step::Cancel(call) => {
                let cancel =
                    Script { method: "CANCEL".to_owned(), ..Script::invite().call(&format!("call-{call}")) };
                self.rig.receive(&self.origin, &cancel.text())
            }
            Step::Accept => {
                if let Some(invite) = self.invites.pop()
                    && let Ok(dialog) =
                        self.rig.endpoint.accept_invite(invite, Reply::new(StatusCode::OK), now)
                {
                    self.begun.push(dialog);
                }
                self.rig.drain()
            }
            Step::Refuse => {
                if let Some(invite) = self.invites.pop() {
                    let _ = self.rig.endpoint.respond(invite, Reply::new(StatusCode::NOT_FOUND), now);
                }
                self.rig.drain()
            }
            Step::RespondToAll => {
                for transaction in std::mem::take(&mut self.open) {
                    let _ = self.rig.endpoint.respond(transaction, Reply::new(StatusCode::OK), now);
                }
                self.rig.drain()
            }
            Step::Bye => {
                for dialog in self.begun.clone() {
                    let _ = self.rig.endpoint.bye(dialog, Vec::new(), now);
                }
                self.rig.drain()
            }
            Step::Ask => {
                let target = crate::SipUri::new(crate::Host::parse("gw1.example.com").unwrap());
                let asked = self.rig.endpoint.options(USER, target, &self.origin, now);
                self.asked.push(asked.unwrap());
                self.rig.drain()
            }
            Step::Refer => {
                let target = crate::SipUri::new(crate::Host::parse("gw1.example.com").unwrap());
                for dialog in self.begun.clone() {
                    let _ = self.rig.endpoint.refer(dialog, &target, &target, now);
                }
                self.rig.drain()
            }
            Step::Subscribe(call) => {
                self.cseq += 1;
                let script = Script::new("SUBSCRIBE", self.cseq).call(&format!("call-{call}"));
                self.rig.receive(&self.origin, &script.header("Event: message-summary").text())
            }
            Step::TellSubscribers => {
                for dialog in &self.subscribed {
                    let state = crate::SubscriptionState::active(60);
                    let event = Bytes::from_static(b"message-summary");
                    let notification = crate::Notification { event, state, body: None };
                    let _ = self.rig.endpoint.notify_subscriber(*dialog, notification, now);
                }
                self.rig.drain()
            }
            Step::AnswerOurs => {
                let answer = self.ours.pop().map(|request| answer_to(&request, "200 OK"));
                answer.map(|answer| self.rig.receive(&self.origin, &answer)).unwrap_or_default()
            }
            Step::Wait(milliseconds) => {
                let end = (now - self.rig.start).as_millis() as u64 + u64::from(milliseconds);
                self.rig.run_until(end).into_iter().map(|(_, seen)| seen).collect()
            }
            Step::CloseFlow => {
                self.rig.endpoint.handle_flow_closed(self.origin.flow, now);
                self.rig.drain()
            }
            Step::FindWay => {
                if let Some(order) = self.orders.pop() {
                    self.origin.flow = FlowId(self.origin.flow.0 + 1);
                    let (flow, remote) = (self.origin.flow, self.origin.remote);
                    self.rig.endpoint.flow_opened(order.ticket, flow, remote);
                }
                self.rig.drain()
            }
            Step::FindNoWay => {
                if let Some(order) = self.orders.pop() {
                    self.rig.endpoint.flow_failed(order.ticket, now);
                }
                self.rig.drain()
            }
        };
        seen.into_iter().for_each(|seen| self.note(seen));
    }

    fn note(&mut self, seen: Seen) {
        match seen {
            Seen::Invite(transaction) => {
                self.rig.endpoint.claim(transaction, USER);
                self.invites.push(transaction);
            }
            Seen::Subscribe(transaction) => {
                let reply = Reply::new(StatusCode::OK);
                let accepted = self.rig.endpoint.accept_subscription(transaction, USER, reply, self.rig.now);
                self.subscribed.extend(accepted);
                self.rig.drain().into_iter().for_each(|seen| self.note(seen));
            }
            Seen::Options(transaction)
            | Seen::User(
                _,
                UserEvent::Offer { transaction, .. }
                | UserEvent::Info { transaction, .. }
                | UserEvent::Resubscribe { transaction, .. },
            ) => {
                self.open.push(transaction);
            }
            Seen::User(_, UserEvent::RefreshDue { dialog }) => {
                let offer = crate::SipBody { content_type: "application/sdp".into(), bytes: SDP.into() };
                let _ = self.rig.endpoint.reinvite(dialog, offer, self.rig.now);
                self.rig.drain().into_iter().for_each(|seen| self.note(seen));
            }
            Seen::User(_, UserEvent::Ended { dialog, .. }) => self.ended.push(dialog),
            Seen::User(
                _,
                UserEvent::OptionsAnswered { transaction, .. }
                | UserEvent::OptionsUnanswered { transaction, .. },
            ) => self.told.push(transaction),
            Seen::Request(request, _) => self.ours.push(request),
            Seen::Order(order) => self.orders.push(order),
            Seen::Response(response, _) if response.status == StatusCode::OK => {
                self.tags.push(to_tag(&response))
            }
            Seen::Response(..)
            | Seen::Stranger
            | Seen::MalformedStranger(_)
            | Seen::Event(_)
            | Seen::User(
                _,
                UserEvent::Cancelled { .. }
                | UserEvent::Acknowledged { .. }
                | UserEvent::OfferAnswered { .. }
                | UserEvent::OfferRefused { .. }
                | UserEvent::NotifyAnswered { .. }
                | UserEvent::NotifyUnanswered { .. }
                | UserEvent::SubscriberTold { .. }
                | UserEvent::SubscriberUntold { .. },
            ) => {}
            // "No further event names it."
            Seen::User(
                _,
                UserEvent::ReferAnswered { dialog, .. }
                | UserEvent::ReferUnanswered { dialog, .. }
                | UserEvent::ReferNotified { dialog, .. },
            ) => assert!(!self.ended.contains(&dialog)),
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_everything_ends_and_each_dialog_and_each_options_of_ours_ends_once(
        steps in proptest::collection::vec(step(), 1..60),
        transport in prop_oneof![Just(Transport::Udp), Just(Transport::Tls)],
    ) {
        let mut world = World::new(origin(transport, "192.0.2.7:5060", &["gw1"]));

        steps.into_iter().for_each(|step| world.take(step));
        world.take(Step::Wait(40_000));
        world.take(Step::Bye);
        for dialog in std::mem::take(&mut world.subscribed) {
            world.rig.endpoint.end_subscription(dialog);
        }
        (0..6).for_each(|_| world.take(Step::Wait(60_000)));
        while !world.orders.is_empty() {
            world.take(Step::FindNoWay);
        }

        prop_assert!(world.rig.endpoint.servers.is_clean());
        prop_assert!(world.rig.endpoint.clients.is_clean());
        prop_assert!(world.rig.endpoint.dialogs.is_clean());
        prop_assert!(world.rig.endpoint.sought.is_clean());
        prop_assert_eq!(world.rig.endpoint.poll_timeout(), None);
        world.begun.sort();
        world.ended.sort();
        prop_assert_eq!(world.begun, world.ended);
        world.told.sort();
        prop_assert_eq!(world.asked, world.told);
    }

    #[test]
    fn damaged_messages_never_stop_it(
        place in 0..600_usize,
        bytes in proptest::collection::vec(any::<u8>(), 0..12),
        within in any::<bool>(),
    ) {
        let mut rig = Rig::new();
        let (_, tag) = rig.running_call(&udp());
        let script = if within { Script::new("INVITE", 2).dialog_tag(&tag) } else { Script::invite().call("c") };
        let mut text = script.text().into_bytes();
        let place = place.min(text.len());
        let end = (place + bytes.len()).min(text.len());
        text.splice(place..end, bytes);

        rig.endpoint.handle_message(&udp(), &Bytes::from(text), rig.now);

        rig.run_until(200_000);
    }
}
