//! What goes in and out: scans of the files, registries for other programs and from them.

mod carried;
#[cfg(feature = "migration")]
mod classic;
mod export;
#[cfg(feature = "migration")]
mod ids_map;
#[cfg(feature = "migration")]
mod import;
#[cfg(feature = "migration")]
mod recorded;
mod redirects;
#[cfg(feature = "migration")]
mod repeated;
mod scan;
#[cfg(feature = "migration")]
mod second_ids;
#[cfg(feature = "migration")]
mod settings;
#[cfg(feature = "migration")]
mod stale;
mod tables;
