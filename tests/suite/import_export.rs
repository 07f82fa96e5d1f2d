//! What goes in and out: scans of the files, registries for other programs and from them.

mod carried;
mod classic;
mod export;
mod ids_map;
mod import;
mod repeated;
mod scan;
mod settings;
mod stale;
mod tables;
