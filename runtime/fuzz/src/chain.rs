//! The runtime on a chain of its own, natively: its genesis, its blocks, and calls of every origin.

use crate::trapdoor;
use cloister_crypto::{field::to_bytes, seal::SealKey};
use cloister_runtime::{
    configs::{consensus::SlotDuration, system::RuntimeBlockWeights},
    constants::development::SEAL_SEED,
    genesis_presets, metadata_hash,
    offices::Origin as Office,
    AccountId, AllPalletsWithSystem, Executive, Hash, Header, Runtime, RuntimeCall, RuntimeGenesisConfig,
    RuntimeOrigin, System, TxExtension,
};
use codec::Encode;
use frame_support::{
    dispatch::{DispatchInfo, GetDispatchInfo, PostDispatchInfo},
    traits::{Get, OnFinalize},
};
use pallet_cloister_verifier::{GenesisKey, KeyId, StatementKind};
use polkadot_sdk::*;
use serde_json::Value;
use sp_consensus_aura::AURA_ENGINE_ID;
use sp_genesis_builder::DEV_RUNTIME_PRESET;
use sp_keyring::Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve, One};
use sp_runtime::{
    generic::{CheckedExtrinsic, Era, ExtrinsicFormat},
    traits::{Applyable, Dispatchable, Header as _, TransactionExtension},
    transaction_validity::TransactionValidityError,
    BuildStorage, Digest, DigestItem, DispatchError,
};
use sp_state_machine::BasicExternalities;
use sp_storage::Storage;
use std::sync::OnceLock;

/// The verifying key of batches of two units of one place.
pub const BATCH_KEY: KeyId = 1;
/// The verifying key of seals.
pub const SEAL_KEY: KeyId = 2;
/// The verifying key of house re-keys.
pub const HOUSE_KEY: KeyId = 3;
/// The verifying key of solvency statements over one subtree.
pub const SOLVENCY_KEY: KeyId = 4;
/// The verifying key of exits.
pub const EXIT_KEY: KeyId = 6;
/// A slot far enough from the beginning of Unix time that nothing of the first year underflows.
const FIRST_SLOT: u64 = 300_000_000;

/// Which chain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A development chain: Root need not announce, periods are short.
    Development,
    /// A chain for money.
    Money,
}

/// Who makes a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// An account, by a transaction with all extensions.
    Signer(AccountId),
    /// Root, whom no chain for money has.
    Root,
    /// Whoever has won a vote.
    Office(Office),
    /// What was announced is enacted.
    Enacted,
    /// Nobody.
    Nobody,
}

/// What came of a call.
pub struct Outcome {
    /// Done, or refused and why.
    pub result: Result<(), DispatchError>,
    /// What it weighed.
    pub post: PostDispatchInfo,
    /// What it was said to weigh.
    pub info: DispatchInfo,
}

/// Those who act: Alice mints and, on a development chain, has the sudo key; One and she submit batches.
pub fn actors() -> Vec<AccountId> {
    [Alice, Bob, Charlie, Dave, Eve, One]
        .map(|key| key.to_account_id())
        .to_vec()
}

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

fn genesis(kind: Kind) -> Storage {
    let preset = match kind {
        Kind::Development => DEV_RUNTIME_PRESET,
        Kind::Money => genesis_presets::STAGING,
    };
    let preset = genesis_presets::get(&preset.into()).expect("the preset exists");
    let patch = serde_json::from_slice(&preset).expect("a preset is JSON");
    let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("the default is JSON");
    merge(&mut config, patch);
    let mut config: RuntimeGenesisConfig = serde_json::from_value(config).expect("a preset fits the configuration");
    let keys = [
        (BATCH_KEY, StatementKind::Batch { units: 2, places: 1 }),
        (SEAL_KEY, StatementKind::Seal),
        (HOUSE_KEY, StatementKind::HouseRekey),
        (SOLVENCY_KEY, StatementKind::Solvency { subtrees: 1 }),
        (EXIT_KEY, StatementKind::Exit),
    ];
    config.verifier.verifying_keys = keys
        .map(|(id, statement)| GenesisKey {
            id,
            statement,
            development: false,
            key: trapdoor::key(),
        })
        .to_vec();
    let seal = SealKey::from_seed(&SEAL_SEED).public().expect("the seed gives a key");
    for of in &mut config.sequencers.groups {
        of.seal_key = Some((to_bytes(&seal.x()), to_bytes(&seal.y())));
    }
    config.execution.queue_terms = Some((1_000, 50));
    config.execution.solvency_terms = None;
    config.execution.custodians = vec![Alice.to_account_id()];
    for (_, owner, _, _) in &mut config.assets.assets {
        *owner = Alice.to_account_id();
    }
    // Tables cost most of the time that sequences take, and most of what happens, happens in the first group.
    config.risk.groups[1].params.table_interval = 60_000;
    let operators = vec![genesis_presets::OPERATOR.to_account_id()];
    config.oracle_operators.members = frame_support::BoundedVec::truncate_from(operators);
    config.build_storage().expect("the genesis holds together")
}

/// Runs something on a new chain in its first block.
pub fn on_new<R>(kind: Kind, run: impl FnOnce() -> R) -> R {
    static GENESES: [OnceLock<Storage>; 2] = [OnceLock::new(), OnceLock::new()];
    let storage = GENESES[usize::from(kind == Kind::Money)].get_or_init(|| genesis(kind));
    BasicExternalities::new(storage.clone()).execute_with(|| {
        begin_block(1, FIRST_SLOT);
        run()
    })
}

fn begin_block(number: u32, slot: u64) {
    let digest = Digest {
        logs: vec![DigestItem::PreRuntime(AURA_ENGINE_ID, slot.encode())],
    };
    let parent = Hash::repeat_byte(0x42);
    Executive::initialize_block(&Header::new(
        number,
        Default::default(),
        Default::default(),
        parent,
        digest,
    ));
    let now = slot * <SlotDuration as Get<u64>>::get();
    let set = RuntimeCall::from(pallet_timestamp::Call::set { now });
    set.dispatch(RuntimeOrigin::none()).expect("time goes on");
}

/// Ends the block, and begins the next one some milliseconds later, a slot at least.
pub fn next_block(ms: u64) {
    let number = System::block_number();
    let weight = System::block_weight().total();
    let most = RuntimeBlockWeights::get().max_block;
    assert!(weight.all_lte(most), "the block weighs {weight:?}");
    <AllPalletsWithSystem as OnFinalize<u32>>::on_finalize(number);
    let slots = (ms / <SlotDuration as Get<u64>>::get()).max(1);
    let slot = u64::from(pallet_aura::CurrentSlot::<Runtime>::get());
    begin_block(number + 1, slot + slots);
}

/// The extensions of a signer's next transaction.
fn extensions(signer: &AccountId) -> TxExtension {
    (
        frame_system::AuthorizeCall::<Runtime>::new(),
        frame_system::CheckNonZeroSender::<Runtime>::new(),
        frame_system::CheckSpecVersion::<Runtime>::new(),
        frame_system::CheckTxVersion::<Runtime>::new(),
        frame_system::CheckGenesis::<Runtime>::new(),
        frame_system::CheckMortality::<Runtime>::from(Era::Immortal),
        frame_system::CheckNonce::<Runtime>::from(System::account_nonce(signer)),
        frame_system::CheckWeight::<Runtime>::new(),
        pallet_asset_tx_payment::ChargeAssetTxPayment::<Runtime>::from(0, None),
        metadata_hash::CheckMetadataHash::<Runtime>::new(false),
        pallet_cloister_execution::CheckPlainBatch::<Runtime>::new(),
        frame_system::WeightReclaim::<Runtime>::new(),
    )
}

/// Makes a call.
///
/// # Errors
/// The transaction is not valid: the call was not made.
pub fn make(who: &Who, call: RuntimeCall) -> Result<Outcome, TransactionValidityError> {
    let mut info = call.get_dispatch_info();
    let origin = match who {
        Who::Signer(signer) => {
            let extensions = extensions(signer);
            info.extension_weight = extensions.weight(&call);
            // Signature, address and extensions take about as much.
            let length = call.encoded_size() + 150;
            let transaction: CheckedExtrinsic<AccountId, RuntimeCall, TxExtension> = CheckedExtrinsic {
                format: ExtrinsicFormat::Signed(signer.clone(), extensions),
                function: call,
            };
            let done = Applyable::apply::<Runtime>(transaction, &info, length)?;
            return Ok(outcome(done, info));
        }
        Who::Root => RuntimeOrigin::root(),
        Who::Office(office) => (*office).into(),
        Who::Enacted => pallet_cloister_timelock::Origin::Enacted.into(),
        Who::Nobody => RuntimeOrigin::none(),
    };
    Ok(outcome(call.dispatch(origin), info))
}

fn outcome(done: sp_runtime::DispatchResultWithInfo<PostDispatchInfo>, info: DispatchInfo) -> Outcome {
    match done {
        Ok(post) => Outcome {
            result: Ok(()),
            post,
            info,
        },
        Err(failure) => Outcome {
            result: Err(failure.error),
            post: failure.post_info,
            info,
        },
    }
}
