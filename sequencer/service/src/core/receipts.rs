//! What is promised for the instructions that were taken.

use cloister_engine::{Accepted, AccountIndex, Removal, TraderInput};
use cloister_ledger::InstructionKind;
use cloister_receipts::{control_hash, instruction_hash, Chain, Dropped, Hash, Outcome, Receipt, Scope};
use cloister_types::Amount;
use codec::{Decode, Encode};
use std::collections::VecDeque;

/// The chain of receipts, and the newest of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Receipts {
    chain: Chain,
    kept: VecDeque<(AccountIndex, Receipt)>,
}

impl Receipts {
    /// The receipt of an instruction that was taken; the oldest is forgotten if more than `most` are kept.
    pub fn issue(
        &mut self,
        scope: Scope,
        account: AccountIndex,
        instruction: Hash,
        received_at: u64,
        outcome: Outcome,
        most: usize,
    ) -> Receipt {
        let receipt = self.chain.issue(scope, instruction, received_at, outcome);
        while self.kept.len() >= most.max(1) {
            self.kept.pop_front();
        }
        self.kept.push_back((account, receipt));
        receipt
    }

    /// Goes on in a series, if the next receipt is of an earlier one.
    pub fn begin(&mut self, series: u32) {
        self.chain.begin(series);
    }

    /// Where the chain stands.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Receipts of an account with numbers from `from` on, oldest first.
    pub fn of(&self, account: AccountIndex, from: u64) -> impl Iterator<Item = &Receipt> {
        let own = self.kept.iter().filter(move |(of, _)| *of == account);
        own.map(|(_, receipt)| receipt)
            .filter(move |receipt| receipt.number >= from)
    }
}

/// What a receipt says of what was signed.
pub(crate) struct Promise {
    pub hash: Hash,
    /// `None` for a control.
    kind: Option<InstructionKind>,
    amount: Amount,
}

impl Promise {
    /// Taken before the engine takes the input itself.
    pub fn of(input: &TraderInput) -> Self {
        let hash = match input {
            TraderInput::Instruction(signed) | TraderInput::Amend { signed, .. } | TraderInput::Annul(signed) => {
                instruction_hash(signed)
            }
            TraderInput::Control(signed) => control_hash(signed),
        };
        let instruction = input.instruction();
        Self {
            hash,
            kind: instruction.map(|instruction| instruction.kind),
            amount: instruction.map_or(Amount::ZERO, |instruction| Amount(instruction.limit)),
        }
    }

    /// What became of it.
    pub fn outcome(&self, accepted: &Accepted) -> Outcome {
        match (self.kind, accepted.order) {
            (None, _) => Outcome::Control,
            // What is void may settle yet, and costs the bond above what is stated (C-OVERFILL).
            (Some(InstructionKind::Cancel), _) => Outcome::Cancel { filled: accepted.most },
            (Some(InstructionKind::CancelAll), _) => Outcome::CancelAll,
            (_, Some(order)) => Outcome::Order {
                filled: order.filled,
                resting: order.resting,
                waits: order.waits,
                dropped: order.dropped.map(dropped),
            },
            (_, None) => Outcome::Withdrawal { amount: self.amount },
        }
    }
}

fn dropped(removal: Removal) -> Dropped {
    match removal {
        Removal::Cancelled => Dropped::Cancelled,
        Removal::Expired => Dropped::Expired,
        Removal::Amended => Dropped::Amended,
        Removal::SelfTrade => Dropped::SelfTrade,
        Removal::Immediate => Dropped::Immediate,
        Removal::NothingToReduce => Dropped::NothingToReduce,
        Removal::NotTrading => Dropped::NotTrading,
        Removal::Rule(_) => Dropped::Rule,
        Removal::WouldCross | Removal::NotFilledInFull | Removal::InsufficientMargin | Removal::MaxFeeTooLow => {
            Dropped::Fired
        }
        Removal::Protected => Dropped::Protected,
        Removal::DeadMan | Removal::Disconnected => Dropped::Gone,
    }
}
