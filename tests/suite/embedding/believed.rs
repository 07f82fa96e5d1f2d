//! What a file carries is the strongest evidence of where it went.

use super::{carrying, committed, head, rule};
use crate::common::{Repo, for_each_git, text};
use crate::reviewed::assert_text;

#[test]
fn what_two_files_carry_is_told_and_follows_neither() {
    carrying(|repo| {
        let id = repo.id("src/app.py");
        repo.stage("src/one.py", repo.read("src/app.py"));
        repo.stage("src/two.py", repo.read("src/app.py"));
        repo.run("commit -q --no-verify -m copies");
        let twice = |path: &str| format!("error[DUPLICATE_IN_FS]: '{path}' carries {id}");
        let told = || repo.idhooks("check").stdout();
        for path in ["src/one.py", "src/two.py"] {
            assert!(told().contains(&twice(path)), "{}", told());
        }
        repo.stage("src/one.py", [&repo.read("src/one.py"), &b"x = 1\n"[..]].concat());
        repo.commit("heals");
        let own = repo.id("src/one.py");
        assert_eq!(head(repo, "src/one.py"), format!("# doc_id: {own}"));
        assert_eq!(repo.findings(""), ["DUPLICATE_IN_FS"]);
        assert_text("embedding-believed-what_two_files_carry_is_told_and_follows_neither", &told());
        repo.idhooks("inject --replace src/two.py").ok().done();
        repo.commit("put right");
        assert_eq!(repo.findings(""), [""; 0]);
        assert_eq!(repo.id("src/app.py"), id);
    });
}

#[test]
fn a_number_pasted_into_another_file_takes_nothing_from_a_file_without_a_head() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("src/app.py");
        rule(&repo);
        let unhooked = repo.copy_as("unhooked");
        for repo in [&repo, &unhooked] {
            repo.stage("src/pasted.py", format!("# doc_id: {id}\n{}", text("pasted")));
        }
        repo.commit("paste");
        unhooked.run("commit -q --no-verify -m paste");
        unhooked.run("commit -q --allow-empty -m healed");
        for repo in [&repo, &unhooked] {
            assert_eq!(repo.id("src/app.py"), id);
            assert_ne!(repo.id("src/pasted.py"), id);
        }
        assert_eq!(head(&repo, "src/pasted.py"), format!("# doc_id: {}", repo.id("src/pasted.py")));
    });
}

#[test]
fn a_path_that_stays_keeps_its_identity_under_the_file_of_another_one() {
    carrying(|repo| {
        let ids = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
        let unhooked = repo.copy_as("unhooked");
        for repo in [repo, &unhooked] {
            repo.run("mv -f src/util.py src/app.py");
        }
        let told = repo.git("commit -q -m over").stderr();
        unhooked.run("commit -q --no-verify -m over");
        unhooked
            .commit_file("src/app.py", [&unhooked.read("src/app.py"), &b"x = 1\n"[..]].concat());
        for repo in [repo, &unhooked] {
            assert_eq!(repo.id("src/app.py"), ids[0]);
            assert_eq!(repo.record(&ids[1])["status"], "deprecated");
            let own = format!("# doc_id: {}", ids[0]);
            assert_eq!(
                [head(repo, "src/app.py"), committed(repo, "HEAD", "src/app.py")],
                [&*own; 2]
            );
            assert_eq!(repo.findings(""), [""; 0]);
        }
        let line = format!(
            "idhooks: 'src/app.py' keeps {}; it carried {}, so its head was rewritten\n",
            ids[0], ids[1]
        );
        assert!(told.contains(&line), "{told}");
    });
}
