//! `idhooks refs add`: writes a reference into a file.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::common::{Output, Repo, Snapshot, for_each_git, on_adopted};

use super::{as_shown, refuses};

fn add<'r>(repo: &'r Repo, line: &str) -> Output<'r> {
    repo.idhooks(format!("refs add {line}").as_str())
}

fn staged(repo: &Repo, path: &str) -> String {
    repo.git(["show", &format!(":{path}")]).stdout()
}

fn working(repo: &Repo, path: &str) -> String {
    String::from_utf8(repo.read(path)).expect("text")
}

/// Asserts what a file has in the index and in the working tree.
fn holds(repo: &Repo, path: &str, expected: [&str; 2]) {
    assert_eq!([staged(repo, path), working(repo, path)], expected, "{path}");
}

#[test]
fn a_reference_is_written_at_the_end_of_a_line_or_at_a_column() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        repo.commit_file("docs/guide.md", "# Guide\r\n\r\nSee (the notes) and ü.\r\n");
        let shown = as_shown(&repo, "refs add docs/guide.md:1 notes.txt");
        assert_eq!(shown, [format!("docs/guide.md:1:9  idhooks:{notes}  notes.txt")]);
        let said = add(&repo, &format!("docs/guide.md:3:15 {app}")).ok();
        assert_eq!(said.stderr(), "wrote the reference\n");
        let text =
            format!("# Guide idhooks:{notes}\r\n\r\nSee (the notes idhooks:{app}) and ü.\r\n");
        holds(&repo, "docs/guide.md", [&text, &text]);
        add(&repo.below("docs"), "guide.md:3:45 ../notes.txt").ok().done();
        assert!(staged(&repo, "docs/guide.md").contains(&format!("nd idhooks:{notes} ü.")));
        let found = repo.idhooks("refs --from docs/guide.md").ok().stdout();
        assert_eq!(found.lines().count(), 3, "{found}");
        repo.append("docs/guide.md", "later\r\n");
        let refused = add(&repo, "--rollback").code(2).stderr();
        assert!(refused.contains("undo these later changes, then run"), "{refused}");
        repo.write("docs/guide.md", staged(&repo, "docs/guide.md"));
        add(&repo, "--rollback").ok().complains("undid 'idhooks refs add'").done();
        holds(&repo, "docs/guide.md", [&text, &text]);
        assert_eq!(repo.ask("diff --name-only"), "");
        assert_eq!(repo.ask("diff --cached --name-only"), "docs/guide.md");
    });
}

#[test]
fn a_heading_is_named_by_its_text_or_its_slug() {
    on_adopted(|repo| {
        repo.commit_file("docs/limits.md", "# Limits\n\n## Rate limits\n\n## Size & age\n");
        repo.commit_file("README.md", "Read\n");
        let limits = repo.id("docs/limits.md");
        for (typed, slug) in [
            ("Rate limits", "rate-limits"),
            ("#rate-limits", "rate-limits"),
            ("size--age", "size--age"),
        ] {
            repo.idhooks(["refs", "add", "README.md:1", "docs/limits.md", "--section", typed])
                .ok()
                .done();
            assert_eq!(staged(repo, "README.md"), format!("Read idhooks:{limits}#{slug}\n"));
            add(repo, "--rollback").ok().done();
        }
        let refused = |typed: &str, to: &str| {
            let args = ["refs", "add", "README.md:1", to, "--section", typed];
            repo.idhooks(args).code(2).stderr()
        };
        let said = refused("Rate limit", "docs/limits.md");
        assert!(said.contains("no heading 'Rate limit'"), "{said}");
        assert!(said.contains("did you mean 'rate-limits'?"), "{said}");
        assert!(refused("zzz", "docs/limits.md").contains("name a heading of 'docs/limits.md'"));
        assert!(refused("x", "notes.txt").contains("not a Markdown file"));
        // The stamp is that of the section, so the reference is not suspect.
        repo.idhooks("refs add README.md:1 docs/limits.md --section rate-limits --stamp")
            .ok()
            .done();
        let text = staged(repo, "README.md");
        assert!(text.starts_with(&format!("Read idhooks:{limits}@")), "{text}");
        assert!(text.ends_with("#rate-limits\n"), "{text}");
        assert_eq!(repo.idhooks("refs suspect").ok().stdout(), "");
        repo.commit("reference");
        repo.commit_file("docs/limits.md", "# Limits\n\n## Rate limits\n10\n");
        assert!(repo.idhooks("refs suspect").ok().stdout().starts_with("README.md:1:6  "));
    });
}

#[test]
fn a_file_is_named_by_its_title() {
    on_adopted(|repo| {
        for (path, content) in [
            ("docs/limits.md", "---\ntags: a\n---\n\nLimits of the API\n=================\n"),
            ("docs/plan.md", "# Plan\n"),
            ("other/plan.md", "# plan\n"),
            ("README.md", "Read\n"),
        ] {
            repo.commit_file(path, content);
        }
        let limits = repo.id("docs/limits.md");
        repo.idhooks(["refs", "add", "README.md:1", "limits of the api "]).ok().done();
        assert_eq!(staged(repo, "README.md"), format!("Read idhooks:{limits}\n"));
        repo.commit("reference");
        let refused = repo.idhooks(["refs", "add", "README.md:1", "Plan"]).code(2).stderr();
        assert!(refused.contains("2 files have the title 'Plan'"), "{refused}");
        assert!(refused.contains("docs/plan.md") && refused.contains("other/plan.md"), "{refused}");
        assert!(refused.contains("name the file by its path"), "{refused}");
        let refused = repo.idhooks(["refs", "add", "README.md:1", "Plan B"]).code(2).stderr();
        assert!(refused.contains("'Plan B' has no identity"), "{refused}");
        assert_eq!(staged(repo, "README.md"), format!("Read idhooks:{limits}\n"));
    });
}

#[test]
fn unstaged_changes_stay_unstaged() {
    on_adopted(|repo| {
        let notes = repo.id("notes.txt");
        repo.commit_file("README.md", "one\n\ntwo\n\nthree\n");
        // The line is that of the working file, where lines were added above it.
        repo.write("README.md", "zero\none\n\ntwo\n\nthree and more\n");
        add(repo, "README.md:5 notes.txt").ok().done();
        holds(
            repo,
            "README.md",
            [
                &format!("one\n\ntwo\nidhooks:{notes}\nthree\n"),
                &format!("zero\none\n\ntwo\nidhooks:{notes}\nthree and more\n"),
            ],
        );
        add(repo, "--rollback").ok().done();
        let said = add(repo, "README.md:4 notes.txt").ok().stderr();
        assert_eq!(
            said,
            "note: 'README.md' has unstaged changes, which stay unstaged\nwrote the reference\n"
        );
        holds(
            repo,
            "README.md",
            [
                &format!("one\n\ntwo idhooks:{notes}\n\nthree\n"),
                &format!("zero\none\n\ntwo idhooks:{notes}\n\nthree and more\n"),
            ],
        );
        // On a line with unstaged changes, the reference is one of them.
        let said = add(repo, "README.md:6 notes.txt").ok().stderr();
        assert!(said.contains("line 6 has unstaged changes"), "{said}");
        assert!(said.contains("git add README.md"), "{said}");
        assert!(working(repo, "README.md").ends_with(&format!("three and more idhooks:{notes}\n")));
        assert!(staged(repo, "README.md").ends_with("\n\nthree\n"));
        add(repo, "--rollback").ok().done();
        assert!(working(repo, "README.md").ends_with("three and more\n"));
        repo.run("reset -q --hard");
        // A file that is partly staged.
        repo.stage("README.md", "one\n\ntwo\n\nthree\nfour\n");
        repo.write("README.md", "one\n\ntwo\n\nthree\nfour\nfive\n");
        add(repo, "README.md:6 notes.txt").ok().done();
        let four = format!("one\n\ntwo\n\nthree\nfour idhooks:{notes}\n");
        holds(repo, "README.md", [&four, &format!("{four}five\n")]);
        repo.run("reset -q --hard");
    });
}

#[test]
fn permissions_byte_order_marks_and_line_endings_are_kept() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        repo.stage(".gitattributes", "*.md text eol=crlf\n");
        repo.commit_file("README.md", "\u{feff}one\r\ntwo");
        let place = repo.path().join("README.md");
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o444)).expect("a mode");
        add(&repo, "README.md:1:1 notes.txt").ok().done();
        holds(
            &repo,
            "README.md",
            [
                &format!("\u{feff}idhooks:{notes} one\ntwo"),
                &format!("\u{feff}idhooks:{notes} one\r\ntwo"),
            ],
        );
        assert_eq!(place.metadata().expect("a file").permissions().mode() & 0o777, 0o444);
        assert_eq!(repo.ask("diff --name-only"), "");
        // A name that ends like a place is a name.
        repo.commit_file("a:1", "x\n");
        add(&repo, "a:1 notes.txt").code(2).explains("'a:1' without a line").done();
        add(&repo, &format!("a:1:1 idhooks:{notes}")).ok().done();
        assert_eq!(staged(&repo, "a:1"), format!("x idhooks:{notes}\n"));
        // A link to another file is not followed, and a missing file stays missing.
        let outside = repo.root().join("outside.md");
        std::fs::write(&outside, "one\ntwo").expect("a file");
        repo.remove("README.md");
        symlink(&outside, &place).expect("a link");
        add(&repo, "README.md:2 notes.txt").ok().complains("so only the index changes").done();
        assert_eq!(std::fs::read(&outside).expect("a file"), b"one\ntwo");
        assert!(staged(&repo, "README.md").ends_with(&format!("\ntwo idhooks:{notes}")));
        repo.remove("README.md");
        add(&repo, "--dry-run README.md:2:1 notes.txt").ok().done();
        assert!(!repo.exists("README.md"));
    });
}

#[test]
fn a_wrong_request_is_explained() {
    on_adopted(|repo| {
        let util = repo.id("src/util.py");
        repo.configure(
            "[references]\nexclude = ['*.lock', '*.svg']\n[[references.forms]]\ntext = 'x-{id}'\n",
        );
        repo.stage("a.lock", "x\n");
        repo.stage("a.bin", b"a\0b\n");
        repo.stage("latin.txt", b"caf\xe9\n");
        repo.stage("big.txt", "x".repeat(8 << 20 | 1));
        repo.stage("README.md", format!("one\n<!-- idhooks: ignore -->\nx-{util}\n"));
        repo.stage("code.md", "```sh\nrun\n```\n");
        symlink("README.md", repo.path().join("link.md")).expect("a link");
        repo.run("add link.md");
        repo.commit("files");
        for (line, thing) in [
            ("README.md notes.txt", "without a line"),
            ("README.md:0 notes.txt", "README.md:0"),
            ("README.md:4 notes.txt", "no line 4"),
            ("README.md:1:5 notes.txt", "no column 5"),
            ("README.md:2 notes.txt", "idhooks: ignore"),
            ("README.md:3:4 notes.txt", "line 3 of 'README.md'"),
            ("README.md:1 README.md", "refer to itself"),
            ("README.md:1 idhooks.toml", "the rules do not track it"),
            ("code.md:1 notes.txt", "line 1 of 'code.md' is markup"),
            ("code.md:3 notes.txt", "line 3 of 'code.md' is markup"),
            ("README.md:1 nothing.md", "nothing.md"),
            ("README.md:1 0199900001260118", "0199900001260118"),
            ("nothing.md:1 notes.txt", "'nothing.md' in the index"),
            ("link.md:1 notes.txt", "not a regular file"),
            ("a.lock:1 notes.txt", "'a.lock' are not searched"),
            ("a.bin:1 notes.txt", "'a.bin' cannot have references: binary"),
            ("latin.txt:1 notes.txt", "not UTF-8"),
            ("big.txt:1 notes.txt", "over 8 MiB"),
        ] {
            refuses(repo, &format!("refs add {line}"), thing);
        }
        repo.stage("new.txt", "x\n");
        let said = add(repo, "README.md:1 new.txt").code(2).stderr();
        assert!(said.contains("'new.txt' has no identity yet"), "{said}");
        assert!(said.contains("commit it first, or: idhooks allocate new.txt"), "{said}");
        repo.idhooks("allocate new.txt").ok().done();
        add(repo, "README.md:1 new.txt").ok().done();
        add(repo, "--rollback").ok().done();
        repo.commit("new");
        add(repo, "").code(2).done();
        add(repo, "README.md:1").code(2).done();
        // What was given up has no references any more; its successor is named.
        let notes = repo.id("notes.txt");
        repo.run("rm -q src/app.py src/util.py");
        repo.commit("delete");
        repo.idhooks(["-q", "supersede", &util, "--by", &notes]).ok().done();
        repo.commit("supersede");
        let said = add(repo, &format!("README.md:1 {util}")).code(2).stderr();
        assert!(said.contains("superseded by 'notes.txt'") && said.contains(&notes), "{said}");
        refuses(repo, "refs add README.md:1 src/app.py", "is deprecated");
        repo.run("config filter.x.clean cat");
        repo.append(".git/info/attributes", "README.md filter=x\n");
        refuses(repo, "refs add README.md:1 notes.txt", "git filters");
    });
}

#[test]
fn an_unfinished_merge_is_left_alone() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("branch side");
        repo.commit_file("README.md", "main\n");
        repo.run("checkout -q side");
        repo.commit_file("README.md", "side\n");
        repo.commit_file("docs/side.md", "side\n");
        repo.run("checkout -q main");
        repo.try_git("merge -q side").refused().done();
        let before = Snapshot::of(&repo);
        add(&repo, "README.md:1 notes.txt").code(2).explains("README.md").done();
        add(&repo, "docs/intro.md:1 notes.txt").code(2).explains("README.md").done();
        before.assert_same(&repo);
        // Once the conflict is resolved, the merge goes on with the reference.
        repo.stage("README.md", "both\n");
        add(&repo, "README.md:1 docs/side.md").ok().done();
        let side = repo.id_in("MERGE_HEAD", "docs/side.md");
        holds(&repo, "README.md", [&*format!("both idhooks:{side}\n"); 2]);
        repo.commit("merge");
        assert_eq!(repo.findings(""), [""; 0]);
    });
}
