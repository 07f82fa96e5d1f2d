//! `.ci/action-sums`, which writes the last release into action.yml.

use crate::common::{Output, Repo, for_each_git};

use super::yaml;

/// The files of a release that has an archive for each target.
const FILES: [&str; 9] = [
    "aarch64-apple-darwin.tar.gz",
    "aarch64-pc-windows-msvc.zip",
    "aarch64-unknown-linux-gnu.tar.gz",
    "aarch64-unknown-linux-musl.tar.gz",
    "py3-none-any.whl",
    "x86_64-apple-darwin.tar.gz",
    "x86_64-pc-windows-msvc.zip",
    "x86_64-unknown-linux-gnu.tar.gz",
    "x86_64-unknown-linux-musl.tar.gz",
];

fn own(name: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a file")
}

/// Returns a repository as the project is at a release, and the files of the release beside it.
fn released(repo: &Repo) -> Repo {
    for name in [".ci/action-sums", "action.yml", "packaging/release.py"] {
        repo.write(name, own(name));
    }
    let none = "s/^        VERSION: .*/        VERSION: ''/; s/^        ARCHIVES: .*/        ARCHIVES: ''/; \
                /^          [0-9a-f]\\{64\\} /d";
    repo.sh(&format!("sed \"{none}\" action.yml >new && mv new action.yml")).ok().done();
    let urls = "#!/bin/sh\n[ \"$1 $2 $3\" = '--version 1.0.0 download' ] || exit 2\n\
                echo \"https://example.com/v1.0.0/$4\"\n";
    repo.write("packaging/urls", urls);
    repo.sh("chmod +x .ci/action-sums packaging/urls").ok().done();
    repo.run("add .");
    repo.run("commit -q -m release");
    repo.run("tag v1.0.0");
    let dist = repo.beside("dist");
    for name in FILES {
        dist.write(format!("idhooks-1.0.0-{name}"), name);
    }
    dist.sh("for f in idhooks-*; do openssl dgst -sha256 -r \"$f\" | sed 's/ \\*/  /'; done >SHA256SUMS").ok().done();
    dist
}

fn run<'r>(repo: &'r Repo, words: &str) -> Output<'r> {
    repo.sh(&format!(".ci/action-sums {words}"))
}

/// Runs a test with the repository of a release, and its files; not without Python.
fn at_release(test: impl Fn(&Repo, &Repo)) {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let dist = released(&repo);
        if repo.sh("python3 --version").succeeded() {
            test(&repo, &dist);
        }
    });
}

#[test]
fn what_is_no_release_changes_nothing() {
    at_release(|repo, _| {
        // No release is named yet.
        run(repo, "--check").ok().done();
        let before = repo.rev("HEAD");
        let zip = "../dist/idhooks-1.0.0-aarch64-pc-windows-msvc.zip";
        let cut = format!("echo more >>{zip}");
        let whole = format!("printf aarch64-pc-windows-msvc.zip >{zip}");
        for (damage, repair, said) in [
            ("touch more", "rm more", "the working tree differs from the commit"),
            (
                "echo more >more; git add more; git commit -q -m more",
                "git reset -q --hard HEAD~1",
                "HEAD is not the release",
            ),
            (
                "mv ../dist/SHA256SUMS ..",
                "mv ../SHA256SUMS ../dist",
                "there is no '../dist/SHA256SUMS'",
            ),
            (&*cut, &*whole, "has another sum than in SHA256SUMS"),
            (
                "sed -i.whole 's/^../zz/' ../dist/SHA256SUMS",
                "mv ../dist/SHA256SUMS.whole ../dist/SHA256SUMS",
                "line 1 of '../dist/SHA256SUMS' is no SHA-256 and a name",
            ),
            (
                "sed -i.whole '/x86_64-apple/d' ../dist/SHA256SUMS",
                "mv ../dist/SHA256SUMS.whole ../dist/SHA256SUMS",
                "does not name idhooks-1.0.0-x86_64-apple-darwin.tar.gz",
            ),
            (
                "printf '#!/bin/sh\\nexit 1\\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
                "rm .git/hooks/pre-commit",
                "git commit --quiet",
            ),
        ] {
            repo.sh(damage).ok().done();
            run(repo, "../dist").code(2).complains(said).done();
            repo.sh(repair).ok().done();
            let after = (repo.rev("HEAD"), repo.ask("status --porcelain"));
            assert_eq!(after, (before.clone(), String::new()));
        }
    });
}

#[test]
fn a_commit_after_the_release_names_its_archives_and_nothing_else_changes() {
    at_release(|repo, dist| {
        run(repo, "../dist").ok().done();
        assert_eq!(repo.ask("diff --name-only v1.0.0 action/v1.0.0"), "action.yml");
        assert_eq!(repo.rev("action/v1.0.0^{commit}"), repo.rev("HEAD"));
        let text = String::from_utf8(repo.read("action.yml")).expect("text");
        let action = yaml::read(&text);
        let env = &action["runs"]["steps"][0]["env"];
        assert_eq!(env["VERSION"], "1.0.0");
        let sums = String::from_utf8(dist.read("SHA256SUMS")).expect("text");
        let expected: Vec<_> = sums
            .lines()
            .filter(|line| !line.ends_with(".whl"))
            .map(|line| line.replace("  ", " https://example.com/v1.0.0/"))
            .collect();
        let archives = env["ARCHIVES"].as_str().expect("lines");
        assert_eq!(archives.lines().collect::<Vec<_>>(), expected);
        run(repo, "--check").ok().done();
        run(repo, "../dist").code(2).done();

        // Later commits keep what the tag has.
        repo.write("action.yml", text.replace("msvc.zip", "msvc.tar.gz"));
        run(repo, "--check").code(2).complains("action.yml is unlike that of action/v1.0.0").done();
        repo.run("checkout -q action.yml");
        repo.write("more", "");
        repo.run("add more");
        repo.run("commit -q -m more");
        run(repo, "--check").ok().done();
        repo.run("tag -f action/v1.0.0");
        run(repo, "--check").code(2).complains("differ in more than action.yml").done();
        repo.run("tag -d action/v1.0.0");
        run(repo, "--check").code(2).complains("there is no tag action/v1.0.0").done();
    });
}

#[test]
fn the_last_release_is_the_one_that_is_named() {
    at_release(|repo, _| {
        let empty = |name: &str| repo.run(&*format!("commit -q --allow-empty -m {name}"));
        repo.run("switch -q --detach v1.0.0");
        run(repo, "../dist").ok().done();
        let text = repo.read("action.yml");
        repo.run("switch -q main");
        empty("next");
        let forgotten = "action.yml names no version, the last release is 1.0.0";
        let remedy = "git cherry-pick action/v1.0.0";
        run(repo, "--check").code(2).complains(forgotten).complains(remedy).done();
        repo.run("cherry-pick action/v1.0.0");
        assert_eq!(repo.read("action.yml"), text);
        run(repo, "--check").ok().done();

        // Another branch has its own releases.
        repo.run("switch -q -c other");
        empty("other");
        repo.run("tag v2.0.0");
        repo.run("tag action/v2.0.0");
        repo.run("switch -q main");
        run(repo, "--check").ok().done();
        for (version, last) in
            [("1.10.0-rc.2", "1.10.0-rc.2"), ("1.9.0", "1.10.0-rc.2"), ("1.10.0", "1.10.0")]
        {
            empty(version);
            repo.run(&*format!("tag v{version}"));
            empty("next");
            repo.run(&*format!("tag action/v{version}"));
            let behind = format!("action.yml names version 1.0.0, the last release is {last}");
            run(repo, "--check").code(2).complains(&behind).done();
        }
        repo.run("tag -d action/v1.10.0 action/v1.10.0-rc.2 action/v1.9.0");
        run(repo, "--check").ok().complains("v1.10.0 has no tag action/v1.10.0 yet").done();
    });
}
