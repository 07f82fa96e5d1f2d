//! The command groups in `idhooks --help`, and the layout of every command's help.

use idhooks_ops::nearest;
use std::ffi::OsString;
use std::fmt::Write as _;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{Arg, ArgAction, Command};

use crate::error::missing;

/// A group of commands with a heading.
pub(super) struct CommandGroup {
    pub(super) heading: &'static str,
    pub(super) commands: &'static [ListedCommand],
}

/// A command in a group.
pub(super) struct ListedCommand {
    pub(super) module: &'static str,
    /// Whether `idhooks --help` lists it, too.
    pub(super) is_everyday: bool,
}

/// The set of commands listed in the program's help.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum HelpExtent {
    /// The everyday commands, for `idhooks --help`.
    Everyday,
    /// All commands that are not hidden, for `idhooks help --all`.
    All,
}

/// Returns the command name for a module.
fn spelled(module: &str) -> String {
    module.replace('_', "-")
}

/// The global options as `idhooks --help` shows them, two on a line.
const GLOBAL_OPTIONS: [[&str; 2]; 3] =
    [["dir", "quiet"], ["color", "verbose"], ["help", "version"]];
/// How a command's help refers to the global options.
const GLOBAL_NOTE: &str = "-C, --color, -q, -v, -h; see 'idhooks --help'";

/// Options that choose the form of the output; they are listed after those that choose the action.
const OUTPUT_OPTIONS: [&str; 8] =
    ["csv", "json", "raw", "format", "print", "report", "output", "append"];
/// Options that control whether anything is changed; they are listed last.
const SAFETY_OPTIONS: [&str; 4] = ["keep_going", "execute", "dry_run", "force"];
/// More options than any command has, so that the `display_order` ranges of these groups do not
/// overlap.
const MANY: usize = 100;

/// Returns the command line with the help that people see, listing the commands in these groups.
///
/// Only for showing help, not for parsing: it takes time, and every hook would have to wait for it.
pub(super) fn with_help(command: Command, groups: &[CommandGroup], listed: HelpExtent) -> Command {
    let flag = |name: &'static str, short: char, action: ArgAction, help: &'static str| {
        Arg::new(name).short(short).long(name).action(action).global(true).help(help)
    };
    // clap adds its own flags only when it builds the command, which is too late to hide and
    // describe them here.
    let command = command.disable_help_flag(true).disable_version_flag(true).args([
        flag("help", 'h', ArgAction::Help, "Print help; -h prints a summary"),
        flag("version", 'V', ArgAction::Version, "Print version"),
    ]);
    let text = overview(&command, groups, listed);
    let hidden = |arg: Arg| if arg.is_global_set() { arg.hide(true) } else { arg };
    command.mut_args(hidden).mut_subcommands(in_form).override_help(text)
}

/// Applies the common layout to the help of a command and its subcommands.
fn in_form(command: Command) -> Command {
    let header = *command.get_styles().get_header();
    // For a command without options, `{all-args}` would leave an empty section.
    let is_bare = command.get_arguments().all(Arg::is_hide_set) && !command.has_subcommands();
    let parts = if is_bare { "" } else { "{all-args}\n\n" };
    let template = format!(
        "{{before-help}}{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{parts}\
         {header}Global options:{header:#} {GLOBAL_NOTE}{{after-help}}"
    );
    command.mut_args(in_order).mut_subcommands(in_form).help_template(StyledStr::from(template))
}

/// Sorts output options after the other options, and safety options last.
fn in_order(arg: Arg) -> Arg {
    let place = |ids: &[&str]| ids.iter().position(|id| arg.get_id() == id);
    let order = match (place(&OUTPUT_OPTIONS), place(&SAFETY_OPTIONS)) {
        (Some(at), _) => MANY + at,
        (None, Some(at)) => 2 * MANY + at,
        (None, None) => arg.get_display_order(),
    };
    arg.display_order(order)
}

/// Without this sentence, a newcomer cannot make sense of the list of commands.
const DEFINITION: &str =
    "The registry, .idhooks/registry.json, gives each tracked file a 16-digit ID";

/// Returns the help of the program as a whole: commands in their groups, and the global options.
fn overview(command: &Command, groups: &[CommandGroup], listed: HelpExtent) -> StyledStr {
    let styles = command.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let about =
        |command: &Command| command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("{}\n{DEFINITION}\n\n", about(command));
    let usage = styles.get_usage();
    let _ = writeln!(
        text,
        "{usage}Usage:{usage:#} {literal}idhooks{literal:#} [OPTIONS] <COMMAND>\n       \
         {literal}idhooks help{literal:#} <COMMAND>, or {literal}--all{literal:#} for all commands\n"
    );
    let shown = |group: &CommandGroup| {
        let commands = group.commands.iter();
        let commands = commands.filter(|one| one.is_everyday || listed == HelpExtent::All);
        commands.map(|one| spelled(one.module)).collect::<Vec<String>>()
    };
    let width = groups.iter().flat_map(shown).map(|name| name.len()).max().unwrap_or_default();
    for group in groups {
        let commands = shown(group);
        if !commands.is_empty() {
            let _ = writeln!(text, "{header}{}:{header:#}", group.heading);
        }
        for name in commands {
            let about = command.find_subcommand(&name).map(about).unwrap_or_default();
            let _ = writeln!(text, "  {literal}{name:width$}{literal:#}  {about}");
        }
    }
    let _ = writeln!(text, "{header}Options:{header:#}");
    let shown = GLOBAL_OPTIONS.map(|row| row.map(|id| option(command, id)));
    let widest = |column: usize, part: fn(&(String, String)) -> &str| {
        shown.iter().map(|row| part(&row[column]).len()).max().unwrap_or_default()
    };
    let [names, helps, others] = [widest(0, |o| &o.0), widest(0, |o| &o.1), widest(1, |o| &o.0)];
    for [(name, help), (other, what)] in &shown {
        let _ = writeln!(
            text,
            "  {literal}{name:names$}{literal:#}  {help:helps$}  \
             {literal}{other:others$}{literal:#}  {what}"
        );
    }
    StyledStr::from(text)
}

/// Returns an option's flags and its description.
fn option(command: &Command, id: &str) -> (String, String) {
    let Some(arg) = command.get_arguments().find(|arg| arg.get_id() == id) else {
        return Default::default();
    };
    let short = arg.get_short().map(|short| format!("-{short}"));
    let long = arg.get_long().map(|long| format!("--{long}"));
    let mut name: String = short.into_iter().chain(long).collect::<Vec<_>>().join(", ");
    if arg.get_action().takes_values() {
        for value in arg.get_value_names().unwrap_or_default() {
            let _ = write!(name, " <{value}>");
        }
    }
    (name, arg.get_help().map(ToString::to_string).unwrap_or_default())
}

/// Suggests the nearest command in the error for `idhooks help <COMMAND>`, which clap does not do.
/// If `instead` has a message for an unknown word, returns that message as the error.
pub(super) fn with_suggestion(
    mut error: clap::Error,
    program: &Command,
    args: &[OsString],
    instead: fn(&str) -> Option<String>,
) -> clap::Error {
    let is_command = |word: &&str| program.find_subcommand(word).is_some();
    let mut typed = args.iter().skip(1).filter_map(|arg| arg.to_str());
    let first = typed.find(|word| (*word != "help" && is_command(word)) || instead(word).is_some());
    // This is checked before suggesting the nearest command: `lock` is similar to `log`, but has
    // moved to `status`.
    if let Some(message) = first.filter(|word| !is_command(word)).and_then(instead) {
        return clap::Error::raw(error.kind(), message);
    }
    let mut words = args.iter().filter_map(|arg| arg.to_str()).skip_while(|word| *word != "help");
    let mut parent = program;
    let unknown = words.by_ref().skip(1).find(|word| {
        let found = parent.find_subcommand(word);
        parent = found.unwrap_or(parent);
        found.is_none()
    });
    let visible = parent.get_subcommands().filter(|command| !command.is_hide_set());
    if error.get(ContextKind::SuggestedSubcommand).is_none()
        && let Some(near) = unknown.and_then(|word| nearest(word, visible.map(Command::get_name)))
    {
        let near = ContextValue::Strings(vec![near.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, near);
    }
    error
}

/// Commands that were folded into others, and their new spelling.
pub(super) const FOLDED: [(&str, &str); 3] =
    [("generators", "generate --list"), ("dual-write", "migrate"), ("lock", "status --locks")];

/// Returns the error for such a name; `of_features` are the commands that need a feature, each with
/// the feature's name.
pub(super) fn instead(name: &str, of_features: &[(&str, &'static str)]) -> Option<String> {
    if let Some((_, now)) = FOLDED.iter().find(|(known, _)| *known == name) {
        return Some(format!("'idhooks {name}' is now 'idhooks {now}'\n"));
    }
    let (_, feature) = of_features.iter().find(|(known, _)| *known == name)?;
    let text = missing(feature, &format!("'idhooks {name}'")).to_text();
    Some(text.trim_start_matches("error: ").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{Cli, GROUPS};
    use clap::CommandFactory;

    #[test]
    fn each_visible_command_is_in_exactly_one_group() {
        let command = Cli::command();
        let visible = command.get_subcommands().filter(|command| !command.is_hide_set());
        let mut visible: Vec<String> = visible.map(|one| one.get_name().to_owned()).collect();
        let mut grouped: Vec<String> =
            GROUPS.iter().flat_map(|group| group.commands).map(|one| spelled(one.module)).collect();
        visible.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, visible);
    }

    #[test]
    fn the_command_line_with_help_is_consistent() {
        with_help(Cli::command(), GROUPS, HelpExtent::All).debug_assert();
    }
}
