//! The presets make a genesis block, and it holds what their documentation says.

use cloister_runtime::{
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_DECIMALS},
    genesis_presets, Assets, Balances, OracleOperators, Runtime, RuntimeGenesisConfig,
};
use frame_support::traits::{fungibles::metadata::Inspect as _, SortedMembers};
use polkadot_sdk::*;
use serde_json::Value;
use sp_genesis_builder::{DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::BuildStorage;

/// Merges `patch` into `target` as the genesis builder does (RFC 7386, without removals).
fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

/// State after the genesis block of the preset called `name`.
pub fn state(name: &str) -> TestExternalities {
    config(name)
        .build_storage()
        .expect("a preset makes a genesis block")
        .into()
}

/// What the preset called `name` starts with.
pub fn config(name: &str) -> RuntimeGenesisConfig {
    let preset = genesis_presets::get(&name.into()).expect("the preset exists");
    let patch = serde_json::from_slice(&preset).expect("a preset is JSON");
    let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("the default is JSON");
    merge(&mut config, patch);
    serde_json::from_value(config).expect("a preset fits the configuration")
}

#[test]
fn every_named_preset_should_make_a_genesis_block() {
    let names = genesis_presets::names();
    assert_eq!(
        names,
        [
            DEV_RUNTIME_PRESET,
            LOCAL_TESTNET_RUNTIME_PRESET,
            genesis_presets::STAGING
        ]
    );
    for name in names {
        state(&name).execute_with(|| {
            let authorities = pallet_aura::Authorities::<Runtime>::get();
            assert!(!authorities.is_empty());
            assert_eq!(
                authorities.len(),
                pallet_grandpa::Pallet::<Runtime>::grandpa_authorities().len()
            );
        });
    }
}

#[test]
fn an_unknown_preset_should_not_exist() {
    assert_eq!(genesis_presets::get(&"mainnet".into()), None);
}

#[test]
fn only_the_development_preset_should_have_a_sudo_key() {
    state(DEV_RUNTIME_PRESET).execute_with(|| {
        assert_eq!(
            pallet_sudo::Key::<Runtime>::get(),
            Some(Sr25519Keyring::Alice.to_account_id())
        );
    });
    for name in [LOCAL_TESTNET_RUNTIME_PRESET, genesis_presets::STAGING] {
        state(name).execute_with(|| assert_eq!(pallet_sudo::Key::<Runtime>::get(), None));
    }
}

#[test]
fn well_known_accounts_should_hold_the_native_token_and_the_settlement_asset() {
    for name in genesis_presets::names() {
        state(&name).execute_with(|| {
            for account in genesis_presets::endowed() {
                assert_eq!(Balances::free_balance(&account), genesis_presets::ENDOWMENT);
                assert_eq!(
                    Assets::balance(SETTLEMENT_ASSET, &account),
                    genesis_presets::SETTLEMENT_ENDOWMENT
                );
            }
            assert_eq!(Assets::decimals(SETTLEMENT_ASSET), SETTLEMENT_DECIMALS);
        });
    }
}

#[test]
fn presets_should_name_oracle_operators() {
    state(DEV_RUNTIME_PRESET).execute_with(|| assert_eq!(OracleOperators::sorted_members().len(), 1));
    state(LOCAL_TESTNET_RUNTIME_PRESET).execute_with(|| assert_eq!(OracleOperators::sorted_members().len(), 4));
}
