//! Identities that are reserved, and given later.

use super::*;
use crate::AllocateOptions;
use crate::tests::{TestRepo, refused, text};

fn options(namespace: &str, type_code: &str, count: u32) -> ReserveOptions {
    ReserveOptions {
        namespace: namespace.parse().expect("a namespace"),
        type_code: type_code.parse().expect("a TYPE"),
        count,
        is_dry_run: false,
    }
}

fn reserved(repo: &TestRepo, options: &ReserveOptions) -> Vec<Id> {
    reserve(&mut repo.notices(), &repo.open(), options).expect("possible").ids
}

#[test]
fn the_dry_run_shows_the_identities_that_are_reserved_and_no_reserved_one_again() {
    let repo = TestRepo::adopted();
    let dry = ReserveOptions { is_dry_run: true, ..options("100", "01", 3) };
    let shown = repo.unchanged(|_| reserved(&repo, &dry));
    assert_eq!(shown.len(), 3);
    assert!(shown.iter().all(|id| id.to_string().starts_with("01100")), "{shown:?}");
    assert_eq!(reserved(&repo, &options("100", "01", 3)), shown);
    repo.commit("reserve");
    assert!(reserved(&repo, &dry).iter().all(|id| !shown.contains(id)));
}

#[test]
fn no_new_file_gets_a_reserved_identity_and_each_is_given_where_it_is_asked_for() {
    let repo = TestRepo::adopted();
    let mut held = reserved(&repo, &options("100", "01", 2));
    held.extend(reserved(&repo, &options("200", "20", 1)));
    repo.commit("reserve");
    for id in &held {
        let path = format!("late-{id}.md");
        repo.stage(&path, &text(&path));
        let files = vec![repo.at(&path)];
        let options =
            AllocateOptions { files, reserved: Some((*id).into()), ..AllocateOptions::default() };
        crate::allocate(&mut repo.notices(), &repo.open(), &options).expect("reserved");
    }
    repo.commit("late");
    assert!(held.iter().all(|id| repo.id(&format!("late-{id}.md")) == *id));
    assert!(!repo.git(&["show", "HEAD:.idhooks/registry.json"]).contains("reserved"));
}

#[test]
fn more_identities_than_the_counter_has_left_are_refused() {
    let repo = TestRepo::empty();
    repo.stage("README.md", &text("README.md"));
    let strategy = Some(idhooks_core::config::Strategy::Sequential);
    repo.adopt(&crate::InitOptions { strategy, ..Default::default() });
    let registry = repo.read(".idhooks/registry.json");
    let floor = |ns| if ns == 980 { 99_990 } else { 99_999 };
    let chain = [100].into_iter().chain(980..1000);
    let floors = chain.map(|ns| format!("\"{ns}_01_260118\":{{\"floor\":{}}}", floor(ns)));
    let full = format!("\"counters\":{{{}}}", floors.collect::<Vec<_>>().join(","));
    repo.stage(".idhooks/registry.json", &registry.replacen("\"counters\":{}", &full, 1));
    let ten = options("100", "01", 10);
    let done = repo.unchanged(|open| reserve(&mut repo.notices(), open, &ten));
    assert!(matches!(done, Err(OpsError::CounterFull(_))), "{done:?}");
    assert_eq!(reserved(&repo, &options("100", "01", 9)).len(), 9);
}

#[test]
fn nothing_is_reserved_without_a_registry() {
    let repo = TestRepo::empty();
    let done = reserve(&mut repo.notices(), &repo.open(), &options("100", "01", 1));
    refused(done, "not adopted");
}
