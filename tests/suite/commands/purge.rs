//! Records that are shortened for good.

use crate::common::{Repo, on_adopted};
use crate::reviewed::assert_text;

/// Deletes a file, and returns the identity it had.
fn deleted(repo: &Repo, path: &str) -> String {
    let id = repo.id(path);
    repo.run(["rm", "-q", path]);
    repo.commit("delete");
    id
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
