//! `idhooks init`: adopts a repository.

use std::path::Path;

use clap::Args;
use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, Strategy};
use idhooks_core::registry::{REGISTRY_PATH, RepoPath, Scope};
use idhooks_ops::{AdoptFrom, Adopted, InitOptions, InitReport, NewIds, Repo, Resumed, init};

use super::value_parsers::choice;
use crate::error::{CommandResult, Exit, report_full};
use crate::output::{Ui, count};

/// Create the registry and give every tracked file an identity
///
/// Writes and stages idhooks.toml, .idhooks/registry.json and a line in .gitattributes; commits nothing.
/// An existing idhooks.toml is kept; a scope and a table of TYPE codes are added if it has none. Next, run
/// 'idhooks install' once in every clone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks init --dry-run                  show the changes
  idhooks init --scope 260118             choose the last six digits
  idhooks init --adopt both --dry-run     keep the identities that files carry

Identities are unique within a scope. Two repositories with the same scope may give different files \
the same identity, so choose another scope for each.

Files that already carry 16-digit identities, in their names or as 'doc_id' at their heads, get new \
ones that no other file carries, unless --adopt keeps theirs. To start over before you commit (omit \
idhooks.toml if you wrote it yourself, and set 'scope' in it):
  git rm -q -f --ignore-unmatch .idhooks/registry.json idhooks.toml
  idhooks init --adopt both

To write identities into the heads of files, and keep them up to date, add an [[embed]] rule to \
idhooks.toml: every commit then writes them into the files of the rule that it changes.

Exit code: 0 adopted; 1 a counter has too few numbers for its files; 2 cannot adopt")]
pub(super) struct Init {
    /// Last six digits of every identity, permanently [default: today's date as YYMMDD]
    #[arg(long, value_name = "DIGITS")]
    scope: Option<Scope>,
    /// How new identities get their sequence number
    #[arg(long, value_parser = choice(Strategy::ALL, Strategy::as_str, Some(Strategy::help)), value_name = "STRATEGY")]
    strategy: Option<Strategy>,
    /// Keep the identities that files carry, in their names or as 'doc_id' in their heads
    ///
    /// An identity is kept if it is well-formed, its scope is the repository's or one of
    /// legacy_scopes in idhooks.toml, and no other file carries it. Other identities are listed
    /// with the reason, and their files get new ones. If neither --scope nor idhooks.toml sets the
    /// scope, the most frequent one is used.
    #[arg(long, value_parser = choice(AdoptFrom::ALL, AdoptFrom::as_str, Some(AdoptFrom::help)), value_name = "WHERE")]
    adopt: Option<AdoptFrom>,
    /// Adopt even if another branch has a registry, this clone has backups of one, or a file
    /// contains another program's identities
    ///
    /// The registries of two adoptions can never be merged. Identities in another program's file
    /// are not kept; to keep them, use 'idhooks migrate plan' or 'idhooks import FILE'.
    #[arg(long)]
    force: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Init {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let options = InitOptions {
            scope: self.scope,
            strategy: self.strategy,
            adopt: self.adopt,
            force: self.force,
            is_dry_run: self.dry_run,
        };
        let done = init(ui, &Repo::open(dir)?, &options);
        match report_full(ui, done)? {
            None => return Ok(Exit::Findings),
            Some(InitReport::AlreadyAdopted) => {
                // The exit code is 0, so that a script can run `init` without checking first.
                ui.status("this repository is already adopted; nothing was changed");
                ui.status("next: run 'idhooks install' in every clone; 'idhooks status' shows the current state");
            }
            Some(InitReport::Adopted(adopted)) => self.report(ui, &adopted),
            Some(InitReport::Resumed(resumed)) => self.report_resumed(ui, &resumed),
        }
        Ok(Exit::Fine)
    }

    fn report_resumed(&self, ui: &mut Ui, resumed: &Resumed) {
        let active = resumed.registry.active().count();
        let ended = resumed.registry.allocations.len() - active;
        let (resumes, staged) = match self.dry_run {
            true => ("would resume", "would stage"),
            false => ("resumed", "staged"),
        };
        ui.lines(resumed.edits.iter().map(ToString::to_string));
        let (from, scope) = (resumed.from.short(), resumed.registry.scope);
        let ids = count(active, "identity", "identities");
        for line in [
            &*format!("{resumes} {ids} of '{from}', scope {scope}, and {ended} that ended"),
            &*format!("{staged} {REGISTRY_PATH}, {CONFIG_PATH} and {ATTRIBUTES_PATH}"),
            "next: 'idhooks install' (once in every clone), then: git commit -m 'resume idhooks'",
        ] {
            if self.dry_run { ui.line(line) } else { ui.report(line) }
        }
    }

    fn report(&self, ui: &mut Ui, adopted: &Adopted) {
        let new = adopted.ids.count() - adopted.ids.kept;
        let files = match self.adopt {
            None => count(new, "tracked file", "tracked files"),
            Some(_) => count(new, "other tracked file", "other tracked files"),
        };
        let scope = adopted.scope;
        let (allocated, staged, added) = match self.dry_run {
            true => ("would allocate", "would stage", "would add"),
            false => ("allocated", "staged", "added"),
        };
        let strategy = match adopted.strategy {
            Strategy::Sequential => {
                "strategy sequential: numbers are dense, but merging parallel branches renumbers one side"
            }
            Strategy::Scattered => {
                "identities are scattered: merging branches does not renumber them"
            }
        };
        let carriers = adopted.ids.carriers_of_others();
        let first = carriers.first().and_then(|first| RepoPath::new(*first).ok());
        // With `--adopt`, the user has already decided, and `report_kept` shows the result.
        let first = first.filter(|_| self.adopt.is_none());
        let carried = first.map_or_else(String::new, |first| {
            let files = count(
                carriers.len(),
                "file already carries an identity",
                "files already carry an identity",
            );
            format!("note: {files}, such as '{first}', and init gives a new one; to keep the old: idhooks init --adopt both")
        });
        let kept = self.report_kept(ui, adopted);
        let scope_added = format!("{added} the scope to {CONFIG_PATH}, which had none");
        let added = format!("{added} the table of TYPE codes to {CONFIG_PATH}, which had none");
        for line in [
            &*kept,
            &*format!("{allocated} identities for {files}, scope {scope}"),
            "identities are unique within a scope; give every repository its own: idhooks init --scope <DIGITS>",
            strategy,
            &carried,
            if adopted.adds_scope { &scope_added } else { "" },
            if adopted.adds_types { &added } else { "" },
            &*format!("{staged} {REGISTRY_PATH}, {CONFIG_PATH} and {ATTRIBUTES_PATH}"),
            "next: 'idhooks install' (once in every clone), then: git commit -m 'adopt idhooks'",
            "then commit and merge as usual; 'idhooks status' shows the current state",
        ]
        .into_iter()
        .filter(|line| !line.is_empty())
        {
            // In a dry run, this is the output the user asked for.
            if self.dry_run { ui.line(line) } else { ui.report(line) }
        }
    }

    /// Lists the identities that are not kept, and returns a line about those that are.
    fn report_kept(&self, ui: &mut Ui, adopted: &Adopted) -> String {
        if self.adopt.is_none() {
            return String::new();
        }
        let NewIds { kept, unkept, .. } = &adopted.ids;
        ui.lines(unkept.iter().map(|unkept| format!("not kept: {unkept}")));
        let keep = if self.dry_run { "would keep" } else { "kept" };
        let ids = count(*kept, "identity", "identities");
        let others =
            if unkept.is_empty() { String::new() } else { format!(", not {}", unkept.len()) };
        format!("{keep} {ids} that files carry{others}")
    }
}
