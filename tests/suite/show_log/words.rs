//! `idhooks id` and `idhooks path`: one word for each subject.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::common::{Repo, for_each_git, on_adopted, text};

/// Returns the standard output of a line of shell that runs `idhooks` as `$0`, and its exit code.
fn piped(repo: &Repo, line: &str) -> (Vec<u8>, Option<i32>) {
    let program = crate::common::binary().into_string().expect("a plain name");
    let output = repo.sh(&format!("idhooks() {{ '{program}' \"$@\"; }}; {line}"));
    let code = output.exit();
    (output.bytes(), code)
}

#[test]
fn a_word_for_each_argument() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let paths = ["docs/guide.md", "src/app.py", "README.md"];
        let ids = paths.map(|path| repo.id(path));
        let lines = |words: &[String]| words.join("\n") + "\n";
        assert_eq!(repo.idhooks("id docs/guide.md").ok().stdout(), lines(&ids[..1]));
        let all = format!("id {}", paths.join(" "));
        assert_eq!(repo.idhooks(all.as_str()).ok().stdout(), lines(&ids));
        let one = format!("path {}", ids[0]);
        assert_eq!(repo.idhooks(one.as_str()).ok().stdout(), "docs/guide.md\n");
        let all = format!("path {}", ids.join(" "));
        assert_eq!(repo.idhooks(all.as_str()).ok().stdout(), lines(&paths.map(str::to_owned)));
        // As seen from a directory, in both directions.
        let below = repo.below("docs");
        assert_eq!(below.idhooks("id guide.md").ok().stdout(), lines(&ids[..1]));
        let seen = below.idhooks(all.as_str()).ok().stdout();
        assert_eq!(seen, "guide.md\n../src/app.py\n../README.md\n");
        // A file that is deleted or not committed, and one with another identity at a commit.
        repo.run("rm -q src/util.py");
        let util = repo.id("src/util.py");
        for line in [format!("path {util}"), format!("path {util} {}", ids[0])] {
            repo.idhooks(line.as_str()).code(1).complains(&format!("{util} has no file")).done();
        }
        repo.idhooks("id src/util.py").code(1).explains("'src/util.py'").done();
        assert_eq!(repo.idhooks("id src/util.py --rev HEAD").ok().stdout(), format!("{util}\n"));
        let then = format!("path {util} --rev HEAD");
        assert_eq!(repo.idhooks(then.as_str()).ok().stdout(), "src/util.py\n");
        // A file keeps its deprecated identity.
        repo.idhooks("deprecate docs/guide.md --reason x").ok().done();
        assert_eq!(repo.idhooks("id docs/guide.md").ok().stdout(), lines(&ids[..1]));
        assert_eq!(repo.idhooks(one.as_str()).ok().stdout(), "docs/guide.md\n");
    });
}

#[test]
fn an_empty_line_where_there_is_no_answer() {
    on_adopted(|repo| {
        let [app, util] = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
        let answer = repo.idhooks("id src/app.py none.md docs ../out.md src/util.py").code(1);
        assert_eq!(answer.stdout(), format!("{app}\n\n\n\n{util}\n"));
        for named in ["'none.md'", "'docs'", "'../out.md'"] {
            assert!(answer.stderr().contains(named), "{answer}");
        }
        assert_eq!(answer.stderr().matches("hint: ").count(), 3, "{answer}");
        let line = format!("path {app} 0110012345260118 README.md 01 {util}");
        let answer = repo.idhooks(line.as_str()).code(1);
        assert_eq!(answer.stdout(), "src/app.py\n\n\n\nsrc/util.py\n");
        for named in ["'0110012345260118'", "'README.md'", "'01' is too short"] {
            assert!(answer.stderr().contains(named), "{answer}");
        }
        for line in ["id", "path", "id README.md --stdin", "path --stdin 0110"] {
            repo.idhooks(line).code(2).complains("--stdin").done();
        }
        repo.idhooks("id README.md --rev none").code(2).explains("none").done();
        let bare = repo.beside("bare.git");
        repo.run("clone -q --bare . ../bare.git");
        assert_eq!(bare.idhooks("id src/app.py --rev HEAD").ok().stdout(), format!("{app}\n"));
        let line = format!("path {app} --rev HEAD");
        assert_eq!(bare.idhooks(line.as_str()).ok().stdout(), "src/app.py\n");
        bare.idhooks("id src/app.py").code(2).complains("--rev HEAD").done();
    });
}

#[test]
fn lists_of_odd_names() {
    let names: [&[u8]; 7] =
        ["ein Bär 🎉.txt".as_bytes(), b"two\nlines", b"-n", b"\xff\xfe", b" ", b"a\"b\\c", b"t\ta"];
    on_adopted(|repo| {
        for name in names {
            repo.stage([b"odd/", name].concat().to_os(), text(&name.escape_ascii().to_string()));
        }
        repo.commit("add");
        // git quotes more than needed by default, or less; a pair of commands returns each name.
        let listed = repo.git("ls-files -z odd").bytes();
        for quotes in ["true", "false"] {
            let list = format!("git -c core.quotePath={quotes} ls-files odd");
            let pair = "idhooks id --stdin | idhooks path --stdin";
            let expected = repo.git("-c core.quotePath=false ls-files odd").bytes();
            assert_eq!(piped(repo, &format!("{list} | {pair}")), (expected, Some(0)));
        }
        let pair = "git ls-files -z odd | idhooks id --stdin -z | idhooks path --stdin -z";
        assert_eq!(piped(repo, pair), (listed, Some(0)));
        let ids = piped(repo, "git ls-files -z odd | idhooks id --stdin -z | tr '\\0' '\\n'").0;
        assert_eq!(ids.iter().filter(|byte| **byte == b'\n').count(), names.len());
        for name in names {
            let path = [b"odd/", name].concat().to_os();
            let id = repo.idhooks(vec!["id".into(), "--".into(), path]).ok().stdout();
            assert_eq!(id.trim_end().len(), 16, "{id}");
        }
        // Lines that end as on Windows, no lines, an empty line.
        let app = repo.id("src/app.py");
        let line = "printf 'src/app.py\\r\\nsrc/app.py' | idhooks id --stdin";
        assert_eq!(piped(repo, line), (format!("{app}\n{app}\n").into(), Some(0)));
        assert_eq!(piped(repo, "printf '' | idhooks id --stdin"), (Vec::new(), Some(0)));
        let (out, code) = piped(repo, "printf 'src/app.py\\n\\n' | idhooks id --stdin");
        assert_eq!((out, code), (format!("{app}\n\n").into(), Some(1)));
    });
}

trait ToOs {
    fn to_os(&self) -> OsString;
}

impl ToOs for Vec<u8> {
    fn to_os(&self) -> OsString {
        OsStr::from_bytes(self).to_owned()
    }
}

#[test]
fn a_file_in_conflict_has_its_identity() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let id = repo.id("src/app.py");
        for side in ["ours", "theirs"] {
            repo.run(format!("checkout -q -b {side} main").as_str());
            repo.write("src/app.py", text(side));
            repo.stage(format!("{side}.md"), text(side));
            repo.run("add src/app.py");
            repo.commit(side);
        }
        repo.try_git("merge -q ours").refused().done();
        assert!(repo.ask("status --short").contains("UU src/app.py"));
        assert_eq!(repo.idhooks("id src/app.py").ok().stdout(), format!("{id}\n"));
        assert_eq!(
            repo.idhooks("id src/app.py README.md").ok().stdout().lines().next(),
            Some(&*id)
        );
        for line in [format!("path {id}"), format!("path {}", &id[..8])] {
            assert_eq!(repo.idhooks(line.as_str()).ok().stdout(), "src/app.py\n");
        }
        let shown = repo.idhooks("show src/app.py").ok();
        assert!(!format!("{shown}").contains("not in the tree"), "{shown}");
    });
}

#[test]
fn hints_name_the_commit_that_was_read() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let util = repo.id("src/util.py");
        repo.run("rm -q src/util.py");
        repo.commit("delete");
        repo.run("clone -q --bare . ../bare.git");
        let bare = repo.beside("bare.git");
        let program = crate::common::quoted_binary();
        for (line, last) in [
            (format!("path --rev HEAD {util}"), "src/util.py"),
            ("id --rev HEAD src/util.py".to_owned(), "src/util.py"),
            ("path --rev HEAD 0110012345260118".to_owned(), "src/app.py"),
            ("show --rev HEAD 0110012345260118".to_owned(), "src/app.py"),
        ] {
            let answer = bare.idhooks(line.as_str()).refused();
            let stderr = answer.stderr();
            let hint = stderr.lines().find_map(|line| line.strip_prefix("hint: ")).expect("a hint");
            let (_, command) = hint.split_once(": ").expect("a command");
            // The command as it was printed.
            let done = bare.sh(&command.replacen("idhooks", &program, 1)).ok().stdout();
            assert!(done.contains(last), "{command}: {done}");
        }
    });
}

#[test]
fn a_list_that_ends_its_items_with_nul_needs_the_option() {
    on_adopted(|repo| {
        let line = "git ls-files -z src | idhooks id --stdin 2>&1";
        let (out, code) = piped(repo, line);
        let out = String::from_utf8(out).expect("text");
        assert!(code == Some(2) && out.contains("NUL") && out.contains("add -z"), "{out}");
    });
}

#[test]
fn conditions_compare_values() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let guide = repo.id("docs/guide.md");
        repo.configure("[patch]\nwritable = [\"metadata\"]\n");
        let metadata = r#"{"arr":[1,2],"obj":{"b":1,"a":[true]},"n":3.0,"owner":"ann"}"#;
        repo.write(
            "../p.json",
            format!("{{\"changes\":{{\"{guide}\":{{\"metadata\":{metadata}}}}}}}"),
        );
        repo.idhooks("patch apply ../p.json").ok().done();
        let list = |condition: &str| {
            repo.idhooks(["list", "--where", condition]).ok().stdout().lines().count()
        };
        for same in [
            "arr=[1, 2]",
            "arr=[1.0,2]",
            r#"obj={"a": [true], "b": 1}"#,
            "n=3",
            "n=3.00",
            "owner=ann",
        ] {
            assert_eq!(list(same), 1, "{same}");
        }
        for other in ["arr=[2,1]", r#"obj={"a":[true]}"#, "n=-3", "n=three", "owner=Ann"] {
            assert_eq!(list(other), 0, "{other}");
        }
        for wrong in ["!owner", "owner~ann", "owner~=ann"] {
            repo.idhooks(["list", "--where", wrong]).code(2).complains("KEY!=VALUE").done();
        }
    });
}
