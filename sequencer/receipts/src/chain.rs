//! Numbers and links.

use cloister_receipt::{first_of, series_of, Hash, Outcome, Receipt, Scope};
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

    /// The series of the next receipt.
    pub fn series(&self) -> u32 {
        series_of(self.next)
    }

    /// Goes on in a series: the next receipt is its first, and holds the hash of the last one all the same. Nothing
    /// changes if the next receipt is of this series already, or of a later one.
    pub fn begin(&mut self, series: u32) {
        self.next = self.next.max(first_of(series));
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
