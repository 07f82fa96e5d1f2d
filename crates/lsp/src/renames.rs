//! Files that were renamed in the client.

use std::collections::BTreeMap;

use idhooks_ops::MoveOptions;
use lsp_types::{FileRename, RenameFilesParams};

use crate::file_uri::file_of;
use crate::state::ServerState;

/// Reports renamed files and folders, so that the commit with the renames keeps the identities.
/// Moves nothing, stages nothing, and does not touch the registry.
pub(crate) fn files_renamed(state: &mut ServerState, params: RenameFilesParams) {
    let mut moves: BTreeMap<usize, Vec<MoveOptions>> = BTreeMap::new();
    for FileRename { old_uri, new_uri } in params.files {
        let [from, to] =
            [old_uri, new_uri].map(|uri| uri.parse().ok().and_then(|uri| file_of(&uri)));
        let Some((from, to)) = from.zip(to) else { continue };
        let Some(place) = state.workspace.place_of(&from) else { continue };
        let options = MoveOptions { from, to, is_dry_run: false };
        moves.entry(place.repository).or_default().push(options);
    }
    for (repository, moves) in moves {
        state.workspace.sessions[repository].report_moves(moves);
    }
}
