//! Accidents: the program is killed, the disk is full, two do something at once, the clock runs
//! backwards; and the settings and places that people work with.

mod at_once;
mod clocks;
mod full_disk;
mod held_lock;
mod imports;
mod killed;
mod leftovers;
mod limits;
mod owners;
mod panics;
mod permissions;
mod places;
mod power_cut;
mod settings;
mod state;
mod stops;
mod taken_up;

pub(crate) use limits::Disk;
pub(crate) use power_cut::cut_everywhere;
pub(crate) use stops::{Stop, Stops, Victim};
