//! What `init` wrote into `.gitattributes` goes with the rest of idhooks.

use crate::common::{Repo, for_each_git};

const ATTRIBUTES: &str = ".gitattributes";
const OWN: [&str; 2] = [".idhooks/registry.json", "idhooks.toml"];

fn remove_own(repo: &Repo) {
    let [registry, config] = OWN;
    repo.run(["rm", "-q", registry, config]);
}

fn attributes(repo: &Repo) -> String {
    repo.ask(["show", "HEAD:.gitattributes"])
}

#[test]
fn the_commit_that_removes_the_rest_takes_the_line_along() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        remove_own(&repo);
        let told = repo.git(["commit", "-m", "give up"]);
        told.complains("to take it back: idhooks init").done();
        assert_eq!(repo.ask("status --porcelain"), "");
        assert!(!repo.exists(ATTRIBUTES));
        let left = repo.ask("ls-files");
        assert!(!left.contains("idhooks") && !left.contains(ATTRIBUTES), "{left}");
        repo.idhooks("uninstall").ok().done();
        assert_eq!(repo.ask("status --porcelain"), "");
        // A commit after it has nothing to do with that.
        repo.stage(ATTRIBUTES, "*.md text\n.idhooks/registry.json merge=idhooks\n");
        repo.commit("own attributes");
        assert!(attributes(&repo).contains("merge=idhooks"));
    });
}

#[test]
fn what_others_wrote_there_stays_staged_or_not() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let line = String::from_utf8(repo.read(ATTRIBUTES)).expect("text");
        repo.commit_file(ATTRIBUTES, format!("*.md text\r\n{line}*.py diff=python"));
        repo.append("notes.txt", "staged\n");
        repo.run("add notes.txt");
        repo.append(ATTRIBUTES, "\n*.txt -text\n");
        remove_own(&repo);
        let [registry, config] = OWN;
        repo.run(["commit", "-q", "-m", "give up", "--", registry, config]);
        assert_eq!(attributes(&repo), "*.md text\r\n*.py diff=python");
        let now = String::from_utf8(repo.read(ATTRIBUTES)).expect("text");
        assert_eq!(now, "*.md text\r\n*.py diff=python\n*.txt -text\n");
        assert_eq!(repo.ask("status --porcelain"), " M .gitattributes\nM  notes.txt");
        repo.run("stash -q");
        repo.run("revert --no-edit HEAD");
        assert!(attributes(&repo).contains(line.trim_end()));
    });
}

#[test]
fn the_registry_alone_is_not_given_up() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let before = repo.read(ATTRIBUTES);
        repo.run(["rm", "-q", OWN[0]]);
        repo.try_git(["commit", "-m", "no"]).code(1).complains("REGISTRY_CORRUPT").done();
        assert_eq!(repo.read(ATTRIBUTES), before);
        assert!(repo.ask("ls-files").contains(ATTRIBUTES));
        // Without an identity to lose, the rules alone are not, either.
        repo.run("reset -q --hard");
        repo.run(["rm", "-q", OWN[1]]);
        repo.commit("the default rules");
        assert_eq!(repo.read(ATTRIBUTES), before);
    });
}

#[test]
fn where_no_hook_saw_it_uninstall_takes_the_line_out() {
    for_each_git(|git| {
        for is_committed in [true, false] {
            let repo = Repo::adopted(git);
            let line = String::from_utf8(repo.read(ATTRIBUTES)).expect("text");
            repo.commit_file(ATTRIBUTES, format!("*.md text\n{line}"));
            remove_own(&repo);
            if is_committed {
                repo.run("commit -q --no-verify -m unseen");
            }
            let dry = repo.idhooks("uninstall --dry-run").ok().stdout();
            assert!(dry.contains(".gitattributes: would be rewritten without the line"), "{dry}");
            assert!(repo.ask("show :.gitattributes").contains("idhooks"));
            repo.idhooks("uninstall").ok().complains("now run 'git commit'").done();
            repo.run("commit -q -m rest");
            assert_eq!(attributes(&repo), "*.md text");
            assert_eq!(repo.ask("status --porcelain"), "");
            let again = repo.idhooks("uninstall").ok().stderr();
            assert!(!again.contains(ATTRIBUTES), "{again}");
        }
    });
}

#[test]
fn uninstalling_from_a_clone_gives_nothing_up() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.idhooks("uninstall").ok().done();
        assert_eq!(repo.ask("status --porcelain"), "");
        assert!(attributes(&repo).contains("merge=idhooks"));
    });
}
