//! Bytes as steps: what is called, by whom, with what, and how much time passes. Most of it is what honest programs
//! would do in the state as it is, so that sequences come far; the rest is not.

mod bonds;
mod common;
mod governance;
mod secrets;

use crate::{
    bytes::Bytes,
    chain::{actors, Who},
    proofs,
    world::World,
};
use bonds::{bonds, stake};
use cloister_ledger::Switches;
use cloister_runtime::{
    configs::{governance::proxies::ProxyType, oracle::FeedValue},
    constants::money::SETTLEMENT_ASSET,
    genesis_presets::OPERATOR,
    offices::Origin as Office,
    AccountId, Execution, Runtime, RuntimeCall,
};
use codec::Compact;
use common::*;
use frame_support::BoundedVec;
use governance::{enact, flood, govern, govern_execution, govern_members, govern_risk, pause};
use pallet_cloister_execution::{
    Beneficiary, Call as Execute, Claims, Credits, CustodyLost, ExitClaims, PayoutTerms, Shares, SolvencyTerms,
    WithheldClaims,
};
use pallet_cloister_risk::Call as RiskCall;
use polkadot_sdk::*;
use secrets::{make_rotation_due, secrets};
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, One};
use sp_runtime::MultiAddress;

fn index(bytes: &mut Bytes) -> u32 {
    bytes.of(&[0, 0, 0, 1, 1, 2, 3, 4, 1 << 24, u32::MAX])
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
    match start & 3 {
        1 => make_rotation_due(world, 1),
        2 => stake(world, 1),
        _ => {}
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
    (5, final_table),
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
    (6, bonds),
    (6, secrets),
    (1, pause),
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
        _ => Who::Signer(OPERATOR.to_account_id()),
    };
    world.make(&who, &call);
}

fn refresh(world: &mut World, bytes: &mut Bytes) {
    let call = RiskCall::refresh_table { group: group(bytes) };
    signed(world, bytes, call);
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
        let who = bytes.of(&[
            Who::Office(Office::Government),
            Who::Office(Office::RiskAdmin),
            Who::Enacted,
            Who::Signer(Bob.to_account_id()),
        ]);
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
            let who = bytes.of(&[
                Who::Office(Office::Government),
                Who::Office(Office::RiskAdmin),
                Who::Enacted,
                Who::Signer(Bob.to_account_id()),
            ]);
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
    world.make(
        &Who::Office(Office::Government),
        &Execute::release_rest { group }.into(),
    );
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
    let call = match bytes.byte() % 7 {
        5 => {
            let call = pallet_multisig::Call::as_multi_threshold_1 {
                other_signatories: vec![AccountId::new([0; 32])],
                call: Box::new(inner),
            };
            signed_by(world, bytes, signer, call);
            return;
        }
        6 => {
            let real = somebody(bytes);
            let add = pallet_proxy::Call::add_proxy {
                delegate: signer.clone().into(),
                proxy_type: bytes.of(&[ProxyType::Any, ProxyType::Trading, ProxyType::WayOut]),
                delay: 0,
            };
            world.sign(&real, add);
            let call = pallet_proxy::Call::proxy {
                real: real.into(),
                force_proxy_type: None,
                call: Box::new(inner),
            };
            signed_by(world, bytes, signer, call);
            return;
        }
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
