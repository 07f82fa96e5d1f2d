//! [`UnitFormat`]: how a unit names the program that it calls.

use super::{systemd, windows};

/// A format of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitFormat {
    /// A service of systemd.
    Systemd,
    /// Lines of a crontab.
    Cron,
    /// An agent of launchd.
    Launchd,
    /// A task of the Windows Task Scheduler.
    Task,
}

impl UnitFormat {
    /// Returns the program that a unit written by idhooks calls, by the name or path that the unit
    /// has.
    pub fn program(self, unit: &str) -> Option<String> {
        let between = |start: &str, end: &str| Some(unit.split_once(start)?.1.split_once(end)?.0);
        match self {
            UnitFormat::Systemd => {
                systemd::unquoted(unit.lines().find_map(|line| line.strip_prefix("ExecStart="))?)
            }
            UnitFormat::Cron => {
                let lines = unit.lines().filter(|line| !line.starts_with('#'));
                // The fields of the time have no quotes.
                lines.filter_map(|line| Some(line.split_once(" '")?.1)).find_map(cron_word)
            }
            UnitFormat::Launchd => {
                let array = between("<key>ProgramArguments</key>", "</array>")?;
                let (_, word) = array.split_once("<string>")?;
                Some(windows::unescaped(word.split_once("</string>")?.0))
            }
            UnitFormat::Task => Some(windows::unescaped(between("<Command>", "</Command>")?)),
        }
    }
}

/// Quotes a string as an sh word for a crontab. A percent sign goes outside the quotes, escaped
/// with a backslash that cron removes; this way, it is never next to a backslash from the string.
pub fn cron_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('%', r"'\%'"))
}

/// Returns the string that [`cron_quoted`] has quoted, from after its first quotation mark, if it
/// is followed by the options of idhooks.
fn cron_word(quoted: &str) -> Option<String> {
    let (mut text, mut rest) = (String::new(), quoted);
    loop {
        let (part, after) = rest.split_once('\'')?;
        text.push_str(part);
        rest = match after.strip_prefix('\\') {
            Some(escaped) => {
                text.push(escaped.chars().next()?);
                escaped.get(1..)?.strip_prefix('\'')?
            }
            None => return after.starts_with(" -C ").then_some(text),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percent_sign_is_never_inside_of_quotes() {
        assert_eq!(cron_quoted("/a b"), "'/a b'");
        assert_eq!(cron_quoted("50%"), r"'50'\%''");
        assert_eq!(cron_quoted(r"a\%'b$"), r"'a\'\%''\''b$'");
    }

    #[test]
    fn a_program_is_read_as_it_was_written() {
        for program in
            ["/a b/idhooks", "idhooks", r#"/50%/"x" & <'\é$HOME>/i"#, r"C:\a\idhooks.exe"]
        {
            let systemd = format!("ExecStart=\"{}\" -C \"/x\" run\n", systemd::quoted(program));
            assert_eq!(UnitFormat::Systemd.program(&systemd).as_deref(), Some(program));
            let word = cron_quoted(program);
            for at in ["0 2 * * *", "@reboot"] {
                let cron = format!("# 'x' >>>\n{at} {word} -C '/x' run\n");
                assert_eq!(UnitFormat::Cron.program(&cron).as_deref(), Some(program));
            }
            let word = windows::escaped(program);
            let task = format!("<Exec><Command>{word}</Command></Exec>");
            assert_eq!(UnitFormat::Task.program(&task).as_deref(), Some(program));
            let agent = format!(
                "<string>x</string><key>ProgramArguments</key><array><string>{word}</string>\
                 <string>-C</string></array>"
            );
            assert_eq!(UnitFormat::Launchd.program(&agent).as_deref(), Some(program));
        }
        for text in ["", "ExecStart=\"x", "ExecStart=x", "* * '", "<Command>", "* * 'a\\"] {
            for format in
                [UnitFormat::Systemd, UnitFormat::Cron, UnitFormat::Launchd, UnitFormat::Task]
            {
                assert_eq!(format.program(text), None, "{text}");
            }
        }
    }
}
