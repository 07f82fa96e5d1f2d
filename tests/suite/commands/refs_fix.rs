//! `idhooks fix` for references: to superseded, ambiguous and former identities.

use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::common::{Output, Repo, Snapshot, for_each_git, on_adopted, text};

use super::second_ids::give;

const FORMS: &str = "[[references.forms]]\ntext = 'DOC-{id}'\n\
    [[references.forms]]\ntext = '[[{second}]]'\n[[references.forms]]\nkey = 'related'\n";
/// A former identity that no file has.
const FORMER: &str = "0199900009260118";

/// Deletes src/util.py and src/app.py: the first is superseded by the second, and that by notes.txt.
/// Returns their identities and that of notes.txt.
fn chain(repo: &Repo) -> [String; 3] {
    let ids = ["src/util.py", "src/app.py", "notes.txt"].map(|path| repo.id(path));
    for (at, path) in ["src/util.py", "src/app.py"].into_iter().enumerate() {
        repo.run(["rm", "-q", path]);
        repo.commit("delete");
        repo.idhooks(["-q", "supersede", &ids[at], "--by", &ids[at + 1]]).ok().done();
        repo.commit("supersede");
    }
    ids
}

/// Changes the line of a record in the staged registry by hand.
fn edit_record(repo: &Repo, id: &str, edit: impl Fn(&str) -> String) {
    let text = String::from_utf8(repo.registry("")).expect("text");
    let start = format!("{{\"id\":\"{id}\"");
    let lines = text.split_inclusive('\n');
    let edited: String = lines
        .map(|line| if line.starts_with(&start) { edit(line) } else { line.to_owned() })
        .collect();
    assert_ne!(edited, text);
    repo.stage(".idhooks/registry.json", edited);
}

/// Gives a file a former identity.
fn give_alias(repo: &Repo, id: &str) {
    edit_record(repo, id, |line| {
        line.replace("\"metadata\":{", &format!("\"metadata\":{{\"aliases\":[\"{FORMER}\"],"))
    });
    repo.idhooks("fix NOT_CANONICAL --execute").ok().done();
    repo.commit("alias");
}

fn staged(repo: &Repo, path: &str) -> String {
    repo.git(["show", &format!(":{path}")]).stdout()
}

fn working(repo: &Repo, path: &str) -> String {
    String::from_utf8(repo.read(path)).expect("text")
}

fn holds(repo: &Repo, path: &str, expected: &str) {
    assert_eq!([staged(repo, path), working(repo, path)], [expected, expected], "{path}");
}

/// Runs a dry run, which must change nothing, then the run; returns its output.
fn fix<'r>(repo: &'r Repo, codes: &str) -> Output<'r> {
    let before = Snapshot::of(repo);
    let shown = repo.idhooks(format!("fix {codes}").as_str());
    before.assert_same(repo);
    let done = repo.idhooks(format!("fix {codes} --execute").as_str());
    assert_eq!(done.stdout(), shown.stdout());
    done
}

/// Returns the places and reasons of the references that a dry run leaves.
fn unfixed(repo: &Repo) -> Vec<(String, String)> {
    let found = repo.idhooks("fix --format json").json();
    let text = |one: &Value, name: &str| one[name].as_str().expect("text").to_owned();
    let place = |one: &Value| format!("{}:{}:{}", text(one, "path"), one["line"], one["column"]);
    let list = found["unfixed"].as_array().expect("a list");
    list.iter().map(|one| (place(one), text(one, "reason"))).collect()
}

#[test]
fn references_to_superseded_files_name_the_last_successor() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(FORMS);
        let [util, app, notes] = chain(&repo);
        let page = |first: &str, second: &str, third: &str| {
            format!(
                "\u{feff}---\r\nrelated: ['{first}', {second}]\r\n---\r\nDOC-{first}, idhooks:{second} \
                 and idhooks:{third}#x.\r\nidhooks:{first} <!-- idhooks: ignore -->\r\n"
            )
        };
        let before = page(&util, &app, &notes);
        let after = page(&notes, &notes, &notes)
            .replace(&format!("idhooks:{notes} <!--"), &format!("idhooks:{util} <!--"));
        repo.commit_file("docs/guide.md", &before);
        assert_eq!(repo.findings(""), ["REFERENCE_SUPERSEDED"; 4]);
        let done = fix(&repo, "").ok();
        let lines = done.stdout();
        assert!(
            lines.contains(&format!(
                "docs/guide.md:4:1  DOC-{util} becomes DOC-{notes}  (superseded)"
            )),
            "{lines}"
        );
        assert_eq!(lines.lines().count(), 4, "{lines}");
        assert_eq!(done.stderr(), "corrected 4 references\nfixed 4 findings\n");
        holds(&repo, "docs/guide.md", &after);
        assert_eq!(repo.findings(""), [""; 0]);
        repo.idhooks("fix").ok().complains("nothing to fix").done();
        repo.idhooks("fix --rollback").ok().done();
        holds(&repo, "docs/guide.md", &before);
        let document = repo.idhooks("fix REFERENCE_SUPERSEDED --format json").code(1).json();
        assert_eq!((&document["found"], &document["fixed"]), (&json!(4), &json!(4)));
        assert_eq!(document["executed"], false);
        assert_eq!(
            document["references"][2],
            json!({
                "path": "docs/guide.md", "line": 4, "column": 1, "cause": "successor",
                "text": format!("DOC-{util}"), "new_text": format!("DOC-{notes}"),
            })
        );
        let document = repo.idhooks("fix --execute --format json").ok().json();
        assert_eq!((&document["executed"], &document["left"]), (&json!(true), &json!([])));
        holds(&repo, "docs/guide.md", &after);
        repo.commit("fix");
    });
}

#[test]
fn without_the_table_no_reference_is_corrected() {
    on_adopted(|repo| {
        let [util, ..] = chain(repo);
        repo.commit_file("README.md", format!("idhooks:{util}\n"));
        repo.idhooks("fix --execute").ok().complains("nothing to fix").done();
        holds(repo, "README.md", &format!("idhooks:{util}\n"));
    });
}

#[test]
fn chains_that_lead_nowhere_are_left() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let [util, app, notes] = chain(repo);
        repo.commit_file("README.md", format!("idhooks:{util}\n"));
        // A circle, as only an edit by hand makes one.
        edit_record(repo, &app, |line| line.replace(&notes, &util));
        let text = format!("idhooks:{util}\n");
        assert_eq!(unfixed(repo), [("README.md:1:1".to_owned(), "no_successor".to_owned())]);
        let done = repo.idhooks("fix REFERENCE_SUPERSEDED --execute").code(1);
        let said = done.stderr();
        assert!(
            said.contains(&format!(
                "README.md:1:1: 'idhooks:{util}' is not corrected: what supersedes"
            )),
            "{said}"
        );
        holds(repo, "README.md", &text);
        // An identity that is not in the registry.
        edit_record(repo, &app, |line| line.replacen(&util, "0199900001260118", 1));
        assert_eq!(unfixed(repo)[0].1, "no_successor");
        // A deprecated one.
        repo.run("reset -q --hard");
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        assert_eq!(unfixed(repo)[0].1, "no_successor");
        repo.idhooks("fix --execute").code(1).done();
        holds(repo, "README.md", &text);
    });
}

#[test]
fn a_heading_must_be_there_and_a_stamp_must_be_right() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        repo.commit_file("docs/old.md", "# A\n## One\n");
        let old = repo.id("docs/old.md");
        repo.commit_file("docs/new.md", "# A\n## One\nmore\n");
        let new = repo.id("docs/new.md");
        repo.commit_file(
            "README.md",
            format!("idhooks:{old}\nidhooks:{old}#a\nidhooks:{old}#one\nidhooks:{old}\n"),
        );
        repo.idhooks("refs review README.md:1 README.md:2").ok().done();
        repo.stage("docs/new.md", "# A\n## One\n");
        repo.commit("review");
        let stamped = staged(repo, "README.md");
        repo.run("rm -q docs/old.md");
        repo.commit("delete");
        repo.idhooks(["-q", "supersede", &old, "--by", &new]).ok().done();
        repo.commit("supersede");
        // Of content that this clone lacks, neither is known.
        let blob = repo.rev(":docs/new.md");
        let object = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
        let content = repo.read(&object);
        repo.remove(&object);
        let unknown = |line: u32| (format!("README.md:{line}:1"), "missing".to_owned());
        assert_eq!(unfixed(repo), [1, 2, 3].map(unknown));
        repo.write(&object, content);
        // The content is equal, so the stamps are right.
        fix(repo, "").ok().done();
        holds(repo, "README.md", &stamped.replace(&old, &new));
        repo.run("reset -q --hard");
        // In other content, a stamp is wrong, and a heading may be missing.
        repo.commit_file("docs/new.md", "# A\nchanged\n");
        assert_eq!(unfixed(repo), [("README.md:3:1".to_owned(), "section".to_owned())]);
        fix(repo, "").code(1).done();
        holds(
            repo,
            "README.md",
            &format!("idhooks:{new}\nidhooks:{new}#a\nidhooks:{old}#one\nidhooks:{new}\n"),
        );
        assert_eq!(repo.findings(""), ["REFERENCE_SUPERSEDED"]);
        repo.commit("fix");
    });
}

#[test]
fn a_second_identity_becomes_that_of_the_successor() {
    on_adopted(|repo| {
        repo.configure(FORMS);
        give(repo, "SPEC-1 src/util.py\nSPEC-2 src/app.py\nSPEC-3 notes.txt\n");
        repo.commit_file("docs/guide.md", "---\nrelated: SPEC-1\n---\n[[SPEC-1]] [[SPEC-2]]\n");
        chain(repo);
        fix(repo, "").ok().done();
        holds(repo, "docs/guide.md", "---\nrelated: SPEC-3\n---\n[[SPEC-3]] [[SPEC-3]]\n");
        // A spelling that would not be read again is left.
        repo.run("reset -q --hard");
        repo.configure("[[references.forms]]\ntext = 'SPEC-{second}'\n");
        repo.commit_file("docs/guide.md", "SPEC-1\n");
        fix(repo, "").ok().done();
        holds(repo, "docs/guide.md", "SPEC-3\n");
        repo.run("reset -q --hard");
        repo.idhooks("assign --second DOC-3 notes.txt --force").ok().done();
        repo.commit("another name");
        assert_eq!(unfixed(repo), [("docs/guide.md:1:1".to_owned(), "spelling".to_owned())]);
        fix(repo, "").code(1).done();
        holds(repo, "docs/guide.md", "SPEC-1\n");
    });
}

#[test]
fn a_former_identity_becomes_the_present_one() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[references]\n");
        let notes = repo.id("notes.txt");
        give_alias(&repo, &notes);
        let before = format!("idhooks:{FORMER}@0123456789ab idhooks:{FORMER} idhooks:{notes}\n");
        repo.commit_file("README.md", &before);
        assert_eq!(repo.findings(""), ["REFERENCE_SUSPECT"]);
        // Codes select findings, and this is none.
        let left = repo.idhooks("fix REFERENCE_SUPERSEDED --execute").ok();
        assert_eq!(left.stderr(), "nothing to fix\n");
        holds(&repo, "README.md", &before);
        let done = fix(&repo, "").code(1);
        assert!(done.stderr().contains("corrected 2 references\n"), "{}", done.stderr());
        // The stamp is that of the same file, so the reference is suspect as before.
        holds(&repo, "README.md", &before.replace(FORMER, &notes));
        assert_eq!(repo.findings(""), ["REFERENCE_SUSPECT"]);
        // Without any finding, there is something to do as well.
        repo.commit_file("README.md", format!("idhooks:{FORMER}\n"));
        let dry = repo.idhooks("fix").ok();
        assert_eq!(
            dry.stderr(),
            "would correct 1 reference\nnothing was changed: 'idhooks fix --execute' corrects them\n"
        );
        let done = fix(&repo, "").ok();
        assert_eq!(
            done.stdout(),
            format!("README.md:1:1  idhooks:{FORMER} becomes idhooks:{notes}  (former identity)\n")
        );
        assert_eq!(done.stderr(), "corrected 1 reference\n");
        holds(&repo, "README.md", &format!("idhooks:{notes}\n"));
    });
}

/// Adds the table to the rules.
fn check_references(repo: &Repo) {
    repo.append("idhooks.toml", "\n[references]\n");
    repo.run("add idhooks.toml");
    repo.commit("rules");
}

/// Makes two clones give one number to docs/ours.md and docs/theirs.md, and merges them. In each
/// clone, a reference was committed before. Returns the number, and whether ours has kept it.
fn with_shared_number(repo: &Repo) -> (String, bool) {
    check_references(repo);
    let other = repo.clone_as("other");
    repo.commit_file("docs/ours.md", text("ours"));
    let both = repo.id("docs/ours.md");
    repo.commit_file("notes.txt", format!("Ours: idhooks:{both}\n"));
    other.commit_file("docs/theirs.md", text("theirs"));
    assert_eq!(other.id("docs/theirs.md"), both);
    other.commit_file("README.md", format!("Theirs: idhooks:{both}\n"));
    repo.run("pull -q --no-rebase --no-edit ../other main");
    let is_ours = repo.id("docs/ours.md") == both;
    (both, is_ours)
}

#[test]
fn an_ambiguous_reference_names_the_file_that_it_named_when_it_was_added() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        let (both, is_ours) = with_shared_number(&repo);
        let [ours, theirs] = ["docs/ours.md", "docs/theirs.md"].map(|path| repo.id(path));
        assert_eq!(repo.findings(""), ["REFERENCE_AMBIGUOUS"; 2]);
        // The lines are edited and moved after the merge; the references are the same.
        repo.commit_file("README.md", format!("\nTheirs, moved: idhooks:{both} and more\n"));
        repo.mv("notes.txt", "docs/notes.txt");
        repo.commit("move");
        // A new line is not known to mean either file.
        repo.stage("src/app.py", format!("# idhooks:{both}\n"));
        let shared = if is_ours { "docs/notes.txt:1:7" } else { "README.md:2:16" };
        let mut expected = [
            (shared.to_owned(), "shared".to_owned()),
            ("src/app.py:1:3".to_owned(), "not_committed".to_owned()),
        ];
        expected.sort();
        let mut left = unfixed(&repo);
        left.sort();
        assert_eq!(left, expected);
        let done = fix(&repo, "REFERENCE_AMBIGUOUS").code(1);
        assert_eq!(done.stdout().lines().filter(|line| line.ends_with("(ambiguous)")).count(), 1);
        let readme = format!("\nTheirs, moved: idhooks:{theirs} and more\n");
        holds(&repo, "README.md", &readme);
        holds(&repo, "docs/notes.txt", &format!("Ours: idhooks:{ours}\n"));
        holds(&repo, "src/app.py", &format!("# idhooks:{both}\n"));
        repo.commit("fix");
        // The file that has kept the number has no clearer name.
        let kept = if is_ours { "docs/ours.md" } else { "docs/theirs.md" };
        let said = repo.idhooks(["refs", "add", "--dry-run", "src/util.py:1", kept]).ok().stderr();
        assert!(said.contains(&format!("had the identity of '{kept}', too")), "{said}");
        // It was ambiguous already when it was added.
        let left = unfixed(&repo);
        assert!(
            left.contains(&("src/app.py:1:3".to_owned(), "ambiguous_then".to_owned())),
            "{left:?}"
        );
        let from = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--depth", "1", &from, "../shallow"]);
        let left = unfixed(&repo.beside("shallow"));
        assert!(left.iter().all(|(_, reason)| reason == "unknown_commit"), "{left:?}");
    });
}

#[test]
fn two_lines_with_one_number_may_mean_two_files() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        repo.commit_file("docs/list.md", "# List\n\n\n\n\n# End\n");
        check_references(&repo);
        let other = repo.clone_as("other");
        repo.commit_file("docs/ours.md", text("ours"));
        let both = repo.id("docs/ours.md");
        repo.commit_file("docs/list.md", format!("# List\n- ours idhooks:{both}\n\n\n\n# End\n"));
        other.commit_file("docs/theirs.md", text("theirs"));
        other
            .commit_file("docs/list.md", format!("# List\n\n\n\n- theirs idhooks:{both}\n# End\n"));
        repo.try_git("pull -q --no-rebase --no-edit ../other main").done();
        let [ours, theirs] = ["docs/ours.md", "docs/theirs.md"].map(|path| repo.id(path));
        repo.stage(
            "docs/list.md",
            format!("# List\n- ours idhooks:{both}\n- theirs idhooks:{both}\n# End\n"),
        );
        repo.commit("both");
        fix(&repo, "REFERENCE_AMBIGUOUS").code(1).done();
        holds(
            &repo,
            "docs/list.md",
            &format!("# List\n- ours idhooks:{ours}\n- theirs idhooks:{theirs}\n# End\n"),
        );
    });
}

#[test]
fn unstaged_changes_and_permissions_are_kept() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let [util, app, notes] = chain(repo);
        repo.commit_file("README.md", format!("a idhooks:{util}\r\nb idhooks:{app}\r\n"));
        let place = repo.path().join("README.md");
        repo.write("README.md", format!("new\r\na idhooks:{util}\r\nbb idhooks:{app}\r\n"));
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o444)).expect("a mode");
        repo.idhooks("fix --execute")
            .ok()
            .complains("changes in the index only")
            .complains("README.md:2:3")
            .done();
        assert_eq!(
            staged(repo, "README.md"),
            format!("a idhooks:{notes}\r\nb idhooks:{notes}\r\n")
        );
        assert_eq!(
            working(repo, "README.md"),
            format!("new\r\na idhooks:{notes}\r\nbb idhooks:{app}\r\n")
        );
        assert_eq!(place.metadata().expect("a file").permissions().mode() & 0o777, 0o444);
        repo.idhooks("fix --rollback").ok().done();
        assert!(working(repo, "README.md").contains(&util));
        // A file that git filters is left.
        repo.run("reset -q --hard");
        repo.run("config filter.x.clean cat");
        repo.append(".git/info/attributes", "README.md filter=x\n");
        assert_eq!(unfixed(repo).iter().filter(|(_, reason)| reason == "filtered").count(), 2);
    });
}

#[test]
fn other_repairs_of_the_same_file_are_made_as_well() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.configure("[references]\n[[embed]]\npath = 'docs/**'\n");
        let [util, app, notes] = chain(repo);
        let guide = repo.id("docs/guide.md");
        repo.stage("docs/guide.md", format!("---\ndoc_id: {app}\n---\n# Guide\nidhooks:{util}\n"));
        repo.stage("new.md", format!("idhooks:{app}\n"));
        repo.run("-c core.hooksPath=/dev/null commit -q -m unhooked");
        fix(repo, "").ok().done();
        holds(
            repo,
            "docs/guide.md",
            &format!("---\ndoc_id: \"{guide}\"\n---\n# Guide\nidhooks:{notes}\n"),
        );
        holds(repo, "new.md", &format!("idhooks:{notes}\n"));
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn an_unfinished_merge_is_left_alone() {
    on_adopted(|repo| {
        repo.configure("[references]\n");
        let [util, ..] = chain(repo);
        repo.commit_file("docs/guide.md", format!("idhooks:{util}\n"));
        repo.run("branch side");
        repo.commit_file("README.md", "main\n");
        repo.run("checkout -q side");
        repo.commit_file("README.md", "side\n");
        repo.try_git("merge -q main").refused().done();
        let before = Snapshot::of(repo);
        for line in ["fix", "fix --execute"] {
            repo.idhooks(line).code(2).explains("README.md").done();
        }
        before.assert_same(repo);
        repo.run("reset -q --hard");
    });
}
