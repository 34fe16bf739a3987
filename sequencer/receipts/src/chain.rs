//! Numbers and links.

use cloister_receipt::{Hash, Outcome, Receipt, Scope};
use codec::{Decode, Encode};

/// Where a chain of receipts stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Chain {
    /// Number of the next receipt.
    next: u64,
    /// Hash of the last one.
    head: Hash,
}

impl Chain {
    /// Number of the next receipt.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Hash of the last receipt; zeros if there is none.
    pub fn head(&self) -> Hash {
        self.head
    }

    /// The next receipt.
    pub fn issue(&mut self, scope: Scope, instruction: Hash, received_at: u64, outcome: Outcome) -> Receipt {
        let receipt = Receipt {
            scope,
            number: self.next,
            previous: self.head,
            instruction,
            received_at,
            outcome,
        };
        self.next = self.next.saturating_add(1);
        self.head = receipt.hash();
        receipt
    }
}
