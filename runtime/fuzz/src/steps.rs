//! Bytes as steps: what is called, by whom, with what, and how much time passes. Most of it is what honest programs
//! would do in the state as it is, so that sequences come far; the rest is not.

use crate::{
    bytes::Bytes,
    chain::{actors, Kind, Who},
    proofs, trapdoor,
    world::World,
};
use cloister_crypto::{field::to_bytes, schnorr::SecretKey};
use cloister_ledger::Switches;
use cloister_risk::Status;
use cloister_runtime::{
    configs::{cloister::Treasury, oracle::FeedValue},
    constants::money::SETTLEMENT_ASSET,
    genesis_presets::feeds,
    AccountId, Execution, OracleOperators, Runtime, RuntimeCall,
};
use cloister_settlement::Terms;
use codec::Compact;
use frame_support::{traits::Get, BoundedVec};
use pallet_cloister_execution::{
    Beneficiary, Call as Execute, Claims, Credits, CustodyLost, ExitClaims, PayoutTerms, Shares, SolvencyTerms,
    WithheldClaims,
};
use pallet_cloister_risk::{Call as RiskCall, GroupParams, InstrumentParams};
use pallet_cloister_sequencers::{Call as Sequence, TakeOver, MAX_FIRST_DELAY, MIN_FIRST_DELAY};
use pallet_cloister_timelock::{Call as Timelock, Delays};
use pallet_cloister_verifier::{Call as Verify, StatementKind};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, Ferdie, One};
use sp_runtime::MultiAddress;

type Assets = pallet_assets::Call<Runtime>;
type Operators = pallet_membership::Call<Runtime, cloister_runtime::configs::oracle::OperatorsInstance>;
type Oracle = pallet_oracle::Call<Runtime>;
type Utility = pallet_utility::Call<Runtime>;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// Most of what happens, happens in the first group.
fn group(bytes: &mut Bytes) -> u32 {
    match bytes.byte() % 32 {
        0..=4 => 2,
        5 | 6 => 3,
        7 => u32::MAX,
        _ => 1,
    }
}

/// Somebody who acts; mostly one of the first.
fn somebody(bytes: &mut Bytes) -> AccountId {
    bytes.of(&actors())
}

/// Somebody who has an account in a group, if anybody has; now and then somebody else.
fn owner(bytes: &mut Bytes, group: u32) -> AccountId {
    let with_account = |who: &AccountId| Execution::index_of(group, who).is_some();
    let owners: Vec<AccountId> = actors().into_iter().filter(with_account).collect();
    if owners.is_empty() || bytes.once_in(6) {
        return somebody(bytes);
    }
    bytes.of(&owners)
}

/// Somebody who is paid: one who acts, the fee account, the treasury, a vault, or somebody without anything.
fn payee(bytes: &mut Bytes) -> AccountId {
    match bytes.byte() % 16 {
        0 => Ferdie.to_account_id(),
        1 => Treasury::get(),
        2 => Execution::vault_account(group(bytes)),
        3 => AccountId::new([bytes.byte(); 32]),
        _ => somebody(bytes),
    }
}

fn index(bytes: &mut Bytes) -> u32 {
    bytes.of(&[0, 0, 0, 1, 1, 2, 3, 4, 1 << 24, u32::MAX])
}

/// Prices in whole units of the settlement asset.
fn feed(world: &mut World, signer: &AccountId, btc: u32, eth: u32) -> bool {
    let prices = [
        (feeds::BTC_INDEX, btc),
        (feeds::BTC_PERPETUAL, btc + 10),
        (feeds::ETH_INDEX, eth),
        (feeds::ETH_PERPETUAL, eth),
    ];
    let values = prices.map(|(feed, price)| (feed, FeedValue::from_u32(price)));
    let values = BoundedVec::truncate_from(values.to_vec());
    world.sign(signer, Oracle::feed_values { values })
}

/// Prices of ordinary times, and a block in which both groups get their tables.
fn fresh_tables(world: &mut World, ms: u64) {
    world.block(ms);
    feed(world, &Alice.to_account_id(), 60_000, 3_000);
    world.blocks(2, 0);
}

/// Makes tables if the newest is old, or not all that waits is ready at it.
fn tables_in_time(world: &mut World, bytes: &mut Bytes, group: u32) {
    let newest = Execution::latest_risk_version(group).and_then(|version| Execution::risk_info(group, version));
    let time = newest.map_or(0, |info| info.time);
    let now = pallet_timestamp::Now::<Runtime>::get();
    let waits = Execution::queue(group, 0, 64)
        .iter()
        .any(|(_, item)| item.ready_at > time);
    if (waits || time + 60_000 < now) && bytes.but_once_in(8) {
        fresh_tables(world, 0);
    }
}

/// Brings the chain to where most of the interesting calls are possible, as far as `start` says.
pub fn prepare(world: &mut World, start: u8) {
    if start >= 240 {
        return;
    }
    fresh_tables(world, 0);
    let one = One.to_account_id();
    for group in [1, 2] {
        if let Some(rekey) = proofs::house_rekey(&mut Bytes::new(&[]), group) {
            world.sign(&one, Execute::rekey_house { group, rekey });
        }
    }
    let gated = start & 4 != 0;
    if gated {
        let terms = Some(SolvencyTerms {
            max_round_age: 60_000,
            freeze_after: 60_000,
        });
        let call: RuntimeCall = Execute::set_solvency_terms { group: 1, terms }.into();
        world.make(&Who::Enacted, &call);
    }
    if start & 32 != 0 {
        let terms = PayoutTerms {
            min_batches: 1,
            ..PayoutTerms::default()
        };
        world.make(&Who::Enacted, &Execute::set_payout_terms { group: 1, terms }.into());
    }
    if start & 24 != 0 {
        for (owner, amount) in [(Bob, 50_000_000), (Charlie, 700_000_000)] {
            let owner = owner.to_account_id();
            let (keys, seal_proof) = proofs::seal(&mut Bytes::new(&[]), 1, &owner);
            let call = Execute::open {
                group: 1,
                keys,
                seal_proof,
                amount,
            };
            world.sign(&owner, call);
        }
        fresh_tables(world, 6_000);
        settle(world, &mut Bytes::new(&[]), &one, 1);
    }
}

type Step = fn(&mut World, &mut Bytes);

/// What may come next, and how often.
const STEPS: &[(u8, Step)] = &[
    (4, pass),
    (10, tables),
    (3, jump),
    (4, feed_anything),
    (2, refresh),
    (6, open),
    (6, deposit),
    (14, batch),
    (3, batches),
    (3, rekey_house),
    (8, request),
    (4, pay_insurance),
    (10, solvency),
    (10, pay),
    (2, freeze),
    (3, final_table),
    (5, exit),
    (10, pay_of_frozen),
    (4, take_back),
    (5, custody),
    (2, end),
    (1, flood),
    (12, govern_execution),
    (6, govern_risk),
    (5, govern_members),
    (6, enact),
    (7, assets),
    (2, wrap),
];

/// Takes the next step.
pub fn step(world: &mut World, bytes: &mut Bytes) {
    let all: u16 = STEPS.iter().map(|(often, _)| u16::from(*often)).sum();
    let mut chosen = u16::from(bytes.byte()) % all;
    for (often, step) in STEPS {
        match chosen.checked_sub(u16::from(*often)) {
            Some(rest) => chosen = rest,
            None => return step(world, bytes),
        }
    }
}

fn pass(world: &mut World, bytes: &mut Bytes) {
    let count = 1 + u32::from(bytes.byte() % 4);
    let ms = bytes.of(&[0, 6_000, 12_000, 60_000]);
    world.blocks(count, ms);
}

fn tables(world: &mut World, bytes: &mut Bytes) {
    let ms = bytes.of(&[0, 0, 6_000, 12_000, 30_000, 60_000, 119_000, 121_000]);
    fresh_tables(world, ms);
}

/// Long times: until items are overdue, may be taken back, groups are dead, phases are over.
fn jump(world: &mut World, bytes: &mut Bytes) {
    match bytes.byte() % 16 {
        0..=3 => world.block(30 * 60_000),
        4 | 5 => world.block(2 * HOUR),
        6 => world.block(DAY),
        7 => world.block(7 * DAY),
        8 | 9 => world.block(31 * DAY),
        10 | 11 => world.block(366 * DAY),
        // A queue is dead after a day of minutes.
        12 => world.blocks(1_445, 60_000),
        _ => world.blocks(3, 60_000),
    }
    if bytes.but_once_in(4) {
        fresh_tables(world, 0);
    }
}

fn feed_anything(world: &mut World, bytes: &mut Bytes) {
    let price = |bytes: &mut Bytes| {
        let some = FeedValue::from_u32(1 + u32::from(bytes.word()));
        let inner = bytes.of(&[0, 1, 10_u128.pow(9), 10_u128.pow(18), 10_u128.pow(30), u128::MAX]);
        let extreme = FeedValue::from_inner(inner);
        bytes.of(&[some, some, some, extreme])
    };
    let values = (0..bytes.byte() % 5).map(|_| (u32::from(bytes.byte() % 6), price(bytes)));
    let values = BoundedVec::truncate_from(values.collect());
    let call = Oracle::feed_values { values }.into();
    let who = match bytes.byte() % 8 {
        0 => Who::Root,
        1 => Who::Signer(somebody(bytes)),
        2 => Who::Nobody,
        _ => Who::Signer(Alice.to_account_id()),
    };
    world.make(&who, &call);
}

fn refresh(world: &mut World, bytes: &mut Bytes) {
    let call = RiskCall::refresh_table { group: group(bytes) };
    signed(world, bytes, call);
}

/// Makes a call as somebody, and now and then as what may not.
fn signed(world: &mut World, bytes: &mut Bytes, call: impl Into<RuntimeCall>) -> bool {
    let signer = somebody(bytes);
    signed_by(world, bytes, signer, call)
}

/// The same as this account.
fn signed_by(world: &mut World, bytes: &mut Bytes, signer: AccountId, call: impl Into<RuntimeCall>) -> bool {
    let who = match bytes.byte() % 32 {
        1 => Who::Root,
        2 => Who::Enacted,
        3 => Who::Nobody,
        _ => Who::Signer(signer),
    };
    world.make(&who, &call.into())
}

fn open(world: &mut World, bytes: &mut Bytes) {
    let (group, owner) = (group(bytes), somebody(bytes));
    let (keys, seal_proof) = proofs::seal(bytes, group, &owner);
    let call = Execute::open {
        group,
        keys,
        seal_proof,
        amount: bytes.amount(),
    };
    signed_by(world, bytes, owner, call);
}

fn deposit(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let owner = owner(bytes, group);
    let call = Execute::deposit {
        group,
        amount: bytes.amount(),
    };
    signed_by(world, bytes, owner, call);
}

/// One who submits batches; now and then one who may not.
fn submitter(bytes: &mut Bytes) -> AccountId {
    match bytes.byte() % 16 {
        1 => somebody(bytes),
        2 => Alice.to_account_id(),
        _ => One.to_account_id(),
    }
}

fn settle(world: &mut World, bytes: &mut Bytes, signer: &AccountId, group: u32) {
    if let Some(batch) = proofs::batch(bytes, group) {
        let batch = Box::new(batch);
        signed_by(world, bytes, signer.clone(), Execute::submit_batch { group, batch });
    }
}

fn batch(world: &mut World, bytes: &mut Bytes) {
    let (group, signer) = (group(bytes), submitter(bytes));
    tables_in_time(world, bytes, group);
    settle(world, bytes, &signer, group);
}

fn batches(world: &mut World, bytes: &mut Bytes) {
    let (group, signer) = (group(bytes), submitter(bytes));
    let count = bytes.of(&[0, 1, 2, 2, 3]);
    let batches = proofs::batches(bytes, group, &signer, count);
    let batches = BoundedVec::truncate_from(batches);
    signed_by(world, bytes, signer, Execute::submit_batches { group, batches });
}

fn rekey_house(world: &mut World, bytes: &mut Bytes) {
    let (group, signer) = (group(bytes), submitter(bytes));
    if let Some(rekey) = proofs::house_rekey(bytes, group) {
        signed_by(world, bytes, signer, Execute::rekey_house { group, rekey });
    }
}

fn request(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let owner = owner(bytes, group);
    let call = match bytes.byte() % 8 {
        0 | 1 => {
            let transfers = bytes.once_in(2);
            Execute::switch {
                group,
                switches: Switches { transfers },
            }
        }
        2 | 3 => Execute::close { group },
        4 | 5 => {
            let (keys, seal_proof) = proofs::seal(bytes, group, &owner);
            Execute::rekey {
                group,
                keys,
                seal_proof,
            }
        }
        _ => Execute::force_withdrawal {
            group,
            amount: bytes.amount(),
        },
    };
    signed_by(world, bytes, owner, call);
}

fn pay_insurance(world: &mut World, bytes: &mut Bytes) {
    let call = Execute::pay_insurance {
        group: group(bytes),
        amount: bytes.amount(),
    };
    signed(world, bytes, call);
}

fn solvency(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    tables_in_time(world, bytes, group);
    let payee = submitter(bytes);
    let signer = if bytes.once_in(8) {
        somebody(bytes)
    } else {
        payee.clone()
    };
    if let Some(statement) = proofs::solvency(bytes, group, &payee) {
        signed_by(world, bytes, signer, Execute::submit_solvency { group, statement });
    }
}

/// One of these; now and then, and if there are none, another.
fn mostly<T: Clone>(bytes: &mut Bytes, choices: impl Iterator<Item = T>, other: T) -> T {
    let choices: Vec<T> = choices.take(16).collect();
    if choices.is_empty() || bytes.once_in(8) {
        return other;
    }
    bytes.of(&choices)
}

/// Payments that anybody may ask for.
fn pay(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let somebody_else = payee(bytes);
    let call = match bytes.byte() % 8 {
        0 | 1 => {
            let refused = Claims::<Runtime>::iter_prefix(group).map(|(who, _)| who);
            let signer = mostly(bytes, refused, somebody_else);
            if bytes.once_in(2) {
                let call = Assets::thaw {
                    id: Compact(SETTLEMENT_ASSET),
                    who: signer.clone().into(),
                };
                world.sign(&Alice.to_account_id(), call);
            }
            signed_by(world, bytes, signer, Execute::claim { group });
            return;
        }
        2 | 3 => {
            let withheld = WithheldClaims::<Runtime>::iter_prefix(group).map(|(who, _)| who);
            let owner = mostly(bytes, withheld, somebody_else);
            Execute::pay_claim { group, owner }
        }
        4 | 5 => {
            let other = (u32::from(bytes.byte() % 4), somebody_else);
            let (period, payee) = mostly(bytes, Credits::<Runtime>::iter_key_prefix((group,)), other);
            Execute::claim_credits { group, period, payee }
        }
        _ => {
            let all = [Beneficiary::Sequencer, Beneficiary::Insurance, Beneficiary::Treasury];
            let other = bytes.of(&all);
            let beneficiary = mostly(bytes, Shares::<Runtime>::iter_key_prefix(group), other);
            Execute::claim_share { group, beneficiary }
        }
    };
    signed(world, bytes, call);
}

/// Lets time pass that somebody may have waited for.
fn wait(world: &mut World, bytes: &mut Bytes, ms: u64) {
    if bytes.but_once_in(4) {
        world.block(ms);
    }
}

fn freeze(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    match bytes.byte() % 8 {
        0 => {}
        // Nobody feeds prices, so the group gets no final table.
        1 | 2 => {
            world.blocks(2, 60_000);
            world.block(DAY);
        }
        _ => world.blocks(2, 60_000),
    }
    signed(world, bytes, Execute::freeze { group });
    if bytes.once_in(2) {
        final_table_of(world, bytes, group);
    }
}

fn final_table(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    final_table_of(world, bytes, group);
}

fn final_table_of(world: &mut World, bytes: &mut Bytes, group: u32) {
    if bytes.once_in(2) {
        let version = Execution::latest_risk_version(group).unwrap_or(1);
        let version = bytes.of(&[0, 1, version, version, version, u64::MAX]);
        let call: RuntimeCall = Execute::choose_final_table { group, version }.into();
        let who = bytes.of(&[Who::Root, Who::Root, Who::Enacted, Who::Signer(Bob.to_account_id())]);
        world.make(&who, &call);
    } else {
        wait(world, bytes, 7 * DAY);
        signed(world, bytes, Execute::fix_final_table { group });
    }
}

fn exit(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let owner = owner(bytes, group);
    let claim = bytes.amount();
    let claim = bytes.of(&[0, u128::from(claim), u128::from(claim), u128::MAX]);
    let (key, proof) = proofs::exit(bytes, group, &owner, claim);
    let call = Execute::exit {
        group,
        key,
        claim,
        proof,
    };
    signed_by(world, bytes, owner, call);
}

fn pay_of_frozen(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    match bytes.byte() % 8 {
        0 | 1 => {
            wait(world, bytes, 31 * DAY);
            signed(world, bytes, Execute::settle_exits { group })
        }
        2..=4 => {
            let other = index(bytes);
            let index = mostly(bytes, ExitClaims::<Runtime>::iter_key_prefix(group), other);
            signed(world, bytes, Execute::pay_exit { group, index })
        }
        5 | 6 => {
            let waiting = Execution::queue(group, 0, 4);
            let ids: Vec<u64> = waiting.into_iter().map(|(id, _)| id).chain([u64::MAX]).collect();
            let item = bytes.of(&ids);
            signed(world, bytes, Execute::refund_item { group, item })
        }
        _ => {
            if bytes.once_in(2) {
                world.block(366 * DAY);
            }
            let call: RuntimeCall = Execute::release_rest { group }.into();
            let who = bytes.of(&[Who::Root, Who::Root, Who::Enacted, Who::Signer(Bob.to_account_id())]);
            world.make(&who, &call)
        }
    };
}

/// The end of a group as it should be, and now and then a part of it left out.
fn end(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let often = |bytes: &mut Bytes| bytes.but_once_in(8);
    let somebody = somebody(bytes);
    if often(bytes) {
        fresh_tables(world, 0);
    }
    world.blocks(2, 60_000);
    if often(bytes) {
        world.sign(&somebody, Execute::freeze { group });
    }
    for owner in actors() {
        if often(bytes) && Execution::index_of(group, &owner).is_some() {
            let claim = u128::from(bytes.word()) * 1_000;
            let (key, proof) = proofs::exit(&mut Bytes::new(&[]), group, &owner, claim);
            let call = Execute::exit {
                group,
                key,
                claim,
                proof,
            };
            world.sign(&owner, call);
        }
    }
    if often(bytes) {
        world.block(31 * DAY);
    }
    for _ in 0..bytes.byte() % 4 {
        world.sign(&somebody, Execute::settle_exits { group });
    }
    let exits: Vec<u32> = ExitClaims::<Runtime>::iter_key_prefix(group).take(8).collect();
    for index in exits {
        if often(bytes) {
            world.sign(&somebody, Execute::pay_exit { group, index });
        }
    }
    if often(bytes) {
        world.block(366 * DAY);
    }
    world.make(&Who::Root, &Execute::release_rest { group }.into());
}

fn take_back(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    if bytes.once_in(2) {
        wait(world, bytes, 2 * HOUR);
        let owner = owner(bytes, group);
        let index = Execution::index_of(group, &owner).unwrap_or_default();
        let taken = signed_by(world, bytes, owner, Execute::take_back { group });
        if taken && bytes.once_in(2) {
            world.block(5 * 60_000);
            signed(world, bytes, Execute::pay_back { group, index });
        }
    } else {
        wait(world, bytes, 5 * 60_000);
        let other = index(bytes);
        let queue = Execution::queue(group, 0, 64);
        let taken_back = queue.iter().filter(|(_, item)| item.until.is_some());
        let index = mostly(bytes, taken_back.map(|(_, item)| item.index.get()), other);
        signed(world, bytes, Execute::pay_back { group, index });
    }
}

fn custody(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    match bytes.byte() % 4 {
        0 | 1 => signed(world, bytes, Execute::report_custody { group }),
        2 => {
            if bytes.once_in(2) {
                let custodians = BoundedVec::truncate_from(vec![Alice.to_account_id()]);
                world.make(&Who::Enacted, &Execute::set_custodians { custodians }.into());
            }
            let lost = mostly(bytes, CustodyLost::<Runtime>::iter_keys(), group);
            govern(world, bytes, Execute::restore_custody { group: lost }.into())
        }
        _ => {
            let all: Vec<AccountId> = [Alice, Bob].map(|key| key.to_account_id()).to_vec();
            let custodians = BoundedVec::truncate_from(bytes.of(&[vec![], all]));
            govern(world, bytes, Execute::set_custodians { custodians }.into());
            signed(world, bytes, Execute::report_custody { group });
            if bytes.once_in(2) {
                let custodians = BoundedVec::truncate_from(vec![Alice.to_account_id()]);
                world.make(&Who::Enacted, &Execute::set_custodians { custodians }.into());
                world.make(&Who::Enacted, &Execute::restore_custody { group }.into());
            }
            true
        }
    };
}

/// A verifying key of batches that are wide enough for any group, and what it takes until it is good.
fn wide_shape(world: &mut World) {
    let call = Verify::set_verifying_key {
        id: 20,
        statement: StatementKind::Batch { units: 1, places: 8 },
        development: false,
        key: BoundedVec::truncate_from(trapdoor::key()),
    };
    world.make(&Who::Enacted, &call.into());
    if world.kind == Kind::Money {
        let now = frame_system::Pallet::<Runtime>::block_number();
        frame_system::Pallet::<Runtime>::set_block_number(now + 14_400);
    }
    world.blocks(2, 0);
}

/// More of something than there may be.
fn flood(world: &mut World, bytes: &mut Bytes) {
    match bytes.byte() % 8 {
        0 => {
            for id in 100..164 {
                let call = Verify::set_verifying_key {
                    id,
                    statement: StatementKind::Batch { units: 1, places: 8 },
                    development: false,
                    key: BoundedVec::truncate_from(trapdoor::key()),
                };
                if !world.make(&Who::Enacted, &call.into()) {
                    break;
                }
            }
        }
        1 => {
            for group in 100..164 {
                let params = group_params(&mut Bytes::new(&[7]));
                if !world.make(&Who::Enacted, &RiskCall::create_group { group, params }.into()) {
                    break;
                }
            }
            // All these groups get tables, which takes long.
            world.is_over = true;
        }
        2 => {
            for grace in 0..200 {
                let call = Box::new(RiskCall::set_table_grace { grace }.into());
                if !world.make(&Who::Root, &Timelock::announce { call }.into()) {
                    break;
                }
            }
        }
        3 => {
            for n in 0..40 {
                let who = AccountId::new([n; 32]).into();
                if !world.make(&Who::Enacted, &Operators::add_member { who }.into()) {
                    break;
                }
            }
        }
        4 => {
            let payer = somebody(bytes);
            let call = || Execute::pay_insurance {
                group: 1,
                amount: 1_000_000,
            };
            for _ in 0..34 {
                if !world.sign(&payer, call()) {
                    break;
                }
            }
        }
        5 => {
            wide_shape(world);
            for _ in 0..34 {
                let call = RiskCall::list_instrument {
                    group: 1,
                    feed: feeds::BTC_INDEX,
                    premium_feed: None,
                    params: instrument_params(&mut Bytes::new(&[0, 11])),
                };
                if !world.make(&Who::Enacted, &call.into()) {
                    break;
                }
            }
        }
        6 => {
            let depositor = owner(bytes, 1);
            let call = || Execute::deposit {
                group: 1,
                amount: 1_000_000,
            };
            for _ in 0..9 {
                if !world.sign(&depositor, call()) {
                    break;
                }
            }
        }
        _ => {
            let inner: RuntimeCall = frame_system::Call::remark {
                remark: vec![0; 70_000],
            }
            .into();
            let large = Box::new(Utility::batch { calls: vec![inner] }.into());
            world.make(&Who::Root, &Timelock::announce { call: large }.into());
            let inner: RuntimeCall = Timelock::withdraw {
                hash: Default::default(),
            }
            .into();
            let notice = Timelock::announce { call: Box::new(inner) };
            let notice = Box::new(RuntimeCall::from(notice));
            world.make(&Who::Root, &Timelock::announce { call: notice }.into());
        }
    }
}

/// Makes a call of governance in one of the ways in which it may be made, and in some in which it may not.
fn govern(world: &mut World, bytes: &mut Bytes, call: RuntimeCall) -> bool {
    let who = match bytes.byte() % 16 {
        0..=2 => Who::Root,
        3..=5 => {
            let announce = Timelock::announce {
                call: Box::new(call.clone()),
            };
            if !world.make(&Who::Root, &announce.into()) {
                return false;
            }
            world.announced.push(call);
            return true;
        }
        6 => {
            let call = Box::new(call);
            return world.sign(&Alice.to_account_id(), pallet_sudo::Call::sudo { call });
        }
        7 => Who::Signer(somebody(bytes)),
        8 => Who::Nobody,
        _ => Who::Enacted,
    };
    world.make(&who, &call)
}

fn statement(bytes: &mut Bytes) -> StatementKind {
    bytes.of(&[
        StatementKind::Batch { units: 2, places: 1 },
        StatementKind::Batch { units: 1, places: 4 },
        StatementKind::Batch { units: 3, places: 8 },
        StatementKind::Batch { units: 0, places: 1 },
        StatementKind::Batch { units: 129, places: 1 },
        StatementKind::Seal,
        StatementKind::HouseRekey,
        StatementKind::Solvency { subtrees: 1 },
        StatementKind::Solvency { subtrees: 64 },
        StatementKind::Solvency { subtrees: 65 },
        StatementKind::Exit,
    ])
}

fn verifying_key(bytes: &mut Bytes) -> BoundedVec<u8, frame_support::traits::ConstU32<1060>> {
    static KEY: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let mut key = KEY.get_or_init(trapdoor::key).clone();
    match bytes.byte() % 8 {
        0 => key.clear(),
        1 => key[20] ^= 1,
        2 => drop(key.pop()),
        _ => {}
    }
    BoundedVec::truncate_from(key)
}

/// A fresh round of a group in which nobody owes anything.
fn clean_round(world: &mut World, group: u32) {
    let terms = Some(SolvencyTerms {
        max_round_age: HOUR,
        freeze_after: HOUR,
    });
    world.make(&Who::Enacted, &Execute::set_solvency_terms { group, terms }.into());
    fresh_tables(world, 0);
    let payee = One.to_account_id();
    // Nothing is spoiled, and of the kinds of findings it is a clean one.
    if let Some(statement) = proofs::solvency(&mut Bytes::new(&[0, 0, 0, 3]), group, &payee) {
        world.sign(&payee, Execute::submit_solvency { group, statement });
    }
}

fn govern_execution(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let call: RuntimeCall = match bytes.byte() % 17 {
        0 | 1 => Execute::set_group_enabled {
            group,
            enabled: bytes.but_once_in(4),
        }
        .into(),
        2 => {
            let call = Verify::set_verifying_key {
                id: u16::from(bytes.byte() % 16),
                statement: statement(bytes),
                development: bytes.once_in(4),
                key: verifying_key(bytes),
            };
            call.into()
        }
        3 => Verify::remove_verifying_key {
            id: u16::from(bytes.byte() % 16),
        }
        .into(),
        4 => {
            let one = One.to_account_id();
            let all = [One, Alice].map(|key| key.to_account_id()).to_vec();
            let twice = vec![one.clone(), one.clone()];
            let submitters = bytes.of(&[vec![], vec![one], twice, all.clone(), all.clone(), actors()]);
            Sequence::set_members {
                group,
                members: BoundedVec::truncate_from(submitters),
            }
            .into()
        }
        5 => {
            let key = SecretKey::from_seed(&[bytes.byte() % 3; 32]).public();
            let (x, y) = (to_bytes(&key.x()), to_bytes(&key.y()));
            let x = bytes.of(&[x, x, x, y, [0xff; 32]]);
            Sequence::set_seal_key { group, x, y }.into()
        }
        6 => {
            let terms = Terms {
                notice: bytes.of(&[999, 1_000, 1_001, 60_000, 120_000, 120_001]),
                share: bytes.of(&[9, 10, 50, 90, 91]),
            };
            Execute::set_queue_terms { group, terms }.into()
        }
        7..=9 => {
            let terms = SolvencyTerms {
                max_round_age: bytes.of(&[59_999, 60_000, 60_000, HOUR, 12 * HOUR, 12 * HOUR + 1]),
                freeze_after: bytes.of(&[60_000, HOUR, 12 * HOUR, DAY, DAY + 1]),
            };
            let terms = bytes.of(&[None, Some(terms), Some(terms), Some(terms)]);
            Execute::set_solvency_terms { group, terms }.into()
        }
        10 | 11 => {
            let provers = bytes.of(&[999, 1_000, 5_000, 9_000, 9_001]);
            let terms = PayoutTerms {
                min_batches: bytes.of(&[0, 1, 1, 1, 2, 100_001]),
                provers,
                sequencer: 9_500u16.saturating_sub(provers),
                insurance: bytes.of(&[500, 500, 500, 499]),
                treasury: 0,
            };
            Execute::set_payout_terms { group, terms }.into()
        }
        12 | 13 => {
            if bytes.but_once_in(4) {
                clean_round(world, group);
            }
            let call = Execute::take_insurance {
                group,
                amount: bytes.amount(),
                to: payee(bytes),
            };
            call.into()
        }
        14 => {
            let group = bytes.of(&[group, 3, 3, 4]);
            if bytes.but_once_in(4) {
                let call = Assets::transfer {
                    id: Compact(SETTLEMENT_ASSET),
                    target: Execution::vault_account(group).into(),
                    amount: 10_000,
                };
                world.sign(&Alice.to_account_id(), call);
            }
            if bytes.but_once_in(4) {
                let params = group_params(bytes);
                world.make(&Who::Enacted, &RiskCall::create_group { group, params }.into());
            }
            let call = Execute::create_group {
                group,
                asset: bytes.of(&[SETTLEMENT_ASSET, SETTLEMENT_ASSET, 2, 9]),
                fee_account: Ferdie.to_account_id(),
            };
            call.into()
        }
        15 => {
            let terms = TakeOver {
                epoch: bytes.of(&[0, 1, 5, 5]),
                first_delay: bytes.of(&[
                    0,
                    MIN_FIRST_DELAY - 1,
                    MIN_FIRST_DELAY,
                    MIN_FIRST_DELAY,
                    MAX_FIRST_DELAY + 1,
                ]),
            };
            let terms = bytes.of(&[TakeOver::default(), terms, terms, terms]);
            Sequence::set_take_over { group, terms }.into()
        }
        _ => {
            let delays = Delays {
                terms: bytes.of(&[0, 1, 14_400]),
                members: bytes.of(&[0, 1, 43_200]),
                keys_and_code: bytes.of(&[0, 1, 201_600, 864_000, 864_001]),
            };
            Timelock::set_delays { delays }.into()
        }
    };
    govern(world, bytes, call);
}

/// Parameters within their bounds, and mostly one at a bound or beyond it.
fn group_params(bytes: &mut Bytes) -> GroupParams {
    let mut params = GroupParams {
        initial: 384,
        maintenance: 256,
        penalty: 13,
        max_discount: 5,
        fee_cap: 5_000,
        max_price_age: 600_000,
        table_interval: 1_000,
    };
    match bytes.byte() % 8 {
        0 => params.initial = bytes.of(&[281, 282, 2_048, 2_049]),
        1 => params.maintenance = bytes.of(&[255, 256, 1_024, 1_025]),
        2 => params.penalty = bytes.of(&[0, 128, 129]),
        3 => params.max_discount = bytes.of(&[0, 1, 26, 27]),
        4 => params.fee_cap = bytes.of(&[0, 10_000, 10_001]),
        5 => params.max_price_age = bytes.of(&[5_999, 6_000, 600_001]),
        6 => params.table_interval = bytes.of(&[999, 1_000, 600_000, 600_001]),
        _ => {}
    }
    params
}

/// The same of an instrument.
fn instrument_params(bytes: &mut Bytes) -> InstrumentParams {
    let mut params = InstrumentParams {
        lot_size: bytes.of(&[1_000_000, 1_000_000, 1_000_000, 10_000_000]),
        scan_range: 100_000,
        extreme_multiple: 3_000_000,
        extreme_cover: 350_000,
        floor_long: 0,
        floor_short: 0,
        band: 50_000,
        max_premium: 5_000,
        max_funding_rate: 1_000,
        limit: 1_000_000,
        chunk: 10_000,
    };
    match bytes.byte() % 12 {
        0 => params.lot_size = bytes.of(&[0, 1, 1_000_000_000_000_000, u64::MAX]),
        1 => params.scan_range = bytes.of(&[9_999, 10_000, 500_000, 500_001]),
        2 => params.extreme_multiple = bytes.of(&[999_999, 1_000_000, 5_000_000, 5_000_001]),
        3 => params.extreme_cover = bytes.of(&[99_999, 100_000, 1_000_000, 1_000_001]),
        4 => params.floor_long = bytes.of(&[200_000, 200_001]),
        5 => params.floor_short = bytes.of(&[200_000, 200_001]),
        6 => params.band = bytes.of(&[999, 1_000, 100_000, 100_001]),
        7 => params.max_premium = bytes.of(&[0, 50_000, 50_001]),
        8 => params.max_funding_rate = bytes.of(&[0, 10_000, 10_001]),
        9 => params.limit = bytes.of(&[0, 10_000, 1 << 40, u64::MAX]),
        10 => params.chunk = bytes.of(&[0, 1, 1_000_000, 1_000_001]),
        _ => {}
    }
    params
}

fn govern_risk(world: &mut World, bytes: &mut Bytes) {
    let group = group(bytes);
    let instrument_id = bytes.of(&[1, 1, 2, 3, 99]);
    let call: RuntimeCall = match bytes.byte() % 8 {
        0 => RiskCall::create_group {
            group,
            params: group_params(bytes),
        },
        1 => RiskCall::set_group_params {
            group,
            params: group_params(bytes),
        },
        2 => {
            if bytes.once_in(2) {
                wide_shape(world);
            }
            let feed = bytes.of(&[feeds::BTC_INDEX, feeds::ETH_INDEX, 99]);
            let premium_feed = bytes.of(&[None, Some(feeds::BTC_PERPETUAL), Some(98)]);
            RiskCall::list_instrument {
                group,
                feed,
                premium_feed,
                params: instrument_params(bytes),
            }
        }
        3 | 4 => RiskCall::set_instrument_params {
            group,
            instrument_id,
            params: instrument_params(bytes),
        },
        5 | 6 => RiskCall::set_instrument_status {
            group,
            instrument_id,
            status: bytes.of(&[Status::Trading, Status::CloseOnly, Status::Trading, Status::Expired]),
        },
        _ => RiskCall::set_table_grace {
            grace: bytes.of(&[0, 12_000, 120_000, 120_001, u64::MAX]),
        },
    }
    .into();
    govern(world, bytes, call);
}

fn govern_members(world: &mut World, bytes: &mut Bytes) {
    let member = OracleOperators::members();
    let who = somebody(bytes);
    let who: MultiAddress<AccountId, ()> = mostly(bytes, member.into_iter().chain([who.clone()]), who).into();
    let call = match bytes.byte() % 8 {
        0 => Operators::add_member { who },
        1 => Operators::remove_member { who },
        2 => Operators::swap_member {
            remove: who,
            add: somebody(bytes).into(),
        },
        3 | 4 => Operators::reset_members {
            members: vec![Alice.to_account_id()],
        },
        5 => Operators::set_prime { who },
        6 => Operators::clear_prime {},
        _ => {
            let other = somebody(bytes);
            let signer = bytes.of(&[Alice.to_account_id(), other]);
            world.sign(&signer, Operators::change_key { new: who });
            return;
        }
    };
    govern(world, bytes, call.into());
}

fn enact(world: &mut World, bytes: &mut Bytes) {
    let never: RuntimeCall = Execute::set_group_enabled {
        group: 1,
        enabled: true,
    }
    .into();
    let call = match world.announced.len() {
        0 => never,
        count => world.announced[usize::from(bytes.byte()) % count].clone(),
    };
    if bytes.once_in(6) {
        let hash = pallet_cloister_timelock::Pallet::<Runtime>::hash_of(&call);
        let withdraw: RuntimeCall = Timelock::withdraw { hash }.into();
        let who = bytes.of(&[Who::Root, Who::Root, Who::Enacted, Who::Signer(Bob.to_account_id())]);
        world.make(&who, &withdraw);
        return;
    }
    // A chain for money waits for days: blocks of them are not all made.
    if world.kind == Kind::Money && bytes.once_in(2) {
        let now = frame_system::Pallet::<Runtime>::block_number();
        let days = bytes.of(&[1, 3, 14, 46]);
        frame_system::Pallet::<Runtime>::set_block_number(now + days * 14_400);
    }
    let call = Box::new(call);
    signed(world, bytes, Timelock::enact { call });
}

fn assets(world: &mut World, bytes: &mut Bytes) {
    let id = Compact(SETTLEMENT_ASSET);
    let to = if bytes.once_in(2) {
        owner(bytes, 1)
    } else {
        payee(bytes)
    };
    let to = MultiAddress::from(to);
    let amount = u128::from(bytes.amount());
    let call = match bytes.byte() % 16 {
        0..=2 => {
            let call = Assets::transfer { id, target: to, amount };
            signed(world, bytes, call);
            return;
        }
        3 | 4 => Assets::mint {
            id,
            beneficiary: to,
            amount,
        },
        5 => Assets::burn { id, who: to, amount },
        6..=8 => Assets::block { id, who: to },
        9..=11 => Assets::thaw { id, who: to },
        12 => Assets::freeze { id, who: to },
        13 => Assets::freeze_asset { id },
        14 => Assets::force_transfer {
            id,
            source: to,
            dest: somebody(bytes).into(),
            amount,
        },
        _ => Assets::force_create {
            id: Compact(bytes.of(&[2, 9])),
            owner: somebody(bytes).into(),
            is_sufficient: true,
            min_balance: 1,
        },
    };
    if matches!(call, Assets::force_create { .. }) {
        govern(world, bytes, call.into());
        return;
    }
    world.sign(&Alice.to_account_id(), call);
}

/// Calls inside others.
fn wrap(world: &mut World, bytes: &mut Bytes) {
    let (group, signer) = (group(bytes), somebody(bytes));
    let inner: RuntimeCall = match bytes.byte() % 4 {
        0 => Execute::deposit {
            group,
            amount: bytes.amount(),
        }
        .into(),
        1 => match proofs::batch(bytes, group) {
            Some(batch) => Execute::submit_batch {
                group,
                batch: Box::new(batch),
            }
            .into(),
            None => return,
        },
        2 => Execute::claim { group }.into(),
        _ => Execute::pay_insurance {
            group,
            amount: bytes.amount(),
        }
        .into(),
    };
    let calls = vec![inner.clone(), inner.clone()];
    let call = match bytes.byte() % 5 {
        0 => Utility::batch { calls },
        1 => Utility::batch_all { calls },
        2 => Utility::force_batch { calls },
        3 => Utility::as_derivative {
            index: 0,
            call: Box::new(inner),
        },
        _ => Utility::if_else {
            main: Box::new(inner.clone()),
            fallback: Box::new(inner),
        },
    };
    signed_by(world, bytes, signer, call);
}
