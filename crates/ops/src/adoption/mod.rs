//! Adopting a repository: the files of that, all or none, with new records or with those from elsewhere.

mod files;
mod records;
mod refusal;

pub use files::{
    AdoptedRegistry, Adoption, AdoptionRules, OwnText, adoption_attributes, adoption_rules,
    assert_adoptable, texts_with_scope, write_adoption,
};
pub use records::{
    AdoptedRecords, AdoptedWith, adopt_records, complete_adoption, config_text, legacy_scopes,
    scope_in_index,
};
pub use refusal::{AdoptionRefusal, PathObstacle};
