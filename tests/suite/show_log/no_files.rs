//! Paths that are no regular files, and so never have an identity.

use crate::common::on_adopted;

#[test]
fn a_link_and_a_directory_are_named_as_such() {
    on_adopted(|repo| {
        std::os::unix::fs::symlink("notes.txt", repo.path().join("link")).expect("a link");
        repo.run("add link");
        repo.commit("link");
        for command in ["show", "log"] {
            let cause = "'link' is a symbolic link; only regular files have identities";
            repo.idhooks([command, "link"]).code(2).complains(cause).explains("'link'").done();
            for dir in ["docs", "docs/"] {
                let answer = repo.idhooks([command, dir]).code(2);
                answer
                    .complains("'docs' is a directory; only files have identities")
                    .complains("idhooks list --path 'docs/**'")
                    .done();
            }
            let own = repo.idhooks([command, ".idhooks"]).code(2);
            own.complains("is a directory").complains("idhooks list\n").done();
            repo.idhooks([command, "doc"]).code(2).complains("cannot find").done();
        }
        repo.idhooks("show docs --at HEAD").code(2).complains("is a directory").done();
        repo.idhooks(["list", "--path", "docs/**"]).ok().done();
    });
}
