//! Clones that lack what shows which files moved: nothing is guessed, and what helps is named.

use std::collections::BTreeMap;

use crate::common::{Repo, for_each_git, is_running, sample_of, text};
use crate::judge::View;

/// Clones with these options over a transport that filters, and installs the hooks.
fn clone(repo: &Repo, name: &str, options: &str) -> Repo {
    repo.run("config uploadpack.allowFilter true");
    repo.run("config uploadpack.allowAnySHA1InWant true");
    let url = format!("file://{}", repo.path().display());
    let target = format!("../{name}");
    let args = ["clone", "-q"].into_iter().chain(options.split_whitespace());
    let args = args.chain([&*url, &*target]);
    repo.run(args.map(Into::into).collect::<Vec<std::ffi::OsString>>());
    let clone = repo.beside(name);
    clone.idhooks("install").ok().done();
    clone
}

const MOVED: [(&str, &str); 2] =
    [("docs/guide.md", "manual/first.md"), ("src/app.py", "lib/main.py")];

/// Two commits without hooks: one edits files, the next one moves them and edits them again.
fn edit_and_move(repo: &Repo) {
    for (from, _) in MOVED {
        repo.append(from, "a line\n");
    }
    repo.run("commit -q --no-verify -a -m edit");
    for (from, to) in MOVED {
        repo.mv(from, to);
        repo.append(to, "another line\n");
    }
    repo.write("docs/fresh.md", text("fresh"));
    repo.run("add -A");
    repo.run("commit -q --no-verify -m move");
}

/// Makes an ordinary commit, and returns what the hook printed.
fn edit(repo: &Repo) -> String {
    repo.append("README.md", "more\n");
    let answer = repo.git("commit -q -a -m own").ok();
    answer.stderr()
}

fn ids(repo: &Repo) -> BTreeMap<Vec<u8>, String> {
    View::of(repo, "HEAD").ids()
}

fn id_at(repo: &Repo, path: &str) -> Option<String> {
    ids(repo).get(path.as_bytes()).cloned()
}

fn assert_followed(repo: &Repo, from: &Repo, before: &str) {
    for (old, new) in MOVED {
        assert_eq!(id_at(repo, new), Some(from.id_in(before, old)), "{new}");
    }
}

#[test]
fn a_partial_clone_heals_as_a_full_one() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let before = repo.rev("HEAD");
        let full = clone(&repo, "full", "");
        let part = clone(&repo, "part", "--filter=blob:none");
        edit_and_move(&repo);
        for clone in [&full, &part] {
            clone.run("pull -q");
            edit(clone);
            assert_followed(clone, &repo, &before);
        }
        assert_eq!(part.registry("HEAD"), full.registry("HEAD"));
        part.idhooks("check").ok().done();
        part.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_partial_clone_without_its_remote_decides_nothing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let before = repo.rev("HEAD");
        let part = clone(&repo, "part", "--filter=blob:none");
        edit_and_move(&repo);
        part.run("pull -q");
        let url = part.ask("remote get-url origin");
        part.run("remote set-url origin file:///nowhere");
        let printed = edit(&part);
        assert!(printed.contains("3 files without an identity and 2 identities"), "{printed}");
        assert!(printed.contains("git fetch --refetch --no-filter"), "{printed}");
        // Own changes are as always.
        part.mv("notes.txt", "docs/notes.txt");
        part.write("docs/own.md", text("own"));
        part.run("add -A");
        part.run("commit -q -m own");
        assert_eq!(id_at(&part, "docs/notes.txt"), Some(repo.id_in(&before, "notes.txt")));
        assert!(id_at(&part, "docs/own.md").is_some());
        for path in ["manual/first.md", "lib/main.py", "docs/fresh.md"] {
            assert_eq!(id_at(&part, path), None, "{path}");
        }
        let status = part.idhooks("status").ok().stdout();
        assert!(status.contains("the next commit heals it if it can fetch"), "{status}");
        part.idhooks("check").code(1).done();
        // The next commit that can ask heals it all.
        part.run(["remote", "set-url", "origin", &url]);
        edit(&part);
        assert_followed(&part, &repo, &before);
        assert!(id_at(&part, "docs/fresh.md").is_some());
        part.idhooks("check").ok().done();
    });
}

#[test]
fn a_remote_that_never_answers_costs_the_time_limit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let before = repo.rev("HEAD");
        repo.configure("[rename]\nfetch_timeout = 1\n");
        let part = clone(&repo, "part", "--filter=blob:none");
        edit_and_move(&repo);
        part.run("pull -q");
        part.write("../hang", "#!/bin/sh\necho $$ > ../started\nexec tail -f /dev/null\n");
        part.run("config remote.origin.uploadpack ../hang");
        part.sh("chmod +x ../hang").ok().done();
        let printed = edit(&part);
        assert!(printed.contains("are left unchanged"), "{printed}");
        let process = String::from_utf8(part.read("../started")).expect("a number");
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while is_running(process.trim()) {
            assert!(std::time::Instant::now() < deadline, "it still runs");
            std::thread::yield_now();
        }
        assert_eq!(id_at(&part, "manual/first.md"), None);
        part.run("config --unset remote.origin.uploadpack");
        part.configure("[rename]\nfetch_timeout = 60\n");
        assert_followed(&part, &repo, &before);
    });
}

/// Returns a clone that lacks the content of one file, and has a rename of it, with an edit, in its index.
fn with_own_move(repo: &Repo, name: &str) -> Repo {
    let part = clone(repo, name, "--filter=blob:none --no-checkout");
    part.run("read-tree HEAD");
    part.run(["checkout", "-q", "--", ".", ":!docs/guide.md"]);
    let content = [repo.read("docs/guide.md"), b"more\n".to_vec()].concat();
    part.write("manual/guide.md", content);
    part.run("rm -q --cached docs/guide.md");
    part.run("add manual/guide.md");
    part
}

#[test]
fn an_own_move_fetches_what_it_needs_or_is_blocked() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("");
        let guide = repo.id("docs/guide.md");
        let online = with_own_move(&repo, "online");
        online.git("commit -q -m move").ok().done();
        assert_eq!(id_at(&online, "manual/guide.md"), Some(guide.clone()));
        let offline = with_own_move(&repo, "offline");
        let url = offline.ask("remote get-url origin");
        offline.run("remote set-url origin file:///nowhere");
        let answer = offline.try_git("commit -q -m move").code(1);
        let answer = answer.complains("error[MISSING_ID]").complains("'manual/guide.md'");
        answer.complains("git fetch --refetch --no-filter").done();
        offline.run(["remote", "set-url", "origin", &url]);
        offline.git("commit -q -m move").ok().done();
        assert_eq!(offline.registry("HEAD"), online.registry("HEAD"));
        // Where hooks only warn, the next commit that knows more heals it.
        repo.configure("[hooks]\nenforce = \"warn\"\n");
        let warned = with_own_move(&repo, "warned");
        warned.run("remote set-url origin file:///nowhere");
        warned.git("commit -q -m move").complains("warning[MISSING_ID]").done();
        assert_eq!(id_at(&warned, "manual/guide.md"), None);
        warned.run(["remote", "set-url", "origin", &url]);
        warned.write("docs/more.md", text("more"));
        warned.run("add docs/more.md");
        warned.git("commit -q -m more").ok().done();
        assert_eq!(id_at(&warned, "manual/guide.md"), Some(guide));
    });
}

/// Moves files without hooks, and returns a clone of that commit alone.
fn bot_over_a_move(repo: &Repo) -> Repo {
    repo.mv("docs/guide.md", "manual/first.md");
    repo.mv("data/table.csv", "manual/data.csv");
    repo.run("commit -q --no-verify -m move");
    clone(repo, "bot", "--depth 1")
}

#[test]
fn a_bot_with_few_commits_confirms_no_exchange_that_it_cannot_see() {
    for depth in sample_of(&[1, 2, 3]) {
        for_each_git(|git| {
            let repo = Repo::adopted(git);
            let [readme, notes] = ["README.md", "notes.txt"].map(|path| repo.id(path));
            for (from, to) in [("README.md", "t"), ("notes.txt", "README.md"), ("t", "notes.txt")] {
                repo.mv(from, to);
                repo.run("commit -q --no-verify -m move");
            }
            let bot = clone(&repo, "bot", &format!("--depth {depth}"));
            for name in ["one.md", "two.md"] {
                bot.commit_file(name, text(name));
                let now = ["README.md", "notes.txt"].map(|path| bot.id(path));
                assert_eq!(now, [&*readme, &*notes], "{depth}");
                bot.idhooks("check").ok().done();
                bot.idhooks("check --rev HEAD").ok().done();
            }
            bot.run("push -q origin HEAD:refs/heads/bot");
            repo.run("merge -q --ff-only bot");
            bot.run("fetch -q --unshallow");
            for clone in [&repo, &bot] {
                edit(clone);
                let now = ["README.md", "notes.txt"].map(|path| clone.id(path));
                assert_eq!(now, [&*notes, &*readme], "{depth}");
                clone.idhooks("check --history").ok().done();
            }
        });
    }
}

#[test]
fn a_bot_with_one_commit_leaves_alone_what_it_cannot_know() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let before = ids(&repo);
        let id = |path: &str| before.get(path.as_bytes()).cloned();
        let bot = bot_over_a_move(&repo);
        for round in 0..2 {
            if round == 0 {
                bot.mv("src/util.py", "lib/tool.py");
                bot.run("rm -q notes.txt");
                bot.mv("manual/data.csv", "manual/table.csv");
            }
            bot.write(format!("docs/new{round}.md"), text(&format!("new {round}")));
            bot.run("add -A");
            let answer = bot.git("commit -q -m bot").ok();
            let answer = answer.complains("2 files without an identity and 2 identities");
            answer.complains("git fetch --unshallow").done();
            assert!(id_at(&bot, &format!("docs/new{round}.md")).is_some());
            assert_eq!(id_at(&bot, "lib/tool.py"), id("src/util.py"));
            assert_eq!(bot.record(&id("notes.txt").expect("known"))["status"], "deprecated");
            for path in ["manual/first.md", "manual/table.csv"] {
                assert_eq!(id_at(&bot, path), None, "{path}");
            }
        }
        let status = bot.idhooks("status").ok().stdout();
        assert!(status.contains("git fetch --unshallow"), "{status}");
        let answer = bot.idhooks("check --rev HEAD").code(1);
        let check = answer.stdout() + &answer.stderr();
        assert!(check.contains("run 'git fetch --unshallow', then 'idhooks reconcile'"), "{check}");
        // A full clone heals all of it, and so does this one once it has the rest.
        bot.run("push -q origin HEAD:refs/heads/bot");
        repo.run("merge -q --ff-only bot");
        bot.run("fetch -q --unshallow");
        for clone in [&repo, &bot] {
            edit(clone);
            assert_eq!(id_at(clone, "manual/first.md"), id("docs/guide.md"));
            assert_eq!(id_at(clone, "manual/table.csv"), id("data/table.csv"));
            clone.idhooks("check --history").ok().done();
        }
        assert_eq!(repo.registry("HEAD"), bot.registry("HEAD"));
    });
}

#[test]
fn a_bot_over_consistent_commits_is_not_warned() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let guide = repo.id("docs/guide.md");
        let bot = clone(&repo, "bot", "--depth 1");
        bot.mv("docs/guide.md", "manual/first.md");
        bot.write("docs/new.md", text("new"));
        bot.run("add -A");
        let answer = bot.git("commit -q -m bot").ok();
        assert_eq!(answer.stderr(), "");
        assert_eq!(id_at(&bot, "manual/first.md"), Some(guide));
    });
}

/// Commits everything without hooks.
fn unhooked(repo: &Repo, change: impl Fn(&Repo)) {
    change(repo);
    repo.run("add -A");
    repo.run("commit -q --no-verify -m unhooked");
}

/// Returns a partial clone that has pulled the last commits and cannot reach its remote.
fn without_remote(repo: &Repo, change: impl Fn(&Repo)) -> (Repo, String) {
    let part = clone(repo, "part", "--filter=blob:none");
    change(repo);
    part.run("pull -q");
    let url = part.ask("remote get-url origin");
    part.run("remote set-url origin file:///nowhere");
    (part, url)
}

/// Lets a partial clone heal what it left alone, and asserts that it is healed as in a full clone.
fn assert_healed_alike(repo: &Repo, part: &Repo, url: &str) {
    part.run(["remote", "set-url", "origin", url]);
    edit(part);
    part.idhooks("check").ok().done();
    edit(repo);
    let all = ids(repo);
    assert_eq!(ids(part), all);
}

#[test]
fn a_path_whose_file_left_for_where_no_one_knows_goes_to_the_file_that_is_renamed_to_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let app = repo.id("src/app.py");
        let (part, url) = without_remote(&repo, |repo| {
            unhooked(repo, |repo| repo.write("docs/new.md", text("new")));
            unhooked(repo, |repo| {
                repo.mv("docs/new.md", "docs/newer.md");
                repo.append("docs/newer.md", "more\n");
            });
            unhooked(repo, |repo| repo.mv("src/app.py", "docs/new.md"));
            unhooked(repo, |repo| {
                repo.mv("docs/newer.md", "src/app.py");
                repo.append("src/app.py", "and more\n");
            });
        });
        edit(&part);
        // The file at its old path may be any one, but it is not this one.
        assert_eq!(id_at(&part, "docs/new.md").as_deref(), Some(&*app));
        assert_ne!(id_at(&part, "src/app.py").as_deref(), Some(&*app));
        assert_healed_alike(&repo, &part, &url);
        assert_eq!(part.id("docs/new.md"), app);
    });
}

#[test]
fn a_file_that_came_back_while_its_content_was_missing_is_not_new() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let (part, url) = without_remote(&repo, |repo| {
            unhooked(repo, |repo| {
                repo.write("docs/new.md", "small\n");
                repo.mv("notes.txt", "docs/notes.txt");
            });
            unhooked(repo, |repo| repo.remove("docs/new.md"));
            unhooked(repo, |repo| repo.write("docs/new.md", text("new")));
        });
        let printed = edit(&part);
        assert!(printed.contains("1 file without an identity"), "{printed}");
        assert_eq!(id_at(&part, "docs/new.md"), None);
        assert_healed_alike(&repo, &part, &url);
    });
}

#[test]
fn what_a_clone_healed_without_knowing_all_is_not_taken_for_a_rename() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let app = repo.id("src/app.py");
        let (part, url) = without_remote(&repo, |repo| {
            unhooked(repo, |repo| repo.write("docs/new.md", text("new")));
            unhooked(repo, |repo| repo.mv("src/app.py", "t"));
            unhooked(repo, |repo| {
                repo.mv("docs/new.md", "src/app.py");
                repo.append("src/app.py", "more\n");
            });
            unhooked(repo, |repo| repo.mv("t", "docs/new.md"));
        });
        edit(&part);
        assert_healed_alike(&repo, &part, &url);
        assert_eq!(part.id("docs/new.md"), app);
    });
}
