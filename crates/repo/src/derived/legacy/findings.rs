//! `LEGACY_MISMATCH` and `LEGACY_MISSING`: the legacy file is out of step with the registry.

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::{DualWrite, Leading};

use super::state::LegacyState;

/// The maximum number of differences that are reported one by one.
const MOST: usize = 20;

/// Returns the finding about a legacy file that exists although the migration is finished.
pub(super) fn is_back(rules: &DualWrite, is_in_index: bool) -> Finding {
    let (path, quoted) = (&rules.legacy, rules.legacy.shell_quoted());
    let message = format!(
        "'{path}' exists again although the migration is finished: nothing keeps it in step"
    );
    let remove = if is_in_index { "git rm" } else { "rm" };
    let help = format!(
        "if a program still writes it, stop that program; to import the changes that only it has: idhooks import {quoted} --update; then: {remove} {quoted}"
    );
    Finding::new(Code::LegacyMismatch, message, help).at(path).into_warning()
}

impl LegacyState {
    /// Returns the findings about a legacy file in this state.
    pub fn findings(&self, rules: &DualWrite) -> Vec<Finding> {
        let path = &rules.legacy;
        let derive = "derive it from the registry again: idhooks resolve; then commit";
        let differs = match rules.leading {
            // When `git commit -a` is blocked, nothing has been staged yet.
            Leading::Registry => {
                let quoted = path.shell_quoted();
                format!("compare both: git add {quoted} && idhooks migrate verify; {derive}")
            }
            Leading::Legacy => {
                "commit: its changes are imported into the registry, or listed; anything that it lacks is written to it; if nothing is staged: git commit --allow-empty".to_owned()
            }
        };
        let finding =
            |code, message: String, help: &str| Finding::new(code, message, help).at(path);
        let mismatch = |message: String| finding(Code::LegacyMismatch, message, &differs);
        match self {
            LegacyState::InStep => Vec::new(),
            LegacyState::Missing => {
                let message =
                    format!("'{path}' is missing, although [dual_write] keeps it in step");
                vec![finding(Code::LegacyMissing, message, derive)]
            }
            LegacyState::Conflicted => {
                let message = format!("'{path}' has conflict markers of an unfinished merge");
                vec![finding(Code::LegacyMismatch, message, derive)]
            }
            LegacyState::Unreadable(why) => {
                let help = format!(
                    "correct it and stage it (see what changed: git log -p -- {path}, and git diff HEAD -- {path}); to discard the changes, {derive}"
                );
                let message = format!("'{path}' cannot be read: {why}");
                vec![finding(Code::LegacyMismatch, message, &help)]
            }
            LegacyState::Differs(_) if !rules.format.has_records() => {
                let message = format!(
                    "'{path}' was edited: its lines do not match the second identities in the registry"
                );
                let help = format!(
                    "see what changed: git log -p -- {path}, and git diff HEAD -- {path}; to import new second identities \
                     (with --force also changed ones): idhooks import --ids-map {path}; to discard the rest, {derive}"
                );
                vec![finding(Code::LegacyMismatch, message, &help)]
            }
            LegacyState::Differs(all) if all.is_empty() => {
                vec![mismatch(format!(
                    "'{path}' differs in form from the text derived from the registry"
                ))]
            }
            LegacyState::Differs(all) => {
                // Separate findings for thousands of records would hide all other findings.
                let shown = all.iter().take(MOST);
                let mut findings: Vec<Finding> =
                    shown.map(|one| mismatch(format!("'{path}': {one}")).of(one.id)).collect();
                if all.len() > MOST {
                    let more = all.len() - MOST;
                    findings.push(mismatch(format!("'{path}' has {more} more differences")));
                }
                findings
            }
        }
    }
}
