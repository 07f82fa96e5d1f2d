//! What goes in and out: scans of the files, registries for other programs and from them.

mod scan;
