//! Merge commits that are signed and not true: signed again, or followed by another commit.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use crate::common::{Repo, for_each_git};
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

/// Merges, with a signer that signs so many times.
fn merge_signed(repo: &Repo, signatures: usize) {
    move_a_directory_against_an_addition(repo);
    let signer = repo.root().join("signer");
    std::fs::write(repo.root().join("signer.left"), "x\n".repeat(signatures)).expect("writable");
    std::fs::write(&signer, SIGNER).expect("writable");
    std::fs::set_permissions(&signer, Permissions::from_mode(0o755)).expect("own file");
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
        judge::assert_true_but(&repo, &[&merge]);
        judge::assert_clean(&repo);
    });
}
