//! Patches that are applied to a repository, and undone.

use idhooks_core::registry::{Id, Object};
use serde_json::{Value, json};

use super::super::{PatchOutcome, PatchReport, apply_patch, roll_back_patch};
use super::{Json, Patch};
use crate::tests::{REGISTRY, TestRepo, refused};
use crate::{OpsError, PatchRefusal, ReviveOptions, revive, working_registry};

/// Returns a repository in which patches may write every field.
fn writable() -> TestRepo {
    let repo = TestRepo::adopted();
    let rules = "[patch]\nwritable = [\"metadata\", \"status\", \"file_path\"]\n";
    repo.commit_file("idhooks.toml", &format!("scope = \"260118\"\n{rules}"));
    repo
}

fn ids<const N: usize>(repo: &TestRepo, paths: [&str; N]) -> [String; N] {
    paths.map(|path| repo.id(path).to_string())
}

/// Returns a change of one key.
fn owner(name: &str) -> Value {
    json!({"metadata": {"owner": name}})
}

fn run(repo: &TestRepo, patch: &Value, is_preview: bool) -> PatchReport {
    let patch = Patch::read(patch.to_string().as_bytes()).expect("well-formed");
    apply_patch(&mut repo.notices(), &repo.open(), &patch, is_preview).expect("possible")
}

/// Applies a patch. Its preview has the same changes, and makes none.
#[track_caller]
fn applied(repo: &TestRepo, patch: &Value) -> PatchReport {
    let shown = repo.unchanged(|_| run(repo, patch, true));
    let done = run(repo, patch, false);
    assert_eq!((shown.outcome, done.outcome), (PatchOutcome::Preview, PatchOutcome::Applied));
    assert_eq!(crate::tests::lines(&shown.edits), crate::tests::lines(&done.edits));
    assert_eq!(done.registry_hash, Some(hash(repo)));
    done
}

fn hash(repo: &TestRepo) -> String {
    working_registry(&repo.open()).expect("readable").hash()
}

fn undone(repo: &TestRepo, patch: &PatchReport, is_dry: bool) -> Result<PatchReport, OpsError> {
    let id = patch.patch_id.as_deref().expect("an id");
    roll_back_patch(&mut repo.notices(), &repo.open(), id, is_dry)
}

/// Returns the metadata of a record in the index.
fn metadata(repo: &TestRepo, id: &str) -> Object {
    let id: Id = id.parse().expect("an identity");
    let mut records = repo.registry("").allocations.into_iter();
    records.find(|record| record.id == id).expect("the record").metadata
}

#[test]
fn an_identity_goes_to_the_file_that_the_patch_names() {
    let repo = writable();
    let [id] = ids(&repo, ["docs/guide.md"]);
    repo.run("rm -q docs/guide.md");
    repo.stage("handbook.md", &"nothing of the guide is left\n".repeat(9));
    let report = applied(&repo, &json!({"changes": {&id: {"file_path": "handbook.md"}}}));
    let path = report.edits[0].path.as_ref().map(ToString::to_string);
    assert_eq!(path.as_deref(), Some("handbook.md"));
    repo.commit("moved");
    assert_eq!(repo.id("handbook.md").to_string(), id);
    repo.assert_in_order();
}

#[test]
fn a_patch_for_another_registry_is_stale_and_changes_nothing() {
    let repo = TestRepo::adopted();
    let (then, [id]) = (hash(&repo), ids(&repo, ["README.md"]));
    let patch = |name: &str| json!({"registry_hash": &then, "changes": {&id: owner(name)}});
    applied(&repo, &patch("ann"));
    let now = hash(&repo);
    assert_ne!(now, then);
    for is_preview in [false, true] {
        let report = repo.unchanged(|_| run(&repo, &patch("bob"), is_preview));
        assert_eq!(
            (report.outcome, report.registry_hash),
            (PatchOutcome::Stale, Some(now.clone()))
        );
        assert!(report.edits.is_empty());
    }
    repo.commit("ann");
    applied(&repo, &json!({"registry_hash": &now, "changes": {&id: owner("bob")}}));
}

#[test]
fn one_bad_record_refuses_the_whole_patch() {
    let repo = TestRepo::adopted();
    let [id] = ids(&repo, ["README.md"]);
    let half = json!({"changes": {&id: {"metadata": {"x": 1}}, "0110000001000000": {}}});
    let report = repo.unchanged(|_| run(&repo, &half, false));
    assert_eq!((report.outcome, report.faults.len()), (PatchOutcome::Refused, 1));
    assert!(report.faults[0].pointer.contains("0110000001000000"), "{:?}", report.faults);
}

#[test]
fn a_patch_is_undone_and_later_changes_stay() {
    let repo = writable();
    let all = ids(&repo, ["README.md", "notes.txt", "docs/guide.md"]);
    let [a, b, c] = &all;
    let now = || all.each_ref().map(|id| metadata(&repo, id));
    applied(&repo, &json!({"changes": {a: owner("ann"), c: owner("cleo")}}));
    repo.commit("owners");
    let before = now();
    let changes = json!({a: owner("bob"), b: owner("bob"), c: {"status": "deprecated"}});
    let patch = applied(&repo, &json!({"reason": "unsafe", "changes": changes}));
    repo.commit("patched");
    // Later: another field of a record of the patch, and another record.
    let later = applied(&repo, &json!({"changes": {a: {"metadata": {"team": "x"}}}}));
    repo.git_mv("src/app.py", "src/main.py");
    repo.commit("later");
    let shown = repo.unchanged(|_| undone(&repo, &patch, true).expect("possible"));
    assert_eq!((shown.outcome, shown.restored, shown.edits.len()), (PatchOutcome::Preview, 3, 3));
    let report = undone(&repo, &patch, false).expect("possible");
    assert_eq!((report.outcome, report.restored), (PatchOutcome::Undone, 3));
    let mut expected = before.clone();
    expected[0].insert("team".into(), Json::string("x"));
    assert_eq!(now(), expected);
    repo.commit("undone");
    assert!(repo.record(repo.id("docs/guide.md")).is_active());
    repo.assert_in_order();
    // It is undone only once; the other one can be undone as well.
    refused(repo.unchanged(|_| undone(&repo, &patch, false)), "has no patch");
    undone(&repo, &later, false).expect("possible");
    assert_eq!(now(), before);
}

#[test]
fn a_patch_on_which_later_changes_depend_is_not_undone() {
    let repo = writable();
    let [a, b] = ids(&repo, ["README.md", "notes.txt"]);
    let depended = |patch: &PatchReport, cause: &str| {
        let done = repo.unchanged(|_| undone(&repo, patch, false));
        let Err(OpsError::Patch(PatchRefusal::Depended(_, causes))) = done else {
            unreachable!("{done:?}")
        };
        assert!(causes.iter().any(|one| one.contains(cause)), "{cause:?} in {causes:?}");
    };
    // A field that was changed again.
    let first = applied(&repo, &json!({"changes": {&a: owner("ann"), &b: owner("ann")}}));
    let second = applied(&repo, &json!({"changes": {&a: owner("bob")}}));
    depended(&first, "metadata.owner");
    // In the opposite order, both can be undone.
    undone(&repo, &second, false).expect("possible");
    undone(&repo, &first, false).expect("possible");
    assert_eq!(metadata(&repo, &a).get("owner"), None);
    // A file that got the identity of another one, in a commit.
    let [moved] = ids(&repo, ["docs/guide.md"]);
    repo.run("rm -q docs/guide.md");
    repo.stage("handbook.md", &"nothing of the guide is left\n".repeat(9));
    let patch = applied(&repo, &json!({"changes": {&moved: {"file_path": "handbook.md"}}}));
    repo.commit("moved");
    depended(&patch, "a commit has");
    // A record that the patch deprecated, and that is active again.
    let deprecate = json!({"reason": "old", "changes": {&b: {"status": "deprecated"}}});
    let patch = applied(&repo, &deprecate);
    let subjects = repo.subjects(&[&b]);
    let options = ReviveOptions { subjects, is_dry_run: false };
    revive(&mut repo.notices(), &repo.open(), &options).expect("possible");
    depended(&patch, "is active now");
    for (id, reason) in [("0000", "has no patch '0000'"), ("xyz", "'xyz' is not the id of a patch")]
    {
        refused(roll_back_patch(&mut repo.notices(), &repo.open(), id, false), reason);
    }
    assert!(repo.findings().is_empty() && repo.at(REGISTRY).exists());
}
