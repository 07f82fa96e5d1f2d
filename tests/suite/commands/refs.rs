//! `idhooks refs`: references between files, by identity.

use std::os::unix::ffi::OsStrExt;

use serde_json::{Value, json};

use crate::common::{Git, Repo, for_each_git, on_adopted, text};

use super::second_ids::give;

const CACHE: &str = ".git/idhooks/cache/references";

/// Returns the references as the command prints them, with one space between columns; nothing may be
/// on stderr.
fn refs(repo: &Repo, line: &str) -> Vec<String> {
    let said = repo.idhooks(format!("refs {line}").as_str()).ok();
    assert_eq!(said.stderr(), "", "{line}");
    let lines = said.stdout();
    lines.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn json_of(repo: &Repo, line: &str) -> Value {
    repo.idhooks(format!("refs {line} --format json").as_str()).ok().json()
}

/// Adopts a repository with references between its files, in the index.
fn with_references(git: &Git) -> Repo {
    let repo = Repo::adopted(git);
    let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
    repo.stage("docs/guide.md", format!("# Guide\n\nSee <idhooks:{notes}>, idhooks:{app}#run.\n"));
    repo.stage("README.md", format!("ü idhooks:{app}@0123456789ab#run"));
    repo
}

#[test]
fn references_are_listed_by_target_by_source_and_all() {
    for_each_git(|git| {
        let repo = with_references(git);
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        let readme = format!("README.md:1:3 idhooks:{app}@0123456789ab#run src/app.py");
        let to_notes = format!("docs/guide.md:3:6 idhooks:{notes} notes.txt");
        let to_app = format!("docs/guide.md:3:33 idhooks:{app}#run src/app.py");
        let all = [readme.clone(), to_notes.clone(), to_app.clone()];
        assert_eq!(refs(&repo, ""), all);
        for subject in ["src/app.py", &app, &app[..10]] {
            assert_eq!(refs(&repo, subject), [readme.clone(), to_app.clone()], "{subject}");
        }
        assert_eq!(refs(&repo, "notes.txt"), all[1..2]);
        assert_eq!(refs(&repo, "docs/intro.md"), [""; 0]);
        assert_eq!(refs(&repo, "--from docs/guide.md"), [to_notes, to_app]);
        assert_eq!(refs(&repo, "--from notes.txt"), [""; 0]);
        assert_eq!(refs(&repo.below("docs"), "--from ../README.md"), [readme]);
        assert_eq!(refs(&repo.below("docs"), ""), all);
        repo.remove(CACHE);
        assert_eq!(refs(&repo.with("GIT_LITERAL_PATHSPECS", "1"), ""), all);
        assert_eq!(
            json_of(&repo, "--from README.md"),
            json!({"version": 1, "unsearched": [], "references": [{
                "path": "README.md", "line": 1, "column": 3,
                "text": format!("idhooks:{app}@0123456789ab#run"), "form": "idhooks:{id}",
                "name": app, "section": "run", "stamp": "0123456789ab",
                "target": {
                    "id": app, "path": "src/app.py", "status": "active", "superseded_by": null,
                    "others": [],
                },
            }]})
        );
    });
}

#[test]
fn the_index_is_read_or_a_commit() {
    for_each_git(|git| {
        let repo = with_references(git);
        let notes = repo.id("notes.txt");
        repo.write("docs/guide.md", "# Nothing\n");
        repo.write("untracked.md", format!("idhooks:{notes}\n"));
        assert_eq!(refs(&repo, "").len(), 3);
        assert_eq!(refs(&repo, "--rev HEAD"), [""; 0]);
        repo.run("checkout -q -- docs/guide.md");
        repo.commit("references");
        repo.run("tag v1");
        repo.mv("notes.txt", "moved.txt");
        repo.run("rm -q README.md");
        repo.commit("move");
        let moved = format!("docs/guide.md:3:6 idhooks:{notes} moved.txt");
        assert_eq!(refs(&repo, "moved.txt"), [&*moved]);
        assert_eq!(refs(&repo, "")[0], moved);
        assert_eq!(refs(&repo, "").len(), 2);
        assert_eq!(refs(&repo, "--rev v1").len(), 3);
        let then = format!("docs/guide.md:3:6 idhooks:{notes} notes.txt");
        assert_eq!(refs(&repo, "notes.txt --rev v1"), [&*then]);
        assert_eq!(refs(&repo, "--from docs/guide.md --rev v1")[0], then);
        let path = repo.path().to_str().expect("a plain name");
        repo.run(["clone", "-q", "--bare", path, "../bare.git"]);
        let bare = repo.beside("bare.git");
        assert_eq!(refs(&bare, "notes.txt --rev v1"), [then]);
        bare.idhooks("refs").code(2).explains("bare").done();
    });
}

#[test]
fn each_target_has_its_status() {
    on_adopted(|repo| {
        let [notes, app, util] =
            ["notes.txt", "src/app.py", "src/util.py"].map(|path| repo.id(path));
        let unknown = "0199900001260118";
        let lines = [&notes, &app, &util, unknown].map(|id| format!("- idhooks:{id}\n"));
        repo.commit_file("README.md", lines.concat());
        repo.run("rm -q src/app.py src/util.py");
        repo.commit("delete");
        repo.idhooks(["-q", "supersede", &util, "--by", &notes]).ok().done();
        repo.commit("supersede");
        let expected = [
            format!("README.md:1:3 idhooks:{notes} notes.txt"),
            format!("README.md:2:3 idhooks:{app} src/app.py (deprecated)"),
            format!("README.md:3:3 idhooks:{util} src/util.py (superseded by {notes})"),
            format!("README.md:4:3 idhooks:{unknown} unknown"),
        ];
        assert_eq!(refs(repo, "--from README.md"), expected);
        assert_eq!(refs(repo, &app), [expected[1].clone()]);
        let found = json_of(repo, "");
        let target = |n: usize| &found["references"][n]["target"];
        assert_eq!(target(0)["status"], "active");
        assert_eq!(target(1)["status"], "deprecated");
        assert_eq!(target(2)["status"], "superseded");
        assert_eq!(target(2)["superseded_by"], notes);
        assert_eq!(*target(3), Value::Null);
        assert_eq!(found["references"][3]["name"], unknown);
        repo.idhooks(["refs", unknown]).code(2).explains(unknown).done();
    });
}

#[test]
fn a_number_that_two_branches_gave_may_mean_either_file() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        // A clone remembers the numbers that it gave, on all branches.
        let other = repo.clone_as("other");
        repo.commit_file("docs/ours.md", text("ours"));
        let both = repo.id("docs/ours.md");
        repo.commit_file("notes.txt", format!("idhooks:{both}\n"));
        other.commit_file("docs/theirs.md", text("theirs"));
        assert_eq!(other.id("docs/theirs.md"), both);
        repo.run("pull -q --no-rebase --no-edit ../other main");
        let ids = ["docs/ours.md", "docs/theirs.md"].map(|path| repo.id(path));
        let (kept, other) = if ids[0] == both { (0, 1) } else { (1, 0) };
        let path = ["docs/ours.md", "docs/theirs.md"];
        assert_eq!(
            refs(&repo, ""),
            [format!("notes.txt:1:1 idhooks:{both} {} (or {})", path[kept], ids[other])]
        );
        assert_eq!(json_of(&repo, "")["references"][0]["target"]["others"], json!([ids[other]]));
        assert_eq!(refs(&repo, path[kept]).len(), 1);
        assert_eq!(refs(&repo, path[other]), [""; 0]);
        repo.commit_file("README.md", format!("idhooks:{}\n", ids[other]));
        assert_eq!(
            refs(&repo, path[other]),
            [format!("README.md:1:1 idhooks:{} {}", ids[other], path[other])]
        );
    });
}

#[test]
fn other_spellings_come_from_the_rules() {
    on_adopted(|repo| {
        give(repo, "SPEC-7 notes.txt\n");
        let app = repo.id("src/app.py");
        repo.commit_file(
            "docs/guide.md",
            format!("---\nrelated: [SPEC-7, '{app}#run']\n---\nDOC-{app}, [[SPEC-7]], {app}\n"),
        );
        repo.commit_file("README.md", format!("DOC-{app}\n"));
        assert_eq!(refs(repo, ""), [""; 0]);
        repo.configure(
            "[[references.forms]]\npath = 'docs/**'\ntext = 'DOC-{id}'\n\
            [[references.forms]]\ntext = '[[{second}]]'\n[[references.forms]]\nkey = 'related'\n",
        );
        let expected = [
            "docs/guide.md:2:11 SPEC-7 notes.txt".to_owned(),
            format!("docs/guide.md:2:20 {app}#run src/app.py"),
            format!("docs/guide.md:4:1 DOC-{app} src/app.py"),
            "docs/guide.md:4:23 [[SPEC-7]] notes.txt".to_owned(),
        ];
        assert_eq!(refs(repo, ""), expected);
        assert_eq!(refs(repo, ""), expected, "from the cache");
        assert_eq!(refs(repo, "SPEC-7"), [expected[0].clone(), expected[3].clone()]);
        let found = json_of(repo, "");
        let forms = found["references"].as_array().expect("a list").iter();
        let forms: Vec<&Value> = forms.map(|one| &one["form"]).collect();
        assert_eq!(forms, ["related", "related", "DOC-{id}", "[[{second}]]"]);
        // What was cached by other rules does not count.
        repo.configure("[[references.forms]]\ntext = 'DOC-{id}'\n");
        assert_eq!(refs(repo, "").len(), 2);
        repo.configure(
            "[references]\nexclude = ['docs/**']\n[[references.forms]]\ntext = 'DOC-{id}'\n",
        );
        assert_eq!(refs(repo, ""), [format!("README.md:1:1 DOC-{app} src/app.py")]);
        repo.idhooks("refs --from docs/guide.md").code(2).explains("not searched").done();
    });
}

#[test]
fn own_files_and_default_exclusions_have_no_references() {
    on_adopted(|repo| {
        let notes = repo.id("notes.txt");
        let line = format!("# idhooks:{notes}\n");
        repo.configure(&line);
        for path in ["Cargo.lock", "vendor/a.md", "web/node_modules/b/c.md", "d.min.js", "e.md"] {
            repo.stage(path, &line);
        }
        repo.commit("files");
        assert_eq!(refs(repo, ""), [format!("e.md:1:3 idhooks:{notes} notes.txt")]);
        // A file's own identity is none to it.
        repo.configure("[[embed]]\npath = 'e.md'\n[[references.forms]]\ntext = 'doc_id: {id}'\n");
        repo.idhooks("inject e.md").ok().done();
        repo.run("add e.md");
        repo.commit("inject");
        let own = repo.id("e.md");
        assert!(String::from_utf8_lossy(&repo.read("e.md")).contains(&format!("doc_id: {own}")));
        assert_eq!(refs(repo, "").len(), 1);
        assert_eq!(refs(repo, &own), [""; 0]);
    });
}

#[test]
fn files_that_cannot_be_searched_are_counted() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let one = format!("idhooks:{}", repo.id("notes.txt"));
        let with = |more: &[u8]| [one.as_bytes(), more].concat();
        repo.stage("binary.bin", with(b"\0"));
        repo.stage("latin.txt", with(b"\xe9"));
        repo.stage("large.txt", with(&vec![b'x'; 8 << 20]));
        repo.stage("utf16.txt", "i\0d\0h\0o\0o\0k\0s\0:\0");
        repo.stage("crlf.txt", format!("a\r\nb {one}\r\n"));
        repo.stage("bom.txt", format!("\u{feff}{one}"));
        repo.stage("fence.md", format!("```\n{one}\n```"));
        let line = |place: &str| format!("{place} {one} notes.txt");
        let expected = ["bom.txt:1:1", "crlf.txt:2:3", "fence.md:2:1"].map(line);
        for place in ["the files", "the cache"] {
            let said = repo.idhooks("refs").ok();
            let stdout = said.stdout();
            let lines = stdout.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
            assert_eq!(lines.collect::<Vec<_>>(), expected, "from {place}");
            assert_eq!(
                said.stderr(),
                "note: 3 files were not searched (binary 1, over 8 MiB 1, not UTF-8 1); -v lists them\n"
            );
        }
        let said = repo.idhooks("refs -v").ok().stderr();
        assert!(said.contains("not searched: latin.txt (not UTF-8)\n"), "{said}");
        assert_eq!(repo.idhooks("refs -q").ok().stderr(), "");
        let unsearched = json!([
            {"path": "binary.bin", "reason": "binary"},
            {"path": "large.txt", "reason": "too_large"},
            {"path": "latin.txt", "reason": "not_utf8"},
        ]);
        assert_eq!(json_of(&repo, "")["unsearched"], unsearched);
        assert_eq!(json_of(&repo, "--from latin.txt")["unsearched"], json!([unsearched[2]]));
    });
}

#[test]
fn links_submodules_and_unmerged_files_are_not_searched() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let one = format!("idhooks:{}", repo.id("notes.txt"));
        std::os::unix::fs::symlink(&one, repo.path().join("link")).expect("a link");
        repo.run("add link");
        let head = repo.rev("HEAD");
        repo.run(["update-index", "--add", "--cacheinfo", &format!("160000,{head},sub")]);
        repo.commit("link and submodule");
        assert_eq!(refs(&repo, ""), [""; 0]);
        for path in ["link", "sub"] {
            repo.idhooks(["refs", "--from", path]).code(2).explains("not a regular file").done();
        }
        repo.run("branch side");
        repo.commit_file("README.md", format!("ours {one}\n"));
        repo.run("checkout -q side");
        repo.commit_file("README.md", format!("theirs {one}\n"));
        repo.commit_file("docs/guide.md", format!("{one}\n"));
        repo.try_git("merge -q main").refused().done();
        let said = repo.idhooks("refs").ok();
        assert_eq!(said.stdout(), format!("docs/guide.md:1:1  {one}  notes.txt\n"));
        assert_eq!(said.stderr(), "note: 1 file was not searched (unmerged 1); -v lists them\n");
        let unmerged = json!([{"path": "README.md", "reason": "unmerged"}]);
        assert_eq!(json_of(&repo, "--from README.md")["unsearched"], unmerged);
        assert_eq!(refs(&repo, "--rev main"), [format!("README.md:1:6 {one} notes.txt")]);
    });
}

#[test]
fn hostile_names_are_escaped() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        let name = "a\"]; x[<b>\n\u{1b}[31m#é.md";
        repo.stage(name, format!("idhooks:{notes}#\u{202e}\n"));
        let bytes = std::ffi::OsStr::from_bytes(b"\xff.md");
        repo.stage(bytes, format!("idhooks:{notes}\n"));
        let said = repo.idhooks("refs").ok().stdout();
        assert_eq!(said.lines().count(), 2, "{said}");
        assert!(said.starts_with("a\"]; x[<b>\\n\\u{1b}[31m#é.md:1:1  "), "{said}");
        assert!(said.contains("\u{fffd}.md:1:1"), "{said}");
        assert!(!said.contains(['\u{1b}', '\u{202e}']), "{said}");
        assert_eq!(json_of(&repo, "")["references"][0]["path"], name);
        let graph = repo.idhooks("refs --graph").ok().stdout();
        assert_eq!(
            graph,
            "graph LR\n  n0[\"a#34;#93;#59; x#91;#60;b#62;#92;n#92;u#123;1b#125;#91;31m#35;é.md\"]\n  \
            n1[\"notes.txt\"]\n  n2[\"#65533;.md\"]\n  n0 --> n1\n  n2 --> n1\n"
        );
    });
}

#[test]
fn a_graph_has_one_arrow_for_each_pair_of_files() {
    on_adopted(|repo| {
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        let lines =
            format!("idhooks:{notes} idhooks:{notes}#a idhooks:{app} idhooks:0199900001260118");
        repo.commit_file("README.md", &lines);
        repo.commit_file("notes.txt", format!("idhooks:{app} idhooks:{notes}"));
        repo.run("rm -q src/app.py");
        repo.commit("delete");
        let graph =
            |line: &str| repo.idhooks(format!("refs --graph {line}").as_str()).ok().stdout();
        assert_eq!(
            graph(""),
            "graph LR\n  n0[\"README.md\"]\n  n1[\"notes.txt\"]\n  n2[\"src/app.py (deprecated)\"]\n  \
            n3[\"0199900001260118 (unknown)\"]\n  n0 --> n1\n  n0 --> n2\n  n0 --> n3\n  n1 --> n1\n  \
            n1 --> n2\n"
        );
        assert_eq!(
            graph("--from notes.txt"),
            "graph LR\n  n0[\"notes.txt\"]\n  n1[\"src/app.py (deprecated)\"]\n  n0 --> n0\n  n0 --> n1\n"
        );
        assert_eq!(graph("docs/intro.md"), "graph LR\n");
        repo.idhooks("refs --graph --format json").code(2).done();
    });
}

#[test]
fn the_cache_hides_no_change() {
    on_adopted(|repo| {
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        repo.commit_file("README.md", format!("idhooks:{notes}\n"));
        let first = refs(repo, "");
        assert_eq!(first.len(), 1);
        assert!(repo.exists(CACHE));
        let saved = repo.read(CACHE);
        assert_eq!(refs(repo, ""), first);
        assert_eq!(repo.read(CACHE), saved, "nothing new was searched");
        repo.commit_file("README.md", format!("idhooks:{app}\n"));
        repo.commit_file("docs/guide.md", format!("idhooks:{notes}\n"));
        let second = refs(repo, "");
        assert_eq!(
            second,
            [
                format!("README.md:1:1 idhooks:{app} src/app.py"),
                format!("docs/guide.md:1:1 idhooks:{notes} notes.txt"),
            ]
        );
        repo.write(CACHE, "torn");
        assert_eq!(refs(repo, ""), second);
        repo.run("reset -q --hard HEAD~2");
        assert_eq!(refs(repo, ""), first);
    });
}

#[test]
fn many_new_files_are_searched_at_once() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let one = format!("idhooks:{}", repo.id("notes.txt"));
        let mut expected = Vec::new();
        for n in 100..220 {
            let path = format!("new/{n}.md");
            repo.write(&path, if n % 2 == 0 { one.clone() } else { format!("text {n}") });
            if n % 2 == 0 {
                expected.push(format!("{path}:1:1 {one} notes.txt"));
            }
        }
        repo.run("add -A");
        assert_eq!(refs(&repo, ""), expected);
        assert_eq!(refs(&repo, ""), expected);
        repo.commit("many");
        repo.remove(CACHE);
        assert_eq!(refs(&repo, "--rev HEAD"), expected);
    });
}

#[test]
fn nothing_is_fetched_and_missing_files_are_counted() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let one = format!("idhooks:{}", repo.id("notes.txt"));
        repo.commit_file("docs/guide.md", &one);
        let blob = repo.rev("HEAD:docs/guide.md");
        let object = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
        let content = repo.read(&object);
        repo.remove(&object);
        let said = repo.idhooks("refs").ok();
        assert_eq!(said.stdout(), "");
        assert_eq!(
            said.stderr(),
            "note: 1 file was not searched (missing from this clone 1); -v lists them\n"
        );
        assert_eq!(json_of(&repo, "--from docs/guide.md")["unsearched"][0]["reason"], "missing");
        // Once it is there, it counts.
        repo.write(&object, content);
        assert_eq!(refs(&repo, ""), [format!("docs/guide.md:1:1 {one} notes.txt")]);
    });
}

#[test]
fn a_wrong_request_is_explained() {
    on_adopted(|repo| {
        repo.idhooks("refs nothing.md").code(2).explains("nothing.md").done();
        repo.idhooks("refs --from nothing.md").code(2).explains("'nothing.md' in the index").done();
        repo.idhooks("refs --from notes.txt --rev HEAD~9").code(2).explains("HEAD~9").done();
        repo.idhooks("refs --from docs").code(2).explains("'docs'").done();
        repo.idhooks("refs --from ../x").code(2).explains("outside").done();
        repo.idhooks("refs notes.txt --from notes.txt").code(2).done();
        repo.stage("idhooks.toml", "[[references.forms]]\ntext = '{id}'\n");
        repo.idhooks("refs").code(2).explains("expected a text with one {id}").done();
        repo.run("reset -q --hard");
    });
}

#[test]
fn check_reports_references_once_the_table_is_set() {
    on_adopted(|repo| {
        let [notes, app, util, intro] =
            ["notes.txt", "src/app.py", "src/util.py", "docs/intro.md"].map(|path| repo.id(path));
        let unknown = "0199900001260118";
        let lines = [
            format!("idhooks:{notes} idhooks:{notes}#any"),
            format!("idhooks:{app}"),
            format!("idhooks:{util}"),
            format!("idhooks:{unknown} then idhooks:{intro}"),
            format!("idhooks:{intro}#limits idhooks:{intro}#Rate-Limits idhooks:{intro}#limits-1"),
            format!("idhooks:{unknown} idhooks: ignore"),
        ];
        repo.stage("docs/intro.md", "# 🚀 Rate limits <!-- x -->\n## Limits\n");
        repo.commit_file("README.md", lines.join("\n"));
        repo.run("rm -q src/app.py src/util.py");
        repo.commit("delete");
        repo.idhooks(["-q", "supersede", &util, "--by", &notes]).ok().done();
        repo.commit("supersede");
        assert_eq!(repo.findings(""), [""; 0]);
        repo.configure("[references]\n");
        for source in ["", "--rev HEAD"] {
            assert_eq!(
                repo.findings(source),
                ["DEPRECATED", "SUPERSEDED", "UNKNOWN", "SECTION"]
                    .map(|code| format!("REFERENCE_{code}")),
                "{source}"
            );
        }
        let said = repo.idhooks("check").ok();
        let all = said.stdout() + &said.stderr();
        for line in [
            &*format!("README.md:2:1: 'idhooks:{app}' refers to 'src/app.py', which is deprecated"),
            &format!(
                "README.md:3:1: 'idhooks:{util}' refers to 'src/util.py', which is superseded by {notes} ('notes.txt')"
            ),
            &format!(
                "README.md:4:1: 'idhooks:{unknown}' refers to {unknown}, which is not in the registry"
            ),
            &format!(
                "README.md:5:70: 'idhooks:{intro}#limits-1' refers to '#limits-1', but 'docs/intro.md' has no such heading"
            ),
            "help: did you mean '#limits'?",
        ] {
            assert!(all.contains(line), "{line}\n{all}");
        }
        repo.idhooks("check --strict").code(1).done();
        // Once they are right, nothing is found, and a later fault is found again.
        repo.commit_file("README.md", format!("idhooks:{notes}\n"));
        repo.idhooks("check --strict").ok().done();
        repo.idhooks("check --strict").ok().done();
        repo.stage("README.md", format!("idhooks:{unknown}\n"));
        assert_eq!(repo.findings(""), ["REFERENCE_UNKNOWN"]);
        repo.run("reset -q --hard");
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        assert_eq!(repo.findings(""), ["REFERENCE_DEPRECATED"]);
    });
}

#[test]
fn no_reference_blocks_a_commit() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        repo.commit_file("README.md", "idhooks:0199900001260118\n");
        assert_eq!(repo.findings(""), ["REFERENCE_UNKNOWN"]);
        repo.idhooks("explain REFERENCE_UNKNOWN").ok().done();
    });
}
