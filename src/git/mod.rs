//! The only room that uses gix or runs git; returns plain types of the pure rooms.

mod ancestry;
mod attributes;
mod command;
mod commit;
mod date;
mod driver;
mod hook;
mod hook_plan;
mod hooks_dir;
mod ids;
mod index;
mod install_state;
mod managers;
mod objects;
mod rebase;
mod refs;
mod repo;
pub mod settings;
mod standing;

pub use ancestry::Ancestor;
pub use attributes::with_block;
pub use command::{Git, GitError};
pub use commit::Commit;
pub use date::commit_date;
pub use driver::{DEFAULT_MARKER_SIZE, TextMerge, driver_command};
pub use hook::{EVENTS, Event, HookState};
pub use hook_plan::{Hook, Observed, Step};
pub use hooks_dir::Places;
pub use ids::{CommitId, TreeId};
pub use index::{Index, IndexFile, Stages};
pub use install_state::{DriverState, Installation, Presence, inspect};
pub use managers::Manager;
pub use rebase::Rebase;
pub use repo::{OpenError, Repo};
pub use settings::Settings;
pub use standing::{MadeDirs, Standing, plan_removal};
