//! Certificate files and their passwords, as `um cert` reads them.

use std::fs::File;
use std::io::{BufRead, Read};
use std::path::Path;

use admin_api::Password;

use crate::failure::Failure;

/// A certificate file, with or without its key.
pub(crate) fn bounded(file: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::could_not_run(
            format!("{} cannot be read: {error}", file.display()),
            "give a file that this user may read",
        )
    };
    let mut octets = Vec::new();
    let opened = File::open(file).map_err(unreadable)?;
    opened.take(LONGEST_FILE + 1).read_to_end(&mut octets).map_err(unreadable)?;
    if octets.len() as u64 > LONGEST_FILE {
        return Err(Failure::no(
            format!("{} is longer than {LONGEST_FILE} octets", file.display()),
            "give a file with one certificate, its key and its chain",
        ));
    }
    Ok(octets)
}

/// The first line of a file, or of standard input.
pub(crate) fn password(file: &Path) -> Result<Password, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::could_not_run(
            format!("the password file {} cannot be read: {error}", file.display()),
            "give a file whose first line is the password",
        )
    };
    let mut line = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
    } else {
        let file = File::open(file).map_err(unreadable)?;
        std::io::BufReader::new(file.take(LONGEST_PASSWORD)).read_line(&mut line).map_err(unreadable)?;
    }
    Ok(Password::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The longest file that is taken in: 1 MiB.
const LONGEST_FILE: u64 = 1024 * 1024;
/// The longest password, in octets.
const LONGEST_PASSWORD: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_file_that_is_not_there_is_named() {
        let failure = format!("{:?}", password(Path::new("/nonexistent/secret")).unwrap_err());

        assert!(failure.contains("the password file /nonexistent/secret cannot be read"), "{failure}");
    }
}
