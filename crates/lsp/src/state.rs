//! [`ServerState`]: the open documents, their repositories, and the client.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use idhooks_core::registry::RepoPath;
use idhooks_ops::{NamedRecord, NoRecord, file_references};
use idhooks_references::{IdReference, ReferenceTarget};
use lsp_types::{Position, TextDocumentPositionParams, Uri};
use serde_json::Value;

use crate::abilities::ClientAbilities;
use crate::document::OpenDocument;
use crate::file_uri::uri_of;
use crate::outbox::Outbox;
use crate::sessions::RepositorySession;
use crate::workspace::Workspace;

/// The server's state.
pub(crate) struct ServerState {
    pub(crate) workspace: Workspace,
    /// The open documents, by their URIs.
    pub(crate) documents: BTreeMap<String, OpenDocument>,
    /// The documents whose findings have to be found again.
    pub(crate) unchecked: BTreeSet<String>,
    pub(crate) abilities: ClientAbilities,
    pub(crate) outbox: Outbox,
}

/// The answer to a request.
pub(crate) enum RequestAnswer {
    /// The result.
    Now(Value),
    /// It is known once an index was read.
    Later,
}

impl RequestAnswer {
    /// Returns the answer with this result.
    pub(crate) fn of(result: impl serde::Serialize) -> Self {
        RequestAnswer::Now(serde_json::to_value(result).unwrap_or_default())
    }

    /// Returns the answer if there is nothing to say.
    pub(crate) fn nothing() -> Self {
        RequestAnswer::Now(Value::Null)
    }
}

/// The subject at a place in a document.
pub(crate) struct DocumentSubject {
    /// Its bytes in the document.
    pub(crate) range: Range<usize>,
    /// The name of the file.
    pub(crate) target: ReferenceTarget,
    /// The heading that it names.
    pub(crate) section: Option<String>,
    /// Whether this is the document's own identity.
    pub(crate) is_own: bool,
}

impl DocumentSubject {
    fn of_reference(reference: IdReference) -> Self {
        let IdReference { range, target, section, .. } = reference;
        DocumentSubject { range, target, section, is_own: false }
    }
}

/// A record, and the repository that has it.
pub(crate) struct FoundTarget {
    pub(crate) repository: usize,
    pub(crate) named: NamedRecord,
}

/// The result of looking for a record.
pub(crate) enum TargetSearch {
    /// It was found.
    Found(FoundTarget),
    /// There is none, for this reason.
    None(NoRecord),
    /// An index has to be read first.
    Unknown,
}

impl ServerState {
    pub(crate) fn new(workspace: Workspace, outbox: Outbox) -> Self {
        let (documents, unchecked) = (BTreeMap::new(), BTreeSet::new());
        let abilities = ClientAbilities::default();
        ServerState { workspace, documents, unchecked, abilities, outbox }
    }

    /// Returns the document and the byte that a request names.
    pub(crate) fn at(&self, params: &TextDocumentPositionParams) -> Option<(&OpenDocument, usize)> {
        let document = self.documents.get(params.text_document.uri.as_str())?;
        Some((document, document.byte(params.position, self.abilities.encoding)))
    }

    /// Returns the subject at a byte of a document.
    pub(crate) fn subject(&self, document: &OpenDocument, byte: usize) -> Option<DocumentSubject> {
        let is_at = |range: &Range<usize>| range.start <= byte && byte <= range.end;
        let text = &document.text;
        let Some(place) = &document.place else {
            let found = file_references(text).into_iter().find(|one| is_at(&one.range));
            return found.map(DocumentSubject::of_reference);
        };
        let editor = &self.workspace.sessions[place.repository].editor;
        let references = match editor.is_indexed() {
            true => editor.references_in(&place.path, text),
            false => file_references(text),
        };
        let found = references.into_iter().find(|one| is_at(&one.range));
        found.map(DocumentSubject::of_reference).or_else(|| {
            let head = editor.head_of(&place.path, text);
            let head = head.into_iter().find(|head| is_at(&head.range))?;
            let (range, target) = (head.range, ReferenceTarget::Id(head.id));
            Some(DocumentSubject { range, target, section: None, is_own: true })
        })
    }

    /// Returns the answer if nothing is known to be at a place of a document. Before its index was
    /// read, something may be there in a spelling of its own.
    pub(crate) fn no_subject(&self, uri: &str) -> RequestAnswer {
        let place = self.documents.get(uri).and_then(|document| document.place.as_ref());
        let session = place.map(|place| &self.workspace.sessions[place.repository]);
        match session.is_some_and(RepositorySession::is_unknown) {
            true => RequestAnswer::Later,
            false => RequestAnswer::nothing(),
        }
    }

    /// Finds the subject under the cursor, and the record that it names, or the answer if there is
    /// none.
    pub(crate) fn find_at(
        &mut self,
        params: &TextDocumentPositionParams,
    ) -> Result<(DocumentSubject, FoundTarget), RequestAnswer> {
        let uri = params.text_document.uri.as_str();
        let (document, byte) = self.at(params).ok_or_else(RequestAnswer::nothing)?;
        let subject = self.subject(document, byte).ok_or_else(|| self.no_subject(uri))?;
        match self.find(uri, &subject.target) {
            TargetSearch::Found(found) => Ok((subject, found)),
            TargetSearch::None(_) => Err(RequestAnswer::nothing()),
            TargetSearch::Unknown => Err(RequestAnswer::Later),
        }
    }

    /// Finds the record that is named in a document: in its own repository or, if it is in none, in
    /// those of the client's folders.
    pub(crate) fn find(&mut self, uri: &str, target: &ReferenceTarget) -> TargetSearch {
        let place = self.documents.get(uri).and_then(|document| document.place.as_ref());
        let repositories = match place {
            Some(place) => vec![place.repository],
            None => self.workspace.of_roots(),
        };
        let mut is_unknown = false;
        let mut reason = NoRecord::NotAdopted;
        for repository in repositories {
            let session = &self.workspace.sessions[repository];
            is_unknown |= session.is_unknown();
            match session.editor.find(target) {
                Ok(named) => return TargetSearch::Found(FoundTarget { repository, named }),
                Err(other) => reason = reason.min(other),
            }
        }
        if is_unknown { TargetSearch::Unknown } else { TargetSearch::None(reason) }
    }

    /// Returns the open document of a file in a repository.
    pub(crate) fn document_of(&self, repository: usize, path: &RepoPath) -> Option<&OpenDocument> {
        self.documents.values().find(|document| {
            let place = document.place.as_ref();
            place.is_some_and(|place| place.repository == repository && place.path == *path)
        })
    }

    /// Returns the URI of a file in a repository: the one that the client uses, if it is open.
    pub(crate) fn uri(&self, repository: usize, path: &RepoPath) -> Option<Uri> {
        match self.document_of(repository, path) {
            Some(document) => Some(document.uri.clone()),
            None => uri_of(&self.workspace.sessions[repository].editor.file(path)),
        }
    }

    /// Returns the position of a number of characters on a line.
    pub(crate) fn position(&self, line: usize, before: &str) -> Position {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Position { line, character: self.abilities.encoding.length(before) }
    }
}
