//! What branches bring is told once, where it happened; of a merge only what it did itself.

use super::{commit_all, told};
use crate::common::{Repo, on_adopted, text};

fn on_branch(repo: &Repo, name: &str, story: impl Fn()) {
    repo.run(["checkout", "-q", "-b", name]);
    story();
    repo.run("checkout -q main");
}

#[test]
fn branches_that_merged_each_other() {
    on_adopted(|repo| {
        on_branch(repo, "side", || {
            repo.mv("src/app.py", "src/main.py");
            commit_all(repo, "side-rename");
        });
        repo.mv("notes.txt", "docs/notes.txt");
        commit_all(repo, "main-rename");
        repo.run("branch before");
        repo.run("merge -q --no-edit side");
        repo.run("checkout -q side");
        repo.run("merge -q --no-edit before");
        repo.mv("src/main.py", "src/start.py");
        commit_all(repo, "side-again");
        repo.run("checkout -q main");
        repo.commit_file("new.md", text("new"));
        repo.run("merge -q --no-edit side");
        let app = [
            "adopt: allocated src/app.py",
            "side-rename: renamed src/main.py from=src/app.py",
            "side-again: renamed src/start.py from=src/main.py",
        ];
        assert_eq!(told(repo, "src/start.py"), app);
        let notes =
            ["adopt: allocated notes.txt", "main-rename: renamed docs/notes.txt from=notes.txt"];
        assert_eq!(told(repo, "docs/notes.txt"), notes);
    });
}
