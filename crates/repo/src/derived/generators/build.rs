//! [`Build`]: one run of a generator, for one group of records.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use idhooks_core::config::{Generator, OutputPathError, RecordField};
use idhooks_core::registry::{Entry, Json, Object, RepoPath, Tree, hex};

use super::command_line::{loaded_files, named_files};
use super::slice::{SliceRecord, Slices};

/// The version of the rules for hashing inputs. Changing it makes all cached outputs stale.
const VERSION: &str = "idhooks-generator 1";

/// One run of a generator: for all of its records, or for all records that have the same values in
/// the fields used in its output paths.
#[derive(Debug)]
pub(super) struct Build<'a> {
    /// The generator.
    pub generator: &'a Generator,
    /// The files that the run produces.
    pub outputs: Vec<RepoPath>,
    /// The files whose content the run depends on, including programs.
    pub files: Vec<(RepoPath, Entry)>,
    /// The hash of everything that the run depends on.
    pub hash: String,
    values: BTreeMap<RecordField, String>,
    positions: Vec<usize>,
}

impl<'a> Build<'a> {
    /// Returns a generator's runs, in the order of their outputs.
    ///
    /// # Errors
    /// Returns an error if a value cannot be part of a path.
    pub(super) fn all(
        generator: &'a Generator,
        slices: &Slices<'_>,
        tree: &Tree,
    ) -> Result<Vec<Build<'a>>, OutputPathError> {
        let positions = slices.filtered(&generator.inputs);
        let Some(first) = generator.outputs.first() else { return Ok(Vec::new()) };
        let in_output: BTreeSet<&RecordField> = first.fields().collect();
        let mut groups: BTreeMap<BTreeMap<RecordField, String>, Vec<usize>> = BTreeMap::new();
        if in_output.is_empty() {
            groups.insert(BTreeMap::new(), positions);
        } else {
            for at in positions {
                let record = slices.at(at);
                let value = |field: &&RecordField| ((*field).clone(), record.text(field));
                // A record without a value belongs to no group.
                let values: BTreeMap<_, _> = in_output.iter().map(value).collect();
                if values.values().all(|value| !value.is_empty()) {
                    groups.entry(values).or_default().push(at);
                }
            }
        }
        let files = input_files(generator, tree);
        let build = |(values, positions): (BTreeMap<RecordField, String>, Vec<usize>)| {
            let value = |field: &RecordField| values.get(field).cloned().unwrap_or_default();
            let outputs = generator.outputs.iter().map(|output| output.path(value));
            let outputs: Vec<RepoPath> = outputs.collect::<Result<_, _>>()?;
            let hash = hash(generator, &outputs, &files, |hasher| {
                slices.hash(&positions, &hashed_fields(generator), hasher);
            });
            Ok(Build { generator, outputs, files: files.clone(), hash, values, positions })
        };
        groups.into_iter().map(build).collect()
    }

    /// Returns the records, in the order that the rule asks for.
    pub(super) fn records<'s>(&self, slices: &Slices<'s>) -> Vec<SliceRecord<'s>> {
        slices.sorted(&self.positions, &self.generator.sort)
    }

    /// Returns the hash to write into the outputs, if the rule has `stamp`.
    pub(super) fn stamp(&self) -> Option<&str> {
        self.generator.is_stamped.then_some(&self.hash)
    }

    /// Returns the document that a program reads, with each record on its own line.
    pub(super) fn document(&self, slices: &Slices<'_>) -> String {
        let outputs = self.outputs.iter().map(|path| Json::string(path.to_string()));
        let values = self.values.iter();
        let values = values.map(|(field, value)| (field.to_string(), Json::string(value)));
        let mut head = Object::from([
            ("generator".to_owned(), Json::string(&*self.generator.name)),
            ("outputs".to_owned(), Json::Array(outputs.collect())),
            ("values".to_owned(), Json::Object(values.collect())),
        ]);
        head.extend(self.stamp().map(|hash| ("hash".to_owned(), Json::string(hash))));
        let head = Json::Object(head).compact();
        let head = head.strip_suffix('}').unwrap_or(&head).strip_prefix('{').unwrap_or(&head);
        let fields = &self.generator.fields;
        let records = self.records(slices);
        let lines: Vec<String> =
            records.iter().map(|one| format!("\n{}", one.restricted(fields).compact())).collect();
        // With a record on each line, a program can read the document line by line.
        format!("{{\"version\":1,{head},\"records\":[{}\n]}}\n", lines.join(","))
    }
}

/// Returns the fields that matter, without duplicates. These include the fields in `sort`, which
/// determine the order of the records.
fn hashed_fields(generator: &Generator) -> Vec<RecordField> {
    let sort = generator.sort.iter().map(|key| &key.field);
    let fields: BTreeSet<&RecordField> = generator.fields.iter().chain(sort).collect();
    fields.into_iter().cloned().collect()
}

/// Returns the files whose content a generator depends on, except for its own outputs: the files it
/// declares, and its programs' files, as named in its command lines or in `programs`.
fn input_files(generator: &Generator, tree: &Tree) -> Vec<(RepoPath, Entry)> {
    let selected = generator.files.select(tree).into_iter();
    let mut files: BTreeMap<RepoPath, Entry> =
        selected.map(|(path, entry)| (path.clone(), entry)).collect();
    for words in generator.programs() {
        files.extend(named_files(generator, words, tree));
    }
    let loaded = loaded_files(generator, tree).unwrap_or_default();
    files.extend(loaded.into_iter().map(|(path, entry)| (path.clone(), entry)));
    files.retain(|_, entry| entry.mode.is_file());
    files.into_iter().collect()
}

/// Adds a string with its length, so that different lists of strings never produce the same bytes.
pub(super) fn add(hasher: &mut Sha256, text: impl AsRef<[u8]>) {
    hasher.update((text.as_ref().len() as u64).to_le_bytes());
    hasher.update(text);
}

pub(super) fn add_all<T: AsRef<[u8]>>(
    hasher: &mut Sha256,
    texts: impl ExactSizeIterator<Item = T>,
) {
    hasher.update((texts.len() as u64).to_le_bytes());
    texts.for_each(|text| add(hasher, text));
}

fn hash(
    generator: &Generator,
    outputs: &[RepoPath],
    files: &[(RepoPath, Entry)],
    add_records: impl FnOnce(&mut Sha256),
) -> String {
    let mut hasher = Sha256::new();
    add(&mut hasher, VERSION);
    add(&mut hasher, &generator.name);
    match generator.built_in {
        None => add_all(&mut hasher, generator.command.iter()),
        Some(format) => add(&mut hasher, format.as_str()),
    }
    add_all(&mut hasher, generator.validator.iter());
    add_all(&mut hasher, generator.fields.iter().map(ToString::to_string));
    let sort = generator.sort.iter();
    add_all(&mut hasher, sort.map(|key| format!("{}{}", u8::from(key.is_descending), key.field)));
    hasher.update([u8::from(generator.is_stamped)]);
    // File names and contents are hashed, but timestamps are not: the same inputs have the same
    // hash in every clone.
    add_all(&mut hasher, outputs.iter());
    add_all(&mut hasher, files.iter().map(|(path, _)| path));
    let content =
        |(_, entry): &(RepoPath, Entry)| format!("{} {}", entry.mode.as_octal(), entry.blob);
    add_all(&mut hasher, files.iter().map(content));
    add_records(&mut hasher);
    hex::encode(&hasher.finalize())
}
