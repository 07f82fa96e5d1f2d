//! [`OpenFile`]: a file that is read piece by piece, and closed before it is replaced.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::rc::Rc;

/// An open file that another file may replace later. Windows refuses to replace an open file, so
/// whoever replaces it closes it first, even if other values still refer to it.
#[derive(Debug)]
pub struct OpenFile(RefCell<Option<Rc<File>>>);

impl OpenFile {
    /// Takes a file that has just been opened.
    pub fn new(file: File) -> Self {
        OpenFile(RefCell::new(Some(Rc::new(file))))
    }

    /// Returns the file for reading. It stays open as long as the result lives.
    ///
    /// # Errors
    /// Returns an error if the file has been closed.
    pub fn get(&self) -> io::Result<Rc<File>> {
        let closed = || io::Error::new(io::ErrorKind::NotConnected, "the file has been closed");
        self.0.borrow().clone().ok_or_else(closed)
    }

    /// Closes the file.
    pub fn close(&self) {
        self.0.take();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_file_can_be_replaced_and_not_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let [old, new] = ["old", "new"].map(|name| dir.path().join(name));
        for file in [&old, &new] {
            std::fs::write(file, "text").expect("writable");
        }
        let open = OpenFile::new(File::open(&old).expect("readable"));
        assert_eq!(open.get().and_then(|file| file.metadata()).expect("open").len(), 4);
        open.close();
        std::fs::rename(&new, &old).expect("replaceable");
        assert_eq!(open.get().expect_err("closed").kind(), io::ErrorKind::NotConnected);
    }
}
