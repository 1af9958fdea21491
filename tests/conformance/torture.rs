//! Each message gets the RFC's answer and harms nobody: not the server, not the connection on which it came.

use caller::Transport;

use crate::{
    messages::{names, read},
    peer::World,
    table::TABLE,
};

/// Every row over one transport: its answer, 200 to OPTIONS behind it on the same connection unless the row says that it
/// closes, and 200 on a new one.
async fn all_over(transport: Transport, column: usize) {
    let mut world = World::start();
    let mut peer = world.open(transport).await;
    let mut wrong = Vec::new();

    for row in TABLE {
        let said = row.said[column];
        let seen = peer.exchange(&read(row.corpus, row.name), said.due().len()).await;
        if seen.closed {
            peer = world.open(transport).await;
        }
        world.assert_alive(row.name, transport).await;
        if !said.fits(&seen) {
            wrong.push(format!("{} {}: {seen:?} instead of {said:?}", row.corpus, row.name));
        }
    }

    world.assert_same_process();
    assert!(wrong.is_empty(), "over {transport:?}:\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn torture_messages_over_udp_get_their_answers_and_the_server_lives_on() {
    all_over(Transport::Udp, 0).await;
}

#[tokio::test]
async fn torture_messages_over_tcp_get_their_answers_and_the_connection_lives_on_unless_its_framing_broke() {
    all_over(Transport::Tcp, 1).await;
}

#[tokio::test]
async fn torture_messages_over_tls_get_their_answers_and_the_connection_lives_on_unless_its_framing_broke() {
    all_over(Transport::Tls, 2).await;
}

#[test]
fn every_message_of_both_corpora_has_a_row() {
    for corpus in ["rfc4475", "rfc5118"] {
        let mut rows: Vec<&str> =
            TABLE.iter().filter(|row| row.corpus == corpus).map(|row| row.name).collect();
        rows.sort_unstable();
        assert_eq!(rows, names(corpus), "{corpus}");
    }
    assert!(TABLE.iter().all(|row| row.why.contains(": ")));
}
