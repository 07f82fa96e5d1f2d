//! What messages say to do works, as it is printed: with files that another program wrote at the wrong time.

use super::{LEGACY, assert_clean, phase, refuses, run_first, with_legacy};
use crate::common::{Git, Repo, for_each_git, sample_of, text};

/// The number that the other program gives.
const NUMBER: &str = "0110000005250101";
/// The file to which it gives it.
const FILE: &str = "docs/v2.md";

/// Returns a repository with hooks, this number of steps after the first one.
fn after(git: &Git, steps: usize) -> Repo {
    let repo = with_legacy(git);
    run_first(&repo);
    repo.idhooks("install --quiet").ok().done();
    for _ in 0..steps {
        repo.idhooks("migrate run --force").ok().done();
    }
    repo
}

/// Writes a file, and its record, as the other program does; stages nothing.
fn allocate(repo: &Repo, id: &str, path: &str) {
    repo.write(path, text(path));
    let mut whole: serde_json::Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
    let record = serde_json::json!({
        "id": id, "file_path": path, "allocated_at": "2025-02-01T00:00:00", "status": "active",
        "metadata": {},
    });
    whole["allocations"].as_array_mut().expect("records").push(record);
    repo.write(LEGACY, serde_json::to_string_pretty(&whole).expect("JSON"));
}

/// Returns the command that an answer names after these words.
fn command(said: &str, before: &str) -> String {
    assert!(said.contains(before), "'{before}' is missing in:\n{said}");
    let line = said.lines().find_map(|line| line.split_once(before)).expect("a line").1;
    line.split("; ").next().unwrap_or_default().to_owned()
}

/// Runs a command line of git as it is printed.
fn run_printed(repo: &Repo, line: &str) {
    repo.run(line.strip_prefix("git ").expect("git"));
}

#[test]
fn there_is_no_step_while_a_leading_file_is_not_written() {
    for_each_git(|git| {
        let repo = after(git, 0);
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", rules.replace("enabled = true", "enabled = false"));
        repo.commit("off");
        assert_eq!(phase(&repo), "stopped");
        let status = repo.idhooks("migrate status").ok().stdout();
        assert!(status.contains("none: ") && status.contains("set enabled = true"), "{status}");
        assert!(!status.contains("migrate run"), "{status}");
        for line in ["migrate run", "migrate run --force", "migrate finish --force"] {
            refuses(repo.idhooks(line), 1, &["no next step", "leads", "set enabled = true"]);
        }
        assert!(repo.exists(LEGACY));
        assert_clean(&repo);
        // What is said helps.
        repo.stage("idhooks.toml", rules);
        repo.commit("on");
        repo.idhooks("migrate run --force").ok().done();
        assert_eq!(phase(&repo), "registry-leads");
    });
}

#[test]
fn a_second_number_of_a_file_becomes_an_alias() {
    for_each_git(|git| {
        let repo = after(git, 2);
        allocate(&repo, NUMBER, FILE);
        repo.run("add .");
        repo.commit("by the old program");
        let refused = repo.idhooks("migrate run --force").code(1).stderr();
        assert!(refused.contains(NUMBER), "{refused}");
        refuses(repo.idhooks(["import", LEGACY]), 2, &[NUMBER, FILE, "--update"]);
        let import = command(&refused, "into the registry: idhooks ");
        repo.idhooks(&*import).ok().complains("it is an alias of that").done();
        repo.commit("taken");
        let shown = repo.idhooks(["show", NUMBER]).ok().stdout();
        assert!(shown.contains(FILE), "{shown}");
        // A later commit keeps it, too.
        repo.commit_file("docs/more.md", text("more"));
        repo.idhooks(["show", NUMBER]).ok().done();
        run_printed(&repo, &command(&refused, "then restore the file: "));
        repo.commit("restored");
        repo.idhooks("migrate run --force").ok().done();
        assert_eq!(phase(&repo), "finished");
        repo.idhooks("check --history").ok().done();

        // The file comes back, with another record.
        repo.run(["checkout", "-q", "HEAD~1", "--", LEGACY]);
        allocate(&repo, "0110000006250101", "docs/v3.md");
        repo.run("add .");
        repo.commit("back");
        let said = repo.idhooks("check").ok().stdout();
        repo.idhooks(&*command(&said, "only it has: idhooks ")).ok().done();
        run_printed(&repo, &command(&said, "then: "));
        repo.commit("taken");
        repo.idhooks("show 0110000006250101").ok().done();
        assert_eq!(repo.idhooks("check").ok().stdout().matches("exists again").count(), 0);
    });
}

#[test]
fn a_blocked_commit_of_all_changes_is_resolved() {
    for_each_git(|git| {
        let repo = after(git, 1);
        allocate(&repo, NUMBER, FILE);
        repo.run("add docs");
        repo.try_git("commit -a -q -m s").code(1).complains("idhooks resolve; then commit").done();
        let said = repo.idhooks("resolve --dry-run").ok().stdout();
        assert!(said.contains("would be derived") && said.contains(NUMBER), "{said}");
        repo.idhooks("resolve").ok().done();
        repo.run("commit -a -q -m s");
        assert_clean(&repo);
        repo.idhooks("migrate verify").ok().done();
        repo.idhooks("resolve").ok().complains("nothing to do").done();
    });
}

#[test]
fn a_foreign_write_that_was_pulled_is_healed_as_the_messages_say() {
    for_each_git(|git| {
        let repo = after(git, 1);
        repo.run("clone -q . ../clone");
        let clone = repo.beside("clone");
        allocate(&clone, NUMBER, FILE);
        clone.run("add .");
        clone.commit("foreign");
        repo.run("branch base");
        repo.run(["pull", "-q", &*clone.path().to_string_lossy()]);
        let said = repo.idhooks("check").code(1).stdout();
        let missing = said.lines().skip_while(|line| !line.contains("MISSING_ID")).nth(1);
        let help = missing.unwrap_or_default();
        let [first, then] =
            ["idhooks resolve;", "idhooks reconcile && git commit"].map(|part| help.find(part));
        assert!(first.is_some() && first < then, "{said}");
        let doctor = repo.idhooks("doctor");
        let doctor = doctor.stdout();
        assert_eq!(doctor.matches("derived again: idhooks resolve").count(), 2, "{doctor}");

        let direct = repo.copy_as("direct");
        direct.idhooks("resolve").ok().done();
        direct.run("commit -q -m healed");
        let reconciled = repo.copy_as("reconciled");
        for line in ["resolve", "reconcile --dry-run", "reconcile"] {
            reconciled.idhooks(line).ok().done();
        }
        reconciled.run("commit -q -m healed");
        let late = repo.copy_as("late");
        late.idhooks("reconcile").ok().complains("idhooks resolve").done();
        late.idhooks("resolve").ok().done();
        late.run("commit -q -m healed");
        let fixed = repo.copy_as("fixed");
        let said = fixed.idhooks("ci --fix --base base").code(1).stdout();
        assert!(said.contains("idhooks resolve; then commit"), "{said}");
        fixed.idhooks("resolve").ok().done();
        fixed.run("commit -q -m healed");
        for healed in [direct, reconciled, late, fixed] {
            healed.idhooks("check").ok().done();
            healed.idhooks("check --rev HEAD").ok().done();
            healed.idhooks("migrate verify").ok().done();
            assert_clean(&healed);
        }
    });
}

#[test]
fn a_branch_from_before_the_last_step_is_merged() {
    for_each_git(|git| {
        // Both directions, and a branch in the phase before.
        for &(steps, merges_main) in sample_of(&[(1, true), (1, false), (2, true)]) {
            let repo = after(git, steps);
            repo.run("branch topic");
            while phase(&repo) != "finished" {
                repo.idhooks("migrate run --force").ok().done();
            }
            repo.run("checkout -q topic");
            repo.stage("docs/more.md", text("more"));
            if steps == 2 {
                repo.append(LEGACY, "\n");
                repo.run(["add", LEGACY]);
            }
            repo.commit("more");
            let [here, other] = if merges_main { ["topic", "main"] } else { ["main", "topic"] };
            repo.run(["checkout", "-q", here]);
            let merge = repo.try_git(["merge", "-q", other]).code(1);
            assert!((merge.stdout() + &merge.stderr()).contains("modify/delete"));
            let said = repo.idhooks("resolve --dry-run").ok().stdout();
            assert!(said.contains("would be removed"), "{said}");
            repo.idhooks("resolve").ok().complains("was removed").done();
            repo.run("commit -q --no-edit");
            assert!(!repo.exists(LEGACY));
            assert_clean(&repo);
            repo.idhooks("check").ok().done();
        }
    });
}

#[test]
fn a_branch_with_records_that_the_registry_lacks_is_merged_as_the_error_says() {
    for_each_git(|git| {
        let repo = after(git, 2);
        repo.run("branch topic");
        repo.idhooks("migrate run --force").ok().done();
        repo.run("checkout -q topic");
        allocate(&repo, NUMBER, FILE);
        repo.run("add .");
        repo.commit("by the old program");
        repo.try_git("merge -q main").code(1).done();
        let refused = repo.idhooks("resolve").code(2).stderr();
        assert!(refused.contains(NUMBER) && refused.contains(FILE), "{refused}");
        let keep = command(&refused, "a copy of it: git ");
        let (show, copy) = keep.split_once(" > ").expect("a copy");
        let name = copy.strip_prefix("../").expect("beside");
        repo.beside(".").write(name, repo.ask(show));
        run_printed(&repo, &command(&refused, "the merge: ").replace(" && git commit", ""));
        repo.run("commit -q --no-edit");
        let import = command(&refused, "the records: idhooks ").replace(" && git commit", "");
        repo.idhooks(&*import).ok().done();
        repo.commit("taken");
        repo.idhooks(["show", NUMBER]).ok().done();
        repo.idhooks("check").ok().done();
    });
}
