//! What the node calls: implementations of the SDK's and of Cloister's runtime APIs.

use crate::{
    genesis_presets, opaque, AccountId, AssetId, Aura, Balance, Block, BlockNumber, Execution, Executive, Grandpa,
    InherentDataExt, Nonce, Runtime, RuntimeCall, RuntimeGenesisConfig, Sequencers, System, TransactionPayment,
    Validators, Verifier, VERSION,
};
use alloc::vec::Vec;
use cloister_risk::RiskTable;
use codec::Encode;
use frame_support::{
    genesis_builder_helper::{build_state, get_preset},
    view_functions::{ViewFunctionDispatchError, ViewFunctionId},
    weights::Weight,
};
#[cfg(feature = "measure")]
use pallet_cloister_execution::measure::{measure, Arithmetic, Refusal, Work};
use pallet_cloister_execution::{
    Batch, ClosedPeriod, ExitClaim, ExitSums, Field, FinalTable, GroupState, GroupTotals, HouseRekeyed, Income, KeyId,
    QueueItem, RecentRoot, RegisteredAccount, SolvencyView, WithheldClaim,
};
use pallet_cloister_risk::TableInfo;
use pallet_cloister_sequencers::Sequencers as _;
use pallet_cloister_verifier::RegisteredKey;
use pallet_transaction_payment::{FeeDetails, RuntimeDispatchInfo};
use polkadot_sdk::*;
use sp_api::impl_runtime_apis;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_inherents::{CheckInherentsResult, InherentData};
use sp_runtime::{
    traits::{Block as BlockT, NumberFor},
    transaction_validity::{TransactionSource, TransactionValidity},
    ApplyExtrinsicResult, ExtrinsicInclusionMode,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

impl_runtime_apis! {
    impl sp_api::Core<Block> for Runtime {
        fn version() -> RuntimeVersion {
            VERSION
        }

        fn execute_block(block: <Block as BlockT>::LazyBlock) {
            Executive::execute_block(block)
        }

        fn initialize_block(header: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
            Executive::initialize_block(header)
        }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> OpaqueMetadata {
            OpaqueMetadata::new(Runtime::metadata().into())
        }

        fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
            Runtime::metadata_at_version(version)
        }

        fn metadata_versions() -> Vec<u32> {
            Runtime::metadata_versions()
        }
    }

    impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
        fn execute_view_function(id: ViewFunctionId, input: Vec<u8>) -> Result<Vec<u8>, ViewFunctionDispatchError> {
            Runtime::execute_view_function(id, input)
        }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
            Executive::apply_extrinsic(extrinsic)
        }

        fn finalize_block() -> <Block as BlockT>::Header {
            Executive::finalize_block()
        }

        fn inherent_extrinsics(data: InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
            data.create_extrinsics()
        }

        fn check_inherents(block: <Block as BlockT>::LazyBlock, data: InherentData) -> CheckInherentsResult {
            data.check_extrinsics(&block)
        }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            source: TransactionSource,
            transaction: <Block as BlockT>::Extrinsic,
            block_hash: <Block as BlockT>::Hash,
        ) -> TransactionValidity {
            Executive::validate_transaction(source, transaction, block_hash)
        }
    }

    impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
        fn offchain_worker(header: &<Block as BlockT>::Header) {
            Executive::offchain_worker(header)
        }
    }

    impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
        fn slot_duration() -> sp_consensus_aura::SlotDuration {
            sp_consensus_aura::SlotDuration::from_millis(Aura::slot_duration())
        }

        fn authorities() -> Vec<AuraId> {
            pallet_aura::Authorities::<Runtime>::get().into_inner()
        }
    }

    impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
        fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
            Grandpa::grandpa_authorities()
        }

        fn current_set_id() -> sp_consensus_grandpa::SetId {
            Grandpa::current_set_id()
        }

        fn submit_report_equivocation_unsigned_extrinsic(
            equivocation_proof: sp_consensus_grandpa::EquivocationProof<<Block as BlockT>::Hash, NumberFor<Block>>,
            key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
        ) -> Option<()> {
            let key_owner_proof = key_owner_proof.decode()?;
            Grandpa::submit_unsigned_equivocation_report(equivocation_proof, key_owner_proof)
        }

        fn generate_key_ownership_proof(
            set_id: sp_consensus_grandpa::SetId,
            authority_id: GrandpaId,
        ) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
            let proof = Validators::prove_in(Grandpa::session_for_set(set_id)?, &authority_id)?;
            Some(sp_consensus_grandpa::OpaqueKeyOwnershipProof::new(proof.encode()))
        }
    }

    impl sp_session::SessionKeys<Block> for Runtime {
        fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
            opaque::SessionKeys::generate(&owner, seed).into()
        }

        fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
            opaque::SessionKeys::decode_into_raw_public_keys(&encoded)
        }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(account: AccountId) -> Nonce {
            System::account_nonce(account)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
        fn query_info(extrinsic: <Block as BlockT>::Extrinsic, len: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_info(extrinsic, len)
        }

        fn query_fee_details(extrinsic: <Block as BlockT>::Extrinsic, len: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_fee_details(extrinsic, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(length: u32) -> Balance {
            TransactionPayment::length_to_fee(length)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<Block, Balance, RuntimeCall>
        for Runtime
    {
        fn query_call_info(call: RuntimeCall, len: u32) -> RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_call_info(call, len)
        }

        fn query_call_fee_details(call: RuntimeCall, len: u32) -> FeeDetails<Balance> {
            TransactionPayment::query_call_fee_details(call, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(length: u32) -> Balance {
            TransactionPayment::length_to_fee(length)
        }
    }

    #[cfg(feature = "measure")]
    impl pallet_cloister_execution::measure::MeasureApi<Block> for Runtime {
        fn measure(arithmetic: Arithmetic, work: Work, times: u32) -> Result<(), Refusal> {
            measure(arithmetic, &work, times)
        }
    }

    impl pallet_cloister_execution::api::CloisterApi<Block, AccountId, AssetId, BlockNumber> for Runtime {
        fn groups() -> Vec<u32> {
            Execution::groups()
        }

        fn group_state(group: u32) -> Option<GroupState<AccountId, AssetId>> {
            Execution::group_state(group)
        }

        fn group_totals(group: u32) -> GroupTotals {
            Execution::group_totals(group)
        }

        fn queue(group: u32, from: u64, limit: u32) -> Vec<(u64, QueueItem<AccountId>)> {
            Execution::queue(group, from, limit)
        }
        fn queue_fee(group: u32, priority: bool) -> u64 {
            Execution::queue_fee(group, priority)
        }

        fn waiting(group: u32, accounts: Vec<u32>) -> Vec<(u64, QueueItem<AccountId>)> {
            Execution::waiting(group, accounts)
        }

        fn account(group: u32, index: u32) -> Option<RegisteredAccount<AccountId>> {
            Execution::account(group, index)
        }

        fn house_rekeys(group: u32, from: u32, limit: u32) -> Vec<HouseRekeyed> {
            Execution::house_rekeys(group, from, limit)
        }

        fn leaves(group: u32, from: u32, limit: u32) -> Vec<Field> {
            Execution::leaves(group, from, limit)
        }

        fn index_of(group: u32, owner: AccountId) -> Option<u32> {
            Execution::index_of(group, &owner)
        }

        fn claim_of(group: u32, owner: AccountId) -> u128 {
            Execution::claim_of(group, &owner)
        }

        fn solvency(group: u32) -> SolvencyView<AccountId> {
            Execution::solvency(group)
        }

        fn ends_round(group: u32, next: u32, end: u32) -> bool {
            Execution::ends_round(group, next, end)
        }

        fn newest_root(group: u32) -> Option<(u64, RecentRoot)> {
            Execution::newest_root(group)
        }

        fn withheld_of(group: u32, owner: AccountId) -> Option<WithheldClaim> {
            Execution::withheld_of(group, &owner)
        }

        fn final_table(group: u32) -> Option<FinalTable> {
            Execution::final_table(group)
        }

        fn exit_sums(group: u32) -> Option<ExitSums> {
            Execution::exit_sums(group)
        }

        fn exit_of(group: u32, index: u32) -> Option<ExitClaim<AccountId>> {
            Execution::exit_of(group, index)
        }

        fn income(group: u32) -> Option<Income> {
            Execution::income(group)
        }

        fn closed_period(group: u32, period: u32) -> Option<ClosedPeriod> {
            Execution::closed_period(group, period)
        }

        fn credits_of(group: u32, period: u32, payee: AccountId) -> u128 {
            Execution::credits_of(group, period, &payee)
        }

        fn batch_statement(group: u32, batch: Batch) -> Option<Field> {
            Execution::batch_statement(group, &batch)
        }

        fn vault_account(group: u32) -> AccountId {
            Execution::vault_account(group)
        }

        fn is_development() -> bool {
            Verifier::is_development()
        }

        fn verifying_keys() -> Vec<(KeyId, RegisteredKey<BlockNumber>)> {
            Verifier::verifying_keys()
        }

        fn verifying_key(id: KeyId) -> Option<RegisteredKey<BlockNumber>> {
            Verifier::verifying_key(id)
        }

        fn submitters(group: u32) -> Vec<AccountId> {
            Sequencers::members(group)
        }

        fn may_submit(group: u32, who: AccountId) -> bool {
            Execution::may_submit(group, &who)
        }

        fn seal_key(group: u32) -> Option<(Field, Field)> {
            Sequencers::seal_key(group)
        }

        fn latest_risk_version(group: u32) -> Option<u64> {
            Execution::latest_risk_version(group)
        }

        fn risk_table(group: u32, version: u64) -> Option<RiskTable> {
            Execution::risk_table(group, version)
        }

        fn latest_risk_table(group: u32) -> Option<RiskTable> {
            Execution::latest_risk_table(group)
        }

        fn risk_info(group: u32, version: u64) -> Option<TableInfo> {
            Execution::risk_info(group, version)
        }
    }

    impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
        fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
            build_state::<RuntimeGenesisConfig>(config)
        }

        fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
            get_preset::<RuntimeGenesisConfig>(id, genesis_presets::get)
        }

        fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
            genesis_presets::names()
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    impl frame_benchmarking::Benchmark<Block> for Runtime {
        fn benchmark_metadata(
            extra: bool,
        ) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
            crate::configs::benchmarks::metadata(extra)
        }

        fn dispatch_benchmark(
            config: frame_benchmarking::BenchmarkConfig,
        ) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
            crate::configs::benchmarks::dispatch(config)
        }
    }

    #[cfg(feature = "try-runtime")]
    impl frame_try_runtime::TryRuntime<Block> for Runtime {
        fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
            // A failed check must stop the tool, which runs nowhere near a live chain.
            let weight = Executive::try_runtime_upgrade(checks).expect("the upgrade's checks hold");
            (weight, crate::configs::system::RuntimeBlockWeights::get().max_block)
        }

        fn execute_block(
            block: <Block as BlockT>::LazyBlock,
            state_root_check: bool,
            signature_check: bool,
            select: frame_try_runtime::TryStateSelect,
        ) -> Weight {
            Executive::try_execute_block(block, state_root_check, signature_check, select)
                .expect("the block executes and the invariants hold")
        }
    }
}
