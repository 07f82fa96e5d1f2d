//! Accidents: the program is killed, the disk is full, two do something at once, the clock runs
//! backwards; and the settings and places that people work with.

mod at_once;
mod clocks;
mod full_disk;
mod held_lock;
#[cfg(feature = "migration")]
mod imports;
mod killed;
mod leftovers;
pub(crate) mod limits;
#[cfg(feature = "default")]
mod owners;
mod panics;
#[cfg(feature = "report")]
mod permissions;
mod places;
pub(crate) mod power_cut;
mod settings;
mod state;
pub(crate) mod stops;
mod taken_up;
#[cfg(feature = "automation")]
mod watched;

pub(crate) use state::FSCK;
pub(crate) use stops::{Ended, Stops, Victim, kill_at, kill_points};
