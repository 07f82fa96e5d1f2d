//! Adopts a repository: writes its files, all or none, with new records or with existing ones from
//! elsewhere.

mod files;
mod joined_scopes;
pub(crate) mod locate;
mod records;
mod refusal;

pub(crate) use files::{AdoptedRegistry, adoption_attributes, texts_with_scope, write_adoption};
pub use files::{Adoption, AdoptionRules, OwnText, adoption_rules, assert_adoptable};
pub(crate) use joined_scopes::{RuleSteps, accept_scopes};
pub use records::{
    AdoptedRecords, AdoptedWith, adopt_records, complete_adoption, config_text, legacy_scopes,
    scope_in_index,
};
pub use refusal::{AdoptionRefusal, PathObstacle};
