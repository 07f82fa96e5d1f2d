//! A server of the files in a directory, for programs that download, and URIs of files.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that ends with the value.
pub(crate) struct FileServer {
    child: Child,
    /// Its address, without a path.
    pub(crate) address: String,
}

impl FileServer {
    /// Serves a directory; `None` where Python is missing.
    pub(crate) fn new(dir: &Path) -> Option<Self> {
        let mut command = Command::new("python3");
        command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]).current_dir(dir);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let mut line = String::new();
        // It says on which port, once it listens.
        BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
        let port = line.split("port ").nth(1)?.split(' ').next()?;
        let address = format!("http://127.0.0.1:{port}");
        Some(FileServer { child, address })
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Returns the URI of a file.
pub(crate) fn uri(file: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in file.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
