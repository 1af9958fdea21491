//! Tells the program its git commit, so that `um --version` can name it. Reads `.git` as files: no git program is
//! needed, and a build outside a checkout says `unknown`.

use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let commit = std::env::var("CARGO_MANIFEST_DIR")
        .ok()
        .and_then(|crate_dir| git_dir(Path::new(&crate_dir)))
        .and_then(|git| head_commit(&git))
        .unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=UM_COMMIT={commit}");
    println!("cargo::rerun-if-changed=build.rs");
}

/// The `.git` folder of the checkout that holds `crates/cli`; in a work tree `.git` is a file that names it.
fn git_dir(crate_dir: &Path) -> Option<PathBuf> {
    let dot_git = crate_dir.parent()?.parent()?.join(".git");
    if dot_git.is_dir() {
        return Some(dot_git);
    }
    let named = fs::read_to_string(&dot_git).ok()?;
    let path = PathBuf::from(named.strip_prefix("gitdir:")?.trim());
    Some(if path.is_absolute() { path } else { dot_git.parent()?.join(path) })
}

/// The first twelve characters of the commit that HEAD means.
fn head_commit(git: &Path) -> Option<String> {
    // A linked work tree keeps its branches in the main checkout's folder.
    let common = match fs::read_to_string(git.join("commondir")) {
        Ok(path) => git.join(path.trim()),
        Err(_) => git.to_owned(),
    };
    // A branch may stand in a file of its own or in the packed list, and move from one to the other. Only what exists
    // is watched: cargo builds anew every time if a watched file is missing.
    let heads = [git.join("HEAD"), common.join("refs/heads"), common.join("packed-refs")];
    for watched in heads.iter().filter(|path| path.exists()) {
        println!("cargo::rerun-if-changed={}", watched.display());
    }
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    let commit = match head.trim().strip_prefix("ref: ") {
        None => head.trim().to_owned(),
        Some(branch) => branch_commit(&common, branch)?,
    };
    let whole = commit.len() >= 12 && commit.bytes().all(|b| b.is_ascii_hexdigit());
    whole.then(|| commit.chars().take(12).collect())
}

fn branch_commit(common: &Path, branch: &str) -> Option<String> {
    if let Ok(commit) = fs::read_to_string(common.join(branch)) {
        return Some(commit.trim().to_owned());
    }
    let packed = fs::read_to_string(common.join("packed-refs")).ok()?;
    packed.lines().find_map(|line| line.strip_suffix(branch)?.strip_suffix(' ').map(str::to_owned))
}
