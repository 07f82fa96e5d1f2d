//! Clones that lack a part of what the legacy file is made of.

use super::{LEGACY, assert_in_step, enable};
use crate::common::{on_adopted, text};
use crate::judge;

#[test]
fn a_sparse_checkout_stays_sparse() {
    for index in ["", "--sparse-index "] {
        on_adopted(|repo| {
            enable(repo, "");
            repo.run(format!("sparse-checkout set --cone {index}src").as_str());
            assert!(!repo.exists(LEGACY));
            repo.commit_file("src/new.py", text("new"));
            repo.mv("src/app.py", "src/main.py");
            repo.run("commit -q -m move src/app.py src/main.py");
            assert_in_step(repo, "HEAD");
            repo.idhooks("mv src/main.py src/last.py").ok().done();
            repo.commit("a move by a command");
            assert_in_step(repo, "HEAD");
            judge::assert_clean(repo);
            assert!(!repo.exists(LEGACY));
            repo.run("sparse-checkout disable");
            assert_eq!(repo.ask(["hash-object", LEGACY]), repo.rev(&format!("HEAD:{LEGACY}")));
        });
    }
}

#[test]
fn a_legacy_file_that_was_never_fetched() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.run("config uploadpack.allowFilter true");
        let url = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--filter=blob:none", "--sparse", &url, "../part"]);
        let part = repo.beside("part");
        part.idhooks("install").ok().done();
        repo.commit_file("docs/later.md", text("later"));
        part.run("pull -q --ff-only");
        part.mv("README.md", "README.txt");
        part.commit("move");
        assert_in_step(&part, "HEAD");
        judge::assert_good(&part);
    });
}
