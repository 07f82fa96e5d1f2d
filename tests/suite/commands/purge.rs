//! Records that are shortened for good.

use super::{as_shown, said};
use crate::common::{Repo, on_adopted, text};
use crate::reviewed::assert_text;

/// Deletes a file, and returns the identity it had.
fn deleted(repo: &Repo, path: &str) -> String {
    let id = repo.id(path);
    repo.run(["rm", "-q", path]);
    repo.commit("delete");
    id
}

#[test]
fn what_is_purged_keeps_its_identity_and_never_comes_back() {
    on_adopted(|repo| {
        let id = deleted(repo, "docs/guide.md");
        let before = repo.record(&id);
        assert!(said(repo, "purge --deprecated-before 90d").is_empty());
        let line = "purge --deprecated-before 9999-01-01";
        assert_eq!(as_shown(repo, line), [format!("{id} purged: docs/guide.md")]);
        repo.commit("purge");
        let record = repo.record(&id);
        for kept in ["id", "file_path", "allocated_at", "status"] {
            assert_eq!(record[kept], before[kept]);
        }
        let origin = &before["metadata"]["origin"];
        assert_eq!(record["metadata"], serde_json::json!({"origin": origin, "purged": true}));
        assert!(said(repo, line).is_empty());
        // The same file at the same path is a new one.
        repo.stage("docs/guide.md", text("docs/guide.md"));
        repo.commit("again");
        assert_ne!(repo.id("docs/guide.md"), id);
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn what_is_still_named_is_refused() {
    on_adopted(|repo| {
        let one = deleted(repo, "docs/guide.md");
        let two = deleted(repo, "README.md");
        repo.stage("notes.txt", format!("see {one}.\n"));
        repo.commit("notes");
        let line = "purge --deprecated-before 9999-01-01";
        let answer = repo.idhooks(line).code(1);
        assert_eq!(answer.stdout(), "");
        let told = answer.stderr();
        assert_text("commands-purge-what_is_still_named_is_refused", &told);
        assert!(repo.record(&two)["metadata"].get("purged").is_none());
        let answer = repo.idhooks(&*format!("{line} --keep-going")).code(1);
        assert_eq!(answer.stdout(), format!("{two} purged: README.md\n"));
        repo.commit("purge");
        assert!(repo.record(&one)["metadata"].get("purged").is_none());
        repo.idhooks("purge --deprecated-before soon").code(2).complains("90d").done();
    });
}

#[test]
fn what_has_a_file_is_not_purged() {
    on_adopted(|repo| {
        repo.idhooks("deprecate docs/guide.md --reason superfluous").ok().done();
        repo.commit("deprecate");
        assert!(said(repo, "purge --deprecated-before 9999-01-01").is_empty());
    });
}
