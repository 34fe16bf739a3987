//! What a sequencer promises for an instruction, in a chain of hashes that it signs (Q-RECEIPT).
//!
//! ```
//! use cloister_ledger::SignedInstruction;
//! use cloister_receipts::{check, instruction_hash, Chain, Outcome, Scope, SignedReceipt};
//! use cloister_types::{GroupId, Lots};
//! use schnorrkel::{ExpansionMode, MiniSecretKey};
//!
//! let seed = MiniSecretKey::from_bytes(&[7; 32]).map_err(|error| error.to_string())?;
//! let key = seed.expand_to_keypair(ExpansionMode::Ed25519);
//! let scope = Scope { genesis: [1; 32], group: GroupId(1) };
//! let cancel = SignedInstruction::default();
//! let mut chain = Chain::default();
//! let receipt = chain.issue(scope, instruction_hash(&cancel), 1_700_000_000_000, Outcome::Cancel { filled: Lots(3) });
//! // A node signs with the key in its keystore.
//! let signature = key.sign_simple(b"substrate", &receipt.message()).to_bytes();
//! let signed = SignedReceipt { receipt, signature };
//!
//! // The trader keeps it, and can show it to anybody.
//! let kept = SignedReceipt::from_hex(&signed.to_hex())?;
//! assert_eq!(check(&scope, &key.public.to_bytes(), [&kept])?.links, 0);
//! assert!(kept.receipt.is_of(&cancel));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
mod check;

pub use chain::Chain;
pub use check::{check, CheckError, Checked};
pub use cloister_receipt::{
    control_hash, first_of, instruction_hash, series_of, Dropped, Hash, Outcome, Receipt, ReceiptError, ReceiptSigner,
    Scope, SignError, SignedReceipt, MAX_SERIES, SIGNATURE,
};
