//! Where words go: data on stdout, everything else on stderr.

use std::borrow::Cow;
use std::io::Write;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal that wants it (`NO_COLOR`, `CLICOLOR` and `TERM` are respected).
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// For whom a report is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
}

/// The one door to the user; a closed pipe behind it is not an error.
pub struct Ui {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    quiet: bool,
    verbose: bool,
}

impl Ui {
    /// Writes to the standard streams.
    pub fn new(color: ColorChoice, quiet: bool, verbose: bool) -> Self {
        let choice = match color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        Ui {
            out: Box::new(AutoStream::new(std::io::stdout(), choice)),
            err: Box::new(AutoStream::new(std::io::stderr(), choice)),
            quiet,
            verbose,
        }
    }

    /// Prints one line of data for people.
    pub fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{}", safe(text));
    }

    /// Prints a whole text for machines, exactly as it is.
    pub fn data(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    /// Says a plain line on stderr, quiet or not.
    pub fn say(&mut self, text: &str) {
        let _ = writeln!(self.err, "{}", safe(text));
    }

    /// Says on stderr what was done; silent with `--quiet`.
    pub fn status(&mut self, text: &str) {
        if !self.quiet {
            let _ = writeln!(self.err, "{}", safe(text));
        }
    }

    /// Says on stderr what only `--verbose` wants to know.
    pub fn detail(&mut self, text: &str) {
        if self.verbose && !self.quiet {
            let _ = writeln!(self.err, "{}", safe(text));
        }
    }

    /// Warns on stderr, quiet or not.
    pub fn warning(&mut self, text: &str) {
        self.labelled("warning", AnsiColor::Yellow, text);
    }

    /// Reports an error on stderr.
    pub fn error(&mut self, text: &str) {
        self.labelled("error", AnsiColor::Red, text);
    }

    /// Says on stderr what led to the error before it.
    pub fn cause(&mut self, text: &str) {
        self.labelled("cause", AnsiColor::Red, text);
    }

    /// Says on stderr what to do now.
    pub fn hint(&mut self, text: &str) {
        self.labelled("hint", AnsiColor::Cyan, text);
    }

    fn labelled(&mut self, label: &str, color: AnsiColor, text: &str) {
        let style = Style::new().bold().fg_color(Some(color.into()));
        let _ = writeln!(self.err, "{style}{label}:{style:#} {}", safe(text));
    }
}

/// Returns text in which nothing can move the cursor, start a line or turn the direction of
/// writing: file names are hostile.
pub fn safe(text: &str) -> Cow<'_, str> {
    let hostile = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(hostile) {
        return Cow::Borrowed(text);
    }
    let escaped = text.chars().fold(String::new(), |mut out, c| {
        if hostile(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
        out
    });
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_shown_not_obeyed() {
        assert_eq!(safe("a\nb\u{1b}[2J\u{202e}é😀"), "a\\nb\\u{1b}[2J\\u{202e}é😀");
        assert!(matches!(safe("plain"), Cow::Borrowed(_)));
    }
}
