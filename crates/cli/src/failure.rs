use std::process::ExitCode;

use admin_api::{ApiError, ErrorDetail, code, remedy_apart};

/// Why a command did not do what it was asked: an exit code, what happened, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    error: String,
    hint: String,
    details: Vec<ErrorDetail>,
}

/// How a failed command ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Exit {
    /// 0: the reader of our output has gone; nothing is to be said.
    Quiet,
    /// 1: the answer is no: refused, not found, a check failed.
    No,
    /// 2: the command could not run.
    CouldNotRun,
    /// 70: a fault in the program (EX_SOFTWARE of sysexits.h).
    Fault,
}

impl Failure {
    /// The answer is no (exit 1).
    pub(crate) fn no(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::No, error: error.into(), hint: hint.into(), details: Vec::new() }
    }

    /// The command could not run (exit 2).
    pub(crate) fn could_not_run(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::CouldNotRun, ..Self::no(error, hint) }
    }

    /// A fault in the program ended it (exit 70).
    pub(crate) fn fault(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit: Exit::Fault, ..Self::no(error, hint) }
    }

    /// The answer is no, in the words of an error whose remedy stands behind its last colon.
    pub(crate) fn told_no(words: &str) -> Self {
        let (error, hint) = remedy_apart(words);
        Self::no(error, hint)
    }

    /// What was said, if the answer was no.
    pub(crate) fn refusal(&self) -> Option<String> {
        (self.exit == Exit::No).then(|| self.error.clone())
    }

    /// Adds single mistakes, each with its place.
    pub(crate) fn with_details(mut self, details: Vec<ErrorDetail>) -> Self {
        self.details = details;
        self
    }

    /// Something that is written to stdout did not arrive. A closed pipe (`um events | head`) is no failure.
    pub(crate) fn output(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self { exit: Exit::Quiet, ..Self::no("", "") },
            _ => Self::could_not_run(format!("the output cannot be written: {error}"), ""),
        }
    }

    /// Says it on stderr and gives the exit code.
    pub(crate) fn tell(&self) -> ExitCode {
        if self.exit != Exit::Quiet {
            eprintln!("error: {}", self.error);
            for detail in self.details.iter().take(DETAILS_SHOWN) {
                eprintln!("  {}: {}", detail.place, detail.message);
            }
            if self.details.len() > DETAILS_SHOWN {
                eprintln!("  and {} more", self.details.len() - DETAILS_SHOWN);
            }
            if !self.hint.is_empty() {
                eprintln!("hint: {}", self.hint);
            }
        }
        ExitCode::from(match self.exit {
            Exit::Quiet => 0,
            Exit::No => 1,
            Exit::CouldNotRun => 2,
            Exit::Fault => 70,
        })
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let exit = match error.code.as_str() {
            code::INTERNAL | code::UNAVAILABLE | code::NOT_ALLOWED => Exit::CouldNotRun,
            _ => Exit::No,
        };
        Self { exit, error: error.message, hint: error.remedy, details: error.details }
    }
}

/// How many single mistakes are printed.
const DETAILS_SHOWN: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusal_of_the_server_is_exit_1_and_its_own_fault_is_exit_2() {
        let refused = Failure::from(ApiError::new(code::NOT_FOUND, "gateway gw1", "no", "look"));
        let broken = Failure::from(ApiError::new(code::INTERNAL, "", "disk", ""));

        assert_eq!(refused.exit, Exit::No);
        assert_eq!(broken.exit, Exit::CouldNotRun);
    }

    #[test]
    fn closed_pipe_is_no_failure() {
        let error = std::io::Error::from(std::io::ErrorKind::BrokenPipe);

        assert_eq!(Failure::output(&error).exit, Exit::Quiet);
    }
}
