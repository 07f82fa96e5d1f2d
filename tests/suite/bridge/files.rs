//! The identities of files, in the commands for identifiers.

use crate::common::{Repo, for_each_git};

#[test]
fn identities_of_files_are_identifiers() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.idhooks("assign --second DOC-12 docs/intro.md").ok().done();
        repo.commit("second identities");
        let (id, other) = (repo.id("docs/intro.md"), repo.id("README.md"));
        let detected = repo.idhooks(["bridge", "detect", &id, "--format", "json"]).ok().json();
        assert_eq!(detected["results"][0]["format"], "file_id");
        let detected = repo.idhooks("bridge detect DOC-12").ok().stdout();
        assert_eq!(detected, "DOC-12: doc_id 1.00\n");
        assert_eq!(repo.idhooks("bridge translate DOC-12").ok().stdout(), format!("{id}\n"));
        let back = repo.idhooks(["bridge", "translate", &id, "--to", "doc_id"]).ok().stdout();
        assert_eq!(back, "DOC-12\n");
        repo.write("among", format!("{other}\n{id}\nhello\n"));
        let out = repo.idhooks("bridge match DOC-12 --among among").ok().stdout();
        assert_eq!(out, format!("{id}\n"));
        repo.idhooks(["bridge", "translate", &other, "--to", "doc_id"])
            .code(1)
            .complains("its file has no second identity")
            .done();
        repo.idhooks("bridge translate DOC-13 --to file_id")
            .code(1)
            .complains("no file has")
            .done();
        repo.idhooks("bridge detect 0000000000000000").code(1).done();
    });
}
