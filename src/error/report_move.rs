//! Hints for moves that cannot be reported.

use idhooks_ops::ReportRefusal;

use super::CommandError;

impl From<ReportRefusal> for CommandError {
    fn from(refusal: ReportRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            ReportRefusal::NoIdentity(path) => converted.hint(format!(
                "name the path that the last commit has, or the last one that was reported: idhooks show {}",
                path.shell_quoted()
            )),
            ReportRefusal::NotCommitted(from, id, to) => converted.hint(format!(
                "stage the move, then: git add -A -- {} {to} && idhooks assign {id} {to}",
                from.shell_quoted(),
                to = to.shell_quoted()
            )),
            ReportRefusal::NotMoved(_) => {
                converted.hint("move it first, or leave out --after: idhooks then moves it; if another file has taken its path, move that one back, and report each move before the next one")
            }
            ReportRefusal::NoFile(_) | ReportRefusal::NothingMoved(..) => {
                converted.hint("move it first; to move it with idhooks, leave out --after")
            }
            ReportRefusal::NotRegular(_) => {
                converted.hint("only regular files have identities, not symlinks or directories")
            }
            ReportRefusal::OwnFile(_) => converted.hint("move it to another path"),
            ReportRefusal::Excluded(_) => {
                converted.hint("change [track] in idhooks.toml, and stage it: git add idhooks.toml")
            }
            ReportRefusal::Held { to, holder, id } => converted.hint(format!(
                "if {holder} was moved as well, report that first; if {id} replaces it: git add -u && idhooks assign {id} {}",
                to.shell_quoted()
            )),
            ReportRefusal::Exchanged { files, .. } => {
                let assign = files.iter().map(|file| {
                    format!(" && idhooks assign {} {}", file.id, file.to.shell_quoted())
                });
                converted.hint(format!("stage the files, then: git add -u{}", assign.collect::<String>()))
            }
            ReportRefusal::Path(error) => error.into(),
        }
    }
}
