//! Hints for refused installations.

use idhooks_ops::{InstallRefusal, OLDEST_GIT};

use super::CommandError;

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
            InstallRefusal::NoProgram(_) => converted.hint(
                "name the path of idhooks, for example: idhooks install --program \"$(command -v idhooks)\"",
            ),
            InstallRefusal::InCache(_, cache) => converted
                .hint(format!(
                    "install idhooks, then run 'idhooks install' again: {}",
                    cache.lasting_install()
                ))
                .hint("or name a program that stays: idhooks install --program <path>"),
            InstallRefusal::NoHooksDir(_) => converted
                .hint("see where it is set: git config --show-origin --get core.hooksPath"),
            InstallRefusal::DamagedBlock(_, command) => converted
                .hint(format!("remove its lines by hand, then run 'idhooks {command}' again")),
            InstallRefusal::Hook { reason, .. } => converted.because(&reason),
            InstallRefusal::Configuration(error) => converted.because(&error),
            InstallRefusal::Files { error, .. } => converted.because(&error),
        }
    }
}
