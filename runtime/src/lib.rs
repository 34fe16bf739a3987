//! The runtime of the Cloister chain: which pallets it has and how they are put together, and nothing else.
//!
//! * [`configs`] configures each pallet, one file for each subject.
//! * [`apis`] implements what the node calls.
//! * [`offices`] are the origins that referenda give.
//! * [`validators`] joins the pallets of sessions, candidates and offences.
//! * [`genesis_presets`] names the chains that need no specification file.
//! * [`settled`] finds settled batches in blocks (native code only).
//! * [`transaction`] builds signed transactions (native code only).
//!
//! Rules of the exchange are in the pallets and in `primitives/`; a rule that appears here is a mistake.

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]
// The macro that composes the pallets makes public items without documentation in the crate's root; everything else is
// under the lint again.
#![allow(missing_docs)]

extern crate alloc;

pub mod apis;
#[warn(missing_docs)]
pub mod configs;
#[warn(missing_docs)]
pub mod constants;
#[warn(missing_docs)]
pub mod genesis_presets;
#[warn(missing_docs)]
pub mod metadata_hash;

pub mod migrations;
#[warn(missing_docs)]
pub mod offices;
#[cfg(feature = "std")]
#[warn(missing_docs)]
pub mod settled;
#[cfg(feature = "std")]
#[warn(missing_docs)]
pub mod transaction;
#[warn(missing_docs)]
pub mod validators;

use alloc::{borrow::Cow, vec::Vec};
use polkadot_sdk::*;
use sp_runtime::{
    generic, impl_opaque_keys,
    traits::{BlakeTwo256, IdentifyAccount, Verify},
    MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

pub use apis::{RuntimeApi, RUNTIME_API_VERSIONS};

// The blob that `build.rs` makes: `WASM_BINARY`, absent when the build was told to skip it. The file has other forms of
// it that nobody needs.
#[cfg(feature = "std")]
mod wasm {
    #![allow(dead_code)]
    include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));
}
#[cfg(feature = "std")]
pub use wasm::WASM_BINARY;

/// Signature of a transaction.
pub type Signature = MultiSignature;
/// Account of the chain: the public key of the signer, or its hash.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// How a transaction names an account.
pub type Address = MultiAddress<AccountId, ()>;
/// Balance of the native token or of an asset, in its smallest unit.
pub type Balance = u128;
/// Number of transactions that an account has sent.
pub type Nonce = u32;
/// Block number.
pub type BlockNumber = u32;
/// Milliseconds of Unix time.
pub type Moment = u64;
/// Hash of blocks, transactions and state.
pub type Hash = sp_core::H256;
/// Identifier of an asset of `pallet-assets`.
pub type AssetId = u32;

/// Header of a block.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// Block with decoded transactions.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
/// Extensions of a transaction, in the order in which they are encoded and run.
pub type TxExtension = (
    frame_system::AuthorizeCall<Runtime>,
    frame_system::CheckNonZeroSender<Runtime>,
    frame_system::CheckSpecVersion<Runtime>,
    frame_system::CheckTxVersion<Runtime>,
    frame_system::CheckGenesis<Runtime>,
    frame_system::CheckMortality<Runtime>,
    frame_system::CheckNonce<Runtime>,
    frame_system::CheckWeight<Runtime>,
    pallet_asset_tx_payment::ChargeAssetTxPayment<Runtime>,
    metadata_hash::CheckMetadataHash<Runtime>,
    // Behind everything that can refuse a transaction.
    pallet_cloister_execution::CheckPlainBatch<Runtime>,
    frame_system::WeightReclaim<Runtime>,
);
/// Transaction or inherent as it is in a block.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What the signer of a transaction signs.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;
/// Runs the pallets over a block.
pub type Executive =
    frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// Types of a node that relays blocks without understanding their transactions: what sync and consensus use, so that
/// they go on working across an upgrade of the runtime.
pub mod opaque {
    use super::*;

    pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;

    /// Header of a block.
    pub type Header = super::Header;
    /// Block with opaque transactions.
    pub type Block = generic::Block<Header, UncheckedExtrinsic>;
    /// Hash of a block.
    pub type Hash = super::Hash;

    impl_opaque_keys! {
        /// Keys of a validator.
        pub struct SessionKeys {
            /// Signs blocks.
            pub aura: super::Aura,
            /// Signs finality votes.
            pub grandpa: super::Grandpa,
        }
    }
}

/// Version of the runtime. `spec_version` rises with every change of behaviour, `transaction_version` with every change
/// of a call's index or arguments or of [`TxExtension`].
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: Cow::Borrowed("cloister"),
    impl_name: Cow::Borrowed("cloister-node"),
    authoring_version: 1,
    spec_version: 6,
    impl_version: 1,
    apis: RUNTIME_API_VERSIONS,
    transaction_version: 5,
    system_version: 1,
};

#[frame_support::runtime]
mod runtime {
    /// The pallets of the chain.
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
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system::Pallet<Runtime>;
    #[runtime::pallet_index(1)]
    pub type Timestamp = pallet_timestamp::Pallet<Runtime>;
    #[runtime::pallet_index(2)]
    pub type Aura = pallet_aura::Pallet<Runtime>;
    #[runtime::pallet_index(3)]
    pub type Grandpa = pallet_grandpa::Pallet<Runtime>;
    // Behind Aura, whose authorities the author of a block is one of, and before what changes them.
    #[runtime::pallet_index(4)]
    pub type Authorship = pallet_authorship::Pallet<Runtime>;

    #[runtime::pallet_index(10)]
    pub type Balances = pallet_balances::Pallet<Runtime>;
    #[runtime::pallet_index(11)]
    pub type TransactionPayment = pallet_transaction_payment::Pallet<Runtime>;
    #[runtime::pallet_index(12)]
    pub type Assets = pallet_assets::Pallet<Runtime>;

    #[runtime::pallet_index(13)]
    pub type AssetTxPayment = pallet_asset_tx_payment::Pallet<Runtime>;
    // Behind the balances, which let an account have keys; each asks the one before it for its first set.
    #[runtime::pallet_index(14)]
    pub type CollatorSelection = pallet_collator_selection::Pallet<Runtime>;
    #[runtime::pallet_index(15)]
    pub type Session = pallet_session::Pallet<Runtime>;
    #[runtime::pallet_index(17)]
    pub type Offences = pallet_offences::Pallet<Runtime>;
    #[runtime::pallet_index(18)]
    pub type Validators = validators::Pallet<Runtime>;
    #[runtime::pallet_index(19)]
    pub type AssetRate = pallet_asset_rate::Pallet<Runtime>;

    #[runtime::pallet_index(20)]
    pub type Utility = pallet_utility::Pallet<Runtime>;
    // No key, no sudo: only the development preset sets one (`genesis_presets::development`), and nothing but the key
    // itself can make another, or give it up (`sudo.removeKey`). Referenda govern a development chain as any other; the
    // key is for whoever does not want to wait for them.
    #[runtime::pallet_index(21)]
    pub type Sudo = pallet_sudo::Pallet<Runtime>;
    #[runtime::pallet_index(22)]
    pub type Preimage = pallet_preimage::Pallet<Runtime>;
    #[runtime::pallet_index(23)]
    pub type Scheduler = pallet_scheduler::Pallet<Runtime>;
    #[runtime::pallet_index(24)]
    pub type ConvictionVoting = pallet_conviction_voting::Pallet<Runtime>;
    #[runtime::pallet_index(25)]
    pub type Referenda = pallet_referenda::Pallet<Runtime>;
    #[runtime::pallet_index(26)]
    pub type Offices = offices::Pallet<Runtime>;
    #[runtime::pallet_index(27)]
    pub type Treasury = pallet_treasury::Pallet<Runtime>;
    #[runtime::pallet_index(28)]
    pub type TxPause = pallet_tx_pause::Pallet<Runtime>;
    #[runtime::pallet_index(29)]
    pub type SafeMode = pallet_safe_mode::Pallet<Runtime>;

    #[runtime::pallet_index(30)]
    pub type OracleOperators = pallet_membership::Pallet<Runtime, Instance1>;
    #[runtime::pallet_index(31)]
    pub type Oracle = pallet_oracle::Pallet<Runtime>;

    #[runtime::pallet_index(34)]
    pub type Multisig = pallet_multisig::Pallet<Runtime>;
    #[runtime::pallet_index(35)]
    pub type Proxy = pallet_proxy::Pallet<Runtime>;

    // Before the exchange, whose genesis asks for keys and members.
    #[runtime::pallet_index(38)]
    pub type Verifier = pallet_cloister_verifier::Pallet<Runtime>;
    #[runtime::pallet_index(39)]
    pub type Sequencers = pallet_cloister_sequencers::Pallet<Runtime>;
    #[runtime::pallet_index(40)]
    pub type Risk = pallet_cloister_risk::Pallet<Runtime>;
    #[runtime::pallet_index(41)]
    pub type Execution = pallet_cloister_execution::Pallet<Runtime>;
    // Behind the registry, whose genesis says whether this is a development chain.
    #[runtime::pallet_index(42)]
    pub type Timelock = pallet_cloister_timelock::Pallet<Runtime>;
    #[runtime::pallet_index(49)]
    pub type Bonds = pallet_cloister_bonds::Pallet<Runtime>;
}
