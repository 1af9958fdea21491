use std::time::SystemTime;

use super::*;

/// The paths that this kernel allows; what is left out is said.
fn paths() -> impl Iterator<Item = Path> {
    Path::ALL.into_iter().filter(|path| match path.try_out() {
        Ok(()) => true,
        Err(error) => {
            eprintln!("skipped: the kernel refuses {path}: {error}");
            false
        }
    })
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

/// A batch with one group and one socket in it, number 7; and the socket's address.
fn batch(path: Path) -> (Batch, SocketAddr) {
    let mut batch = Batch::open(path, 1).unwrap();
    let address = insert(&mut batch, 7);
    (batch, address)
}

fn insert(batch: &mut Batch, key: u64) -> SocketAddr {
    let inserted = socket();
    let address = inserted.local_addr().unwrap();
    batch.insert(0, key, inserted).unwrap();
    address
}

/// Keys and octets of what comes, and the kinds of the errors.
fn receive(batch: &mut Batch, at_most: u32) -> Vec<(u64, Result<Vec<u8>, io::ErrorKind>)> {
    let mut all = Vec::new();
    batch
        .receive(0, at_most, |key, received| {
            all.push((key, received.map(|datagram| datagram.octets.to_vec()).map_err(|error| error.kind())));
        })
        .unwrap();
    all
}

fn flush(batch: &mut Batch) -> Vec<(u64, io::ErrorKind)> {
    let mut refused = Vec::new();
    batch.flush(|key, error| refused.push((key, error.kind())));
    refused
}

#[test]
fn datagram_comes_with_source_octets_and_time_of_arrival() {
    for path in paths() {
        let (mut batch, address) = batch(path);
        let sender = socket();
        let before = SystemTime::now();
        sender.send_to(b"four", address).unwrap();

        let mut seen = Vec::new();
        batch
            .receive(0, 32, |key, received| {
                let datagram = received.unwrap();
                let arrived = datagram.arrived.unwrap();
                seen.push((key, datagram.octets.to_vec(), datagram.source, datagram.cut, arrived));
            })
            .unwrap();

        let after = SystemTime::now();
        let (key, octets, source, cut, arrived) = seen.pop().unwrap();
        assert_eq!((key, &octets[..], source, cut), (7, &b"four"[..], sender.local_addr().unwrap(), false));
        assert!(before <= arrived && arrived <= after, "{before:?} {arrived:?} {after:?}");
        assert!(seen.is_empty());
        assert_eq!(batch.path(), path);
    }
}

#[test]
fn source_of_a_datagram_over_ipv6_is_told_whole() {
    for path in paths() {
        let mut batch = Batch::open(path, 1).unwrap();
        let (receiver, sender) = (UdpSocket::bind("[::1]:0").unwrap(), UdpSocket::bind("[::1]:0").unwrap());
        let address = receiver.local_addr().unwrap();
        batch.insert(0, 7, receiver).unwrap();
        sender.send_to(b"x", address).unwrap();

        let mut sources = Vec::new();
        batch.receive(0, 32, |_, received| sources.push(received.unwrap().source)).unwrap();

        assert_eq!(sources, [sender.local_addr().unwrap()]);
    }
}

#[test]
fn quiet_batch_has_nothing_and_an_empty_datagram_is_one() {
    for path in paths() {
        let (mut batch, address) = batch(path);
        assert_eq!(receive(&mut batch, 32), []);

        socket().send_to(b"", address).unwrap();

        assert_eq!(receive(&mut batch, 32), [(7, Ok(Vec::new()))]);
        assert_eq!(receive(&mut batch, 32), []);
    }
}

#[test]
fn datagram_of_1536_octets_is_whole_and_a_longer_one_is_cut_and_says_so() {
    for path in paths() {
        let (mut batch, address) = batch(path);
        let sender = socket();
        sender.send_to(&[1; 1536], address).unwrap();
        sender.send_to(&[2; 1537], address).unwrap();

        let mut seen = Vec::new();
        batch
            .receive(0, 32, |_, received| {
                let datagram = received.unwrap();
                seen.push((datagram.octets.len(), datagram.cut));
            })
            .unwrap();

        assert_eq!(seen, [(1536, false), (1536, true)]);
    }
}

#[test]
fn socket_gives_no_more_than_the_bound_and_the_rest_the_next_time_in_order() {
    for path in paths() {
        let (mut batch, address) = batch(path);
        let sender = socket();
        for n in 0..5 {
            sender.send_to(&[n], address).unwrap();
        }

        let first: Vec<u8> =
            receive(&mut batch, 3).into_iter().map(|(_, octets)| octets.unwrap()[0]).collect();
        let second: Vec<u8> =
            receive(&mut batch, 3).into_iter().map(|(_, octets)| octets.unwrap()[0]).collect();

        assert_eq!((first, second), (vec![0, 1, 2], vec![3, 4]));
    }
}

#[test]
fn flooded_sockets_keep_none_of_the_others_waiting() {
    for path in paths() {
        let (mut batch, flooded) = batch(path);
        let quiet = insert(&mut batch, 8);
        let sender = socket();
        for _ in 0..100 {
            sender.send_to(b"flood", flooded).unwrap();
        }
        sender.send_to(b"word", quiet).unwrap();

        let all = receive(&mut batch, 32);

        assert_eq!(all.iter().filter(|(key, _)| *key == 7).count(), 32);
        assert!(all.contains(&(8, Ok(b"word".to_vec()))));
    }
}

#[test]
fn groups_are_received_from_apart() {
    for path in paths() {
        let mut batch = Batch::open(path, 2).unwrap();
        let (zero, one) = (socket(), socket());
        let addresses = [zero.local_addr().unwrap(), one.local_addr().unwrap()];
        batch.insert(0, 1, zero).unwrap();
        batch.insert(1, 2, one).unwrap();
        for address in addresses {
            socket().send_to(b"x", address).unwrap();
        }

        assert_eq!(receive(&mut batch, 32), [(1, Ok(b"x".to_vec()))]);
        assert_eq!(receive(&mut batch, 32), []);
        let outcome = batch.receive(2, 32, |_, _| panic!("there is no group 2"));
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

#[test]
fn more_sockets_than_cross_at_once_are_all_received_from_and_sent_from() {
    const SOCKETS: u64 = 700;
    for path in paths() {
        let mut batch = Batch::open(path, 1).unwrap();
        let peer = socket();
        let addresses: Vec<SocketAddr> = (0..SOCKETS).map(|key| insert(&mut batch, key)).collect();
        // The second time they are asked without the set.
        for time in 0..2u8 {
            for address in &addresses {
                peer.send_to(&[time], address).unwrap();
            }
            let mut keys: Vec<u64> = receive(&mut batch, 32)
                .into_iter()
                .map(|(key, octets)| (octets == Ok(vec![time])).then_some(key).unwrap())
                .collect();
            keys.sort_unstable();
            assert_eq!(keys, (0..SOCKETS).collect::<Vec<_>>());
        }

        let mut heard = 0;
        for key in 0..SOCKETS {
            batch.queue_send(key, Some(peer.local_addr().unwrap()), &key.to_be_bytes());
            if key % 100 == 99 {
                // The peer's buffer holds no more.
                assert_eq!(flush(&mut batch), []);
                while let Ok(length) = peer.recv(&mut [0; 16]) {
                    assert_eq!(length, 8);
                    heard += 1;
                }
            }
        }
        assert_eq!(heard, SOCKETS);
    }
}

#[test]
fn queue_without_a_flush_goes_on_when_the_ring_is_full() {
    for path in paths() {
        let (mut batch, own) = batch(path);
        let peer = socket();
        batch.connect(7, peer.local_addr().unwrap()).unwrap();
        for n in 0..200u8 {
            batch.queue_send(7, None, &[n]);
        }
        assert_eq!(flush(&mut batch), []);

        for n in 0..200u8 {
            let mut octets = [0; 4];
            let (length, source) = peer.recv_from(&mut octets).unwrap();
            assert_eq!((length, octets[0], source), (1, n, own));
        }
    }
}

#[test]
fn refusal_by_the_peer_is_told_and_the_socket_goes_on() {
    for path in paths() {
        let (mut batch, address) = batch(path);
        let peer = socket();
        let gone = socket().local_addr().unwrap();
        batch.connect(7, gone).unwrap();
        batch.queue_send(7, None, b"to nobody");
        assert_eq!(flush(&mut batch), []);

        assert_eq!(receive(&mut batch, 32), [(7, Err(io::ErrorKind::ConnectionRefused))]);

        batch.disconnect(7).unwrap();
        batch.connect(7, peer.local_addr().unwrap()).unwrap();
        batch.queue_send(7, None, b"to somebody");
        assert_eq!(flush(&mut batch), []);
        assert_eq!(peer.recv(&mut [0; 16]).unwrap(), 11);
        // A socket bound to port 0 loses its port with the connection.
        let mut octets = [0; 4];
        batch.queue_send(7, None, b"?");
        flush(&mut batch);
        let (_, now) = peer.recv_from(&mut octets).unwrap();
        peer.send_to(b"answer", now).unwrap();
        assert_eq!(receive(&mut batch, 32), [(7, Ok(b"answer".to_vec()))]);
        assert_eq!(address.ip(), now.ip());
    }
}

#[test]
fn what_cannot_be_sent_is_told_by_the_flush_once() {
    for path in paths() {
        let (mut batch, _) = batch(path);
        let peer = socket().local_addr().unwrap();
        batch.queue_send(8, Some(peer), b"no such socket");
        batch.queue_send(7, Some(peer), &[0; 1537]);
        batch.queue_send(7, None, b"to whom?");

        let mut refused = flush(&mut batch);

        let nowhere = refused.pop().unwrap();
        assert_eq!(nowhere.0, 7);
        assert_eq!(refused, [(8, io::ErrorKind::NotFound), (7, io::ErrorKind::InvalidInput)]);
        assert_eq!(flush(&mut batch), []);
    }
}

#[test]
fn what_was_queued_is_sent_before_a_socket_is_closed_connected_or_dropped() {
    for path in paths() {
        let (mut batch, _) = batch(path);
        let (peer, other) = (socket(), socket());
        let to_peer = Some(peer.local_addr().unwrap());
        batch.queue_send(7, to_peer, b"1");
        batch.connect(7, other.local_addr().unwrap()).unwrap();
        batch.queue_send(7, None, b"22");
        batch.disconnect(7).unwrap();
        batch.queue_send(7, to_peer, b"333");
        assert!(batch.remove(7));
        assert!(!batch.remove(7));
        insert(&mut batch, 8);
        batch.queue_send(8, to_peer, b"4444");
        drop(batch);

        let mut octets = [0; 8];
        assert_eq!([1, 3, 4].map(|_| peer.recv(&mut octets).unwrap()), [1, 3, 4]);
        assert_eq!(other.recv(&mut octets).unwrap(), 2);
    }
}

#[test]
fn datagrams_before_the_insertion_count_for_nothing_and_a_removed_socket_is_closed() {
    for path in paths() {
        let mut batch = Batch::open(path, 1).unwrap();
        let early = socket();
        let address = early.local_addr().unwrap();
        socket().send_to(b"early", address).unwrap();
        batch.insert(0, 7, early).unwrap();
        assert_eq!(receive(&mut batch, 32), []);
        socket().send_to(b"x", address).unwrap();

        assert!(batch.remove(7));

        assert_eq!(receive(&mut batch, 32), []);
        UdpSocket::bind(address).unwrap();
    }
}

#[test]
fn key_and_group_of_an_insertion_must_be_free_and_exist() {
    for path in paths() {
        let (mut batch, _) = batch(path);

        assert_eq!(batch.insert(0, 7, socket()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(batch.insert(1, 8, socket()).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(
            batch.connect(8, "127.0.0.1:9".parse().unwrap()).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert_eq!(batch.disconnect(8).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

#[test]
fn batch_works_on_another_thread_than_it_was_opened_on() {
    for path in paths() {
        let (mut batch, address) = batch(path);
        socket().send_to(b"x", address).unwrap();

        let thread = std::thread::spawn(move || receive(&mut batch, 32));

        assert_eq!(thread.join().unwrap(), [(7, Ok(b"x".to_vec()))]);
    }
}

#[test]
fn ring_that_fails_is_left_and_the_sockets_go_on() {
    for path in paths().filter(|path| *path == Path::IoUring) {
        let (mut batch, address) = batch(path);
        let peer = socket();
        batch.queue_send(7, Some(peer.local_addr().unwrap()), b"lost with the ring");
        let Exchange::Ring(ring) = &mut batch.exchange else { panic!("the path is io_uring") };
        ring.break_off();

        peer.send_to(b"heard", address).unwrap();

        assert_eq!(receive(&mut batch, 32), [(7, Ok(b"heard".to_vec()))]);
        assert_eq!(batch.path(), Path::Epoll);
        assert!(batch.fault().is_some());
        assert!(batch.fault().is_none());
        batch.queue_send(7, Some(peer.local_addr().unwrap()), b"after it");
        assert_eq!(flush(&mut batch), []);
        assert_eq!(peer.recv(&mut [0; 32]).unwrap(), 8);
    }
}
