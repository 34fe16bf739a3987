//! What the benchmarks of the calls start from: groups, accounts, items that wait, rounds, batches.

use super::helper::BenchmarkHelper;
use crate::queue::GroupOf;
use crate::solvency::{BLOCK_LEAVES, MAX_SKIPPED_BLOCKS, ROOTS_KEPT};
use crate::types::CIPHERTEXT_FIXED;
use crate::*;
use alloc::boxed::Box;
use cloister_crypto::{field::to_bytes, schnorr::SecretKey};
use cloister_ledger::SolvencyShape;
use cloister_settlement::{no_sums, queue::MAX_PASSED_OVER, SolvencyKnown};
use cloister_types::{AccountIndex, Amount, GroupId};
use frame_support::{
    traits::{fungibles::Inspect, EnsureOrigin, Get},
    BoundedVec,
};
use pallet_cloister_verifier::{trapdoor, StatementKind};
use polkadot_sdk::frame_benchmarking::v2::*;

pub const NOW: u64 = 1_700_000_000_000;
pub const AMOUNT: u64 = 1_000_000_000;
/// The index of those whom a benchmark does not look at.
pub const ANOTHER: u32 = (1 << 20) - 1;
/// The verifying key of batches.
pub const BATCH_KEY: KeyId = KeyId::MAX;
/// The verifying key of seals.
pub const SEAL_KEY: KeyId = KeyId::MAX - 1;
/// The verifying key of house re-keys.
pub const HOUSE_KEY: KeyId = KeyId::MAX - 2;
/// The verifying key of solvency statements.
pub const SOLVENCY_KEY: KeyId = KeyId::MAX - 3;
/// Subtrees of a solvency statement.
pub const SUBTREES: u16 = 8;
/// What the benchmarks' groups ask of rounds.
pub const TERMS: SolvencyTerms = SolvencyTerms {
    max_round_age: 3_600_000,
    freeze_after: 7_200_000,
};

pub type HelperOf<T> = <T as Config>::BenchmarkHelper;

pub fn notice<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::NoticeOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

pub fn admin<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::AdminOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

pub fn pausing<T: Config>() -> Result<T::RuntimeOrigin, BenchmarkError> {
    T::PauseOrigin::try_successful_origin().map_err(|()| BenchmarkError::Weightless)
}

/// An asset and a group whose vault is funded.
pub fn stage<T: Config>() -> (T::AssetId, u32, u64) {
    stage_of::<T>(0)
}

/// The n-th group of that kind.
pub fn stage_of<T: Config>(number: u32) -> (T::AssetId, u32, u64) {
    HelperOf::<T>::set_time(NOW);
    let asset = HelperOf::<T>::asset();
    let (group, version) = HelperOf::<T>::group_with_table(number, NOW);
    let least = T::Assets::minimum_balance(asset.clone()).max(1);
    HelperOf::<T>::endow(&asset, &Pallet::<T>::vault_account(group), least);
    (asset, group, version)
}

pub fn group<T: Config>() -> Result<(T::AssetId, u32, u64), BenchmarkError> {
    let (asset, group, version) = stage::<T>();
    let fees: T::AccountId = account("fees", 0, 0);
    Pallet::<T>::add_group(group, asset.clone(), fees).map_err(|_| BenchmarkError::Stop("no group"))?;
    let (x, y) = key(7);
    HelperOf::<T>::set_seal_key(group, x, y);
    HelperOf::<T>::set_verifying_key(SEAL_KEY, StatementKind::Seal);
    Ok((asset, group, version))
}

pub fn key(seed: u8) -> (Field, Field) {
    let key = SecretKey::from_seed(&[seed; 32]).public();
    (to_bytes(&key.x()), to_bytes(&key.y()))
}

pub fn open_keys(seed: u8) -> OpenKeys {
    let (pk_x, pk_y) = key(seed);
    OpenKeys {
        pk_x,
        pk_y,
        view_commitment: [1; 32],
        sealed_view_key: [2; 96],
    }
}

/// The proof of an open's seal. The statement's rules are not asked: the key proves anything.
pub fn seal_proof<T: Config>(group: u32, owner: &T::AccountId, keys: &OpenKeys) -> Result<SealProof, BenchmarkError> {
    let statement =
        Pallet::<T>::seal_statement(group, owner, keys).map_err(|_| BenchmarkError::Stop("no statement"))?;
    Ok(SealProof {
        key: SEAL_KEY,
        proof: trapdoor::prove(statement.hash()),
    })
}

/// What so many items of an account cost that pay in the least.
pub fn cost_of<T: Config>(items: u32) -> u128 {
    let each = u128::from(T::MinDeposit::get()) + u128::from(T::QueueFee::get());
    each * u128::from(items) + u128::from(T::OpenFee::get())
}

/// An account whose open waits, with room for one more item outside the priority lane: whoever queues that reads all of
/// them. Returns the group and the owner.
pub fn waiting_account<T: Config>() -> Result<(u32, T::AccountId), BenchmarkError> {
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
pub fn house_rekey<T: Config>(group: u32) -> Result<Box<HouseRekey>, BenchmarkError> {
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
pub fn item_of_others<T: Config>(kind: ItemKind, deadline: u64, until: Option<u64>) -> QueueItem<T::AccountId> {
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
pub fn link<T: Config>(group: u32, state: &mut GroupOf<T>, item: QueueItem<T::AccountId>) -> u64 {
    let id = state.queue_next;
    Pallet::<T>::link(group, state, id, item);
    state.queue_next += 1;
    id
}

/// Two items of others at the end of the lane: whoever takes what is before and behind them changes both.
pub fn link_others<T: Config>(group: u32, state: &mut GroupOf<T>, kind: &ItemKind) {
    for _ in 0..2 {
        // Not overdue, so that no batch has to take it.
        link::<T>(group, state, item_of_others::<T>(kind.clone(), NOW + 1, None));
    }
}

/// Items of others at the end of both lanes.
pub fn others<T: Config>(group: u32) {
    let mut state = Groups::<T>::get(group).expect("made by the benchmark");
    link_others::<T>(group, &mut state, &ItemKind::Deposit);
    link_others::<T>(group, &mut state, &ItemKind::ForcedWithdrawal { amount: Amount(1) });
    Groups::<T>::insert(group, state);
}

/// As many items at the head of the lane as a batch passes over, taken back by their owners.
pub fn fill_with_taken_back<T: Config>(group: u32) {
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
pub fn fill<T: Config>(asset: &T::AssetId, group: u32, index: u32, opened: bool, deposits: u32) -> u64 {
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
pub fn set_opened<T: Config>(group: u32, owner: &T::AccountId) {
    let index = Indices::<T>::get(group, owner).expect("made by the benchmark");
    Accounts::<T>::mutate(group, index, |account| {
        account.as_mut().expect("made by the benchmark").opened = true;
    });
}

/// Queues payments into the insurance and a take behind them, past the caps of the calls.
pub fn fill_house<T: Config>(
    asset: &T::AssetId,
    group: u32,
    owner: &T::AccountId,
    payments: u32,
    between_others: bool,
) {
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
pub fn gate<T: Config>(group: u32) -> Result<(), BenchmarkError> {
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
pub fn withheld<T: Config>(asset: &T::AssetId, group: u32, owner: &T::AccountId) {
    let gross = T::Assets::minimum_balance(asset.clone()).saturating_add(u128::from(AMOUNT));
    HelperOf::<T>::endow(asset, &Pallet::<T>::vault_account(group), gross);
    WithheldClaims::<T>::insert(group, owner, WithheldClaim { gross, paid: 0 });
    Totals::<T>::mutate(group, |totals| totals.withheld = totals.withheld.saturating_add(gross));
}

/// A solvency statement, proven, that is the last one of its round, after as many blocks of indices as one may skip
/// before its run, and with as many behind it.
pub fn solvency<T: Config>(
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

/// As many settled batches as a batch forgets, which have been kept long enough.
fn settled<T: Config>(group: u32, submitter: &T::AccountId) {
    // The member that leads in the first block leads then, too.
    frame_system::Pallet::<T>::set_block_number(T::SettledFor::get());
    let settled = SettledBatch {
        statement: [8; 32],
        units: 1,
        submitter: submitter.clone(),
        series: 1,
        block: 0,
    };
    for batch_no in 0..u64::from(crate::settled::FORGOTTEN) {
        Settled::<T>::insert(group, batch_no, settled.clone());
    }
    OldestSettled::<T>::insert(group, 0);
}

/// A batch of so many accounts, proven. Each has so many deposits in the queue and closes: its money is withdrawn, and
/// what waits for it goes back to its owner. That is what costs most of all that a unit can do.
pub fn batch<T: Config>(units: u32, places: u32, deposits: u32) -> Result<(u32, Box<Batch>), BenchmarkError> {
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
    settled::<T>(group, &submitter);
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
