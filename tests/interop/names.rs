//! Callers who spell a name in place of an extension, with sipp as their gateway.
use um_tests::Server;

use crate::sipp_keys::{Ending, call};

/// An access number, and mailbox 4001 of Grace Hopper; 4002, who calls, has none.
fn server() -> Server {
    let server = Server::start_with_mailbox();
    server.um_ok(&["dialplan", "set", "hq", "--access-number", "5000"]);
    server.um_ok(&["mailbox", "set", "4001", "--name", "Grace Hopper"]);
    server
}

#[test]
fn caller_without_a_mailbox_is_connected_with_somebody_found_by_name() {
    let server = server();

    // HOPPER on the keys; one person has that name: call them.
    let refer = call(&server, "5000", "#467737#,1", &Ending::Transferred).unwrap();

    assert_eq!(refer.to, "sip:4001@127.0.0.1:PORT;transport=UDP;user=phone");
}

#[test]
fn caller_without_a_mailbox_hears_the_greeting_of_somebody_found_by_name() {
    let server = server();

    // GRACE, the first name first; the caller hangs up in the greeting, which makes it a call that 4001 has missed.
    call(&server, "5000", "##47223#,2,", &Ending::Bye);

    server.event(2023, |event| event.to_string().contains("4001"));
}
