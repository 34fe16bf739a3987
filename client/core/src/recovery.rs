//! An account rebuilt from nothing but public records and its own keys: the replay of all of them, and the last record
//! alone.

pub use cloister_settlement::{
    account_tree, opened, recover, tree_of_leaves, AccountKeys, LastRecord, LastRecordError, Recovered, RecoveryError,
};
