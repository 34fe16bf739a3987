//! Storage of earlier runtimes becomes that of this one (C-MIGRATIONS).

use crate::genesis::state;
use cloister_runtime::{genesis_presets::STAGING, AccountId, Execution, Executive, Runtime, System, Verifier};
use codec::{Decode, Encode};
use frame_support::{
    storage::{migration::move_storage_from_pallet, storage_prefix, unhashed},
    traits::{GetStorageVersion, StorageVersion},
};
use pallet_cloister_sequencers::{Field, Members, SealKeys};
use polkadot_sdk::*;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_io::{hashing::twox_128, storage};
use sp_keyring::Sr25519Keyring::Alice;
use std::collections::BTreeMap;

/// Everything below the prefixes of the pallets.
fn contents(pallets: &[&str]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut all = BTreeMap::new();
    for pallet in pallets {
        let prefix = twox_128(pallet.as_bytes());
        let mut key = prefix.to_vec();
        while let Some(next) = storage::next_key(&key).filter(|next| next.starts_with(&prefix)) {
            let value = storage::get(&next).expect("it is there").to_vec();
            all.insert(next.clone(), value);
            key = next;
        }
    }
    all
}

/// Lays the storage out as version 0 of pallet execution had it.
fn unsplit() {
    for name in ["Development", "VerifyingKeys", "CounterForVerifyingKeys"] {
        move_storage_from_pallet(name.as_bytes(), b"Verifier", b"Execution");
    }
    let (members, key): (Vec<AccountId>, Option<(Field, Field)>) =
        (Members::<Runtime>::get(1).into_inner(), SealKeys::<Runtime>::get(1));
    unhashed::put(&storage_prefix(b"Execution", b"Submitters"), &members);
    if let Some(key) = key {
        unhashed::put(&storage_prefix(b"Execution", b"SealKey"), &key);
    }
    for pallet in ["Verifier", "Sequencers"] {
        let _ = unhashed::clear_prefix(&twox_128(pallet.as_bytes()), None, None);
    }
    StorageVersion::new(0).put::<Execution>();
}

/// As the executive does in the first block of a new runtime.
fn upgrade() {
    let _ = Executive::execute_on_runtime_upgrade();
}

const PALLETS: [&str; 3] = ["Execution", "Verifier", "Sequencers"];

#[test]
fn split_should_lead_to_what_the_genesis_of_this_runtime_has() {
    for preset in [DEV_RUNTIME_PRESET, STAGING] {
        state(preset).execute_with(|| {
            System::set_block_number(1);
            let wanted = contents(&PALLETS);
            unsplit();
            assert_eq!(contents(&PALLETS[1..]), BTreeMap::new());
            assert_eq!(Verifier::verifying_keys(), []);
            upgrade();
            assert_eq!(contents(&PALLETS), wanted, "{preset}");
            assert_eq!(Execution::on_chain_storage_version(), 1);
            // Once only.
            upgrade();
            assert_eq!(contents(&PALLETS), wanted, "{preset}");
        });
    }
}

#[test]
fn split_should_name_a_submitter_once_that_was_named_twice() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        unsplit();
        let alice: AccountId = Alice.to_account_id();
        let twice = vec![alice.clone(), alice.clone()];
        unhashed::put(&storage_prefix(b"Execution", b"Submitters"), &twice);
        upgrade();
        for group in [1, 2] {
            assert_eq!(
                Members::<Runtime>::get(group).into_inner(),
                std::slice::from_ref(&alice)
            );
        }
    });
}

#[test]
fn storage_of_the_newest_version_should_be_left_alone() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        System::set_block_number(1);
        // What version 0 had under these names would be moved.
        let key = storage_prefix(b"Execution", b"Submitters");
        unhashed::put(&key, &vec![Alice.to_account_id()]);
        let before = contents(&PALLETS);
        upgrade();
        assert_eq!(contents(&PALLETS), before);
        let kept = unhashed::get_raw(&key).expect("it is there");
        assert_eq!(
            Vec::<AccountId>::decode(&mut &kept[..]).expect("accounts").encode(),
            kept
        );
    });
}
