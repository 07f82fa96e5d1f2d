//! Which identities are removed from files, and which stay there.

use super::*;

/// Asserts that nothing is removed, and returns the report.
#[track_caller]
fn leaves(repo: &TestRepo, action: InjectAction, files: &[&str]) -> InjectReport {
    let report = repo.unchanged(|_| injected(repo, &options(repo, action, files)));
    assert_eq!((changes(&report), report.refusals.len()), (vec![], 0));
    report
}

/// Returns the identity of a file, as text.
fn id(repo: &TestRepo, path: &str) -> String {
    repo.id(path).to_string()
}

#[test]
fn an_identity_that_is_not_its_own_stays_unless_that_is_wanted() {
    let repo = TestRepo::adopted();
    repo.commit_file("data/x.json", "{\"a\": 1}\n");
    let json = format!("{{\"doc_id\": \"{FOREIGN}\", \"a\": 1}}\n");
    repo.stage("data/x.json", &json);
    let own = id(&repo, "data/x.json");
    let reason = format!("carries {FOREIGN}, but its identity is {own}");
    refuses(&repo, Remove, &["data/x.json"], &reason);
    for files in [&[][..], &["."], &["data"]] {
        assert_eq!(leaves(&repo, Remove, files).foreign, 1);
    }
    // Beside its own, only the other one is removed.
    done(&repo, Write, &["src/app.py"]);
    let app = repo.read("src/app.py");
    let removed = done(&repo, RemoveForeign, &["data/x.json", "src/app.py"]);
    assert_eq!(removed, [format!("data/x.json {FOREIGN}")]);
    assert_eq!(repo.read("data/x.json"), "{\"a\": 1}\n");
    assert_eq!(repo.read("src/app.py"), app);
    leaves(&repo, RemoveForeign, &["."]);
}

#[test]
fn of_several_identities_its_own_is_removed_and_the_others_stay() {
    let repo = TestRepo::adopted();
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
        repo.stage(path, &before.replace("OWN", &id(&repo, path)).replace('F', FOREIGN));
    }
    let mut notices = repo.notices();
    let all = options(&repo, Remove, &[]);
    inject(&mut notices, &repo.open(), &all).expect("possible");
    let is_kept = |notice: &Notice| {
        let Notice::Inject(InjectNotice::ForeignIdKept(path, other)) = notice else { return None };
        Some((path.to_string(), other.clone()))
    };
    let mut kept: Vec<_> = notices.iter().filter_map(is_kept).collect();
    let mut expected = files.map(|(path, ..)| (path.to_owned(), FOREIGN.to_owned()));
    kept.sort();
    expected.sort();
    assert_eq!(kept, expected);
    for (path, _, after) in files {
        let after = after.replace("OWN", &id(&repo, path)).replace('F', FOREIGN);
        assert_eq!(repo.read(path), after, "{path}");
    }
    done(&repo, RemoveForeign, &[]);
    for (path, ..) in files {
        assert!(!repo.read(path).contains(FOREIGN), "{path}: {}", repo.read(path));
    }
    assert_eq!(repo.read("b.json"), "{}");
}

#[test]
fn a_former_identity_of_a_file_is_its_own() {
    let repo = TestRepo::adopted();
    let alias: Id = "2099999999260118".parse().expect("an identity");
    repo.edit_registry("alias", |registry| {
        let mut records = registry.allocations.iter_mut();
        let record = records.find(|record| record.path == path("src/app.py")).expect("a record");
        record.aliases.insert(alias);
    });
    repo.stage("src/app.py", &format!("# doc_id: {alias}\nx = 1\n"));
    done(&repo, Remove, &["src/app.py"]);
    assert_eq!(repo.read("src/app.py"), "x = 1\n");
    // A file without an identity has none of its own.
    repo.stage("src/new.py", &format!("# doc_id: {alias}\nx = 2\n"));
    refuses(&repo, Remove, &["src/new.py"], &format!("carries {alias}, but has no identity"));
    done(&repo, RemoveForeign, &["src/new.py"]);
    assert_eq!(repo.read("src/new.py"), "x = 2\n");
}

#[test]
fn a_value_that_is_no_identity_stays() {
    let repo = TestRepo::adopted();
    repo.stage("a.json", &format!("{{\"meta\": {{\"doc_id\": \"{FOREIGN}\"}}}}"));
    repo.stage("b.json", "{\"doc_id\": \"DOC-17\"}");
    repo.stage("c.py", "# doc_id: 0000000000000000\nx\n");
    // Windows makes symbolic links for administrators only.
    let target = repo.git_with(&["hash-object", "-w", "--stdin"], "a.json");
    repo.run(&format!("update-index --add --cacheinfo 120000,{target},link.json"));
    for action in [Remove, RemoveForeign] {
        leaves(&repo, action, &["a.json"]);
        refuses(&repo, action, &["b.json"], "its doc_id is 'DOC-17', which is not an identity");
    }
    let all = InjectOptions { is_dry_run: true, ..options(&repo, RemoveForeign, &[]) };
    let report = repo.unchanged(|_| injected(&repo, &all));
    assert_eq!((changes(&report), report.left_out), (vec!["c.py 0000000000000000".to_owned()], 1));
    for (file, reason) in [
        ("c.py", "0000000000000000"),
        ("link.json", "'link.json' cannot carry an identity"),
        (".idhooks/registry.json", "cannot carry an identity"),
        ("none.py", "'none.py' is not in the index"),
    ] {
        refuses(&repo, Remove, &[file], reason);
    }
    done(&repo, RemoveForeign, &["c.py"]);
    assert_eq!(repo.read("c.py"), "x\n");
}

#[test]
fn an_identity_that_a_rule_would_write_again_is_not_removed() {
    let repo = TestRepo::adopted();
    let plain = repo.read("idhooks.toml");
    rule(&repo, "path = [\"src/**\", \"docs/**\"]");
    done(&repo, Write, &[]);
    repo.commit("carry");
    let toml = repo.read("idhooks.toml");
    let line = 1 + toml.lines().position(|line| line == "[[embed]]").expect("a rule");
    let rule = format!("idhooks.toml:{line} (path \"src/**\")");
    refuses(&repo, Remove, &["src/app.py"], &rule);
    refuses(&repo, Remove, &["src"], &format!("{rule} matches 'src/app.py' and 1 more"));
    refuses(&repo, Remove, &[], "(path \"docs/**\")");
    refuses(&repo, Remove, &["src/app.py", "README.md"], &rule);
    // A rule that excludes the file helps.
    let keys = "\n[[embed]]\npath = \"/src/app.py\"\nembed = false\n";
    repo.stage("idhooks.toml", &(plain.clone() + keys + &toml[plain.len()..]));
    done(&repo, Remove, &["src/app.py"]);
    repo.commit("without");
    assert_eq!(repo.read("src/app.py"), text("src/app.py"));
    assert_eq!(repo.git(&["show", "HEAD:src/app.py"]) + "\n", text("src/app.py"));
    assert!(repo.read("src/util.py").starts_with("# doc_id: "));
    repo.stage("src/app.py", &text("edited"));
    repo.commit("edit");
    assert_eq!(repo.read("src/app.py"), text("edited"));
    assert!(repo.findings().is_empty());
    // The rule does not hold for the identity of another file: its own comes with the next commit.
    repo.stage("src/util.py", &format!("# doc_id: {FOREIGN}\n{}", text("src/util.py")));
    refuses(&repo, Remove, &["src/util.py"], FOREIGN);
    done(&repo, RemoveForeign, &["src/util.py"]);
    assert_eq!(repo.read("src/util.py"), text("src/util.py"));
    repo.commit("its own");
    assert!(
        repo.read("src/util.py").starts_with(&format!("# doc_id: {}\n", id(&repo, "src/util.py")))
    );
}

#[test]
fn edits_that_are_not_staged_keep_the_lines_that_they_have() {
    let repo = TestRepo::adopted();
    done(&repo, Write, &["src"]);
    repo.commit("carry");
    let [app, util] = ["src/app.py", "src/util.py"].map(|path| repo.read(path));
    repo.write("src/app.py", &(app + "unstaged\n"));
    let other = format!("# doc_id: {FOREIGN}\n");
    repo.write("src/util.py", &(other.clone() + &util));
    injected(&repo, &options(&repo, Remove, &["src"]));
    repo.commit("without");
    assert_eq!(repo.read("src/app.py"), text("src/app.py") + "unstaged\n");
    assert_eq!(repo.read("src/util.py"), other + &text("src/util.py"));
    assert_eq!(repo.git(&["show", "HEAD:src/util.py"]) + "\n", text("src/util.py"));
}
