//! Options for commands that serve HTTP.

use std::path::{Path, PathBuf};
use std::{convert::Infallible, io, net::IpAddr};

use clap::Args;
use idhooks_ops::{enter, resolve_path};
use idhooks_report::net::Server;

use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

/// An address of this machine, and the host names to answer for.
#[derive(Debug, Args)]
pub(super) struct Address {
    /// Address of this machine to listen on; 0.0.0.0 listens on all addresses
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Also answer requests for this host name; repeatable
    ///
    /// Requests for an IP address or for localhost are always answered. Others are refused, so that
    /// a web page that points its own name at this machine cannot read the data.
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    host: Vec<String>,
}

/// Parses a host name as browsers send it, without a port.
fn host_name(text: &str) -> Result<String, String> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || sign == '-' || sign == '.';
    match !text.is_empty() && text.chars().all(is_sign) {
        true => Ok(text.to_owned()),
        false => Err("not a host name such as ids.example.com, without a port".to_owned()),
    }
}

impl Address {
    /// Starts to listen.
    ///
    /// # Errors
    /// Returns an error with a hint if the address or the port is not available.
    pub(super) fn listen(self, ui: &mut Ui, port: u16) -> CommandResult<Server> {
        let bind = self.bind;
        let server = Server::listen(bind, port, Some(self.host))
            .map_err(|cause| cannot_listen(port, bind, &cause))?;
        // The server has no authentication, so listening on other addresses needs a warning.
        if !bind.is_loopback() {
            ui.warning("anyone who can reach this machine can read this data, including the names of all files");
        }
        Ok(server)
    }
}

/// Returns the error for an address or a port that is not available.
pub(in crate::commands) fn cannot_listen(
    port: u16,
    address: IpAddr,
    cause: &io::Error,
) -> CommandError {
    let error = CommandError::new(format!("cannot listen on port {port} of {address}"));
    error.because(cause).hint(match cause.kind() {
        io::ErrorKind::AddrInUse => "choose another port, or let the system choose one: --port 0",
        io::ErrorKind::PermissionDenied => "choose a port above 1023, such as --port 8080",
        _ => "name an address of this machine, such as --bind 127.0.0.1",
    })
}

/// Returns the absolute path of a directory, and leaves the directory: if the clone is deleted and
/// cloned again while the server runs, its path leads to the new clone, but the old current
/// directory does not.
pub(in crate::commands) fn at_its_place(dir: &Path) -> PathBuf {
    let Ok(place) = resolve_path(dir) else { return dir.to_owned() };
    match place.ancestors().last().map(enter) {
        Some(Ok(())) => place,
        _ => dir.to_owned(),
    }
}

/// Returns the error that stopped a server, which never stops without one.
pub(in crate::commands) fn ended(end: io::Result<Infallible>) -> CommandError {
    let error = CommandError::new("the server stopped");
    match end {
        Err(cause) => error.because(&cause),
        Ok(never) => match never {},
    }
}
