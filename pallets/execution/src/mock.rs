//! A runtime with the pallet, pallet assets, and a clock and risk tables that tests set. Proofs are real: [`prover`].
#![allow(missing_docs)]

pub mod houses;
pub mod prover;
pub mod seals;
pub mod solvency;

use crate::{self as pallet_cloister_execution, *};
use cloister_crypto::{field::to_bytes, Fr};
use cloister_ledger::{Doors, FinalValues, HouseRecord, KeyRecord, RecordKind, Statement, UnitRecord};
use cloister_risk::RiskTable;
use cloister_types::{AccountIndex, Amount, GroupId, InstrumentId, PerLot};
pub use pallet_cloister_risk::RiskTables;
use pallet_cloister_risk::TableInfo;
use pallet_cloister_sequencers::GenesisSequencers;
pub use pallet_cloister_verifier::{GenesisKey, StatementKind};
use polkadot_sdk::{
    frame_support::{
        assert_ok, derive_impl,
        dispatch::DispatchResultWithPostInfo,
        ord_parameter_types, parameter_types,
        traits::{AsEnsureOriginWithArg, ConstU32, ConstU64, EitherOfDiverse, Time},
        BoundedVec, PalletId,
    },
    frame_system::{EnsureRoot, EnsureSigned, EnsureSignedBy},
    pallet_assets, pallet_balances, sp_io,
    sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage},
};
use std::collections::BTreeMap;

type Block = frame_system::mocking::MockBlock<Test>;

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(2)]
    pub type Assets = pallet_assets;
    #[runtime::pallet_index(3)]
    pub type Verifier = pallet_cloister_verifier;
    #[runtime::pallet_index(4)]
    pub type Sequencers = pallet_cloister_sequencers;
    #[runtime::pallet_index(5)]
    pub type Execution = pallet_cloister_execution;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
    type AccountData = pallet_balances::AccountData<u64>;
    // So that calls of the same computation and other keys weigh otherwise, as they do in the runtime.
    type DbWeight = frame_support::weights::constants::ParityDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type AccountStore = System;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
    type Balance = u128;
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId32>>;
    type ForceOrigin = EnsureRoot<AccountId32>;
}

parameter_types! {
    pub static Now: u64 = START;
    pub static PresentSeries: u32 = 0;
    pub static MaxQueue: u32 = 6;
    pub static OpenFee: u64 = 0;
    pub static QueueFee: u64 = 0;
    pub static DeadlineSpacing: u64 = 0;
    pub static QueuePatience: u64 = 600_000;
    pub static MaxUserDeposits: u128 = 500_000;
    pub static MaxVault: u128 = 1_000_000;
    pub static Infos: BTreeMap<(u32, u64), TableInfo> = BTreeMap::new();
    pub const ExecutionPalletId: PalletId = PalletId(*b"cloister");
    pub const Treasury: AccountId32 = TREASURY;
}

ord_parameter_types! {
    /// May only narrow.
    pub const Narrows: AccountId32 = NARROWS;
    /// May only disable groups.
    pub const Pauses: AccountId32 = PAUSES;
    /// May do what was announced.
    pub const Widens: AccountId32 = WIDENS;
}

pub struct Clock;
impl Time for Clock {
    type Moment = u64;
    fn now() -> u64 {
        Now::get()
    }
}

/// The value of a lot in the only row of the tests' tables.
pub fn value_at(version: u64) -> PerLot {
    PerLot(1_000 + (version as i64 * 5) % 13)
}

/// Tables of which only hash, time and one value exist; groups 1 and 2 have risk parameters, and every group with a
/// table.
pub struct Risk;
impl RiskTables for Risk {
    fn exists(group: u32) -> bool {
        group == GROUP || group == OTHER || Self::latest_version(group).is_some()
    }
    fn latest_version(group: u32) -> Option<u64> {
        Infos::get().keys().filter(|(g, _)| *g == group).map(|(_, v)| *v).max()
    }
    fn table_info(group: u32, version: u64) -> Option<TableInfo> {
        Infos::get().get(&(group, version)).copied()
    }
    fn table(group: u32, version: u64) -> Option<RiskTable> {
        let info = Self::table_info(group, version)?;
        let mut table = RiskTable::default();
        table.header.version = version;
        table.header.time = info.time;
        table.rows[0].instrument_id = InstrumentId(1);
        table.rows[0].value = value_at(version);
        Some(table)
    }
    fn places_needed(_: u32) -> u16 {
        1
    }
    fn final_values(group: u32, until: u64) -> Option<FinalValues> {
        let infos: Vec<_> = Infos::get()
            .into_iter()
            .filter(|((g, _), info)| *g == group && info.time <= until && until - info.time < WINDOW)
            .collect();
        let tables: Vec<_> = infos.iter().filter_map(|((_, v), _)| Self::table(group, *v)).collect();
        let newest = infos.last().filter(|_| infos.len() >= 3)?;
        FinalValues::median(&tables, solvency::fr(&newest.1.risk_hash))
    }
}

/// Narrows at once.
type Narrowing = EitherOfDiverse<EnsureRoot<AccountId32>, EnsureSignedBy<Narrows, AccountId32>>;
/// Disables groups at once.
type Pausing = EitherOfDiverse<Narrowing, EnsureSignedBy<Pauses, AccountId32>>;
/// Does what was announced.
type Widening = EitherOfDiverse<EnsureRoot<AccountId32>, EnsureSignedBy<Widens, AccountId32>>;

impl pallet_cloister_verifier::Config for Test {
    type AdminOrigin = Narrowing;
    type NoticeOrigin = Widening;
    type ActivationDelay = ConstU64<10>;
    type Exits = Execution;
    type WeightInfo = pallet_cloister_verifier::weights::SubstrateWeight<Test>;
}

/// Bonds that nobody asks for, of members whose series are what tests say.
pub struct Begun;
impl pallet_cloister_sequencers::Bonds<AccountId32> for Begun {
    fn is_bonded(_: u32, _: &AccountId32) -> bool {
        true
    }

    fn note_removal(_: u32, _: &AccountId32) {}

    fn present_series(_: u32, _: &AccountId32) -> u32 {
        PresentSeries::get()
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn make_bonded(_: u32, _: &AccountId32) {
        PresentSeries::set(1);
    }
}

impl pallet_cloister_sequencers::Config for Test {
    type AdminOrigin = Narrowing;
    type NoticeOrigin = Widening;
    type Time = Clock;
    type MaxMembers = ConstU32<2>;
    type MaxEpoch = ConstU64<1_000>;
    type Bonds = Begun;
    type WeightInfo = pallet_cloister_sequencers::weights::SubstrateWeight<Test>;
}

impl pallet_cloister_execution::Config for Test {
    type AdminOrigin = Narrowing;
    type PauseOrigin = Pausing;
    type NoticeOrigin = Widening;
    type AssetId = u32;
    type Assets = Assets;
    type Risk = Risk;
    type Keys = Verifier;
    type Sequencers = Sequencers;
    type Time = Clock;
    type OtherEssentialCalls = ();
    type PalletId = ExecutionPalletId;
    type MaxQueue = MaxQueue;
    type MaxItemsPerUser = ConstU32<4>;
    type MaxRounds = ConstU32<2>;
    type MinDeposit = ConstU64<100>;
    type OpenFee = OpenFee;
    type QueueFee = QueueFee;
    type QueueFeeStep = ConstU32<2>;
    type QueuePatience = QueuePatience;
    type DeadlineSpacing = DeadlineSpacing;
    type InsuranceFloor = ConstU64<FLOOR>;
    type MaxUserDeposits = MaxUserDeposits;
    type MaxVault = MaxVault;
    type SoftDeadline = ConstU64<DEADLINE>;
    type MaxRiskAge = ConstU64<30_000>;
    type MaxTimeBehind = ConstU64<20_000>;
    type MaxTimeAhead = ConstU64<2_000>;
    type SettledFor = ConstU64<SETTLED_FOR>;
    type ExitPeriod = ConstU64<PERIOD>;
    type Treasury = Treasury;
    type WeightInfo = weights::SubstrateWeight<Test>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Helper;
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;
#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId32, u32> for Helper {
    fn set_time(now: u64) {
        Now::set(now);
    }
    fn asset() -> u32 {
        ASSET
    }
    fn endow(asset: &u32, who: &AccountId32, amount: u128) {
        use frame_support::traits::fungibles::Mutate;
        <Assets as Mutate<_>>::mint_into(*asset, who, amount).unwrap();
    }
    fn group_with_table(number: u32, now: u64) -> (u32, u64) {
        set_table(OTHER + number, 1, now);
        (OTHER + number, 1)
    }
    fn fill_window(group: u32, now: u64) {
        for version in 2..=pallet_cloister_risk::bounds::FINAL_MOST {
            set_table(group, version.into(), now);
        }
    }
    fn set_verifying_key(id: KeyId, statement: StatementKind) {
        pallet_cloister_verifier::benchmarking::register::<Test>(id, statement).unwrap();
    }
    fn fill_verifying_keys() {
        pallet_cloister_verifier::benchmarking::fill::<Test>().unwrap();
    }
    fn set_sequencer(group: u32, who: AccountId32) {
        pallet_cloister_sequencers::benchmarking::lead::<Test>(group, who).unwrap();
    }
    fn set_seal_key(group: u32, x: Field, y: Field) {
        Sequencers::put_seal_key(group, x, y).unwrap();
    }
}

pub const START: u64 = 1_700_000_000_000;
pub const GROUP: u32 = 1;
pub const OTHER: u32 = 2;
pub const ASSET: u32 = 5;
pub const MIN_BALANCE: u128 = 10;
/// The verifying key of batches of the tests' shape: two units of one place.
pub const BATCH_KEY: KeyId = 3;
/// What it is of.
pub const SHAPE: StatementKind = StatementKind::Batch { units: 2, places: 1 };
/// The verifying key of seals.
pub const SEAL_KEY: KeyId = 7;
/// The verifying key of solvency statements.
pub const SOLVENCY_KEY: KeyId = 60;
/// Maximum number of subtrees of those statements.
pub const SUBTREES: u16 = 1;
/// The verifying key of house re-keys.
pub const HOUSE_KEY: KeyId = 20;
pub const ADMIN: AccountId32 = AccountId32::new([9; 32]);
/// May only narrow what is allowed.
pub const NARROWS: AccountId32 = AccountId32::new([21; 32]);
/// May only disable groups.
pub const PAUSES: AccountId32 = AccountId32::new([23; 32]);
/// May do what was announced.
pub const WIDENS: AccountId32 = AccountId32::new([22; 32]);
pub const ALICE: AccountId32 = AccountId32::new([1; 32]);
pub const BOB: AccountId32 = AccountId32::new([2; 32]);
pub const SEQUENCER: AccountId32 = AccountId32::new([3; 32]);
pub const FEES: AccountId32 = AccountId32::new([4; 32]);
pub const TREASURY: AccountId32 = AccountId32::new([5; 32]);
/// What must stay in the insurance.
pub const FLOOR: u64 = 1_000;
/// How long a replaced table may still be named.
pub const GRACE: u64 = 12_000;
/// Milliseconds until an item is ready.
pub const NOTICE: u64 = 1_000;
/// Milliseconds until an item is overdue.
pub const DEADLINE: u64 = 60_000;
/// Tables of this time up to a freeze make the final values.
pub const WINDOW: u64 = 600_000;
/// Blocks for which it is known who answers for a batch.
pub const SETTLED_FOR: u64 = 1_000;
/// The first phase of exits.
pub const PERIOD: u64 = 3_000_000;
/// The verifying key of exits.
pub const EXIT_KEY: KeyId = 61;
/// What Alice and Bob have at genesis.
pub const ENDOWMENT: u128 = 1_000_000;

pub fn signed(who: &AccountId32) -> RuntimeOrigin {
    RuntimeOrigin::signed(who.clone())
}

pub fn balance(who: &AccountId32) -> u128 {
    Assets::balance(ASSET, who)
}

pub fn vault() -> AccountId32 {
    Execution::vault_account(GROUP)
}

/// Builds a table; the one before is good for [`GRACE`] more.
pub fn set_table(group: u32, version: u64, time: u64) {
    let mut infos = Infos::get();
    if let Some(replaced) = infos.get_mut(&(group, version - 1)) {
        replaced.good_until = Some(time + GRACE);
    }
    infos.insert(
        (group, version),
        TableInfo {
            risk_hash: to_bytes(&Fr::from(1_000 + version)),
            time,
            good_until: None,
        },
    );
    Infos::set(infos);
}

pub fn pass(ms: u64) {
    Now::set(Now::get() + ms);
}

/// Lets time pass and builds the next table of the group.
pub fn pass_with_table(ms: u64) {
    pass(ms);
    set_table(GROUP, Risk::latest_version(GROUP).unwrap() + 1, Now::get());
}

/// Lets time pass until all that was queued is ready at the newest table.
pub fn ready() {
    pass_with_table(NOTICE);
}

/// Opens an account with keys from a seed, and their proven seal.
pub fn open(who: &AccountId32, seed: u8, amount: u64) -> polkadot_sdk::sp_runtime::DispatchResult {
    open_in(GROUP, who, seed, amount)
}

/// The same in a group.
pub fn open_in(group: u32, who: &AccountId32, seed: u8, amount: u64) -> polkadot_sdk::sp_runtime::DispatchResult {
    let (keys, proof) = seals::proven(group, who, seed);
    open_with(group, who, keys, proof, amount)
}

/// Opens an account with what is given.
pub fn open_with(
    group: u32,
    who: &AccountId32,
    keys: OpenKeys,
    proof: [u8; 192],
    amount: u64,
) -> polkadot_sdk::sp_runtime::DispatchResult {
    open_under(SEAL_KEY, group, who, keys, proof, amount)
}

/// The same under a verifying key of choice.
pub fn open_under(
    key: KeyId,
    group: u32,
    who: &AccountId32,
    keys: OpenKeys,
    proof: [u8; 192],
    amount: u64,
) -> polkadot_sdk::sp_runtime::DispatchResult {
    Execution::open(signed(who), group, keys, Box::new(SealProof { key, proof }), amount)
}

pub fn genesis() -> RuntimeGenesisConfig {
    let seal = seals::sealing_key();
    let vaults = [Execution::vault_account(GROUP), Execution::vault_account(OTHER)];
    let accounts = [ALICE, BOB].map(|who| (ASSET, who, ENDOWMENT)).into_iter();
    RuntimeGenesisConfig {
        assets: pallet_assets::GenesisConfig {
            assets: vec![(ASSET, ADMIN, true, MIN_BALANCE), (ASSET + 1, ADMIN, true, MIN_BALANCE)],
            metadata: vec![
                (ASSET, b"Dollar".to_vec(), b"USD".to_vec(), 6),
                (ASSET + 1, b"Other".to_vec(), b"OTH".to_vec(), 12),
            ],
            accounts: accounts
                .chain(vaults.map(|vault| (ASSET, vault, MIN_BALANCE)))
                .collect(),
            ..Default::default()
        },
        verifier: pallet_cloister_verifier::GenesisConfig {
            development: true,
            verifying_keys: vec![
                GenesisKey {
                    id: SEAL_KEY,
                    statement: StatementKind::Seal,
                    development: true,
                    key: seals::key(),
                },
                GenesisKey {
                    id: BATCH_KEY,
                    statement: SHAPE,
                    development: true,
                    key: prover::key(),
                },
                GenesisKey {
                    id: SOLVENCY_KEY,
                    statement: StatementKind::Solvency { subtrees: SUBTREES },
                    development: true,
                    key: prover::key(),
                },
                GenesisKey {
                    id: HOUSE_KEY,
                    statement: StatementKind::HouseRekey,
                    development: true,
                    key: houses::key(),
                },
                GenesisKey {
                    id: EXIT_KEY,
                    statement: StatementKind::Exit,
                    development: true,
                    key: prover::key(),
                },
            ],
            ..Default::default()
        },
        sequencers: pallet_cloister_sequencers::GenesisConfig {
            groups: [GROUP, OTHER]
                .map(|group| GenesisSequencers {
                    group,
                    members: vec![SEQUENCER],
                    seal_key: Some((to_bytes(&seal.x()), to_bytes(&seal.y()))),
                })
                .to_vec(),
        },
        execution: pallet_cloister_execution::GenesisConfig {
            groups: vec![(GROUP, ASSET, FEES)],
            queue_terms: Some((NOTICE, 50)),
            solvency_terms: None,
            custodians: vec![ADMIN],
        },
        ..Default::default()
    }
}

/// The genesis, with the house of the group re-keyed, so that batches are taken.
pub fn empty() -> sp_io::TestExternalities {
    let mut ext = unkeyed();
    ext.execute_with(|| {
        let (rekey, _) = houses::first();
        assert_ok!(Execution::rekey_house(signed(&SEQUENCER), GROUP, Box::new(rekey)));
        System::reset_events();
    });
    ext
}

/// The genesis as it is.
pub fn unkeyed() -> sp_io::TestExternalities {
    let mut ext = sp_io::TestExternalities::new(genesis().build_storage().unwrap());
    ext.execute_with(|| {
        System::set_block_number(1);
        Now::set(START);
        Infos::set(BTreeMap::new());
        PresentSeries::set(0);
        set_table(GROUP, 1, START);
    });
    ext
}

/// Runs a test on the genesis state and checks the invariants after it.
pub fn on_genesis(test: impl FnOnce()) {
    empty().execute_with(|| {
        test();
        Execution::do_try_state().unwrap();
    });
}

/// Runs a test after Alice's account 0 with 10,000 was opened by batch 0; checks the invariants after it.
pub fn on_open(test: impl FnOnce()) {
    on_genesis(|| {
        Now::set(START - NOTICE);
        assert_ok!(open(&ALICE, 1, 10_000));
        Now::set(START);
        let batch = proven(batch(vec![unit(0), unit(0)]));
        assert_ok!(submit(&batch));
        System::reset_events();
        test();
    });
}

/// A unit of an account. What it takes from the queue is the queue's to say.
pub fn unit(index: u32) -> UnitSubmission {
    let ciphertext = (0..9u64)
        .map(|i| to_bytes(&Fr::from(u64::from(index) * 100 + i)))
        .collect::<Vec<_>>();
    UnitSubmission {
        index: AccountIndex(index),
        request: false,
        withdrawal: Amount::ZERO,
        new_leaf: to_bytes(&Fr::from(7_000 + u64::from(index))),
        ciphertext: BoundedVec::truncate_from(ciphertext),
    }
}

pub fn asking(index: u32) -> UnitSubmission {
    UnitSubmission {
        request: true,
        ..unit(index)
    }
}

/// The unit of a close that takes effect.
pub fn closing(index: u32) -> UnitSubmission {
    UnitSubmission {
        new_leaf: [0; 32],
        ..asking(index)
    }
}

/// A unit with a withdrawal.
pub fn withdrawing(index: u32, withdrawal: u64) -> UnitSubmission {
    UnitSubmission {
        withdrawal: Amount(withdrawal),
        ..unit(index)
    }
}

/// A batch that fits the group's present state, without a proof.
pub fn batch(units: Vec<UnitSubmission>) -> Batch {
    let state = Groups::<Test>::get(GROUP).unwrap();
    Batch {
        key: BATCH_KEY,
        batch_no: state.batch_no,
        risk_version: Risk::latest_version(GROUP).unwrap(),
        time: Now::get(),
        payee: SEQUENCER.into(),
        salt: to_bytes(&Fr::from(31_337)),
        new_root: to_bytes(&Fr::from(5_000 + state.batch_no)),
        new_house: to_bytes(&Fr::from(6_000 + state.batch_no)),
        sweep: Amount::ZERO,
        take_insurance: None,
        empty_mask: 0,
        units: BoundedVec::truncate_from(units),
        house_record: std::array::from_fn(|i| to_bytes(&Fr::from(800 + i as u64))),
        proof: [0; 192],
    }
}

/// The whole queue of the group, from the runtime API.
pub fn whole_queue() -> Vec<(u64, QueueItem<AccountId32>)> {
    let mut items: Vec<(u64, QueueItem<AccountId32>)> = Vec::new();
    loop {
        let from = items.last().map_or(0, |(id, _)| id + 1);
        let page = Execution::queue(GROUP, from, u32::MAX);
        if page.is_empty() {
            return items;
        }
        items.extend(page);
    }
}

/// The statement of a batch as a prover makes it: from the public state and the queue, not from the pallet's code.
pub fn statement(batch: &Batch) -> Statement {
    let fr = |bytes: &Field| Option::<Fr>::from(Fr::from_bytes(bytes)).unwrap();
    let state = Groups::<Test>::get(GROUP).unwrap();
    let info = Risk::table_info(GROUP, batch.risk_version).unwrap();
    let mut queue = whole_queue();
    queue.retain(|(_, item)| item.is_ready(info.time));
    let of_house = |kind: &ItemKind| matches!(kind, ItemKind::PayInsurance | ItemKind::TakeInsurance { .. });
    let (house, mut queue): (Vec<_>, Vec<_>) = queue.into_iter().partition(|(_, item)| of_house(&item.kind));
    let paid_in = house.iter().map(|(_, item)| item.amount.get()).sum();
    let asked = house.iter().find_map(|(_, item)| match item.kind {
        ItemKind::TakeInsurance { amount, keep } if batch.take_insurance.is_some() => Some((amount, keep)),
        _ => None,
    });
    let (asked, keep) = asked.unwrap_or_default();
    let units = batch.units.iter().map(|unit| {
        let (mut deposit, mut kind, asks) = (0, RecordKind::Update, unit.request);
        let own = queue
            .iter()
            .find(|(_, item)| item.index == unit.index && item.kind.request().is_some());
        let closes = own.is_some_and(|(_, item)| item.kind == ItemKind::Close);
        queue.retain(|(_, item)| {
            if item.index != unit.index {
                return true;
            }
            if let Some(request) = item.kind.request() {
                let takes = asks && kind == RecordKind::Update;
                if takes {
                    kind = request.record().unwrap();
                }
                return !takes;
            }
            if unit.request && closes {
                return true;
            }
            deposit += item.amount.get();
            if let ItemKind::Open(keys) = &item.kind {
                kind = RecordKind::Open(KeyRecord {
                    x: fr(&keys.pk_x),
                    y: fr(&keys.pk_y),
                    view_commitment: fr(&keys.view_commitment),
                });
            }
            false
        });
        UnitRecord {
            index: unit.index,
            kind,
            deposit: Amount(deposit),
            withdrawal: unit.withdrawal,
            new_leaf: fr(&unit.new_leaf),
            ciphertext: unit.ciphertext.iter().map(fr).collect(),
        }
    });
    Statement {
        genesis: System::block_hash(0).0,
        group: GroupId(GROUP),
        batch_no: batch.batch_no,
        time: batch.time,
        payee: batch.payee,
        salt: fr(&batch.salt),
        old_root: fr(&state.root),
        new_root: fr(&batch.new_root),
        old_house: fr(&state.house),
        new_house: fr(&batch.new_house),
        risk_hash: fr(&info.risk_hash),
        sweep: batch.sweep,
        doors: Doors {
            paid_in: Amount(paid_in),
            asked,
            keep,
        },
        insurance_out: batch.take_insurance.unwrap_or_default(),
        empty_mask: batch.empty_mask,
        units: units.collect(),
        house: HouseRecord {
            ciphertext: batch.house_record.map(|bytes| fr(&bytes)),
        },
    }
}

/// The batch with a proof of its statement.
pub fn proven(mut batch: Batch) -> Batch {
    batch.proof = prover::prove(statement(&batch).hash());
    batch
}

pub fn submit(batch: &Batch) -> DispatchResultWithPostInfo {
    submit_as(signed(&SEQUENCER), GROUP, batch)
}

/// Submits a batch as a transaction of its own, whose extension is tested by itself.
pub fn submit_as(origin: RuntimeOrigin, group: u32, batch: &Batch) -> DispatchResultWithPostInfo {
    Execution::mark_plain();
    let result = Execution::submit_batch(origin, group, Box::new(batch.clone()));
    Execution::unmark_plain();
    result
}

/// The events of the pallet so far, in order.
pub fn events() -> Vec<crate::Event<Test>> {
    System::events()
        .into_iter()
        .filter_map(|record| match record.event {
            RuntimeEvent::Execution(event) => Some(event),
            _ => None,
        })
        .collect()
}
