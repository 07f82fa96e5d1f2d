//! `idhooks receive`: checks a push in a server hook.

use std::path::Path;

use clap::Args;
use idhooks_core::registry::excerpt;
use idhooks_ops::{PushedRef, ReceiveOptions, Repo, receive};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;
use crate::tables::read_typed;

/// The maximum size of the input in bytes: a push is untrusted, and memory is limited.
const LONGEST: usize = 64 << 20;

/// Refuse pushes that break identities, in a server's git hook
///
/// Call it from the 'pre-receive' hook of a bare repository, which passes the pushed refs on
/// standard input, or from the 'update' hook, which passes three arguments. It checks only the
/// pushed commits, before git accepts them. It refuses a push that leaves a file on a protected
/// branch without an identity, with a different identity or with another file's identity, and a
/// push that removes the branch's registry or deletes a branch with a registry.
///
/// Branches are protected if they match --protect or the git setting idhooks.protect, such as 'main
/// release/*', even if pushed through a symbolic ref; by default, only the branch that HEAD points
/// to is protected. If no protected branch exists, a push of a registry is accepted with a warning.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  printf '%s\\n' '#!/bin/sh' 'exec idhooks receive' > hooks/pre-receive && chmod +x hooks/pre-receive
  printf '%s\\n' '#!/bin/sh' 'exec idhooks receive \"$@\"' > hooks/update && chmod +x hooks/update
  git config idhooks.protect 'main release/*'
  git config idhooks.allowDelete true    let pushes delete protected branches

Exit code: 0 accept the push; 1 refuse it, and print why; 2 an error prevented the check, which also \
refuses the push")]
pub(super) struct Receive {
    /// Protect the branches that match this pattern; repeatable
    #[arg(long, value_name = "PATTERN")]
    protect: Vec<String>,
    /// Arguments of the 'update' hook: the ref, its old commit and its new commit
    #[arg(num_args = 3, value_names = ["REF", "OLD", "NEW"])]
    update: Vec<String>,
}

impl Receive {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        // This call makes the server's audit log attribute refused pushes to a hook.
        repo.begin_hook("receive");
        let pushed = match self.update.as_slice() {
            [name, old, new] => {
                vec![PushedRef { old: old.clone(), new: new.clone(), name: name.clone() }]
            }
            _ => lines(dir)?,
        };
        let options = ReceiveOptions { dir: dir.to_owned(), pushed, protect: self.protect };
        Ok(if receive(ui, &repo, &options)? { Exit::Fine } else { Exit::Findings })
    }
}

/// Returns whether a word has the form in which git passes object names to a hook.
fn is_hash(word: &str) -> bool {
    // Only SHA-1 and SHA-256 ids are accepted. Anything else, such as an option, must not reach
    // git's command line.
    matches!(word.len(), 40 | 64) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Reads the input of the 'pre-receive' hook: a line for each ref.
fn lines(dir: &Path) -> CommandResult<Vec<PushedRef>> {
    let wrong = |line: &str| {
        CommandError::new(format!(
            "'{}' is not a line that git passes to the hook 'pre-receive'",
            excerpt(line)
        ))
        .hint("call this command from a server hook; see: idhooks receive --help")
    };
    let bytes = read_typed(dir, Path::new("-"), LONGEST).map_err(|cause| {
        CommandError::new("cannot read the pushed refs").because(&cause).hint("push again")
    })?;
    if bytes.is_empty() {
        // git never runs 'pre-receive' without refs, so this must be 'update' called without its
        // arguments.
        return Err(CommandError::new(
            "no ref was passed, neither as arguments nor on standard input",
        )
        .hint("write in the hook 'update': exec idhooks receive \"$@\"")
        .hint("write in the hook 'pre-receive': exec idhooks receive"));
    }
    let text = String::from_utf8_lossy(&bytes);
    let words = |line: &str| {
        let mut words = line.splitn(3, ' ').map(str::to_owned);
        let (old, new, name) = (words.next()?, words.next()?, words.next()?);
        (is_hash(&old) && is_hash(&new)).then_some(PushedRef { old, new, name })
    };
    text.lines().map(|line| words(line).ok_or_else(|| wrong(line))).collect()
}
