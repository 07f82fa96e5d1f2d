//! Tasks for the Windows Task Scheduler.

use std::path::Path;

use idhooks_repo::environment::Environment;
use idhooks_repo::system::{SystemError, call_program};

use super::names::UnitNames;
use super::program_search::ProgramSearch;
use super::refusal::UnitRefusal;

/// Returns where the Task Scheduler looks for programs.
pub fn program_search(environment: &Environment) -> ProgramSearch {
    // A name is relative to the directory that a task starts in, which is this one; of `PATH`,
    // nothing is documented.
    let dir = environment.dir("SystemRoot").map(|root| root.join("System32"));
    ProgramSearch::new("the Task Scheduler", dir, environment)
}

/// Returns the program and its arguments as written in a task; `arguments` are the arguments after
/// the directory.
///
/// # Errors
/// Returns an error if the Task Scheduler would see a variable in a path.
pub fn command_line(names: &UnitNames, arguments: &str) -> Result<(String, String), UnitRefusal> {
    [&*names.program, &*names.dir].into_iter().try_for_each(check_path)?;
    // Windows writes paths with backslashes.
    let command = names.program.replace('/', if cfg!(windows) { "\\" } else { "/" });
    let arguments = format!("-C {} --quiet {arguments}", quoted(&names.dir));
    Ok((escaped(&command), escaped(&arguments)))
}

/// Refuses a path that the Task Scheduler would take to contain a variable.
pub fn check_path(path: &str) -> Result<(), UnitRefusal> {
    if path.contains('%') || path.contains("$(") {
        return Err(UnitRefusal::TaskPath(path.to_owned()));
    }
    Ok(())
}

/// Quotes an argument for the way Windows programs parse their command line: a backslash is only
/// special before a quotation mark.
pub fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '"' {
            out.push_str(&"\\".repeat(backslashes + 1));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        out.push(c);
    }
    out.push_str(&"\\".repeat(backslashes));
    out.push('"');
    out
}

/// Escapes a string as ASCII-only XML, so that the file's encoding does not matter.
pub fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let coded = |c: char| if c.is_ascii() { c.into() } else { format!("&#{};", u32::from(c)) };
    text.replace('"', "&quot;").chars().map(coded).collect()
}

/// Returns the string that [`escaped`] has escaped.
pub(super) fn unescaped(xml: &str) -> String {
    let (mut text, mut rest) = (String::new(), xml);
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let (name, after) = after.split_once(';').unwrap_or((after, ""));
        let coded = || char::from_u32(name.strip_prefix('#')?.parse().ok()?);
        text.extend(match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            _ => coded(),
        });
        rest = after;
    }
    text + rest
}

/// Registers a task; returns the reason for a failure.
///
/// # Errors
/// Returns an error if schtasks exists but cannot be started.
pub fn register_task(name: &str, file: &Path) -> Result<Option<String>, SystemError> {
    let xml = file.display().to_string();
    call_program("schtasks", &["/Create", "/F", "/TN", name, "/XML", &xml])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_what_they_are() {
        assert_eq!(quoted(r"C:\a b\"), r#""C:\a b\\""#);
        assert_eq!(quoted(r#"a\"b"#), r#""a\\\"b""#);
        assert_eq!(escaped("a & <é>"), "a &amp; &lt;&#233;&gt;");
    }
}
