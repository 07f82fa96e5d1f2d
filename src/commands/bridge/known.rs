//! What commands and the service know of identifiers: the formats, the map, the identities of files.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use idhooks_identifiers::bridge::{
    Answer, Bridge, Detection, IdTranslation, Matches, TranslationMap,
};
use idhooks_identifiers::{Given, IdFormat, UnknownFormat};
use serde::Serialize;

use crate::commands::config_args::ConfigArgs;
use crate::error::{CommandError, CommandResult};

use super::file_ids::{FileId, FileIdKind, FileIds};
use super::map_file;

/// What is known of identifiers.
pub(super) struct KnownIds {
    pub(super) bridge: Bridge,
    pub(super) map: TranslationMap,
    dir: PathBuf,
    files: OnceCell<Option<FileIds>>,
}

/// The format of an identifier, as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct DetectedId {
    pub(super) id: String,
    pub(super) format: Option<String>,
    pub(super) confidence: f64,
    pub(super) legacy: bool,
    pub(super) candidates: Vec<CandidateFormat>,
}

/// A format that an identifier may have.
#[derive(Debug, Serialize)]
pub(super) struct CandidateFormat {
    pub(super) format: String,
    pub(super) confidence: f64,
    pub(super) legacy: bool,
}

/// The identifiers that belong to the same thing as another one, as they are shown.
#[derive(Debug, Serialize)]
pub(super) struct MatchedIds {
    pub(super) target: String,
    pub(super) answer: &'static str,
    pub(super) matched: Vec<String>,
    pub(super) undecided: Vec<String>,
}

/// What an identifier becomes, as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct TranslatedId {
    pub(super) id: String,
    pub(super) translated: Option<String>,
    pub(super) format: Option<String>,
    pub(super) needed: bool,
    pub(super) mapped: bool,
    pub(super) reason: Option<String>,
}

/// Into what identifiers are translated.
#[derive(Debug, Clone, Copy)]
pub(super) enum TranslateTarget<'f> {
    /// The successors of their formats.
    Successor,
    /// A declared format.
    Format(&'f IdFormat),
    /// The 16 digits of files.
    FileId,
    /// The second identities of files.
    DocId,
}

impl KnownIds {
    /// Reads the configuration and the maps that it names, and another map if it exists.
    ///
    /// # Errors
    /// Returns an error if the configuration or a map cannot be read or is not valid.
    pub(super) fn read(config: &ConfigArgs, dir: &Path, map: Option<&Path>) -> CommandResult<Self> {
        let (bridge, top) = config.bridge(dir)?;
        let mut known = KnownIds {
            bridge,
            map: TranslationMap::default(),
            dir: dir.to_owned(),
            files: OnceCell::new(),
        };
        let named = known.bridge.links.iter().filter_map(|link| link.map.as_ref());
        let mut files: Vec<PathBuf> = named.map(|map| top.join(map)).collect();
        files.extend(map.map(|map| dir.join(map)));
        files.dedup();
        for file in files {
            map_file::read(&file, &mut known.map)?;
        }
        Ok(known)
    }

    /// Returns the identities of files, which are read when they are first asked for.
    fn files(&self) -> CommandResult<Option<&FileIds>> {
        if let Some(files) = self.files.get() {
            return Ok(files.as_ref());
        }
        let files = FileIds::of(&self.dir)?;
        Ok(self.files.get_or_init(|| files).as_ref())
    }

    /// Returns the identifier of a file, if it is one. An identifier that a declared format tells from
    /// other words is none.
    fn file_id(&self, id: &str, detection: &Detection) -> CommandResult<Option<FileId>> {
        let is_free = detection.candidates.iter().all(|one| one.is_free_text);
        match id.is_empty() || !is_free {
            true => Ok(None),
            false => Ok(self.files()?.and_then(|files| files.find(id))),
        }
    }

    /// Returns the target with a name.
    ///
    /// # Errors
    /// Returns an error with the nearest name if there is none.
    pub(super) fn target(&self, name: Option<&str>) -> CommandResult<TranslateTarget<'_>> {
        let Some(name) = name else { return Ok(TranslateTarget::Successor) };
        match name {
            _ if name == FileIdKind::Current.as_str() => Ok(TranslateTarget::FileId),
            _ if name == FileIdKind::Second.as_str() => Ok(TranslateTarget::DocId),
            name => self.bridge.formats.named(name).map(TranslateTarget::Format).map_err(unknown),
        }
    }

    /// Detects the format of an identifier.
    pub(super) fn detect(&self, id: &str) -> CommandResult<DetectedId> {
        let detection = self.bridge.detect(id);
        if let Some(file) = self.file_id(id, &detection)? {
            let legacy = file.kind == FileIdKind::Former;
            let format = file.kind.to_string();
            let candidates = vec![CandidateFormat { format, confidence: 1.0, legacy }];
            let format = Some(file.kind.to_string());
            return Ok(DetectedId {
                id: id.to_owned(),
                format,
                confidence: 1.0,
                legacy,
                candidates,
            });
        }
        let best = detection.best();
        let candidates = detection.candidates.iter().map(|one| CandidateFormat {
            format: one.format.clone(),
            confidence: one.confidence,
            legacy: one.is_legacy,
        });
        Ok(DetectedId {
            id: id.to_owned(),
            format: best.map(|best| best.format.clone()),
            confidence: best.map_or(0.0, |best| best.confidence),
            legacy: best.is_some_and(|best| best.is_legacy),
            candidates: candidates.collect(),
        })
    }

    /// Returns which candidates belong to the same thing as the target.
    pub(super) fn matches(&self, target: &str, candidates: &[String]) -> CommandResult<MatchedIds> {
        let matches = match self.file_id(target, &self.bridge.detect(target))? {
            Some(file) => {
                let mut matched = Vec::new();
                for candidate in candidates {
                    let is_same = self
                        .file_id(candidate, &self.bridge.detect(candidate))?
                        .is_some_and(|c| c.current == file.current);
                    if is_same && !matched.contains(candidate) {
                        matched.push(candidate.clone());
                    }
                }
                matched.sort_by_key(|candidate| candidate != target);
                Matches { matched, ..Matches::default() }
            }
            None => self.bridge.matches(target, candidates.iter().map(|id| &**id), &self.map),
        };
        Ok(MatchedIds {
            target: target.to_owned(),
            answer: Answer::as_str(matches.answer()),
            matched: matches.matched,
            undecided: matches.undecided,
        })
    }

    /// Translates an identifier. If it cannot be translated, the result says why.
    pub(super) fn translate(
        &self,
        id: &str,
        target: TranslateTarget<'_>,
        given: &Given,
    ) -> CommandResult<TranslatedId> {
        if let Some(file) = self.file_id(id, &self.bridge.detect(id))? {
            return Ok(self.translate_file_id(id, &file, target));
        }
        let to = match target {
            TranslateTarget::Successor => None,
            TranslateTarget::Format(format) => Some(format),
            TranslateTarget::FileId | TranslateTarget::DocId => {
                return Ok(TranslatedId::refused(id, None, "no file has this identity"));
            }
        };
        Ok(match self.bridge.translate(id, to, given, &self.map) {
            Ok(done) => TranslatedId::of(done),
            Err(error) => TranslatedId::refused(id, None, &error.to_string()),
        })
    }

    fn translate_file_id(
        &self,
        id: &str,
        file: &FileId,
        target: TranslateTarget<'_>,
    ) -> TranslatedId {
        let translated = match target {
            TranslateTarget::Successor | TranslateTarget::FileId => Some(file.current.to_string()),
            TranslateTarget::DocId => file.doc_id.clone(),
            TranslateTarget::Format(format) => {
                let why = format!("the identity of a file does not become a {}", format.name);
                return TranslatedId::refused(id, Some(file.kind), &why);
            }
        };
        match translated {
            None => TranslatedId::refused(id, Some(file.kind), "its file has no second identity"),
            Some(translated) => TranslatedId {
                id: id.to_owned(),
                needed: translated != id,
                translated: Some(translated),
                format: Some(file.kind.to_string()),
                mapped: false,
                reason: None,
            },
        }
    }
}

/// Returns the error for a format that is not declared.
pub(super) fn unknown(unknown: UnknownFormat) -> CommandError {
    CommandError::new(unknown.to_string()).hint(unknown.hint)
}

impl TranslatedId {
    fn of(done: IdTranslation) -> Self {
        TranslatedId {
            needed: done.is_needed(),
            id: done.original,
            translated: Some(done.translated),
            format: done.from,
            mapped: done.is_mapped,
            reason: None,
        }
    }

    fn refused(id: &str, kind: Option<FileIdKind>, why: &str) -> Self {
        TranslatedId {
            id: id.to_owned(),
            translated: None,
            format: kind.map(|kind| kind.to_string()),
            needed: false,
            mapped: false,
            reason: Some(why.to_owned()),
        }
    }
}
