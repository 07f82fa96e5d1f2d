//! systemd units for the user who installs them.

use std::path::PathBuf;

use idhooks_repo::environment::Environment;
use idhooks_repo::system::{SystemError, call_program};

use super::names::UnitNames;
use super::program_search::ProgramSearch;
use super::refusal::UnitRefusal;

/// Returns the directory where systemd looks for this user's units.
///
/// # Errors
/// Returns an error if there is no home directory.
pub fn directory(environment: &Environment) -> Result<PathBuf, UnitRefusal> {
    // The XDG specification says to ignore relative paths.
    let in_home = || Some(environment.dir("HOME")?.join(".config"));
    let config = environment.dir("XDG_CONFIG_HOME").or_else(in_home);
    config.map(|dir| dir.join("systemd").join("user")).ok_or(UnitRefusal::NoUnits)
}

/// Returns where systemd looks for programs.
pub fn program_search(environment: &Environment) -> ProgramSearch {
    // This is fixed when systemd is compiled, see systemd.service(5).
    let dirs = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    ProgramSearch::new("systemd", dirs, environment)
}

/// Returns this program's command line for a unit; `arguments` are the arguments after the
/// directory.
pub fn command_line(names: &UnitNames, arguments: &str) -> String {
    let program = quoted(&names.program);
    format!("\"{program}\" -C {} --quiet {arguments}", argument(&names.dir))
}

/// Returns a command-line argument for a unit.
pub fn argument(path: &str) -> String {
    format!("\"{}\"", quoted(path).replace('$', "$$"))
}

/// Escapes a string for double quotes in a unit's command line. A dollar sign is only special in
/// arguments, not in the program name.
pub(super) fn quoted(text: &str) -> String {
    // systemd replaces specifiers such as %h.
    text.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%")
}

/// Returns the first word of a command line, if it is one that [`command_line`] has quoted.
pub(super) fn unquoted(line: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = line.strip_prefix('"')?.chars();
    loop {
        match rest.next()? {
            '"' => return Some(text),
            // Each is written twice or with a backslash before it.
            '\\' | '%' => text.push(rest.next()?),
            c => text.push(c),
        }
    }
}

/// Enables and starts units; returns the reason for a failure.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub fn enable_units(units: &[String]) -> Result<Option<String>, SystemError> {
    match reload()? {
        None => systemctl(&["enable", "--now"], units),
        failed => Ok(failed),
    }
}

/// Stops and disables units; returns the reason for a failure.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub fn disable_units(units: &[String]) -> Result<Option<String>, SystemError> {
    systemctl(&["disable", "--now"], units)
}

/// Makes systemd reload the units; returns the reason for a failure.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub fn reload() -> Result<Option<String>, SystemError> {
    systemctl(&["daemon-reload"], &[])
}

/// Runs systemctl for this user; returns the reason for a failure.
fn systemctl(what: &[&str], units: &[String]) -> Result<Option<String>, SystemError> {
    let words = ["--user"].iter().chain(what).copied().chain(units.iter().map(String::as_str));
    call_program("systemctl", &words.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_what_it_is() {
        assert_eq!(quoted(r#"/a b/50%/"x"\"#), r#"/a b/50%%/\"x\"\\"#);
    }
}
