//! `idhooks man`: prints or writes the manual pages.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::{Command, CommandFactory};
use clap_mangen::roff::{Roff, roman};
use idhooks_ops::{Repo, StoreError, SymlinkGuard, replace_file};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use super::Cli;
use super::output_file::OverwriteArgs;

/// The first line of every page; install.sh replaces and removes only files that begin with it.
const MARKER: &str = ".\\\" Written by 'idhooks man'.\n";
/// The name under which git finds the program and its page.
const FOR_GIT: &str = "git-idhooks";

/// Print the manual page, or write all manual pages
///
/// Without options, prints idhooks(1). With --output, writes idhooks.1, a page for each command, such as
/// idhooks-check.1, and git-idhooks.1 for 'git help idhooks'. './install.sh' installs them where 'man'
/// finds them.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks man | man -l -
  idhooks man --output ~/.local/share/man/man1

Exit code: 0 printed, or all pages were written; 2 some pages could not be written; see the warnings")]
pub(super) struct Man {
    /// Write all pages to this directory; it is created if missing
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

/// A manual page.
#[derive(Debug)]
struct ManualPage {
    /// The name of its file, such as `idhooks-check.1`.
    name: String,
    text: String,
}

impl Man {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let pages = pages(Cli::command()).map_err(|e| CommandError::internal(e.to_string()))?;
        match self.output {
            Some(output) => {
                let output = dir.join(output);
                let guard = |repo: &Repo| {
                    let mut pages = pages.iter();
                    pages.try_for_each(|ManualPage { name, text }| {
                        self.overwrite.guard(repo, &output.join(name), text)
                    })
                };
                Repo::open_to_read(dir).as_ref().map_or(Ok(()), guard)?;
                Ok(write(ui, &output, &pages))
            }
            None => {
                pages.first().iter().for_each(|page| ui.data(&page.text));
                Ok(Exit::Fine)
            }
        }
    }
}

/// Writes the pages that can be written, and warns about the rest.
fn write(ui: &mut Ui, dir: &Path, pages: &[ManualPage]) -> Exit {
    let shown = dir.display();
    if let Err(error) = fs::create_dir_all(dir) {
        ui.warning(&format!("cannot make the directory '{shown}': {error}"));
        ui.hint("name a directory that you may write to: idhooks man --output <dir>");
        return Exit::Environment;
    }
    let replace = |ManualPage { name, text }: &ManualPage| {
        replace_file(&SymlinkGuard::default(), &dir.join(name), text.as_bytes()).err()
    };
    let failed: Vec<StoreError> = pages.iter().filter_map(replace).collect();
    let written = pages.len() - failed.len();
    match failed.first().filter(|_| written == 0) {
        // If all pages fail, the directory is to blame, and dozens of identical warnings would hide
        // that.
        Some(error) => ui.warning(&format!("no page was written to '{shown}': {error}")),
        None => failed.iter().for_each(|error| ui.warning(&error.to_string())),
    }
    ui.status(&format!("'{shown}': {} written", count(written, "page", "pages")));
    if failed.is_empty() { Exit::Fine } else { Exit::Environment }
}

/// Returns the pages for the program, for its commands, and for git.
///
/// # Errors
/// Returns an error if a page cannot be rendered.
fn pages(command: Command) -> io::Result<Vec<ManualPage>> {
    // `help` repeats every command, and each copy would get a page of its own.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut found = Vec::new();
    collect(&command, &mut found)?;
    let own = manual(&command);
    // `git help idhooks` opens the page `git-idhooks`, because git looks up the program under that
    // name.
    let git = command.display_name(FOR_GIT).bin_name("git idhooks");
    found.push(page(FOR_GIT, &manual(&git), &own, &git)?);
    Ok(found)
}

fn collect(command: &Command, found: &mut Vec<ManualPage>) -> io::Result<()> {
    let man = manual(command);
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    found.push(page(name, &man, &man, command)?);
    let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
    visible.into_iter().try_for_each(|command| collect(command, found))
}

fn manual(command: &Command) -> clap_mangen::Man {
    let source = format!("idhooks {}", command.get_version().unwrap_or_default());
    clap_mangen::Man::new(command.clone()).source(source).manual("idhooks manual")
}

/// Returns the page for a command, whose subcommands are listed as in `lister`.
fn page(
    name: &str,
    man: &clap_mangen::Man,
    lister: &clap_mangen::Man,
    command: &Command,
) -> io::Result<ManualPage> {
    let mut text = MARKER.as_bytes().to_vec();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        lister.render_subcommands_section(&mut text)?;
    }
    if let Some(after) = command.get_after_help() {
        // clap_mangen would join the lines of the examples into a single paragraph.
        as_typed(&after.to_string()).to_writer(&mut text)?;
    }
    let text = ascii(&String::from_utf8_lossy(&text));
    Ok(ManualPage { name: format!("{name}.1"), text })
}

/// Replaces non-ASCII characters with roff escapes, which work in any locale.
fn ascii(text: &str) -> String {
    let named = |sign: char| match sign.is_ascii() {
        true => sign.to_string(),
        false => format!("\\[u{:04X}]", u32::from(sign)),
    };
    text.chars().map(named).collect()
}

/// Formats the text after the options line by line, since it is laid out for a terminal.
fn as_typed(text: &str) -> Roff {
    let mut roff = Roff::default();
    let (heading, rest) = match text.strip_prefix("Examples:\n") {
        Some(rest) => ("EXAMPLES", rest),
        None => ("NOTES", text),
    };
    roff.control("SH", [heading]);
    roff.control("nf", []);
    for line in rest.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_git_has_one() {
        let pages = pages(Cli::command()).expect("pages");
        let text = |name: &str| {
            let page = pages.iter().find(|page| page.name == name);
            page.map(|page| page.text.as_str()).expect(name)
        };
        assert_eq!(pages[0].name, "idhooks.1");
        assert!(text("idhooks.1").contains("idhooks\\-check(1)"));
        assert!(text("idhooks-check.1").contains(".SH EXAMPLES\n.nf\n"));
        assert!(text("idhooks-audit-export.1").contains("idhooks audit export"));
        let git = text("git-idhooks.1");
        assert!(git.contains("git idhooks") && git.contains("idhooks\\-check(1)"), "{git}");
        assert!(!git.contains("git\\-idhooks\\-check"), "{git}");
        assert!(pages.iter().all(|page| page.text.starts_with(MARKER)));
        assert!(pages.iter().all(|page| page.text.is_ascii()));
        assert_eq!(ascii("a…\u{1f600}"), "a\\[u2026]\\[u1F600]");
        let hidden = ["idhooks-hook.1", "idhooks-help.1", "idhooks-merge-driver.1"];
        assert!(!pages.iter().any(|page| hidden.contains(&page.name.as_str())));
    }
}
