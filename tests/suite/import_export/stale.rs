//! Records whose paths are old follow the renames of the history.

use std::fs;

use crate::common::{Repo, for_each_git, text};

fn registry(paths: &[&str]) -> String {
    let record = |(n, path): (usize, &&str)| {
        format!(
            "{{\"id\":\"20999{:05}250101\",\"file_path\":\"{path}\",\"allocated_at\":\"2025-01-01T00:00:00\",\"status\":\"active\"}}",
            n + 1
        )
    };
    let records: Vec<String> = paths.iter().enumerate().map(record).collect();
    format!(
        "{{\"schema_version\":\"1.0\",\"scope\":\"250101\",\"allocations\":[{}]}}",
        records.join(",")
    )
}

#[test]
fn a_chain_of_renames_leads_to_the_file_of_today() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        for path in ["a.py", "old/b.py", "c.py", "d.py", "gone.py"] {
            repo.stage(path, text(path));
        }
        repo.commit("one");
        repo.run("mv a.py b1.py");
        repo.run("mv old/b.py old/b2.py");
        repo.run("rm -q gone.py");
        repo.commit("two");
        repo.run("switch -q -c side");
        fs::create_dir_all(repo.path().join("new")).expect("made");
        repo.run("mv b1.py new/first.py");
        repo.commit("three");
        repo.run("switch -q main");
        repo.run("mv old/b2.py second.py");
        repo.commit("four");
        repo.run("merge -q --no-edit side");
        // What is now at an old path is a file of its own.
        repo.run("mv d.py e.py");
        repo.commit("five");
        // Staged only.
        repo.run("mv c.py third.py");
        let file = repo.root().join("registry.json");
        fs::write(&file, registry(&["a.py", "old/b.py", "c.py", "d.py", "gone.py"]))
            .expect("written");
        let file = file.to_str().expect("plain");
        repo.idhooks(["import", file]).ok().done();
        repo.idhooks("check --strict").ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        assert_eq!(repo.id("new/first.py"), "2099900001250101");
        assert_eq!(repo.id("second.py"), "2099900002250101");
        assert_eq!(repo.id("third.py"), "2099900003250101");
        assert_eq!(repo.id("e.py"), "2099900004250101");
        assert_eq!(repo.record("2099900005250101")["status"], "deprecated");
    });
}

#[test]
fn two_records_that_lead_to_one_file_are_left_alone() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("one.py", text("one"));
        repo.commit("one");
        repo.run("mv one.py two.py");
        repo.commit("two");
        repo.run("mv two.py today.py");
        repo.commit("three");
        let file = repo.root().join("registry.json");
        fs::write(&file, registry(&["one.py", "two.py"])).expect("written");
        repo.idhooks(["import", file.to_str().expect("plain")]).ok().done();
        repo.commit("adopt");
        for id in ["2099900001250101", "2099900002250101"] {
            assert_eq!(repo.record(id)["status"], "deprecated", "{id}");
        }
    });
}
