//! `check`, `list` and `show`.

use crate::reviewed::assert_text;
use crate::views::repo::{A, Answer, B, GONE, REGISTRY, Repo, SHADOWED, registry};

fn repo() -> Repo {
    Repo::adopted(&["a.md", "docs/b.md"], &[B, A, SHADOWED, GONE])
}

fn says(code: i32, stdout: &str, stderr: &str) -> Answer {
    Answer { code, stdout: stdout.to_owned(), stderr: stderr.to_owned() }
}

#[test]
fn no_findings_take_one_line() {
    let repo = repo();
    let fine = "2 files, 4 identities: no findings; 2 files not searched for identities in their first lines (see --all-heads)\n";
    assert_eq!(repo.idhooks("check"), says(0, "", fine));
    assert_eq!(repo.idhooks("check --rev HEAD --strict"), says(0, "", fine));
    assert_eq!(repo.idhooks("check --quiet"), says(0, "", ""));
    let empty = "{\"version\":1,\"findings\":[\n]}\n";
    assert_eq!(repo.idhooks("check --quiet --format json"), says(0, empty, ""));
}

#[test]
fn findings_go_to_stdout_and_their_number_to_stderr() {
    let repo = repo();
    repo.git("mv a.md c.md");
    let found = "\
info[STALE_PATH]: 0199900001260118 names 'a.md', which is not tracked: 0199900001260118 moves from 'a.md' to 'c.md'
  help: nothing to do: 'git commit' does this where the hooks are installed; for a preview, run: idhooks reconcile --dry-run
info[STALE_PATH]: 0199900004260118 names 'a.md', which is not tracked: 0199900004260118 moves from 'a.md' to 'c.md'
  help: nothing to do: 'git commit' does this where the hooks are installed; for a preview, run: idhooks reconcile --dry-run
info[MISSING_ID]: 'c.md' is tracked but has no identity: 0199900001260118 moves from 'a.md' to 'c.md'
  help: nothing to do: 'git commit' does this where the hooks are installed; for a preview, run: idhooks reconcile --dry-run
";
    assert_eq!(
        repo.idhooks("check"),
        says(
            0,
            found,
            "3 findings: 3 remarks; 1 file not searched for identities in its first lines (see --all-heads)\n"
        )
    );
    assert_eq!(repo.idhooks("check -q"), says(0, found, ""));
    // The commit is unchanged.
    assert_eq!(repo.idhooks("check --rev HEAD -q"), says(0, "", ""));
}

#[test]
fn a_merge_in_progress_is_compared_with_all_parents() {
    let repo = repo();
    repo.git("checkout -q -b side");
    repo.write("s.md", "s\n");
    let side = A.replace("a.md", "s.md").replace("00001260118", "00005260118");
    let side = side.replace("0000000000000001", "0000000000000005");
    repo.write(REGISTRY, &registry(&[B, A, SHADOWED, &side, GONE]));
    repo.commit("side");
    repo.git("checkout -q main");
    repo.git("merge -q --no-ff --no-commit side");
    assert_eq!(repo.idhooks("check -q"), says(0, "", ""));
    // Records that only the merged commit has must not get lost.
    repo.write(REGISTRY, &registry(&[B, A, SHADOWED, GONE]));
    repo.git("add -A");
    let answer = repo.idhooks("check --format json");
    let codes: Vec<_> = answer.json()["findings"].as_array().expect("an array").clone();
    let codes: Vec<_> = codes.iter().map(|f| f["code"].as_str().expect("text")).collect();
    assert_eq!(codes, ["MISSING_ID", "RECORD_LOST"]);
}

#[test]
fn an_unmerged_registry_and_unmerged_paths() {
    let repo = repo();
    for (branch, path) in [("one", "1.md"), ("two", "2.md")] {
        repo.git(&format!("checkout -q -b {branch} main"));
        let record = A.replace("a.md", path).replace("00001260118", "00005260118");
        let record = record.replace(
            "0000000000000001",
            &format!("{branch:0>16}").replace(|c: char| !c.is_ascii_hexdigit(), "7"),
        );
        repo.write(path, path);
        repo.write("a.md", branch);
        repo.write(REGISTRY, &registry(&[B, A, SHADOWED, &record, GONE]));
        repo.commit(branch);
    }
    // No driver is configured, so git reports conflicts.
    let merge = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| repo.git("merge one")));
    assert!(merge.is_err(), "the merge must stop");
    let answer = repo.idhooks("check");
    assert_eq!(answer.code, 1);
    assert!(answer.stdout.starts_with("error[REGISTRY_CORRUPT]: "), "{answer:?}");
    assert_text("views-reports-an_unmerged_registry_and_unmerged_paths", &answer.stdout);
    assert_text("views-reports-an_unmerged_registry_and_unmerged_paths-2", &answer.stderr);
    // Once the registry is settled, a.md is still nobody's business.
    repo.git("checkout -q --ours .idhooks/registry.json");
    repo.git("add .idhooks/registry.json");
    let answer = repo.idhooks("check --format json");
    let found = answer.json();
    let found = found["findings"].as_array().expect("an array");
    assert!(found.iter().all(|finding| finding["path"] != "a.md"), "{answer:?}");
}

#[test]
fn rules_that_cannot_be_read() {
    let repo = repo();
    repo.write("idhooks.toml", "[alocation]\n");
    assert_eq!(repo.idhooks("check -q"), says(0, "", ""));
    repo.git("add -A");
    let answer = repo.idhooks("check");
    assert_eq!((answer.code, answer.stdout.as_str()), (2, ""));
    assert!(answer.stderr.contains("idhooks.toml:1:2: unknown key 'alocation'"), "{answer:?}");
    assert!(answer.stderr.contains("\nhint: did you mean 'allocation'?"), "{answer:?}");
}

#[test]
fn a_missing_or_unreadable_registry() {
    let repo = repo();
    repo.git("rm -q --cached .idhooks/registry.json");
    let answer = repo.idhooks("check");
    assert_eq!(answer.code, 1);
    assert!(
        answer.stdout.starts_with("error[REGISTRY_CORRUPT]: '.idhooks/registry.json' is missing")
    );
    let expected = "\
error: cannot read '.idhooks/registry.json' in the index
cause: it is missing
hint: see the problem and its remedy: idhooks check
";
    assert_eq!(repo.idhooks("list"), says(2, "", expected));
    assert_eq!(repo.idhooks("list --rev HEAD -q").code, 0);
    repo.git("rm -q --cached idhooks.toml");
    assert_eq!(repo.idhooks("check").code, 2);
    repo.git("reset -q --hard");
    repo.write(REGISTRY, "<<<<<<< ours\n");
    repo.git("add -A");
    assert_eq!(repo.idhooks("show a.md").code, 2);
    // A parent that cannot be read is no evidence.
    repo.git("commit -q -m torn");
    repo.write(REGISTRY, &registry(&[B, A, SHADOWED, GONE]));
    repo.git("add -A");
    assert_eq!(repo.idhooks("check -q"), says(0, "", ""));
}

#[test]
fn commits_of_a_bare_repository_can_be_checked() {
    let repo = repo();
    repo.git("clone -q --bare . bare.git");
    assert_eq!(repo.idhooks("-C bare.git check -q --rev main"), says(0, "", ""));
    assert_eq!(repo.idhooks("-C bare.git show --rev main docs/b.md").code, 0);
    let answer = repo.idhooks("-C bare.git check");
    assert_eq!(answer.code, 2);
    assert_text("views-reports-a_bare_repository_has_commits_to_look_at", &answer.stderr);
}

#[test]
fn list_shows_columns_or_the_records_as_stored() {
    let repo = repo();
    let rows = [
        "0110000002260118  active      docs/b.md  (also 0110000009260118)\n",
        "0199900001260118  active      a.md\n",
        "0199900004260118  superseded  a.md  (shadowed by 0199900001260118)\n",
        "2099900003260118  deprecated  gone.py  (deleted)\n",
    ];
    assert_eq!(repo.idhooks("list"), says(0, &rows.concat(), ""));
    assert_eq!(repo.idhooks("-C docs list --rev HEAD"), says(0, &rows.concat(), ""));
    let only = "2099900003260118  deprecated  gone.py  (deleted)\n";
    assert_eq!(repo.idhooks("list --status deprecated"), says(0, only, ""));
    assert_eq!(repo.idhooks("list --path *.py"), says(0, only, ""));
    let document = |records: &[&str]| {
        format!("{{\"version\":1,\"allocations\":[\n{}\n]}}\n", records.join(",\n"))
    };
    let json = repo.idhooks("list --format json");
    assert_eq!(json, says(0, &document(&[B, A, SHADOWED, GONE]), ""));
    let json = repo.idhooks("list --format json --ns 999 --type 01");
    assert_eq!(json, says(0, &document(&[A, SHADOWED]), ""));
    let counters = "\
counter        current  allocated  reserved  used
100_01_260118  00002    1                    2 of 99,699 (0.0 %)
999_01_260118  00004    2                    2 of 99,699 (0.0 %)
999_20_260118  00003    1                    1 of 99,699 (0.0 %)
";
    assert_eq!(repo.idhooks("list --counters"), says(0, counters, ""));
    let json = "{\"version\":1,\"counters\":{\"999_20_260118\":{\"current\":3,\"allocated\":1,\"reserved\":[]}}}\n";
    assert_eq!(repo.idhooks("list --counters --type 20 --format json"), says(0, json, ""));
    for wrong in ["--type x", "--counters --path x", "--path a[z-a]"] {
        assert_eq!(repo.idhooks(&format!("list {wrong}")).code, 2, "{wrong}");
    }
}

#[test]
fn show_finds_by_identity_and_by_path() {
    let repo = repo();
    let b = "\
id            0110000002260118
path          docs/b.md
status        active
allocated_at  2026-01-18T22:00:00Z
origin        0000000000000002
aliases       0110000009260118
owner         docs
";
    for subject in ["0110000002260118", "docs/b.md", "./docs/../docs/b.md", "-C docs b.md"] {
        let line = match subject.strip_prefix("-C docs ") {
            Some(path) => format!("-C docs show {path}"),
            None => format!("show {subject}"),
        };
        assert_eq!(repo.idhooks(&line), says(0, b, ""), "{subject}");
    }
    let note = "0110000009260118 is an alias of 0110000002260118";
    let answer = repo.idhooks("show 0110000009260118");
    assert_eq!(answer, says(0, &format!("{b}note          {note}\n"), ""));
    let json = format!("{{\"version\":1,\"allocation\":{B},\"note\":\"{note}\"}}\n");
    assert_eq!(repo.idhooks("show 0110000009260118 --format json"), says(0, &json, ""));
    let json = format!("{{\"version\":1,\"allocation\":{SHADOWED},\"note\":null}}\n");
    assert_eq!(repo.idhooks("show 0199900004260118 --format json"), says(0, &json, ""));
    let note = "'gone.py' no longer exists; its last record is deprecated";
    let json = format!("{{\"version\":1,\"allocation\":{GONE},\"note\":\"{note}\"}}\n");
    assert_eq!(repo.idhooks("show gone.py --format json"), says(0, &json, ""));
}

#[test]
fn show_of_a_new_file_and_outside_of_the_repository() {
    let repo = repo();
    repo.write("new.md", "new\n");
    repo.git("add new.md");
    let answer = repo.idhooks("show new.md");
    let expected = "error: cannot find an identity of 'new.md'\n\
cause: 'new.md' is tracked but has no identity: the next commit allocates one\n\
hint: nothing to do: 'git commit' does this where the hooks are installed; for a preview, run: idhooks reconcile --dry-run\n";
    assert_eq!(answer, says(2, "", expected));
    for outside in ["../a.md", "/etc/passwd", "docs/../.."] {
        let answer = repo.idhooks(&format!("show {outside}"));
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{outside}");
        assert!(answer.stderr.contains("outside"), "{answer:?}");
    }
}

#[test]
fn hostile_names_are_escaped() {
    let name = "a\\n\\u001b[2J\u{202e}b";
    let record = A.replace("a.md", name);
    let repo = Repo::adopted(&["a\n\u{1b}[2J\u{202e}b"], &[&record]);
    let row = "0199900001260118  active  a\\n\\u{1b}[2J\\u{202e}b\n";
    assert_eq!(repo.idhooks("list"), says(0, row, ""));
    let json = format!("{{\"version\":1,\"allocations\":[\n{record}\n]}}\n");
    assert_eq!(repo.idhooks("list --format json"), says(0, &json, ""));
}
