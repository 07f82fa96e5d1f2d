//! Standard output as the stream of a protocol, which carries nothing else.

use std::io::{BufWriter, Write};

/// Returns standard output for the messages of a protocol.
pub fn protocol_output() -> impl Write + Send + 'static {
    BufWriter::new(std::io::stdout())
}
