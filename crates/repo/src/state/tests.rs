//! Tests of what is read from an index or a commit.

use idhooks_core::check::Code;
use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::REGISTRY_PATH;

use super::{CommitState, MigrationTrailer, RegistrySource, RegistryState, adopted_ref};
use crate::git::tests::made::{MadeRepo, path};

fn why(made: &MadeRepo) -> Vec<(Code, String)> {
    let repo = made.open();
    let state = CommitState::of_index(&repo).expect("readable");
    assert!(state.registry().is_none());
    let findings = state.why_unreadable(&repo).expect("readable");
    findings.into_iter().map(|found| (found.code, found.help)).collect()
}

#[test]
fn the_registry_and_the_rules_of_the_index_count() {
    let made = MadeRepo::adopted();
    made.write(REGISTRY_PATH, "half a regis");
    made.write("idhooks.toml", "[alocation]\n");
    let repo = made.open();
    let state = CommitState::of_index(&repo).expect("readable");
    let config = state.config(&repo).expect("valid");
    assert_eq!(state.registry().map(|registry| registry.allocations.len()), Some(2));
    assert_eq!(state.tracked(&config).collect::<Vec<_>>(), [&path("a.md"), &path("b.md")]);
    assert!(state.is_index && state.parents == [repo.head().expect("readable").expect("HEAD")]);
}

#[test]
fn what_is_no_registry_is_named_with_the_command_that_restores_it() {
    let made = MadeRepo::adopted();
    made.write(REGISTRY_PATH, "half a regis");
    made.git(&["add", REGISTRY_PATH]);
    let [(code, help)] = &why(&made)[..] else { unreachable!("one finding") };
    assert_eq!(*code, Code::RegistryCorrupt);
    assert!(help.contains("git restore --source=HEAD"), "{help}");
    made.git(&["rm", "-q", "--cached", "-f", REGISTRY_PATH]);
    let [(code, help)] = &why(&made)[..] else { unreachable!("one finding") };
    assert_eq!(*code, Code::RegistryCorrupt);
    assert!(help.contains("git restore --source=HEAD --staged --worktree"), "{help}");
}

#[test]
fn neither_rules_nor_a_registry_is_not_adopted() {
    let made = MadeRepo::empty();
    made.write("a.md", "a\n");
    let commit = made.commit("before idhooks");
    let repo = made.open();
    let state = CommitState::of_commit(&repo, commit).expect("readable");
    assert!(matches!(state.registry, RegistryState::NotAdopted) && !state.is_adopted());
    assert_eq!(adopted_ref(&repo).expect("readable"), None);
    assert!(RegistrySource::find(&repo, &state.tree).expect("readable").is_none());
}

#[test]
fn a_branch_without_the_registry_is_told_which_one_to_merge() {
    let made = MadeRepo::empty();
    made.write("a.md", "a\n");
    made.commit("before idhooks");
    made.git(&["checkout", "-q", "-b", "adopting"]);
    made.write("idhooks.toml", "scope = \"260118\"\n");
    made.register(&[("a.md", 1)]);
    made.commit("adopt");
    made.git(&["checkout", "-q", "main"]);
    let repo = made.open();
    assert_eq!(adopted_ref(&repo).expect("readable").as_deref(), Some("refs/heads/adopting"));
    let tree = CommitState::of_index(&repo).expect("readable").tree;
    let source = RegistrySource::find(&repo, &tree).expect("readable").expect("a branch has it");
    assert_eq!(
        source.to_string(),
        "'refs/heads/adopting' has a registry; merge it: git merge refs/heads/adopting"
    );
}

#[test]
fn an_unmerged_registry_is_no_registry_yet() {
    let made = MadeRepo::adopted();
    let entry = made.git(&["ls-files", "--stage", REGISTRY_PATH]);
    let blob = entry.split(' ').nth(1).expect("a blob");
    made.git(&["rm", "-q", "--cached", REGISTRY_PATH]);
    let info = made.top().join("stages");
    let stages = [1, 2, 3].map(|stage| format!("100644 {blob} {stage}\t{REGISTRY_PATH}\n"));
    std::fs::write(&info, stages.concat()).expect("writable");
    made.git(&["config", "alias.stages", "!git update-index --index-info <stages"]);
    made.git(&["stages"]);
    let state = CommitState::of_index(&made.open()).expect("readable");
    assert!(matches!(state.registry, RegistryState::Unmerged));
    assert!(state.has_file(&path(REGISTRY_PATH)) && !state.tree.contains_key(&path(REGISTRY_PATH)));
    assert_eq!(why(&made).len(), 1);
}

#[test]
fn a_step_of_a_migration_is_what_its_commit_says() {
    let made = MadeRepo::empty();
    let said = |message: &str| {
        let commit = made.commit(message);
        MigrationTrailer::of(&made.open().commit(commit).expect("a commit"))
    };
    assert_eq!(said("fix\n\nNo trailer."), None);
    for (phase, undone) in [(MigrationPhase::Off, 2), (MigrationPhase::LegacyLeads, 0)] {
        let trailer = MigrationTrailer { phase, undone };
        assert_eq!(said(&format!("step\n\n{trailer}\n")), Some(trailer));
        assert_eq!(trailer.is_off(), undone == 2);
    }
    assert_eq!(said("step\n\nIdhooks-Migration: sideways\n"), None);
}
