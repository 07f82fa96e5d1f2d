//! The findings about references, as diagnostics.

use idhooks_core::check::{Finding, Severity};
use idhooks_ops::{DocumentFinding, EditorProblem};
use lsp_types::notification::PublishDiagnostics;
use lsp_types::{
    Diagnostic, DiagnosticSeverity, MessageType, NumberOrString, Position,
    PublishDiagnosticsParams, Range, Uri,
};

use crate::navigation::targets;
use crate::state::ServerState;

/// The source of diagnostics.
const SOURCE: &str = "idhooks";

/// Finds and publishes the findings about an open document.
pub(crate) fn check_document(state: &mut ServerState, uri: &str) {
    let named = targets(state, uri);
    let Some(document) = state.documents.get(uri) else { return };
    let Some(place) = &document.place else { return };
    let session = &mut state.workspace.sessions[place.repository];
    if session.is_unknown() {
        return;
    }
    let ids: Vec<_> =
        named.iter().filter_map(|target| session.editor.named(target)).map(|one| one.id).collect();
    session.ask_histories(ids);
    let problem = session.editor.problem().filter(|problem| problem.path == place.path).cloned();
    let found = match session.editor.findings(&place.path, &document.text) {
        Ok(found) => found,
        Err(error) => {
            let message = format!("'{}' cannot be checked: {error}", place.path);
            state.outbox.log(MessageType::ERROR, message);
            Vec::new()
        }
    };
    let diagnostics = found.iter().map(|found| {
        let DocumentFinding { place, finding } = found;
        let range = match &place.range {
            Some(range) => document.range(range, state.abilities.encoding),
            None => line_range(place.reference.line),
        };
        of_finding(finding, range)
    });
    let diagnostics = diagnostics.chain(problem.iter().map(of_problem)).collect();
    let (uri, version) = (document.uri.clone(), Some(document.version));
    let params = PublishDiagnosticsParams { uri, diagnostics, version };
    state.outbox.notify::<PublishDiagnostics>(&params);
}

/// Publishes why references in a repository cannot be followed, or that they can be again.
pub(crate) fn publish_problem(state: &mut ServerState, repository: usize) {
    let problem = state.workspace.sessions[repository].editor.problem().cloned();
    let uri = problem.as_ref().and_then(|problem| state.uri(repository, &problem.path));
    let former = state.workspace.sessions[repository].shown_problem.take();
    if let Some(former) = former.filter(|former| uri.as_ref() != Some(former)) {
        match state.documents.contains_key(former.as_str()) {
            true => drop(state.unchecked.insert(former.as_str().to_owned())),
            false => clear(state, former),
        }
    }
    let Some((problem, uri)) = problem.zip(uri) else { return };
    state.workspace.sessions[repository].shown_problem = Some(uri.clone());
    if state.documents.contains_key(uri.as_str()) {
        state.unchecked.insert(uri.as_str().to_owned());
        return;
    }
    let diagnostics = vec![of_problem(&problem)];
    let params = PublishDiagnosticsParams { uri, diagnostics, version: None };
    state.outbox.notify::<PublishDiagnostics>(&params);
}

/// Removes the diagnostics of a document.
pub(crate) fn clear(state: &ServerState, uri: Uri) {
    let params = PublishDiagnosticsParams { uri, diagnostics: Vec::new(), version: None };
    state.outbox.notify::<PublishDiagnostics>(&params);
}

fn of_finding(finding: &Finding, range: Range) -> Diagnostic {
    let severity = match finding.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Info => DiagnosticSeverity::INFORMATION,
    };
    Diagnostic {
        range,
        severity: Some(severity),
        code: Some(NumberOrString::String(finding.code.to_string())),
        source: Some(SOURCE.to_owned()),
        message: with_help(&finding.message, Some(&finding.help)),
        ..Diagnostic::default()
    }
}

fn of_problem(problem: &EditorProblem) -> Diagnostic {
    Diagnostic {
        range: line_range(problem.line),
        severity: Some(DiagnosticSeverity::ERROR),
        code: problem.code.map(|code| NumberOrString::String(code.to_string())),
        source: Some(SOURCE.to_owned()),
        message: with_help(&problem.message, problem.help.as_deref()),
        ..Diagnostic::default()
    }
}

fn with_help(message: &str, help: Option<&str>) -> String {
    match help.filter(|help| !help.is_empty()) {
        Some(help) => format!("{message}\nhelp: {help}"),
        None => message.to_owned(),
    }
}

fn line_range(line: usize) -> Range {
    let line = u32::try_from(line.saturating_sub(1)).unwrap_or(u32::MAX);
    Range::new(Position::new(line, 0), Position::new(line, 0))
}
