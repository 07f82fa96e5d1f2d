//! Requests of the server to its client: to show progress, and to watch files.

use lsp_server::RequestId;
use lsp_types::notification::{DidChangeWatchedFiles, Notification, Progress};
use lsp_types::request::{RegisterCapability, WorkDoneProgressCreate};
use lsp_types::{
    DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, NumberOrString,
    ProgressParams, ProgressParamsValue, Registration, RegistrationParams, WorkDoneProgress,
    WorkDoneProgressBegin, WorkDoneProgressCreateParams, WorkDoneProgressEnd,
};

use crate::outbox::Outbox;
use crate::sessions::ProgressState;
use crate::state::ServerState;

/// The files to watch. The git directory of a linked working tree is elsewhere, and some clients watch
/// none, so the server looks at these files itself, too.
const WATCHED: [&str; 5] = [
    "**/.git/HEAD",
    "**/.git/index",
    "**/.gitattributes",
    "**/.idhooks/registry.json",
    "**/idhooks.toml",
];

/// Asks the client to watch files.
pub(crate) fn watch_files(outbox: &mut Outbox) {
    let watcher = |glob: &str| FileSystemWatcher {
        glob_pattern: GlobPattern::String(glob.to_owned()),
        kind: None,
    };
    let watchers = WATCHED.into_iter().map(watcher).collect();
    let options = DidChangeWatchedFilesRegistrationOptions { watchers };
    let registration = Registration {
        id: "idhooks".to_owned(),
        method: DidChangeWatchedFiles::METHOD.to_owned(),
        register_options: serde_json::to_value(options).ok(),
    };
    let params = RegistrationParams { registrations: vec![registration] };
    outbox.request::<RegisterCapability>(&params);
}

/// Asks the client to show the first reading of each index.
pub(crate) fn show(state: &mut ServerState) {
    if !state.abilities.shows_progress {
        return;
    }
    for (repository, session) in state.workspace.sessions.iter_mut().enumerate() {
        if session.is_indexing && session.is_unknown() && session.progress == ProgressState::None {
            let params = WorkDoneProgressCreateParams { token: token(repository) };
            let id = state.outbox.request::<WorkDoneProgressCreate>(&params);
            session.progress = ProgressState::Asked(id);
        }
    }
}

fn token(repository: usize) -> NumberOrString {
    NumberOrString::String(format!("idhooks/index/{repository}"))
}

/// Takes the client's answer to a request of the server.
pub(crate) fn answered(state: &mut ServerState, id: &RequestId, is_accepted: bool) {
    for (repository, session) in state.workspace.sessions.iter_mut().enumerate() {
        let ProgressState::Asked(asked) = session.progress else { continue };
        if RequestId::from(asked) != *id {
            continue;
        }
        let begins = is_accepted && session.is_indexing;
        session.progress = if begins { ProgressState::Shown } else { ProgressState::None };
        if begins {
            let begin = WorkDoneProgressBegin {
                title: format!("idhooks: reading the index of {}", session.editor.repo().name()),
                cancellable: Some(false),
                ..WorkDoneProgressBegin::default()
            };
            report(&state.outbox, repository, WorkDoneProgress::Begin(begin));
        }
    }
}

/// Ends the progress of a repository, if it is shown.
pub(crate) fn end(state: &mut ServerState, repository: usize) {
    let session = &mut state.workspace.sessions[repository];
    if session.progress == ProgressState::Shown {
        session.progress = ProgressState::None;
        let end = WorkDoneProgress::End(WorkDoneProgressEnd::default());
        report(&state.outbox, repository, end);
    }
}

fn report(outbox: &Outbox, repository: usize, value: WorkDoneProgress) {
    let value = ProgressParamsValue::WorkDone(value);
    outbox.notify::<Progress>(&ProgressParams { token: token(repository), value });
}
