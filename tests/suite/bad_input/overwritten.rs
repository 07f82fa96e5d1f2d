//! Outputs in the place of tracked files: only what idhooks wrote is replaced, unless it is told to.

use crate::common::{Repo, Snapshot, on_adopted, text};

/// The content that is no output.
const BY_HAND: &str = "# Identifiers\n\nWritten by hand, not by idhooks.\n";

/// Commands that write a file, with its name.
const OUTPUTS: [(&str, &str); 18] = [
    // First, since it needs a clean working tree.
    ("reconcile --commit none --report FILE", "healed.md"),
    ("drift --output FILE", "drift.txt"),
    ("drift --format json --output FILE", "drift.json"),
    ("drift --format markdown --output FILE", "drift.md"),
    ("export --format csv --output FILE", "ids.csv"),
    ("export --format json --output FILE", "ids.json"),
    ("metrics --output FILE", "ids.prom"),
    ("metrics --format csv --output FILE", "metrics.csv"),
    ("metrics --format json --output FILE", "metrics.json"),
    ("coverage report --period week --output FILE", "week.md"),
    ("ci --base HEAD --head HEAD --report sarif=FILE", "ci.sarif"),
    ("ci --base HEAD --head HEAD --report markdown=FILE", "ci.md"),
    ("ci --base HEAD --head HEAD --report junit=FILE", "ci.xml"),
    ("ids emit --lang python --out FILE", "ids.py"),
    ("ids emit --lang ts --out FILE", "ids.ts"),
    ("ids spec --out FILE", "identifiers.md"),
    ("ids spec --format xml --out FILE", "identifiers.xml"),
    ("backup create --to FILE", "kept.bundle"),
];

/// Formats for identifiers in code.
const FORMATS: &str = "[formats.run_id]\ntemplate = \"run_{thread}_{hex8}\"\n";

/// Commits files that were written by hand.
fn with_files(repo: &Repo, files: &[&str]) {
    files.iter().for_each(|file| repo.stage(file, BY_HAND));
    repo.commit("by hand");
}

#[test]
fn a_tracked_file_of_someone_else_is_not_replaced() {
    on_adopted(|repo| {
        repo.configure(FORMATS);
        with_files(repo, &OUTPUTS.map(|(_, file)| file));
        for (line, file) in OUTPUTS {
            let line = line.replace("FILE", file);
            let before = Snapshot::of(repo).without_refs();
            let answer = repo.idhooks(line.as_str()).code(2);
            answer.explains(&format!("{file}', and idhooks did not write it")).done();
            assert!(Snapshot::of(repo).without_refs() == before, "{line}");
            let told = format!("{line} --overwrite");
            repo.idhooks(told.as_str()).ok().done();
            assert_ne!(repo.read(file), BY_HAND.as_bytes(), "{line}");
        }
        repo.run("add --all");
        repo.commit("outputs");
    });
}

#[test]
fn what_idhooks_wrote_is_replaced_in_every_clone() {
    on_adopted(|repo| {
        repo.configure(FORMATS);
        for (line, file) in OUTPUTS {
            repo.idhooks(line.replace("FILE", file).as_str()).ok().done();
        }
        repo.run("add --all");
        repo.commit("outputs");
        let clone = &repo.clone_as("clone");
        clone.configure(&format!(
            "{FORMATS}[formats.other_id]\ntemplate = \"other_{{thread}}_{{hex8}}\"\n"
        ));
        clone.commit_file("docs/more.md", text("more"));
        for (line, file) in OUTPUTS {
            clone.idhooks(line.replace("FILE", file).as_str()).ok().done();
        }
        let changed = clone.ask("diff --name-only");
        // Those that one more file and format change, however soon they are written again.
        for file in ["ids.csv", "ids.py", "identifiers.md"] {
            assert!(changed.lines().any(|line| line == file), "{file} is not in {changed}");
        }
        clone.run("add --all");
        clone.commit("outputs");
        // An empty file is no loss, nor is one that git does not track.
        clone.commit_file("empty.csv", "");
        clone.write("untracked.csv", BY_HAND);
        clone.idhooks("export --format csv --output empty.csv").ok().done();
        clone.idhooks("export --format csv --output untracked.csv").ok().done();
        assert_eq!(clone.read("empty.csv"), clone.read("untracked.csv"));
        clone.run("add --all");
        clone.commit("more outputs");
    });
}

#[test]
fn several_files_are_written_all_or_none() {
    on_adopted(|repo| {
        let names = ["man/idhooks-check.1", "week.svg", "ci.md", "fix.diff", "page.png"];
        with_files(repo, &names);
        repo.commit_file("site/api/overview.json", "{}");
        let head = repo.rev("HEAD");
        for line in [
            "man --output man",
            "coverage report --period week --output week.md",
            "ci --base HEAD --head HEAD --fix --report json=ci.json --report markdown=ci.md",
            "ci --base HEAD --head HEAD --report json=ci.json --patch fix.diff",
            "dashboard --output site",
            "dashboard --png page.png",
        ] {
            let before = Snapshot::of(repo).without_refs();
            repo.idhooks(line).code(2).complains("--overwrite").done();
            assert!(Snapshot::of(repo).without_refs() == before, "{line}");
        }
        assert_eq!(repo.rev("HEAD"), head);
        for line in [
            "man --output man --overwrite",
            "ci --base HEAD --head HEAD --overwrite --patch fix.diff",
            "dashboard --output site --overwrite",
        ] {
            repo.idhooks(line).ok().done();
        }
        // Its pages are known, too.
        repo.idhooks("man --output man").ok().done();
        repo.run("add --all");
        repo.commit("outputs");
    });
}
