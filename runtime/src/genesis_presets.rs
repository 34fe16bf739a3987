//! The chains that need no specification file.
//!
//! | preset | validators | sudo key | oracle operators | development parameters | for |
//! | --- | --- | --- | --- | --- | --- |
//! | `development` | Alice | Alice | Charlie | accepted | one node on one machine |
//! | `local_testnet` | Alice, Bob | none | Alice, Bob, Charlie, Dave | accepted | a network of nodes on one machine |
//! | `staging` | Alice, Bob | none | Alice, Bob, Charlie, Dave | refused | a chain of one's own, with other keys |
//!
//! All have the two margin groups of [`groups`], settling in USDX, with One and Alice as submitters of batches, and
//! endow the keyring's accounts. Those that accept development parameters have verifying keys and a sealing key from
//! the first block, from public seeds, so that their exchange starts by itself, Alice as the custodian of USDX, and
//! notices that are due at once. On `staging` nobody holds a role of USDX, and all that is governed waits for its time.
//! The keys of all are public, so none is for money: no node runs `staging` as it is, `make-chain` has its keys
//! replaced.

use crate::{
    configs::oracle::FeedId,
    constants::{
        development::SEAL_SEED,
        money::{
            EXISTENTIAL_DEPOSIT, SETTLEMENT_ASSET, SETTLEMENT_DECIMALS, SETTLEMENT_MINIMUM, SETTLEMENT_NAME,
            SETTLEMENT_SYMBOL, SETTLEMENT_UNIT, UNIT,
        },
        validators::CANDIDACY_BOND,
    },
    opaque::SessionKeys,
    AccountId, AssetsConfig, Balance, BalancesConfig, BlockNumber, CollatorSelection, CollatorSelectionConfig,
    Execution, ExecutionConfig, OracleOperatorsConfig, RiskConfig, RuntimeGenesisConfig, SequencersConfig,
    SessionConfig, SudoConfig, TimelockConfig, VerifierConfig,
};
use alloc::{string::ToString, vec, vec::Vec};
use cloister_crypto::{field::to_bytes, seal::SealKey};
use frame_support::{build_struct_json_patch, BoundedVec};
use pallet_cloister_risk::{GenesisGroup, GenesisInstrument, GroupParams, InstrumentParams};
use pallet_cloister_sequencers::{Field, GenesisSequencers};
use pallet_cloister_timelock::Delays;
use pallet_cloister_verifier::{GenesisKey, KeyId, StatementKind};
use polkadot_sdk::*;
use serde_json::Value;
use sp_genesis_builder::{PresetId, DEV_RUNTIME_PRESET, LOCAL_TESTNET_RUNTIME_PRESET};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// Native tokens of each account of a preset.
pub const ENDOWMENT: Balance = 1_000_000 * UNIT;
/// Settlement asset of each account of a preset.
pub const SETTLEMENT_ENDOWMENT: Balance = 10_000_000 * SETTLEMENT_UNIT;

/// The preset for a chain of one's own.
pub const STAGING: &str = "staging";

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

/// Margin groups of the presets.
pub mod groups {
    /// Bitcoin: one perpetual, a lot is 0.001 BTC.
    pub const BTC: u32 = 1;
    /// Ether: one perpetual, a lot is 0.01 ETH.
    pub const ETH: u32 = 2;
}

/// Verifying key of batches in the development preset.
pub const DEVELOPMENT_BATCH_KEY: KeyId = 1;
/// Shape of those batches.
pub const DEVELOPMENT_SHAPE: StatementKind = StatementKind::Batch { units: 9, places: 1 };
/// Verifying key of batches whose units have several places, in the development preset.
pub const DEVELOPMENT_MAKER_KEY: KeyId = 7;
/// Shape of those batches.
pub const DEVELOPMENT_MAKER_SHAPE: StatementKind = StatementKind::Batch { units: 4, places: 4 };
/// Verifying key of seals in the development preset.
pub const DEVELOPMENT_SEAL_KEY: KeyId = 2;
/// Verifying key of house re-keys in the development preset.
pub const DEVELOPMENT_HOUSE_KEY: KeyId = 3;
/// Milliseconds.
const HOUR: u64 = 3_600_000;

/// Verifying key of solvency statements in the development preset.
pub const DEVELOPMENT_SOLVENCY_KEY: KeyId = 4;
/// Shape of those statements: the smaller one, which fits a development machine.
pub const DEVELOPMENT_SOLVENCY_SHAPE: StatementKind = StatementKind::Solvency { subtrees: 6 };
/// Verifying key of large solvency statements in the development preset.
pub const DEVELOPMENT_LARGE_SOLVENCY_KEY: KeyId = 5;
/// Shape of those.
pub const DEVELOPMENT_LARGE_SOLVENCY_SHAPE: StatementKind = StatementKind::Solvency { subtrees: 13 };
/// Verifying key of exits in the development preset.
pub const DEVELOPMENT_EXIT_KEY: KeyId = 6;
/// The key of batches, from parameters whose seed is public. A test makes it anew and compares.
const BATCH_KEY_BYTES: &[u8] = include_bytes!("../keys/development-9x1.vk");
/// The key of batches whose units have several places, made likewise.
const MAKER_KEY_BYTES: &[u8] = include_bytes!("../keys/development-4x4.vk");
/// The key of seals, made likewise.
const SEAL_KEY_BYTES: &[u8] = include_bytes!("../keys/development-seal.vk");
/// The key of house re-keys, made likewise.
const HOUSE_KEY_BYTES: &[u8] = include_bytes!("../keys/development-house-rekey.vk");

/// The key of solvency statements, made likewise.
const SOLVENCY_KEY_BYTES: &[u8] = include_bytes!("../keys/development-solvency-6.vk");
/// The key of large ones, made likewise.
const LARGE_SOLVENCY_KEY_BYTES: &[u8] = include_bytes!("../keys/development-solvency-13.vk");

/// The key of exits, made likewise.
const EXIT_KEY_BYTES: &[u8] = include_bytes!("../keys/development-exit.vk");

/// Receives the fees of both groups.
pub const FEE_ACCOUNT: Sr25519Keyring = Sr25519Keyring::Ferdie;
/// Oracle operator of the development preset. It does nothing else either.
pub const OPERATOR: Sr25519Keyring = Sr25519Keyring::Charlie;
/// Account of the sequencer: it submits batches. It does nothing else, so that its nonces are the sequencer's alone.
pub const SEQUENCER: Sr25519Keyring = Sr25519Keyring::One;

/// When a group gets a risk table: the age above which a price is stale, the time between two tables; milliseconds.
#[derive(Clone, Copy)]
struct Pace {
    max_price_age: u64,
    table_interval: u64,
}

/// How long a risk table may still be named after the next one is built, milliseconds. These chains run on one machine
/// that has other work; a chain for money has less.
const TABLE_GRACE: u64 = 120_000;

/// A margin group with one perpetual. `lot_size` is in 10^-9 units of the underlying.
fn perpetual_group(group: u32, feed: FeedId, premium_feed: FeedId, lot_size: u64, pace: Pace) -> GenesisGroup<FeedId> {
    GenesisGroup {
        group,
        params: GroupParams {
            // One and a half times the modelled loss to open, the loss itself to keep.
            initial: 384,
            maintenance: 256,
            // About 5 %.
            penalty: 13,
            max_discount: 5,
            // 0.5 % of the traded cost.
            fee_cap: 5_000,
            max_price_age: pace.max_price_age,
            table_interval: pace.table_interval,
        },
        instruments: vec![GenesisInstrument {
            feed,
            premium_feed: Some(premium_feed),
            params: InstrumentParams {
                lot_size,
                // 10 %, and a crash of 30 % of which 35 % is covered.
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
            },
        }],
    }
}

/// The group [`groups::BTC`] as benchmarks use it.
#[cfg(feature = "runtime-benchmarks")]
pub fn btc_group() -> GenesisGroup<FeedId> {
    let pace = Pace {
        max_price_age: 60_000,
        table_interval: 12_000,
    };
    perpetual_group(groups::BTC, feeds::BTC_INDEX, feeds::BTC_PERPETUAL, 1_000_000, pace)
}

/// The keyring's accounts that the presets endow.
pub fn endowed() -> Vec<AccountId> {
    Sr25519Keyring::well_known()
        .chain([SEQUENCER])
        .map(|key| key.to_account_id())
        .collect()
}

/// What a preset chooses.
struct Choice {
    /// The validators that government names: the account, which has the same key as the one of blocks, and the key of
    /// votes.
    validators: Vec<(Sr25519Keyring, Ed25519Keyring)>,
    /// Candidates with a bond that may be validators besides.
    desired_candidates: u32,
    /// Sudo key.
    sudo: Option<AccountId>,
    /// Oracle operators.
    operators: Vec<AccountId>,
    /// Whether parameters from a public seed are accepted.
    development: bool,
    /// Coordinates of the sequencers' sealing key.
    seal_key: Option<(Field, Field)>,
    /// Of the risk tables.
    pace: Pace,
    /// Terms of the queues, notice in milliseconds and share in percent; the default if none.
    queue_terms: Option<(u64, u8)>,
    /// Solvency terms of the groups, age of rounds and time to a freeze in milliseconds; none if the gate is off.
    solvency_terms: Option<(u64, u64)>,
    /// Verifying keys that are good from the first block.
    verifying_keys: Vec<GenesisKey>,
    /// Holds the roles of the settlement asset; the keyless custodian if none.
    issuer: Option<AccountId>,
    /// Delays of notices; the shortest outside a development chain if none.
    delays: Option<Delays<BlockNumber>>,
}

impl Choice {
    fn patch(self) -> Value {
        let accounts = endowed();
        let custodians: Vec<AccountId> = self.issuer.clone().into_iter().collect();
        let issuer = self.issuer.unwrap_or_else(Execution::keyless_custodian);
        let groups = [groups::BTC, groups::ETH];
        // A group starts with the minimum balance in its vault, so that the last withdrawal never reaps the account.
        let vaults = groups.map(|group| (SETTLEMENT_ASSET, Execution::vault_account(group), SETTLEMENT_MINIMUM));
        build_struct_json_patch!(RuntimeGenesisConfig {
            session: SessionConfig {
                keys: self
                    .validators
                    .iter()
                    .map(|(account, grandpa)| {
                        let keys = SessionKeys {
                            aura: account.public().into(),
                            grandpa: grandpa.public().into(),
                        };
                        (account.to_account_id(), account.to_account_id(), keys)
                    })
                    .collect::<Vec<_>>(),
            },
            collator_selection: CollatorSelectionConfig {
                invulnerables: self
                    .validators
                    .iter()
                    .map(|(account, _)| account.to_account_id())
                    .collect::<Vec<_>>(),
                candidacy_bond: CANDIDACY_BOND,
                desired_candidates: self.desired_candidates,
            },
            balances: BalancesConfig {
                balances: accounts
                    .iter()
                    .map(|account| (account.clone(), ENDOWMENT))
                    // The pot of the authors takes shares of any amount then.
                    .chain([(CollatorSelection::account_id(), EXISTENTIAL_DEPOSIT)])
                    .collect::<Vec<_>>(),
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
                    .chain(vaults)
                    .collect::<Vec<_>>(),
            },
            sudo: SudoConfig { key: self.sudo },
            // A preset names fewer operators than the bound.
            oracle_operators: OracleOperatorsConfig {
                members: BoundedVec::truncate_from(self.operators)
            },
            risk: RiskConfig {
                groups: vec![
                    perpetual_group(
                        groups::BTC,
                        feeds::BTC_INDEX,
                        feeds::BTC_PERPETUAL,
                        1_000_000,
                        self.pace
                    ),
                    perpetual_group(
                        groups::ETH,
                        feeds::ETH_INDEX,
                        feeds::ETH_PERPETUAL,
                        10_000_000,
                        self.pace
                    ),
                ],
                table_grace: TABLE_GRACE,
            },
            verifier: VerifierConfig {
                development: self.development,
                verifying_keys: self.verifying_keys,
            },
            sequencers: SequencersConfig {
                groups: groups
                    .map(|group| GenesisSequencers {
                        group,
                        // Alice too, for whoever wants to submit a batch by hand.
                        members: [SEQUENCER, Sr25519Keyring::Alice]
                            .map(|key| key.to_account_id())
                            .to_vec(),
                        seal_key: self.seal_key,
                    })
                    .to_vec(),
            },
            execution: ExecutionConfig {
                groups: groups
                    .map(|group| (group, SETTLEMENT_ASSET, FEE_ACCOUNT.to_account_id()))
                    .to_vec(),
                queue_terms: self.queue_terms,
                solvency_terms: self.solvency_terms,
                custodians,
            },
            timelock: TimelockConfig { delays: self.delays },
        })
    }
}

/// Verifying keys of the parameters from a public seed.
fn development_keys() -> Vec<GenesisKey> {
    vec![
        GenesisKey {
            id: DEVELOPMENT_BATCH_KEY,
            statement: DEVELOPMENT_SHAPE,
            development: true,
            key: BATCH_KEY_BYTES.to_vec(),
        },
        GenesisKey {
            id: DEVELOPMENT_SEAL_KEY,
            statement: StatementKind::Seal,
            development: true,
            key: SEAL_KEY_BYTES.to_vec(),
        },
        GenesisKey {
            id: DEVELOPMENT_HOUSE_KEY,
            statement: StatementKind::HouseRekey,
            development: true,
            key: HOUSE_KEY_BYTES.to_vec(),
        },
        GenesisKey {
            id: DEVELOPMENT_SOLVENCY_KEY,
            statement: DEVELOPMENT_SOLVENCY_SHAPE,
            development: true,
            key: SOLVENCY_KEY_BYTES.to_vec(),
        },
        GenesisKey {
            id: DEVELOPMENT_LARGE_SOLVENCY_KEY,
            statement: DEVELOPMENT_LARGE_SOLVENCY_SHAPE,
            development: true,
            key: LARGE_SOLVENCY_KEY_BYTES.to_vec(),
        },
        GenesisKey {
            id: DEVELOPMENT_EXIT_KEY,
            statement: StatementKind::Exit,
            development: true,
            key: EXIT_KEY_BYTES.to_vec(),
        },
        GenesisKey {
            id: DEVELOPMENT_MAKER_KEY,
            statement: DEVELOPMENT_MAKER_SHAPE,
            development: true,
            key: MAKER_KEY_BYTES.to_vec(),
        },
    ]
}

/// The sealing key that everybody has the secret of. A seed without a key would be one in 2^252; the chain would then
/// start without one, as `staging` does.
fn development_seal_key() -> Option<(Field, Field)> {
    let key = SealKey::from_seed(&SEAL_SEED).public().ok()?;
    Some((to_bytes(&key.x()), to_bytes(&key.y())))
}

/// One validator that is also everything else: [`DEV_RUNTIME_PRESET`].
pub fn development() -> Value {
    let alice = Sr25519Keyring::Alice.to_account_id();
    Choice {
        validators: vec![(Sr25519Keyring::Alice, Ed25519Keyring::Alice)],
        // Whoever tries the chain becomes one.
        desired_candidates: 4,
        sudo: Some(alice),
        operators: vec![OPERATOR.to_account_id()],
        development: true,
        seal_key: development_seal_key(),
        // A person feeds prices by hand, and wants to see what they do.
        pace: Pace {
            max_price_age: 600_000,
            table_interval: 4_000,
        },
        // One node that is final at once: what is queued need not wait.
        queue_terms: Some((1_000, 50)),
        // The longest that the chain allows before a freeze: whoever lets a development chain run without a sequencer
        // has it still the next day.
        solvency_terms: Some((HOUR, 24 * HOUR)),
        verifying_keys: development_keys(),
        // Whoever tries the chain asks her for more of the asset.
        issuer: Some(Sr25519Keyring::Alice.to_account_id()),
        // What is announced is due at once.
        delays: Some(Delays::default()),
    }
    .patch()
}

/// Two validators, no sudo key, four oracle operators, an exchange that starts by itself:
/// [`LOCAL_TESTNET_RUNTIME_PRESET`].
pub fn local() -> Value {
    Choice {
        development: true,
        seal_key: development_seal_key(),
        solvency_terms: Some((HOUR, 24 * HOUR)),
        verifying_keys: development_keys(),
        // Whoever tries the chain becomes a validator, and asks Alice for more of the asset.
        desired_candidates: 4,
        issuer: Some(Sr25519Keyring::Alice.to_account_id()),
        delays: Some(Delays::default()),
        ..network()
    }
    .patch()
}

/// A chain without anything that is for development, but for its keys: [`STAGING`].
pub fn staging() -> Value {
    network().patch()
}

/// Two validators, no sudo key, four oracle operators.
fn network() -> Choice {
    Choice {
        validators: vec![
            (Sr25519Keyring::Alice, Ed25519Keyring::Alice),
            (Sr25519Keyring::Bob, Ed25519Keyring::Bob),
        ],
        // Government lets them in when the network is large enough for strangers.
        desired_candidates: 0,
        sudo: None,
        // One of four may lie or be silent.
        operators: [
            Sr25519Keyring::Alice,
            Sr25519Keyring::Bob,
            Sr25519Keyring::Charlie,
            Sr25519Keyring::Dave,
        ]
        .map(|key| key.to_account_id())
        .to_vec(),
        development: false,
        seal_key: None,
        pace: Pace {
            max_price_age: 60_000,
            table_interval: 12_000,
        },
        queue_terms: None,
        // There is no verifying key yet; governance sets them when it has installed one.
        solvency_terms: None,
        verifying_keys: Vec::new(),
        // Nobody can mint more of it, or take it from anyone.
        issuer: None,
        delays: None,
    }
}

/// The preset called `id` as JSON, none if there is no such preset.
pub fn get(id: &PresetId) -> Option<Vec<u8>> {
    let patch = match id.as_str() {
        DEV_RUNTIME_PRESET => development(),
        LOCAL_TESTNET_RUNTIME_PRESET => local(),
        STAGING => staging(),
        _ => return None,
    };
    Some(patch.to_string().into_bytes())
}

/// Names of the presets.
pub fn names() -> Vec<PresetId> {
    vec![
        PresetId::from(DEV_RUNTIME_PRESET),
        PresetId::from(LOCAL_TESTNET_RUNTIME_PRESET),
        PresetId::from(STAGING),
    ]
}
