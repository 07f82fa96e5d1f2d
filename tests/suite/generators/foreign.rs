//! Outputs in the place of tracked files that idhooks did not write.

use super::{INDEX, assert_fails, findings, shown, stage_rules};
use crate::common::{Repo, on_adopted, text};

const BY_HAND: &str = "# Documents\n\nA list by hand.\n";

/// Returns the rules of a table of the documents with these fields.
fn table(fields: &str) -> String {
    format!(
        "{}fields = [{fields}]\n",
        INDEX.replace("INDEX.md", "all.csv").replace("markdown-index", "csv")
    )
}

fn with_file_by_hand(repo: &Repo, rules: &str) {
    repo.commit_file("docs/INDEX.md", BY_HAND);
    stage_rules(repo, rules);
}

#[test]
fn a_tracked_file_of_someone_else_is_refused() {
    on_adopted(|repo| {
        with_file_by_hand(repo, INDEX);
        assert_fails(repo, "git tracks its output 'docs/INDEX.md', and idhooks did not write it");
        repo.idhooks("generate --check").code(1).done();
        // The commit has what was staged.
        repo.stage("docs/new.md", text("new"));
        let answer = repo.git("commit -m new");
        answer.complains("idhooks generate --overwrite index").done();
        assert_eq!(shown(repo, "HEAD", "docs/INDEX.md"), BY_HAND);
        assert_eq!(repo.read("docs/INDEX.md"), BY_HAND.as_bytes());
        assert_eq!(shown(repo, "HEAD", "docs/new.md"), text("new"));
        repo.id("docs/new.md");
        repo.idhooks("generate --overwrite index").ok().done();
        assert!(shown(repo, "", "docs/INDEX.md").contains("docs/new.md"));
        repo.commit("index");
        repo.commit_file("docs/newer.md", text("newer"));
        assert!(shown(repo, "HEAD", "docs/INDEX.md").contains("docs/newer.md"));
    });
}

#[test]
fn a_required_output_stops_the_commit() {
    on_adopted(|repo| {
        with_file_by_hand(repo, &format!("{INDEX}required = true\n"));
        let head = repo.rev("HEAD");
        repo.stage("docs/new.md", text("new"));
        repo.try_git("commit -m new").code(1).complains("idhooks did not write it").done();
        assert_eq!(repo.rev("HEAD"), head);
        assert_eq!(shown(repo, "", "docs/new.md"), text("new"));
        assert_eq!(repo.read("docs/INDEX.md"), BY_HAND.as_bytes());
        repo.idhooks("generate --overwrite").ok().done();
        repo.commit("new");
    });
}

#[test]
fn a_generator_that_was_refused_gets_no_line_in_attributes() {
    on_adopted(|repo| {
        with_file_by_hand(
            repo,
            &format!("{INDEX}\n{}", table("\"id\"").replace("\"index\"", "\"table\"")),
        );
        assert_eq!(findings(repo, "").len(), 1);
        assert!(shown(repo, "", "docs/all.csv").starts_with("id\n"));
        let attributes = shown(repo, "", ".gitattributes");
        assert!(attributes.contains("/docs/all.csv ") && !attributes.contains("/docs/INDEX.md "));
        assert_fails(repo, "idhooks did not write it");
        repo.idhooks("generate --overwrite").ok().done();
        repo.commit("all");
    });
}

#[test]
fn what_idhooks_wrote_is_replaced_in_every_clone() {
    on_adopted(|repo| {
        stage_rules(repo, &table("\"id\", \"file_path\""));
        repo.commit("rules");
        let clone = &repo.clone_as("clone");
        // Other columns: only .gitattributes says whose it is.
        stage_rules(clone, &table("\"file_path\""));
        clone.commit("other columns");
        assert!(shown(clone, "HEAD", "docs/all.csv").starts_with("file_path\n"));
        // Without the line, the content says so.
        clone.run("rm -q --cached .gitattributes");
        clone.remove(".gitattributes");
        clone.commit_file("docs/new.md", text("new"));
        assert!(shown(clone, "HEAD", "docs/all.csv").contains("docs/new.md"));
    });
}
