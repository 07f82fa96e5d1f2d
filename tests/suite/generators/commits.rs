//! Commits that run generators.

use super::{INDEX, findings, scripted, shown, stage_rules, stage_script, states, trust};
use crate::common::{Repo, Snapshot, on_adopted, on_adopted_leaving, text};

#[test]
fn an_output_is_committed_with_what_it_is_made_of() {
    on_adopted(|repo| {
        stage_rules(repo, INDEX);
        repo.stage("docs/new.md", text("new"));
        repo.commit("rules and a document");
        let index = shown(repo, "HEAD", "docs/INDEX.md");
        let id = repo.id("docs/new.md");
        assert!(index.contains(&format!("| {id} | [docs/new.md](new.md) | active |\n")), "{index}");
        // The output has an identity of its own, which is in no output.
        let own = repo.id("docs/INDEX.md");
        assert!(!index.contains(&own) && !index.contains("INDEX.md"));
        repo.idhooks("check --strict").ok().done();
        let attributes = repo.ask("check-attr merge docs/INDEX.md .idhooks/registry.json");
        assert_eq!(
            attributes,
            "docs/INDEX.md: merge: idhooks-generated\n.idhooks/registry.json: merge: idhooks"
        );
        // The commands do what commits do.
        repo.idhooks("mv docs/new.md docs/newer.md")
            .ok()
            .complains("generated 'docs/INDEX.md'")
            .done();
        repo.commit("moved by a command");
        assert!(shown(repo, "HEAD", "docs/INDEX.md").contains("[docs/newer.md](newer.md)"));
    });
}

#[test]
fn a_partial_commit_stages_into_both_indexes() {
    on_adopted_leaving("M  README.md\n", |repo| {
        stage_rules(repo, INDEX);
        repo.commit("rules");
        repo.append("README.md", "staged\n");
        repo.run("add README.md");
        repo.stage("docs/one.md", text("one"));
        repo.run("commit -q -m partial docs/one.md");
        let index = shown(repo, "HEAD", "docs/INDEX.md");
        assert!(index.contains("docs/one.md"));
        assert_eq!(shown(repo, "", "docs/INDEX.md"), index);
        assert_eq!(repo.read("docs/INDEX.md"), index.as_bytes());
        assert_eq!(states(repo), ["docs/INDEX.md fresh"]);
    });
}

#[test]
fn staged_work_beside_a_partial_commit_stays_out_of_it() {
    on_adopted(|repo| {
        stage_rules(repo, INDEX);
        repo.commit("rules");
        repo.stage("docs/one.md", text("one"));
        repo.stage("docs/two.md", text("two"));
        repo.run("commit -q -m partial docs/one.md");
        let index = shown(repo, "HEAD", "docs/INDEX.md");
        assert!(index.contains("docs/one.md") && !index.contains("docs/two.md"), "{index}");
        repo.commit("the rest");
        assert!(shown(repo, "HEAD", "docs/INDEX.md").contains("docs/two.md"));
    });
}

#[test]
fn unstaged_edits_of_an_output_stay() {
    on_adopted_leaving(" M docs/INDEX.md\n", |repo| {
        stage_rules(repo, INDEX);
        repo.commit("rules");
        repo.append("docs/INDEX.md", "mine\n");
        let edited = repo.read("docs/INDEX.md");
        repo.stage("docs/new.md", text("new"));
        let answer =
            repo.git("commit -m new").complains("the file in the working tree has other edits");
        answer.complains("git restore -- docs/INDEX.md").done();
        assert_eq!(repo.read("docs/INDEX.md"), edited);
        assert!(shown(repo, "HEAD", "docs/INDEX.md").contains("docs/new.md"));
    });
}

#[test]
fn a_command_runs_only_where_it_is_trusted() {
    on_adopted(|repo| {
        stage_script(repo, "count", "touch \"$PROOF\"; grep -c id");
        stage_rules(repo, &scripted("count", "count.txt", ""));
        let proof = repo.root().join("proof");
        let repo = &repo.with("PROOF", proof.to_str().expect("a plain name"));
        // A warning, and the commit passes.
        let answer = repo.git("commit -m rules").complains("GENERATOR_FAILED");
        let answer = answer.complains("this clone does not trust the commands");
        let stderr = answer.stderr();
        assert!(!proof.exists() && !repo.exists("count.txt"));
        // The finding names the command to paste.
        let start = stderr.find("git config idhooks.trust ").expect("the remedy");
        let remedy = stderr[start..].lines().next().expect("a line").to_owned();
        repo.sh(&remedy).ok().done();
        repo.git("commit --allow-empty -m trusted").complains("generated 'count.txt'").done();
        assert!(proof.exists());
        // Another command, or another program behind the same one, is not trusted.
        std::fs::remove_file(&proof).expect("it ran");
        stage_script(repo, "count", "touch \"$PROOF\"; echo evil");
        repo.git("commit -m evil").complains("does not trust").done();
        assert!(!proof.exists());
        stage_rules(repo, &scripted("count", "count.txt", "check = [\"touch\", \"x\"]"));
        repo.git("commit -m check").complains("does not trust").done();
        // A clone trusts nothing.
        let clone = repo.clone_as("clone");
        let found = findings(&clone, "--check");
        assert!(found[0].1.contains("does not trust"), "{found:?}");
        assert!(!proof.exists());
    });
}

#[test]
fn a_required_output_blocks_the_commit() {
    on_adopted(|repo| {
        stage_script(repo, "bad", "echo broken >&2; exit 3");
        stage_rules(repo, &scripted("bad", "bad.txt", "required = true"));
        trust(repo);
        repo.stage("docs/new.md", text("new"));
        let before = Snapshot::of(repo);
        let answer = repo.try_git("commit -m no").code(1).complains("error[GENERATOR_FAILED]");
        answer.complains("'scripts/bad.sh': broken").done();
        before.assert_same(repo);
        // With a warning instead, or without the rule, it passes.
        stage_rules(
            repo,
            &format!(
                "{}[hooks]\nenforce = \"warn\"\n",
                scripted("bad", "bad.txt", "required = true")
            ),
        );
        repo.git("commit -m warned").complains("warning[GENERATOR_FAILED]").done();
        assert!(!repo.exists("bad.txt"));
        repo.id("docs/new.md");
    });
}

#[test]
fn commands_see_index_blobs_only() {
    on_adopted_leaving(" M notes.txt\n", |repo| {
        stage_script(
            repo,
            "look",
            "{ cat notes.txt; find . -type f | sort; env | grep -v CEILING | sed -n 's/^GIT_/set &/p'; git rev-parse --git-dir 2>&1; } > look.txt; true",
        );
        stage_rules(
            repo,
            &scripted("look", "look.txt", "inputs = { ids = [] }\nfiles = [\"/notes.txt\"]"),
        );
        trust(repo);
        repo.stage("notes.txt", "staged\n");
        repo.write("notes.txt", "unstaged\n");
        // The directory for temporary files may be in a repository.
        repo.with("TMPDIR", repo.path().to_str().expect("a plain path")).commit("rules");
        let seen = shown(repo, "HEAD", "look.txt");
        assert!(seen.starts_with("staged\n./look.txt\n./notes.txt\n./scripts/look.sh\n"), "{seen}");
        assert!(!seen.contains("set GIT_") && seen.contains("not a git repository"), "{seen}");
    });
}

#[test]
fn manual_generators_do_not_run_in_commits() {
    on_adopted(|repo| {
        let manual = format!("{INDEX}run = \"manual\"\n");
        stage_rules(repo, &manual);
        repo.commit("rules");
        assert!(!repo.exists("docs/INDEX.md"));
        repo.idhooks("generate").ok().done();
        repo.commit("generated");
        repo.commit_file("docs/new.md", text("new"));
        assert_eq!(states(repo), ["docs/INDEX.md unknown"]);
        assert!(!shown(repo, "HEAD", "docs/INDEX.md").contains("new.md"));
    });
}

#[test]
fn required_identities_are_required_for_outputs_too() {
    on_adopted(|repo| {
        stage_rules(repo, &format!("[allocation]\non_new = \"require\"\n{INDEX}"));
        let before = Snapshot::of(repo);
        repo.try_git("commit -m no").code(1).complains("MISSING_ID").done();
        before.assert_same(repo);
        repo.idhooks("generate").ok().done();
        repo.idhooks("allocate docs/INDEX.md").ok().done();
        repo.commit("yes");
        assert_eq!(states(repo), ["docs/INDEX.md fresh"]);
    });
}

#[test]
fn identities_are_not_injected_into_outputs() {
    on_adopted(|repo| {
        stage_rules(repo, &format!("[[embed]]\npath = \"docs/**\"\n{INDEX}"));
        repo.stage("docs/new.md", text("new"));
        repo.commit("rules");
        assert!(shown(repo, "HEAD", "docs/new.md").contains(&repo.id("docs/new.md")));
        assert!(shown(repo, "HEAD", "docs/INDEX.md").starts_with("# index\n"));
        assert_eq!(states(repo), ["docs/INDEX.md fresh"]);
    });
}

#[test]
fn nothing_is_generated_where_there_are_no_rules() {
    on_adopted(|repo| {
        repo.configure("# [[generators]] are for others\n");
        repo.commit_file("docs/new.md", text("new"));
        repo.idhooks("generate").ok().done();
        assert_eq!(repo.idhooks("generate --list").ok().stdout(), "");
        assert!(!repo.path().join(".git/idhooks/cache/generated").exists());
    });
}

#[test]
fn a_history_with_outputs_is_healthy() {
    on_adopted(|repo: &Repo| {
        stage_rules(repo, INDEX);
        repo.commit("rules");
        repo.mv("docs/guide.md", "docs/handbook.md");
        repo.commit("renamed");
        repo.run("rm -q docs/intro.md");
        repo.commit("deleted");
        repo.run("revert --no-edit HEAD");
        repo.git("commit --allow-empty -q -m after").done();
        repo.run("commit -q --amend --allow-empty -m amended");
        assert_eq!(repo.findings("--history"), Vec::<String>::new());
        repo.idhooks("generate --check").ok().done();
    });
}
