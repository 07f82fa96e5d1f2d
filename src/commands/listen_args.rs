//! Where the commands that answer over HTTP listen.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::CommandError;
use crate::net::Server;
use crate::output::Ui;
use crate::store::enter;

/// An address of this machine, and who may ask.
#[derive(Debug, Args)]
pub(super) struct Address {
    /// Listen at this address of this machine; 0.0.0.0 is all of them
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Answer browsers that ask for this name, too; may be given several times. Addresses and
    /// localhost are answered always
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    host: Vec<String>,
}

/// Takes the name of a host as browsers send it, without a port.
fn host_name(text: &str) -> Result<String, String> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || sign == '-' || sign == '.';
    match !text.is_empty() && text.chars().all(is_sign) {
        true => Ok(text.to_owned()),
        false => Err("not the name of a host as ids.example.com, without a port".to_owned()),
    }
}

impl Address {
    /// Begins to listen.
    ///
    /// # Errors
    /// An address or a port that cannot be had, with what to do.
    pub(super) fn listen(self, ui: &mut Ui, port: u16) -> Result<Server, CommandError> {
        let bind = self.bind;
        let server = Server::listen(bind, port, self.host).map_err(|cause| {
            let error = CommandError::new(format!("cannot listen at port {port} of {bind}"));
            error.because(&cause).hint(match cause.kind() {
                io::ErrorKind::AddrInUse => "choose another port, or any that is free: --port 0",
                io::ErrorKind::PermissionDenied => "choose a port above 1023, as --port 8080",
                _ => "name an address of this machine, as --bind 127.0.0.1",
            })
        })?;
        if !bind.is_loopback() {
            ui.warning("whoever reaches this machine can read this, the names of all files in it");
        }
        Ok(server)
    }
}

/// Returns a directory by its whole path, and leaves it: there it is found again after it was taken
/// away and made anew.
pub(super) fn at_its_place(dir: &Path) -> PathBuf {
    let Ok(place) = dir.canonicalize() else { return dir.to_owned() };
    match place.ancestors().last().map(enter) {
        Some(Ok(())) => place,
        _ => dir.to_owned(),
    }
}

/// Says why a server ended: it never does of itself.
pub(super) fn ended(end: io::Result<Infallible>) -> CommandError {
    let error = CommandError::new("cannot answer any more");
    match end {
        Err(cause) => error.because(&cause),
        Ok(never) => match never {},
    }
}
