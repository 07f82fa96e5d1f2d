//! [`ImportSections`]: which section each import is sorted into.

use std::cell::RefCell;
use std::collections::HashMap;

use idhooks_code::ImportSection;
use idhooks_core::registry::RepoPath;
use idhooks_python::is_standard;
use idhooks_references::PythonPackages;

/// The import sections that modules are sorted into, cached per thread.
pub(super) struct ImportSections<'p> {
    packages: PythonPackages<'p>,
    /// The sections, keyed by the importing file's directory and the module.
    known: RefCell<HashMap<(Vec<u8>, String), ImportSection>>,
}

impl<'p> ImportSections<'p> {
    pub(super) fn new(packages: PythonPackages<'p>) -> Self {
        ImportSections { packages, known: RefCell::default() }
    }

    /// Returns the section that a module's import is sorted into, in this file.
    pub(super) fn of(&self, path: &RepoPath, module: &str) -> ImportSection {
        match module {
            "__future__" => return ImportSection::Future,
            module if is_standard(module) => return ImportSection::Standard,
            _ => {}
        }
        let bytes = path.as_bytes();
        let dir = bytes.iter().rposition(|byte| *byte == b'/').map_or(&[][..], |end| &bytes[..end]);
        let key = (dir.to_vec(), module.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return *known;
        }
        let found = self.packages.imported(path, module, 0, &[]);
        let section = match found.iter().any(|module| module.is_local) {
            true => ImportSection::FirstParty,
            false => ImportSection::ThirdParty,
        };
        self.known.borrow_mut().insert(key, section);
        section
    }
}
