use crate::sipp::sipp_leaves_a_message_that_plays;

#[test]
fn sipp_over_tcp_leaves_a_message_that_plays() {
    sipp_leaves_a_message_that_plays("t1");
}
