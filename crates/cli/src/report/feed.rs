//! Rows that the server keeps and adds to: printed, and with `--follow` those that come later.
use serde::Serialize;

use crate::failure::Failure;

/// How long one question for later rows waits for an answer.
pub(crate) const WAIT_SECONDS: u32 = 30;

/// How rows are printed.
pub(crate) struct Feed<R, S> {
    /// Whether rows that come later are printed too, until interrupted.
    pub(crate) follow: bool,
    /// JSON: one value, or one object a line where rows go on coming.
    pub(crate) json: bool,
    /// A row for people.
    pub(crate) lines: fn(&R) -> String,
    /// Its number: later rows have higher ones.
    pub(crate) sequence: fn(&R) -> S,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Turn<S> {
    /// The rows that are there.
    First,
    /// Rows behind this one, if there was one yet; the answer may take [`WAIT_SECONDS`].
    Later(Option<S>),
}

impl<R: Serialize, S: Copy> Feed<R, S> {
    /// Prints what `ask` brings.
    pub(crate) async fn run(
        self,
        mut ask: impl AsyncFnMut(Turn<S>) -> Result<Vec<R>, Failure>,
    ) -> Result<(), Failure> {
        let rows = ask(Turn::First).await?;
        if self.json && !self.follow {
            return super::json(&rows);
        }
        self.print(&rows)?;
        if !self.follow {
            if rows.is_empty() {
                super::talk("nothing to list");
            }
            return Ok(());
        }
        let mut last = rows.last().map(self.sequence);
        loop {
            let rows = ask(Turn::Later(last)).await?;
            self.print(&rows)?;
            last = rows.last().map(self.sequence).or(last);
        }
    }

    fn print(&self, rows: &[R]) -> Result<(), Failure> {
        rows.iter().try_for_each(|row| match self.json {
            true => super::json_line(row),
            false => super::text(&(self.lines)(row)),
        })
    }
}
