//! Merge commits that are signed and not true: signed again, or followed by another commit.

use crate::common::{Repo, for_each_git, write_script};
use crate::judge;

use super::shapes::move_a_directory_against_an_addition;

/// Signs like gpg, as often as the file beside it has lines.
const SIGNER: &str = r#"#!/bin/sh
cat >/dev/null
left=$(wc -l <"$0.left")
[ "$left" -gt 0 ] || exit 1
sed -i 1d "$0.left"
printf '%s\n' '-----BEGIN PGP SIGNATURE-----' '' 'c2lnbmVk' '-----END PGP SIGNATURE-----'
echo '[GNUPG:] SIG_CREATED D' >&2
"#;

/// Prepares a merge that is not true, with a signer that signs so many times.
fn sign(repo: &Repo, signatures: usize) {
    move_a_directory_against_an_addition(repo);
    let signer = repo.root().join("signer");
    std::fs::write(repo.root().join("signer.left"), "x\n".repeat(signatures)).expect("writable");
    write_script(&signer, SIGNER);
    let signer = signer.display().to_string();
    for (name, value) in [
        ("gpg.program", signer.as_str()),
        ("user.signingKey", "nobody"),
        ("commit.gpgSign", "true"),
        ("merge.directoryRenames", "true"),
    ] {
        repo.run(["config", name, value]);
    }
    repo.run("tag before");
}

fn merge_signed(repo: &Repo, signatures: usize) {
    sign(repo, signatures);
    repo.run("merge -q --no-edit side");
}

#[test]
fn the_replacement_is_signed_too() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        merge_signed(&repo, 2);
        super::assert_one_merge(&repo, "before", "side");
        let raw = repo.ask("cat-file commit HEAD");
        assert!(raw.contains("gpgsig -----BEGIN PGP SIGNATURE-----"), "{raw}");
        judge::assert_good(&repo);
    });
}

#[test]
fn what_cannot_be_signed_again_is_followed_by_a_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        merge_signed(&repo, 1);
        let merge = repo.rev("HEAD^");
        let raw = repo.ask(["cat-file", "commit", &merge]);
        assert!(raw.contains("gpgsig"), "{raw}");
        judge::assert_consistent_except(&repo, &[&merge]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_header_that_signing_would_lose_stays_in_its_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        sign(&repo, 3);
        repo.run("tag -s -m release v1 side");
        let said = repo.git("merge -q --no-edit v1").stderr();
        assert!(said.contains("its header 'mergetag' would be lost"), "{said}");
        let merge = repo.rev("HEAD^");
        let raw = repo.ask(["cat-file", "commit", &merge]);
        assert!(raw.contains("mergetag object"), "{raw}");
        judge::assert_consistent_except(&repo, &[&merge]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn names_in_another_encoding_stay_as_they_are() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        sign(&repo, 2);
        repo.run("config i18n.commitEncoding ISO-8859-1");
        repo.sh(r"GIT_AUTHOR_NAME=$(printf 'J\366rg') git merge -q --no-edit side").ok().done();
        super::assert_one_merge(&repo, "before", "side");
        let raw = repo.git("cat-file commit HEAD").bytes();
        let has = |part: &[u8]| raw.windows(part.len()).any(|bytes| bytes == part);
        assert!(has(b"\nauthor J\xf6rg <ann@example.org> ") && has(b"\nencoding ISO-8859-1\n"));
        judge::assert_good(&repo);
    });
}
