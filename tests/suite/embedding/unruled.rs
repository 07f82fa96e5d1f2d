//! Heads of files that no rule names, where 'inject' wrote identities on purpose.

use super::{head, rule};
use crate::common::{Repo, binary, for_each_git, on_adopted, text};
use crate::reviewed::assert_text;

/// Has a file without a rule carry its identity; returns that.
pub(super) fn carry_one(repo: &Repo) -> String {
    repo.idhooks("inject src/app.py").ok().done();
    repo.commit("carry");
    repo.id("src/app.py")
}

/// Commits a copy of it as a clone without hooks does.
pub(super) fn copy_unseen(repo: &Repo) {
    repo.stage("src/copy.py", repo.read("src/app.py"));
    repo.idhooks("allocate src/copy.py").ok().done();
    repo.run("commit -q --no-verify -m copy");
}

#[test]
fn a_copy_is_not_committed_with_the_identity_of_another_file() {
    on_adopted(|repo| {
        let app = carry_one(repo);
        repo.stage("src/copy.py", repo.read("src/app.py"));
        // A check of the index says what the commit will say.
        assert_eq!(repo.findings(""), ["DUPLICATE_IN_FS", "MISSING_ID"]);
        repo.idhooks("check").code(1).done();
        let said = repo.try_git("commit -q -m copy").code(1).stderr();
        assert_text(
            "embedding-unruled-a_copy_is_not_committed_with_the_identity_of_another_file",
            &said,
        );
        let help = "idhooks allocate -- src/copy.py && idhooks inject --replace -- src/copy.py";
        let program = binary().into_string().expect("a plain name");
        repo.sh(&help.replace("idhooks ", &format!("'{program}' "))).ok().done();
        repo.commit("copy");
        assert_eq!(head(repo, "src/copy.py"), format!("# doc_id: {}", repo.id("src/copy.py")));
        // Moved, rewritten, gone and back it carries its own.
        repo.mv("src/app.py", "src/main.py");
        assert_eq!(repo.git("commit -q -m move").stderr(), "");
        assert_eq!(repo.id("src/main.py"), app);
        assert_eq!(repo.findings("--all-heads"), [""; 0]);
    });
}

#[test]
fn a_renamed_file_gets_a_help_that_works() {
    on_adopted(|repo| {
        let app = carry_one(repo);
        let util = repo.id("src/util.py");
        repo.mv("src/util.py", "src/tool.py");
        let head = format!("# doc_id: {app}\n");
        repo.stage("src/tool.py", [head.as_bytes(), &repo.read("src/tool.py")].concat());
        let said = repo.try_git("commit -q -m move").code(1).stderr();
        assert_text("embedding-unruled-a_renamed_file_gets_a_help_that_works", &said);
        repo.idhooks("inject --replace -- src/tool.py").ok().done();
        repo.commit("move");
        assert_eq!(repo.id("src/tool.py"), util);
    });
}

#[test]
fn a_check_says_how_many_heads_it_did_not_read() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        carry_one(&repo);
        let fine = "7 files, 7 identities: no findings";
        // The second time it is remembered.
        for _ in 0..2 {
            let said = repo.idhooks("check").ok().stderr();
            assert_eq!(
                said,
                format!(
                    "{fine}; 7 files not searched for identities in their first lines (see --all-heads)\n"
                )
            );
        }
        for line in ["check --all-heads", "check coverage"] {
            assert_eq!(repo.idhooks(line).ok().stderr(), format!("{fine}\n"));
        }
        copy_unseen(&repo);
        assert_eq!(repo.findings(""), [""; 0]);
        repo.idhooks("check --strict")
            .ok()
            .complains("; 8 files not searched for identities in their first lines")
            .done();
        assert_eq!(repo.findings("--all-heads"), ["DUPLICATE_IN_FS"]);
        assert_eq!(repo.findings("--all-heads --rev HEAD"), ["DUPLICATE_IN_FS"]);
        assert_eq!(repo.findings("sync --all-heads"), [""; 0]);
        repo.idhooks("check --all-heads --history").code(2).complains("--all-heads").done();
        rule(&repo);
        let told = repo.idhooks("check").code(1);
        told.complains("1 finding: 1 error; 3 files not searched for identities in their first lines (see --all-heads)\n").done();
    });
}

#[test]
fn what_is_meant_for_somebody_else_only_warns() {
    on_adopted(|repo| {
        repo.stage("data/a.json", "{\"doc_id\": \"INV-12\", \"n\": 1}\n");
        repo.stage("data/b.json", "{\"doc_id\": \"2026012201111004\"}\n");
        repo.stage("data/c.json", "{\"doc_id\": \"0000000000000000\"}\n");
        let said = repo.git("commit -q -m data").stderr();
        assert_text("embedding-unruled-what_is_meant_for_somebody_else_only_warns", &said);
        repo.idhooks("check --all-heads").ok().done();
        assert_eq!(repo.findings("--all-heads"), ["MALFORMED_ID", "UNREGISTERED"]);
        // Many of them fill no screen.
        for n in 0..30 {
            repo.stage(format!("data/more{n}.json"), format!("{{\"doc_id\": \"D{n}\"}}\n"));
        }
        let said = repo.git("commit -q -m more").stderr();
        assert_eq!(said.matches("warning[").count(), 10, "{said}");
        assert_text("embedding-unruled-what_is_meant_for_somebody_else_only_warns-2", &said);
    });
}

#[test]
fn what_is_too_large_or_not_here_is_counted() {
    on_adopted(|repo| {
        let long = format!("# doc_id: {}\n{}", repo.id("README.md"), "x = 1\n".repeat(3 << 20));
        repo.commit_file("src/long.py", long);
        let told = repo.idhooks("check --all-heads").ok();
        told.complains("; 1 file not searched for identities in its first lines (too large, or not in this clone)\n").done();
    });
}

#[test]
fn a_server_and_a_pull_request_refuse_what_a_commit_refuses() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        carry_one(&repo);
        repo.run("branch -q -M main");
        repo.run("clone -q --bare . ../server.git");
        let server = repo.beside("server.git");
        let program = binary().into_string().expect("a plain name");
        server.write("hooks/pre-receive", format!("#!/bin/sh\nexec '{program}' receive\n"));
        server.sh("chmod +x hooks/pre-receive").ok().done();
        let clone = repo.beside("clone");
        repo.run("clone -q ../server.git ../clone");
        clone.run("switch -q -c feature");
        copy_unseen(&clone);
        clone.idhooks("ci --base origin/main").code(1).done();
        let told = clone.idhooks("ci --base origin/main --format json").code(1).json();
        assert_eq!(told["findings"][0]["code"], "DUPLICATE_IN_FS");
        let refused = clone.try_git("push -q origin feature:main").code(1);
        refused.complains("DUPLICATE_IN_FS").done();
        // A new branch, too, that is protected.
        server.run(["config", "idhooks.protect", "release/*"]);
        clone.try_git("push -q origin feature:release/1").code(1).complains("carries").done();
        clone.idhooks("inject --replace src/copy.py").ok().done();
        clone.commit("its own");
        clone.run("push -q origin feature:release/1");
        clone.idhooks("ci --base origin/main").ok().done();
        // A name as well.
        clone.stage(format!("{}_x.md", clone.id("README.md")), text("x"));
        clone.run("commit -q --no-verify -m name");
        clone.try_git("push -q origin HEAD:release/1").code(1).complains("PATH_MISMATCH").done();
    });
}

#[test]
fn fix_leaves_what_is_meant_for_somebody_else() {
    on_adopted(|repo| {
        repo.stage("data/b.json", "{\"doc_id\": \"2026012201111004\"}\n");
        repo.git("commit -q -m data").done();
        repo.idhooks("fix --execute").code(1).complains("fixed nothing; 1 left").done();
        let content = String::from_utf8(repo.read("data/b.json")).expect("text");
        assert!(content.contains("2026012201111004"), "{content}");
    });
}
