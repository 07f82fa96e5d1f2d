//! What a file carries is the strongest evidence of where it went.

use super::{carrying, head};
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
