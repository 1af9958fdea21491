use crate::{console::pages, page::repository};

/// What stands between `](` and `)`, without the place inside the page.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty())
}

#[test]
fn every_link_of_readme_and_docs_leads_to_a_file_of_the_tree() {
    let mut looked_at = 0;
    let mut dead = Vec::new();
    for name in pages().into_iter().chain(["CHANGELOG.md".to_owned()]) {
        let page = repository().join(&name);
        let text = std::fs::read_to_string(&page).unwrap();
        for target in targets(&text).filter(|target| !target.contains("://")) {
            looked_at += 1;
            if !page.parent().unwrap().join(target).exists() {
                dead.push(format!("{name}: {target}"));
            }
        }
    }

    assert!(dead.is_empty(), "{dead:#?}");
    assert!(looked_at > 20, "{looked_at} links were found");
}

#[test]
fn links_are_found_with_and_without_a_place_inside_the_page() {
    let found: Vec<&str> = targets("[a](one.md) [b](two.md#there), [c](#here)").collect();

    assert_eq!(found, ["one.md", "two.md"]);
}
