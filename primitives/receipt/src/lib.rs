//! The format of a sequencer's receipt (Q-RECEIPT): what it says, its hash, what is signed of it, its bytes. The chain
//! reads the same format to punish two receipts of one number (C-SLASH).
//!
//! ```
//! use cloister_receipt::{Outcome, Receipt, Scope};
//! use cloister_types::{GroupId, Lots};
//!
//! let scope = Scope { genesis: [1; 32], group: GroupId(1) };
//! let outcome = Outcome::Cancel { filled: Lots(3) };
//! let (previous, instruction, received_at) = ([0; 32], [2; 32], 1_700_000_000_000);
//! let receipt = Receipt { scope, number: 0, previous, instruction, received_at, outcome };
//! // Whatever is changed, it is another receipt.
//! let other = Receipt { outcome: Outcome::Cancel { filled: Lots(4) }, ..receipt };
//! assert_ne!(receipt.hash(), other.hash());
//! assert!(receipt.message().ends_with(&receipt.hash()));
//! ```
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod receipt;
mod signed;

pub use receipt::{
    control_hash, first_of, instruction_hash, series_of, Dropped, Hash, Outcome, Receipt, Scope, MAX_SERIES,
};
pub use signed::{ReceiptError, ReceiptSigner, SignError, SignedReceipt, SIGNATURE};
