//! `idhooks refs suspect` and `idhooks refs review`: references whose file has changed since it was
//! read.

use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::{Value, json};

use crate::common::{Git, Output, Repo, for_each_git, on_adopted, text};

use super::as_shown;

const LIMITS: &str = "# Limits\n\n## Rate\n\n10 in a second\n\n## Size\n\n1 MiB\n";

/// Adopts a repository in which a guide refers to a section and to a file, each with a stamp.
fn reviewed(git: &Git) -> Repo {
    let repo = Repo::adopted(git);
    repo.commit_file("docs/intro.md", LIMITS);
    let [notes, intro] = ["notes.txt", "docs/intro.md"].map(|path| repo.id(path));
    repo.commit_file("docs/guide.md", format!("See idhooks:{intro}#rate.\nidhooks:{notes}\n"));
    repo.idhooks("refs review docs/guide.md:1 docs/guide.md:2").ok().done();
    repo.commit("review");
    assert_eq!(suspects(&repo, ""), [""; 0]);
    repo
}

fn document(repo: &Repo, line: &str) -> Value {
    repo.idhooks(format!("refs suspect --format json {line}").as_str()).ok().json()
}

/// Returns the places of suspect references, as `path:line`.
fn suspects(repo: &Repo, line: &str) -> Vec<String> {
    places(&document(repo, line)["suspects"])
}

fn places(list: &Value) -> Vec<String> {
    let place = |one: &Value| format!("{}:{}", one["path"].as_str().expect("a path"), one["line"]);
    list.as_array().expect("a list").iter().map(place).collect()
}

fn review<'r>(repo: &'r Repo, line: &str) -> Output<'r> {
    repo.idhooks(format!("refs review {line}").as_str())
}

fn staged(repo: &Repo, path: &str) -> Vec<u8> {
    repo.git(["show", &format!(":{path}")]).bytes()
}

/// Returns the stamps in a text.
fn stamps(text: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(text).into_owned();
    text.split('@').skip(1).map(|rest| rest.chars().take(12).collect()).collect()
}

#[test]
fn a_changed_section_is_suspect_until_it_is_reviewed() {
    for_each_git(|git| {
        let repo = reviewed(git);
        repo.commit_file("docs/intro.md", LIMITS.replace("1 MiB", "2 MiB"));
        assert_eq!(suspects(&repo, ""), [""; 0], "another section has changed");
        repo.commit_file("docs/intro.md", LIMITS.replace("10 in", "20 in"));
        let first = repo.rev("HEAD");
        repo.mv("docs/intro.md", "docs/limits.md");
        repo.commit("move");
        repo.commit_file("docs/limits.md", LIMITS.replace("10 in", "30 in"));
        let second = repo.rev("HEAD");
        let intro = repo.id("docs/limits.md");
        let found = document(&repo, "");
        assert_eq!(found["suspects"].as_array().map(Vec::len), Some(1));
        let one = &found["suspects"][0];
        assert_eq!(places(&found["suspects"]), ["docs/guide.md:1"]);
        assert_eq!(one["id"], intro);
        assert_eq!(one["target"], "docs/limits.md");
        assert_eq!(
            one["changes"],
            json!([{"commit": second}, {"commit": first}]),
            "the move is no change"
        );
        assert_eq!(one["read"]["path"], "docs/intro.md");
        assert_eq!((&one["staged"], &one["incomplete"]), (&json!(false), &json!(false)));
        let diff = one["diff"].as_str().expect("a difference");
        assert!(diff.contains("-10 in a second\n+30 in a second\n"), "{diff}");
        assert!(!diff.contains("MiB"), "{diff}");
        let said = repo.idhooks("refs suspect docs/limits.md").ok();
        let text = said.stdout();
        let line = format!("has changed since it was read, in {}, {}", &second[..10], &first[..10]);
        assert!(text.contains(&line) && text.contains("+30 in a second\n"), "{text}");
        assert_eq!(
            said.stderr(),
            "1 suspect reference; once read: idhooks refs review <FILE:LINE>\n"
        );
        assert_eq!(suspects(&repo, "notes.txt"), [""; 0]);
        assert_eq!(suspects(&repo, "--from docs/guide.md"), ["docs/guide.md:1"]);
        assert_eq!(suspects(&repo, "--rev HEAD~3"), [""; 0]);
        let shown = as_shown(&repo, "refs review docs/guide.md");
        assert!(shown.iter().any(|line| line == "+30 in a second"), "{shown:?}");
        assert_eq!(suspects(&repo, ""), [""; 0]);
        assert_eq!(staged(&repo, "docs/guide.md"), repo.read("docs/guide.md"));
        // What is staged is read, not the working file.
        repo.commit("review");
        repo.write("docs/limits.md", "# Limits\n## Rate\n");
        assert_eq!(suspects(&repo, ""), [""; 0]);
        repo.run("add docs/limits.md");
        let found = document(&repo, "");
        assert_eq!(found["suspects"][0]["staged"], true);
        assert_eq!(found["suspects"][0]["changes"], json!([]));
        assert_eq!(suspects(&repo, "--rev HEAD"), [""; 0]);
    });
}

#[test]
fn line_ends_and_own_identities_do_not_count() {
    for_each_git(|git| {
        let repo = reviewed(git);
        let before = stamps(&staged(&repo, "docs/guide.md"));
        repo.stage(".gitattributes", "*.md text eol=crlf\n");
        repo.commit_file("docs/intro.md", LIMITS.replace('\n', " \t\r\n"));
        repo.configure("[[embed]]\npath = '**'\n");
        repo.idhooks("inject --all").ok().done();
        repo.commit("inject");
        assert!(String::from_utf8_lossy(&staged(&repo, "docs/intro.md")).contains("doc_id"));
        assert_eq!(suspects(&repo, ""), [""; 0]);
        // A new stamp is the same one, and CRLF stays in the working file only.
        repo.remove("docs/guide.md");
        repo.run("checkout -q -- docs/guide.md");
        let crlf = repo.read("docs/guide.md");
        assert!(crlf.windows(2).any(|two| two == b"\r\n"));
        let text = String::from_utf8(crlf).expect("text").replace(&before[0], "0123456789ab");
        repo.write("docs/guide.md", &text);
        repo.run("add docs/guide.md");
        assert_eq!(suspects(&repo, "").len(), 1);
        let said = review(&repo, "docs/guide.md").ok();
        assert_eq!(said.stderr(), "reviewed 1 reference\n");
        assert_eq!(stamps(&staged(&repo, "docs/guide.md")), before);
        let expected = text.replace("0123456789ab", &before[0]);
        assert_eq!(String::from_utf8_lossy(&repo.read("docs/guide.md")), expected);
        assert!(!staged(&repo, "docs/guide.md").contains(&b'\r'));
        assert_eq!(repo.ask("diff --name-only"), "");
    });
}

#[test]
fn two_files_can_stamp_each_other() {
    on_adopted(|repo| {
        let [notes, intro] = ["notes.txt", "docs/intro.md"].map(|path| repo.id(path));
        repo.stage("notes.txt", format!("idhooks:{intro}\n"));
        repo.commit_file("docs/intro.md", format!("idhooks:{notes} idhooks:{intro}\n"));
        review(repo, "notes.txt:1 docs/intro.md:1").ok().done();
        repo.commit("review");
        for path in ["notes.txt", "docs/intro.md"] {
            assert_eq!(suspects(repo, ""), [""; 0], "{path}");
            repo.append(path, "more\n");
            repo.run(["add", path]);
            assert!(!suspects(repo, "").is_empty(), "{path}");
            let said = review(repo, "--all").ok().stderr();
            assert!(said.starts_with("reviewed "), "{said}");
            assert_eq!(suspects(repo, ""), [""; 0], "{path}");
            let said = review(repo, "--all").ok();
            assert_eq!(
                (&*said.stdout(), &*said.stderr()),
                ("", "nothing to review: 3 stamps are up to date\n")
            );
            repo.commit("change");
        }
    });
}

#[test]
fn moves_merges_and_renamed_headings_are_no_changes_of_other_sections() {
    for_each_git(|git| {
        let repo = reviewed(git);
        repo.run("branch side");
        repo.mv("notes.txt", "data/notes.txt");
        repo.commit("move");
        repo.commit_file("docs/intro.md", LIMITS.replace("## Size", "## Largest size"));
        repo.run("checkout -q side");
        repo.commit_file("README.md", "side\n");
        repo.mv("docs/intro.md", "docs/limits.md");
        repo.commit("move");
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit side");
        assert_eq!(suspects(&repo, ""), [""; 0]);
        // A renamed heading is another finding.
        repo.configure("[references]\n");
        repo.commit_file("docs/limits.md", LIMITS.replace("## Rate", "## Rates"));
        assert_eq!(repo.findings(""), ["REFERENCE_SECTION"]);
        assert_eq!(suspects(&repo, ""), [""; 0]);
        let said = review(&repo, "--all").code(1).stderr();
        assert!(said.contains("is not reviewed: its file has no such heading"), "{said}");
    });
}

#[test]
fn a_file_that_is_no_longer_markdown_has_no_sections() {
    for_each_git(|git| {
        let repo = reviewed(git);
        repo.mv("docs/intro.md", "docs/intro.txt");
        repo.commit("no longer Markdown");
        let head = repo.ask("rev-parse HEAD");
        let found = document(&repo, "");
        let one = found["suspects"].as_array().expect("a list").iter();
        let one = one.filter(|one| one["section"] != json!(null)).collect::<Vec<_>>();
        assert!(!one.is_empty(), "{found:#}");
        for one in one {
            assert_eq!(one["staged"], json!(false));
            assert_eq!(one["changes"], json!([{"commit": head.trim()}]));
            assert_eq!(one["read"]["path"], "docs/intro.md");
        }
    });
}

#[test]
fn a_line_with_many_references_is_reviewed() {
    on_adopted(|repo| {
        let notes = repo.id("notes.txt");
        repo.stage("many.txt", format!("idhooks:{notes} ").repeat(10_000));
        let said = review(repo, "many.txt:1").ok().stderr();
        assert!(said.contains("reviewed 10000 references"), "{said}");
        assert_eq!(stamps(&staged(repo, "many.txt")).len(), 10_000);
        assert_eq!(repo.read("many.txt"), staged(repo, "many.txt"));
        repo.commit("many");
    });
}

#[test]
fn a_change_in_a_merge_is_named_by_its_own_commit() {
    for_each_git(|git| {
        let repo = reviewed(git);
        repo.run("branch side");
        repo.commit_file("README.md", "main\n");
        repo.run("checkout -q side");
        repo.commit_file("docs/intro.md", LIMITS.replace("10 in", "20 in"));
        let change = repo.rev("HEAD");
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit side");
        let found = document(&repo, "");
        assert_eq!(found["suspects"][0]["changes"], json!([{"commit": change}]));
        // Of a text that was never committed, no version is known.
        let id = repo.id("notes.txt");
        repo.stage("README.md", format!("idhooks:{id}@0123456789ab\n"));
        let found = document(&repo, "--from README.md");
        let one = &found["suspects"][0];
        assert_eq!(
            (&one["changes"], &one["read"], &one["diff"]),
            (&json!([]), &json!(null), &json!(null))
        );
        let said = repo.idhooks("refs suspect --from README.md").ok().stdout();
        assert!(said.contains("the version that was read is not in its history"), "{said}");
    });
}

#[test]
fn a_merge_that_takes_the_content_of_another_file_keeps_the_history() {
    for_each_git(|git| {
        let repo = reviewed(git);
        let (id, other) = (repo.id("docs/intro.md"), LIMITS.replace("10 in", "other"));
        repo.run("branch side");
        repo.mv("docs/intro.md", "limits.md");
        repo.commit("move");
        repo.run("checkout -q side");
        repo.commit_file("limits.md", &other);
        repo.run("checkout -q main");
        repo.try_git("merge -q side").refused().done();
        repo.stage("limits.md", &other);
        repo.commit("merge");
        // A person decides that it is the moved file.
        repo.idhooks(["-q", "assign", &id, "limits.md"]).ok().done();
        repo.run("commit -q --amend --no-edit");
        let one = &document(&repo, "limits.md")["suspects"][0];
        assert_eq!(one["read"]["path"], "docs/intro.md", "{one:#}");
        assert_eq!(one["changes"], json!([{"commit": repo.rev("HEAD")}]));
    });
}

#[test]
fn check_reports_suspect_references() {
    on_adopted(|repo| {
        let notes = repo.id("notes.txt");
        repo.commit_file("README.md", format!("x\nidhooks:{notes}\n"));
        review(repo, "README.md:2").ok().done();
        repo.commit("review");
        repo.configure("[references]\n");
        assert_eq!(repo.findings(""), [""; 0]);
        repo.commit_file("notes.txt", "changed\n");
        let change = repo.rev("HEAD");
        for source in ["", "--rev HEAD"] {
            assert_eq!(repo.findings(source), ["REFERENCE_SUSPECT"], "{source}");
        }
        let said = repo.idhooks("check").ok();
        let all = said.stdout() + &said.stderr();
        let line = format!(
            "refers to 'notes.txt', which has changed since it was read, in {}",
            &change[..10]
        );
        assert!(all.contains(&line), "{all}");
        assert!(all.contains("idhooks refs review README.md:2"), "{all}");
        let found = repo.idhooks("check --format json").json();
        let related = &found["findings"][0]["related"];
        assert_eq!(
            (&related[0]["path"], &related[1]["commit"]),
            (&json!("notes.txt"), &json!(change))
        );
        repo.idhooks("check --strict").code(1).done();
        repo.configure("[references]\nsuspect = 'error'\n");
        repo.idhooks("check").code(1).done();
        review(repo, "--target notes.txt").ok().done();
        repo.commit("review");
        repo.idhooks("check --strict").ok().done();
    });
}

#[test]
fn nothing_is_fetched_and_missing_content_is_not_suspect() {
    for_each_git(|git| {
        let repo = reviewed(git);
        repo.commit_file("docs/intro.md", LIMITS.replace("10 in", "20 in"));
        repo.configure("[references]\n");
        let from = format!("file://{}", repo.path().display());
        repo.run("config uploadpack.allowFilter true");
        repo.run(["clone", "-q", "--filter=blob:none", "--no-checkout", &from, "../partial"]);
        let partial = repo.beside("partial");
        partial.run("checkout -q HEAD -- docs/guide.md idhooks.toml .idhooks");
        partial.run("read-tree HEAD");
        let objects = partial.ask("count-objects -v");
        let found = document(&partial, "");
        assert_eq!(found["suspects"], json!([]));
        assert_eq!(places(&found["unknown"]), ["docs/guide.md:1", "docs/guide.md:2"]);
        assert_eq!(partial.findings(""), [""; 0]);
        let said = review(&partial, "docs/guide.md:1 --dry-run").code(1).stderr();
        assert!(
            said.contains("the content of its file is unmerged or not in this clone"),
            "{said}"
        );
        assert_eq!(partial.ask("count-objects -v"), objects, "something was fetched");
        // The version that was read is missing, the present one is not.
        partial.run("checkout -q HEAD -- docs/intro.md");
        let objects = partial.ask("count-objects -v");
        let one = &document(&partial, "")["suspects"][0];
        assert_eq!((&one["read"], &one["incomplete"]), (&json!(null), &json!(true)));
        // Only the last commit is known to have changed it, not the one that added the file.
        let change = repo.ask("log -1 --format=%H -- docs/intro.md");
        assert_eq!(one["changes"], json!([{"commit": change.trim()}]));
        assert_eq!(partial.ask("count-objects -v"), objects, "something was fetched");
        repo.run(["clone", "-q", "--depth", "1", &from, "../shallow"]);
        let shallow = repo.beside("shallow");
        let one = &document(&shallow, "")["suspects"][0];
        assert_eq!((&one["read"], &one["incomplete"]), (&json!(null), &json!(true)));
        // What its only commit has changed is not known.
        assert_eq!(one["changes"], json!([]));
        let said = shallow.idhooks("refs suspect").ok().stdout();
        assert!(said.contains("in which commits is not known here"), "{said}");
    });
}

#[test]
fn repositories_with_either_hash_have_the_same_stamps() {
    for_each_git(|git| {
        let of = |options: &str| {
            let repo = Repo::empty_with(git, options).adopt("");
            let notes = repo.id("notes.txt");
            repo.commit_file("README.md", format!("idhooks:{notes}\n"));
            review(&repo, "README.md:1").ok().done();
            repo.commit("review");
            repo.commit_file("notes.txt", "changed\n");
            let found = document(&repo, "");
            assert_eq!(found["suspects"][0]["changes"], json!([{"commit": repo.rev("HEAD")}]));
            assert!(!found["suspects"][0]["read"].is_null());
            found["suspects"][0]["stamp"].clone()
        };
        assert_eq!(of("--object-format=sha1"), of("--object-format=sha256"));
    });
}

#[test]
fn a_conflict_in_a_stamp_is_settled_by_a_review() {
    for_each_git(|git| {
        let repo = reviewed(git);
        repo.run("branch side");
        for (branch, number) in [("main", "20 in"), ("side", "30 in")] {
            repo.run(["checkout", "-q", branch]);
            repo.commit_file("docs/intro.md", LIMITS.replace("10 in", number));
            review(&repo, "docs/guide.md").ok().done();
            repo.commit("review");
        }
        repo.run("checkout -q main");
        repo.try_git("merge -q side").refused().done();
        let said = review(&repo, "--all").ok().stderr();
        assert!(said.starts_with("note: 2 files were not searched (unmerged 2)"), "{said}");
        assert!(said.ends_with("nothing was reviewed\n"), "{said}");
        for place in ["docs/guide.md", "docs/guide.md:2"] {
            let answer = review(&repo, place).code(2).explains("'docs/guide.md' is not merged yet");
            answer.complains("then git add -- docs/guide.md, and run this again").done();
        }
        let guide = String::from_utf8(repo.read("docs/guide.md")).expect("text");
        let ours = guide.lines().filter(|line| !line.starts_with(['<', '=', '>']));
        let ours: Vec<&str> = ours.collect();
        repo.stage("docs/guide.md", format!("{}\n{}\n", ours[0], ours[2]));
        repo.stage("docs/intro.md", LIMITS.replace("10 in", "40 in"));
        assert_eq!(suspects(&repo, ""), ["docs/guide.md:1"]);
        review(&repo, "docs/guide.md").ok().done();
        assert_eq!(suspects(&repo, ""), [""; 0]);
        repo.commit("merge");
        assert_eq!(suspects(&repo, ""), [""; 0]);
    });
}

#[test]
fn a_reference_to_an_unmerged_file_is_not_reviewed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        repo.commit_file("README.md", format!("idhooks:{notes}@0123456789ab\n"));
        repo.run("branch side");
        for branch in ["main", "side"] {
            repo.run(["checkout", "-q", branch]);
            repo.commit_file("notes.txt", text(branch));
        }
        repo.try_git("merge -q main").refused().done();
        let said = review(&repo, "--all").code(1).stderr();
        assert!(said.contains("unmerged or not in this clone"), "{said}");
        assert!(said.ends_with("\nnothing was reviewed\n"), "{said}");
        assert!(!said.contains("deprecated"), "{said}");
    });
}

#[test]
fn unstaged_changes_permissions_and_byte_order_marks_are_kept() {
    on_adopted(|repo| {
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        repo.configure("[[references.forms]]\ntext = '[[{id}]]'\n");
        repo.stage(
            "README.md",
            format!("\u{feff}a idhooks:{notes}@0123456789ab\r\nb idhooks:{app}@0123456789ab\r\nc [[{app}]]"),
        );
        let mode = |mode| std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(repo.path().join("README.md"), mode(0o755)).expect("a mode");
        repo.run("add README.md");
        repo.commit("readme");
        let text = String::from_utf8(repo.read("README.md")).expect("text");
        repo.write("README.md", text.replace("\nb ", "\nbb ") + "\r\nmore");
        let said = review(repo, "README.md").ok();
        assert_eq!(
            said.stderr(),
            "note: 1 reference changes in the index only, because the working tree has no such line: \
             README.md:2:3\nnote: 'README.md' has unstaged changes, which stay unstaged\n\
             reviewed 2 references\n"
        );
        let index = String::from_utf8(staged(repo, "README.md")).expect("text");
        let new = stamps(index.as_bytes());
        assert!(!new.contains(&"0123456789ab".to_owned()), "{index}");
        assert_eq!(
            index,
            format!(
                "\u{feff}a idhooks:{notes}@{}\r\nb idhooks:{app}@{}\r\nc [[{app}]]",
                new[0], new[1]
            )
        );
        // The line that has changed was not reviewed.
        let now = String::from_utf8(repo.read("README.md")).expect("text");
        assert_eq!(
            now,
            format!(
                "\u{feff}a idhooks:{notes}@{}\r\nbb idhooks:{app}@0123456789ab\r\nc [[{app}]]\r\nmore",
                new[0]
            )
        );
        let place = repo.path().join("README.md");
        assert_eq!(place.metadata().expect("a file").permissions().mode() & 0o777, 0o755);
        // An undone run leaves no trace.
        review(repo, "--rollback").ok().done();
        assert_eq!(staged(repo, "README.md"), text.as_bytes());
        // A spelling that takes no stamp is refused, and so is a line without a reference.
        let said = review(repo, "README.md:3").code(1).stderr();
        assert!(said.contains("its spelling takes no stamp"), "{said}");
        repo.run("reset -q --hard");
    });
}

#[test]
fn a_line_is_reviewed_and_not_another_one_with_the_same_text() {
    on_adopted(|repo| {
        let notes = repo.id("notes.txt");
        let line = format!("idhooks:{notes}\n");
        repo.commit_file("README.md", line.repeat(3));
        review(repo, "README.md:2").ok().done();
        for content in [staged(repo, "README.md"), repo.read("README.md")] {
            let stamped = String::from_utf8(content).expect("text");
            let lines: Vec<bool> = stamped.lines().map(|line| line.contains('@')).collect();
            assert_eq!(lines, [false, true, false], "{stamped}");
        }
        repo.commit("review");
    });
}

#[test]
fn symlinks_are_not_followed() {
    for_each_git(|git| {
        let repo = reviewed(git);
        repo.commit_file("docs/intro.md", LIMITS.replace("10 in", "20 in"));
        let outside = repo.root().join("outside.md");
        let content = repo.read("docs/guide.md");
        std::fs::write(&outside, &content).expect("a file");
        repo.remove("docs/guide.md");
        symlink(&outside, repo.path().join("docs/guide.md")).expect("a link");
        review(&repo, "docs/guide.md").ok().done();
        assert_eq!(std::fs::read(&outside).expect("a file"), content);
        assert_eq!(suspects(&repo, ""), [""; 0], "the index has the stamp");
    });
}

#[test]
fn a_wrong_request_is_explained() {
    on_adopted(|repo| {
        let notes = repo.id("notes.txt");
        repo.commit_file("README.md", format!("idhooks:{notes}\nidhooks:{notes}@0123456789ab\n"));
        let usage = review(repo, "").code(2).stderr();
        assert!(usage.contains("--target") && usage.contains("--all"), "{usage}");
        review(repo, "README.md --all").code(2).done();
        review(repo, "nothing.md:1").code(2).explains("'nothing.md' in the index").done();
        review(repo, "README.md:7").code(2).explains("line 7 of 'README.md'").done();
        review(repo, "README.md:2:9").code(2).explains("at column 9 on line 2 of").done();
        review(repo, "--target nothing.md").code(2).explains("nothing.md").done();
        let said = review(repo, "notes.txt").ok().stderr();
        assert_eq!(said, "nothing to review: no reference with a stamp\n");
        let one = format!("idhooks:{notes}@0123456789ab");
        repo.stage("vendor/a.md", &one);
        repo.stage("latin.md", [one.as_bytes(), b"\xe9\n"].concat());
        repo.commit("files that are not searched");
        for place in ["vendor/a.md", "vendor/a.md:1"] {
            review(repo, place).code(2).explains("'vendor/a.md' are not searched").done();
        }
        for place in ["latin.md", "latin.md:1"] {
            let said = review(repo, place).code(1).stderr();
            assert!(said.ends_with("lists them\nnothing was reviewed\n"), "{said}");
        }
        // A file stands for its stamps, and a line for all of its references.
        let shown = review(repo, "README.md --dry-run").ok().stdout();
        assert!(shown.starts_with("README.md:2:1  "), "{shown}");
        let shown = review(repo, "README.md:1:1 --dry-run").ok().stdout();
        assert!(shown.starts_with("README.md:1:1  "), "{shown}");
        repo.stage("suspect", "x");
        repo.commit("a file that is named like a subcommand");
        assert_eq!(repo.idhooks("refs ./suspect").ok().stdout(), "");
    });
}

#[test]
fn a_review_that_writes_nothing_leaves_the_last_one_to_undo() {
    for_each_git(|git| {
        let repo = reviewed(git);
        let id = repo.id("notes.txt");
        repo.configure("[references]\n[[references.forms]]\ntext = '<{id}>'\n");
        repo.commit_file("README.md", format!("idhooks:{id}\n<{id}>\n"));
        review(&repo, "README.md:1").ok().done();
        let text = staged(&repo, "README.md");
        review(&repo, "README.md:2").code(1).complains("its spelling takes no stamp").done();
        assert_eq!(staged(&repo, "README.md"), text);
        review(&repo, "--rollback").ok().done();
        assert_eq!(staged(&repo, "README.md"), format!("idhooks:{id}\n<{id}>\n").into_bytes());
    });
}
