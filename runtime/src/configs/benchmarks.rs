//! Benchmarks of the pallets, for `frame-omni-bencher`. Only with the feature `runtime-benchmarks`.

use crate::{AllPalletsWithSystem, Runtime};
use alloc::{string::String, vec::Vec};
use frame_benchmarking::{
    add_benchmark, baseline::Pallet as BaselineBench, define_benchmarks, list_benchmark, BenchmarkBatch,
    BenchmarkConfig, BenchmarkList, Benchmarking,
};
use frame_support::traits::{StorageInfo, StorageInfoTrait, WhitelistedStorageKeys};
use frame_system_benchmarking::{extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench};
use polkadot_sdk::*;

impl frame_system_benchmarking::Config for Runtime {}
impl frame_benchmarking::baseline::Config for Runtime {}

define_benchmarks!(
    [frame_benchmarking, BaselineBench::<Runtime>]
    [frame_system, SystemBench::<Runtime>]
    [frame_system_extensions, SystemExtensionsBench::<Runtime>]
    [pallet_timestamp, crate::Timestamp]
    [pallet_balances, crate::Balances]
    [pallet_transaction_payment, crate::TransactionPayment]
    [pallet_assets, crate::Assets]
    [pallet_utility, crate::Utility]
    [pallet_sudo, crate::Sudo]
    [pallet_membership, crate::OracleOperators]
    [pallet_oracle, crate::Oracle]
);

/// The benchmarks there are, and the storage they touch.
pub fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
    let mut list = Vec::<BenchmarkList>::new();
    list_benchmarks!(list, extra);
    (list, AllPalletsWithSystem::storage_info())
}

/// Runs the benchmark that `config` names.
///
/// # Errors
/// The benchmark's own, as text.
pub fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
    let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
    let mut batches = Vec::<BenchmarkBatch>::new();
    let params = (&config, &whitelist);
    add_benchmarks!(params, batches);
    Ok(batches)
}
