//! One SQLite file: its connections, its schema and how it grows, columns of our own types.
pub(crate) mod columns;
pub(crate) mod migration;

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::{
    StoreError,
    database::migration::{MIGRATIONS, migrate},
    error::Doing,
};

/// Reading connections kept open; more are opened when needed and closed again.
const READERS_KEPT: usize = 4;
/// Statements kept compiled by each connection.
const STATEMENTS_KEPT: usize = 64;

/// The database: one writing connection, some reading ones. In WAL mode readers never wait for the writer, who holds
/// its lock while the disk syncs.
pub(crate) struct Database {
    path: PathBuf,
    is_closed: AtomicBool,
    writer: Mutex<Option<Connection>>,
    readers: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens the database, migrated to the newest schema.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = Connection::open(path).doing("opening the database")?;
        prepare(&writer)?;
        writer
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                 PRAGMA secure_delete = ON;",
            )
            .doing("setting up the database")?;
        migrate(&mut writer, path, MIGRATIONS)?;
        Ok(Self {
            path: path.to_owned(),
            is_closed: AtomicBool::new(false),
            writer: Mutex::new(Some(writer)),
            readers: Mutex::new(Vec::new()),
        })
    }

    /// Reads from one snapshot.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if self.is_closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        let kept = locked(&self.readers).pop();
        let mut reader = match kept {
            Some(reader) => reader,
            None => self.open_reader()?,
        };
        let result = reader.transaction().doing("beginning to read").and_then(|snapshot| work(&snapshot));
        let mut readers = locked(&self.readers);
        if readers.len() < READERS_KEPT {
            readers.push(reader);
        }
        result
    }

    /// Changes in one transaction: all of it is durable when this returns `Ok`, none of it is there after an `Err`.
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = locked(&self.writer);
        let connection = writer.as_mut().ok_or(StoreError::Closed)?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("beginning a change")?;
        let result = work(&transaction)?;
        transaction.commit().doing("committing a change")?;
        Ok(result)
    }

    /// Folds the log into the database and closes every connection.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        locked(&self.readers).clear();
        if let Some(writer) = locked(&self.writer).take() {
            // What is in the log is durable there too.
            let _ = writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);");
        }
    }

    fn open_reader(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader =
            Connection::open_with_flags(&self.path, flags).doing("opening the database for reading")?;
        prepare(&reader)?;
        Ok(reader)
    }
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.busy_timeout(Duration::from_secs(5)).doing("setting up the database")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_do_not_wait_for_a_change_under_way() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("um.db")).unwrap();

        let read_meanwhile: Result<i64, StoreError> = database.write(|_| {
            database.read(|snapshot| {
                snapshot
                    .query_row("SELECT count(*) FROM mailboxes", [], |row| row.get(0))
                    .doing("counting mailboxes")
            })
        });

        assert_eq!(read_meanwhile.unwrap(), 0);
    }
}
