//! The chains that need no specification file.
//!
//! | preset | authorities | sudo key | for |
//! | --- | --- | --- | --- |
//! | `development` | Alice | Alice | one node on one machine |
//! | `local_testnet` | Alice, Bob | none | a network of nodes on one machine |
//!
//! Their keys are public, so neither is for money.

use crate::{
    constants::money::{
        SETTLEMENT_ASSET, SETTLEMENT_DECIMALS, SETTLEMENT_MINIMUM, SETTLEMENT_NAME, SETTLEMENT_SYMBOL, SETTLEMENT_UNIT, UNIT,
    },
    AccountId, AssetsConfig, AuraConfig, Balance, BalancesConfig, GrandpaConfig, OracleOperatorsConfig,
    RuntimeGenesisConfig, SudoConfig,
};
use alloc::{string::ToString, vec, vec::Vec};
use frame_support::{build_struct_json_patch, BoundedVec};
use polkadot_sdk::*;
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Native tokens of each account of a preset.
pub const ENDOWMENT: Balance = 1_000_000 * UNIT;
/// Settlement asset of each account of a preset.
pub const SETTLEMENT_ENDOWMENT: Balance = 10_000_000 * SETTLEMENT_UNIT;

/// Price feeds of the presets.
pub mod feeds {
    use crate::configs::oracle::FeedId;

    /// Bitcoin, spot index.
    pub const BTC_INDEX: FeedId = 1;
    /// Bitcoin, price of the perpetual.
    pub const BTC_PERPETUAL: FeedId = 2;
    /// Ether, spot index.
    pub const ETH_INDEX: FeedId = 3;
    /// Ether, price of the perpetual.
    pub const ETH_PERPETUAL: FeedId = 4;
}

/// The keyring's accounts that the presets endow.
pub fn endowed() -> Vec<AccountId> {
    Sr25519Keyring::well_known().map(|key| key.to_account_id()).collect()
}

/// What a preset chooses.
struct Choice {
    /// Names of the validators.
    authorities: Vec<(Sr25519Keyring, Ed25519Keyring)>,
    /// Sudo key.
    sudo: Option<AccountId>,
    /// Oracle operators.
    operators: Vec<AccountId>,
}

impl Choice {
    fn patch(self) -> Value {
        let accounts = endowed();
        // The issuer of the settlement asset on chains whose keys are public.
        let issuer = Sr25519Keyring::Alice.to_account_id();
        build_struct_json_patch!(RuntimeGenesisConfig {
            aura: AuraConfig {
                authorities: self.authorities.iter().map(|(aura, _)| aura.public().into()).collect::<Vec<_>>(),
            },
            grandpa: GrandpaConfig {
                authorities: self.authorities.iter().map(|(_, grandpa)| (grandpa.public().into(), 1)).collect::<Vec<_>>(),
            },
            balances: BalancesConfig {
                balances: accounts.iter().map(|account| (account.clone(), ENDOWMENT)).collect::<Vec<_>>(),
            },
            assets: AssetsConfig {
                assets: vec![(SETTLEMENT_ASSET, issuer, true, SETTLEMENT_MINIMUM)],
                metadata: vec![(
                    SETTLEMENT_ASSET,
                    SETTLEMENT_NAME.as_bytes().to_vec(),
                    SETTLEMENT_SYMBOL.as_bytes().to_vec(),
                    SETTLEMENT_DECIMALS,
                )],
                accounts: accounts
                    .iter()
                    .map(|account| (SETTLEMENT_ASSET, account.clone(), SETTLEMENT_ENDOWMENT))
                    .collect::<Vec<_>>(),
            },
            sudo: SudoConfig { key: self.sudo },
            // A preset names fewer operators than the bound.
            oracle_operators: OracleOperatorsConfig { members: BoundedVec::truncate_from(self.operators) },
        })
    }
}

/// One validator that is also everything else: [`DEV_RUNTIME_PRESET`].
pub fn development() -> Value {
    let alice = Sr25519Keyring::Alice.to_account_id();
    Choice {
        authorities: vec![(Sr25519Keyring::Alice, Ed25519Keyring::Alice)],
        sudo: Some(alice.clone()),
        operators: vec![alice],
    }
    .patch()
}

/// Two validators, no sudo key, three oracle operators: [`LOCAL_TESTNET_RUNTIME_PRESET`].
pub fn local() -> Value {
    Choice {
        authorities: vec![
            (Sr25519Keyring::Alice, Ed25519Keyring::Alice),
            (Sr25519Keyring::Bob, Ed25519Keyring::Bob),
        ],
        sudo: None,
        operators: [Sr25519Keyring::Alice, Sr25519Keyring::Bob, Sr25519Keyring::Charlie]
            .map(|key| key.to_account_id())
            .to_vec(),
    }
    .patch()
}

/// The preset called `id` as JSON, none if there is no such preset.
pub fn get(id: &PresetId) -> Option<Vec<u8>> {
    let patch = match id.as_str() {
        DEV_RUNTIME_PRESET => development(),
        LOCAL_TESTNET_RUNTIME_PRESET => local(),
        _ => return None,
    };
    Some(patch.to_string().into_bytes())
}

/// Names of the presets.
pub fn names() -> Vec<PresetId> {
    vec![PresetId::from(DEV_RUNTIME_PRESET), PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET)]
}
