//! The waits of a call: each has its own place, and none lengthens or ends another.
use super::*;

#[test]
fn call_that_we_have_ended_is_let_go_after_a_minute_though_its_bye_is_never_answered() {
    let mut rig = Rig::new(VoipSecurity::Unsecured);
    rig.recording();
    let key = *rig.core.calls.keys().next().unwrap();

    // The worker never tells how long the recording was; BYE times out after 32 s.
    rig.input(Input::Admin(AdminOrder::HangUp(key)));
    rig.advance(Duration::from_millis(59_999));
    let before = rig.core.call_count();
    rig.advance(Duration::from_millis(1));

    assert_eq!((before, rig.core.call_count()), (1, 0));
}
