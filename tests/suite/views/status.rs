//! The output of `status` in every state of a repository.

use crate::reviewed::assert_text;
use crate::views::repo::{A, B, GONE, REGISTRY, Repo, SHADOWED};

fn status(repo: &Repo) -> String {
    let answer = repo.idhooks("status");
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    answer.stdout
}

#[test]
fn a_repository_that_is_not_adopted() {
    let repo = Repo::empty();
    let expected = "\
repository  not adopted; to begin: idhooks init
installed   no
HEAD        no commit yet
files       0 files could get identities
";
    assert_eq!(status(&repo), expected);
    repo.write("a.md", "a\n");
    repo.commit("first");
    let expected = "\
repository  not adopted; to begin: idhooks init
installed   no
HEAD        has no registry
files       1 file could get identities
";
    assert_eq!(status(&repo), expected);
    repo.git("checkout -q -b adopted");
    repo.write("idhooks.toml", "");
    repo.write(REGISTRY, &crate::views::repo::registry(&[A]));
    repo.commit("adopt");
    repo.git("checkout -q main");
    let first = "repository  not adopted here, but 'refs/heads/adopted' has a registry\n            merge it: git merge refs/heads/adopted\n";
    assert!(status(&repo).starts_with(first), "{}", status(&repo));
}

#[test]
fn a_registry_that_is_not_committed_yet() {
    let repo = Repo::empty();
    repo.write("a.md", "a\n");
    repo.commit("first");
    assert_eq!(repo.idhooks("init").code, 0);
    let said = status(&repo);
    assert_text("views-status-a_registry_that_is_not_committed_yet", &said);
}

#[test]
fn an_adopted_repository_with_and_without_hooks() {
    let repo = Repo::adopted(&["a.md", "docs/b.md"], &[B, A, SHADOWED, GONE]);
    let said = status(&repo);
    assert_text("views-status-an_adopted_repository_installed_or_not", &said);
    repo.write(".gitattributes", ".idhooks/registry.json merge=idhooks text eol=lf\n");
    repo.git("add -A");
    repo.git("commit -q -m attributes");
    assert_eq!(repo.idhooks("install").code, 0);
    let expected = "\
repository  scope 260118, strategy scattered
installed   yes
HEAD        its registry is consistent
index       no findings
            2 files not searched for identities in their first lines; see: idhooks check --all-heads
files       2 tracked
identities  2 active, 1 deprecated, 1 superseded
counters    999_01_260118  2
            100_01_260118  1
            999_20_260118  1
writes      none yet in this clone
";
    assert_eq!(status(&repo), expected);
    repo.write("new.md", "new\n");
    repo.git("add -A");
    assert!(status(&repo).contains("index       1 finding: 1 remark; see: idhooks check\n"));
    repo.git("commit -q --no-verify -m behind");
    let output = status(&repo);
    assert!(
        output.contains("HEAD        its registry is inconsistent; see: idhooks check --rev HEAD")
    );
    repo.write(REGISTRY, "torn");
    repo.git("add -A");
    let output = status(&repo);
    assert!(output.contains("index       1 finding: 1 error; see: idhooks check\n"), "{output}");
    assert!(output.contains("repository  scope 260118, strategy scattered\n"), "{output}");
}
