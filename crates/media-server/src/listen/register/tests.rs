use std::task::{Context, Poll, Waker};

use super::*;

fn peer(last: u8, port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], port))
}

fn fill(register: &Arc<ConnectionRegister>, stage: Stage) -> Vec<Seat> {
    (0..CONNECTIONS)
        .map(|n| {
            let last = u8::try_from(n / CONNECTIONS_PER_SOURCE).unwrap();
            register.admit(peer(last, 1000 + u16::try_from(n).unwrap()), stage).unwrap().seat
        })
        .collect()
}

fn named(name: &str) -> Arc<[PeerName]> {
    Arc::from([PeerName::from(name)])
}

/// As many connections of one address as told, each past its handshake with the certificate of `gateways`.
fn certified(register: &Arc<ConnectionRegister>, gateways: &Arc<[PeerName]>, count: u16) -> Vec<Seat> {
    (0..count)
        .map(|n| {
            let seat = register.admit(peer(1, 2000 + n), Stage::Handshaking).ok().unwrap().seat;
            assert_eq!(seat.belongs_to(gateways), Ok(Vec::new()));
            seat
        })
        .collect()
}

fn is_displaced(seat: &Seat) -> bool {
    let mut displaced = std::pin::pin!(seat.displaced());
    displaced.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
}

#[test]
fn the_33rd_connection_of_a_source_displaces_its_oldest_unproven_one() {
    let register = Arc::new(ConnectionRegister::default());
    let seats: Vec<_> =
        (1..=32).map(|port| register.admit(peer(1, port), Stage::Unproven).ok().unwrap().seat).collect();
    seats[0].prove();

    let admission = register.admit(peer(1, 33), Stage::Unproven).ok().unwrap();

    assert_eq!(admission.displaced, [Displaced { remote: peer(1, 2), limit: Limit::PerSource }]);
    assert!(is_displaced(&seats[1]));
    assert!(!is_displaced(&seats[0]));
    assert!(register.admit(peer(2, 1), Stage::Unproven).ok().unwrap().displaced.is_empty());
}

#[test]
fn the_33rd_connection_of_a_source_is_refused_if_all_its_others_are_proven() {
    let register = Arc::new(ConnectionRegister::default());
    let mut seats: Vec<_> =
        (1..=32).map(|port| register.admit(peer(1, port), Stage::Proven).ok().unwrap().seat).collect();

    assert_eq!(register.admit(peer(1, 33), Stage::Unproven).err(), Some(Limit::PerSource));

    seats.pop();
    assert!(register.admit(peer(1, 33), Stage::Unproven).is_ok());
}

#[test]
fn the_1025th_connection_displaces_the_oldest_unproven_one() {
    let register = Arc::new(ConnectionRegister::default());
    let seats = fill(&register, Stage::Unproven);

    let admission = register.admit(peer(200, 1), Stage::Unproven).ok().unwrap();

    assert_eq!(admission.displaced, [Displaced { remote: peer(0, 1000), limit: Limit::Total }]);
    assert!(is_displaced(&seats[0]));
}

#[test]
fn the_1025th_connection_is_refused_if_all_others_are_proven() {
    let register = Arc::new(ConnectionRegister::default());
    let _seats = fill(&register, Stage::Proven);

    assert_eq!(register.admit(peer(200, 1), Stage::Unproven).err(), Some(Limit::Total));
}

#[test]
fn the_257th_handshake_displaces_the_oldest() {
    let register = Arc::new(ConnectionRegister::default());
    let seats: Vec<_> =
        (0..256).map(|n| register.admit(peer(n as u8, 7), Stage::Handshaking).ok().unwrap().seat).collect();
    seats[0].belongs_to_a_stranger();
    let _last = register.admit(peer(0, 8), Stage::Handshaking).ok().unwrap();

    let admission = register.admit(peer(0, 9), Stage::Handshaking).ok().unwrap();

    assert_eq!(admission.displaced, [Displaced { remote: peer(1, 7), limit: Limit::Handshakes }]);
}

#[test]
fn connections_of_a_gateway_do_not_count_for_their_source() {
    let register = Arc::new(ConnectionRegister::default());
    let gateway = certified(&register, &named("gw1"), 200);

    let strangers: Vec<_> =
        (1..=32).map(|port| register.admit(peer(1, port), Stage::Unproven).ok().unwrap()).collect();
    let admission = register.admit(peer(1, 33), Stage::Unproven).ok().unwrap();

    assert!(strangers.iter().all(|admission| admission.displaced.is_empty()));
    assert_eq!(admission.displaced, [Displaced { remote: peer(1, 1), limit: Limit::PerSource }]);
    assert!(!gateway.iter().any(is_displaced));
}

#[test]
fn strangers_behind_the_address_of_a_gateway_do_not_keep_it_out() {
    let register = Arc::new(ConnectionRegister::default());
    let _strangers: Vec<_> =
        (1..=32).map(|port| register.admit(peer(1, port), Stage::Unproven).ok().unwrap().seat).collect();

    let admission = register.admit(peer(1, 33), Stage::Handshaking).ok().unwrap();

    assert_eq!(admission.displaced, [Displaced { remote: peer(1, 1), limit: Limit::PerSource }]);
    assert_eq!(admission.seat.belongs_to(&named("gw1")), Ok(Vec::new()));
    assert!(!is_displaced(&admission.seat));
}

#[test]
fn the_257th_connection_of_a_gateway_displaces_its_oldest_that_was_answered_nothing() {
    let register = Arc::new(ConnectionRegister::default());
    let _other = certified(&register, &named("gw2"), 1);
    let seats = certified(&register, &named("gw1"), 256);
    seats[0].prove();

    let newcomer = register.admit(peer(9, 9), Stage::Handshaking).ok().unwrap().seat;

    let displaced = Displaced { remote: peer(1, 2001), limit: Limit::PerGateway };
    assert_eq!(newcomer.belongs_to(&named("gw1")), Ok(vec![displaced]));
    assert!(is_displaced(&seats[1]));
}

#[test]
fn the_257th_connection_of_a_gateway_is_refused_if_all_its_others_were_answered_and_no_other_gateway_is() {
    let register = Arc::new(ConnectionRegister::default());
    let mut seats = certified(&register, &named("gw1"), 256);
    seats.iter().for_each(Seat::prove);
    let newcomer = register.admit(peer(9, 9), Stage::Handshaking).ok().unwrap().seat;
    let both = Arc::from([PeerName::from("gw2"), PeerName::from("gw1")]);

    assert_eq!(newcomer.belongs_to(&named("gw1")), Err(Limit::PerGateway));
    assert_eq!(newcomer.belongs_to(&both), Err(Limit::PerGateway));
    assert_eq!(newcomer.belongs_to(&named("gw2")), Ok(Vec::new()));

    seats.pop();
    let newcomer = register.admit(peer(9, 10), Stage::Handshaking).ok().unwrap().seat;
    assert_eq!(newcomer.belongs_to(&named("gw1")), Ok(Vec::new()));
}

#[test]
fn connections_of_gateways_are_not_displaced_by_those_of_others() {
    let register = Arc::new(ConnectionRegister::default());
    let seats: Vec<_> = (1..=4).flat_map(|n| certified(&register, &named(&format!("gw{n}")), 256)).collect();

    assert_eq!(register.admit(peer(200, 1), Stage::Handshaking).err(), Some(Limit::Total));
    assert!(!seats.iter().any(is_displaced));
}

#[test]
fn ipv6_hosts_of_one_network_count_as_one_source() {
    assert_eq!(source_of("2001:db8::1".parse().unwrap()), source_of("2001:db8::ff:2".parse().unwrap()));
    assert_ne!(source_of("2001:db8::1".parse().unwrap()), source_of("2001:db8:0:1::1".parse().unwrap()));
    assert_eq!(source_of("::ffff:192.0.2.1".parse().unwrap()), peer(1, 0).ip());
}
