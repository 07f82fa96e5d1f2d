//! `idhooks bridge`: lets old and new identifiers be used side by side.

mod check;
mod detect;
mod matching;
mod scan;
mod translate;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::commands::bridge_server::ServeBridge;
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use check::CheckMigration;
use detect::DetectIds;
use matching::MatchIds;
use scan::ScanIds;
use translate::TranslateIds;

/// Detect, match and translate old and new identifiers
///
/// For programs that migrate from one identifier format to another and use both in the meantime.
/// idhooks.toml declares the formats in [formats.NAME]; their keys 'legacy', 'successor' and 'key',
/// and the 'bridge' list, relate them to each other. In a repository with a registry, the
/// identities of files are recognised, too: the 16 digits, current or former, and second identities
/// such as DOC-12.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks bridge detect ws_0123abcd
  idhooks bridge match ws_0123abcd --among connections.txt
  idhooks bridge translate - --map ids.jsonl < old.txt
  idhooks bridge scan app.log

Exit code: 0 done; 1 an identifier is unknown, unmatched or ambiguous; 2 an error")]
pub(in crate::commands) struct BridgeArgs {
    #[command(subcommand)]
    action: BridgeAction,
}

#[derive(Debug, Subcommand)]
enum BridgeAction {
    Detect(DetectIds),
    Match(MatchIds),
    Translate(TranslateIds),
    Check(CheckMigration),
    Scan(ScanIds),
    Serve(ServeBridge),
}

impl BridgeArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            BridgeAction::Detect(detect) => detect.run(ui, dir),
            BridgeAction::Match(matching) => matching.run(ui, dir),
            BridgeAction::Translate(translate) => translate.run(ui, dir),
            BridgeAction::Check(check) => check.run(ui, dir),
            BridgeAction::Scan(scan) => scan.run(ui, dir),
            BridgeAction::Serve(serve) => serve.run(ui, dir),
        }
    }
}
