//! Checks which branches a bare repository's server hooks protect.

use std::path::Path;

use idhooks_core::check::and_more;
use idhooks_core::registry::shell_quoted;
use idhooks_repo::git::is_executable;

use super::diagnosis::Diagnosis;
use super::doctor_line::{DoctorLine, ok, warning};
use super::server_hook::HookCall;
use crate::Protection;

/// The hooks that can reject a push.
const REFUSING: [&str; 2] = ["pre-receive", "update"];
/// The hooks that git runs after a push.
const LATE: [&str; 2] = ["post-receive", "post-update"];

/// Checks the hooks in a bare repository that call `idhooks receive`.
pub(super) fn lines(diagnosis: &Diagnosis) -> Vec<DoctorLine> {
    if !diagnosis.is_bare() {
        return Vec::new();
    }
    let hooks = REFUSING.iter().filter_map(|hook| gate(diagnosis, hook));
    let late = LATE.iter().filter_map(|hook| late_hook(diagnosis, hook));
    hooks.chain(late).map(|line| line.of("gate")).collect()
}

/// Returns how a hook's script calls `idhooks receive`.
fn call(path: &Path, hook: &str) -> HookCall {
    let script = std::fs::read(path).unwrap_or_default();
    HookCall::of(&String::from_utf8_lossy(&script), hook)
}

fn late_hook(diagnosis: &Diagnosis, hook: &str) -> Option<DoctorLine> {
    let call = call(&diagnosis.state.places.hooks_dir.join(hook), hook);
    let what = "cannot refuse a push: git runs it after the push";
    let line = warning(format!("the hook '{hook}' {what}"))
        .help("write into the hook 'pre-receive': exec idhooks receive");
    (!matches!(call, HookCall::Absent | HookCall::Comment)).then_some(line)
}

fn gate(diagnosis: &Diagnosis, hook: &str) -> Option<DoctorLine> {
    let path = diagnosis.state.places.hooks_dir.join(hook);
    let call = call(&path, hook);
    // git skips hooks that are not executable, so their content does not matter.
    if call != HookCall::Absent && !is_executable(&path) {
        let help = format!("chmod +x {}", shell_quoted(&path.to_string_lossy()));
        let what = "is not executable: git does not run it";
        return Some(warning(format!("the hook '{hook}' {what}")).help(help));
    }
    // git passes the ref to `update` as an argument, and the refs to `pre-receive` on standard
    // input.
    let line =
        if hook == "update" { "exec idhooks receive \"$@\"" } else { "exec idhooks receive" };
    let (message, help) = match call {
        HookCall::Absent => return None,
        HookCall::Decides { protect } => return Some(protected(diagnosis, hook, &protect)),
        HookCall::Comment => (
            format!("the hook '{hook}' has 'idhooks receive' only in a comment: it checks nothing"),
            format!("add the line: {line}"),
        ),
        HookCall::Ignored => (
            format!("the hook '{hook}' loses the result of 'idhooks receive': it refuses nothing"),
            format!("write as its last line: {line}"),
        ),
        HookCall::NoArguments => (
            format!("the hook '{hook}' does not pass its arguments: every push is refused"),
            format!("write as its last line: {line}"),
        ),
        HookCall::Unclear => (
            format!(
                "cannot tell whether the hook '{hook}' protects a branch: no line of it simply runs 'idhooks receive'"
            ),
            format!("write as its last line: {line}"),
        ),
    };
    Some(warning(message).help(help))
}

/// Returns the line for a hook that passes on the result of `idhooks receive`.
fn protected(diagnosis: &Diagnosis, hook: &str, option: &[String]) -> DoctorLine {
    let protection = match Protection::read(&diagnosis.repo, option) {
        Ok(protection) => protection,
        Err(refused) => {
            let message = format!("the hook '{hook}' refuses every push: {refused}");
            return warning(message).help(match option {
                [] => "correct the pattern: git config --edit",
                _ => "correct the pattern in the hook",
            });
        }
    };
    if let Some(gap) = protection.gap() {
        let line = warning(format!("the hook '{hook}' protects no branch: {gap}"));
        return match protection.main_branch() {
            Some(branch) => line.help(protection.advice(branch)),
            None => line.help("push the branch to protect"),
        };
    }
    let names = protection.names();
    let shown = names.iter().take(3).map(|name| format!("'{name}'"));
    let shown: Vec<String> = shown.collect();
    let rest = and_more(names.len() - shown.len());
    ok(format!("the hook '{hook}' protects {}{rest}", shown.join(", ")))
}
