//! What a commit may not bring in: identities in names and heads that are not those of the files.

use super::{committed, on_carrying, rule};
use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

/// Asserts that a commit of the index is blocked by this finding alone, that nothing was changed, and
/// that what it says helps: the command is entered, and the commit made. Returns the command.
fn blocks(repo: &Repo, code: &str, path: &str) -> String {
    let before = Snapshot::of(repo);
    let answer = repo.try_git("commit -q -m blocked").code(1);
    let said = answer.stderr();
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error[")).collect();
    let expected = format!("error[{code}]: ");
    assert!(
        errors.len() == 1 && errors[0].starts_with(&expected) && errors[0].contains(path),
        "{answer}"
    );
    before.assert_same(repo);
    let help = said.lines().find_map(|line| line.strip_prefix("  help: ")).expect("help");
    let at = help.find("git mv").or_else(|| help.find("idhooks "));
    let command = help[at.expect("a command")..].split("; or").next().expect("one").to_owned();
    let program = crate::common::binary().into_string().expect("a plain name");
    repo.sh(&command.replace("idhooks ", &format!("'{program}' "))).ok().done();
    repo.commit("helped");
    command
}

#[test]
fn identities_of_others_in_names() {
    on_adopted(|repo| {
        let readme = repo.id("README.md");
        // Nobody's.
        repo.stage("0199954321260118_new.md", text("new"));
        let help = blocks(repo, "UNREGISTERED", "'0199954321260118_new.md'");
        assert_eq!(help, "git mv -- 0199954321260118_new.md new.md");
        // That of a file that does not carry it.
        repo.stage(format!("docs/P_{readme}_it's.md"), text("other"));
        blocks(repo, "PATH_MISMATCH", "the identity of 'README.md'");
        assert_ne!(repo.id("docs/it's.md"), readme);
        // That of a file that does: a copy of it, or one with another content.
        let carrier = format!("docs/{}_guide.md", repo.id("docs/guide.md"));
        repo.idhooks("rename --to-id-prefix docs/guide.md").ok().done();
        repo.commit("rename");
        let copy = carrier.replace("guide", "copy");
        repo.stage(&copy, repo.read(&carrier));
        blocks(repo, "DUPLICATE_IN_FS", &format!("and so does '{carrier}'"));
        repo.stage(&copy, text("unlike"));
        // 'docs/copy.md' is taken by now.
        let help = repo.try_git("commit -q -m blocked").code(1).stderr();
        assert_text("embedding-brought_in-identities_of_others_in_names", &help);
        repo.mv(&copy, "docs/unlike.md");
        repo.commit("unlike");
        // A file that has one may not get a name with another's.
        repo.mv("notes.txt", &format!("{readme}_memo.txt"));
        blocks(repo, "PATH_MISMATCH", "the identity of 'README.md'");
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn names_that_are_as_they_should_be() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        // Its own, and 16 digits that are no identity of this repository.
        repo.mv("docs/guide.md", &format!("docs/{id}_guide.md"));
        repo.stage("2026012201111004_log.sql", text("log"));
        repo.stage("12345_plain.md", text("plain"));
        repo.git("commit -q -m fine").complains("").done();
        assert_eq!(repo.id(&format!("docs/{id}_guide.md")), id);
        // It moves, is deleted, comes back.
        repo.mv(&format!("docs/{id}_guide.md"), &format!("{id}_guide.md"));
        repo.commit("move");
        repo.run(["rm", "-q", &format!("{id}_guide.md")]);
        repo.commit("remove");
        repo.run("revert --no-edit HEAD");
        repo.run(["rm", "-q", &format!("{id}_guide.md")]);
        repo.commit("remove again");
        repo.run(["checkout", "-q", "HEAD~1", "--", &format!("{id}_guide.md")]);
        repo.commit("bring it back");
        assert_eq!(repo.id(&format!("{id}_guide.md")), id);
        // Reserved, it has to be given.
        let held = repo.idhooks("reserve --ns 100 --type 01").ok().stdout();
        repo.stage(format!("docs/{}_held.md", held.trim()), text("held"));
        let help = blocks(repo, "UNREGISTERED", "_held.md");
        assert!(help.starts_with("idhooks allocate --reserved"), "{help}");
        assert_eq!(repo.id(&format!("docs/{}_held.md", held.trim())), held.trim());
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn scopes_that_are_known_and_digits_that_are_no_identity() {
    on_adopted(|repo| {
        repo.configure("legacy_scopes = [\"111004\"]\n[[file_names]]\npath = \"docs/\"\n");
        repo.stage("docs/2026012201111004_x.md", text("legacy"));
        blocks(repo, "UNREGISTERED", "2026012201111004");
        for (n, name) in ["20260122_a.md", "P_2099900000260118_b.md", "11112222333344445_c.md"]
            .into_iter()
            .enumerate()
        {
            repo.stage(format!("docs/{name}"), text(name));
            assert_eq!(repo.findings("format"), ["MALFORMED_ID"], "{n}");
            blocks(repo, "MALFORMED_ID", name);
        }
        for name in ["docs/1234_d.md", "docs/0000000000000000_e.md", "20260122_f.md"] {
            repo.commit_file(name, text(name));
        }
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn what_was_there_before_only_warns() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let readme = repo.id("README.md");
        let bad = format!("{readme}_bad.md");
        repo.stage(&bad, text("bad"));
        repo.run("commit -q --no-verify -m unseen");
        repo.stage("new.md", text("new"));
        repo.commit("other work");
        repo.append(&bad, "edited\n");
        repo.run("commit -q -a -m edit");
        std::fs::create_dir(repo.path().join("dir")).expect("a directory");
        repo.mv(&bad, &format!("dir/{bad}"));
        let said = repo.git("commit -q -m moved").stderr();
        assert_text("embedding-brought_in-what_was_there_before_only_warns", &said);
        // A second one is the commit's own.
        repo.stage(format!("{readme}_worse.md"), text("worse"));
        let said = repo.try_git("commit -q -m worse").code(1).stderr();
        assert!(said.contains("_worse.md") && !said.contains("_bad.md'\n"), "{said}");
        repo.run(["rm", "-qf", &format!("{readme}_worse.md")]);
        assert_eq!(repo.findings(""), ["PATH_MISMATCH"]);
        judge::assert_status(&repo, "");
    });
}

#[test]
fn where_the_rules_say_so_it_only_warns() {
    on_adopted(|repo| {
        repo.configure("[hooks]\nenforce = \"warn\"\n[[embed]]\npath = \"src/\"\n");
        let readme = repo.id("README.md");
        repo.stage(format!("{readme}_x.md"), text("x"));
        repo.stage("src/y.py", "# doc_id: DOC-7\n");
        let said = repo.git("commit -q -m warned").stderr();
        for code in ["warning[PATH_MISMATCH]", "warning[MALFORMED_ID]"] {
            assert!(said.contains(code), "{said}");
        }
        // What helps now is what helps a file that has an identity.
        assert_text("embedding-brought_in-where_the_rules_say_so_it_only_warns", &said);
    });
}

#[test]
fn heads_that_the_rules_name() {
    on_carrying(|repo| {
        let app = repo.id("src/app.py");
        repo.stage("src/one.py", "# doc_id: 2099912345260118\nx = 1\n");
        blocks(repo, "UNREGISTERED", "'src/one.py'");
        repo.stage("src/two.py", "# doc_id: 2026012201111004\nx = 2\n");
        blocks(repo, "UNREGISTERED", "'src/two.py'");
        // An edit brings it in as well.
        repo.stage("src/util.py", "# doc_id: 2099912345260118\nx = 3\n");
        blocks(repo, "UNREGISTERED", "'src/util.py'");
        for path in ["src/one.py", "src/two.py", "src/util.py"] {
            assert_eq!(committed(repo, "HEAD", path), format!("# doc_id: {}", repo.id(path)));
        }
        repo.stage("src/four.py", "# doc_id: 20999123452601\nx = 4\n");
        assert_eq!(repo.findings("format"), ["MALFORMED_ID"]);
        let said = repo.try_git("commit -q -m blocked").code(1).stderr();
        assert_text("embedding-brought_in-heads_that_the_rules_name", &said);
        // What the commit can put right it puts right: copies, no sequence, none yet.
        repo.stage("src/four.py", repo.read("src/app.py"));
        repo.stage("src/five.py", "# doc_id: 2099900000260118\nx = 5\n");
        repo.stage("src/six.py", "# doc_id: 0000000000000000\nx = 6\n");
        assert_eq!(repo.git("commit -q -m fine").stderr(), "");
        assert_eq!(repo.id("src/app.py"), app);
        assert_eq!(repo.findings(""), [""; 0]);
        // Where it must not write, it cannot.
        repo.append(".gitattributes", "src/*.enc.py filter=rot\n");
        repo.run(["config", "filter.rot.clean", "cat"]);
        repo.run("add .gitattributes");
        repo.commit("filter");
        repo.stage("src/copy.enc.py", repo.read("src/app.py"));
        let said = repo.try_git("commit -q -m blocked").code(1).stderr();
        assert_text("embedding-brought_in-heads_that_the_rules_name-2", &said);
        repo.run("rm -qf src/copy.enc.py");
    });
}

#[test]
fn heads_that_were_wrong_before_the_rules_came() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("src/util.py", "# doc_id: DOC-7\n");
        rule(&repo);
        assert_eq!(repo.findings(""), ["MALFORMED_ID"]);
        repo.append("src/util.py", "x = 1\n");
        let said = repo.git("commit -q -a -m edit").stderr();
        assert_text("embedding-brought_in-heads_that_were_wrong_before_the_rules_came", &said);
        repo.append("src/app.py", "x = 1\n");
        assert_eq!(repo.git("commit -q -a -m edit").stderr(), "");
    });
}

#[test]
fn what_a_merge_or_a_partial_commit_brings_in() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("checkout -q -b side");
        repo.stage("0199911111260118_side.md", text("side"));
        repo.stage("both.md", "theirs\n");
        repo.run("commit -q --no-verify -m unseen");
        repo.idhooks("reconcile").ok().done();
        repo.commit("heal");
        repo.run("checkout -q main");
        repo.commit_file("both.md", "ours\n");
        repo.try_git("merge -q side").refused().done();
        repo.stage("both.md", "both\n");
        // The other branch had it.
        repo.run("commit -q --no-edit");
        repo.run("rm -q 0199911111260118_side.md");
        repo.commit("away with it");
        repo.stage("now.md", text("now"));
        repo.stage("0199954321260118_later.md", text("later"));
        repo.run("commit -q -m now now.md");
        judge::assert_status(&repo, "A  0199954321260118_later.md\n");
    });
}
