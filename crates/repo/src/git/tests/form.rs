//! Builds index files for tests.

use idhooks_core::registry::REGISTRY_PATH;

use crate::git::object_ids::Checksum;

pub(super) const OLD: u8 = 0x11;
pub(super) const NEW: u8 = 0x22;
pub(super) const ROOT: u8 = 0x33;

/// An entry of an index.
#[derive(Clone)]
pub(super) struct IndexItem {
    pub(super) path: String,
    pub(super) mode: u32,
    pub(super) stage: u16,
    pub(super) more: u16,
    pub(super) stat: u8,
    pub(super) id: u8,
}

/// A cached tree: its name, whether it is valid, and how many directories it has.
pub(super) type Cached = (&'static str, bool, u32);

/// The content of an index file to build.
#[derive(Clone)]
pub(super) struct IndexForm {
    pub(super) version: u32,
    pub(super) ids: usize,
    pub(super) items: Vec<IndexItem>,
    pub(super) trees: Option<Vec<Cached>>,
    pub(super) before: Vec<(&'static [u8; 4], &'static [u8])>,
    pub(super) after: Vec<(&'static [u8; 4], &'static [u8])>,
    pub(super) is_hashed: bool,
}

pub(super) fn item(path: &str) -> IndexItem {
    IndexItem { path: path.to_owned(), mode: 0o100_644, stage: 0, more: 0, stat: 9, id: OLD }
}

impl IndexForm {
    /// Returns an index with the registry and some other files.
    pub(super) fn plain(ids: usize) -> IndexForm {
        let long = format!("long/{}", "x".repeat(5000));
        let paths = [".gitattributes", REGISTRY_PATH, "a/.idhooks/registry.json", &long, "z"];
        let mut items: Vec<IndexItem> = paths.into_iter().map(item).collect();
        items[0].mode = 0o100_755;
        items[4].mode = 0o160_000;
        let trees = vec![
            ("", true, 3),
            ("a", true, 1),
            (".idhooks", true, 0),
            ("long", true, 0),
            (".idhooks", true, 0),
        ];
        let (before, after) = (vec![], vec![]);
        IndexForm { version: 2, ids, items, trees: Some(trees), before, after, is_hashed: true }
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(self.version.to_be_bytes());
        bytes.extend(u32::try_from(self.items.len()).expect("a few").to_be_bytes());
        for item in &self.items {
            item.write(&mut bytes, self.ids);
        }
        let mut write = |name: &[u8; 4], content: &[u8]| {
            bytes.extend(name);
            bytes.extend(u32::try_from(content.len()).expect("short").to_be_bytes());
            bytes.extend(content);
        };
        self.before.iter().for_each(|(name, content)| write(name, content));
        if let Some(trees) = &self.trees {
            write(b"TREE", &self.tree_bytes(trees));
        }
        self.after.iter().for_each(|(name, content)| write(name, content));
        let sum = if self.is_hashed { checksum(&bytes, self.ids) } else { vec![0; self.ids] };
        bytes.extend(sum);
        bytes
    }

    pub(super) fn tree_bytes(&self, trees: &[Cached]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, is_valid, directories) in trees {
            let count = match (name.is_empty(), is_valid) {
                (_, false) => "-1".to_owned(),
                (true, true) => self.items.len().to_string(),
                (false, true) => "1".to_owned(),
            };
            bytes.extend(format!("{name}\0{count} {directories}\n").as_bytes());
            if *is_valid {
                bytes.extend(vec![ROOT; self.ids]);
            }
        }
        bytes
    }

    pub(super) fn registry(&mut self) -> &mut IndexItem {
        &mut self.items[1]
    }
}

impl IndexItem {
    pub(super) fn write(&self, bytes: &mut Vec<u8>, ids: usize) {
        let start = bytes.len();
        bytes.extend([self.stat; 24]);
        bytes.extend(self.mode.to_be_bytes());
        bytes.extend([self.stat; 12]);
        bytes.extend(vec![self.id; ids]);
        let length = u16::try_from(self.path.len()).expect("short").min(0xfff);
        let extended = if self.more == 0 { 0 } else { 0x4000 };
        bytes.extend((length | self.stage | extended).to_be_bytes());
        if self.more != 0 {
            bytes.extend(self.more.to_be_bytes());
        }
        bytes.extend(self.path.as_bytes());
        bytes.push(0);
        while !(bytes.len() - start).is_multiple_of(8) {
            bytes.push(0);
        }
    }
}

pub(super) fn checksum(bytes: &[u8], ids: usize) -> Vec<u8> {
    let mut sum = Checksum::new(ids);
    sum.update(bytes);
    sum.finish()
}
