use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Um;
use crate::failure::Failure;
use crate::report;

/// `um completions`
#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Um::command(), "um", &mut script);
        report::text(&String::from_utf8_lossy(&script))
    }
}
