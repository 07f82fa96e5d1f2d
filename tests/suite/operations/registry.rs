//! What happens to the registry itself: it is removed, given up, moved, damaged, restored from an old version,
//! rewritten, or meets that of another adoption.

use super::{assert_right, swap};
use crate::common::{Repo, for_each_git, text};
use crate::judge;

const REGISTRY: &str = ".idhooks/registry.json";

/// Runs a story in an adopted repository with three Python files.
pub(super) fn with_files(story: impl Fn(&Repo)) {
    for_each_git(|git| story(&adopted(&Repo::empty(git), "111111", &["a.py", "b.py", "c.py"])));
}

/// Adopts a repository with these files.
fn adopted(repo: &Repo, scope: &str, files: &[&str]) -> Repo {
    for file in files {
        repo.stage(file, text(file));
    }
    repo.init_and_install(&format!("--scope {scope}"));
    repo.commit("adopt");
    repo.clone()
}

/// Makes an adopted repository beside another one.
pub(super) fn beside(repo: &Repo, name: &str, scope: &str, files: &[&str]) -> Repo {
    let other = repo.beside(name);
    repo.run(["init", "-q", "-b", "main", &format!("../{name}")]);
    adopted(&other, scope, files)
}

/// Stages a rule in a table that `init` has written.
fn rule(repo: &Repo, table: &str, line: &str) {
    let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
    let (before, after) = rules.split_once(table).expect("the table");
    let (_, after) = after.split_once('\n').expect("the end of the line");
    repo.stage("idhooks.toml", format!("{before}{table}\n{line}\n{after}"));
}

fn unhooked(repo: &Repo) {
    repo.run("commit -q --no-verify --allow-empty -m unhooked");
}

#[test]
fn a_registry_that_was_removed_comes_back_with_every_identity() {
    let removed = |repo: &Repo| repo.run(["rm", "-q", REGISTRY]);
    let renamed = |repo: &Repo| repo.mv("a.py", "ta.py");
    let stories: [&dyn Fn(&Repo); 4] = [
        &|repo| {
            renamed(repo);
            removed(repo);
            unhooked(repo);
        },
        &|repo| {
            removed(repo);
            unhooked(repo);
            renamed(repo);
            unhooked(repo);
        },
        &|repo| {
            removed(repo);
            unhooked(repo);
            renamed(repo);
            repo.commit("hooked");
        },
        &|repo| {
            renamed(repo);
            unhooked(repo);
            removed(repo);
            unhooked(repo);
        },
    ];
    for story in stories {
        for is_restored in [false, true] {
            with_files(|repo| {
                let id = repo.id("a.py");
                story(repo);
                if is_restored {
                    repo.run(["checkout", "-q", ":/adopt", "--", REGISTRY]);
                }
                repo.run("commit -q --allow-empty -m next");
                assert_eq!(repo.id("ta.py"), id);
                assert_right(repo);
            });
        }
    }
}

#[test]
fn a_merge_that_ended_by_removing_the_registry_keeps_the_work_of_both_sides() {
    with_files(|repo| {
        let [a, b] = ["a.py", "b.py"].map(|path| repo.id(path));
        repo.run("checkout -q -b side");
        repo.mv("a.py", "side/a.py");
        repo.commit_file("new.py", text("new"));
        let new = repo.id("new.py");
        repo.run("checkout -q main");
        repo.mv("b.py", "main/b.py");
        repo.commit("main");
        repo.run("merge -q --no-ff --no-commit side");
        repo.run(["rm", "-q", "-f", REGISTRY]);
        unhooked(repo);
        repo.run("commit -q --allow-empty -m next");
        let now = ["side/a.py", "main/b.py", "new.py"].map(|path| repo.id(path));
        assert_eq!(now, [a, b, new]);
        assert_right(repo);
    });
}

#[test]
fn a_commit_that_only_removes_the_registry_is_blocked_with_the_command_that_restores_it() {
    with_files(|repo| {
        let id = repo.id("a.py");
        repo.run(["rm", "-q", REGISTRY]);
        repo.mv("a.py", "ta.py");
        let said = repo.try_git("commit -q -m remove").code(1).stderr();
        let command = said.split('\'').find(|part| part.starts_with("git restore"));
        repo.sh(command.expect("a command")).ok().done();
        repo.commit("keep");
        assert_eq!(repo.id("ta.py"), id);
        assert_right(repo);
    });
}

#[test]
fn what_was_given_up_is_resumed_over_the_commits_since() {
    for other in ["", ".gitattributes"] {
        with_files(|repo| {
            let [a, b] = ["a.py", "b.py"].map(|path| repo.id(path));
            repo.run(format!("rm -q {REGISTRY} idhooks.toml {other}").trim());
            let said = repo.git("commit -q -m back").stderr();
            let line = "ends the use of idhooks, with 3 identities; to take it back: idhooks init";
            assert!(said.contains(line), "{said}");
            repo.mv("a.py", "aa.py");
            repo.run("rm -q b.py");
            repo.commit_file("d.py", text("d"));
            assert!(!repo.exists(REGISTRY));
            let status = repo.idhooks("status").stdout();
            assert!(status.contains("had identities until"), "{status}");
            assert!(status.contains("to resume: idhooks init"), "{status}");
            let doctor = repo.idhooks("doctor").stdout();
            assert!(doctor.contains("had identities until"), "{doctor}");
            let check = repo.idhooks("check").code(2).stderr();
            assert!(check.contains("to resume: idhooks init"), "{check}");
            let other = repo.idhooks("init --scope 222222").code(2).stderr();
            assert!(other.contains("idhooks init --force --scope"), "{other}");
            repo.idhooks("-q init").ok().done();
            repo.commit("resume");
            assert_eq!(repo.id("aa.py"), a);
            assert_eq!(repo.record(&b)["status"], "deprecated");
            repo.id("d.py");
            assert_right(repo);
        });
    }
}

#[test]
fn another_scope_begins_anew_after_the_former_one_was_given_up() {
    with_files(|repo| {
        repo.run(["rm", "-q", REGISTRY, "idhooks.toml"]);
        repo.commit("give up");
        repo.idhooks("-q init --force --scope 222222").ok().done();
        repo.commit("begin anew");
        assert!(repo.id("a.py").ends_with("222222"));
        repo.mv("a.py", "aa.py");
        repo.commit("move");
        assert!(repo.id("aa.py").ends_with("222222"));
        assert_right(repo);
    });
}

#[test]
fn a_registry_that_is_moved_is_blocked_and_comes_back_by_the_command() {
    with_files(|repo| {
        let id = repo.id("a.py");
        repo.sh("mkdir backend && git mv .gitattributes .idhooks *.py *.toml backend").ok().done();
        let said = repo.try_git("commit -q -m move").code(1).stderr();
        let command = said.lines().find_map(|line| line.split_once("put it back: "));
        let command = command.expect("a command").1.to_owned();
        assert_eq!(
            command,
            "git mv backend/.idhooks backend/idhooks.toml backend/.gitattributes ."
        );
        // Without hooks, it is a gap.
        unhooked(repo);
        repo.mv("backend/a.py", "backend/aa.py");
        unhooked(repo);
        repo.sh(&command).ok().done();
        repo.commit("back");
        assert_eq!(repo.id("backend/aa.py"), id);
        assert_right(repo);
    });
}

#[test]
fn a_moved_registry_is_a_line_where_findings_only_warn() {
    with_files(|repo| {
        rule(repo, "[hooks]", "enforce = \"warn\"");
        repo.commit("warn");
        repo.sh("mkdir backend && git mv .gitattributes .idhooks *.py *.toml backend").ok().done();
        let said = repo.git("commit -q -m move").stderr();
        assert!(said.contains("is moved to 'backend/.idhooks/registry.json'"), "{said}");
    });
}

/// Commits conflict markers without hooks, and then a deprecation and a new file on two branches, with hooks.
fn on_a_damaged_base(repo: &Repo) -> [String; 2] {
    let ids = ["a.py", "b.py"].map(|path| repo.id(path));
    let registry = String::from_utf8(repo.read(REGISTRY)).expect("text");
    let half = registry.replace("\"c.py\"", "\"moved/c.py\"");
    repo.mv("c.py", "moved/c.py");
    repo.stage(REGISTRY, format!("<<<<<<< HEAD\n{registry}=======\n{half}>>>>>>> side\n"));
    unhooked(repo);
    repo.run("checkout -q -b side");
    repo.idhooks("-q deprecate a.py --reason terminated").ok().done();
    repo.run("rm -q a.py");
    repo.commit("deprecate");
    repo.run("checkout -q main");
    repo.mv("b.py", "bb.py");
    repo.commit("move");
    ids
}

#[test]
fn a_base_with_conflict_markers_loses_neither_a_deprecation_nor_a_move() {
    with_files(|repo| {
        let [a, b] = on_a_damaged_base(repo);
        for [ours, theirs] in [["main", "side"], ["side", "main"]] {
            let words = format!("resolve --rev-ours {ours} --rev-theirs {theirs} --print");
            let printed = repo.idhooks(words.as_str()).ok().json();
            let all = printed["allocations"].as_array().expect("a list").clone();
            let record = |id: &str| all.iter().find(|one| one["id"] == *id).expect("a record");
            assert_eq!(record(&a)["status"], "deprecated");
            assert_eq!(record(&b)["file_path"], "bb.py");
        }
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.record(&a)["status"], "deprecated");
        assert_eq!(repo.id("bb.py"), b);
        assert_right(repo);
    });
}

#[test]
fn a_base_that_is_damaged_otherwise_is_resolved() {
    with_files(|repo| {
        let id = repo.id("a.py");
        repo.stage(REGISTRY, "{\"torn");
        unhooked(repo);
        repo.run("checkout -q -b side");
        repo.idhooks("-q deprecate a.py --reason terminated").ok().done();
        repo.run("rm -q a.py");
        repo.commit("deprecate");
        repo.run("checkout -q main");
        repo.commit_file("new.py", text("new"));
        let said = repo.try_git("merge -q --no-edit side").code(1).stderr();
        assert!(said.contains("idhooks resolve"), "{said}");
        repo.idhooks("-q resolve").ok().done();
        repo.commit("merge");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        repo.id("new.py");
        assert_right(repo);
    });
}

#[test]
fn a_history_rewritten_with_moved_files_keeps_their_identities() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("docs/z.md", text("before"));
        let repo = adopted(&repo, "111111", &["docs/a.md", "docs/b.md"]);
        repo.commit_file("docs/n.md", text("n"));
        // Added without hooks, changed, healed and published.
        repo.stage("docs/late.md", text("late"));
        unhooked(&repo);
        repo.append("docs/late.md", "more\n");
        repo.run("add -A");
        unhooked(&repo);
        repo.run("commit -q --allow-empty -m published");
        let names = ["a", "b", "late", "n", "z"];
        let ids = names.map(|name| repo.id(&format!("docs/{name}.md")));
        repo.with("FILTER_BRANCH_SQUELCH_WARNING", "1").run([
            "filter-branch",
            "-f",
            "--index-filter",
            "git ls-files -s | sed 's-\tdocs/-\tguide/-' | \
             GIT_INDEX_FILE=$GIT_INDEX_FILE.new git update-index --index-info && \
             mv \"$GIT_INDEX_FILE.new\" \"$GIT_INDEX_FILE\"",
            "HEAD",
        ]);
        repo.run("reset -q --hard");
        repo.run("commit -q --allow-empty -m heal");
        assert_eq!(names.map(|name| repo.id(&format!("guide/{name}.md"))), ids);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn an_orphan_with_moved_files_keeps_their_identities() {
    with_files(|repo| {
        let id = repo.id("a.py");
        repo.run("checkout -q --orphan fresh");
        repo.mv("a.py", "lib/other.py");
        unhooked(repo);
        repo.run("commit -q --allow-empty -m next");
        assert_eq!(repo.id("lib/other.py"), id);
    });
}

#[test]
fn an_exchange_that_is_picked_after_a_rename_follows_the_file() {
    for order in [["branch", "branch~1"], ["branch~1", "branch"]] {
        for_each_git(|git| {
            let repo = adopted(&Repo::empty(git), "111111", &["b.md", "lib/k.h", "lib/q.h"]);
            let [b, k] = ["b.md", "lib/k.h"].map(|path| repo.id(path));
            repo.run("checkout -q -b branch");
            swap(&repo, "b.md", "lib/k.h");
            repo.commit("swap");
            repo.mv("lib", "src");
            repo.commit("move");
            repo.run("checkout -q main");
            for commit in order {
                repo.run(["cherry-pick", commit]);
            }
            repo.run("commit -q --allow-empty -m next");
            assert_eq!(["b.md", "src/k.h"].map(|path| repo.id(path)), [k, b]);
            assert_right(&repo);
        });
    }
}

#[test]
fn three_files_that_change_places_go_where_a_rename_was_replayed_before() {
    for_each_git(|git| {
        let paths = ["src/a.py", "src/b.py", "src/c.py"];
        let repo = adopted(&Repo::empty(git), "111111", &paths);
        let [a, b, c] = paths.map(|path| repo.id(path));
        repo.run("checkout -q -b topic");
        let moves = [
            ["src/c.py", "tmp"],
            ["src/b.py", "src/c.py"],
            ["src/a.py", "src/b.py"],
            ["tmp", "src/a.py"],
        ];
        for [from, to] in moves {
            repo.idhooks(["-q", "mv", from, to]).ok().done();
        }
        repo.commit("change places");
        repo.mv("src/a.py", "data/new.py");
        repo.commit("move");
        repo.run("checkout -q main");
        repo.run("cherry-pick topic");
        repo.run("cherry-pick topic~1");
        repo.run("commit -q --allow-empty -m next");
        let now = ["data/new.py", "src/b.py", "src/c.py"];
        assert_eq!(now.map(|path| repo.id(path)), [c, a, b]);
        assert_right(&repo);
    });
}

#[test]
fn an_exchange_that_is_rebased_after_a_fixup_that_renames_follows_the_file() {
    for_each_git(|git| {
        let repo = adopted(&Repo::empty(git), "111111", &["a.py", "b.py", "c.py"]);
        let [a, b] = ["a.py", "b.py"].map(|path| repo.id(path));
        repo.run("tag start");
        swap(&repo, "a.py", "b.py");
        repo.commit("swap");
        repo.run("tag swap");
        repo.mv("b.py", "lib/new.py");
        repo.commit("move");
        repo.run("tag move");
        repo.commit_file("c.py", text("c, written anew"));
        repo.run("tag edit");
        let lines = [("pick", "edit"), ("fixup", "move"), ("pick", "swap")];
        super::with_todo(&repo, &lines).run("rebase -q -i start");
        repo.run("commit -q --allow-empty -m next");
        assert_eq!(["a.py", "lib/new.py"].map(|path| repo.id(path)), [b, a]);
        assert_right(&repo);
    });
}

#[test]
fn a_commit_picked_from_another_adoption_brings_no_number_of_its_scope() {
    for is_resolved in [false, true] {
        for_each_git(|git| {
            let zero = Repo::empty(git);
            zero.commit_file("a.py", text("a"));
            zero.run(["clone", "-q", ".", "../fork"]);
            let repo = adopted(&zero, "111111", &[]);
            let fork = adopted(&repo.beside("fork"), "222222", &[]);
            fork.commit_file("n.py", text("n"));
            repo.run("fetch -q ../fork main");
            repo.try_git("cherry-pick FETCH_HEAD").code(1).done();
            if is_resolved {
                let said = repo.idhooks("resolve").ok().stderr();
                assert!(said.contains("kept without the identities of scope 222222"), "{said}");
            } else {
                repo.run(["checkout", "-q", "--ours", REGISTRY]);
                repo.run("add -A");
            }
            repo.run("cherry-pick --continue");
            assert!(repo.id("n.py").ends_with("111111"));
            assert_right(&repo);
        });
    }
}

#[test]
fn a_pull_of_a_subtree_with_its_own_registry_is_clean_everywhere() {
    with_files(|repo| {
        let library = beside(repo, "library", "222222", &["one.py", "two.py"]);
        repo.run("fetch -q ../library main");
        repo.run("merge -q -s ours --no-commit --allow-unrelated-histories FETCH_HEAD");
        repo.run("read-tree --prefix=vendor/lib/ -u FETCH_HEAD");
        repo.commit("bring the library in");
        repo.run("branch base");
        let id = repo.id("vendor/lib/one.py");
        library.mv("one.py", "first.py");
        library.commit("move");
        repo.run("fetch -q ../library main");
        repo.run("merge -q -X subtree=vendor/lib --no-edit FETCH_HEAD");
        assert_eq!(repo.id("vendor/lib/first.py"), id);
        repo.idhooks("ci --base base").ok().done();
        assert_right(repo);
    });
}

#[test]
fn a_merge_with_another_adoption_is_joined_by_one_command() {
    with_files(|repo| {
        let own = repo.id("a.py");
        let library = beside(repo, "library", "222222", &["lib/one.py", "lib/two.py"]);
        let one = library.id("lib/one.py");
        repo.run("fetch -q ../library main");
        repo.try_git("merge -q --allow-unrelated-histories FETCH_HEAD").code(1).done();
        repo.idhooks("-q resolve").ok().done();
        repo.commit("join");
        assert_eq!(["a.py", "lib/one.py"].map(|path| repo.id(path)), [own, one.clone()]);
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        assert!(rules.contains("legacy_scopes = [\"222222\"]"), "{rules}");
        repo.mv("lib/one.py", "lib/first.py");
        repo.commit("move");
        assert_eq!(repo.id("lib/first.py"), one);
        assert_right(repo);
    });
}

#[test]
fn rules_that_end_many_identities_say_so_with_a_command_that_takes_it_back() {
    for_each_git(|git| {
        let names: Vec<String> = (0..12).map(|n| format!("p{n}.md")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let repo = adopted(&Repo::empty(git), "111111", &names);
        let ids = || judge::View::of(&repo, "HEAD").ids();
        let before = ids();
        rule(&repo, "[track]", "exclude = [\"*.md\"]");
        let said = repo.git("commit -q -a -m exclude").stderr();
        let command = said.split_once("to take it back: ").expect("a command").1.trim().to_owned();
        assert!(said.contains("end 12 identities"), "{said}");
        repo.sh(&format!("{command} --allow-empty")).ok().done();
        // With dual write, the rules of this scenario have the legacy file tracked as well.
        let after = ids();
        assert!(before.iter().all(|(path, id)| after.get(path) == Some(id)), "{after:?}");
    });
}

#[test]
fn half_of_a_move_says_which_deletion_is_not_staged() {
    with_files(|repo| {
        let id = repo.id("a.py");
        repo.mv("a.py", "aa.py");
        repo.run("stash -q");
        repo.run("stash pop -q");
        let said = repo.git("commit -q -m half").stderr();
        assert!(said.contains("the deletion of 'a.py' is not staged"), "{said}");
        let command = said.split_once("if the file was moved: ").expect("a command").1;
        repo.sh(command.trim()).ok().done();
        assert_eq!(repo.id("aa.py"), id);
        assert_right(repo);
    });
}

#[test]
fn an_identity_that_a_file_carries_and_nobody_has_is_believed_when_healed() {
    for rules in ["", "\n[[embed]]\npath = [\"*.py\"]\n"] {
        with_files(|repo| {
            repo.append("idhooks.toml", rules);
            repo.run("commit -q -a --allow-empty -m rules");
            let carried = "2099912345111111";
            repo.stage("old.py", format!("# doc_id: {carried}\n{}", text("old")));
            repo.stage("0199912345111111_named.md", text("named"));
            unhooked(repo);
            repo.idhooks("-q fix --execute").ok().done();
            repo.commit("fixed");
            assert_eq!(repo.id("old.py"), carried);
            assert_eq!(repo.id("0199912345111111_named.md"), "0199912345111111");
            // A copy does not take it.
            repo.run("commit -q --allow-empty -m between");
            let bytes = repo.read("old.py");
            repo.stage("copy.py", bytes);
            unhooked(repo);
            repo.idhooks("-q fix --execute").ok().done();
            repo.commit("fixed again");
            assert_eq!(repo.id("old.py"), carried);
        });
    }
}

#[test]
fn a_scan_shows_what_the_registry_says_and_the_rest_as_planned() {
    with_files(|repo| {
        repo.stage("new.txt", text("new"));
        unhooked(repo);
        let rows = repo.idhooks("scan --json").stdout();
        let row = rows.lines().find(|row| row.contains("new.txt")).expect("a row");
        assert!(row.contains("\"needs_id\":true"), "{row}");
        assert!(row.contains("\"doc_id\":null") || row.contains("\"doc_id\":\"\""), "{row}");
    });
}

#[test]
fn what_a_command_set_is_not_undone_by_healing() {
    let number = "0212345678111111";
    let imported = |repo: &Repo| {
        repo.stage("new.py", text("new"));
        unhooked(repo);
        repo.write(
            "../import.csv",
            format!(
                "id,file_path,allocated_at,status\n{number},new.py,2026-01-01T00:00:00Z,active\n"
            ),
        );
        repo.idhooks("-q import ../import.csv").ok().done();
        vec![("new.py", number.to_owned())]
    };
    let restored = |repo: &Repo| {
        let [a, b] = ["a.py", "b.py"].map(|path| repo.id(path));
        let made = repo.idhooks("backup create").ok().stdout();
        let backup = made.split_whitespace().last().expect("its name").to_owned();
        repo.idhooks(["-q", "assign", &a, "b.py"]).ok().done();
        repo.idhooks(["-q", "assign", &b, "a.py"]).ok().done();
        repo.commit("exchange");
        repo.idhooks(["-q", "backup", "restore", &backup]).ok().done();
        vec![("a.py", a), ("b.py", b)]
    };
    let patched = |repo: &Repo| {
        let a = repo.id("a.py");
        rule(repo, "[patch]", "writable = [\"file_path\"]");
        repo.run("rm -q a.py");
        repo.stage("new.py", text("new"));
        let patch = format!("{{\"changes\":{{\"{a}\":{{\"file_path\":\"new.py\"}}}}}}");
        repo.write("../patch.json", patch);
        repo.idhooks("-q patch apply ../patch.json").ok().done();
        vec![("new.py", a)]
    };
    type Command<'a> = &'a dyn Fn(&Repo) -> Vec<(&'static str, String)>;
    let commands: [Command<'_>; 3] = [&imported, &restored, &patched];
    with_files(|repo| {
        for (n, command) in commands.iter().enumerate() {
            for hooks in ["", "--no-verify "] {
                let copy = repo.copy_as(&format!("copy{n}{}", hooks.len()));
                let expected = command(&copy);
                copy.run(format!("commit -q {hooks}-m command").as_str());
                copy.commit_file("later.py", text("later"));
                for (path, id) in &expected {
                    assert_eq!(copy.id(path), *id, "{n} {hooks}{path}");
                }
                assert_right(&copy);
            }
        }
    });
}
