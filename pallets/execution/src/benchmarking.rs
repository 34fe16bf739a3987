//! Benchmarks of the calls. Proofs are real: they are made from the trapdoor of a key of the benchmark's own.
#![allow(missing_docs)]

mod ending;
mod income;

use super::*;
use crate::types::{CIPHERTEXT_FIXED, MAX_INSURANCE_PAYMENTS, MAX_PLACES, MAX_UNITS};
use crate::{
    solvency::{BLOCK_LEAVES, MAX_GATED_GROUPS, MAX_SKIPPED_BLOCKS},
    stops::MAX_TICK,
};
use alloc::boxed::Box;
use cloister_crypto::{field::to_bytes, schnorr::SecretKey, Fr};
use cloister_ledger::SolvencyShape;
use cloister_settlement::{no_sums, SolvencyKnown};
use cloister_types::{AccountIndex, Amount, GroupId};
use frame_support::{
    traits::{fungibles::Inspect, EnsureOrigin, Get},
    BoundedVec,
};
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
    /// Makes somebody the only member of a group's sequencers; terms say that members lead in turn, and that it does.
    fn set_sequencer(group: u32, who: AccountId);
    /// Sets the sealing key of a group, coordinates x and y.
    fn set_seal_key(group: u32, x: Field, y: Field);
}

const NOW: u64 = 1_700_000_000_000;
const AMOUNT: u64 = 1_000_000_000;
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
/// them. Returns the group, the owner and how many items there are with it.
fn waiting_account<T: Config>() -> Result<(u32, T::AccountId, u32), BenchmarkError> {
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
    Ok((group, owner, most))
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

/// Registers an account and queues `items` for it, past the caps of the calls: its open and deposits. Without any it
/// is open already.
fn fill<T: Config>(asset: &T::AssetId, group: u32, index: u32, items: u32) {
    let owner: T::AccountId = account("owner", index, 0);
    HelperOf::<T>::endow(asset, &owner, T::Assets::minimum_balance(asset.clone()).max(1));
    let mut state = Groups::<T>::get(group).expect("made by the benchmark");
    for number in 0..items {
        let item = QueueItem {
            owner: owner.clone(),
            index: AccountIndex(index),
            amount: Amount(AMOUNT),
            queued_at: NOW,
            ready_at: NOW,
            deadline: NOW,
            kind: if number == 0 {
                ItemKind::Open(open_keys(1))
            } else {
                ItemKind::Deposit
            },
            until: None,
        };
        let id = state.queue_next;
        Pallet::<T>::link(group, &mut state, id, item);
        PendingItems::<T>::try_append(group, index, id).expect("within the items of one account");
        state.queue_next += 1;
    }
    let queued = u128::from(AMOUNT) * u128::from(items);
    Totals::<T>::mutate(group, |totals| totals.queued += queued);
    HelperOf::<T>::endow(asset, &Pallet::<T>::vault_account(group), queued);
    state.next_index = index + 1;
    Accounts::<T>::insert(
        group,
        index,
        RegisteredAccount {
            owner: owner.clone(),
            opened: items == 0,
            deposited: 0,
            record: None,
        },
    );
    if items == 0 {
        Pallet::<T>::note_opened(group, index);
    }
    Indices::<T>::insert(group, owner, index);
    Groups::<T>::insert(group, state);
}

/// Lets an account ask for what only open ones may, whatever waits for it.
fn set_opened<T: Config>(group: u32, owner: &T::AccountId) {
    let index = Indices::<T>::get(group, owner).expect("made by the benchmark");
    Accounts::<T>::mutate(group, index, |account| {
        account.as_mut().expect("made by the benchmark").opened = true;
    });
}

/// Queues all that the house's part of a batch can take, past the caps of the calls: every payment, and the take.
fn fill_house<T: Config>(asset: &T::AssetId, group: u32) {
    let mut state = Groups::<T>::get(group).expect("made by the benchmark");
    let take = ItemKind::TakeInsurance {
        amount: Amount(AMOUNT),
        keep: Amount::ZERO,
    };
    let payments = (0..MAX_INSURANCE_PAYMENTS).map(|_| (ItemKind::PayInsurance, Amount(AMOUNT)));
    for (kind, amount) in payments.chain([(take, Amount::ZERO)]) {
        let item = QueueItem {
            owner: account("insurer", 0, 0),
            index: AccountIndex::HOUSE,
            amount,
            queued_at: NOW,
            ready_at: NOW,
            deadline: NOW,
            kind,
            until: None,
        };
        let id = state.queue_next;
        Pallet::<T>::link(group, &mut state, id, item);
        HouseItems::<T>::try_append(group, id).expect("within the items of the house");
        state.queue_next += 1;
    }
    let paid = u128::from(AMOUNT) * u128::from(MAX_INSURANCE_PAYMENTS);
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

/// A batch of `units` accounts with a withdrawal each, proven. Each takes `items` queue items.
fn batch<T: Config>(units: u32, items: u32) -> Result<(u32, Box<Batch>), BenchmarkError> {
    let (asset, group, risk_version) = group::<T>()?;
    let stop = |_| BenchmarkError::Stop("no batch");
    let shape = StatementKind::Batch {
        units: units as u16,
        places: MAX_PLACES as u8,
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
    for index in 0..units {
        fill::<T>(&asset, group, index, items);
    }
    fill_house::<T>(&asset, group);
    // What the withdrawals and the sweep are paid from if the queue brings nothing.
    let settled = u128::from(AMOUNT) * u128::from(units);
    Totals::<T>::mutate(group, |totals| totals.settle(settled)).ok_or(BenchmarkError::Stop("too much"))?;
    HelperOf::<T>::endow(&asset, &Pallet::<T>::vault_account(group), settled);
    let unit = |index| UnitSubmission {
        index: AccountIndex(index),
        request: false,
        withdrawal: Amount(AMOUNT / 2),
        new_leaf: to_bytes(&Fr::from(u64::from(index))),
        ciphertext: BoundedVec::truncate_from(alloc::vec![[3; 32]; (CIPHERTEXT_FIXED + MAX_PLACES) as usize]),
    };
    let mut batch = Batch {
        key: BATCH_KEY,
        batch_no: 0,
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
        HelperOf::<T>::endow(&asset, &owner, u128::from(amount) + u128::from(T::OpenFee::get()));
        let keys = open_keys(1);
        let proof = seal_proof::<T>(group, &owner, &keys)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner.clone()), group, keys, Box::new(proof), amount);
        assert_eq!(Indices::<T>::get(group, owner), Some(0));
        Ok(())
    }

    #[benchmark]
    fn deposit() -> Result<(), BenchmarkError> {
        let (group, owner, most) = waiting_account::<T>()?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, T::MinDeposit::get());
        assert_eq!(Groups::<T>::get(group).map(|state| state.queue_next), Some(most.into()));
        Ok(())
    }

    #[benchmark]
    fn rekey() -> Result<(), BenchmarkError> {
        let (group, owner, most) = waiting_account::<T>()?;
        set_opened::<T>(group, &owner);
        let keys = open_keys(2);
        let proof = seal_proof::<T>(group, &owner, &keys)?;
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, keys, Box::new(proof));
        assert_eq!(Groups::<T>::get(group).map(|state| state.queue_next), Some(most.into()));
        Ok(())
    }

    /// Units, and queue items of each unit's account. [`WeightInfo::submit_batch`] takes units and items, of which
    /// there are u·k: the slope of k is measured with [`MAX_UNITS`] units, so an item weighs that slope over
    /// [`MAX_UNITS`].
    #[benchmark]
    fn submit_batch(
        u: Linear<1, MAX_UNITS>,
        k: Linear<0, { T::MaxItemsPerUser::get() }>,
    ) -> Result<(), BenchmarkError> {
        let (group, batch) = batch::<T>(u, k)?;
        Pallet::<T>::mark_plain();
        #[extrinsic_call]
        _(RawOrigin::Signed(account("submitter", 0, 0)), group, batch);
        assert_eq!(Groups::<T>::get(group).map(|state| state.batch_no), Some(1));
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

    /// With as many keys as there may be, the solvency key among them.
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
        let (_, group, _) = group::<T>()?;
        gate::<T>(group)?;
        HelperOf::<T>::fill_window(group, NOW);
        FreezeClocks::<T>::mutate(group, |clock| {
            if let Some(clock) = clock {
                clock.waited = TERMS.freeze_after;
            }
        });
        #[extrinsic_call]
        _(RawOrigin::Signed(whitelisted_caller()), group);
        assert!(Frozen::<T>::contains_key(group) && FinalTables::<T>::contains_key(group));
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

    /// An open and deposits behind it.
    #[benchmark]
    fn refund_item(i: Linear<1, { T::MaxItemsPerUser::get() }>) -> Result<(), BenchmarkError> {
        let (asset, group, _) = group::<T>()?;
        let owner: T::AccountId = whitelisted_caller();
        let amount = T::MinDeposit::get();
        HelperOf::<T>::endow(&asset, &owner, cost_of::<T>(i));
        let keys = open_keys(1);
        let proof = seal_proof::<T>(group, &owner, &keys)?;
        Pallet::<T>::queue_open(group, owner.clone(), keys, &proof, amount)
            .map_err(|_| BenchmarkError::Stop("no account"))?;
        for n in 1..i {
            // The last place is the priority lane's.
            let queued = if n + 1 < T::MaxItemsPerUser::get() {
                Pallet::<T>::queue_deposit(group, owner.clone(), amount)
            } else {
                set_opened::<T>(group, &owner);
                Pallet::<T>::queue_forced(group, owner.clone(), 1)
            };
            queued.map_err(|_| BenchmarkError::Stop("no item"))?;
        }
        Frozen::<T>::insert(group, NOW);
        #[extrinsic_call]
        _(RawOrigin::Signed(owner), group, 0);
        assert_eq!(Groups::<T>::get(group).map(|state| state.queue_length()), Some(0));
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

    /// Every group has an item overdue in each lane, and none has a table.
    #[benchmark]
    fn count_queue_clocks(g: Linear<0, MAX_GATED_GROUPS>) -> Result<(), BenchmarkError> {
        HelperOf::<T>::set_time(NOW);
        let mut last = None;
        for number in 1..=g {
            let (asset, group, _) = stage_of::<T>(number);
            Pallet::<T>::add_group(group, asset, account("fees", 0, 0))
                .map_err(|_| BenchmarkError::Stop("no group"))?;
            let mut state = Groups::<T>::get(group).ok_or(BenchmarkError::Stop("no group"))?;
            let owner: T::AccountId = account("owner", number, 0);
            let forced = ItemKind::ForcedWithdrawal { amount: Amount(1) };
            for kind in [ItemKind::Deposit, forced] {
                Pallet::<T>::append(group, &mut state, AccountIndex(0), owner.clone(), kind, 0)
                    .map_err(|_| BenchmarkError::Stop("no item"))?;
            }
            QueueClocks::<T>::mutate(group, |clock| {
                if let Some(clock) = clock {
                    // Of two that are overdue for as long it is the older one.
                    (clock.item, clock.counted_at) = (state.queue.first, NOW - MAX_TICK);
                }
            });
            last = Some(group);
        }
        HelperOf::<T>::set_time(NOW + 2 * T::SoftDeadline::get());
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

    #[benchmark]
    fn check_plain_batch() {
        #[block]
        {
            Pallet::<T>::mark_plain();
            Pallet::<T>::unmark_plain();
        }
        assert!(!PlainBatch::<T>::exists());
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
