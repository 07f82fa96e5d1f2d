//! idhooks beside the programs that manage hooks themselves, each really installed.
//!
//! They need those programs in the directory that `IDHOOKS_TEST_MANAGERS` names; `.ci/managers`
//! puts them there. So these tests are ignored unless asked for:
//! `IDHOOKS_TEST_MANAGERS=$(.ci/managers) cargo test --test suite coexistence:: -- --ignored`

mod git_lfs;
mod husky;
mod lefthook;
mod manager;
mod pre_commit;
mod prek;
mod stories;
