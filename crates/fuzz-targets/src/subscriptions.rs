use bytes::Bytes;
use sip_signaling::{
    EndpointOutput, HeaderName, Notification, Reply, StatusCode, SubscriptionState, UserEvent,
};

use crate::calls::{Peer, USER, own_tag, sent};

/// The header lines of a SUBSCRIBE, outside of a dialog and then inside of the one that it made: each gets one final
/// answer or is the owner's to answer, and nothing is kept when the subscription is over.
pub fn subscribing(input: &[u8]) {
    let mut peer = Peer::new();
    let outputs = peer.request("SUBSCRIBE", (1, ""), input, b"");
    let asked = outputs.iter().find_map(|output| match output {
        EndpointOutput::Subscribe { transaction, .. } => Some(*transaction),
        _ => None,
    });
    let Some(transaction) = asked else {
        assert!(sent(&outputs).len() <= 1, "one refusal at most");
        return peer.wait();
    };
    assert!(sent(&outputs).is_empty(), "the owner answers");
    let accepted = || Reply::new(StatusCode::OK).header(HeaderName::Expires, "600");
    let Ok(dialog) = peer.endpoint.accept_subscription(transaction, USER, accepted(), peer.now) else {
        return peer.wait();
    };
    let tag = own_tag(&peer.drain());
    let again = peer.request("SUBSCRIBE", (2, &tag), input, b"");
    for output in &again {
        if let EndpointOutput::User { what: UserEvent::Resubscribe { transaction, .. }, .. } = output {
            peer.endpoint.respond(*transaction, accepted(), peer.now).expect("it is open");
        }
    }
    peer.drain();
    let event = Bytes::from_static(b"message-summary");
    let last = Notification { event, state: SubscriptionState::terminated(None), body: None };
    if peer.endpoint.notify_subscriber(dialog, last, peer.now).is_ok() {
        sent(&peer.drain());
    }
    peer.wait();
    peer.endpoint.end_subscription(dialog);
    assert_eq!((peer.endpoint.subscription_count(), peer.endpoint.dialog_count()), (0, 0));
}
