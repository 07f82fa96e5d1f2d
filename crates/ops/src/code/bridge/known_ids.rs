//! Everything known about identifiers: formats, maps and files' identities.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use idhooks_code::bridge::{
    Answer, Bridge, Candidate, Detection, IdTranslation, Matches, MigrationReport, TranslationMap,
};
use idhooks_code::{Given, IdFormat};
use idhooks_repo::state::StateError;
use serde::Serialize;

use super::BridgeRefusal;
use super::file_ids::{FileId, FileIdKind, FileIds};
use super::map_file::{MapFile, MapFiles};
use crate::OpsError;

/// Everything known about identifiers.
pub struct KnownIds {
    /// The formats and their successors.
    pub bridge: Bridge,
    map: TranslationMap,
    map_files: MapFiles,
    dir: PathBuf,
    files: OnceCell<Option<FileIds>>,
}

/// An identifier and the formats it may have.
pub struct KnownId<'i> {
    id: &'i str,
    detection: Detection,
    file: Option<FileId>,
}

/// The format of an identifier.
#[derive(Debug, Serialize)]
pub struct DetectedId {
    /// The identifier.
    pub id: String,
    /// The name of its format, if one format is more certain than all others.
    pub format: Option<String>,
    /// How certain the format is, from 0 to 1.
    pub confidence: f64,
    /// Whether the format is a legacy format.
    pub legacy: bool,
    /// All formats that the identifier may have.
    pub candidates: Vec<Candidate>,
}

/// The result of searching for identifiers that refer to the same thing as a target.
#[derive(Debug, Serialize)]
pub struct MatchedIds {
    /// The target.
    pub target: String,
    /// The result in one word.
    pub answer: Answer,
    /// The identifiers that refer to the same thing as the target.
    pub matched: Vec<String>,
    /// The identifiers that may refer to the same thing.
    pub undecided: Vec<String>,
}

/// The translation of an identifier.
#[derive(Debug, Serialize)]
pub struct TranslatedId {
    /// The identifier.
    pub id: String,
    /// The translated identifier, if there is one.
    pub translated: Option<String>,
    /// The identifier's format, if known.
    pub format: Option<String>,
    /// Whether the identifier changes.
    pub needed: bool,
    /// Whether a map contains the pair.
    pub mapped: bool,
    /// Why the identifier cannot be translated.
    pub reason: Option<String>,
}

/// The kind of identifier to translate to.
#[derive(Debug, Clone, Copy)]
pub enum TranslateTarget<'f> {
    /// The successors of the identifiers' current formats.
    Successor,
    /// A declared format.
    Format(&'f IdFormat),
    /// Files' 16-digit identities.
    FileId,
    /// Files' second identities.
    DocId,
}

impl KnownIds {
    /// Reads the maps that a configuration names (their paths are relative to `top`) and another
    /// map, if it exists (its path is relative to `dir`).
    ///
    /// # Errors
    /// Returns an error if a map cannot be read or is not valid.
    pub fn open(
        bridge: Bridge,
        top: &Path,
        dir: &Path,
        map: Option<&Path>,
    ) -> Result<Self, BridgeRefusal> {
        let of_config = bridge.links.iter().filter_map(|link| link.map.as_deref());
        let of_config = of_config.map(|map| MapFile::new(top, Path::new(map)));
        let files = of_config.chain(map.map(|map| MapFile::new(dir, map)));
        let mut map_files = MapFiles(files.collect());
        let (map, files) = (map_files.read()?, OnceCell::new());
        Ok(KnownIds { bridge, map, map_files, dir: dir.to_owned(), files })
    }

    /// Rereads the maps if any of their files has changed; returns whether the maps were reread.
    ///
    /// # Errors
    /// Returns an error if a map cannot be read or is not valid; in that case, the maps read
    /// earlier stay in use.
    pub fn reread_map(&mut self) -> Result<bool, BridgeRefusal> {
        let has_changed = self.map_files.have_changed();
        if has_changed {
            self.map = self.map_files.read()?;
        }
        Ok(has_changed)
    }

    /// Returns the files' identities, which are read on first use.
    fn files(&self) -> Result<Option<&FileIds>, StateError> {
        // `OnceCell` has no stable initializer that may fail.
        if let Some(files) = self.files.get() {
            return Ok(files.as_ref());
        }
        let files = FileIds::read(&self.dir)?;
        Ok(self.files.get_or_init(|| files).as_ref())
    }

    /// Returns the file that an identifier stands for, if there is one. An identifier with a
    /// distinctive declared format never stands for a file.
    fn file_id(&self, id: &str, detection: &Detection) -> Result<Option<FileId>, StateError> {
        // Reading the registry is slow, and only needed if no other format explains the identifier.
        let is_free = detection.candidates.iter().all(|one| one.is_free_text);
        match id.is_empty() || !is_free {
            true => Ok(None),
            false => Ok(self.files()?.and_then(|files| files.find(id))),
        }
    }

    /// Returns the target with this name.
    ///
    /// # Errors
    /// Returns an error with the closest name if there is none.
    pub fn target(&self, name: Option<&str>) -> Result<TranslateTarget<'_>, BridgeRefusal> {
        let Some(name) = name else { return Ok(TranslateTarget::Successor) };
        match name {
            _ if name == FileIdKind::Current.as_str() => Ok(TranslateTarget::FileId),
            _ if name == FileIdKind::Second.as_str() => Ok(TranslateTarget::DocId),
            name => Ok(TranslateTarget::Format(self.bridge.formats.named(name)?)),
        }
    }

    /// Checks that no value is given for a part that no format has.
    ///
    /// # Errors
    /// Returns an error that names the part.
    pub fn check_given(&self, given: &Given) -> Result<(), BridgeRefusal> {
        let names = self.bridge.value_names();
        match given.keys().find(|name| !names.contains(&***name)) {
            None => Ok(()),
            Some(name) => {
                let known = names.into_iter().map(str::to_owned).collect();
                Err(BridgeRefusal::NoPart(name.clone(), known))
            }
        }
    }

    /// Returns the formats that an identifier may have.
    ///
    /// # Errors
    /// Returns an error if the registry cannot be read.
    pub fn identify<'i>(&self, id: &'i str) -> Result<KnownId<'i>, OpsError> {
        let mut detection = self.bridge.detect(id);
        let file = self.file_id(id, &detection)?;
        if let Some(file) = &file {
            // A file's identity is certain, which rules out all other formats.
            detection.candidates = vec![Candidate {
                format: file.kind.to_string(),
                confidence: 1.0,
                is_legacy: file.kind == FileIdKind::Former,
                is_free_text: false,
            }];
        }
        Ok(KnownId { id, detection, file })
    }

    /// Returns which candidates refer to the same thing as the target.
    ///
    /// # Errors
    /// Returns an error if the registry cannot be read.
    pub fn matches(&self, target: &str, candidates: &[String]) -> Result<MatchedIds, OpsError> {
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
                // The target itself comes first; the other identifiers keep their order.
                matched.sort_by_key(|candidate| candidate != target);
                Matches { matched, ..Matches::default() }
            }
            None => self.bridge.matches(target, candidates.iter().map(|id| &**id), &self.map),
        };
        Ok(MatchedIds {
            target: target.to_owned(),
            answer: matches.answer(),
            matched: matches.matched,
            undecided: matches.undecided,
        })
    }

    /// Returns whether every old identifier has exactly one new one.
    pub fn report(&self, old: &[String], new: &[String]) -> MigrationReport {
        self.bridge.report(old, new, &self.map)
    }

    /// Translates an identifier. If that is impossible, the result says why.
    pub fn translate(
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
    /// Returns the most certain format.
    pub fn format(&self) -> Option<&Candidate> {
        self.detection.best()
    }

    /// Returns the identifier's format, and all formats that it may have.
    pub fn detected(&self) -> DetectedId {
        let best = self.detection.best();
        DetectedId {
            id: self.id.to_owned(),
            format: best.map(|best| best.format.clone()),
            confidence: best.map_or(0.0, |best| best.confidence),
            legacy: best.is_some_and(|best| best.is_legacy),
            candidates: self.detection.candidates.clone(),
        }
    }
}

/// Adds the pairs from these translations to the map `named`, a path relative to `dir`, except
/// pairs that a map already has.
///
/// # Errors
/// Returns an error if the map cannot be read or written, or if two identifiers become the same.
pub fn keep_translations(
    dir: &Path,
    map: &Path,
    translated: &[TranslatedId],
) -> Result<(), BridgeRefusal> {
    // All other identifiers are already in a map, or do not change.
    let new = translated.iter().filter(|one| one.needed && !one.mapped);
    let pairs: Vec<(&str, &str)> =
        new.filter_map(|one| Some((&*one.id, one.translated.as_deref()?))).collect();
    MapFile::new(dir, map).append(&pairs)
}

/// Translates a file's identifier.
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
