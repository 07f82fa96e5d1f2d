//! What `inject --remove` takes out of files, and what it leaves there.

use super::{committed, head, on_carrying};
use crate::commands::refuses;
use crate::common::{Repo, Snapshot, on_adopted, on_adopted_leaving, text};

const FOREIGN: &str = "2026012201111004";

/// Asserts that a command that changes nothing says this on stderr.
fn leaves(repo: &Repo, line: &str, what: &str) {
    let before = Snapshot::of(repo);
    repo.idhooks(line).ok().complains(what).done();
    before.assert_same(repo);
}

#[test]
fn an_identity_that_is_not_its_own_stays_unless_asked() {
    on_adopted(|repo| {
        let json = format!("{{\"doc_id\": \"{FOREIGN}\", \"a\": 1}}\n");
        repo.commit_file("data/x.json", "{\"a\": 1}\n");
        repo.stage("data/x.json", &json);
        let id = repo.id("data/x.json");
        refuses(
            repo,
            "inject --remove data/x.json",
            &format!("carries {FOREIGN}, but its identity is {id}"),
        );
        for line in ["inject --remove --all", "inject --remove .", "inject --remove data"] {
            leaves(repo, line, "1 file keeps an identity that is not its own");
        }
        let answer = repo.idhooks("inject --remove data/x.json").code(2);
        let hint = "idhooks inject --remove --foreign -- data/x.json";
        answer.complains(hint).done();
        // Beside its own it is the other one that goes, and only that.
        repo.idhooks("inject src/app.py").ok().done();
        let app = repo.read("src/app.py");
        let line = "inject --remove --foreign data/x.json src/app.py";
        let shown = repo.idhooks(format!("{line} --dry-run").as_str()).ok().stdout();
        assert_eq!(shown, format!("would remove {FOREIGN} from data/x.json\n"));
        assert_eq!(String::from_utf8_lossy(&repo.read("data/x.json")), json);
        let done = repo.idhooks(line).ok().stdout();
        assert_eq!(done, format!("removed {FOREIGN} from data/x.json\n"));
        assert_eq!(repo.read("data/x.json"), b"{\"a\": 1}\n");
        assert_eq!(repo.read("src/app.py"), app);
        leaves(repo, "inject --remove --foreign .", "nothing to remove");
        repo.commit("without it");
    });
}

#[test]
fn of_several_its_own_goes_and_the_others_stay() {
    on_adopted(|repo| {
        let files: [(&str, &str, &str); 6] = [
            ("src/app.py", "# doc_id: OWN\n# doc_id: F\nx\n", "# doc_id: F\nx\n"),
            ("src/util.py", "# doc_id: F\n# doc_id: OWN\n\nx\n", "# doc_id: F\n\nx\n"),
            (
                "docs/guide.md",
                "---\ndoc_id: F\ntitle: a\ndoc_id: \"OWN\"\n---\n",
                "---\ndoc_id: F\ntitle: a\n---\n",
            ),
            (
                "docs/intro.md",
                "<!-- doc_id: OWN -->\n<!-- doc_id: F -->\n# A\n",
                "<!-- doc_id: F -->\n# A\n",
            ),
            (
                "a.json",
                "{\"doc_id\": \"OWN\", \"a\": {\"doc_id\": \"OWN\"}, \"doc_id\": \"F\"}",
                "{\"a\": {\"doc_id\": \"OWN\"}, \"doc_id\": \"F\"}",
            ),
            (
                "b.json",
                "{\"doc_id\": \"F\", \"doc_id\": \"OWN\", \"doc_id\": \"OWN\"}",
                "{\"doc_id\": \"F\"}",
            ),
        ];
        repo.stage("a.json", "{}");
        repo.stage("b.json", "{\"b\": 1}");
        repo.commit("two more");
        for (path, before, _) in files {
            let before = before.replace("OWN", &repo.id(path)).replace('F', FOREIGN);
            repo.stage(path, before);
        }
        let answer = repo.idhooks("inject --remove --all").ok();
        answer.complains(&format!("'src/app.py' keeps {FOREIGN}, which is not its")).done();
        for (path, _, after) in files {
            let after = after.replace("OWN", &repo.id(path)).replace('F', FOREIGN);
            assert_eq!(String::from_utf8_lossy(&repo.read(path)), after, "{path}");
        }
        repo.idhooks("inject --remove --foreign --all").ok().done();
        for (path, ..) in files {
            let text = String::from_utf8(repo.read(path)).expect("text");
            assert!(!text.contains(FOREIGN), "{path}: {text}");
        }
        assert_eq!(repo.read("b.json"), b"{}");
        repo.commit("none");
    });
}

#[test]
fn what_it_was_called_before_is_its_own() {
    on_adopted(|repo| {
        let alias = "2099999999260118";
        let text = String::from_utf8(repo.registry("")).expect("text");
        let own = format!("\"id\":\"{}\"", repo.id("src/app.py"));
        let line = text.lines().find(|line| line.contains(&own)).expect("its record");
        let (start, end) = line.rsplit_once("\"}}").expect("its end");
        let with = format!("{start}\",\"aliases\":[\"{alias}\"]}}}}{end}");
        repo.stage(".idhooks/registry.json", text.replace(line, &with));
        repo.stage("src/app.py", format!("# doc_id: {alias}\nx = 1\n"));
        // As a merge would have left it.
        repo.run("commit -q --no-verify -m alias");
        repo.idhooks("inject --remove src/app.py").ok().done();
        assert_eq!(repo.read("src/app.py"), b"x = 1\n");
        // A file that has no identity has none of its own.
        repo.stage("src/new.py", format!("# doc_id: {alias}\nx = 2\n"));
        refuses(repo, "inject --remove src/new.py", &format!("{alias}, but has no identity"));
        repo.idhooks("inject --remove --foreign src/new.py").ok().done();
        assert_eq!(repo.read("src/new.py"), b"x = 2\n");
        repo.commit("plain");
    });
}

#[test]
fn what_is_no_identity_stays() {
    on_adopted(|repo| {
        repo.stage("a.json", "{\"meta\": {\"doc_id\": \"ID\"}}".replace("ID", FOREIGN));
        repo.stage("b.json", "{\"doc_id\": \"DOC-17\"}");
        repo.stage("c.py", "# doc_id: 0000000000000000\nx\n");
        std::os::unix::fs::symlink("a.json", repo.path().join("link.json")).expect("a link");
        repo.run("add link.json");
        leaves(repo, "inject --remove a.json", "nothing to remove");
        leaves(repo, "inject --remove --foreign a.json", "nothing to remove");
        refuses(repo, "inject --remove b.json", "its doc_id is 'DOC-17', which is not an identity");
        refuses(repo, "inject --remove --foreign b.json", "DOC-17");
        leaves(repo, "inject --remove --foreign --all --dry-run", "1 file not changed");
        refuses(repo, "inject --remove c.py", "0000000000000000");
        refuses(repo, "inject --remove link.json", "'link.json' cannot carry an identity");
        refuses(repo, "inject --remove .idhooks/registry.json", "cannot carry an identity");
        refuses(repo, "inject --remove none.py", "'none.py' is not in the index");
        let alone = repo.idhooks("inject --foreign a.json").code(2);
        alone.complains("--remove").done();
        repo.idhooks("inject --remove --foreign c.py").ok().done();
        assert_eq!(repo.read("c.py"), b"x\n");
        repo.run("rm -q -f b.json");
        repo.commit("plain");
    });
}

#[test]
fn what_a_rule_would_write_again_is_not_taken_out() {
    on_carrying(|repo| {
        let toml = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        let line = 1 + toml.lines().position(|line| line == "[[embed]]").expect("a rule");
        let rule = format!("idhooks.toml:{line} (path \"src/**\")");
        refuses(repo, "inject --remove src/app.py", &rule);
        refuses(repo, "inject --remove src", &format!("{rule} matches 'src/app.py' and 1 more"));
        refuses(repo, "inject --remove --all", "4 files");
        repo.stage("src/new file.py", text("new"));
        refuses(repo, "inject --remove src/app.py README.md", &rule);
        let answer = repo.idhooks(["inject", "--remove", "src/new file.py"]).code(2);
        let keys = "path = \"/src/new file.py\" and embed = false";
        answer.explains(&rule).complains(keys).done();
        // What the hint says helps.
        let keys = "[[embed]]\npath = \"/src/app.py\"\nembed = false\n";
        repo.stage("idhooks.toml", toml.replacen("\n[[embed]]", &format!("\n{keys}[[embed]]"), 1));
        repo.idhooks("inject --remove src/app.py").ok().done();
        repo.commit("without");
        assert_eq!(repo.read("src/app.py"), text("src/app.py").into_bytes());
        assert_eq!(committed(repo, "HEAD", "src/app.py"), head(repo, "src/app.py"));
        assert!(head(repo, "src/util.py").starts_with("# doc_id: "));
        repo.stage("src/app.py", text("edited"));
        repo.commit("edit");
        assert_eq!(repo.read("src/app.py"), text("edited").into_bytes());
        assert_eq!(repo.findings(""), [""; 0]);
        // Another one's identity is no concern of the rule: its own comes with the next commit.
        repo.stage("src/util.py", format!("# doc_id: {FOREIGN}\n{}", text("src/util.py")));
        refuses(repo, "inject --remove src/util.py", FOREIGN);
        repo.idhooks("inject --remove --foreign src/util.py").ok().done();
        assert_eq!(repo.read("src/util.py"), text("src/util.py").into_bytes());
        repo.commit("its own");
        assert_eq!(head(repo, "src/util.py"), format!("# doc_id: {}", repo.id("src/util.py")));
    });
}

#[test]
fn unstaged_edits_keep_what_they_say() {
    on_adopted_leaving(" M src/app.py\n M src/util.py\n", |repo| {
        repo.idhooks("inject src").ok().done();
        repo.commit("carry");
        let (app, util) = (repo.read("src/app.py"), repo.read("src/util.py"));
        repo.append("src/app.py", "unstaged\n");
        let other = format!("# doc_id: {FOREIGN}\n");
        repo.write("src/util.py", [other.as_bytes(), &util].concat());
        repo.idhooks("inject --remove src").ok().done();
        repo.commit("without");
        let plain = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes).split_once('\n').map(|(_, r)| r.to_owned())
        };
        let (app, util) = (plain(&app).expect("lines"), plain(&util).expect("lines"));
        assert_eq!(repo.read("src/app.py"), format!("{app}unstaged\n").into_bytes());
        assert_eq!(repo.read("src/util.py"), format!("{other}{util}").into_bytes());
        assert_eq!(repo.ask("cat-file blob HEAD:src/util.py"), util.trim_end());
    });
}
