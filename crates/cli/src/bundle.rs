use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use admin_api::GatewayBundle;
use clap::Args;

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::new_file::NewFile;
use crate::report::talk;

/// `um gateway bundle GW --to DIR`
#[derive(Args, Debug)]
pub(crate) struct Bundle {
    /// The gateway.
    name: String,
    /// The folder to make: our chain, its certificate and key if our CA issued them, and pages of settings by product.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

impl Bundle {
    /// Carries the command out.
    pub(crate) async fn run(self, client: &Client) -> Result<(), Failure> {
        let bundle: GatewayBundle = client.get(&path(&["gateways", &self.name, "bundle"])).await?;
        make_folder(&self.to)?;
        for file in &bundle.files {
            let to = self.to.join(plain_name(&file.name)?);
            let new = if file.private { NewFile::create_private(&to)? } else { NewFile::create(&to)? };
            new.fill(file.text.expose().as_bytes())?;
        }
        for note in &bundle.notes {
            talk(format!("warning: {note}"));
        }
        talk(format!("begin with {}", self.to.join("README.md").display()));
        Ok(())
    }
}

/// For its owner alone, since a key may lie in it.
fn make_folder(folder: &Path) -> Result<(), Failure> {
    DirBuilder::new().mode(0o700).create(folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::no(format!("{} exists", folder.display()), "give --to a folder that is not there yet")
        }
        _ => Failure::could_not_run(
            format!("{} cannot be made: {error}", folder.display()),
            "give --to a folder in one that you may write to",
        ),
    })
}

/// The server names the files; none of them leads out of the folder.
fn plain_name(name: &str) -> Result<&str, Failure> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']);
    if plain {
        Ok(name)
    } else {
        Err(Failure::could_not_run("the server named a file that has a folder", ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_never_leads_out_of_its_folder() {
        assert!(plain_name("gateway.key").is_ok());
        for name in ["", "..", "../um.pem", "/etc/passwd", "a/b"] {
            assert!(plain_name(name).is_err(), "{name}");
        }
    }
}
