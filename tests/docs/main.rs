//! The pages of the repository, held against the program: every `console` block of README.md and docs/ is typed into a
//! shell beside a throw-away server and its output compared, every sample of config/ is loaded, and what
//! docs/rfc-coverage.md names must exist.
//!
//! How a page is written, so that it can be run:
//!
//! - A block that begins with three backticks and `console` is run. `$ ` begins a command, a line that ends with `\`
//!   goes on in the next one; the lines behind a command are what it prints, stdout and stderr together. A command that
//!   prints nothing shows nothing.
//! - `…` inside a line stands for anything; a line that is `…` alone stands for any lines, also none. A run of spaces
//!   counts as one. The real ports of the server are read as 5060 and 5061.
//! - A command ends with 0, unless the page shows an `error:` line of it: then it does not.
//! - The blocks of a page run in order in one shell, in a folder that holds `pbx.pem` (the certificate of a gateway
//!   pbx.example.com) and the repository's `config`. `um serve` runs beside it until the page says `kill`; a page
//!   without `um serve` gets a server first. `cargo run .. -- ARGS` is `um ARGS`; `cargo build ..` has been done.
//! - `<!-- console: .. -->` between two blocks is what happens around the reader; [`page::Cue`] has the sentences.
//! - What cannot be run here is a `text` block, or has `<!-- console: not run: WHY -->` before it, which
//!   `blocks_that_are_not_run_are_few_and_known` counts.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

mod console;
mod links;
mod page;
mod rfc_coverage;
mod samples;
mod shape;
mod terminal;
