//! What steps have in common: whom they are of, prices, and calls of somebody who signs.

use crate::{
    bytes::Bytes,
    chain::{actors, Who},
    world::World,
};
use cloister_runtime::{
    configs::{
        cloister::Treasury,
        oracle::{FeedId, FeedValue},
    },
    genesis_presets::{feeds, OPERATOR},
    offices::Origin as Office,
    AccountId, Execution, Runtime, RuntimeCall,
};
use frame_support::{traits::Get, BoundedVec};
use polkadot_sdk::*;
use sp_keyring::Sr25519Keyring::{Alice, Ferdie, One};

pub type Assets = pallet_assets::Call<Runtime>;
pub type Operators = pallet_membership::Call<Runtime, cloister_runtime::configs::oracle::OperatorsInstance>;
pub type Oracle = pallet_oracle::Call<Runtime>;
pub type Utility = pallet_utility::Call<Runtime>;

pub const HOUR: u64 = 3_600_000;
pub const DAY: u64 = 24 * HOUR;

/// Most of what happens, happens in the first group.
pub fn group(bytes: &mut Bytes) -> u32 {
    match bytes.byte() % 32 {
        0..=4 => 2,
        5 | 6 => 3,
        7 => u32::MAX,
        _ => 1,
    }
}

/// Somebody who acts; mostly one of the first.
pub fn somebody(bytes: &mut Bytes) -> AccountId {
    bytes.of(&actors())
}

/// Somebody who has an account in a group, if anybody has; now and then somebody else.
pub fn owner(bytes: &mut Bytes, group: u32) -> AccountId {
    let with_account = |who: &AccountId| Execution::index_of(group, who).is_some();
    let owners: Vec<AccountId> = actors().into_iter().filter(with_account).collect();
    if owners.is_empty() || bytes.once_in(6) {
        return somebody(bytes);
    }
    bytes.of(&owners)
}

/// Somebody who is paid: one who acts, the fee account, the treasury, a vault, or somebody without anything.
pub fn payee(bytes: &mut Bytes) -> AccountId {
    match bytes.byte() % 16 {
        0 => Ferdie.to_account_id(),
        1 => Treasury::get(),
        2 => Execution::vault_account(group(bytes)),
        3 => AccountId::new([bytes.byte(); 32]),
        _ => somebody(bytes),
    }
}

/// Feeds that no instrument of the genesis has: more than a group has rows.
pub const SPARE_FEEDS: core::ops::Range<FeedId> = 20..54;

/// Prices in whole units of the settlement asset, those of all spare feeds included.
pub fn feed(world: &mut World, signer: &AccountId, btc: u32, eth: u32) -> bool {
    let prices = [
        (feeds::BTC_INDEX, btc),
        (feeds::BTC_PERPETUAL, btc + 10),
        (feeds::ETH_INDEX, eth),
        (feeds::ETH_PERPETUAL, eth),
    ];
    let spare = SPARE_FEEDS.map(|feed| (feed, btc));
    let values = prices.into_iter().chain(spare);
    let values = values.map(|(feed, price)| (feed, FeedValue::from_u32(price)));
    let values = BoundedVec::truncate_from(values.collect());
    world.sign(signer, Oracle::feed_values { values })
}

/// Prices of ordinary times, and a block in which both groups get their tables.
pub fn fresh_tables(world: &mut World, ms: u64) {
    world.block(ms);
    feed(world, &OPERATOR.to_account_id(), 60_000, 3_000);
    world.blocks(2, 0);
}

/// Makes tables if the newest is old, or not all that waits is ready at it.
pub fn tables_in_time(world: &mut World, bytes: &mut Bytes, group: u32) {
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

/// Makes a call as somebody, and now and then as what may not.
pub fn signed(world: &mut World, bytes: &mut Bytes, call: impl Into<RuntimeCall>) -> bool {
    let signer = somebody(bytes);
    signed_by(world, bytes, signer, call)
}

/// The same as this account.
pub fn signed_by(world: &mut World, bytes: &mut Bytes, signer: AccountId, call: impl Into<RuntimeCall>) -> bool {
    let who = match bytes.byte() % 32 {
        1 => bytes.of(&[Who::Root, Who::Office(Office::Government)]),
        2 => Who::Enacted,
        3 => Who::Nobody,
        _ => Who::Signer(signer),
    };
    world.make(&who, &call.into())
}

/// One who submits batches; now and then one who may not.
pub fn submitter(bytes: &mut Bytes) -> AccountId {
    match bytes.byte() % 16 {
        1 => somebody(bytes),
        2 => Alice.to_account_id(),
        _ => One.to_account_id(),
    }
}

/// One of these; now and then, and if there are none, another.
pub fn mostly<T: Clone>(bytes: &mut Bytes, choices: impl Iterator<Item = T>, other: T) -> T {
    let choices: Vec<T> = choices.take(16).collect();
    if choices.is_empty() || bytes.once_in(8) {
        return other;
    }
    bytes.of(&choices)
}
