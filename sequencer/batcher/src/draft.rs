//! A unit in the making, or several of one account that are cut once the shape is known.

mod run;
mod unsigned;

pub(crate) use self::{
    run::{sum, Run, Step},
    unsigned::{places, request_of},
};
use crate::event::Request;
use blake2::{Blake2b512, Digest};
use cloister_crypto::{field::to_bytes, schnorr::PublicKey, Fr};
use cloister_engine::OrderKey;
use cloister_ledger::{Doors, Key, SignedInstruction, UnitRequest};
use cloister_types::{AccountIndex, Amount, InstructionId};

/// A part of a batch.
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
    /// What the account has signed: fills of orders, cancels, or a withdrawal.
    Signed(Run),
    /// A unit of a group that nobody signs, or the order that meets it.
    Unsigned {
        account: AccountIndex,
        request: UnitRequest,
    },
    /// Nothing but a fresh nonce.
    Padding { account: AccountIndex },
}

impl Draft {
    pub fn account(&self) -> AccountIndex {
        match self {
            Self::Open { account, .. }
            | Self::Deposit { account, .. }
            | Self::Request { account, .. }
            | Self::Unsigned { account, .. }
            | Self::Padding { account } => *account,
            Self::Signed(run) => run.account(),
        }
    }

    /// Number of units in a shape of so many places; `None` if it has too few.
    pub fn units(&self, most: u16) -> Option<usize> {
        match self {
            Self::Signed(run) => Some(run.units(most)),
            Self::Unsigned { request, .. } => (places(request) <= usize::from(most)).then_some(1),
            Self::Open { .. } | Self::Deposit { .. } | Self::Request { .. } | Self::Padding { .. } => Some(1),
        }
    }

    /// Its units in a shape of so many places.
    pub fn cut(&self, most: u16) -> Vec<Self> {
        match self {
            Self::Signed(run) => run.cut(most).into_iter().map(Self::Signed).collect(),
            _ => vec![self.clone()],
        }
    }

    /// Id of the last instruction of a unit, if there is one.
    pub fn id(&self) -> Option<InstructionId> {
        self.last_order().map(|order| order.id)
    }

    fn last_order(&self) -> Option<OrderKey> {
        match self {
            Self::Signed(run) => run.steps().last().map(Step::key),
            Self::Unsigned {
                request: UnitRequest::Normal { places, .. },
                ..
            } => places.last().map(|(signed, _)| OrderKey::of(&signed.instruction)),
            Self::Open { .. }
            | Self::Deposit { .. }
            | Self::Request { .. }
            | Self::Unsigned { .. }
            | Self::Padding { .. } => None,
        }
    }

    /// What a unit is at fault with that the ledger refuses, if `place`, counted from the first that it uses, is named
    /// or not.
    pub fn fault(&self, place: Option<usize>) -> Fault {
        let Self::Signed(run) = self else {
            return match (self, self.last_order()) {
                (_, Some(order)) => Fault::Order(order),
                (Self::Unsigned { account, .. }, None) => Fault::Unsigned(*account),
                _ => Fault::None,
            };
        };
        let places = run.places();
        let named = place.and_then(|at| places.get(at));
        let order = match named {
            Some(named) => Some(named).filter(|named| !named.is_cancel()),
            None => places.iter().rfind(|step| !step.is_cancel()),
        };
        match (order, named) {
            (Some(order), _) => Fault::Order(order.key()),
            (None, Some(named)) => Fault::Cancels(vec![named.key()]),
            (None, None) => Fault::Cancels(places.iter().map(Step::key).collect()),
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

    /// What the ledger is asked for, for one unit.
    pub fn request(&self) -> UnitRequest {
        let index = self.account().get();
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
            Self::Signed(run) => UnitRequest::Normal {
                index: AccountIndex(index),
                deposit: Amount::ZERO,
                places: run
                    .places()
                    .into_iter()
                    .map(|step| (SignedInstruction::clone(&step.signed), step.fill))
                    .collect(),
            },
            Self::Unsigned { request, .. } => request.clone(),
        }
    }

    fn absorb(&self, hasher: &mut Blake2b512) {
        hasher.update(self.account().get().to_le_bytes());
        if let Self::Unsigned { request, .. } = self {
            return unsigned::absorb(request, hasher);
        }
        match self {
            Self::Open { deposit: amount, .. } => hasher.update(amount.get().to_le_bytes()),
            Self::Deposit { amount, .. } => hasher.update(amount.get().to_le_bytes()),
            Self::Padding { .. } | Self::Unsigned { .. } => hasher.update([0]),
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
            Self::Signed(run) => {
                for Step { signed, fill, .. } in run.places() {
                    hasher.update(signed.signature.to_bytes());
                    hasher.update(fill.quantity.get().to_le_bytes());
                    hasher.update(fill.cost.get().to_le_bytes());
                    hasher.update(fill.fee.get().to_le_bytes());
                }
            }
        }
    }
}

/// What a unit is at fault with that the ledger refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Cancels: they hold whether or not they can be proven.
    Cancels(Vec<OrderKey>),
    /// An order or a withdrawal.
    Order(OrderKey),
    /// What nobody has signed, of this account.
    Unsigned(AccountIndex),
    /// Nothing that can leave.
    None,
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
