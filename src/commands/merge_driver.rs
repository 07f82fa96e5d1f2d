//! `merge-driver`: the command that git runs to merge the registry and the legacy file.
//!
//! Its exit codes follow git's contract, unlike other commands' exit codes: 0 for merged, 1 for a
//! conflict, and never anything else.

use std::path::{Path, PathBuf};

use idhooks_ops::{
    LeftConflict, MergeDriverOptions, MergeDriverReport, leave_conflict, merge_versions,
};

use crate::error::Exit;
use crate::notices::warn_of_fallback;
use crate::output::Ui;

use crate::panic::guarded;

/// The name of the command, which `main` checks before anything else can fail.
pub(super) const NAME: &str = "merge-driver";

/// Merge the registry; git calls this during a merge
///
/// 'idhooks install' sets merge.idhooks.driver to this command; %O, %A, %B, %L and %P are git's
/// placeholders.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks merge-driver %O %A %B %L %P         as merge.idhooks.driver is set
  idhooks merge-driver --legacy %O %A %B %L %P   as merge.idhooks-legacy.driver is set
  idhooks merge-driver base.json ours.json theirs.json 7 .idhooks/registry.json

Exit code: 0 merged; 1 conflict, with conflict markers in OURS")]
pub(super) struct MergeDriver {
    /// Merge a legacy registry file; a file in a format without records is left alone
    #[arg(long)]
    legacy: bool,
    /// Merge base (%O); empty if there is none
    base: PathBuf,
    /// Our version (%A); the result replaces it
    ours: PathBuf,
    /// Their version (%B)
    theirs: PathBuf,
    /// Size of conflict markers (%L)
    // The size is a string, because a driver that fails to parse its arguments cannot leave markers
    // either.
    marker_size: String,
    /// Path of the result in the repository (%P), for messages
    path: PathBuf,
}

impl MergeDriver {
    /// Merges the versions, and writes the result or a conflict to ours. Returns [`Exit::Fine`], or
    /// [`Exit::Findings`] for a conflict.
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Exit {
        warn_of_fallback(ui, dir);
        let MergeDriver { legacy: is_legacy, base, ours, theirs, marker_size, path } = self;
        let marker_size = marker_size.parse().ok();
        let options = MergeDriverOptions { is_legacy, base, ours, theirs, marker_size, path };
        let (of_panic, place) = (options.clone(), dir.to_owned());
        let on_panic = move |panic: &str| {
            let causes = [format!("internal error: {panic}")];
            refuse(&mut Ui::default(), &place, &of_panic, &causes, false) as u8
        };
        match guarded(on_panic, || merge_versions(dir, &options)) {
            MergeDriverReport::Merged(lost) => {
                // Every merge passes through here and nowhere else: no hook runs after a
                // cherry-pick or a rebase.
                lost.iter().for_each(|one| ui.status(&format!("idhooks: {one}")));
                Exit::Fine
            }
            MergeDriverReport::LeftAlone => Exit::Findings,
            MergeDriverReport::Conflict(conflict) => {
                let causes: Vec<String> = conflict.causes.iter().map(ToString::to_string).collect();
                refuse(ui, dir, &options, &causes, conflict.is_contested())
            }
        }
    }
}

/// Reports why the versions were not merged, and leaves a conflict.
fn refuse(
    ui: &mut Ui,
    dir: &Path,
    options: &MergeDriverOptions,
    causes: &[String],
    is_contested: bool,
) -> Exit {
    ui.error(&format!("cannot merge '{}'", options.path.display()));
    causes.iter().for_each(|cause| ui.cause(cause));
    match leave_conflict(dir, options) {
        LeftConflict::NoFile => return Exit::Findings,
        LeftConflict::Marked => {}
        LeftConflict::Unmarked(error) => {
            ui.cause(&error.to_string());
            // The file contains only our version. If it were staged unchanged, their version would
            // be lost without a trace.
            ui.hint("the file has no conflict markers: do not 'git add' it unchanged");
        }
    }
    ui.hint(match is_contested {
        true => "the history of both sides may decide which paths are kept; run: idhooks resolve",
        false if options.is_legacy => {
            "git keeps all three versions; 'idhooks resolve' takes the readable parts of them, and then derives the file from the registry"
        }
        false => "git keeps all three versions; to merge what counts in their commits: idhooks resolve",
    });
    Exit::Findings
}
