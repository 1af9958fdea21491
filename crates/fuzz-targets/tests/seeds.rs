//! Every target on its seeds, and on each of them cut and changed, on the stable compiler.
use std::{fs::DirEntry, path::Path};

type Target = fn(&[u8]);

/// A target and the folder of its seeds.
const TARGETS: [(&str, Target); 8] = [
    ("info_digit", fuzz_targets::info_digit),
    ("event_headers", fuzz_targets::event_headers),
    ("referring", fuzz_targets::referring),
    ("subscribing", fuzz_targets::subscribing),
    ("wav_import", fuzz_targets::wav_import),
    ("datagram", fuzz_targets::datagram),
    ("sdp_offer", fuzz_targets::sdp_offer),
    ("media_packet", fuzz_targets::media_packet),
];
/// Octets from the front that are changed and cut at.
const CHANGED: usize = 60;

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let entries = std::fs::read_dir(folder).expect("each target has a folder of seeds");
    let read = |entry: std::io::Result<DirEntry>| std::fs::read(entry?.path());
    let seeds: Vec<_> = entries.map(|entry| read(entry).expect("a seed is a readable file")).collect();
    assert!(seeds.len() >= 3, "{name} has too few seeds to begin with");
    seeds
}

#[test]
fn every_seed_passes_through_its_target_whole_cut_and_changed() {
    for (name, target) in TARGETS {
        for seed in seeds(name) {
            eprintln!("{name}: {}", String::from_utf8_lossy(&seed));
            target(&seed);
            for at in 0..seed.len().min(CHANGED) {
                let mut changed = seed.clone();
                changed[at] ^= 0x15;
                target(&seed[..at]);
                target(&changed);
            }
        }
    }
}

#[test]
fn every_target_of_the_fuzzer_has_its_seeds_tried() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/targets");
    let mut programs: Vec<String> = std::fs::read_dir(programs)
        .unwrap()
        .map(|program| program.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    programs.sort();
    let mut tried = TARGETS.map(|(name, _)| name);
    tried.sort_unstable();

    assert_eq!(programs, tried);
}
