//! The `um` command.
fn main() {}
