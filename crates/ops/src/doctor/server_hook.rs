//! [`HookCall`]: how a server hook's script calls `idhooks receive`.

use super::shell_script::{ShellCommand, ShellWord, shell_commands};

/// How a server hook calls `idhooks receive`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HookCall {
    /// Not at all.
    Absent,
    /// It appears only in a comment.
    Comment,
    /// The call has a form that cannot be analyzed.
    Unclear,
    /// The result is discarded.
    Ignored,
    /// The call does not pass on the arguments that git gives to the hook.
    NoArguments,
    /// The result becomes the hook's result.
    Decides {
        /// The values of `--protect`.
        protect: Vec<String>,
    },
}

/// Words that begin or end a part of a script that may not be executed.
const BRANCHING: &str = " ! { } [[ alias break case do done elif else esac exec exit fi for function if return select \
     then time trap until while ";

/// The programs that understand sh syntax.
const SHELLS: [&str; 7] = ["sh", "bash", "dash", "ksh", "zsh", "ash", "busybox"];

impl HookCall {
    /// Finds the call in a hook's script, and classifies it.
    pub(super) fn of(script: &str, hook: &str) -> Self {
        let names = |text: &str| (text.contains("idhooks"), text.contains("receive"));
        if names(&script.to_lowercase()) != (true, true) {
            return HookCall::Absent;
        }
        let commands = shell_commands(script);
        let words = commands.iter().flat_map(|command| &command.words);
        let text: String = words.map(|word| word.raw.to_lowercase() + " ").collect();
        if names(&text) != (true, true) {
            return HookCall::Comment;
        }
        let calls = commands.iter().map(ReceiveCall::of);
        let call = calls.enumerate().find_map(|(at, call)| Some((at, call?)));
        match call {
            Some((at, call)) if is_shell(script) => {
                call.judge(hook, &commands[..at], &commands[at..])
            }
            _ => HookCall::Unclear,
        }
    }
}

/// Returns whether the script is run by a shell.
fn is_shell(script: &str) -> bool {
    let Some(line) = script.strip_prefix("#!").and_then(|rest| rest.lines().next()) else {
        // git uses sh to run hooks that have no shebang line.
        return true;
    };
    line.split_whitespace().any(|word| SHELLS.contains(&basename(word)))
}

fn basename(word: &str) -> &str {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// A command that runs `idhooks receive`.
struct ReceiveCall<'s> {
    is_exec: bool,
    /// Whether its arguments can be read without running the script.
    is_clear: bool,
    protect: Vec<String>,
    arguments: Vec<&'s str>,
}

impl<'s> ReceiveCall<'s> {
    /// Parses `[exec] [PATH/]idhooks receive`; returns `None` for any other command.
    fn of(command: &'s ShellCommand) -> Option<Self> {
        let is_exec = command.words.first()?.raw == "exec";
        let mut words = command.words.iter().skip(usize::from(is_exec));
        if basename(&words.next()?.text) != "idhooks" {
            return None;
        }
        let mut call = ReceiveCall {
            is_exec,
            is_clear: !command.reads_file,
            protect: Vec::new(),
            arguments: Vec::new(),
        };
        while let Some(word) = words.next() {
            match &*word.text {
                "-q" | "--quiet" | "-v" | "--verbose" | "--" => {}
                "--protect" => {
                    let pattern = words.next()?;
                    call.add_pattern(pattern, &pattern.text);
                }
                text => match text.strip_prefix("--protect=") {
                    Some(pattern) => call.add_pattern(word, pattern),
                    None if text.starts_with('-') => call.is_clear = false,
                    None => call.arguments.push(&word.raw),
                },
            }
        }
        (!call.arguments.is_empty() && call.arguments.remove(0) == "receive").then_some(call)
    }

    fn add_pattern(&mut self, word: &ShellWord, pattern: &str) {
        self.is_clear &= !word.is_expanded;
        self.protect.push(pattern.to_owned());
    }

    /// Classifies this call in the context of its script.
    fn judge(self, hook: &str, before: &[ShellCommand], after: &[ShellCommand]) -> HookCall {
        let Some((own, after)) = after.split_first() else { return HookCall::Unclear };
        let is_conditional =
            before.last().is_some_and(|last| !last.ends_statement()) || before.iter().any(branches);
        // Without running the script, only plain calls can be judged; a wrong "ok" would be worse
        // than "unclear".
        if is_conditional || !self.is_clear {
            return HookCall::Unclear;
        }
        let passes_all = match self.arguments.as_slice() {
            ["\"$@\"" | "$@" | "$*"] => true,
            [one, two, three] => [one, two, three].iter().all(|word| word.contains('$')),
            // git passes a push's refs to `pre-receive` on standard input, and the ref to `update`
            // as an argument.
            [] if hook != "update" => true,
            [] => return HookCall::NoArguments,
            _ => false,
        };
        if !passes_all {
            return HookCall::Unclear;
        }
        match decides(own, after, self.is_exec || stops_at_errors(before)) {
            true => HookCall::Decides { protect: self.protect },
            false => HookCall::Ignored,
        }
    }
}

/// Returns whether a command's result is the script's result. `is_last` means that the script stops
/// at this command if the command fails.
fn decides(own: &ShellCommand, after: &[ShellCommand], is_last: bool) -> bool {
    match &*own.operator {
        "" => {
            is_last
                || match after.first().map(ShellCommand::texts).as_deref() {
                    None | Some(["exit"] | ["exit", "$?"]) => true,
                    Some(_) => false,
                }
        }
        "||" => after.first().is_some_and(|next| match next.texts()[..] {
            ["exit"] | ["exit", "$?"] => true,
            ["exit", code] => is_failure(code),
            _ => false,
        }),
        // If this command fails, the rest of the line is skipped.
        "&&" => after.iter().all(|command| command.operator == "&&" || command.is_last),
        _ => false,
    }
}

fn is_failure(code: &str) -> bool {
    code.parse().is_ok_and(|code: u8| code != 0)
}

/// Returns whether a command may prevent the script from reaching the following lines, or redefine
/// the words in them.
fn branches(command: &ShellCommand) -> bool {
    let words = command.texts();
    // An early exit with a failure rejects the push, so no push gets past `receive`.
    if let ["exit", code] = words[..]
        && is_failure(code)
    {
        return false;
    }
    let begins = words.first().is_some_and(|word| BRANCHING.contains(&format!(" {word} ")));
    begins || command.has_text || !["", "||", "&&", "|", "&"].contains(&&*command.operator)
}

/// Returns whether these commands make the script stop at the first failure.
fn stops_at_errors(commands: &[ShellCommand]) -> bool {
    let sets = |command: &ShellCommand| match command.texts()[..] {
        ["set", option, ..] if option.starts_with('-') => option.contains('e').then_some(true),
        ["set", option, ..] if option.starts_with('+') => option.contains('e').then_some(false),
        _ => None,
    };
    commands.iter().rev().find_map(sets).unwrap_or_default()
}
