//! The state of a margin group as its sequencer keeps it, and the making of batches.

use crate::{
    account::{Account, Key},
    batch::{BatchContext, BatchEffect, BatchError, BatchWitness, Shape},
    house::House,
    instruction::{Kind, SignedInstruction},
    place::{Fill, PlaceWitness},
    slot::{slot_number, Slot},
    tree::{AccountTree, OrderTree},
    unit::{Mode, UnitError, UnitWitness},
};
use alloc::{collections::BTreeMap, vec::Vec};
use cloister_crypto::Fr;
use cloister_risk::{Assessment, MarginChoice, MarginError};

/// One account with its order tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// The leaf's contents.
    pub account: Account,
    /// The order tree under `account.orders_root`.
    pub orders: OrderTree,
}

/// What a unit shall do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitRequest {
    /// Opens an account.
    Open {
        /// Account index given by the chain.
        index: u32,
        /// Trading key.
        key: Key,
        /// `P'` with `key = 8·P'`.
        preimage: Key,
        /// View key.
        view_key: Fr,
        /// First deposit, 10^-6.
        deposit: u64,
    },
    /// Runs instructions (at most J), with an optional queued deposit.
    Normal {
        /// Account index.
        index: u32,
        /// Queued deposit, 10^-6.
        deposit: u64,
        /// Instructions with their fills.
        places: Vec<(SignedInstruction, Fill)>,
    },
    /// Changes nothing but the nonce, and takes a queued deposit.
    Padding {
        /// Account index.
        index: u32,
        /// Queued deposit, 10^-6.
        deposit: u64,
    },
}

impl UnitRequest {
    /// Account index.
    pub fn index(&self) -> u32 {
        match self {
            Self::Open { index, .. } | Self::Normal { index, .. } | Self::Padding { index, .. } => *index,
        }
    }
}

/// What a batch shall do besides its units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRequest {
    /// Context; its batch number must be the state's.
    pub context: BatchContext,
    /// Fresh key of the house.
    pub house_key: Fr,
    /// Fees to pay out, 10^-6.
    pub sweep: u64,
    /// Rows to prove empty.
    pub empty_mask: u32,
    /// Exactly N units.
    pub units: Vec<UnitRequest>,
}

/// Why a batch cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Unit `.0` names an account that does not exist.
    #[error("unit {0}: no such account")]
    NoAccount(u16),
    /// Unit `.0` opens an index that is taken.
    #[error("unit {0}: the account exists")]
    AccountExists(u16),
    /// Unit `.0` has more instructions than the shape has places.
    #[error("unit {0}: too many instructions")]
    TooManyPlaces(u16),
    /// The batch number is not the next one.
    #[error("batch number {found} where {expected} is next")]
    BatchNumber {
        /// The state's next batch number.
        expected: u64,
        /// The request's.
        found: u64,
    },
    /// The transition refuses the batch.
    #[error("{0}")]
    Batch(BatchError),
}

/// The sequencer's view of one margin group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupState {
    accounts: BTreeMap<u32, AccountState>,
    tree: AccountTree,
    house: House,
    batch_no: u64,
}

impl GroupState {
    /// Account root.
    pub fn root(&self) -> Fr {
        self.tree.root()
    }

    /// House.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Number of the next batch.
    pub fn batch_no(&self) -> u64 {
        self.batch_no
    }

    /// One account.
    pub fn account(&self, index: u32) -> Option<&AccountState> {
        self.accounts.get(&index)
    }

    /// All accounts in order of index.
    pub fn accounts(&self) -> impl Iterator<Item = (u32, &AccountState)> {
        self.accounts.iter().map(|(i, a)| (*i, a))
    }

    /// The slot an id falls into, for an account that exists.
    pub fn slot(&self, index: u32, id: u64) -> Option<Slot> {
        let account = self.accounts.get(&index)?;
        Slot::from_field(&account.orders.leaf(slot_number(id).into()))
    }

    /// Puts an account in place as the chain's records tell it (recovery).
    pub fn restore_account(&mut self, index: u32, state: AccountState) {
        self.tree.set(index, state.account.leaf());
        self.accounts.insert(index, state);
    }

    /// Puts the house and the batch number in place (recovery).
    pub fn restore_house(&mut self, house: House, batch_no: u64) {
        self.house = house;
        self.batch_no = batch_no;
    }

    /// Makes a batch, checks it natively and moves the state. On an error the state is as before.
    ///
    /// # Errors
    /// [`StateError`]; nothing has changed then.
    pub fn apply(&mut self, shape: Shape, request: &BatchRequest) -> Result<(BatchWitness, BatchEffect), StateError> {
        if request.context.batch_no != self.batch_no {
            return Err(StateError::BatchNumber {
                expected: self.batch_no,
                found: request.context.batch_no,
            });
        }
        let mut undo = BTreeMap::new();
        let old_root = self.tree.root();
        let mut units = Vec::with_capacity(request.units.len());
        for (i, unit) in request.units.iter().enumerate() {
            undo.entry(unit.index())
                .or_insert_with(|| self.accounts.get(&unit.index()).cloned());
            match self.apply_unit(shape, request, i as u16, unit) {
                Ok(witness) => units.push(witness),
                Err(e) => {
                    self.roll_back(undo);
                    return Err(e);
                }
            }
        }
        let witness = BatchWitness {
            context: request.context.clone(),
            old_root,
            house: self.house.clone(),
            house_key: request.house_key,
            sweep: request.sweep,
            empty_mask: request.empty_mask,
            units,
        };
        match witness.check(shape) {
            Ok(effect) => {
                self.house = effect.house.clone();
                self.batch_no = self.batch_no.saturating_add(1);
                Ok((witness, effect))
            }
            Err(e) => {
                self.roll_back(undo);
                Err(StateError::Batch(e))
            }
        }
    }

    fn roll_back(&mut self, undo: BTreeMap<u32, Option<AccountState>>) {
        for (index, state) in undo {
            match state {
                Some(state) => self.restore_account(index, state),
                None => {
                    self.tree.set(index, Fr::zero());
                    self.accounts.remove(&index);
                }
            }
        }
    }

    fn apply_unit(
        &mut self,
        shape: Shape,
        request: &BatchRequest,
        number: u16,
        unit: &UnitRequest,
    ) -> Result<UnitWitness, StateError> {
        let index = unit.index();
        let existing = self.accounts.get(&index);
        let (mode, deposit, before, preimage, instructions): (_, _, _, _, &[_]) = match unit {
            UnitRequest::Open {
                key,
                preimage,
                view_key,
                deposit,
                ..
            } => {
                if existing.is_some() {
                    return Err(StateError::AccountExists(number));
                }
                let fresh = Account::fresh(*key, *view_key);
                let state = AccountState {
                    account: fresh,
                    orders: OrderTree::default(),
                };
                (Mode::Open, *deposit, state, *preimage, &[])
            }
            UnitRequest::Normal { deposit, places, .. } => {
                let state = existing.cloned().ok_or(StateError::NoAccount(number))?;
                (Mode::Normal, *deposit, state, Key::default(), places)
            }
            UnitRequest::Padding { deposit, .. } => {
                let state = existing.cloned().ok_or(StateError::NoAccount(number))?;
                (Mode::Padding, *deposit, state, Key::default(), &[])
            }
        };
        let places = self.places(shape, number, &before, instructions)?;
        let mut witness = UnitWitness {
            index,
            mode,
            deposit,
            before: before.account.clone(),
            path: self.tree.path(index),
            preimage,
            places,
            margin: MarginChoice::default(),
        };
        witness.margin = choose_margin(&witness, &request.context).map_err(|e| refused(number, e))?;
        let effect = witness
            .check(&request.context, self.tree.root(), shape.orders.into())
            .map_err(|e| refused(number, e))?;
        let mut orders = before.orders;
        for (number, slot) in touched_slots(&witness) {
            orders.set(number, slot);
        }
        self.restore_account(
            index,
            AccountState {
                account: effect.after,
                orders,
            },
        );
        Ok(witness)
    }

    /// Places with the paths of their slots, each as the earlier ones leave the order tree.
    fn places(
        &self,
        shape: Shape,
        number: u16,
        before: &AccountState,
        instructions: &[(SignedInstruction, Fill)],
    ) -> Result<Vec<PlaceWitness>, StateError> {
        let count = usize::from(shape.orders);
        if instructions.len() > count {
            return Err(StateError::TooManyPlaces(number));
        }
        // Instructions go to the last places, so that a withdrawal is in the last one.
        let mut places: Vec<PlaceWitness> = (instructions.len()..count).map(|_| PlaceWitness::default()).collect();
        let mut orders = before.orders.clone();
        for (signed, fill) in instructions {
            let id = signed.instruction.id;
            let slot = u32::from(slot_number(id));
            places.push(PlaceWitness {
                signed: signed.clone(),
                fill: *fill,
                path: orders.path(slot),
            });
            let held = Slot::from_field(&orders.leaf(slot)).unwrap_or_default();
            orders.set(slot, slot_after(held, signed, fill).to_field());
        }
        Ok(places)
    }
}

fn refused(number: u16, error: UnitError) -> StateError {
    StateError::Batch(BatchError::Unit(number, error))
}

/// The slot a place leaves behind, if its rules hold.
fn slot_after(held: Slot, signed: &SignedInstruction, fill: &Fill) -> Slot {
    let id = signed.instruction.id;
    let filled_before = if held.id == id { held.filled } else { 0 };
    let filled = match signed.instruction.kind {
        Kind::Order => filled_before.saturating_add(fill.quantity),
        Kind::None | Kind::Cancel | Kind::CancelAll | Kind::Withdrawal => cloister_crypto::constants::FILLED_MAX,
    };
    Slot { id, filled }
}

/// The new slots of a checked unit's places.
fn touched_slots(witness: &UnitWitness) -> impl Iterator<Item = (u32, Fr)> + '_ {
    witness
        .places
        .iter()
        .filter(|p| p.signed.instruction.kind != Kind::None)
        .map(|place| {
            let number = u32::from(slot_number(place.signed.instruction.id));
            let value = place.path[0][crate::tree::digit(number, 0)];
            let held = Slot::from_field(&value).unwrap_or_default();
            (number, slot_after(held, &place.signed, &place.fill).to_field())
        })
}

/// Finds how a normal unit meets the margin rule; other modes need none.
fn choose_margin(witness: &UnitWitness, context: &BatchContext) -> Result<MarginChoice, UnitError> {
    if witness.mode != Mode::Normal {
        return Ok(MarginChoice::default());
    }
    let (before, after) = witness.before_and_after(context)?;
    let assess = |a: &Account| Assessment::new(&context.table, &a.positions, a.cash);
    let withdraws = witness
        .places
        .iter()
        .any(|p| p.signed.instruction.kind == Kind::Withdrawal);
    let choose = || -> Result<MarginChoice, MarginError> {
        Assessment::choose(&assess(&before)?, &assess(&after)?, &context.table, withdraws)
    };
    choose().map_err(UnitError::Margin)
}
