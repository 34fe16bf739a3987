//! An account rebuilt from nothing but settled statements and its own keys: the replay of `cloister-settlement`.

pub use cloister_settlement::{account_tree, recover, AccountKeys, Recovered, RecoveryError};
