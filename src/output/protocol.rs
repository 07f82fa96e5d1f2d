//! Standard output as the stream of a protocol, which carries nothing else.

use std::fs::File;
use std::io::{self, BufWriter, Write};

/// Returns standard output for the messages of a protocol.
pub fn protocol_output() -> Box<dyn Write + Send> {
    match copy_of_stdout() {
        Ok(copy) => Box::new(BufWriter::new(copy)),
        Err(_) => Box::new(io::stdout()),
    }
}

/// Returns a stream of its own: at its end, a program waits for the lock of `io::stdout()`, which a
/// thread holds as long as no one reads what it writes.
fn copy_of_stdout() -> io::Result<File> {
    #[cfg(unix)]
    let copy = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let copy = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    Ok(File::from(copy))
}
