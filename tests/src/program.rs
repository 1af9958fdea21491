//! The program under test, and what one run of it printed.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What one `um` command printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Exit status; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `um ARGS` on a machine where nothing is set up.
pub fn um_alone(args: &[&str]) -> Ran {
    run(um_command().args(args))
}

/// `um`, without the places that the environment of the test run may name.
pub(crate) fn um_command() -> Command {
    let mut command = Command::new(um_binary());
    for variable in ["UM_SOCKET", "UM_CONFIG", "UM_DATA_DIR", "UM_FAULT_INJECTION"] {
        command.env_remove(variable);
    }
    command
}

pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.stdin(Stdio::null()).output().expect("um can be run");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The `um` that `UM_UNDER_TEST` names, or else the one beside the test's own program: `target/debug/um` for
/// `target/debug/deps/scenarios-..`.
///
/// # Panics
/// It has not been built.
pub fn um_binary() -> PathBuf {
    if let Some(um) = std::env::var_os("UM_UNDER_TEST") {
        return um.into();
    }
    let program = std::env::current_exe().expect("a test knows its own program");
    let folder = program.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps");
    let um = folder.join("um");
    assert!(
        um.is_file(),
        "{} is missing: run `cargo build -p cli` first, as scripts/test.sh does",
        um.display()
    );
    um
}
