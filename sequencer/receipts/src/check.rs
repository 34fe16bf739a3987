//! Whether several receipts fit together.

use cloister_receipt::{Hash, ReceiptError, Scope, SignedReceipt};
use std::collections::BTreeMap;

/// What was found of receipts that fit together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Different receipts.
    pub receipts: usize,
    /// Pairs of neighbours, the later of which holds the hash of the earlier.
    pub links: usize,
}

/// What is wrong with receipts. The last two prove, to anybody who has both receipts, that the sequencer told two
/// stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// One is worth nothing by itself.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// Two are signed that have one number.
    #[error(
        "two different receipts have number {number} and are signed: {} and {}",
        short(first),
        short(second)
    )]
    Contradiction {
        /// The number.
        number: u64,
        /// Hash of the one.
        first: Hash,
        /// Hash of the other.
        second: Hash,
    },
    /// One says that another one came before it than the one that did.
    #[error("receipt {number} follows another receipt than the one before it that is there, and both are signed")]
    Link {
        /// Number of the later one.
        number: u64,
    },
}

fn short(hash: &Hash) -> String {
    format!("0x{}", hex::encode(&hash[..8]))
}

/// Checks signatures, contradictions and the links between neighbours. Receipts may come in any order, and may miss
/// others between them: a trader has only its own.
///
/// # Errors
/// [`CheckError`], of the first receipt at which something is wrong.
pub fn check<'a>(
    scope: &Scope,
    key: &[u8; 32],
    receipts: impl IntoIterator<Item = &'a SignedReceipt>,
) -> Result<Checked, CheckError> {
    let mut known: BTreeMap<u64, (Hash, Hash)> = BTreeMap::new();
    for signed in receipts {
        signed.verify(scope, key)?;
        let (number, hash) = (signed.receipt.number, signed.receipt.hash());
        match known.get(&number) {
            Some((first, _)) if *first != hash => {
                return Err(CheckError::Contradiction {
                    number,
                    first: *first,
                    second: hash,
                });
            }
            _ => known.insert(number, (hash, signed.receipt.previous)),
        };
    }
    let mut links = 0;
    for (number, (_, previous)) in &known {
        let before = match number.checked_sub(1) {
            Some(before) => known.get(&before).map(|(hash, _)| *hash),
            // Nothing comes before the first.
            None => Some([0; 32]),
        };
        if before.is_some_and(|hash| hash != *previous) {
            return Err(CheckError::Link { number: *number });
        }
        links += usize::from(before.is_some() && *number > 0);
    }
    Ok(Checked {
        receipts: known.len(),
        links,
    })
}
