//! Benchmarks of the calls. Proofs are real: they are made from the trapdoor of a key of the benchmark's own.
#![allow(missing_docs)]

mod ending;
mod income;

use super::*;
use crate::clock::MAX_LEAVING;
use crate::queue::GroupOf;
use crate::types::{CIPHERTEXT_FIXED, MAX_INSURANCE_PAYMENTS, MAX_PLACES, MAX_UNITS};
use crate::{
    solvency::{BLOCK_LEAVES, MAX_GATED_GROUPS, MAX_SKIPPED_BLOCKS, ROOTS_KEPT},
    stops::MAX_TICK,
};
use alloc::boxed::Box;
use cloister_crypto::{field::to_bytes, schnorr::SecretKey, Fr};
use cloister_ledger::SolvencyShape;
use cloister_settlement::{no_sums, queue::MAX_PASSED_OVER, SolvencyKnown};
use cloister_types::{AccountIndex, Amount, GroupId};
use frame_support::{
    traits::{fungibles::Inspect, EnsureOrigin, Get},
    BoundedVec,
};
use pallet_cloister_sequencers::Sequencers;
use pallet_cloister_verifier::{trapdoor, StatementKind};
use polkadot_sdk::{frame_benchmarking::v2::*, frame_system::RawOrigin};

/// What benchmarks need of the runtime.
pub trait BenchmarkHelper<AccountId, AssetId> {
    /// Sets the clock, milliseconds of Unix time.
    fn set_time(now: u64);
    /// A settlement asset with 6 decimals.
    fn asset() -> AssetId;
    /// Mints the asset.
    fn endow(asset: &AssetId, who: &AccountId, amount: u128);
    /// The n-th group of pallet risk with a table built at `now`, and the table's version. Pallet execution does not
    /// know it.
    fn group_with_table(number: u32, now: u64) -> (u32, u64);
    /// Builds as many tables of that group as final values are made of, all at `now`.
    fn fill_window(group: u32, now: u64);
    /// Registers the trapdoor's key for a statement, good from the first block.
    fn set_verifying_key(id: KeyId, statement: StatementKind);
    /// Registers keys until there is room for no more.
    fn fill_verifying_keys();
    /// Makes somebody the first of as many members as a group's sequencers may have; terms say that members lead in
    /// turn, and that it does.
    fn set_sequencer(group: u32, who: AccountId);
    /// Sets the sealing key of a group, coordinates x and y.
    fn set_seal_key(group: u32, x: Field, y: Field);
}

const NOW: u64 = 1_700_000_000_000;
const AMOUNT: u64 = 1_000_000_000;
/// The index of those whom a benchmark does not look at.
const ANOTHER: u32 = (1 << 20) - 1;
/// The verifying key of batches.
const BATCH_KEY: KeyId = KeyId::MAX;
/// The verifying key of seals.
const SEAL_KEY: KeyId = KeyId::MAX - 1;
/// The verifying key of house re-keys.
const HOUSE_KEY: KeyId = KeyId::MAX - 2;
/// The verifying key of solvency statements.
const SOLVENCY_KEY: KeyId = KeyId::MAX - 3;
/// Subtrees of a solvency statement.
const SUBTREES: u16 = 8;
/// What the benchmarks' groups ask of rounds.
const TERMS: SolvencyTerms = SolvencyTerms {
    max_round_age: 3_600_000,
    freeze_after: 7_200_000,
};

type HelperOf<T> = <T as Config>::BenchmarkHelper;

fn notice<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::NoticeOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

fn admin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::AdminOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

/// An asset and a group whose vault is funded.
fn stage<T: Config>() -> (T::AssetId, u32, u64) {
    stage_of::<T>(0)
}

/// The n-th group of that kind.
fn stage_of<T: Config>(number: u32) -> (T::AssetId, u32, u64) {
    HelperOf::<T>::set_time(NOW);
    let asset = HelperOf::<T>::asset();
    let (group, version) = HelperOf::<T>::group_with_table(number, NOW);
    let least = T::Assets::minimum_balance(asset.clone()).max(1);
    HelperOf::<T>::endow(&asset, &Pallet::<T>::vault_account(group), least);
    (asset, group, version)
}

fn group<T: Config>() -> Result<(T::AssetId, u32, u64), BenchmarkError> {
    let (asset, group, version) = stage::<T>();
    let fees: T::AccountId = account("fees", 0, 0);
    Pallet::<T>::add_group(group, asset.clone(), fees).map_err(|_| BenchmarkError::Stop("no group"))?;
    let (x, y) = key(7);
    HelperOf::<T>::set_seal_key(group, x, y);
    HelperOf::<T>::set_verifying_key(SEAL_KEY, StatementKind::Seal);
    Ok((asset, group, version))
}

fn key(seed: u8) -> (Field, Field) {
    let key = SecretKey::from_seed(&[seed; 32]).public();
    (to_bytes(&key.x()), to_bytes(&key.y()))
}

fn open_keys(seed: u8) -> OpenKeys {
    let (pk_x, pk_y) = key(seed);
    OpenKeys {
        pk_x,
        pk_y,
        view_commitment: [1; 32],
        sealed_view_key: [2; 96],
    }
}

/// The proof of an open's seal. The statement's rules are not asked: the key proves anything.
fn seal_proof<T: Config>(group: u32, owner: &T::AccountId, keys: &OpenKeys) -> Result<SealProof, BenchmarkError> {
    let statement =
        Pallet::<T>::seal_statement(group, owner, keys).map_err(|_| BenchmarkError::Stop("no statement"))?;
    Ok(SealProof {
        key: SEAL_KEY,
        proof: trapdoor::prove(statement.hash()),
    })
}

/// What so many items of an account cost that pay in the least.
fn cost_of<T: Config>(items: u32) -> u128 {
    let each = u128::from(T::MinDeposit::get()) + u128::from(T::QueueFee::get());
    each * u128::from(items) + u128::from(T::OpenFee::get())
}

/// An account whose open waits, with room for one more item outside the priority lane: whoever queues that reads all of
/// them. Returns the group and the owner.
fn waiting_account<T: Config>() -> Result<(u32, T::AccountId), BenchmarkError> {
    let (asset, group, _) = group::<T>()?;
    let owner: T::AccountId = whitelisted_caller();
    let amount = T::MinDeposit::get();
    let most = T::MaxItemsPerUser::get().saturating_sub(1);
    HelperOf::<T>::endow(&asset, &owner, cost_of::<T>(most));
    let keys = open_keys(1);
    let proof = seal_proof::<T>(group, &owner, &keys)?;
    Pallet::<T>::queue_open(group, owner.clone(), keys, &proof, amount)
        .map_err(|_| BenchmarkError::Stop("no account"))?;
    for _ in 2..most {
        Pallet::<T>::queue_deposit(group, owner.clone(), amount).map_err(|_| BenchmarkError::Stop("no deposit"))?;
    }
    Ok((group, owner))
}

/// A re-key of the group's house. The statement's rules are not asked.
fn house_rekey<T: Config>(group: u32) -> Result<Box<HouseRekey>, BenchmarkError> {
    HelperOf::<T>::set_verifying_key(HOUSE_KEY, StatementKind::HouseRekey);
    let state = Groups::<T>::get(group).ok_or(BenchmarkError::Stop("no group"))?;
    let mut rekey = HouseRekey {
        key: HOUSE_KEY,
        old_house: state.house,
        new_house: [6; 32],
        sealed_key: [2; 96],
        house_record: [[7; 32]; cloister_crypto::constants::HOUSE_RECORD],
        proof: [0; cloister_groth16_verifier::PROOF_BYTES],
    };
    let (_, statement) =
        Pallet::<T>::house_rekey_statement(group, &state, &rekey).map_err(|_| BenchmarkError::Stop("no statement"))?;
    rekey.proof = trapdoor::prove(statement.hash());
    Ok(Box::new(rekey))
}

/// An item of somebody whom a benchmark does not look at.
fn item_of_others<T: Config>(kind: ItemKind, deadline: u64, until: Option<u64>) -> QueueItem<T::AccountId> {
    QueueItem {
        owner: account("another", 0, 0),
        index: AccountIndex(ANOTHER),
        amount: Amount::ZERO,
        queued_at: NOW,
        ready_at: NOW,
        deadline,
        kind,
        until,
    }
}

/// Puts an item at the end of its lane, past the caps of the calls. Returns its id.
fn link<T: Config>(group: u32, state: &mut GroupOf<T>, item: QueueItem<T::AccountId>) -> u64 {
    let id = state.queue_next;
    Pallet::<T>::link(group, state, id, item);
    state.queue_next += 1;
    id
}

/// Two items of others at the end of the lane: whoever takes what is before and behind them changes both.
fn link_others<T: Config>(group: u32, state: &mut GroupOf<T>, kind: &ItemKind) {
    for _ in 0..2 {
        // Not overdue, so that no batch has to take it.
        link::<T>(group, state, item_of_others::<T>(kind.clone(), NOW + 1, None));
    }
}

/// Items of others at the end of both lanes.
fn others<T: Config>(group: u32) {
    let mut state = Groups::<T>::get(group).expect("made by the benchmark");
    link_others::<T>(group, &mut state, &ItemKind::Deposit);
    link_others::<T>(group, &mut state, &ItemKind::ForcedWithdrawal { amount: Amount(1) });
    Groups::<T>::insert(group, state);
}

/// As many items at the head of the lane as a batch passes over, taken back by their owners.
fn fill_with_taken_back<T: Config>(group: u32) {
    let mut state = Groups::<T>::get(group).expect("made by the benchmark");
    for _ in 0..MAX_PASSED_OVER {
        // So that the last one, too, has been overdue for a while.
        let item = item_of_others::<T>(ItemKind::Deposit, NOW - 3_600_000, Some(0));
        link::<T>(group, &mut state, item);
    }
    Groups::<T>::insert(group, state);
}

/// Registers an account, and queues items for it past the caps of the calls: an open, if it is not open yet, so many
/// deposits, and a close, if it is. Items of others are between all of them. Returns the id of the first.
fn fill<T: Config>(asset: &T::AssetId, group: u32, index: u32, opened: bool, deposits: u32) -> u64 {
    let owner: T::AccountId = account("owner", index, 0);
    HelperOf::<T>::endow(asset, &owner, T::Assets::minimum_balance(asset.clone()).max(1));
    let mut state = Groups::<T>::get(group).expect("made by the benchmark");
    let first = state.queue_next;
    let open = (!opened).then(|| (ItemKind::Open(open_keys(1)), Amount::ZERO));
    let deposited = (0..deposits).map(|_| (ItemKind::Deposit, Amount(AMOUNT)));
    let close = opened.then_some((ItemKind::Close, Amount::ZERO));
    for (kind, amount) in open.into_iter().chain(deposited).chain(close) {
        let item = QueueItem {
            owner: owner.clone(),
            index: AccountIndex(index),
            amount,
            ..item_of_others::<T>(kind, NOW, None)
        };
        let id = link::<T>(group, &mut state, item);
        link_others::<T>(group, &mut state, &ItemKind::Deposit);
        PendingItems::<T>::try_append(group, index, id).expect("within the items of one account");
    }
    let queued = u128::from(AMOUNT) * u128::from(deposits);
    Totals::<T>::mutate(group, |totals| totals.queued += queued);
    HelperOf::<T>::endow(asset, &Pallet::<T>::vault_account(group), queued);
    state.next_index = index + 1;
    Accounts::<T>::insert(
        group,
        index,
        RegisteredAccount {
            owner: owner.clone(),
            opened,
            deposited: 0,
            record: None,
        },
    );
    if opened {
        Pallet::<T>::note_opened(group, index);
    }
    Indices::<T>::insert(group, owner, index);
    Groups::<T>::insert(group, state);
    first
}

/// Lets an account ask for what only open ones may, whatever waits for it.
fn set_opened<T: Config>(group: u32, owner: &T::AccountId) {
    let index = Indices::<T>::get(group, owner).expect("made by the benchmark");
    Accounts::<T>::mutate(group, index, |account| {
        account.as_mut().expect("made by the benchmark").opened = true;
    });
}

/// Queues payments into the insurance and a take behind them, past the caps of the calls.
fn fill_house<T: Config>(asset: &T::AssetId, group: u32, owner: &T::AccountId, payments: u32, between_others: bool) {
    let mut state = Groups::<T>::get(group).expect("made by the benchmark");
    let take = ItemKind::TakeInsurance {
        amount: Amount(AMOUNT),
        keep: Amount::ZERO,
    };
    let paid = (0..payments).map(|_| (ItemKind::PayInsurance, Amount(AMOUNT)));
    for (kind, amount) in paid.chain([(take, Amount::ZERO)]) {
        let item = QueueItem {
            owner: owner.clone(),
            index: AccountIndex::HOUSE,
            amount,
            ..item_of_others::<T>(kind, NOW, None)
        };
        let id = link::<T>(group, &mut state, item);
        if between_others {
            link_others::<T>(group, &mut state, &ItemKind::Deposit);
        }
        HouseItems::<T>::try_append(group, id).expect("within the items of the house");
    }
    let paid = u128::from(AMOUNT) * u128::from(payments);
    Totals::<T>::mutate(group, |totals| totals.queued += paid);
    HelperOf::<T>::endow(asset, &Pallet::<T>::vault_account(group), paid);
    Groups::<T>::insert(group, state);
}

/// The terms of a gated group, and a complete round that shows a shortfall: what costs a payout most.
fn gate<T: Config>(group: u32) -> Result<(), BenchmarkError> {
    HelperOf::<T>::set_verifying_key(SOLVENCY_KEY, StatementKind::Solvency { subtrees: SUBTREES });
    Pallet::<T>::change_solvency_terms(group, Some(TERMS)).map_err(|_| BenchmarkError::Stop("no terms"))?;
    let round = CompleteRound {
        number: 1,
        payee: account("submitter", 0, 0),
        oldest_table: NOW,
        completed_at: NOW,
        findings: Findings {
            short: 1,
            debt: 1,
            live_debt: 0,
            surplus: -1,
        },
        tolerable: true,
    };
    CompleteRounds::<T>::insert(group, round);
    Ok(())
}

/// A claim of which most can be paid.
fn withheld<T: Config>(asset: &T::AssetId, group: u32, owner: &T::AccountId) {
    let gross = T::Assets::minimum_balance(asset.clone()).saturating_add(u128::from(AMOUNT));
    HelperOf::<T>::endow(asset, &Pallet::<T>::vault_account(group), gross);
    WithheldClaims::<T>::insert(group, owner, WithheldClaim { gross, paid: 0 });
    Totals::<T>::mutate(group, |totals| totals.withheld = totals.withheld.saturating_add(gross));
}

/// A solvency statement, proven, that is the last one of its round, after as many blocks of indices as one may skip
/// before its run, and with as many behind it.
fn solvency<T: Config>(
    group: u32,
    risk_version: u64,
) -> Result<(T::AccountId, Box<SolvencySubmission>), BenchmarkError> {
    let payee: T::AccountId = account("submitter", 0, 0);
    HelperOf::<T>::set_sequencer(group, payee.clone());
    let skipped = MAX_SKIPPED_BLOCKS.saturating_sub(2).saturating_mul(BLOCK_LEAVES);
    let mut state = Groups::<T>::get(group).ok_or(BenchmarkError::Stop("no group"))?;
    state.batch_no = 1;
    state.next_index = skipped.saturating_mul(2);
    Pallet::<T>::keep_root(group, &state, 0);
    Groups::<T>::insert(group, &state);
    Pallet::<T>::note_opened(group, skipped);
    let mut submission = SolvencySubmission {
        key: SOLVENCY_KEY,
        risk_version,
        batch_no: 0,
        payee: payee.clone().into(),
        first: AccountIndex(skipped),
        after: [1; 32],
        findings: Some(Findings {
            short: 0,
            debt: 0,
            live_debt: 0,
            surplus: 1,
        }),
        proof: [0; cloister_groth16_verifier::PROOF_BYTES],
    };
    let info = Pallet::<T>::risk_info(group, risk_version).ok_or(BenchmarkError::Stop("no table"))?;
    let known = SolvencyKnown {
        genesis: frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::from(0u32)).0,
        group: GroupId(group),
        shape: SolvencyShape { subtrees: SUBTREES },
        root: state.root,
        house: state.house,
        risk_hash: info.risk_hash,
        table_time: info.time,
        before: no_sums(),
    };
    let statement = submission
        .statement(&known)
        .map_err(|_| BenchmarkError::Stop("no statement"))?;
    submission.proof = trapdoor::prove(statement.hash());
    Ok((payee, Box::new(submission)))
}

/// A batch of so many accounts, proven. Each has so many deposits in the queue and closes: its money is withdrawn, and
/// what waits for it goes back to its owner. That is what costs most of all that a unit can do.
fn batch<T: Config>(units: u32, places: u32, deposits: u32) -> Result<(u32, Box<Batch>), BenchmarkError> {
    let (asset, group, risk_version) = group::<T>()?;
    let stop = |_| BenchmarkError::Stop("no batch");
    let shape = StatementKind::Batch {
        units: units as u16,
        places: places as u8,
    };
    HelperOf::<T>::set_verifying_key(BATCH_KEY, shape);
    let submitter: T::AccountId = account("submitter", 0, 0);
    HelperOf::<T>::set_sequencer(group, submitter.clone());
    let rekey = house_rekey::<T>(group)?;
    Pallet::<T>::do_rekey_house(&submitter, group, &rekey).map_err(|_| BenchmarkError::Stop("no re-key"))?;
    // The sweep closes a period that has something of all kinds.
    PayoutTermsOf::<T>::insert(
        group,
        PayoutTerms {
            min_batches: 1,
            ..PayoutTerms::default()
        },
    );
    // Every payout goes through a claim of its owner.
    gate::<T>(group)?;
    fill_with_taken_back::<T>(group);
    for index in 0..units {
        fill::<T>(&asset, group, index, true, deposits);
    }
    fill_house::<T>(&asset, group, &account("insurer", 0, 0), 0, true);
    // The root that is forgotten.
    let mut state = Groups::<T>::get(group).ok_or(BenchmarkError::Stop("no group"))?;
    Pallet::<T>::keep_root(group, &state, 0);
    state.batch_no = ROOTS_KEPT;
    Groups::<T>::insert(group, state);
    // What the withdrawals and the sweep are paid from if the queue brings nothing.
    let settled = u128::from(AMOUNT) * u128::from(units);
    Totals::<T>::mutate(group, |totals| totals.settle(settled)).ok_or(BenchmarkError::Stop("too much"))?;
    HelperOf::<T>::endow(&asset, &Pallet::<T>::vault_account(group), settled);
    let unit = |index| UnitSubmission {
        index: AccountIndex(index),
        request: true,
        withdrawal: Amount(AMOUNT / 2),
        new_leaf: [0; 32],
        ciphertext: BoundedVec::truncate_from(alloc::vec![[3; 32]; (CIPHERTEXT_FIXED + places) as usize]),
    };
    let mut batch = Batch {
        key: BATCH_KEY,
        batch_no: ROOTS_KEPT,
        risk_version,
        time: NOW,
        payee: [2; 32],
        salt: [4; 32],
        new_root: [5; 32],
        new_house: [6; 32],
        sweep: Amount(AMOUNT / 4),
        take_insurance: Some(Amount(AMOUNT / 4)),
        empty_mask: 0,
        units: BoundedVec::truncate_from((0..units).map(unit).collect()),
        house_record: [[7; 32]; cloister_crypto::constants::HOUSE_RECORD],
        proof: [0; cloister_groth16_verifier::PROOF_BYTES],
    };
    let state = Groups::<T>::get(group).ok_or(BenchmarkError::Stop("no group"))?;
    let info = Pallet::<T>::risk_info(group, risk_version).ok_or(BenchmarkError::Stop("no table"))?;
    let (takings, house, _) = Pallet::<T>::plan_queue(group, &state, &batch, info.time).map_err(stop)?;
    let statement = Pallet::<T>::statement(group, &state, &info, &batch, &takings, &house).map_err(stop)?;
    batch.proof = trapdoor::prove(statement.hash());
    Ok((group, Box::new(batch)))
}

#[benchmarks]
mod benchmarks {
    use super::*;

    #[benchmark]
    fn create_group() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (asset, group, _) = stage::<T>();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, asset, account("fees", 0, 0));
        assert!(Groups::<T>::contains_key(group));
        Ok(())
    }

    #[benchmark]
    fn set_group_enabled() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let (_, group, _) = group::<T>()?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, false);
        assert!(Groups::<T>::get(group).is_some_and(|state| !state.enabled));
        Ok(())
    }

    #[benchmark]
    fn open() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::MinDeposit::get();
        // With what the items of others make it dearer.
        HelperOf::<T>::endow(&asset, &owner, cost_of::<T>(16));
        let keys = open_keys(1);
        let proof = seal_proof::<T>(group, &owner, &keys)?;
        others::<T>(group);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner.clone()), group, keys, Box::new(proof), amount);
        assert_eq!(Indices::<T>::get(group, owner), Some(0));
        Ok(())
    }

    #[benchmark]
    fn deposit() -> Result<(), BenchmarkError> {
        let (group, owner) = waiting_account::<T>()?;
        others::<T>(group);
        let before = Groups::<T>::get(group).map_or(0, |state| state.queue_next);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, T::MinDeposit::get());
        assert_eq!(Groups::<T>::get(group).map(|state| state.queue_next), Some(before + 1));
        Ok(())
    }

    #[benchmark]
    fn rekey() -> Result<(), BenchmarkError> {
        let (group, owner) = waiting_account::<T>()?;
        set_opened::<T>(group, &owner);
        let keys = open_keys(2);
        let proof = seal_proof::<T>(group, &owner, &keys)?;
        others::<T>(group);
        let before = Groups::<T>::get(group).map_or(0, |state| state.queue_next);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, keys, Box::new(proof));
        assert_eq!(Groups::<T>::get(group).map(|state| state.queue_next), Some(before + 1));
        Ok(())
    }

    /// By units with one place, one deposit each.
    #[benchmark]
    fn submit_batch(u: Linear<1, MAX_UNITS>) -> Result<(), BenchmarkError> {
        let (group, batch) = batch::<T>(u, 1, 1)?;
        Pallet::<T>::mark_plain();
        #[extrinsic_call]
        _(RawOrigin::Signed(account("submitter", 0, 0)), group, batch);
        assert_eq!(
            Groups::<T>::get(group).map(|state| state.batch_no),
            Some(ROOTS_KEPT + 1)
        );
        assert_eq!(Accounts::<T>::iter_prefix(group).count(), 0);
        Ok(())
    }

    /// By places of each of [`MAX_UNITS`] units.
    #[benchmark]
    fn batch_places(j: Linear<1, MAX_PLACES>) -> Result<(), BenchmarkError> {
        let (group, batch) = batch::<T>(MAX_UNITS, j, 1)?;
        Pallet::<T>::mark_plain();
        #[extrinsic_call]
        submit_batch(RawOrigin::Signed(account("submitter", 0, 0)), group, batch);
        assert_eq!(
            Groups::<T>::get(group).map(|state| state.batch_no),
            Some(ROOTS_KEPT + 1)
        );
        Ok(())
    }

    /// By deposits that wait for each of [`MAX_UNITS`] accounts.
    #[benchmark]
    fn batch_items(k: Linear<1, { T::MaxItemsPerUser::get() - 1 }>) -> Result<(), BenchmarkError> {
        let (group, batch) = batch::<T>(MAX_UNITS, 1, k)?;
        Pallet::<T>::mark_plain();
        #[extrinsic_call]
        submit_batch(RawOrigin::Signed(account("submitter", 0, 0)), group, batch);
        assert_eq!(
            Groups::<T>::get(group).map(|state| state.batch_no),
            Some(ROOTS_KEPT + 1)
        );
        Ok(())
    }

    #[benchmark]
    fn claim() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::Assets::minimum_balance(asset.clone()).saturating_add(u128::from(AMOUNT));
        HelperOf::<T>::endow(&asset, &Pallet::<T>::vault_account(group), amount);
        Claims::<T>::insert(group, &owner, amount);
        Totals::<T>::insert(
            group,
            GroupTotals {
                claims: amount,
                ..Default::default()
            },
        );
        #[extrinsic_call]
        _(RawOrigin::Signed(owner.clone()), group);
        assert_eq!(T::Assets::balance(asset, &owner), amount);
        Ok(())
    }

    #[benchmark]
    fn rekey_house() -> Result<(), BenchmarkError> {
        let (_, group, _) = group::<T>()?;
        let submitter: T::AccountId = account("submitter", 0, 0);
        HelperOf::<T>::set_sequencer(group, submitter.clone());
        let proven = house_rekey::<T>(group)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(submitter), group, proven);
        assert_eq!(Groups::<T>::get(group).map(|state| state.house_rekeys), Some(1));
        Ok(())
    }

    #[benchmark]
    fn set_queue_terms() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (_, group, _) = group::<T>()?;
        let terms = Terms {
            notice: 2_000,
            share: 20,
        };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, terms);
        assert!(Groups::<T>::get(group).is_some_and(|state| state.queue_terms == terms));
        Ok(())
    }

    #[benchmark]
    fn submit_solvency() -> Result<(), BenchmarkError> {
        let (_, group, version) = group::<T>()?;
        gate::<T>(group)?;
        CompleteRounds::<T>::remove(group);
        let (payee, submission) = solvency::<T>(group, version)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(payee), group, submission);
        assert!(CompleteRounds::<T>::contains_key(group));
        Ok(())
    }

    /// With as many keys as there may be, of which the last that is looked at is one of solvency.
    #[benchmark]
    fn set_solvency_terms() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (_, group, _) = group::<T>()?;
        HelperOf::<T>::set_verifying_key(SOLVENCY_KEY, StatementKind::Solvency { subtrees: SUBTREES });
        HelperOf::<T>::fill_verifying_keys();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, Some(TERMS));
        assert_eq!(SolvencyTermsOf::<T>::get(group), Some(TERMS));
        Ok(())
    }

    #[benchmark]
    fn pay_claim() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        gate::<T>(group)?;
        let owner: T::AccountId = account("owner", 0, 0);
        withheld::<T>(&asset, group, &owner);
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group, owner.clone());
        assert!(WithheldClaims::<T>::get(group, &owner).is_some_and(|due| due.paid > 0));
        Ok(())
    }

    #[benchmark]
    fn freeze() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        gate::<T>(group)?;
        HelperOf::<T>::fill_window(group, NOW);
        // Shares of the insurance wait, and the period has something of all kinds.
        fill_house::<T>(
            &asset,
            group,
            &Pallet::<T>::vault_account(group),
            MAX_INSURANCE_PAYMENTS,
            true,
        );
        income::open::<T>(group, AMOUNT.into());
        FreezeClocks::<T>::mutate(group, |clock| {
            if let Some(clock) = clock {
                clock.waited = TERMS.freeze_after;
            }
        });
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group);
        assert!(Frozen::<T>::contains_key(group) && FinalTables::<T>::contains_key(group));
        assert!(HouseItems::<T>::get(group).is_empty());
        assert!(ClosedPeriods::<T>::contains_key(group, 0));
        Ok(())
    }

    #[benchmark]
    fn choose_final_table() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let (_, group, version) = ending::blind::<T>()?;
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, version);
        assert!(FinalTables::<T>::contains_key(group));
        Ok(())
    }

    /// After the first phase.
    #[benchmark]
    fn exit() -> Result<(), BenchmarkError> {
        let (asset, group) = ending::frozen::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        ending::account_of::<T>(group, &owner);
        ending::fund::<T>(&asset, group, AMOUNT.into());
        let proof = ending::exit::<T>(group, AMOUNT.into())?;
        ending::pass_first_phase::<T>();
        Pallet::<T>::do_settle_exits(group).map_err(|_| BenchmarkError::Stop("no ratio"))?;
        #[extrinsic_call]
        _(
            RawOrigin::Signed(owner),
            group,
            ending::EXIT_KEY,
            u128::from(AMOUNT),
            proof,
        );
        assert!(ExitClaims::<T>::contains_key(group, 0));
        Ok(())
    }

    /// The first call, with a page of claims.
    #[benchmark]
    fn settle_exits() -> Result<(), BenchmarkError> {
        let (asset, group) = ending::frozen::<T>()?;
        ending::page_of_claims::<T>(&asset, group);
        ending::pass_first_phase::<T>();
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group);
        assert!(ExitScans::<T>::contains_key(group));
        Ok(())
    }

    #[benchmark]
    fn pay_exit() -> Result<(), BenchmarkError> {
        let (asset, group) = ending::frozen::<T>()?;
        let owner: T::AccountId = account("owner", 0, 0);
        ending::account_of::<T>(group, &owner);
        let gross = T::Assets::minimum_balance(asset.clone()).saturating_add(AMOUNT.into());
        ending::fund::<T>(&asset, group, gross);
        let proof = ending::exit::<T>(group, gross)?;
        Pallet::<T>::do_exit(owner, group, ending::EXIT_KEY, gross, &proof)
            .map_err(|_| BenchmarkError::Stop("no exit"))?;
        ending::pass_first_phase::<T>();
        Pallet::<T>::do_settle_exits(group).map_err(|_| BenchmarkError::Stop("no ratio"))?;
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group, 0);
        assert!(ExitClaims::<T>::get(group, 0).is_some_and(|due| due.paid == gross));
        Ok(())
    }

    #[benchmark]
    fn release_rest() -> Result<(), BenchmarkError> {
        let origin = admin::<T>()?;
        let (asset, group) = ending::frozen::<T>()?;
        let rest = T::Assets::minimum_balance(asset.clone()).saturating_add(AMOUNT.into());
        ending::fund::<T>(&asset, group, rest);
        ending::pass_first_phase::<T>();
        Pallet::<T>::do_settle_exits(group).map_err(|_| BenchmarkError::Stop("no ratio"))?;
        ending::pass_year::<T>();
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group);
        assert!(Totals::<T>::get(group).settled == 0);
        Ok(())
    }

    /// An open and deposits behind it, between items of others.
    #[benchmark]
    fn refund_item(i: Linear<2, { T::MaxItemsPerUser::get() }>) -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        others::<T>(group);
        let first = fill::<T>(&asset, group, 0, false, i - 1);
        Frozen::<T>::insert(group, NOW);
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group, first);
        assert!(PendingItems::<T>::iter_prefix(group).next().is_none());
        assert!(Accounts::<T>::get(group, 0).is_none());
        Ok(())
    }

    /// Every clock runs: somebody could prove, and each group has an open account.
    #[benchmark]
    fn count_clocks(g: Linear<0, MAX_GATED_GROUPS>) -> Result<(), BenchmarkError> {
        HelperOf::<T>::set_time(NOW);
        HelperOf::<T>::set_verifying_key(SOLVENCY_KEY, StatementKind::Solvency { subtrees: SUBTREES });
        HelperOf::<T>::fill_verifying_keys();
        let clock = FreezeClock {
            stops: Stops::default(),
            waited: 0,
            counted_at: NOW - MAX_TICK,
        };
        let mut last = None;
        for number in 1..=g {
            let (asset, group, _) = stage_of::<T>(number);
            Pallet::<T>::add_group(group, asset, account("fees", 0, 0))
                .map_err(|_| BenchmarkError::Stop("no group"))?;
            Pallet::<T>::note_opened(group, 0);
            SolvencyTermsOf::<T>::insert(group, TERMS);
            FreezeClocks::<T>::insert(group, clock);
            last = Some(group);
        }
        #[block]
        {
            Pallet::<T>::count_clocks();
        }
        assert!(last.is_none_or(|group| FreezeClocks::<T>::get(group).is_some_and(|clock| clock.waited == MAX_TICK)));
        Ok(())
    }

    /// In every group all that the house may have waits before as many items as are passed over that can be paid back,
    /// no account is open, and the lane of requests has its overdue item.
    #[benchmark]
    fn count_queue_clocks(g: Linear<0, MAX_GATED_GROUPS>) -> Result<(), BenchmarkError> {
        HelperOf::<T>::set_time(NOW);
        let now = NOW + 2 * T::SoftDeadline::get();
        let mut last = None;
        for number in 1..=g {
            let (asset, group, _) = stage_of::<T>(number);
            Pallet::<T>::add_group(group, asset.clone(), account("fees", 0, 0))
                .map_err(|_| BenchmarkError::Stop("no group"))?;
            fill_house::<T>(&asset, group, &account("insurer", 0, 0), MAX_INSURANCE_PAYMENTS, false);
            let mut state = Groups::<T>::get(group).ok_or(BenchmarkError::Stop("no group"))?;
            let forced = ItemKind::ForcedWithdrawal { amount: Amount(1) };
            let first = link::<T>(group, &mut state, item_of_others::<T>(forced, NOW, None));
            for until in [Some(0); MAX_LEAVING as usize].into_iter().chain([None]) {
                link::<T>(group, &mut state, item_of_others::<T>(ItemKind::Deposit, NOW, until));
            }
            state.batch_no = 1;
            Groups::<T>::insert(group, state);
            QueueClocks::<T>::mutate(group, |clock| {
                if let Some(clock) = clock {
                    (clock.item, clock.counted_at) = (Some(first), now - MAX_TICK);
                }
            });
            last = Some(group);
        }
        HelperOf::<T>::set_time(now);
        #[block]
        {
            Pallet::<T>::count_queue_clocks();
        }
        let counted = |group| QueueClocks::<T>::get(group).is_some_and(|clock| clock.stops.stopped + clock.waited > 0);
        assert!(last.is_none_or(counted));
        Ok(())
    }

    /// With all other payments waiting that may.
    #[benchmark]
    fn pay_insurance() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::MinDeposit::get();
        HelperOf::<T>::endow(&asset, &owner, u128::from(amount) * u128::from(MAX_INSURANCE_PAYMENTS));
        for _ in 1..MAX_INSURANCE_PAYMENTS {
            Pallet::<T>::queue_insurance(group, owner.clone(), amount)
                .map_err(|_| BenchmarkError::Stop("no payment"))?;
        }
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, amount);
        assert_eq!(HouseItems::<T>::get(group).len() as u32, MAX_INSURANCE_PAYMENTS);
        Ok(())
    }

    /// With all payments waiting that may.
    #[benchmark]
    fn take_insurance() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (asset, group, _) = group::<T>()?;
        gate::<T>(group)?;
        let owner: T::AccountId = account("owner", 0, 0);
        let amount = T::MinDeposit::get();
        HelperOf::<T>::endow(&asset, &owner, u128::from(amount) * u128::from(MAX_INSURANCE_PAYMENTS));
        for _ in 0..MAX_INSURANCE_PAYMENTS {
            Pallet::<T>::queue_insurance(group, owner.clone(), amount)
                .map_err(|_| BenchmarkError::Stop("no payment"))?;
        }
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, AMOUNT, owner);
        assert_eq!(HouseItems::<T>::get(group).len() as u32, MAX_INSURANCE_PAYMENTS + 1);
        Ok(())
    }

    #[benchmark]
    fn set_custodians() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let who = |number| account("custodian", number, 0);
        let custodians = BoundedVec::truncate_from((0..MAX_CUSTODIANS).map(who).collect());
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, custodians);
        assert_eq!(Custodians::<T>::get().len() as u32, MAX_CUSTODIANS);
        Ok(())
    }

    /// By its reverse, which reads and writes the same.
    #[benchmark]
    fn report_custody() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (_, group, _) = group::<T>()?;
        CustodyLost::<T>::insert(group, NOW);
        #[extrinsic_call]
        restore_custody(origin as T::RuntimeOrigin, group);
        assert!(!CustodyLost::<T>::contains_key(group));
        Ok(())
    }

    /// The members of whose calls it is one, all there may be.
    #[benchmark]
    fn check_essential() {
        HelperOf::<T>::set_sequencer(0, account("submitter", 0, 0));
        let signer: T::AccountId = whitelisted_caller();
        let member;
        #[block]
        {
            member = T::Sequencers::may_submit(0, &signer).is_ok();
        }
        assert!(!member);
    }

    #[benchmark]
    fn check_plain_batch() {
        HelperOf::<T>::set_sequencer(0, account("submitter", 0, 0));
        let signer: T::AccountId = whitelisted_caller();
        let member;
        #[block]
        {
            member = T::Sequencers::may_submit(0, &signer).is_ok();
            Pallet::<T>::mark_plain();
            Pallet::<T>::unmark_plain();
        }
        assert!(!member && !PlainBatch::<T>::exists());
    }

    #[benchmark]
    fn set_payout_terms() -> Result<(), BenchmarkError> {
        let origin = notice::<T>()?;
        let (_, group, _) = group::<T>()?;
        let terms = PayoutTerms {
            min_batches: 7,
            ..PayoutTerms::default()
        };
        #[extrinsic_call]
        _(origin as T::RuntimeOrigin, group, terms);
        assert_eq!(PayoutTermsOf::<T>::get(group), terms);
        Ok(())
    }

    /// One of three that leave something for the next period.
    #[benchmark]
    fn claim_credits() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let payee: T::AccountId = whitelisted_caller();
        let amount = T::Assets::minimum_balance(asset.clone()).saturating_add(u128::from(AMOUNT));
        income::fund::<T>(&asset, group, amount);
        let period = income::closed::<T>(group, &payee, amount);
        #[extrinsic_call]
        _(RawOrigin::Signed(payee.clone()), group, period, payee.clone());
        assert_eq!(T::Assets::balance(asset, &payee), amount / 3);
        assert!(!ClosedPeriods::<T>::contains_key(group, period));
        Ok(())
    }

    /// Of the insurance, with all other payments waiting that may.
    #[benchmark]
    fn claim_share() -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::MinDeposit::get();
        HelperOf::<T>::endow(&asset, &owner, u128::from(amount) * u128::from(MAX_INSURANCE_PAYMENTS));
        for _ in 1..MAX_INSURANCE_PAYMENTS {
            Pallet::<T>::queue_insurance(group, owner.clone(), amount)
                .map_err(|_| BenchmarkError::Stop("no payment"))?;
        }
        income::fund::<T>(&asset, group, amount.into());
        Shares::<T>::insert(group, Beneficiary::Insurance, u128::from(amount));
        Totals::<T>::mutate(group, |totals| totals.junior = amount.into());
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, Beneficiary::Insurance);
        assert_eq!(HouseItems::<T>::get(group).len() as u32, MAX_INSURANCE_PAYMENTS);
        Ok(())
    }

    #[benchmark]
    fn verify_one() -> Result<(), BenchmarkError> {
        let proofs = income::proofs(1).ok_or(BenchmarkError::Stop("no proof"))?;
        let result;
        #[block]
        {
            result = crate::batches::verify_proven(&proofs);
        }
        assert!(result.is_ok());
        Ok(())
    }

    /// Each with a key of its own.
    #[benchmark]
    fn verify_together(p: Linear<1, MAX_BATCHES>) -> Result<(), BenchmarkError> {
        let proofs = income::proofs(p).ok_or(BenchmarkError::Stop("no proof"))?;
        let result;
        #[block]
        {
            result = crate::batches::verify_proven(&proofs);
        }
        assert!(result.is_ok());
        Ok(())
    }

    impl_benchmark_test_suite!(Pallet, crate::mock::empty(), crate::mock::Test);
}
