//! The client's capabilities, and those of the server.

use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions,
    FileOperationFilter, FileOperationPattern, FileOperationRegistrationOptions,
    HoverProviderCapability, InitializeParams, MarkupKind, OneOf, SaveOptions, ServerCapabilities,
    TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, WorkspaceFileOperationsServerCapabilities,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use crate::position::PositionEncoding;

/// The client's capabilities.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ClientAbilities {
    pub(crate) encoding: PositionEncoding,
    /// Whether it shows Markdown when it hovers.
    pub(crate) shows_markdown: bool,
    /// Whether it shows progress.
    pub(crate) shows_progress: bool,
    /// Whether it takes code actions, and not only commands.
    pub(crate) takes_actions: bool,
    /// Whether it watches files if it is asked to.
    pub(crate) watches_files: bool,
}

impl ClientAbilities {
    pub(crate) fn of(params: &InitializeParams) -> Self {
        let all = &params.capabilities;
        let general = all.general.as_ref();
        let document = all.text_document.as_ref();
        let formats = document
            .and_then(|document| document.hover.as_ref()?.content_format.as_ref())
            .is_some_and(|formats| formats.contains(&MarkupKind::Markdown));
        let actions = document.and_then(|document| document.code_action.as_ref());
        let watched = all.workspace.as_ref().and_then(|one| one.did_change_watched_files.as_ref());
        let encodings = general.and_then(|general| general.position_encodings.as_deref());
        ClientAbilities {
            encoding: PositionEncoding::choose(encodings),
            shows_markdown: formats,
            shows_progress: all
                .window
                .as_ref()
                .and_then(|window| window.work_done_progress)
                .unwrap_or(false),
            takes_actions: actions
                .is_some_and(|actions| actions.code_action_literal_support.is_some()),
            watches_files: watched
                .and_then(|watched| watched.dynamic_registration)
                .unwrap_or(false),
        }
    }
}

/// Returns what the server offers.
pub(crate) fn server_capabilities(encoding: PositionEncoding) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions::default())),
        ..TextDocumentSyncOptions::default()
    };
    let completion = CompletionOptions {
        trigger_characters: Some(vec![":".to_owned()]),
        ..CompletionOptions::default()
    };
    let actions = CodeActionOptions {
        code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
        ..CodeActionOptions::default()
    };
    let pattern = FileOperationPattern { glob: "**".to_owned(), matches: None, options: None };
    let filters = vec![FileOperationFilter { scheme: Some("file".to_owned()), pattern }];
    let operations = WorkspaceFileOperationsServerCapabilities {
        did_rename: Some(FileOperationRegistrationOptions { filters }),
        ..WorkspaceFileOperationsServerCapabilities::default()
    };
    let workspace = WorkspaceServerCapabilities {
        workspace_folders: Some(WorkspaceFoldersServerCapabilities {
            supported: Some(true),
            change_notifications: Some(OneOf::Left(true)),
        }),
        file_operations: Some(operations),
    };
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        completion_provider: Some(completion),
        code_action_provider: Some(CodeActionProviderCapability::Options(actions)),
        workspace: Some(workspace),
        ..ServerCapabilities::default()
    }
}
