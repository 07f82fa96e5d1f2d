//! What `.ci/release` refuses before it builds anything. The scratch repository has no program that could be built.
#![cfg(unix)]

use std::path::Path;

use crate::common::{Output, Repo, for_each_git, has, write_script};

const CARGO: &str = "[workspace.package]\nversion = \"1.2.3\"\nedition = \"2024\"\n\n[dependencies]\nversion = \"9.9.9\"\n";
const RELEASED: &str = "# Changelog\n\n## [1.2.3] - 2026-01-31\n\n## [1.2.2] - 2026-01-01\n";
const COMING: &str = "# Changelog\n\n## [Unreleased]\n\nThis will be 1.2.3, the first release.\n";
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A package whose tool says which file it writes, and fails if it is to write it.
const KIND: &str =
    "#!/bin/sh\n[ \"$1\" = --names ] || { echo built >&2; exit 9; }\necho idhooks-1.2.3.whl\n";

/// In place of the scripts that read the other manifests: the versions are equal, and the owner has given no URL.
const VERSIONS: &str = "#!/bin/sh\necho 1.2.3 Cargo.toml\n";
const URLS: &str = "#!/bin/sh
[ \"$1\" = --repository ] && echo \"$2\" && exit
printf 'error: the URL of the repository is not given\\nhint: give it\\n' >&2
exit 2
";

/// Commits the script and the files that it looks at.
fn prepared(repo: &Repo) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/release");
    repo.write("Cargo.toml", CARGO);
    repo.write("CHANGELOG.md", RELEASED);
    repo.write(".gitignore", "/dist\n");
    for (path, text) in [
        (".ci/release", std::fs::read_to_string(script).expect("a file").as_str()),
        ("packaging/python/make", KIND),
        ("packaging/versions", VERSIONS),
        ("packaging/urls", URLS),
    ] {
        write_script(&repo.path().join(path), text);
    }
    commit(repo);
}

fn commit(repo: &Repo) {
    repo.sh("git add -A && git commit -q --allow-empty -m change").ok().done();
}

fn release<'r>(repo: &'r Repo, more: &str) -> Output<'r> {
    // A build would not go unnoticed, and no script here needs Python.
    for name in ["cargo", "python3"] {
        write_script(&repo.root().join("none").join(name), "#!/bin/sh\necho built >&2\nexit 9\n");
    }
    repo.sh(&format!("PATH=\"$PWD/../none:$PATH\" .ci/release --out dist {more}"))
}

/// Asserts a refusal that names the thing, before anything was built or written.
fn refuses(repo: &Repo, more: &str, thing: &str) {
    let given = if more.contains("--target") {
        more.to_owned()
    } else {
        format!("--target {TARGET} {more}")
    };
    let output = release(repo, &given).code(2).explains(thing);
    let said = output.stderr();
    assert!(!said.contains("built"), "{output}");
    assert_eq!(said.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{output}");
    assert!(!repo.exists("target"), "{output}");
}

const URL: &str = "--repository https://example.com/idhooks";

#[test]
fn a_tree_that_is_no_commit_is_refused() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        prepared(&repo);
        repo.write("new.md", "new\n");
        refuses(&repo, URL, "the working tree differs from the commit: new.md");
        repo.remove("new.md");
        repo.append("CHANGELOG.md", "more\n");
        refuses(&repo, URL, "the working tree differs from the commit: CHANGELOG.md");
        for flag in ["skip-worktree", "assume-unchanged"] {
            repo.sh(&format!("git update-index --{flag} CHANGELOG.md")).ok().done();
            refuses(&repo, URL, "git does not look for changes of 'CHANGELOG.md'");
            repo.sh(&format!("git update-index --no-{flag} CHANGELOG.md")).ok().done();
        }
    });
}

#[test]
fn versions_must_be_equal() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        prepared(&repo);
        repo.run("tag v1.2.4");
        refuses(&repo, URL, "the tag v1.2.4 is unlike version 1.2.3 in Cargo.toml");
        repo.run("tag -d v1.2.4");
        // Tags of the action name other commits.
        repo.run("tag action/v1.2.2");
        repo.run("tag vendor-sync");

        repo.write("CHANGELOG.md", RELEASED.replace("1.2.3", "1.2.4"));
        commit(&repo);
        refuses(&repo, URL, "CHANGELOG.md begins with '## [1.2.4] - 2026-01-31'");
        repo.write("CHANGELOG.md", COMING.replace("1.2.3", "1.3.0"));
        commit(&repo);
        refuses(&repo, URL, "the unreleased changes in CHANGELOG.md are not said to become 1.2.3");
        repo.write("CHANGELOG.md", COMING);
        commit(&repo);
        repo.run("tag v1.2.3");
        refuses(&repo, URL, "CHANGELOG.md begins with unreleased changes at the tag v1.2.3");
        repo.write("CHANGELOG.md", RELEASED);
        repo.write("README.md", "No version is published yet.\n");
        commit(&repo);
        // Before the tag, too: a dry run of the workflow finds it.
        for tag in ["tag -d v1.2.3", "tag v1.2.3"] {
            repo.run(tag);
            let said =
                "'README.md' says that no version is published yet, CHANGELOG.md that 1.2.3 is";
            refuses(&repo, URL, said);
            let check = format!(".ci/release --check {URL}");
            repo.sh(&check).code(2).explains(said).done();
        }
        repo.remove("README.md");
        commit(&repo);
        refuses(&repo, "", "the URL of the repository is not given");
        repo.sh(".ci/release --check").code(2).explains("URL of the repository").done();
        let checked = repo.sh(&format!(".ci/release --check {URL}")).ok();
        assert!(checked.stdout().is_empty() && !repo.exists("dist"), "{checked}");

        let unlike = "#!/bin/sh\nprintf 'error: pyproject.toml has version 1.2.2\\nhint: make them equal\\n' >&2\nexit 2\n";
        write_script(&repo.path().join("packaging/versions"), unlike);
        commit(&repo);
        refuses(&repo, URL, "pyproject.toml has version 1.2.2");
    });
}

#[test]
fn the_notes_of_a_release_do_not_announce_it() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        prepared(&repo);
        let dated = "## [1.2.3] - 2026-01-31";
        repo.write("CHANGELOG.md", COMING.replace("## [Unreleased]", dated));
        commit(&repo);
        // Before the tag, too: a dry run of the workflow finds it.
        let line = "This will be 1.2.3, the first release.";
        let said = format!("CHANGELOG.md says '{line}' below the heading of 1.2.3");
        refuses(&repo, URL, &said);
        repo.run("tag v1.2.3");
        refuses(&repo, URL, &said);
        // Older sections are not checked; something else is refused next.
        let older = COMING.replace("# Changelog\n\n## [Unreleased]", "## [1.2.2] - 2026-01-01");
        repo.write("CHANGELOG.md", format!("# Changelog\n\n{dated}\n\n{older}"));
        commit(&repo);
        repo.run("tag --force v1.2.3");
        refuses(&repo, "", "the URL of the repository is not given");
    });
}

#[test]
fn nothing_is_made_twice() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        prepared(&repo);
        repo.run("tag v1.2.3");
        let names = ["tar.gz", "cdx.json"].map(|end| format!("idhooks-1.2.3-{TARGET}.{end}"));
        for name in names.iter().map(String::as_str).chain(["idhooks-1.2.3.whl"]) {
            let path = format!("dist/{name}");
            repo.write(&path, "released");
            refuses(&repo, URL, &format!("{path}' is there already"));
            assert_eq!(repo.read(&path), b"released");
            repo.remove(&path);
        }
        // The file that each target makes may be there if it is the same.
        let npm = "#!/bin/sh\n[ \"$1\" = --names ] && exit\n\
                   [ \"$*\" = \"--check $PWD/dist --version 1.2.3 --repository https://example.com/idhooks\" ] &&\n\
                   printf 'error: idhooks-1.2.3.tgz is another one\\nhint: remove it\\n' >&2\nexit 2\n";
        write_script(&repo.path().join("packaging/npm/make"), npm);
        commit(&repo);
        repo.run("tag --force v1.2.3");
        refuses(&repo, URL, "idhooks-1.2.3.tgz is another one");
        repo.remove("packaging/npm/make");
        commit(&repo);
        repo.run("tag --force v1.2.3");
        repo.sh(&format!("mkdir -p dist && ln -s nowhere dist/{}", names[0])).ok().done();
        refuses(&repo, URL, "is there already");
        repo.sh("rm -r dist && touch dist").ok().done();
        for out in ["dist", "dist/a/b"] {
            let more = format!("{URL} --out {out}");
            refuses(&repo, &more, "dist' is not a directory that can be written");
        }
        repo.remove("dist");
    });
}

#[test]
fn arguments_are_checked_first() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        prepared(&repo);
        refuses(
            &repo,
            "--target z80-unknown-none",
            "there are no packages for the target 'z80-unknown-none'",
        );
        refuses(
            &repo,
            &format!("--target '{TARGET} aarch64-unknown-linux-gnu'"),
            "there are no packages for the target 'x86_64-unknown-linux-gnu aarch64",
        );
        refuses(&repo, "--fast", "unknown argument '--fast'");
        refuses(&repo, "--repository", "--repository has no value");
        repo.sh(".ci/release --out dist").code(2).explains("--target is missing").done();
        repo.sh(&format!(".ci/release --target {TARGET}"))
            .code(2)
            .explains("--out is missing")
            .done();
    });
}

#[test]
fn missing_tools_are_all_named() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        prepared(&repo);
        // rustc names a folder that has no library for any target.
        let rustc = "#!/bin/sh\ncase $* in *-vV*) echo 'host: x86_64-unknown-linux-gnu' ;; *) echo /nowhere ;; esac\n";
        write_script(&repo.root().join("only/rustc"), rustc);
        write_script(&repo.root().join("only/python3"), "#!/bin/sh\nexit 9\n");
        let tools = "for tool in bash sh env git sed grep head cut tr dirname ls mkdir rmdir; do ln -s \"$(command -v $tool)\" ../only/$tool; done";
        let line = format!("PATH=\"$PWD/../only\" .ci/release --target {TARGET} --out dist {URL}");
        let output = repo.sh(&format!("{tools}\n{line}")).code(2);
        for missing in [
            "cargo is not on PATH",
            "cargo-auditable is not on PATH\nhint: cargo install cargo-auditable --locked",
            "cargo-cyclonedx is not on PATH\nhint: cargo install cargo-cyclonedx --locked",
            "dpkg-deb is not on PATH",
            "the standard library for x86_64-unknown-linux-gnu is not installed\nhint: rustup target add",
        ] {
            assert!(output.stderr().contains(&format!("error: {missing}")), "{missing}: {output}");
        }
        assert!(!repo.exists("target") && !repo.exists("dist"), "{output}");
    });
}

#[test]
fn the_one_package_is_found_with_any_wc() {
    if !has("python3") {
        return;
    }
    for_each_git(|git| {
        let repo = Repo::nowhere(git);
        // The one of macOS aligns its numbers.
        write_script(&repo.path().join("bin/wc"), "#!/bin/sh\necho \"       1\"\n");
        let sourced = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/try.sh");
        let script = format!("#!/usr/bin/env bash\n. '{sourced}'\npackage '*.deb'\n");
        write_script(&repo.path().join("try"), &script);
        repo.sh("mkdir dist scratch").ok().done();
        let line = "PATH=\"$PWD/bin:$PATH\" ./try --dist dist --target any --scratch scratch";
        let none = "does not contain one file '*.deb'";
        repo.sh(line).code(1).complains(none).done();
        repo.write("dist/a.deb", "");
        let found = repo.sh(line).ok().stdout();
        assert!(found.ends_with("/dist/a.deb\n"), "{found}");
        repo.write("dist/b.deb", "");
        repo.sh(line).code(1).complains(none).done();
    });
}

/// The scripts that pack, with Python as '.ci/release' has it.
fn packs(repo: &Repo, line: &str) {
    let packaging = concat!("'", env!("CARGO_MANIFEST_DIR"), "'/packaging/");
    let line = line.replace("packaging/", packaging);
    repo.sh(&format!("export SOURCE_DATE_EPOCH=1700000000 PYTHONDONTWRITEBYTECODE=1\n{line}"))
        .ok()
        .done();
}

#[test]
fn the_same_content_gives_the_same_archive() {
    if !has("python3") {
        return;
    }
    for_each_git(|git| {
        let repo = Repo::nowhere(git);
        let folder = format!("idhooks-1.2.3-{TARGET}");
        // Made in another order, at another time, and with other permissions.
        for (place, files) in
            [("one", ["man/man1/idhooks.1", "idhooks"]), ("two", ["idhooks", "man/man1/idhooks.1"])]
        {
            for file in files {
                repo.write(format!("{place}/{folder}/{file}"), "#!/bin/sh\n");
            }
        }
        repo.sh("chmod 600 two/*/idhooks; touch -d 2001-01-01 two/*/idhooks").ok().done();
        for place in ["one", "two"] {
            for end in ["tar.gz", "zip"] {
                packs(
                    &repo,
                    &format!(
                        "packaging/archive/make --folder {place}/{folder} --out {place}.{end}"
                    ),
                );
            }
        }
        for end in ["tar.gz", "zip"] {
            assert!(repo.read(&format!("one.{end}")) == repo.read(&format!("two.{end}")), "{end}");
        }
        let listed = repo.sh("TZ=UTC tar --numeric-owner -tvzf one.tar.gz").ok().stdout();
        let columns: Vec<Vec<_>> =
            listed.lines().map(|line| line.split_whitespace().collect()).collect();
        let entry = |mode, file| vec![mode, "0/0", "10", "2023-11-14", "22:13", file];
        let (program, page) = (format!("{folder}/idhooks"), format!("{folder}/man/man1/idhooks.1"));
        assert_eq!(columns, [entry("-rwxr-xr-x", &program), entry("-rw-r--r--", &page)]);

        // Who unpacks an archive refuses links, so none gets into it.
        repo.sh(&format!("ln -s idhooks one/{folder}/git-idhooks")).ok().done();
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/archive/make");
        let line = format!("SOURCE_DATE_EPOCH=1 '{script}' --folder one/{folder} --out new.tar.gz");
        repo.sh(&line).code(2).explains("git-idhooks' is no regular file").done();
        assert!(!repo.exists("new.tar.gz"));
    });
}

#[test]
fn sums_are_those_of_all_files_of_a_release() {
    for_each_git(|git| {
        let repo = Repo::nowhere(git);
        for file in ["dist/b", "dist/a b", "dist/kept/c"] {
            repo.write(file, file);
        }
        for _ in 0..2 {
            packs(&repo, "packaging/sums dist");
        }
        let checked = repo.sh("cd dist && sha256sum -c SHA256SUMS").ok().stdout();
        assert_eq!(checked, "a b: OK\nb: OK\n");
    });
}
