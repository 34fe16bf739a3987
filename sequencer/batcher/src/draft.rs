//! A unit in the making.

use crate::event::Request;
use blake2::{Blake2b512, Digest};
use cloister_crypto::{field::to_bytes, schnorr::PublicKey, Fr};
use cloister_engine::Holdings;
use cloister_ledger::{Doors, Fill, InstructionKind, Key, SignedInstruction, UnitRequest};
use cloister_types::{AccountIndex, Amount, InstructionId};
use std::sync::Arc;

/// One unit of the open batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Draft {
    /// An open from the queue, with the deposits queued behind it.
    Open {
        account: AccountIndex,
        public_key: PublicKey,
        view_key: Fr,
        deposit: Amount,
    },
    /// Deposits from the queue.
    Deposit { account: AccountIndex, amount: Amount },
    /// A request from the queue.
    Request {
        account: AccountIndex,
        request: Request,
        /// Deposits that wait beside it.
        deposit: Amount,
        /// It is a close that leaves no account.
        closes: bool,
    },
    /// Fills of one order; `before` is what the account held before the unit.
    Order {
        signed: Arc<SignedInstruction>,
        fill: Fill,
        before: Box<Holdings>,
    },
    /// A cancel, cancel-all or withdrawal.
    Bound { signed: Arc<SignedInstruction> },
    /// Nothing but a fresh nonce.
    Padding { account: AccountIndex },
}

impl Draft {
    pub fn account(&self) -> AccountIndex {
        match self {
            Self::Open { account, .. }
            | Self::Deposit { account, .. }
            | Self::Request { account, .. }
            | Self::Padding { account } => *account,
            Self::Order { signed, .. } | Self::Bound { signed } => signed.instruction.index,
        }
    }

    /// Id of the instruction, if there is one.
    pub fn id(&self) -> Option<InstructionId> {
        match self {
            Self::Order { signed, .. } | Self::Bound { signed } => Some(signed.instruction.id),
            Self::Open { .. } | Self::Deposit { .. } | Self::Request { .. } | Self::Padding { .. } => None,
        }
    }

    /// True if the unit takes what the chain's queue holds for its account.
    pub fn queued(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::Deposit { .. } | Self::Request { .. })
    }

    /// True if the account is no more after the unit.
    pub fn closes(&self) -> bool {
        matches!(self, Self::Request { closes: true, .. })
    }

    /// True for a cancel or cancel-all: the engine has acted on it already, whether or not it can be proven.
    pub fn is_cancel(&self) -> bool {
        match self {
            Self::Bound { signed } => matches!(
                signed.instruction.kind,
                InstructionKind::Cancel | InstructionKind::CancelAll
            ),
            _ => false,
        }
    }

    pub fn request(&self) -> UnitRequest {
        let index = self.account().get();
        let normal = |signed: &Arc<SignedInstruction>, fill| UnitRequest::Normal {
            index: AccountIndex(index),
            deposit: Amount::ZERO,
            places: vec![(SignedInstruction::clone(signed), fill)],
        };
        match self {
            Self::Open {
                public_key,
                view_key,
                deposit,
                ..
            } => {
                let (x, y) = public_key.preimage();
                UnitRequest::Open {
                    index: AccountIndex(index),
                    key: Key::from(public_key),
                    preimage: Key { x, y },
                    view_key: *view_key,
                    deposit: *deposit,
                }
            }
            Self::Deposit { amount, .. } => UnitRequest::Padding {
                index: AccountIndex(index),
                deposit: *amount,
            },
            Self::Request { request, deposit, .. } => match request {
                Request::Switch(switches) => UnitRequest::Switch {
                    index: AccountIndex(index),
                    deposit: *deposit,
                    switches: *switches,
                },
                Request::Close => UnitRequest::Close {
                    index: AccountIndex(index),
                    deposit: Amount::ZERO,
                },
                Request::ForcedWithdrawal { amount } => UnitRequest::Forced {
                    index: AccountIndex(index),
                    deposit: *deposit,
                    requested: *amount,
                },
                Request::Rekey { public_key, view_key } => {
                    let (x, y) = public_key.preimage();
                    UnitRequest::Rekey {
                        index: AccountIndex(index),
                        key: Key::from(public_key),
                        preimage: Key { x, y },
                        view_key: *view_key,
                        deposit: *deposit,
                    }
                }
            },
            Self::Padding { .. } => UnitRequest::Padding {
                index: AccountIndex(index),
                deposit: Amount::ZERO,
            },
            Self::Order { signed, fill, .. } => normal(signed, *fill),
            Self::Bound { signed } => normal(signed, Fill::default()),
        }
    }

    fn absorb(&self, hasher: &mut Blake2b512) {
        hasher.update(self.account().get().to_le_bytes());
        let mut signature = |signed: &SignedInstruction| hasher.update(signed.signature.to_bytes());
        match self {
            Self::Open { deposit: amount, .. } => hasher.update(amount.get().to_le_bytes()),
            Self::Deposit { amount, .. } => hasher.update(amount.get().to_le_bytes()),
            Self::Padding { .. } => hasher.update([0]),
            Self::Request { request, deposit, .. } => {
                hasher.update(deposit.get().to_le_bytes());
                match request {
                    Request::Switch(switches) => hasher.update([1, switches.bits() as u8]),
                    Request::Close => hasher.update([2, 0]),
                    Request::ForcedWithdrawal { amount } => {
                        hasher.update([3]);
                        hasher.update(amount.get().to_le_bytes());
                    }
                    Request::Rekey { public_key, view_key } => {
                        hasher.update([4]);
                        hasher.update(to_bytes(&public_key.x()));
                        hasher.update(to_bytes(view_key));
                    }
                }
            }
            Self::Bound { signed } => signature(signed),
            Self::Order { signed, fill, .. } => {
                signature(signed);
                hasher.update(fill.quantity.get().to_le_bytes());
                hasher.update(fill.cost.get().to_le_bytes());
                hasher.update(fill.fee.get().to_le_bytes());
            }
        }
    }
}

/// Digest of a batch's contents. It feeds the salt, so that batches of different contents never share one even if the
/// system's randomness fails.
pub(crate) fn digest(batch_no: u64, root: &Fr, drafts: &[Draft], doors: &Doors) -> [u8; 32] {
    let mut hasher = Blake2b512::new();
    hasher.update(batch_no.to_le_bytes());
    hasher.update(to_bytes(root));
    for draft in drafts {
        draft.absorb(&mut hasher);
    }
    for amount in [doors.paid_in, doors.asked, doors.keep] {
        hasher.update(amount.get().to_le_bytes());
    }
    let mut out = [0; 32];
    out.copy_from_slice(&hasher.finalize()[..32]);
    out
}
