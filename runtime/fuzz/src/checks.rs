//! What must hold after every call and every block, whatever was called.

use cloister_runtime::{
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_MINIMUM},
    AccountId, Assets, Bonds, Execution, Hash, Risk, Runtime, RuntimeEvent, Sequencers, Timelock, Verifier,
};
use codec::DecodeAll;
use frame_support::traits::fungibles::Inspect;
use polkadot_sdk::*;
use sp_io::hashing::twox_128;
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hasher},
};

/// Pallets whose storage a call changes that is refused: nonce, fee and weight are counted there.
const OF_TRANSACTIONS: [&str; 3] = ["System", "Balances", "TransactionPayment"];

/// Numbers of the storage, by the hashes of pallet and item.
type Digests = BTreeMap<[u8; 32], u64>;

/// What the settlement asset's holders have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// All there is.
    pub supply: u128,
    /// Who has it.
    pub balances: BTreeMap<AccountId, u128>,
    /// What the vault of each group has above what it owes: what it was given.
    pub given: BTreeMap<u32, u128>,
}

/// The state as far as the checks ask for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The storage of each pallet, but those of transactions.
    pub storage: Digests,
    /// The money.
    pub money: Money,
}

fn storage() -> Digests {
    let left_out = OF_TRANSACTIONS.map(|pallet| twox_128(pallet.as_bytes()));
    let mut digests: BTreeMap<[u8; 32], DefaultHasher> = BTreeMap::new();
    let mut at = Vec::new();
    while let Some(key) = sp_io::storage::next_key(&at) {
        at = key;
        let item = at.first_chunk::<32>().copied();
        let Some(item) = item.filter(|item| !left_out.iter().any(|pallet| item.starts_with(pallet))) else {
            continue;
        };
        let hasher = digests.entry(item).or_default();
        hasher.write(&at);
        hasher.write(&sp_io::storage::get(&at).unwrap_or_default());
    }
    digests
        .into_iter()
        .map(|(item, hasher)| (item, hasher.finish()))
        .collect()
}

fn money() -> Money {
    let holders = pallet_assets::Account::<Runtime>::iter_prefix(SETTLEMENT_ASSET);
    let balances: BTreeMap<AccountId, u128> = holders
        .map(|(who, _)| (who.clone(), Assets::balance(SETTLEMENT_ASSET, &who)))
        .collect();
    let given = Execution::groups().into_iter().map(|group| {
        let owed = Execution::group_totals(group)
            .sum()
            .expect("what a vault owes is a number");
        let vault = balances.get(&Execution::vault_account(group)).copied().unwrap_or(0);
        let given = vault.checked_sub(SETTLEMENT_MINIMUM + owed);
        (group, given.expect("a vault has what it owes"))
    });
    Money {
        supply: <Assets as Inspect<AccountId>>::total_issuance(SETTLEMENT_ASSET),
        given: given.collect(),
        balances,
    }
}

/// Whether anything of these pallets has changed, but whose turn it is to get a table, which changes in every block.
fn have_changed(before: &Digests, after: &Digests, pallets: &[&str]) -> bool {
    let turn = [twox_128(b"Risk"), twox_128(b"Cursor")].concat();
    let pallets: Vec<[u8; 16]> = pallets.iter().map(|pallet| twox_128(pallet.as_bytes())).collect();
    let of_pallets = |digests: &Digests| {
        let mut items = digests.clone();
        items.retain(|item, _| pallets.iter().any(|pallet| item.starts_with(pallet)) && item[..] != turn[..]);
        items
    };
    of_pallets(before) != of_pallets(after)
}

/// Looks at the state, and checks what pallets say of it that has changed since `before`.
pub fn look(before: Option<&Snapshot>) -> Snapshot {
    let storage = storage();
    let changed = |pallets: &[&str]| before.is_none_or(|before| have_changed(&before.storage, &storage, pallets));
    if changed(&["Execution", "Assets"]) {
        Execution::do_try_state().expect("the invariants of Execution");
    }
    if changed(&["Verifier"]) {
        Verifier::do_try_state().expect("the invariants of Verifier");
    }
    if changed(&["Sequencers"]) {
        Sequencers::do_try_state().expect("the invariants of Sequencers");
    }
    if changed(&["Bonds", "Balances"]) {
        Bonds::do_try_state().expect("the invariants of Bonds");
    }
    if changed(&["Risk"]) {
        Risk::do_try_state().expect("the invariants of Risk");
    }
    if changed(&["Timelock"]) {
        Timelock::do_try_state().expect("the invariants of Timelock");
    }
    let money = match before {
        Some(before) if !changed(&["Execution", "Assets"]) => before.money.clone(),
        _ => money(),
    };
    assert_eq!(
        money.balances.values().sum::<u128>(),
        money.supply,
        "the balances are not the supply"
    );
    events();
    Snapshot { storage, money }
}

/// That the events so far are what readers take them for, byte by byte.
fn events() {
    let key = [twox_128(b"System"), twox_128(b"Events")].concat();
    let bytes = sp_io::storage::get(&key).unwrap_or_default();
    if !bytes.is_empty() {
        type Records = Vec<frame_system::EventRecord<RuntimeEvent, Hash>>;
        Records::decode_all(&mut &bytes[..]).expect("events can be read");
    }
}

/// What may happen to money by a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// The signer pays into a vault; nobody else loses anything.
    In,
    /// A vault pays. No account loses anything.
    Out,
    /// A vault pays, or counts what it was given as its group's.
    Counts,
    /// Nothing moves.
    Nothing,
    /// Calls of the asset: anything, but vaults lose nothing.
    OfAsset,
}

/// Whose money moved that may not.
pub fn check_money(before: &Money, after: &Money, moves: Moves, signer: Option<&AccountId>) {
    let vaults: Vec<AccountId> = before
        .given
        .keys()
        .map(|group| Execution::vault_account(*group))
        .collect();
    for (who, had) in &before.balances {
        let has = after.balances.get(who).copied().unwrap_or(0);
        let is_vault = vaults.contains(who);
        let may_lose = match moves {
            Moves::In => signer == Some(who),
            Moves::Out | Moves::Counts => is_vault,
            Moves::Nothing => false,
            Moves::OfAsset => !is_vault,
        };
        assert!(may_lose || has >= *had, "{who:?} had {had}, has {has}: {moves:?}");
    }
    if moves != Moves::OfAsset {
        assert_eq!(before.supply, after.supply, "money was made or lost: {moves:?}");
    }
    for (group, was) in &before.given {
        let is = after.given.get(group).copied().unwrap_or(0);
        match moves {
            // What is left of a balance below the minimum goes with the payment.
            Moves::In => assert!(
                is >= *was && is - was < SETTLEMENT_MINIMUM,
                "group {group}: {was}, {is}"
            ),
            Moves::Out | Moves::Nothing => assert_eq!(is, *was, "group {group}: the vault does not have what it owes"),
            Moves::Counts => assert!(is <= *was, "group {group}: {was}, {is}"),
            Moves::OfAsset => assert!(is >= *was, "group {group}: a vault has lost {was} - {is}"),
        }
    }
}
