//! The state of a margin group as its sequencer keeps it, and the making of batches.

use crate::{
    account::{Account, Key, Switches},
    batch::{BatchEffect, BatchError, BatchWitness, Doors},
    context::BatchContext,
    fill::Fill,
    house::House,
    instruction::{InstructionKind, SignedInstruction},
    place::{PlaceWitness, Transfer},
    shape::Shape,
    slot::{slot_number, Slot},
    tree::{AccountTree, OrderTree},
    unit::{Mode, Party, UnitEffect, UnitWitness},
};
use alloc::{collections::BTreeMap, vec::Vec};
use cloister_crypto::{constants::FILLED_MAX, Fr};
use cloister_risk::MarginChoice;
use cloister_types::{AccountIndex, Amount, InstructionId, Lots};

/// One account with its order tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// The leaf's contents.
    pub account: Account,
    /// The order tree under `account.orders_root`.
    pub orders: OrderTree,
}

/// What a unit is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitRequest {
    /// Opens an account.
    Open {
        /// Account index given by the chain.
        index: AccountIndex,
        /// Trading key.
        key: Key,
        /// `P'` with `key = 8·P'`.
        preimage: Key,
        /// View key.
        view_key: Fr,
        /// First deposit.
        deposit: Amount,
    },
    /// Changes the keys of an account.
    Rekey {
        /// Account index.
        index: AccountIndex,
        /// New trading key.
        key: Key,
        /// `P'` with `key = 8·P'`.
        preimage: Key,
        /// New view key.
        view_key: Fr,
        /// Queued deposit.
        deposit: Amount,
    },
    /// Runs up to J instructions, with an optional queued deposit.
    Normal {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit.
        deposit: Amount,
        /// Instructions with their fills. A withdrawal or transfer comes last; a transfer's receiver is the next unit.
        places: Vec<(SignedInstruction, Fill)>,
    },
    /// Pays what was queued, as far as initial margin allows.
    Forced {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit.
        deposit: Amount,
        /// Amount as queued.
        requested: Amount,
    },
    /// Reduces positions of an account below maintenance margin.
    Liquidation {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit.
        deposit: Amount,
        /// Up to J fills, with their sides.
        fills: Vec<Fill>,
    },
    /// Settles the positions in expired rows.
    Expiry {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit.
        deposit: Amount,
        /// Up to J rows.
        rows: Vec<u8>,
    },
    /// Passes an account of negative equity to the house.
    Takeover {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit.
        deposit: Amount,
    },
    /// Sets the flags of an account.
    Switch {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit.
        deposit: Amount,
        /// Flags as queued.
        switches: Switches,
    },
    /// Closes an account if it is empty.
    Close {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit. A chain lets no close take one.
        deposit: Amount,
    },
    /// Closes lots at the mark: those that an insolvent account sheds, or those of a counterparty.
    Deleveraging {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit.
        deposit: Amount,
        /// On which side the account is.
        party: Party,
        /// Up to J fills, with their sides.
        fills: Vec<Fill>,
    },
    /// Changes nothing but the nonce, and takes a queued deposit or a transfer.
    Padding {
        /// Account index.
        index: AccountIndex,
        /// Queued deposit.
        deposit: Amount,
    },
}

impl UnitRequest {
    /// Account index.
    pub fn index(&self) -> AccountIndex {
        match self {
            Self::Open { index, .. }
            | Self::Rekey { index, .. }
            | Self::Normal { index, .. }
            | Self::Forced { index, .. }
            | Self::Liquidation { index, .. }
            | Self::Expiry { index, .. }
            | Self::Takeover { index, .. }
            | Self::Deleveraging { index, .. }
            | Self::Switch { index, .. }
            | Self::Close { index, .. }
            | Self::Padding { index, .. } => *index,
        }
    }

    /// Queued deposit.
    pub fn deposit(&self) -> Amount {
        match self {
            Self::Open { deposit, .. }
            | Self::Rekey { deposit, .. }
            | Self::Normal { deposit, .. }
            | Self::Forced { deposit, .. }
            | Self::Liquidation { deposit, .. }
            | Self::Expiry { deposit, .. }
            | Self::Takeover { deposit, .. }
            | Self::Deleveraging { deposit, .. }
            | Self::Switch { deposit, .. }
            | Self::Close { deposit, .. }
            | Self::Padding { deposit, .. } => *deposit,
        }
    }

    /// Mode of the unit.
    pub fn mode(&self) -> Mode {
        match self {
            Self::Open { .. } => Mode::Open,
            Self::Rekey { .. } => Mode::Rekey,
            Self::Normal { .. } => Mode::Normal,
            Self::Forced { .. } => Mode::Forced,
            Self::Liquidation { .. } => Mode::Liquidation,
            Self::Expiry { .. } => Mode::Expiry,
            Self::Takeover { .. } => Mode::Takeover,
            Self::Deleveraging { party, .. } => Mode::Deleveraging(*party),
            Self::Switch { .. } => Mode::Switch,
            Self::Close { .. } => Mode::Close,
            Self::Padding { .. } => Mode::Padding,
        }
    }
}

/// What a batch is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRequest {
    /// Context; its batch number must be the state's.
    pub context: BatchContext,
    /// Fees to pay out.
    pub sweep: Amount,
    /// What the queue asks of the insurance.
    pub doors: Doors,
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
    /// Unit `.0` has more instructions or fills than the shape has places.
    #[error("unit {0}: too many instructions or fills")]
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
pub struct GroupLedger {
    accounts: BTreeMap<AccountIndex, AccountState>,
    tree: AccountTree,
    house: House,
    batch_no: u64,
}

impl GroupLedger {
    /// The ledger with these accounts, of which there is one of each index, and this house; `batch_no` is the number of
    /// its next batch.
    pub fn of_parts(
        accounts: impl IntoIterator<Item = (AccountIndex, AccountState)>,
        house: House,
        batch_no: u64,
    ) -> Self {
        let accounts: BTreeMap<AccountIndex, AccountState> = accounts.into_iter().collect();
        let leaves = accounts
            .iter()
            .map(|(index, state)| (index.get(), state.account.leaf()));
        Self {
            tree: AccountTree::of_leaves(leaves),
            accounts,
            house,
            batch_no,
        }
    }

    /// Account root.
    pub fn root(&self) -> Fr {
        self.tree.root()
    }

    /// The account tree.
    pub fn tree(&self) -> &AccountTree {
        &self.tree
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
    pub fn account(&self, index: AccountIndex) -> Option<&AccountState> {
        self.accounts.get(&index)
    }

    /// All accounts in order of index.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountIndex, &AccountState)> {
        self.accounts.iter().map(|(i, a)| (*i, a))
    }

    /// The slot that an id falls into; `None` if the account does not exist.
    pub fn slot(&self, index: AccountIndex, id: InstructionId) -> Option<Slot> {
        let account = self.accounts.get(&index)?;
        Slot::from_field(&account.orders.leaf(slot_number(id).into()))
    }

    /// Puts an account in place as the chain's records describe it (recovery).
    pub fn restore_account(&mut self, index: AccountIndex, state: AccountState) {
        self.tree.set(index.get(), state.account.leaf());
        self.accounts.insert(index, state);
    }

    /// Takes an account out, as the chain's records describe it (recovery): its leaf is 0.
    pub fn close_account(&mut self, index: AccountIndex) {
        self.tree.set(index.get(), Fr::zero());
        self.accounts.remove(&index);
    }

    /// Puts the house and the batch number in place (recovery).
    pub fn restore_house(&mut self, house: House, batch_no: u64) {
        self.house = house;
        self.batch_no = batch_no;
    }

    /// Gives the house another key, as a re-key that the chain took says; `false` if its nonce does not fit.
    pub fn rekey_house(&mut self, key: Fr) -> bool {
        match self.house.rekeyed(key) {
            Some(house) => {
                self.house = house;
                true
            }
            None => false,
        }
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
        if request.units.len() != usize::from(shape.units) {
            return Err(StateError::Batch(BatchError::Units));
        }
        let undo: BTreeMap<AccountIndex, Option<AccountState>> = request
            .units
            .iter()
            .map(|unit| (unit.index(), self.accounts.get(&unit.index()).cloned()))
            .collect();
        let old_root = self.tree.root();
        let made = self
            .apply_units(shape, &request.context, &request.units, None)
            .and_then(|(units, effects)| {
                let mut witness = self.assemble(request, old_root, units);
                let effect = witness.complete(effects).map_err(StateError::Batch)?;
                Ok((witness, effect))
            });
        match &made {
            Ok((_, effect)) => {
                self.house = effect.house.clone();
                self.batch_no = self.batch_no.saturating_add(1);
            }
            Err(_) => self.roll_back(undo),
        }
        made
    }

    /// The witness of a batch before its house is checked.
    pub fn assemble(&self, request: &BatchRequest, old_root: Fr, units: Vec<UnitWitness>) -> BatchWitness {
        BatchWitness {
            context: request.context.clone(),
            old_root,
            house: self.house.clone(),
            sweep: request.sweep,
            doors: request.doors,
            insurance_out: Amount::ZERO,
            doors_choice: MarginChoice::default(),
            empty_mask: request.empty_mask,
            units,
            house_margin: MarginChoice::default(),
        }
    }

    /// Runs units one after the other, without looking at the house: a part of [`Self::apply`], for whoever builds a
    /// batch unit by unit on a copy. `sent` is what a unit before them sends.
    ///
    /// # Errors
    /// The first unit that its rules do not allow. Some units may have run then: throw the copy away.
    pub fn apply_units(
        &mut self,
        shape: Shape,
        context: &BatchContext,
        units: &[UnitRequest],
        mut sent: Option<Transfer>,
    ) -> Result<(Vec<UnitWitness>, Vec<UnitEffect>), StateError> {
        let mut witnesses = Vec::with_capacity(units.len());
        let mut effects = Vec::with_capacity(units.len());
        for (i, unit) in units.iter().enumerate() {
            // The receiver is checked with the batch.
            let incoming = sent.map_or(Amount::ZERO, |transfer| transfer.amount);
            let (witness, effect) = self.apply_unit(shape, context, i as u16, unit, incoming)?;
            sent = effect.transfer;
            witnesses.push(witness);
            effects.push(effect);
        }
        Ok((witnesses, effects))
    }

    fn roll_back(&mut self, undo: BTreeMap<AccountIndex, Option<AccountState>>) {
        for (index, state) in undo {
            match state {
                Some(state) => self.restore_account(index, state),
                None => self.close_account(index),
            }
        }
    }

    fn apply_unit(
        &mut self,
        shape: Shape,
        context: &BatchContext,
        number: u16,
        unit: &UnitRequest,
        incoming: Amount,
    ) -> Result<(UnitWitness, UnitEffect), StateError> {
        let index = unit.index();
        let existing = self.accounts.get(&index);
        let before = match unit {
            UnitRequest::Open { key, view_key, .. } => {
                if existing.is_some() {
                    return Err(StateError::AccountExists(number));
                }
                AccountState {
                    account: Account::fresh(*key, *view_key),
                    orders: OrderTree::default(),
                }
            }
            _ => existing.cloned().ok_or(StateError::NoAccount(number))?,
        };
        let (new_key, new_view_key, preimage) = match unit {
            UnitRequest::Open {
                key,
                view_key,
                preimage,
                ..
            }
            | UnitRequest::Rekey {
                key,
                view_key,
                preimage,
                ..
            } => (*key, *view_key, *preimage),
            _ => (before.account.key, before.account.view_key, Key::default()),
        };
        let mut witness = UnitWitness {
            index,
            mode: unit.mode(),
            deposit: unit.deposit(),
            incoming,
            requested: match unit {
                UnitRequest::Forced { requested, .. } => *requested,
                _ => Amount::ZERO,
            },
            paid: Amount::ZERO,
            before: before.account.clone(),
            path: self.tree.path(index.get()),
            new_key,
            new_view_key,
            new_switches: match unit {
                UnitRequest::Switch { switches, .. } => *switches,
                _ => before.account.switches,
            },
            preimage,
            places: places(shape, number, context, &before, unit)?,
            margin: MarginChoice::default(),
            need: 0,
        };
        let effect = witness
            .complete(context, self.tree.root(), shape.places.into())
            .map_err(|e| StateError::Batch(BatchError::Unit(number, e)))?;
        if effect.closed {
            self.close_account(index);
            return Ok((witness, effect));
        }
        let mut orders = before.orders;
        for (place, value) in witness.places.iter().zip(&effect.slots).filter(|(p, _)| p.is_signed()) {
            orders.set(slot_number(place.signed.instruction.id).into(), *value);
        }
        self.restore_account(
            index,
            AccountState {
                account: effect.after.clone(),
                orders,
            },
        );
        Ok((witness, effect))
    }
}

/// The J places of a unit: empty ones, then what the request names, so that a withdrawal or transfer is in the last
/// one.
fn places(
    shape: Shape,
    number: u16,
    context: &BatchContext,
    before: &AccountState,
    unit: &UnitRequest,
) -> Result<Vec<PlaceWitness>, StateError> {
    let unsigned = |fill: Fill| PlaceWitness {
        fill,
        ..PlaceWitness::default()
    };
    let used: Vec<PlaceWitness> = match unit {
        UnitRequest::Normal { places, .. } => signed_places(before, places),
        UnitRequest::Liquidation { fills, .. } | UnitRequest::Deleveraging { fills, .. } => {
            fills.iter().copied().map(unsigned).collect()
        }
        UnitRequest::Expiry { rows, .. } => rows
            .iter()
            .map(|row| unsigned(settlement(context, before, *row)))
            .collect(),
        _ => Vec::new(),
    };
    let empty = usize::from(shape.places)
        .checked_sub(used.len())
        .ok_or(StateError::TooManyPlaces(number))?;
    let mut places = alloc::vec![PlaceWitness::default(); empty];
    places.extend(used);
    Ok(places)
}

/// Places with the paths of their slots, each as the earlier ones leave the order tree.
fn signed_places(before: &AccountState, instructions: &[(SignedInstruction, Fill)]) -> Vec<PlaceWitness> {
    let mut orders = before.orders.clone();
    let mut places = Vec::with_capacity(instructions.len());
    for (signed, fill) in instructions {
        let slot = u32::from(slot_number(signed.instruction.id));
        places.push(PlaceWitness {
            signed: signed.clone(),
            fill: *fill,
            path: orders.path(slot),
        });
        let held = Slot::from_field(&orders.leaf(slot)).unwrap_or_default();
        orders.set(slot, slot_after(held, signed, fill).to_field());
    }
    places
}

/// The fill that settles the account's position in a row; a row that does not exist settles nothing.
fn settlement(context: &BatchContext, before: &AccountState, row: u8) -> Fill {
    let number = usize::from(row);
    let position = before.account.positions.get(number).copied().unwrap_or_default();
    let mark = context.table.rows.get(number).map(|row| row.mark).unwrap_or_default();
    Fill::settlement(row, position, mark)
}

/// The slot a place leaves behind, if its rules hold.
fn slot_after(held: Slot, signed: &SignedInstruction, fill: &Fill) -> Slot {
    let id = signed.instruction.id;
    let filled_before = if held.id == id { held.filled } else { Lots::ZERO };
    let filled = match signed.instruction.kind {
        InstructionKind::Order => filled_before.saturating_add(fill.quantity),
        InstructionKind::None
        | InstructionKind::Cancel
        | InstructionKind::CancelAll
        | InstructionKind::Withdrawal
        | InstructionKind::Transfer => Lots(FILLED_MAX),
    };
    Slot { id, filled }
}
