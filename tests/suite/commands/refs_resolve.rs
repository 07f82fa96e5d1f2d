//! `idhooks refs --resolve`: Markdown with links for a renderer.

use std::os::unix::fs::symlink;

use crate::common::{Output, Repo, for_each_git, on_adopted, text};

use super::refuses;

const MANIFEST: &str = ".idhooks-references.json";

fn resolve<'r>(repo: &'r Repo, line: &str) -> Output<'r> {
    repo.idhooks(format!("refs --resolve {line}").as_str())
}

fn written(repo: &Repo, path: &str) -> String {
    String::from_utf8(repo.read(path)).expect("text")
}

/// Returns the paths of the files below a directory, sorted.
fn below(repo: &Repo, dir: &str) -> Vec<String> {
    let found = repo.sh(&format!("cd {dir} && find . -type f | LC_ALL=C sort")).stdout();
    found.lines().map(|line| line.trim_start_matches("./").to_owned()).collect()
}

#[test]
fn references_become_links_with_relative_paths() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[references]\n[[references.forms]]\ntext = 'DOC-{id}'\n");
        repo.commit_file("docs/a b/limits.md", "# Limits [v2]\r\n\r\n## Rate & size\r\n");
        let [limits, app, intro] =
            ["docs/a b/limits.md", "src/app.py", "docs/intro.md"].map(|path| repo.id(path));
        let guide = format!(
            "# Guide\r\nSee idhooks:{limits}@0123456789ab#rate--size, <idhooks:{limits}> and [the \
             code](idhooks:{app}#run).\r\n`idhooks:{app}` DOC-{intro}\r\n\r\n    idhooks:{app}\r\n"
        );
        repo.commit_file("docs/guide.md", &guide);
        repo.commit_file(
            "README.md",
            format!("\u{feff}idhooks:{limits}#RATE--size idhooks:{app}\n"),
        );
        let said = resolve(&repo, "out").ok();
        assert_eq!((&*said.stdout(), &*said.stderr()), ("", "written: out (4 files, 6 links)\n"));
        let expected =
            [MANIFEST, "README.md", "docs/a b/limits.md", "docs/guide.md", "docs/intro.md"];
        assert_eq!(below(&repo, "out"), expected);
        assert_eq!(
            written(&repo, "out/docs/guide.md"),
            format!(
                "# Guide\r\nSee [Rate & size](a%20b/limits.md#rate--size), [Limits \
                 \\[v2\\]](a%20b/limits.md) and [the code](../src/app.py#run).\r\n`idhooks:{app}` \
                 [docs/intro.md](intro.md)\r\n\r\n    idhooks:{app}\r\n"
            )
            .replace("Rate & size", "Rate \\& size")
        );
        assert_eq!(
            written(&repo, "out/README.md"),
            "\u{feff}[Rate \\& size](docs/a%20b/limits.md#rate--size) [src/app.py](src/app.py)\n"
        );
        assert_eq!(repo.read("out/docs/a b/limits.md"), repo.read("docs/a b/limits.md"));
        // The index is read, or a commit, also in a bare repository; the same commit gives the same
        // bytes.
        resolve(&repo, "../one --rev HEAD").ok().done();
        let path = repo.path().to_str().expect("a plain name");
        repo.run(["clone", "-q", "--bare", path, "../bare.git"]);
        resolve(&repo.beside("bare.git"), "../two --rev HEAD").ok().done();
        assert_eq!(repo.sh("diff -r ../one ../two").stdout(), "");
        repo.stage("docs/guide.md", "staged\n");
        repo.write("docs/guide.md", "not staged\n");
        resolve(&repo, "out").ok().done();
        assert_eq!(written(&repo, "out/docs/guide.md"), "staged\n");
    });
}

#[test]
fn what_leads_nowhere_stays_and_is_counted() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let [notes, app, util, intro] =
            ["notes.txt", "src/app.py", "src/util.py", "docs/intro.md"].map(|path| repo.id(path));
        let unknown = "0199900001260118";
        repo.run("rm -q src/app.py src/util.py");
        repo.commit("delete");
        repo.idhooks(["-q", "supersede", &util, "--by", &notes]).ok().done();
        repo.commit("supersede");
        // Another file at the path of a deprecated one is not meant.
        repo.commit_file("src/app.py", text("another"));
        assert_ne!(repo.id("src/app.py"), app);
        repo.commit_file(
            "README.md",
            format!("idhooks:{unknown} idhooks:{app}\nidhooks:{util} idhooks:{intro}#none\n"),
        );
        let said = resolve(repo, "out").ok().stderr();
        assert_eq!(
            said,
            format!(
                "warning: 2 references lead nowhere and stay as they are: README.md:1:1 \
                 'idhooks:{unknown}', README.md:1:26 'idhooks:{app}'\n\
                 warning: 1 reference names a missing heading, so its link leads to the \
                 file: README.md:2:26 'idhooks:{intro}#none'\n\
                 written: out (3 files, 2 links)\n"
            )
        );
        assert_eq!(
            written(repo, "out/README.md"),
            format!(
                "idhooks:{unknown} idhooks:{app}\n[notes.txt](notes.txt) [docs/intro.md](docs/intro.md)\n"
            )
        );
        let said = resolve(repo, "out -v").ok().stderr();
        assert!(said.contains("README.md:1:26"), "{said}");
    });
}

#[test]
fn only_its_own_files_are_replaced_and_removed() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let notes = repo.id("notes.txt");
        repo.commit_file("docs/new.md", format!("idhooks:{notes}\n"));
        repo.write("out/docs/guide.md", "mine\n");
        repo.write("out/image.png", "mine");
        let said = resolve(repo, "out").ok().stderr();
        assert!(
            said.contains("1 file left out, because other files are in their places: "),
            "{said}"
        );
        assert!(said.ends_with("written: out (3 files, 1 link)\n"), "{said}");
        assert_eq!(written(repo, "out/docs/guide.md"), "mine\n");
        repo.stage("docs/a\\b.md", "x\n");
        let said = resolve(repo, "other").ok().stderr();
        assert!(
            said.contains("1 file left out, because not every system allows their names"),
            "{said}"
        );
        repo.run(["rm", "-q", "-f", "docs/a\\b.md"]);
        repo.mv("docs/new.md", "docs/moved.md");
        repo.commit("move");
        resolve(repo, "out").ok().done();
        let expected =
            [MANIFEST, "README.md", "docs/guide.md", "docs/intro.md", "docs/moved.md", "image.png"];
        assert_eq!(below(repo, "out"), expected);
        // No symlink leads elsewhere.
        repo.run("rm -q -r --cached docs/moved.md");
        repo.sh("mv out/docs ../docs && ln -s ../../docs out/docs").done();
        resolve(repo, "out").ok().done();
        assert!(repo.beside("docs").exists("moved.md"));
        symlink("../elsewhere", repo.path().join("link")).expect("a link");
        resolve(repo, "link/out").code(2).done();
    });
}

#[test]
fn a_wrong_directory_is_refused() {
    on_adopted(|repo| {
        repo.run("config core.excludesFile none");
        for (line, thing) in [
            (".", "git tracks files in"),
            ("docs", "git tracks files in"),
            (".git/out", "git directory"),
            (".idhooks", "belongs to idhooks"),
            ("notes.txt", "notes.txt"),
            ("out --rev nowhere", "nowhere"),
        ] {
            refuses(repo, &format!("refs --resolve {line}"), thing);
        }
        for line in ["out --graph", "out --from README.md", "out notes.txt", "out --format json"] {
            resolve(repo, line).code(2).done();
        }
    });
}

#[test]
fn a_file_that_this_clone_lacks_is_named() {
    on_adopted(|repo| {
        let blob = repo.rev("HEAD:docs/intro.md");
        let object = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
        let content = repo.read(&object);
        repo.remove(&object);
        let answer = resolve(repo, "../out").code(2);
        let answer = answer.explains("the content of 'docs/intro.md' is not in this clone");
        answer.complains("git fetch --refetch --no-filter").done();
        assert!(!repo.exists("../out"));
        repo.write(&object, content);
    });
}

#[test]
fn files_that_cannot_be_read_as_text_are_copied() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let notes = repo.id("notes.txt");
        let one = format!("idhooks:{notes}\n");
        let latin = [one.as_bytes(), b"\xe9\n"].concat();
        repo.stage("latin.md", &latin);
        repo.stage("vendor/a.md", &one);
        repo.stage("big.markdown", one.clone() + &"x".repeat(8 << 20));
        repo.commit("files");
        let said = resolve(&repo, "out").ok().stderr();
        assert!(
            said.contains("note: 2 files were not searched (over 8 MiB 1, not UTF-8 1)"),
            "{said}"
        );
        assert_eq!(repo.read("out/latin.md"), latin);
        assert_eq!(written(&repo, "out/vendor/a.md"), one, "it is excluded from references");
        assert!(written(&repo, "out/big.markdown").starts_with(&one));
        // The recipe of the documentation brings the other files.
        repo.run("rm -q -r vendor latin.md big.markdown");
        repo.stage("docs/a.png", "image");
        repo.commit("image");
        repo.sh("mkdir build && git archive HEAD -- . ':(exclude,glob)**/*.md' | tar -x -C build")
            .done();
        resolve(&repo, "build --rev HEAD").ok().done();
        assert!(repo.exists("build/docs/a.png") && repo.exists("build/docs/guide.md"));
    });
}
