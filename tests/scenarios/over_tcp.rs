use caller::Transport;
use um_tests::Server;

use crate::{
    leave_message::{diverted_call, leaves_what_was_said},
    refusals::{assert_bare_403, call},
};

#[tokio::test]
async fn caller_over_tcp_leaves_what_was_said() {
    let server = Server::start_with_mailbox();
    let mut plan = diverted_call(&server);
    plan.transport = Transport::Tcp;

    leaves_what_was_said(&server, plan).await;
}

#[tokio::test]
async fn stranger_gets_a_bare_403_over_tcp() {
    let server = Server::start_with_mailbox();
    let mut plan = call(&server, "4001");
    plan.local_ip = "127.0.0.9".parse().unwrap();
    plan.transport = Transport::Tcp;

    let outcome = caller::place_call(plan).await.unwrap();

    assert_bare_403(&outcome);
}
