//! Settlement of a batch: every check, then every change (C-SUBMIT).

use crate::{
    claims::Gate,
    periods::credit_of,
    queue::{GroupOf, HouseTakingOf},
    types::{CIPHERTEXT_FIXED, MAX_HOUSE_ITEMS},
    weights::of_batch,
    Accounts, Batch, BlockNumberFor, Config, Error, Event, Groups, LastRecord, Pallet, RegisteredAccount, Totals,
};
use alloc::{
    collections::{btree_map::Entry, BTreeMap},
    vec::Vec,
};
use cloister_crypto::Fr;
use cloister_groth16_verifier::{verify, PointError, Proof, VerifyError, VerifyingKey};
use cloister_ledger::Statement;
use cloister_settlement::{rebuild, KnownToChain, StatementError, Taking};
use cloister_types::GroupId;
use pallet_cloister_risk::{RiskTables, TableInfo};
use pallet_cloister_sequencers::{NoRight, Sequencers};
use pallet_cloister_verifier::{ActiveKey, StatementKind};
use polkadot_sdk::{
    frame_support::{
        ensure,
        traits::{Get, Time},
        weights::Weight,
    },
    frame_system,
    sp_runtime::{traits::UniqueSaturatedInto, DispatchError},
};

/// What is left to verify of a batch whose other checks are done.
pub(crate) struct Proven {
    /// The verifying key that it names.
    pub key: VerifyingKey,
    /// Hash of the statement, the only public input.
    pub statement: Fr,
    /// The proof, whose points are good.
    pub proof: Proof,
}

/// A batch whose checks are done, with what it does.
pub(crate) struct Checked<T: Config> {
    state: GroupOf<T>,
    takings: Vec<Taking>,
    house: HouseTakingOf<T>,
    /// The accounts of its units, by index.
    owners: BTreeMap<u32, RegisteredAccount<T::AccountId>>,
    /// What is to be verified.
    pub proven: Proven,
    /// What the proof is worth to its payee.
    credit: u128,
    /// Number of queue items that were read.
    pub read: u32,
}

impl<T: Config> From<NoRight> for Error<T> {
    fn from(error: NoRight) -> Self {
        match error {
            NoRight::NotMember => Self::NotSubmitter,
            NoRight::NotLeader => Self::NotLeader,
            NoRight::NotBonded => Self::NotBonded,
        }
    }
}

impl<T: Config> From<VerifyError> for Error<T> {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Proof {
                error: PointError::Encoding,
                ..
            } => Self::ProofMalformedEncoding,
            VerifyError::Proof {
                error: PointError::Infinity,
                ..
            } => Self::ProofPointAtInfinity,
            VerifyError::Proof {
                error: PointError::NotOnCurve,
                ..
            } => Self::ProofNotOnCurve,
            VerifyError::Proof {
                error: PointError::NotInSubgroup,
                ..
            } => Self::ProofNotInSubgroup,
            VerifyError::WrongInputCount { .. } => Self::InvalidVerifyingKey,
            VerifyError::PairingCheckFailed => Self::InvalidProof,
            VerifyError::HostCall => Self::VerifierUnavailable,
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Weight of a batch if every unit's account has as many queue items as an account may have.
    pub(crate) fn weight_of_batch(batch: &Batch) -> Weight {
        let items = (batch.units.len() as u32).saturating_mul(T::MaxItemsPerUser::get());
        Self::weight_with_items(batch, items.saturating_add(MAX_HOUSE_ITEMS))
    }

    /// Weight of a batch that reads so many queue items.
    pub(crate) fn weight_with_items(batch: &Batch, items: u32) -> Weight {
        let places = batch.units.iter().fold(0u32, |sum, unit| {
            let places = (unit.ciphertext.len() as u32).saturating_sub(CIPHERTEXT_FIXED);
            sum.saturating_add(places)
        });
        of_batch::<T::WeightInfo>(batch.units.len() as u32, places, items)
    }

    /// Checks a batch and settles it. Nothing is written before the proof is verified. Returns the number of queue
    /// items that were read, whether or not it takes them.
    pub(crate) fn settle(who: &T::AccountId, group: u32, batch: &Batch) -> Result<u32, DispatchError> {
        Self::check_right(who, group)?;
        let checked = Self::check(group, batch)?;
        let proven = &checked.proven;
        verify(&proven.key, &[proven.statement], &proven.proof).map_err(Error::<T>::from)?;
        let (read, statement) = (checked.read, proven.statement);
        Self::apply(group, batch, checked)?;
        Self::note_settled(who, group, batch, &statement);
        T::Sequencers::note_batch(group, who);
        Ok(read)
    }

    /// That somebody may submit batches of a group, or re-key its house, now (C-TAKE-OVER). Asked once for all batches
    /// of a call.
    pub(crate) fn check_right(who: &T::AccountId, group: u32) -> Result<(), Error<T>> {
        ensure!(Groups::<T>::contains_key(group), Error::<T>::UnknownGroup);
        T::Sequencers::may_submit(group, who).map_err(Error::<T>::from)
    }

    /// Every other check of a batch but the verification of its proof, in the state as it is.
    pub(crate) fn check(group: u32, batch: &Batch) -> Result<Checked<T>, DispatchError> {
        let state = Self::enabled_group(group)?;
        ensure!(batch.batch_no == state.batch_no, Error::<T>::WrongBatchNumber);
        ensure!(state.house_rekeys > 0, Error::<T>::HouseNotKeyed);
        let key = Self::check_shape(batch)?;
        let now = T::Time::now();
        let table = Self::check_table(group, &state, batch, now)?;
        Self::check_time(&state, &table, batch, now)?;
        let (takings, house, read) = Self::plan_queue(group, &state, batch, table.time)?;
        let owners = Self::check_accounts(group, batch, &takings)?;
        let statement = Self::statement(group, &state, &table, batch, &takings, &house)?;
        let credit = credit_of(key.statement);
        let proof = Proof::from_bytes(&batch.proof).map_err(Error::<T>::from)?;
        let proven = Proven {
            key: key.key,
            statement: statement.hash(),
            proof,
        };
        Ok(Checked {
            state,
            takings,
            house,
            owners,
            proven,
            credit,
            read,
        })
    }

    /// The key that the batch names, active and of batches of this shape.
    fn check_shape(batch: &Batch) -> Result<ActiveKey, Error<T>> {
        let key = Self::active_key(batch.key)?;
        let StatementKind::Batch { units, places } = key.statement else {
            return Err(Error::<T>::WrongStatement);
        };
        ensure!(batch.units.len() == usize::from(units), Error::<T>::WrongUnitCount);
        let elements = CIPHERTEXT_FIXED.saturating_add(u32::from(places)) as usize;
        ensure!(
            batch.units.iter().all(|u| u.ciphertext.len() == elements),
            Error::<T>::WrongCiphertextLength
        );
        Ok(key)
    }

    /// Rebuilds the statement. What the chain knows (genesis, group, number, old root and house, risk hash, kinds,
    /// keys, deposits) is taken from its storage; the batch gives only what is new.
    pub(crate) fn statement(
        group: u32,
        state: &GroupOf<T>,
        table: &TableInfo,
        batch: &Batch,
        takings: &[Taking],
        house: &HouseTakingOf<T>,
    ) -> Result<Statement, Error<T>> {
        let known = KnownToChain {
            genesis: frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(0u32)).0,
            group: GroupId(group),
            batch_no: state.batch_no,
            old_root: state.root,
            old_house: state.house,
            risk_hash: table.risk_hash,
        };
        rebuild(&known, batch, takings, house.doors()).map_err(|error| match error {
            StatementError::Field(_) => Error::<T>::NonCanonicalField,
            // There is one taking for each unit.
            StatementError::Takings { .. } => Error::<T>::WrongUnitCount,
        })
    }

    /// That the table may be named still (C-GRACE). What choice this leaves is said in C-LOOK-BACK.
    fn check_table(group: u32, state: &GroupOf<T>, batch: &Batch, now: u64) -> Result<TableInfo, Error<T>> {
        ensure!(
            batch.risk_version >= state.risk_version,
            Error::<T>::RiskVersionDecreased
        );
        Self::table_in_force(group, batch.risk_version, now)
    }

    /// A table that may be named now (C-GRACE), by a batch or a solvency statement.
    pub(crate) fn table_in_force(group: u32, version: u64, now: u64) -> Result<TableInfo, Error<T>> {
        let table = T::Risk::table_info(group, version).ok_or(Error::<T>::RiskTableUnknown)?;
        ensure!(
            table.time.saturating_add(T::MaxRiskAge::get()) >= now,
            Error::<T>::RiskTableTooOld
        );
        ensure!(
            table.good_until.is_none_or(|until| until >= now),
            Error::<T>::RiskTableReplaced
        );
        Ok(table)
    }

    fn check_time(state: &GroupOf<T>, table: &TableInfo, batch: &Batch, now: u64) -> Result<(), Error<T>> {
        ensure!(batch.time >= state.time, Error::<T>::TimeDecreased);
        ensure!(batch.time >= table.time, Error::<T>::TimeBeforeTable);
        ensure!(
            batch.time <= now.saturating_add(T::MaxTimeAhead::get()),
            Error::<T>::TimeInFuture
        );
        ensure!(
            batch.time.saturating_add(T::MaxTimeBehind::get()) >= now,
            Error::<T>::TimeTooOld
        );
        Ok(())
    }

    /// Checks that every unit's index has a leaf, from an earlier batch or an earlier unit. Returns the accounts by
    /// index, as they are after the opens of the batch.
    pub(crate) fn check_accounts(
        group: u32,
        batch: &Batch,
        takings: &[Taking],
    ) -> Result<BTreeMap<u32, RegisteredAccount<T::AccountId>>, Error<T>> {
        let mut accounts = BTreeMap::new();
        for (unit, taking) in batch.units.iter().zip(takings) {
            let account = match accounts.entry(unit.index.get()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    place.insert(Accounts::<T>::get(group, unit.index.get()).ok_or(Error::<T>::UnknownAccount)?)
                }
            };
            account.opened |= taking.open.is_some();
            ensure!(account.opened, Error::<T>::UnknownAccount);
            // Behind its close an account has no unit.
            account.opened &= !taking.closes(&unit.new_leaf);
        }
        Ok(accounts)
    }

    /// Does what a batch says. Returns what is to be verified, before or after: if it does not hold, all is undone.
    pub(crate) fn apply(group: u32, batch: &Batch, checked: Checked<T>) -> Result<Proven, DispatchError> {
        let Checked {
            mut state,
            takings,
            house,
            owners: mut accounts,
            proven,
            credit,
            ..
        } = checked;
        let (takings, house) = (takings.as_slice(), &house);
        state.root = batch.new_root;
        state.house = batch.new_house;
        state.time = batch.time;
        state.risk_version = batch.risk_version;
        state.batch_no = batch.batch_no.checked_add(1).ok_or(Error::<T>::ArithmeticOverflow)?;
        let of_house = Self::consume_of_house(group, &mut state, house)?;
        let consumed = Self::consume(group, &mut state, batch, takings)?.saturating_add(of_house);
        Self::keep_root(group, &state, batch.batch_no);
        Groups::<T>::insert(group, &state);
        Self::deposit_event(Event::BatchSettled {
            group,
            batch_no: batch.batch_no,
            key: batch.key,
            risk_version: batch.risk_version,
            time: batch.time,
            root: batch.new_root,
            house: batch.new_house,
            units: u32::try_from(batch.units.len()).unwrap_or(u32::MAX),
            consumed,
            payee: batch.payee.into(),
        });
        let opened = batch
            .accounts()
            .zip(takings)
            .filter(|(_, taking)| taking.open.is_some());
        for (index, _) in opened {
            let account = accounts.get(&index.get()).ok_or(Error::<T>::UnknownAccount)?;
            Self::note_opened(group, index.get());
            Self::deposit_event(Event::AccountOpened {
                group,
                index: index.get(),
                owner: account.owner.clone(),
            });
        }
        Self::note_requests(group, batch, takings, &accounts);
        Self::note_records(batch, &mut accounts);
        // Before the sweep: what closes a period has its part in it.
        Self::credit(group, &batch.payee.into(), credit)?;
        let gate = Self::gate(group);
        Self::pay_out(gate, group, &state, batch, &mut accounts)?;
        Self::pay_insurance_out(gate, group, &state, batch, house)?;
        Self::end_closed(group, &mut state, batch, takings, &mut accounts)?;
        Groups::<T>::insert(group, &state);
        accounts
            .into_iter()
            .for_each(|(index, account)| Accounts::<T>::insert(group, index, account));
        Ok(proven)
    }

    /// Notes where the last record of every account is that the batch touches (C-RECORD).
    fn note_records(batch: &Batch, accounts: &mut BTreeMap<u32, RegisteredAccount<T::AccountId>>) {
        let block = frame_system::Pallet::<T>::block_number().unique_saturated_into();
        for (index, leaf) in batch.leaves() {
            if let Some(account) = accounts.get_mut(&index.get()) {
                let before = account.record.map_or(0, |record| record.updates);
                account.record = Some(LastRecord {
                    leaf,
                    updates: before.saturating_add(1),
                    batch_no: batch.batch_no,
                    block,
                });
            }
        }
    }

    /// Withdrawals to the owners, as far as the gate lets them (C-GATE), and the sweep as income (C-PERIOD).
    fn pay_out(
        gate: Gate,
        group: u32,
        state: &GroupOf<T>,
        batch: &Batch,
        accounts: &mut BTreeMap<u32, RegisteredAccount<T::AccountId>>,
    ) -> Result<(), DispatchError> {
        let mut totals = Totals::<T>::get(group);
        for unit in batch.units.iter().filter(|u| !u.withdrawal.is_zero()) {
            let account = accounts.get_mut(&unit.index.get()).ok_or(Error::<T>::UnknownAccount)?;
            let amount = u128::from(unit.withdrawal.get());
            account.deposited = account.deposited.saturating_sub(amount);
            let amount = unit.withdrawal.get();
            if Self::pay_through(gate, group, &state.asset, &account.owner, amount, &mut totals)? {
                let owner = account.owner.clone();
                Self::deposit_event(Event::Withdrawn {
                    group,
                    index: unit.index.get(),
                    owner,
                    amount,
                });
            }
        }
        Self::collect(group, batch.batch_no, batch.sweep, &mut totals)?;
        Totals::<T>::insert(group, totals);
        Ok(())
    }
}
