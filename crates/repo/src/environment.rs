//! [`Environment`]: the environment variables of this process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// A process's variables, as they were when it was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Reads this process's variables.
    pub fn read() -> Self {
        std::env::vars_os().collect()
    }

    /// Returns a variable's value, which may be empty.
    pub fn var(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.0.get(&key(name.as_ref())).map(OsString::as_os_str)
    }

    /// Returns a variable's value, if it is valid UTF-8.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.var(name)?.to_str()
    }

    /// Returns a variable's value, unless it is empty. Git treats an empty variable that names a
    /// file or directory as unset.
    pub fn non_empty(&self, name: &str) -> Option<&OsStr> {
        self.var(name).filter(|value| !value.is_empty())
    }

    /// Returns whether a variable is set, even if it is empty.
    pub fn is_set(&self, name: &str) -> bool {
        self.var(name).is_some()
    }

    /// Returns the directory that a variable names, if its path is absolute.
    pub fn dir(&self, name: &str) -> Option<PathBuf> {
        self.var(name).map(PathBuf::from).filter(|dir| dir.is_absolute())
    }

    /// Returns the names of git's own variables. A program that must not act on the calling hook's
    /// repository is started without these variables.
    pub fn names_of_git(&self) -> impl Iterator<Item = &OsString> {
        self.0.keys().filter(|name| name.as_encoded_bytes().starts_with(b"GIT_"))
    }
}

impl<N: AsRef<OsStr>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let variables = variables.into_iter();
        Environment(variables.map(|(name, value)| (key(name.as_ref()), value.into())).collect())
    }
}

/// Returns the name under which a variable is stored: names are case-insensitive on Windows.
fn key(name: &OsStr) -> OsString {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_set_and_names_no_directory() {
        let pairs = [("A", ""), ("B", "relative"), ("C", "/absolute"), ("GIT_DIR", ".git")];
        let environment: Environment = pairs.into_iter().collect();
        assert!(environment.is_set("A") && !environment.is_set("D"));
        assert_eq!((environment.text("A"), environment.non_empty("A")), (Some(""), None));
        assert_eq!(environment.dir("B"), None);
        #[cfg(unix)]
        assert_eq!(environment.dir("C"), Some("/absolute".into()));
        assert_eq!(environment.names_of_git().collect::<Vec<_>>(), ["GIT_DIR"]);
    }
}
