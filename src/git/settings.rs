//! The configuration of the merge driver, and of git where it matters to an installation.

use super::{Git, GitError};

const DRIVER: &str = "merge.idhooks.driver";
const NAME: &str = "merge.idhooks.name";
const NAME_VALUE: &str = "idhooks registry";

/// The settings that bear on an installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// The command of the driver as git would run it, from whatever scope.
    pub driver: Option<String>,
    /// The keys of our section in the local configuration, with their values.
    pub local: Vec<(String, String)>,
    /// Where `core.hooksPath` is set, if it is: `local`, `global` …
    pub hooks_path_scope: Option<String>,
}

impl Settings {
    /// Asks git; one call.
    ///
    /// # Errors
    /// A configuration that git cannot read.
    pub fn read(git: &Git) -> Result<Self, GitError> {
        let pattern = r"^(merge\.idhooks\.|core\.hookspath$)";
        let args = ["config", "-z", "--show-scope", "--get-regexp", pattern];
        let answer = match git.run(&args) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(GitError { code: Some(1), .. }) => String::new(),
            Err(error) => return Err(error),
        };
        let mut settings = Settings::default();
        let mut words = answer.split('\0');
        while let (Some(scope), Some(entry)) = (words.next(), words.next()) {
            let (key, value) = entry.split_once('\n').unwrap_or((entry, ""));
            match key {
                "core.hookspath" => settings.hooks_path_scope = Some(scope.to_owned()),
                DRIVER => settings.driver = Some(value.to_owned()),
                _ => {}
            }
            if scope == "local" && key.starts_with("merge.idhooks.") {
                settings.local.push((key.to_owned(), value.to_owned()));
            }
        }
        Ok(settings)
    }

    /// Returns whether the local configuration is what [`configure`] would write.
    pub fn configured(&self, command: &str) -> bool {
        let expected = [(DRIVER, command), (NAME, NAME_VALUE)];
        self.driver.as_deref() == Some(command)
            && self.local.len() == expected.len()
            && expected
                .iter()
                .all(|(key, value)| self.local.iter().any(|(k, v)| k == key && v == value))
    }
}

/// Writes the merge driver into the local configuration.
///
/// The command comes before the name: a driver with a name only makes every merge fail.
///
/// # Errors
/// A configuration that cannot be written; it is then as it was.
pub fn configure(git: &Git, before: &Settings, command: &str) -> Result<(), GitError> {
    let mut calls =
        vec![vec!["--replace-all", DRIVER, command], vec!["--replace-all", NAME, NAME_VALUE]];
    let stray = before.local.iter().map(|(key, _)| key.as_str());
    calls.extend(stray.filter(|k| *k != DRIVER && *k != NAME).map(|k| vec!["--unset-all", k]));
    for call in calls {
        let args = [&["config", "--local"], call.as_slice()].concat();
        if let Err(error) = git.run(&args) {
            restore(git, before);
            return Err(error);
        }
    }
    Ok(())
}

/// Takes the merge driver out of the local configuration.
///
/// # Errors
/// A configuration that cannot be written.
pub fn remove(git: &Git) -> Result<(), GitError> {
    git.run(&["config", "--local", "--remove-section", "merge.idhooks"])?;
    // On a full disk git says that it did.
    match git.ask(&["config", "--local", "--get-regexp", r"^merge\.idhooks\."])? {
        None => Ok(()),
        Some(_) => {
            let reason = "git has not written its configuration; is the disk full?";
            Err(GitError::failed("removing 'merge.idhooks'", &reason))
        }
    }
}

/// Puts the section back as it was, as far as it can be.
pub fn restore(git: &Git, before: &Settings) {
    // There may be nothing to remove.
    let _ = remove(git);
    for (key, value) in &before.local {
        let _ = git.run(&["config", "--local", "--add", key, value]);
    }
}
