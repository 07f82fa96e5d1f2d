//! Each line of a diagnosis, in a clone that brings it about.

use std::time::{Duration, SystemTime};

use idhooks_core::check::Code;

use super::DoctorLevel::{Error, Note, Ok, Warning};
use super::*;
use crate::tests::{REGISTRY, TestRepo, text};

fn diagnosed(repo: &TestRepo) -> Vec<DoctorLine> {
    let lines = Diagnosis::read(repo.top()).and_then(|clone| clone.lines());
    lines.expect("readable")
}

/// Returns the lines of a check.
fn lines_of(repo: &TestRepo, check: &str) -> Vec<DoctorLine> {
    diagnosed(repo).into_iter().filter(|line| line.check == check).collect()
}

/// Asserts that a check has a line of this level whose message has these words, and its help has those.
#[track_caller]
fn says(repo: &TestRepo, check: &str, level: DoctorLevel, words: &str, help: &str) {
    let all = lines_of(repo, check);
    let has_help = |line: &DoctorLine| line.help.as_deref().unwrap_or_default().contains(help);
    let fits = |line: &DoctorLine| line.level == level && line.message.contains(words);
    assert!(
        all.iter().any(|line| fits(line) && has_help(line)),
        "{check} {level} {words:?} {help:?}: {all:#?}"
    );
}

/// Makes files as old as those of a killed process.
fn age(repo: &TestRepo, paths: &[&str]) {
    let hour_ago = SystemTime::now() - Duration::from_secs(3_600);
    for path in paths {
        let file = std::fs::File::options().write(true).open(repo.at(path)).expect("a file");
        file.set_modified(hour_ago).expect("own file");
    }
}

#[test]
fn a_filter_or_a_conversion_of_the_registry_is_a_problem() {
    let repo = TestRepo::adopted();
    repo.run("config core.autocrlf true");
    says(&repo, "line-ends", Ok, "but not the registry's", "");
    repo.write(".git/info/attributes", &format!("{REGISTRY} -eol !text merge=idhooks\n"));
    says(&repo, "line-ends", Warning, "including the registry's", "git add");
    repo.write(".git/info/attributes", &format!("{REGISTRY} merge=idhooks eol=lf filter=lfs\n"));
    says(&repo, "line-ends", Error, "'filter=lfs'", "git add");
}

#[test]
fn a_merge_that_follows_no_renames_is_a_note_with_the_setting() {
    let repo = TestRepo::adopted();
    repo.run("config merge.directoryRenames true");
    says(&repo, "renames", Ok, "new files into renamed directories", "");
    repo.run("config merge.directoryRenames false");
    repo.run("config diff.renames false");
    says(&repo, "renames", Note, "does not follow renames", "git config merge.renames true");
    repo.run("config diff.renames copies");
    says(&repo, "renames", Ok, "follows them", "");
    repo.run("config merge.renames false");
    let help = lines_of(&repo, "renames")[0].help.clone().expect("a command");
    repo.run(help.strip_prefix("git ").expect("a command of git"));
    says(&repo, "renames", Ok, "follows them", "");
}

#[test]
fn paths_that_differ_in_case_only_are_a_problem_if_the_case_is_ignored() {
    let repo = TestRepo::adopted();
    repo.run("config core.ignorecase false");
    says(&repo, "case", Ok, "matters here", "");
    // Where the case is ignored, the working tree has room for one of the two files only.
    let add = |path: &str, content: &str| {
        let blob = repo.git_with(&["hash-object", "-w", "--stdin"], content);
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{path}")]);
        repo.commit(path);
    };
    add("notes.TXT", &text("upper"));
    says(&repo, "case", Note, "'notes.TXT' and 'notes.txt'", "git mv");
    repo.run("config core.ignorecase true");
    says(&repo, "case", Warning, "only one of them", "git mv -- notes.txt");
    repo.run("rm -q --cached notes.TXT");
    says(&repo, "case", Ok, "is ignored here", "");
    repo.run("config core.ignorecase false");
    add("caf\u{e9}.txt", &text("composed"));
    add("cafe\u{301}.txt", &text("decomposed"));
    says(&repo, "case", Note, "one file", "git mv");
}

#[test]
fn an_unknown_word_in_the_setting_of_the_audit_log_is_named() {
    let repo = TestRepo::adopted();
    for value in ["", "on", "Required", "hooks", "required,hooks", "hooks required", "no"] {
        repo.git(&["config", "idhooks.audit", value]);
        assert!(lines_of(&repo, "audit").is_empty(), "{value}");
    }
    for (value, unknown) in [("requird", "'requird'"), ("off,hooks", "'off'")] {
        repo.git(&["config", "idhooks.audit", value]);
        says(&repo, "audit", Warning, unknown, "required, hooks");
    }
}

#[test]
fn locks_and_unfinished_files_are_a_problem_once_they_are_old() {
    let repo = TestRepo::adopted();
    says(&repo, "leftovers", Ok, "none", "");
    let files = [
        ".git/index.lock",
        ".git/refs/heads/a.lock",
        ".idhooks/.idhooks-a1.tmp",
        ".git/next-index-4194304.lock",
    ];
    files.iter().for_each(|path| repo.write(path, ""));
    repo.write("Cargo.lock", "no lock of git\n");
    says(&repo, "leftovers", Note, "'.git/index.lock' is held by a running git", "");
    says(&repo, "leftovers", Note, "'.idhooks/.idhooks-a1.tmp' is being written", "");
    // Elsewhere, only its age shows that its process has ended.
    if cfg!(target_os = "linux") {
        says(&repo, "leftovers", Warning, "next-index-4194304.lock", "rm ");
    }
    age(&repo, &files);
    says(&repo, "leftovers", Warning, "next-index-4194304.lock", "rm ");
    says(&repo, "leftovers", Warning, "'.git/index.lock'", "if no git is running");
    says(&repo, "leftovers", Warning, "refs/heads/a.lock", "rm ");
    says(&repo, "leftovers", Warning, "unfinished file", "idhooks doctor --fix");
    let aside = ".git/hooks/pre-commit.idhooks-4294967295.tmp";
    repo.write(aside, "theirs");
    age(&repo, &[aside]);
    let what = "is 'pre-commit' from before idhooks was interrupted";
    says(&repo, "leftovers", Warning, what, "mv ");
    let lines = lines_of(&repo, "leftovers");
    assert!(!lines.iter().any(|line| line.message.contains("Cargo")), "{lines:#?}");
}

#[test]
fn a_registry_that_cannot_be_read_is_an_error() {
    let repo = TestRepo::adopted();
    let good = repo.read(REGISTRY);
    repo.write(REGISTRY, "{");
    says(&repo, "registry", Warning, "working tree cannot be read", "git restore");
    repo.run("add -A");
    let is_corrupt = |line: &DoctorLine| {
        let finding = line.finding.as_ref();
        finding.is_some_and(|finding| finding.code == Code::RegistryCorrupt)
    };
    assert!(diagnosed(&repo).iter().any(is_corrupt));
    repo.git(&["rm", "-q", "--cached", REGISTRY]);
    says(&repo, "registry", Error, "registry", "git restore");
    repo.stage(REGISTRY, &good);
    says(&repo, "registry", Ok, "7 identities", "");
}

#[test]
fn findings_and_edits_that_are_not_staged_are_told_apart() {
    let repo = TestRepo::adopted();
    repo.stage("new.txt", &text("new"));
    says(&repo, "registry", Note, "1 finding: 1 remark", "idhooks check");
    says(&repo, "HEAD", Ok, "is consistent", "");
    repo.commit_unseen("inconsistent");
    says(&repo, "registry", Warning, "1 finding: 1 error", "idhooks check");
    says(&repo, "HEAD", Warning, "the next commit heals it", "check --rev HEAD");
    repo.commit_file("next.txt", &text("next"));
    says(&repo, "HEAD", Ok, "is consistent", "");
    let edited = "\"metadata\":{\"a\":1},\"all";
    repo.write(REGISTRY, &repo.read(REGISTRY).replace("\"metadata\":{},\"all", edited));
    says(&repo, "registry", Note, "differs from the staged one", "git diff");
    repo.stage("idhooks.toml", "nonsense = 1\n");
    says(&repo, "configuration", Error, "nonsense", "idhooks schema config");
}

#[test]
fn an_unmerged_registry_and_one_of_another_branch_are_named() {
    let repo = TestRepo::adopted();
    let blob = repo.git(&["rev-parse", &format!("HEAD:{REGISTRY}")]);
    let stage = |stage| format!("100644 {blob} {stage}\t{REGISTRY}\n");
    let stages: String = (1..=3).map(stage).collect();
    let zero = format!("0 {}\t{REGISTRY}\n", "0".repeat(blob.len()));
    repo.git_with(&["update-index", "--index-info"], &(zero + &stages));
    says(&repo, "registry", Error, "unmerged", "idhooks resolve");
    repo.run("reset -q --hard");
    repo.run("checkout -q --orphan other");
    repo.run("rm -q -r -f .");
    says(&repo, "registry", Note, "refs/heads/main", "git merge refs/heads/main");
    assert!(lines_of(&repo, "HEAD").is_empty());
}

#[test]
fn a_shallow_or_partial_clone_is_a_note() {
    let repo = TestRepo::adopted();
    repo.commit_file("more.txt", &text("more"));
    let cut = repo.cloned("--depth=1 --filter=blob:none");
    says(&cut, "history", Note, "shallow", "git fetch --unshallow");
    says(&cut, "objects", Note, "partial clone", "");
    says(&repo, "history", Ok, "complete", "");
    says(&repo, "objects", Ok, "full", "");
}

#[test]
fn the_forms_of_the_index_and_a_sparse_checkout_are_named() {
    let repo = TestRepo::adopted();
    says(&repo, "index", Ok, "plain", "");
    repo.run("sparse-checkout set --cone --sparse-index docs");
    let outside = "the registry is not part of it";
    says(&repo, "checkout", Note, outside, "git sparse-checkout add .idhooks");
    says(&repo, "index", Ok, "sparse", "");
    repo.run("sparse-checkout add .idhooks");
    says(&repo, "checkout", Ok, "part of it", "");
    repo.run("sparse-checkout disable");
    repo.run("update-index --split-index");
    repo.run("config core.untrackedCache true");
    repo.run("config core.fsmonitor /bin/true");
    says(&repo, "index", Ok, "split, with untracked cache, with fsmonitor", "");
    repo.run("config core.fsmonitor false");
    says(&repo, "index", Ok, "split, with untracked cache; ", "");
}
