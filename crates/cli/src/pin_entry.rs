//! How a PIN comes to a command: typed unseen, or from a file. Never as an argument, which others can see.
use std::fs::File;
use std::io::{BufRead, BufReader, IsTerminal, Read, Stdin, Write};
use std::path::Path;

use admin_api::PinText;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::failure::Failure;
use crate::report::talk;

/// The longest first line that is read, in octets; a PIN has 24 at most.
const LONGEST_LINE: u64 = 1024;

/// The first line of standard input.
pub(crate) fn pin_from_stdin() -> Result<PinText, Failure> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        talk("type the PIN, then Enter and Ctrl-D; it will be seen");
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    Ok(PinText::new(text.lines().next().unwrap_or_default().trim().to_owned()))
}

/// The first line of a file.
pub(crate) fn pin_from_file(file: &Path) -> Result<PinText, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::could_not_run(
            format!("the PIN file {} cannot be read: {error}", file.display()),
            "give a file whose first line is the PIN",
        )
    };
    let mut line = String::new();
    let opened = File::open(file).map_err(unreadable)?;
    BufReader::new(opened.take(LONGEST_LINE)).read_line(&mut line).map_err(unreadable)?;
    Ok(PinText::new(line.trim().to_owned()))
}

/// Typed at the terminal, twice and unseen.
pub(crate) fn pin_typed_twice(address: &str) -> Result<PinText, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::could_not_run(
            "there is no terminal to type the PIN at",
            "give it with --pin-stdin, or in a file with --pin-file FILE",
        ));
    }
    let first = typed_unseen(&stdin, &format!("new PIN for mailbox {address}: "))?;
    let second = typed_unseen(&stdin, "the same again: ")?;
    if first.expose() != second.expose() {
        return Err(Failure::no("the two PINs differ, so none was set", "run the command again"));
    }
    Ok(first)
}

fn typed_unseen(stdin: &Stdin, question: &str) -> Result<PinText, Failure> {
    // A terminal that takes no question can still be typed at.
    let _ = write!(std::io::stderr(), "{question}").and_then(|()| std::io::stderr().flush());
    let mut line = String::new();
    let read = {
        let _unseen = Unseen::begin(stdin)?;
        stdin.lock().take(LONGEST_LINE).read_line(&mut line)
    };
    // The Enter was not seen either.
    talk("");
    read.map_err(|error| unreadable(&error))?;
    line.truncate(line.trim_end().len());
    Ok(PinText::new(line))
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure::could_not_run(format!("the PIN cannot be read from standard input: {error}"), "")
}

/// A terminal that does not show what is typed, until this is dropped.
struct Unseen<'a> {
    stdin: &'a Stdin,
    before: Termios,
}

impl<'a> Unseen<'a> {
    fn begin(stdin: &'a Stdin) -> Result<Self, Failure> {
        let refused = |error: rustix::io::Errno| {
            Failure::could_not_run(
                format!("the terminal cannot be told to hide what is typed: {error}"),
                "give the PIN with --pin-stdin, or in a file with --pin-file FILE",
            )
        };
        let before = tcgetattr(stdin).map_err(refused)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // What was typed before the question does not count.
        tcsetattr(stdin, OptionalActions::Flush, &hidden).map_err(refused)?;
        Ok(Self { stdin, before })
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        // A terminal that has gone needs no mending.
        let _ = tcsetattr(self.stdin, OptionalActions::Now, &self.before);
    }
}
