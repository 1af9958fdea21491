//! How much there is of what the store keeps.
use std::collections::BTreeMap;

use crate::{Store, StoreError, database::columns::natural, error::Doing};

/// What the database holds, in numbers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StoreTotals {
    /// Mailboxes by dial plan.
    pub mailboxes: BTreeMap<String, u64>,
    /// Messages, deleted ones included as long as they are kept.
    pub messages: u64,
}

impl Store {
    /// Counts; also the question by which a health check learns whether the database answers.
    ///
    /// # Errors
    /// The database failed.
    pub fn totals(&self) -> Result<StoreTotals, StoreError> {
        self.shared().database.read(|snapshot| {
            let mailboxes = snapshot
                .prepare_cached("SELECT dial_plan, count(*) FROM mailboxes GROUP BY dial_plan")
                .and_then(|mut statement| {
                    statement.query_map([], |row| Ok((row.get(0)?, natural(row, 1)?)))?.collect()
                })
                .doing("counting mailboxes")?;
            let messages = snapshot
                .query_row("SELECT count(*) FROM messages", [], |row| natural(row, 0))
                .doing("counting messages")?;
            Ok(StoreTotals { mailboxes, messages })
        })
    }
}
