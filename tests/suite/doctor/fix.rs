//! `--fix`: what is safe is done and said, the rest is left.

use super::{assert_says, complaints};
use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::judge;

const REGISTRY: &str = ".idhooks/registry.json";

fn fixed(repo: &Repo, options: &str) -> Vec<String> {
    let report = repo.idhooks(format!("doctor --fix --format json {options}").as_str()).json();
    let all = report["fixed"].as_array().expect("a list").iter();
    all.map(|what| what.as_str().expect("text").to_owned()).collect()
}

#[test]
fn the_installation_is_mended() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.remove(".git/hooks/post-merge");
        repo.run("config --unset merge.idhooks.driver");
        repo.remove(".git/info/attributes");
        let what = [
            "post-merge: installed",
            "merge driver: updated in the local configuration",
            "attributes: installed in '.git/info/attributes'",
        ];
        assert_eq!(fixed(&repo, "--dry-run"), what);
        assert!(!repo.exists(".git/hooks/post-merge"));
        repo.idhooks("doctor --fix --dry-run").code(1).done();
        let report = repo.idhooks("doctor --fix").ok().stdout();
        for line in what {
            assert!(report.contains(&format!("fixed: {line}\n")), "{report}");
        }
        assert!(complaints(&repo).is_empty());
        assert!(fixed(&repo, "").is_empty(), "nothing is left to do");

        let fresh = Repo::empty(git);
        assert!(fixed(&fresh, "").is_empty(), "where nothing is adopted, nothing is installed");
        assert!(!fresh.exists(".git/hooks/pre-commit"));
    });
}

#[test]
fn the_registry_is_written_in_canonical_form() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let good = String::from_utf8(repo.read(REGISTRY)).expect("text");
        let odd = good.replace("\",\"", "\", \"");
        repo.stage(REGISTRY, &odd);
        assert_says(&repo, "registry", "warning", "canonical form", "idhooks doctor --fix");
        let before = Snapshot::of(&repo);
        assert_eq!(fixed(&repo, "--dry-run").len(), 1);
        before.assert_same(&repo);
        let said = format!("'{REGISTRY}': written in canonical form, and staged");
        assert_eq!(fixed(&repo, ""), [said]);
        assert_eq!(repo.registry(""), good.as_bytes());
        assert_eq!(repo.read(REGISTRY), good.as_bytes());
        judge::assert_good(&repo);

        // Only the working file, as an editor leaves it.
        repo.write(REGISTRY, &odd);
        assert_says(&repo, "registry", "warning", "in the working tree is not in canon", "--fix");
        let said = format!("'{REGISTRY}' in the working tree: written in canonical form");
        assert_eq!(fixed(&repo, ""), [said]);
        judge::assert_good(&repo);

        // Staged in another form, and edited since: the edit stays an edit.
        repo.stage(REGISTRY, &odd);
        let edit =
            |text: &str| text.replace("\"metadata\":{},\"all", "\"metadata\":{\"a\":1},\"all");
        repo.write(REGISTRY, edit(&odd));
        assert_eq!(fixed(&repo, "").len(), 1);
        assert_eq!(repo.registry(""), good.as_bytes());
        assert_eq!(repo.read(REGISTRY), edit(&good).as_bytes());
    });
}

#[test]
fn leftovers_go_and_locks_stay() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.write(".idhooks/.idhooks-old.tmp", "");
        repo.write(".idhooks/.idhooks-new.tmp", "");
        repo.write(".git/hooks/pre-commit.idhooks-4294967295.tmp", "theirs");
        repo.write(".git/packed-refs.lock", "");
        repo.sh("touch -d '1 hour ago' .idhooks/.idhooks-old.tmp .git/packed-refs.lock")
            .ok()
            .done();
        assert_eq!(fixed(&repo, "--dry-run"), ["'.idhooks/.idhooks-old.tmp': removed"]);
        assert!(repo.exists(".idhooks/.idhooks-old.tmp"));
        assert_eq!(fixed(&repo, ""), ["'.idhooks/.idhooks-old.tmp': removed"]);
        assert!(!repo.exists(".idhooks/.idhooks-old.tmp"));
        for stays in [".idhooks/.idhooks-new.tmp", ".git/packed-refs.lock"] {
            assert!(repo.exists(stays), "{stays}");
        }
        assert!(repo.exists(".git/hooks/pre-commit.idhooks-4294967295.tmp"));
    });
}

#[test]
fn what_cannot_be_mended_is_left_with_its_remedy() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("new.txt", text("new"));
        repo.write(REGISTRY, "{");
        repo.run("add -A");
        let before = Snapshot::of(&repo);
        repo.idhooks("doctor --fix").code(1).done();
        before.assert_same(&repo);
        assert_says(&repo, "registry", "error", "", "git restore");

        // What install refuses is said, and the rest is still mended.
        let repo = Repo::adopted(git);
        let torn = String::from_utf8(repo.read(".git/hooks/post-merge")).expect("text");
        repo.write(".git/hooks/post-merge", torn.replace("# <<< idhooks <<<", ""));
        repo.stage(REGISTRY, [repo.read(REGISTRY).as_slice(), b"\n"].concat());
        let output = repo.idhooks("doctor --fix").code(1).explains("damaged");
        assert!(output.stdout().contains("written in canonical form"), "{output}");
    });
}
