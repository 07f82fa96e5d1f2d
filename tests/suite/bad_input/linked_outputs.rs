//! Outputs of every command behind a symbolic link of the repository.

use std::os::unix::fs::symlink;

use super::links::{elsewhere, refuses};
use crate::common::{Repo, for_each_git, text};
use crate::judge;

#[test]
fn reports_behind_a_link() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        symlink(elsewhere(&repo), repo.path().join("out")).expect("a link can be made");
        symlink("../elsewhere/file", repo.path().join("file")).expect("a link can be made");
        for line in [
            "export --format json --output out/export.json",
            "export --format json --output file",
            "export --format json --output docs/../out/export.json",
            "metrics --output out/metrics",
            "drift --output out/drift",
            "coverage --append out/coverage",
            "coverage report --period week --output out/report.md",
            "dashboard --output out/site",
            "schedule run nightly --output out",
            "schedule install --systemd --output out",
            "check --write-baseline out/baseline.json",
            "ci --base HEAD --head HEAD --report sarif=docs/ci.sarif --report junit=out/ci.xml",
            "backup create --to out",
            "backup create --to out/kept.bundle",
        ] {
            refuses(&repo, "symbolic link", |repo| repo.idhooks(line).code(2));
        }
        // A link that is not the repository's is its user's own.
        symlink("elsewhere", repo.root().join("own")).expect("a link can be made");
        repo.idhooks("export --format json --output ../own/export.json").ok().done();
        assert!(repo.root().join("elsewhere/export.json").is_file());
        symlink("work", repo.root().join("alias")).expect("a link can be made");
        let alias = repo.beside("alias");
        alias.idhooks("export --format json --output docs/export.json").ok().done();
        alias.stage("new.md", text("new"));
        alias.commit("new");
        repo.sh("rm out file docs/export.json").ok().done();
        judge::assert_good(&repo);
    });
}
