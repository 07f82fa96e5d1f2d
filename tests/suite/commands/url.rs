//! `idhooks url`: links to the pages of files, without a network.

use crate::common::{Repo, for_each_git, on_adopted, text};

const FORGE: &str = "https://github.com/team/docs";

/// Says that `origin` is on a forge, and that HEAD is its branch `main`, as after a push.
fn pushed(repo: &Repo) {
    if repo.try_git("remote get-url origin").exit() != Some(0) {
        repo.run(["remote", "add", "origin", &format!("{FORGE}.git")]);
        repo.run("config branch.main.remote origin");
        repo.run("config branch.main.merge refs/heads/main");
    }
    repo.run("update-ref refs/remotes/origin/main HEAD");
}

fn url(repo: &Repo, args: &str) -> String {
    let said = repo.idhooks(format!("url {args}").as_str()).ok();
    assert_eq!(said.stderr(), "", "{args}");
    said.stdout()
}

#[test]
fn a_link_leads_to_the_branch_on_the_remote() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        pushed(&repo);
        let id = repo.id("notes.txt");
        let page = format!("{FORGE}/blob/main/notes.txt\n");
        for subject in ["notes.txt", &id, &id[..8]] {
            assert_eq!(url(&repo, subject), page);
        }
        assert_eq!(
            url(&repo, "notes.txt README.md --line 2-3"),
            format!(
                "{FORGE}/blob/main/notes.txt#L2-L3\n{FORGE}/blob/main/README.md?plain=1#L2-L3\n"
            )
        );
        let commit = repo.rev("HEAD");
        assert_eq!(
            url(&repo, "notes.txt --permalink"),
            format!("{FORGE}/blob/{commit}/notes.txt\n")
        );
        repo.run("tag v1");
        assert_eq!(url(&repo, "notes.txt --rev v1"), format!("{FORGE}/blob/v1/notes.txt\n"));
        repo.run("checkout -q --detach");
        assert_eq!(url(&repo, "notes.txt"), format!("{FORGE}/blob/{commit}/notes.txt\n"));
    });
}

#[test]
fn what_was_not_pushed_is_said() {
    on_adopted(|repo| {
        pushed(repo);
        let (id, before) = (repo.id("notes.txt"), repo.rev("HEAD"));
        repo.mv("notes.txt", "moved.txt");
        repo.commit("move");
        let said = repo.idhooks(["url", &id]).ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/main/notes.txt\n"));
        assert_eq!(
            said.stderr(),
            "note: 'moved.txt' is 'notes.txt' in origin/main, as of the last fetch\n"
        );
        // The permalink is of the newest commit that is there, with the path that the file has there.
        assert_eq!(
            url(repo, &format!("{id} --permalink")),
            format!("{FORGE}/blob/{before}/notes.txt\n")
        );
        let said = repo.idhooks("url moved.txt --rev HEAD~0").ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/{}/moved.txt\n", repo.rev("HEAD")));
        assert!(
            said.stderr().contains("'origin' is not known to have the commit"),
            "{}",
            said.stderr()
        );

        repo.commit_file("new.md", text("new"));
        let said = repo.idhooks("url new.md").ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/main/new.md\n"));
        assert_eq!(said.stderr(), "note: 'new.md' is not in origin/main, as of the last fetch\n");
        repo.idhooks("url new.md --permalink").code(1).explains("an identity of 'new.md'").done();

        repo.run("checkout -q -b topic");
        let said = repo.idhooks("url new.md").ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/topic/new.md\n"));
        let note = "note: 'origin' is not known to have the branch 'topic', as of the last fetch\n";
        assert_eq!(said.stderr(), note);
        // A branch may have another name there.
        repo.run("config branch.topic.remote origin");
        repo.run("config branch.topic.merge refs/heads/feature/topic");
        repo.run("update-ref refs/remotes/origin/feature/topic HEAD");
        assert_eq!(url(repo, "new.md"), format!("{FORGE}/blob/feature/topic/new.md\n"));
        assert_eq!(url(repo, "new.md --rev topic"), format!("{FORGE}/blob/feature/topic/new.md\n"));
    });
}

#[test]
fn a_former_file_has_its_last_version_or_its_successor() {
    on_adopted(|repo| {
        let [old, notes] = ["src/app.py", "notes.txt"].map(|path| repo.id(path));
        let with_file = repo.rev("HEAD");
        repo.run("rm -q src/app.py");
        repo.commit("delete");
        pushed(repo);
        let said = repo.idhooks(["url", &old]).ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/{with_file}/src/app.py\n"));
        assert_eq!(
            said.stderr(),
            format!(
                "note: {old} is deprecated; the link leads to the last version of 'src/app.py'\n"
            )
        );
        repo.idhooks(["-q", "supersede", &old, "--by", &notes]).ok().done();
        let said = repo.idhooks(["url", &old]).ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/main/notes.txt\n"));
        assert_eq!(said.stderr(), format!("note: {old} is superseded by {notes}\n"));
        repo.commit("supersede");
    });
}

#[test]
fn the_rules_name_the_place() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.idhooks("url notes.txt").code(2).explains("this clone has no remote").done();
        repo.configure("[links]\nids = 'https://ids.example.org/'\n");
        assert_eq!(url(repo, "notes.txt"), format!("https://ids.example.org/{id}\n"));
        repo.idhooks("url notes.txt --forge").code(2).explains("this clone has no remote").done();
        pushed(repo);
        assert_eq!(url(repo, "notes.txt --forge"), format!("{FORGE}/blob/main/notes.txt\n"));
        assert_eq!(url(repo, "notes.txt --line 1"), format!("{FORGE}/blob/main/notes.txt#L1\n"));

        // A fork, whose branches say nothing about the canonical repository.
        repo.configure("[links]\nrepository = 'git@gitlab.com:group/sub/docs.git'\n");
        let there = "https://gitlab.com/group/sub/docs/-/blob/main/notes.txt\n";
        let said = repo.idhooks("url notes.txt").ok();
        assert_eq!(said.stdout(), there);
        assert_eq!(
            said.stderr(),
            "note: no remote of this clone is known to be https://gitlab.com/group/sub/docs, so it is not known whether that has the branch 'main'\n"
        );
        repo.run("remote add upstream https://gitlab.com/group/sub/docs");
        repo.run("update-ref refs/remotes/upstream/main HEAD");
        assert_eq!(
            url(repo, "notes.txt"),
            "https://gitlab.com/group/sub/docs/-/blob/main/notes.txt\n"
        );

        repo.configure(
            "[links]\ntemplate = 'https://git.example.org/cgit/docs/tree/{path}?h={ref}#n{line}'\n",
        );
        assert_eq!(
            url(repo, "notes.txt"),
            "https://git.example.org/cgit/docs/tree/notes.txt?h=main\n"
        );
        repo.configure("[links]\nforge = 'gitea'\n");
        repo.run("remote set-url origin ssh://git@git.example.org:2222/team/docs.git");
        let page = "https://git.example.org/team/docs/src/branch/main/notes.txt\n";
        assert_eq!(url(repo, "notes.txt"), page);
    });
}

#[test]
fn a_remote_that_may_be_another_repository_proves_nothing() {
    on_adopted(|repo| {
        repo.configure("[links]\nrepository = 'https://github.com/team/docs'\n");
        pushed(repo);
        let before = repo.rev("HEAD");
        repo.mv("notes.txt", "moved.txt");
        repo.commit("move");
        // The first host is a name in a configuration of ssh; the second repository is a fork.
        for (remote, is_fork) in
            [("git@work:team/docs.git", false), ("git@github.com:me/docs.git", true)]
        {
            repo.run(["remote", "set-url", "origin", remote]);
            let said = repo.idhooks("url moved.txt --permalink").ok();
            assert_eq!(said.stdout(), format!("{FORGE}/blob/{before}/notes.txt\n"), "{remote}");
            let note = format!(
                "note: no remote of this clone is known to be {FORGE}, so it is not known whether that has the commit {}\n",
                &before[..10]
            );
            assert_eq!(said.stderr().contains(&note), is_fork, "{said}");
            let said = repo.idhooks("url moved.txt").ok();
            let path = if is_fork { "moved.txt" } else { "notes.txt" };
            assert_eq!(said.stdout(), format!("{FORGE}/blob/main/{path}\n"), "{remote}");
            assert!(said.stderr().starts_with("note: "), "{said}");
        }
    });
}

#[test]
fn what_has_no_page_on_a_forge_takes_no_other_link() {
    on_adopted(|repo| {
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        repo.configure(
            "[links]\nids = 'https://ids.example.org'\n[[links.site]]\npath = ['*.txt', '*.py']\nurl = '/{path}'\n",
        );
        let said = repo.idhooks("url README.md notes.txt").code(1);
        assert_eq!(said.stdout(), format!("\nhttps://ids.example.org/{notes}\n"));
        said.explains("this clone has no remote").done();
        // What the website answers for an identity without a file is said.
        let stderr = |id: &str| {
            let said = repo.idhooks(["url", id]).ok();
            assert_eq!(said.stdout(), format!("https://ids.example.org/{id}\n"));
            said.stderr()
        };
        repo.idhooks(["-q", "deprecate", &notes, "--reason", "old"]).ok().done();
        let stays = format!("note: {notes} is deprecated; its file 'notes.txt' is still there\n");
        assert_eq!(stderr(&notes), stays);
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        let gone = format!(
            "note: {notes} is deprecated; the link leads to a page that says so; for the last version: idhooks url --forge {notes}\n"
        );
        assert_eq!(stderr(&notes), gone);
        repo.idhooks(["-q", "supersede", &notes, "--by", &app]).ok().done();
        assert_eq!(stderr(&notes), format!("note: {notes} is superseded by {app}\n"));
        repo.commit("supersede");
    });
}

#[test]
fn a_bare_repository_answers_for_a_branch() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.configure(&format!("[links]\nrepository = '{FORGE}'\n"));
        let from = repo.path().display().to_string();
        repo.run(["clone", "-q", "--bare", &from, "../bare"]);
        let said = repo.idhooks(["-C", "../bare", "url", &id, "--rev", "main"]).ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/main/notes.txt\n"));
        let said = repo.idhooks(["-C", "../bare", "url", &id]).code(2);
        said.complains("hint: name a commit: --rev HEAD").done();
    });
}

#[test]
fn a_remote_is_read_as_git_reads_it_and_no_password_is_printed() {
    on_adopted(|repo| {
        pushed(repo);
        repo.run("config url.https://github.com/.insteadOf gh:");
        repo.run("remote set-url origin gh:team/docs");
        assert_eq!(url(repo, "notes.txt"), format!("{FORGE}/blob/main/notes.txt\n"));
        repo.run("remote set-url origin https://user:secret@github.com/team/docs.git");
        assert_eq!(url(repo, "notes.txt"), format!("{FORGE}/blob/main/notes.txt\n"));
        for (address, reason) in [
            ("https://user:secret@git.example.org/team/docs.git", "is on 'git.example.org'"),
            ("https://user:secret@github.com/team", "is not that of a repository on GitHub"),
            ("https://user:secret@github.com/team/../x", "malformed"),
            ("../elsewhere", "is not on a server"),
        ] {
            repo.run(["remote", "set-url", "origin", address]);
            let said = repo.idhooks("url notes.txt").code(2);
            assert!(said.stderr().contains(reason), "{}", said.stderr());
            assert!(!said.stderr().contains("secret"), "{}", said.stderr());
        }
    });
}

#[test]
fn what_is_no_file_has_no_link() {
    on_adopted(|repo| {
        pushed(repo);
        let said = repo.idhooks("url absent.md notes.txt 0000").code(1);
        assert_eq!(said.stdout(), format!("\n{FORGE}/blob/main/notes.txt\n\n"));
        repo.idhooks("url notes.txt --rev absent")
            .code(2)
            .explains("cannot find a commit 'absent'")
            .done();
        for line in ["0", "3-2", "x"] {
            repo.idhooks(["url", "notes.txt", "--line", line]).code(2).done();
        }
        repo.idhooks("url notes.txt --rev HEAD --permalink").code(2).done();
        repo.run("remote add second https://github.com/team/other");
        repo.run("remote rename origin first");
        repo.run("config --unset branch.main.remote");
        repo.idhooks("url notes.txt").code(2).explains("several remotes (first, second)").done();
    });
}

#[test]
fn a_named_branch_is_that_of_the_remote() {
    on_adopted(|repo| {
        pushed(repo);
        repo.mv("notes.txt", "moved.txt");
        repo.commit("move");
        for rev in ["main", "HEAD", "origin/main", "refs/heads/main"] {
            let said = repo.idhooks(["url", "moved.txt", "--rev", rev]).ok();
            assert_eq!(said.stdout(), format!("{FORGE}/blob/main/notes.txt\n"), "{rev}");
            let was = "'moved.txt' was 'notes.txt' then\n";
            let head = &repo.rev("HEAD")[..10];
            let note = match rev {
                // It is a commit, too.
                "HEAD" => format!(
                    "note: 'origin' is not known to have the commit {head}, as of the last fetch\n"
                ),
                _ => String::new(),
            };
            assert_eq!(said.stderr(), note + was, "{rev}");
        }
        // A branch that was never checked out here.
        repo.run("update-ref refs/remotes/origin/release HEAD~1");
        let page = format!("{FORGE}/blob/release/notes.txt\n");
        assert_eq!(url(repo, "notes.txt --rev release"), page);
        // A file that was added and deleted without a push exists only in this clone.
        repo.commit_file("short.md", text("short"));
        repo.run("rm -q short.md");
        repo.commit("delete");
        let said = repo.idhooks("url short.md --rev HEAD").code(1);
        assert!(!said.stderr().contains("this clone has no"), "{}", said.stderr());
        repo.run("branch -q local");
        let said = repo.idhooks("url short.md --rev local").ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/{}/short.md\n", repo.rev("HEAD~1")));
        let notes = said.stderr();
        assert_eq!(notes.matches("'origin' is not known to have the ").count(), 2, "{notes}");
    });
}

#[test]
fn another_file_at_the_path_is_not_linked_to() {
    on_adopted(|repo| {
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        let with_both = repo.rev("HEAD");
        pushed(repo);
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        repo.mv("src/app.py", "notes.txt");
        repo.commit("move onto it");
        let said = repo.idhooks(["url", &app]).ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/main/src/app.py\n"));
        pushed(repo);
        assert_eq!(url(repo, &app), format!("{FORGE}/blob/main/notes.txt\n"));
        let said = repo.idhooks(["url", &notes]).ok();
        assert_eq!(said.stdout(), format!("{FORGE}/blob/{with_both}/notes.txt\n"));
    });
}

#[test]
fn a_successor_that_leads_nowhere_is_an_error() {
    on_adopted(|repo| {
        pushed(repo);
        let [notes, app] = ["notes.txt", "src/app.py"].map(|path| repo.id(path));
        repo.run("rm -q src/app.py notes.txt");
        repo.commit("delete");
        repo.idhooks(["-q", "supersede", &app, "--by", &repo.id("README.md")]).ok().done();
        let registry = String::from_utf8(repo.read(".idhooks/registry.json")).expect("text");
        let circle = registry.replace(
            &format!("\"superseded_by\":\"{}\"", repo.id("README.md")),
            &format!("\"superseded_by\":\"{app}\""),
        );
        assert_ne!(registry, circle);
        repo.write(".idhooks/registry.json", circle);
        repo.run("add .idhooks");
        let said = repo.idhooks(["url", &app, &notes]).code(1);
        assert!(said.stderr().contains("which leads to no file"), "{}", said.stderr());
        assert_eq!(said.stdout().lines().count(), 2);
        repo.run("reset -q --hard");
    });
}

#[test]
fn a_terminal_can_follow_what_is_shown() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        let link =
            |address: &str, text: &str| format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\");
        let shown = |line: &str| repo.idhooks(line).ok().stdout();
        // Nothing says where the files are shown, and that is no error.
        let plain = shown("show notes.txt");
        assert_eq!(shown("show notes.txt --hyperlink always"), plain);
        pushed(repo);
        assert_eq!(shown("show notes.txt"), plain);
        assert_eq!(shown("show notes.txt --hyperlink never"), plain);
        let page = link(&format!("{FORGE}/blob/main/notes.txt"), "notes.txt");
        let with_link = plain.replacen("notes.txt", &page, 1);
        assert_eq!(shown("show notes.txt --hyperlink always"), with_link);
        let json = shown("show notes.txt --format json --hyperlink always");
        assert!(!json.contains('\x1b'), "{json}");

        let full = repo.rev("HEAD");
        let short = &full[..10];
        let version = link(&format!("{FORGE}/blob/{full}/notes.txt"), short);
        let log = shown("log notes.txt");
        assert_eq!(shown("log notes.txt --hyperlink always"), log.replacen(short, &version, 1));

        repo.configure("[links]\nids = 'https://docs.example.org/id'\n");
        let lasting = link(&format!("https://docs.example.org/id/{id}"), "notes.txt");
        let said = shown("show notes.txt --hyperlink always");
        assert_eq!(said, plain.replacen("notes.txt", &lasting, 1));
    });
}
