//! The corpora over and over: what the server holds does not grow.

use caller::Transport;
use um_tests::Reading;

use crate::{messages::read, peer::World, table::TABLE};

/// Rounds after which the server has seen and kept everything that it keeps.
const WARM: u32 = 20;
const ROUNDS: u32 = 200;
/// What resident memory may be more after all rounds, in KiB: allocators and the page cache of the database breathe.
const GROWTH_KIB: u64 = 4 * 1024;

#[tokio::test]
async fn two_hundred_rounds_of_the_corpora_over_each_transport_leave_memory_flat() {
    let world = World::start();
    let pid = world.three.server.pid();
    let mut warm = 0;

    let mut datagrams = world.open(Transport::Udp).await;
    for round in 1..=ROUNDS {
        for (column, transport) in [Transport::Udp, Transport::Tcp, Transport::Tls].into_iter().enumerate() {
            let (closing, living): (Vec<_>, Vec<_>) = TABLE.iter().partition(|row| row.said[column].closes());
            let octets = |row: &&crate::table::Row| read(row.corpus, row.name);
            let living: Vec<Vec<u8>> = living.iter().map(octets).collect();
            match transport {
                Transport::Udp => datagrams.flood(&living).await,
                Transport::Tcp | Transport::Tls => {
                    world.open(transport).await.flood(&living).await;
                    for row in closing {
                        world.open(transport).await.send(&octets(&row)).await;
                    }
                }
            }
        }
        if round == WARM {
            warm = Reading::of(pid).resident_kib;
        }
    }

    world.assert_alive("all rounds", Transport::Tls).await;
    let after = Reading::of(pid).resident_kib;
    assert!(
        after <= warm + GROWTH_KIB,
        "resident after {WARM} rounds {warm} KiB, after {ROUNDS} {after} KiB"
    );
}
