//! The git configuration for the merge driver and the hooks directory.

use super::{DriverCommands, Git, GitError};

const DRIVER: &str = "merge.idhooks.driver";
const NAME: &str = "merge.idhooks.name";
const NAME_VALUE: &str = "idhooks registry";
/// The driver for generated files keeps our version, because the next commit regenerates them.
const GENERATED: [(&str, &str); 2] = [
    ("merge.idhooks-generated.driver", "true"),
    ("merge.idhooks-generated.name", "idhooks generated files"),
];
/// The legacy file's driver, which merges the records in the file.
const LEGACY_DRIVER: &str = "merge.idhooks-legacy.driver";
const LEGACY_NAME: (&str, &str) = ("merge.idhooks-legacy.name", "idhooks legacy file");
/// Our own sections in the configuration.
const SECTIONS: [&str; 3] = ["merge.idhooks", "merge.idhooks-generated", "merge.idhooks-legacy"];
/// A pattern for the keys in these sections.
const OWN_KEYS: &str = r"^merge\.idhooks(-generated|-legacy)?\.";

/// Returns whether a key is in one of our sections.
fn is_own(key: &str) -> bool {
    key.rsplit_once('.').is_some_and(|(section, _)| SECTIONS.contains(&section))
}

/// Returns the keys and values that this version writes.
fn expected(commands: &DriverCommands) -> [(&'static str, &str); 6] {
    // The settings are written in this order, each command before its name.
    let [driver, name] = GENERATED;
    let legacy = (LEGACY_DRIVER, &*commands.legacy);
    [(DRIVER, &commands.registry), (NAME, NAME_VALUE), driver, name, legacy, LEGACY_NAME]
}

/// The settings that matter for an installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The merge driver's command, from any scope.
    pub driver: Option<String>,
    /// The command of the legacy file's merge driver, from any scope.
    pub legacy_driver: Option<String>,
    /// The keys and values in our sections of the local configuration.
    pub local: Vec<(String, String)>,
    /// The scope in which `core.hooksPath` is set: `local`, `global` and so on.
    pub hooks_path_scope: Option<String>,
}

impl Settings {
    /// Reads the settings with a single git call.
    ///
    /// # Errors
    /// Returns an error if git cannot read the configuration.
    pub fn read(git: &Git) -> Result<Self, GitError> {
        let pattern = r"^(merge\.idhooks(-generated|-legacy)?\.|core\.hookspath$)";
        let args = ["config", "-z", "--show-scope", "--get-regexp", pattern];
        let answer = match git.run(&args) {
            // git exits with 1 if no key matches.
            Err(GitError { code: Some(1), .. }) => Vec::new(),
            answer => answer?,
        };
        let mut settings = Settings::default();
        for (scope, key, value) in entries(&answer) {
            match &*key {
                "core.hookspath" => settings.hooks_path_scope = Some(scope.clone()),
                DRIVER => settings.driver = Some(value.clone()),
                LEGACY_DRIVER => settings.legacy_driver = Some(value.clone()),
                _ => {}
            }
            if scope == "local" && is_own(&key) {
                settings.local.push((key, value));
            }
        }
        Ok(settings)
    }

    /// Returns whether the local configuration already has everything that [`configure`] would
    /// write.
    pub fn configured(&self, commands: &DriverCommands) -> bool {
        let expected = expected(commands);
        self.driver.as_deref() == Some(&commands.registry)
            && self.legacy_driver.as_deref() == Some(&commands.legacy)
            && self.local.len() == expected.len()
            && expected
                .iter()
                .all(|(key, value)| self.local.iter().any(|(k, v)| k == key && v == value))
    }
}

/// Parses the output of `git config -z --show-scope`: the scope, key and value of each entry.
pub(super) fn entries(answer: &[u8]) -> Vec<(String, String, String)> {
    let answer = String::from_utf8_lossy(answer);
    let mut words = answer.split('\0').map(str::to_owned);
    let mut entries = Vec::new();
    while let (Some(scope), Some(entry)) = (words.next(), words.next()) {
        // git treats a key without a value as true.
        let (key, value) = entry.split_once('\n').unwrap_or((&entry, ""));
        entries.push((scope, key.to_owned(), value.to_owned()));
    }
    entries
}

/// Writes the merge drivers to the local configuration.
///
/// Each command is written before its name, because a driver that has only a name makes every merge
/// fail.
///
/// # Errors
/// Returns an error if the configuration cannot be written; the old settings are then restored.
pub fn configure(git: &Git, before: &Settings, commands: &DriverCommands) -> Result<(), GitError> {
    let expected = expected(commands);
    // If a key has several values, it is rewritten as well, because git would use the last value.
    let set = expected.iter().filter(|(key, value)| {
        let local: Vec<_> = before.local.iter().filter(|(k, _)| k == key).collect();
        local.len() != 1 || local[0].1 != *value
    });
    let mut calls: Vec<Vec<&str>> =
        set.map(|(key, value)| vec!["--replace-all", *key, *value]).collect();
    let stray = before.local.iter().map(|(key, _)| key.as_str());
    let is_stray = |key: &&str| expected.iter().all(|(known, _)| known != key);
    calls.extend(stray.filter(is_stray).map(|key| vec!["--unset-all", key]));
    for (done, call) in calls.iter().enumerate() {
        let args = [&["config", "--local"], call.as_slice()].concat();
        if let Err(error) = git.run(&args) {
            // If a driver has a name but no command, every merge that uses it fails, so undo the
            // changes. Without any, the settings may be those of another run by now.
            if done > 0 {
                restore(git, before);
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Removes the merge drivers from the local configuration.
///
/// # Errors
/// Returns an error if the configuration cannot be written.
pub fn remove(git: &Git) -> Result<(), GitError> {
    // `--remove-section` fails if the section does not exist, so check which sections exist first.
    let keys = || git.ask(&["config", "--local", "--name-only", "--get-regexp", OWN_KEYS]);
    let before = keys()?.unwrap_or_default();
    for section in SECTIONS {
        if before.lines().any(|key| key.rsplit_once('.').is_some_and(|(own, _)| own == section)) {
            git.run(&["config", "--local", "--remove-section", section])?;
        }
    }
    // If the disk is full, git reports success anyway.
    match keys()? {
        None => Ok(()),
        Some(_) => {
            let reason = "git did not write its configuration; is the disk full?";
            Err(GitError::failed("removing 'merge.idhooks'", &reason))
        }
    }
}

/// Restores our sections as far as possible.
pub fn restore(git: &Git, before: &Settings) {
    // The sections may not exist, so ignore errors.
    let _ = remove(git);
    for (key, value) in &before.local {
        let _ = git.run(&["config", "--local", "--add", key, value]);
    }
}
