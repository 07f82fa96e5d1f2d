//! Identities that files carry before the repository is adopted.

use crate::common::{Repo, SCOPE, Snapshot, for_each_git, gits, text};
use crate::judge::{self, View};

const IN_NAME: &str = "docs/0110000001250101_price.md";

fn numbered(repo: &Repo) {
    repo.stage(IN_NAME, text("price"));
    repo.stage("docs/terms.md", format!("<!-- doc_id: 0110000002250101 -->\n{}", text("terms")));
    repo.stage("notes.txt", text("notes"));
}

#[test]
fn what_a_file_carries_no_other_file_gets() {
    let git = &gits()[0];
    for strategy in ["sequential", "scattered"] {
        let repo = Repo::empty(git);
        // Every number that would be given otherwise, in names and at heads, among plain files.
        let plain: Vec<String> = (0..60).map(|n| format!("plain/{n}.py")).collect();
        plain.iter().for_each(|path| repo.write(path, text(path)));
        repo.run("add plain");
        repo.commit("plain");
        let before = repo.copy_as("before");
        let options = format!("init --scope 250101 --strategy {strategy}");
        before.idhooks(options.as_str()).ok().done();
        before.commit("adopt");
        let ids = View::of(&before, "HEAD").ids();
        let given: Vec<String> = plain.iter().map(|path| ids[path.as_bytes()].clone()).collect();
        for (n, id) in given.iter().enumerate() {
            match n % 2 {
                0 => repo.write(format!("heads/{n}.py"), format!("# doc_id: {id}\nprint({n})\n")),
                _ => repo.write(format!("names/{id}_{n}.py"), text(id)),
            }
        }
        repo.run("add .");
        let done = repo.idhooks(options.as_str()).ok().stdout();
        repo.commit("adopt");
        // A file may get what it carries itself.
        let carriers = given.iter().enumerate().map(|(n, id)| match n % 2 {
            0 => (format!("heads/{n}.py"), id),
            _ => (format!("names/{id}_{n}.py"), id),
        });
        let ids = View::of(&repo, "HEAD").ids();
        let others = carriers.filter(|(path, id)| ids[path.as_bytes()] != **id).count();
        assert!(others >= 30, "{others}");
        assert!(done.contains(&format!("note: {others} files already carry ")), "{done}");
        for path in &plain {
            let id = &ids[path.as_bytes()];
            assert!(!given.contains(id), "{strategy}: {path} got {id}, which another file carries");
        }
    }
}

#[test]
fn few_carriers_among_many_files_are_all_found() {
    let repo = Repo::empty(&gits()[0]);
    for n in 0..1_500 {
        repo.write(format!("d{}/{n}.md", n % 20), format!("plain {n}\n"));
    }
    for n in 1..4 {
        repo.write(format!("specs1/{n}.md"), format!("<!-- doc_id: 0110000{n:03}250101 -->\n"));
    }
    // A large file is not read, nor one that is no text.
    repo.write(
        "specs1/large.py",
        "# doc_id: 2099900001250101\n".to_owned() + &"#\n".repeat(9 << 20),
    );
    repo.write("specs1/odd.py", b"# doc_id: 2099900002250101\n\0");
    repo.run("add .");
    let done = repo.idhooks("init --scope 250102").ok().stdout();
    assert!(done.contains("note: 3 files already carry"), "{done}");
}

/// Returns the commands of the help that keep identities, with this program for idhooks.
fn script(repo: &Repo) -> String {
    let help = repo.idhooks("init --help").ok().stdout();
    let after = help.split_once("To start over").expect("it says how").1;
    let program = crate::common::quoted_binary();
    // What follows three blanks is a remark.
    let command = |line: &str| line.trim().split("   ").next().unwrap_or_default().to_owned();
    let lines = after.lines().filter(|line| line.starts_with("  ")).map(command);
    let line = |line: String| match line.strip_prefix("idhooks ") {
        Some(rest) => format!("{program} {rest}\n"),
        None => format!("{line}\n"),
    };
    lines.map(line).collect()
}

#[test]
fn adoption_reports_them_and_the_help_says_how_to_keep_them() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        numbered(&repo);
        repo.commit("as it was");
        let shown = repo.idhooks(format!("init --scope {SCOPE} --dry-run").as_str()).ok().stdout();
        let note = format!("note: 2 files already carry an identity, such as '{IN_NAME}', ");
        assert!(shown.contains(&note) && shown.contains("idhooks init --adopt both\n"), "{shown}");
        assert!(shown.contains("identities are unique within a scope;"), "{shown}");
        let done = repo.idhooks(format!("init --scope {SCOPE}").as_str()).ok().stdout();
        assert!(done.contains(&note), "{done}");
        // The commands of the help, as they are.
        repo.sh(&script(&repo)).ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        assert_eq!(repo.id(IN_NAME), "0110000001250101");
        assert_eq!(repo.id("docs/terms.md"), "0110000002250101");
        assert!(repo.id("notes.txt").ends_with("250101"));
        assert_eq!(repo.findings("--all-heads"), [""; 0]);
        judge::assert_all_consistent(&repo);
    });
}

#[test]
fn an_adoption_keeps_what_is_well_formed_unique_and_of_its_scope() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        numbered(&repo);
        let head = |id: &str, seed: &str| format!("# doc_id: {id}\n{}", text(seed));
        repo.stage("src/0120000003250101_a.py", text("a"));
        repo.stage("src/b.py", head("0120000003250101", "b"));
        repo.stage("src/c.py", head("0120000004240505", "c"));
        repo.stage("src/d.py", head("012000000425010", "d"));
        repo.stage("src/0120000005250101_e.py", head("0120000006250101", "e"));
        repo.stage("src/0120000007250101_f.py", head("0120000007250101", "f"));
        repo.stage("src/012000000825010_g.py", text("g"));
        repo.stage("src/0000000000000000_h.py", head("0000000000000000", "h"));
        repo.commit("as it was");
        let before = Snapshot::of(&repo);
        let shown = repo.idhooks("init --adopt both --dry-run").ok().stdout();
        before.assert_same(&repo);
        let done = repo.idhooks("init --adopt both").ok().stdout();
        let listed = |text: &str| -> Vec<String> {
            let lines = text.lines().filter_map(|line| line.strip_prefix("not kept: "));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(listed(&shown), listed(&done));
        assert_eq!(
            listed(&done),
            [
                "src/0120000003250101_a.py: 0120000003250101 in its name is also in 'src/b.py'",
                "src/0120000005250101_e.py: 0120000005250101 in its name differs: name and head have two identities",
                "src/0120000005250101_e.py: 0120000006250101 at its head differs: name and head have two identities",
                "src/012000000825010_g.py: 012000000825010 in its name is not an identity of 16 digits",
                "src/b.py: 0120000003250101 at its head is also in 'src/0120000003250101_a.py'",
                "src/c.py: 0120000004240505 at its head has the foreign scope 240505",
                "src/d.py: 012000000425010 at its head is not an identity of 16 digits",
            ]
        );
        assert!(shown.contains("would keep 3 identities that files carry, not 7\n"), "{shown}");
        assert!(done.contains("\nkept 3 identities that files carry, not 7\n"), "{done}");
        assert!(done.contains("allocated identities for 8 other tracked files, scope 250101\n"));
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        for (path, id) in [
            (IN_NAME, "0110000001250101"),
            ("docs/terms.md", "0110000002250101"),
            ("src/0120000007250101_f.py", "0120000007250101"),
        ] {
            assert_eq!(repo.id(path), id);
        }
        assert_ne!(repo.id("src/b.py"), "0120000003250101");
        judge::assert_all_consistent(&repo);
        // Where to look, and the scope, can be chosen.
        for (from, kept) in [("names", 4), ("heads", 4)] {
            repo.run("rm -q -f .idhooks/registry.json idhooks.toml");
            let line = format!("init --force --adopt {from} --dry-run");
            let shown = repo.idhooks(line.as_str()).ok().stdout();
            assert!(shown.contains(&format!("would keep {kept} identities")), "{shown}");
            let line = format!("init --force --adopt {from} --scope 240505 --dry-run");
            let shown = repo.idhooks(line.as_str()).ok().stdout();
            assert!(shown.contains("scope 240505"), "{shown}");
            repo.run("reset -q --hard");
        }
    });
}

#[test]
fn what_is_not_read_or_has_its_own_is_not_reported() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        numbered(&repo);
        repo.write("idhooks.toml", "track.exclude = [\"docs/**\"]\n");
        let done = repo.idhooks("init").ok().stdout();
        assert!(!done.contains("note: "), "{done}");
        // What an adoption gave is its own.
        let repo = Repo::empty(git);
        repo.stage("a.py", text("a"));
        repo.stage("idhooks.toml", "[[embed]]\npath = \"*.py\"\n");
        repo.init_and_install("");
        repo.idhooks("inject a.py").ok().done();
        repo.run("rm -q -f .idhooks/registry.json");
        let again = repo.idhooks(format!("init --force --scope {SCOPE}").as_str()).ok().stdout();
        assert!(!again.contains("note: "), "{again}");
    });
}
