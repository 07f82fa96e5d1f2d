//! Clones that lack a part of the history, and readers that go.

use super::{commit_all, told};
use crate::common::{Repo, for_each_git};

#[test]
fn a_partial_clone_tells_what_it_knows() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.mv("notes.txt", "n.txt");
        commit_all(&repo, "rename");
        repo.run("config uploadpack.allowFilter true");
        let url = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--filter=blob:none", &url, "../partial"]);
        let partial = repo.beside("partial");
        // Nothing is fetched, neither by idhooks nor for it.
        let offline = partial.with("GIT_ALLOW_PROTOCOL", "none");
        let answer = offline.idhooks("log n.txt").ok();
        assert!(answer.stdout().contains("  initialized  "), "{answer}");
        answer.complains("warning: this clone is shallow or partial").done();
        assert_eq!(told(&partial, "n.txt"), ["rename: initialized n.txt"]);
    });
}

#[test]
fn a_closed_pipe_is_no_error() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let script = repo.root().join("pipe.sh");
        // The reader closes its end, and only then lets the writer begin.
        let run = "cd \"$1\"; mkfifo ../go; { read -r _ < ../go; \"$BIN\" log -q README.md; \
                   echo $? > ../code; } | { exec 0<&-; echo > ../go; }; [ \"$(cat ../code)\" = 0 ]";
        std::fs::write(&script, run).expect("a file can be written");
        let bin = crate::common::binary();
        let bin = bin.to_str().expect("a plain name");
        repo.with("BIN", bin).script(&script, repo.path().to_str().expect("a plain name"));
    });
}
