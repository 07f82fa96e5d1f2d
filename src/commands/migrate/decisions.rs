//! What a person must decide before a step is made.

use std::collections::BTreeMap;

use idhooks_core::plan::migration::MigrationPhase;

/// Returns the reasons why something cannot be taken, by the identity that they are about, or their first words.
pub(super) fn by_key(reasons: Vec<String>) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for reason in reasons {
        let of_key = all.entry(key_of(&reason)).or_default();
        of_key.push_str(if of_key.is_empty() { "" } else { "; " });
        of_key.push_str(&reason);
    }
    all
}

/// Returns the identity about which a reason is, or its first word.
fn key_of(reason: &str) -> String {
    let words = || reason.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_id = |word: &&str| word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_digit());
    words().find(is_id).or_else(|| words().next()).unwrap_or_default().to_owned()
}

/// Returns what to do about the records and files about which a person must decide.
pub(super) fn to_decide(phase: MigrationPhase) -> &'static str {
    match phase {
        MigrationPhase::Off => {
            "correct what the lines with 'skip' name, the record in the legacy file or the name of the file, commit that, then run it again"
        }
        _ => {
            "correct what the lines with 'skip' name, in the legacy file or in the registry, commit that, then run it again"
        }
    }
}
