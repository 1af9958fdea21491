//! Stores of every kind as folders on disk, with what is chosen and the words of `um cert explain` (rows in `stores`).

mod shelf;
mod stores;

use std::collections::BTreeSet;

use self::shelf::{FQDN, Row};
use super::*;
use crate::mint::now;

#[test]
fn each_store_has_the_expected_choice_and_the_expected_words() {
    let rows = stores::rows();
    let titles: BTreeSet<&str> = rows.iter().map(|row| row.title).collect();

    for row in &rows {
        let found = row.choose();

        assert_eq!(found.words, row.words, "{}", row.title);
        assert_eq!(found.chosen.as_deref(), row.chosen, "{}: chosen", row.title);
        assert_eq!(found.dialing.as_deref(), row.dialing.or(row.chosen), "{}: where we connect", row.title);
        assert_eq!(found.faults, row.faults, "{}: faults", row.title);
    }

    assert_eq!(titles.len(), rows.len(), "each store has a title of its own");
    assert!(rows.len() >= 30, "{} stores", rows.len());
}

#[test]
fn choice_does_not_depend_on_the_names_of_the_files() {
    let names = [["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]];

    for [first, second, third] in names {
        let row = Row::of(
            "",
            vec![
                shelf::own(first).until(2040),
                shelf::issued(second).until(2031),
                shelf::issued(third).until(2032),
            ],
        );
        assert_eq!(row.choose().chosen.as_deref(), Some(third));
    }
}

#[test]
fn debug_of_what_is_wanted_names_owner_and_host() {
    let wanted = Wanted { owner: Some("partner"), ..Wanted::ours(FQDN) };

    assert_eq!(format!("{wanted:?}"), r#"Wanted { owner: Some("partner"), fqdn: "um.example.com", .. }"#);
    assert!(choose(&CertificateStore::load(std::path::Path::new("")), &wanted, now()).chosen.is_none());
}
