//! What commands and the service know of identifiers: the formats, the map, the identities of files.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use idhooks_identifiers::bridge::{
    Answer, Bridge, Detection, IdTranslation, Matches, TranslationMap,
};
use idhooks_identifiers::{Given, IdFormat};
use serde::Serialize;

use crate::commands::config_args::ConfigArgs;
use crate::commands::ids::report::{listed, named};
use crate::error::{CommandError, CommandResult};

use super::file_ids::{FileId, FileIdKind, FileIds};
use super::map_file::{MapFile, MapFiles};

/// What is known of identifiers.
pub(super) struct KnownIds {
    pub(super) bridge: Bridge,
    pub(super) map: TranslationMap,
    map_files: MapFiles,
    dir: PathBuf,
    files: OnceCell<Option<FileIds>>,
}

/// An identifier, and what it may be.
pub(super) struct KnownId<'i> {
    id: &'i str,
    detection: Detection,
    file: Option<FileId>,
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
        let of_config = bridge.links.iter().filter_map(|link| link.map.as_deref());
        let of_config = of_config.map(|map| MapFile::new(&top, Path::new(map)));
        let files = of_config.chain(map.map(|map| MapFile::new(dir, map)));
        let mut map_files = MapFiles::new(files.collect());
        let (map, files) = (map_files.read()?, OnceCell::new());
        Ok(KnownIds { bridge, map, map_files, dir: dir.to_owned(), files })
    }

    /// Reads the maps again if a file has changed, and returns whether one has.
    ///
    /// # Errors
    /// Returns an error if a map cannot be read or is not valid; the map that was read before stays.
    pub(super) fn reread_map(&mut self) -> CommandResult<bool> {
        let has_changed = self.map_files.have_changed();
        if has_changed {
            self.map = self.map_files.read()?;
        }
        Ok(has_changed)
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
            name => named(&self.bridge.formats, name).map(TranslateTarget::Format),
        }
    }

    /// Refuses values for parts that no format has.
    ///
    /// # Errors
    /// Returns an error that names the part.
    pub(super) fn check_given(&self, given: &Given) -> CommandResult<()> {
        let names = self.bridge.value_names();
        match given.keys().find(|name| !names.contains(&***name)) {
            None => Ok(()),
            Some(name) => Err(CommandError::new(format!("no format has a part '{name}'"))
                .hint(format!("the parts are: {}", listed(names)))),
        }
    }

    /// Returns what an identifier may be.
    pub(super) fn identify<'i>(&self, id: &'i str) -> CommandResult<KnownId<'i>> {
        let detection = self.bridge.detect(id);
        Ok(KnownId { id, file: self.file_id(id, &detection)?, detection })
    }

    /// Returns which candidates belong to the same thing as the target.
    pub(super) fn matches(&self, target: &str, candidates: &[String]) -> CommandResult<MatchedIds> {
        let matches = match self.identify(target)?.file {
            Some(file) => {
                let mut matched = Vec::new();
                for candidate in candidates {
                    let other = self.identify(candidate)?.file;
                    let is_same = other.is_some_and(|other| other.current == file.current);
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
        known: &KnownId<'_>,
        target: TranslateTarget<'_>,
        given: &Given,
    ) -> TranslatedId {
        let id = known.id;
        if let Some(file) = &known.file {
            return translate_file_id(id, file, target);
        }
        let to = match target {
            TranslateTarget::Successor => None,
            TranslateTarget::Format(format) => Some(format),
            TranslateTarget::FileId | TranslateTarget::DocId => {
                return TranslatedId::refused(id, None, "no file has this identity");
            }
        };
        match self.bridge.translate(id, to, given, &self.map) {
            Ok(done) => TranslatedId::of(done),
            Err(error) => TranslatedId::refused(id, None, &error.to_string()),
        }
    }
}

impl KnownId<'_> {
    /// Returns the format that is most certain, and whether it is one of the past.
    pub(super) fn format(&self) -> Option<(&str, bool)> {
        match &self.file {
            Some(file) => Some((file.kind.as_str(), file.kind == FileIdKind::Former)),
            None => self.detection.best().map(|best| (&*best.format, best.is_legacy)),
        }
    }

    /// Returns the format and the others that it may have.
    pub(super) fn detected(&self) -> DetectedId {
        let (id, confidence) = (self.id.to_owned(), 1.0);
        if let (Some(_), Some((format, legacy))) = (&self.file, self.format()) {
            let format = format.to_owned();
            let candidates = vec![CandidateFormat { format: format.clone(), confidence, legacy }];
            return DetectedId { id, format: Some(format), confidence, legacy, candidates };
        }
        let best = self.detection.best();
        let candidates = self.detection.candidates.iter().map(|one| CandidateFormat {
            format: one.format.clone(),
            confidence: one.confidence,
            legacy: one.is_legacy,
        });
        DetectedId {
            id,
            format: best.map(|best| best.format.clone()),
            confidence: best.map_or(0.0, |best| best.confidence),
            legacy: best.is_some_and(|best| best.is_legacy),
            candidates: candidates.collect(),
        }
    }
}

/// Translates the identifier of a file.
fn translate_file_id(id: &str, file: &FileId, target: TranslateTarget<'_>) -> TranslatedId {
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
