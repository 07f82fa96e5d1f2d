//! Hints for refused installations.

use idhooks_ops::{InstallRefusal, OLDEST_GIT, ProgramCache};

use super::CommandError;
use crate::output::shell_quoted;

impl From<InstallRefusal> for CommandError {
    fn from(refusal: InstallRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            InstallRefusal::NotARepository(_) => converted.hint("change to a repository, name one with 'idhooks -C <dir> …', or create one with 'git init'"),
            InstallRefusal::OldGit(_, error) => {
                let [major, minor] = OLDEST_GIT;
                converted.because(&error).hint(format!("install git {major}.{minor} or later"))
            }
            InstallRefusal::Bare => {
                converted.hint("run the command in a clone that has a working tree")
            }
            InstallRefusal::NoProgram(_) | InstallRefusal::NotIdhooks(_) => converted.hint(
                "name the path of idhooks, for example: idhooks install --program \"$(command -v idhooks)\"",
            ),
            InstallRefusal::TooOld { .. } => converted.hint("name a newer idhooks, or update that one"),
            InstallRefusal::Newer { program, is_there } => converted
                .hint(match is_there {
                    true => {
                        let program = shell_quoted(&program.path.to_string_lossy());
                        format!("run that one: {program} doctor --fix")
                    }
                    false => format!("install idhooks {} or later, then run it", program.version),
                })
                .hint("to let the hooks call this one instead: idhooks install"),
            // 'doctor --fix' installs, too, and has no such option.
            InstallRefusal::InCache(_, cache) => {
                converted.hint_lasting_program(cache, "idhooks install --program <path>")
            }
            InstallRefusal::NoHooksDir(_) => converted
                .hint("see where it is set: git config --show-origin --get core.hooksPath"),
            InstallRefusal::DamagedBlock(_, command) => converted
                .hint(format!("remove its lines by hand, then run 'idhooks {command}' again")),
            InstallRefusal::Hook { reason, .. } => converted.because(&reason),
            InstallRefusal::Configuration(error) => {
                let cause = Self::from(error);
                CommandError { message: converted.message, causes: vec![cause.message], ..cause }
            }
            InstallRefusal::Files { error, .. } => converted.because(&error),
        }
    }
}

impl CommandError {
    /// Adds how to install a program that stays, unlike the one in this cache, and how to name one.
    pub(super) fn hint_lasting_program(self, cache: ProgramCache, by_name: &str) -> Self {
        let (install, program) = (cache.lasting_install(), cache.installed_program());
        self.hint(format!("install idhooks: {install}; then run this command as '{program} …'"))
            .hint(format!("or name a program that stays: {by_name}"))
    }
}
