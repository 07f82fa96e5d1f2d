//! Long histories: a pseudo-random walk, and a story told by a script and replayed.

mod replay;
mod walk;
