//! Events from the client and from the threads of the repositories.

use lsp_server::Notification;
use lsp_types::notification::{self, Notification as NotificationKind};
use lsp_types::{
    DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    InitializedParams, MessageType,
};

use idhooks_core::check::count;
use idhooks_ops::BufferState;

use crate::diagnostics::{clear, publish_problem};
use crate::document::{DocumentPlace, OpenDocument};
use crate::event::{FailedJob, MoveOutcome, News};
use crate::file_uri::file_of;
use crate::progress;
use crate::renames::files_renamed;
use crate::state::ServerState;

/// How many moved files are logged one by one.
const MOST_LISTED: usize = 10;

/// Handles a notification of the client. One that it may not send, or that is malformed, is logged.
pub(crate) fn notified(state: &mut ServerState, one: Notification) {
    match one.method.as_str() {
        notification::Initialized::METHOD => {
            with::<notification::Initialized>(state, one, initialized);
        }
        notification::DidOpenTextDocument::METHOD => {
            with::<notification::DidOpenTextDocument>(state, one, opened);
        }
        notification::DidChangeTextDocument::METHOD => {
            with::<notification::DidChangeTextDocument>(state, one, changed);
        }
        notification::DidSaveTextDocument::METHOD => {
            with::<notification::DidSaveTextDocument>(state, one, |state, params| {
                saved(state, &params);
            });
        }
        notification::DidCloseTextDocument::METHOD => {
            with::<notification::DidCloseTextDocument>(state, one, |state, params| {
                closed(state, &params);
            });
        }
        notification::DidChangeWatchedFiles::METHOD => {
            with::<notification::DidChangeWatchedFiles>(state, one, |state, params| {
                files_changed(state, &params);
            });
        }
        notification::DidChangeWorkspaceFolders::METHOD => {
            with::<notification::DidChangeWorkspaceFolders>(state, one, folders_changed);
        }
        notification::DidRenameFiles::METHOD => {
            with::<notification::DidRenameFiles>(state, one, files_renamed);
        }
        // Others are for servers that do more.
        _ => {}
    }
}

fn with<N: NotificationKind>(
    state: &mut ServerState,
    one: Notification,
    handle: impl FnOnce(&mut ServerState, N::Params),
) {
    match serde_json::from_value(one.params) {
        Ok(params) => handle(state, params),
        Err(error) => {
            let message = format!("'{}' is malformed: {error}", one.method);
            state.outbox.log(MessageType::WARNING, message);
        }
    }
}

fn initialized(state: &mut ServerState, _: InitializedParams) {
    if state.abilities.watches_files {
        progress::watch_files(&mut state.outbox);
    }
    progress::show(state);
}

fn opened(state: &mut ServerState, params: DidOpenTextDocumentParams) {
    let document = params.text_document;
    let file = file_of(&document.uri);
    let place = file.and_then(|file| state.workspace.place_of(&file));
    let key = document.uri.as_str().to_owned();
    let opened = OpenDocument::new(document.uri, document.version, document.text, place);
    state.documents.insert(key.clone(), opened);
    open_buffer(state, &key);
    progress::show(state);
}

/// Opens the buffer of a document, or opens it again.
fn open_buffer(state: &mut ServerState, key: &str) {
    let Some(document) = state.documents.get(key) else { return };
    let Some(place) = &document.place else { return };
    let editor = &mut state.workspace.sessions[place.repository].editor;
    let path = &place.path;
    let message = match editor.open_buffer(path, &document.text) {
        Ok(BufferState::Filtered(filter)) => Some(format!(
            "'{path}': the filter '{filter}' is not run, so the file in the index counts"
        )),
        Ok(BufferState::OtherEncoding) => {
            Some(format!("'{path}' is not UTF-8, so the file in the index counts"))
        }
        Ok(BufferState::Counts | BufferState::NotStaged) => None,
        Err(error) => Some(format!("'{path}' cannot be opened: {error}")),
    };
    message.into_iter().for_each(|message| state.outbox.log(MessageType::INFO, message));
    recheck(state);
}

fn changed(state: &mut ServerState, params: DidChangeTextDocumentParams) {
    let (key, encoding) = (params.text_document.uri.as_str(), state.abilities.encoding);
    let Some(document) = state.documents.get_mut(key) else {
        let message = format!("'{key}' has changed, but is not open");
        return state.outbox.log(MessageType::WARNING, message);
    };
    document.version = params.text_document.version;
    for change in params.content_changes {
        document.apply(change, encoding);
    }
    let Some(place) = &document.place else { return };
    let editor = &mut state.workspace.sessions[place.repository].editor;
    if let Err(error) = editor.set_text(&place.path, &document.text) {
        let message = format!("'{}' cannot be read: {error}", place.path);
        state.outbox.log(MessageType::ERROR, message);
    }
    recheck(state);
}

fn saved(state: &mut ServerState, params: &DidSaveTextDocumentParams) {
    // The file may have another encoding than before.
    open_buffer(state, params.text_document.uri.as_str());
}

fn closed(state: &mut ServerState, params: &DidCloseTextDocumentParams) {
    let Some(document) = state.documents.remove(params.text_document.uri.as_str()) else { return };
    state.unchecked.remove(document.uri.as_str());
    clear(state, document.uri);
    if let Some(place) = document.place {
        close_buffer(state, &place);
        state.workspace.sessions[place.repository].shown_problem = None;
        publish_problem(state, place.repository);
    }
    recheck(state);
}

/// Closes the buffer of a document that was at this place.
fn close_buffer(state: &mut ServerState, place: &DocumentPlace) {
    let editor = &mut state.workspace.sessions[place.repository].editor;
    if let Err(error) = editor.close_buffer(&place.path) {
        let message = format!("'{}' cannot be closed: {error}", place.path);
        state.outbox.log(MessageType::ERROR, message);
    }
}

/// Checks all documents: each may refer to the one that has changed.
fn recheck(state: &mut ServerState) {
    let placed = state.documents.iter().filter(|(_, document)| document.place.is_some());
    state.unchecked = placed.map(|(key, _)| key.clone()).collect();
}

fn files_changed(state: &mut ServerState, params: &DidChangeWatchedFilesParams) {
    poll(state);
    // The attributes decide about the conversion of all buffers.
    if params.changes.iter().any(|change| change.uri.as_str().ends_with("/.gitattributes")) {
        let keys: Vec<String> = state.documents.keys().cloned().collect();
        keys.iter().for_each(|key| open_buffer(state, key));
    }
}

fn folders_changed(state: &mut ServerState, params: DidChangeWorkspaceFoldersParams) {
    let files = |folders: Vec<lsp_types::WorkspaceFolder>| -> Vec<_> {
        folders.iter().filter_map(|folder| file_of(&folder.uri)).collect()
    };
    let (added, removed) = (files(params.event.added), files(params.event.removed));
    state.workspace.change_roots(added, &removed);
    progress::show(state);
}

/// Looks for changes of the repositories, and whether documents are in other ones than before.
pub(crate) fn poll(state: &mut ServerState) {
    if !state.workspace.poll() {
        return;
    }
    let keys: Vec<String> = state.documents.keys().cloned().collect();
    for key in keys {
        let Some(document) = state.documents.get_mut(&key) else { continue };
        let file = file_of(&document.uri);
        let place = file.and_then(|file| state.workspace.place_of(&file));
        if place == document.place {
            continue;
        }
        let former = std::mem::replace(&mut document.place, place);
        if document.place.is_none() {
            let uri = document.uri.clone();
            clear(state, uri);
        }
        if let Some(former) = former {
            close_buffer(state, &former);
        }
        open_buffer(state, &key);
    }
    progress::show(state);
}

/// Takes what the thread of a repository has found.
pub(crate) fn learn(state: &mut ServerState, repository: usize, news: News) {
    let session = &mut state.workspace.sessions[repository];
    match news {
        News::Reported(outcome) => {
            session.unreported = session.unreported.saturating_sub(1);
            moves_reported(state, outcome);
        }
        News::History { id, lines } => drop(session.histories.insert(id, lines)),
        News::Part(part) => {
            if let Err(error) = session.editor.update(part) {
                let message = format!("the index cannot be used: {error}");
                state.outbox.log(MessageType::ERROR, message);
            }
            publish_problem(state, repository);
            recheck(state);
        }
        News::Indexed(done) => {
            session.end_indexing(done.is_err());
            progress::end(state, repository);
            if let Err(FailedJob(error)) = done {
                state.outbox.log(MessageType::ERROR, format!("the index cannot be read: {error}"));
            }
        }
    }
}

/// Logs the outcome of the report of files that were moved together: a folder may have many. A move
/// that is not reported is also shown, as the commit will give the file another identity.
fn moves_reported(state: &mut ServerState, MoveOutcome { mut reported, refused }: MoveOutcome) {
    let outbox = &mut state.outbox;
    match refused.as_slice() {
        [] => {}
        [one] => outbox.warn(one),
        [first, others @ ..] => {
            let others = count(others.len(), "other move is", "other moves are");
            outbox.warn(format!("{first}; {others} not reported either: see the log"));
        }
    }
    refused.into_iter().for_each(|line| outbox.log(MessageType::WARNING, line));
    if let [first, others @ ..] = reported.as_slice()
        && others.len() >= MOST_LISTED
    {
        reported = vec![format!("{first}; other files with it: {}", others.len())];
    }
    reported.into_iter().for_each(|line| outbox.log(MessageType::LOG, line));
}
