use std::{
    fs::{OpenOptions, remove_file},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rusqlite::Connection;

use crate::{StoreError, error::Doing};

/// The schema, change by change. What has been released is never edited; a new change is appended.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
    include_str!("migrations/0004.sql"),
];

/// Brings a database up to the last of `migrations`, in one transaction, after copying it beside itself.
///
/// # Errors
/// [`StoreError::DatabaseTooNew`] if it is past them all; nothing is changed then, nor after any other failure.
pub(crate) fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: &[&str],
) -> Result<(), StoreError> {
    let number: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .doing("asking for the schema number")?;
    let found = usize::try_from(number).unwrap_or(usize::MAX);
    let known = migrations.len();
    if found > known {
        return Err(StoreError::DatabaseTooNew { found, known });
    }
    let missing = migrations.get(found..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    if found > 0 {
        copy(connection, &copy_path(path, found))?;
    }
    let transaction = connection.transaction().doing("beginning the schema change")?;
    for migration in missing {
        transaction.execute_batch(migration).doing("changing the schema")?;
    }
    let number = i64::try_from(known).unwrap_or(i64::MAX);
    transaction.pragma_update(None, "user_version", number).doing("writing the schema number")?;
    transaction.commit().doing("committing the schema change")
}

/// Where the copy of a database with this schema number stands.
fn copy_path(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".before-{}", number.saturating_add(1)));
    PathBuf::from(name)
}

fn copy(connection: &Connection, to: &Path) -> Result<(), StoreError> {
    let failed = |doing| move |source| StoreError::File { doing, path: to.to_owned(), source };
    // A copy from an attempt that failed: the database has not changed since.
    if to.exists() {
        remove_file(to).map_err(failed("removing the old copy"))?;
    }
    // SQLite fills an empty file, whose mode it keeps; its own would be everybody's to read.
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(failed("making the copy"))?;
    let name = to.to_string_lossy();
    connection.execute("VACUUM INTO ?1", [name]).doing("copying the database before its schema changes")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const FIRST: &str = "CREATE TABLE words(word TEXT) STRICT; INSERT INTO words VALUES ('kept');";
    const SECOND: &str = "ALTER TABLE words ADD COLUMN length INTEGER;";

    fn version(connection: &Connection) -> i64 {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_migration_copies_the_database_first_and_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("um.db");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[FIRST]).unwrap();

        migrate(&mut connection, &path, &[FIRST, SECOND]).unwrap();

        let word: String = connection
            .query_row("SELECT word FROM words WHERE length IS NULL", [], |row| row.get(0))
            .unwrap();
        assert_eq!((word.as_str(), version(&connection)), ("kept", 2));
        let copy = folder.path().join("um.db.before-2");
        assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(version(&Connection::open(copy).unwrap()), 1);
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("um.db");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[FIRST]).unwrap();

        let failed = migrate(&mut connection, &path, &[FIRST, SECOND, "INSERT INTO nothing VALUES (1);"]);

        assert!(matches!(failed, Err(StoreError::Database { doing: "changing the schema", .. })));
        assert_eq!(version(&connection), 1);
        assert!(connection.prepare("SELECT length FROM words").is_err());
    }

    #[test]
    fn a_database_of_a_later_program_is_refused_by_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("um.db");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, &[FIRST, SECOND]).unwrap();

        let refused = migrate(&mut connection, &path, &[FIRST]);

        assert!(matches!(refused, Err(StoreError::DatabaseTooNew { found: 2, known: 1 })));
    }
}
