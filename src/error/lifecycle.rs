//! Hints for refused changes to identities.

use idhooks_core::registry::Status;
use idhooks_ops::lifecycle::LifecycleRefusal;

use super::CommandError;

impl From<LifecycleRefusal> for CommandError {
    fn from(refusal: LifecycleRefusal) -> Self {
        Self::new(refusal.to_string()).hint(hint(&refusal))
    }
}

fn hint(refusal: &LifecycleRefusal) -> String {
    match refusal {
        LifecycleRefusal::Unknown(_) => "list all identities: idhooks list".to_owned(),
        LifecycleRefusal::Status(id, Status::Superseded) => {
            format!("see which identity superseded it: idhooks show {id}")
        }
        LifecycleRefusal::Status(id, _) => {
            format!("see its status and the reason: idhooks show {id}")
        }
        LifecycleRefusal::HasFile(id, path) => format!(
            "remove the file first (git rm -- {}), or give it a new identity: idhooks supersede {id} --with-new",
            path.shell_quoted()
        ),
        LifecycleRefusal::HasNoFile(_, path) => {
            let path = path.shell_quoted();
            format!(
                // The last commit that changed the path deleted it, so the file is in that commit's
                // parent.
                "restore the file first, for instance from before its deletion: git checkout \"$(git rev-list -n 1 HEAD -- {path})^\" -- {path}"
            )
        }
        LifecycleRefusal::Held(_, _, other) => {
            format!("show that identity: idhooks show {other}")
        }
        LifecycleRefusal::Reason(_) => {
            "give a short reason why the identity should no longer be used".to_owned()
        }
        LifecycleRefusal::Address(_) => {
            "copy it from a browser; blanks, control characters and passwords are refused"
                .to_owned()
        }
        LifecycleRefusal::Same(_) => {
            "name another identity with --by, or use --with-new".to_owned()
        }
    }
}
