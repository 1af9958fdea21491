//! Lists the prompts of `prompts/LANGUAGE/`, so that the program carries every audio file and text that is there
//! without naming them one by one: writes `voices.rs`, which `src/prompts/built_in.rs` includes.

use std::{
    env,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| env::var(name).map_err(io::Error::other);
    let prompts = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../../prompts");
    println!("cargo::rerun-if-changed={}", prompts.display());

    let mut voices = String::from("&[\n");
    for folder in sorted(&prompts)?.into_iter().filter(|path| path.is_dir()) {
        // A new file changes the time of its folder.
        println!("cargo::rerun-if-changed={}", folder.display());
        let files = sorted(&folder)?;
        let named = |extension| {
            files.iter().filter(move |file| file.extension().is_some_and(|found| found == extension))
        };
        let mut text = |part: std::fmt::Arguments<'_>| voices.write_fmt(part).map_err(io::Error::other);
        text(format_args!("    BuiltInVoice {{\n        tag: {:?},\n        texts: &[\n", name(&folder)))?;
        for file in named("toml") {
            text(format_args!("            include_str!({:?}),\n", file.display()))?;
        }
        text(format_args!("        ],\n        audio: &[\n"))?;
        for file in named("wav") {
            text(format_args!("            ({:?}, include_bytes!({:?})),\n", name(file), file.display()))?;
        }
        text(format_args!("        ],\n    }},\n"))?;
    }
    voices.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("voices.rs"), voices)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

/// Without its extension.
fn name(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
