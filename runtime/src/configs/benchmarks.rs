//! Benchmarks of the pallets, for `runtime/bencher`. Only with the feature `runtime-benchmarks`.

use crate::{
    configs::oracle::FeedId,
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_DECIMALS, SETTLEMENT_MINIMUM, SETTLEMENT_NAME, SETTLEMENT_SYMBOL},
    genesis_presets::{self, feeds::BTC_INDEX},
    AccountId, AllPalletsWithSystem, AssetId, Assets, Execution, Risk, Runtime, RuntimeOrigin,
};
use alloc::{string::String, vec::Vec};
use frame_benchmarking::{
    baseline::Pallet as BaselineBench, define_benchmarks, BenchmarkBatch, BenchmarkConfig, BenchmarkList,
};
use frame_support::traits::{
    fungibles::{Inspect, Mutate},
    StorageInfo, StorageInfoTrait, WhitelistedStorageKeys,
};
use frame_system_benchmarking::{extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench};
use pallet_cloister_risk::{GenesisGroup, GenesisInstrument, RiskTables};
use pallet_cloister_sequencers::Field;
use pallet_cloister_verifier::{KeyId, StatementKind};
use pallet_oracle::TimestampedValue;
use polkadot_sdk::*;
use sp_runtime::FixedU128;

impl frame_system_benchmarking::Config for Runtime {}
impl frame_benchmarking::baseline::Config for Runtime {}
impl pallet_transaction_payment::BenchmarkConfig for Runtime {}

define_benchmarks!(
    [frame_benchmarking, BaselineBench::<Runtime>]
    [frame_system, SystemBench::<Runtime>]
    [frame_system_extensions, SystemExtensionsBench::<Runtime>]
    [pallet_timestamp, crate::Timestamp]
    [pallet_balances, crate::Balances]
    [pallet_transaction_payment, crate::TransactionPayment]
    [pallet_assets, crate::Assets]
    [pallet_asset_rate, crate::AssetRate]
    [pallet_asset_tx_payment, crate::AssetTxPayment]
    [pallet_utility, crate::Utility]
    [pallet_sudo, crate::Sudo]
    [pallet_membership, crate::OracleOperators]
    [pallet_oracle, crate::Oracle]
    [pallet_preimage, crate::Preimage]
    [pallet_scheduler, crate::Scheduler]
    [pallet_conviction_voting, crate::ConvictionVoting]
    [pallet_referenda, crate::Referenda]
    [pallet_treasury, crate::Treasury]
    [pallet_tx_pause, crate::TxPause]
    [pallet_safe_mode, crate::SafeMode]
    [pallet_multisig, crate::Multisig]
    [pallet_proxy, crate::Proxy]
    [pallet_cloister_verifier, crate::Verifier]
    [pallet_cloister_sequencers, crate::Sequencers]
    [pallet_cloister_bonds, crate::Bonds]
    [pallet_cloister_risk, crate::Risk]
    [pallet_cloister_execution, crate::Execution]
    [pallet_cloister_timelock, crate::Timelock]
);

/// The origin of what was announced.
fn enacted() -> RuntimeOrigin {
    pallet_cloister_timelock::Origin::Enacted.into()
}

/// An asset that fees are paid in.
pub struct FeeHelper;

impl pallet_asset_tx_payment::BenchmarkHelperTrait<AccountId, AssetId, AssetId> for FeeHelper {
    fn create_asset_id_parameter(_: u32) -> (AssetId, AssetId) {
        use pallet_cloister_execution::BenchmarkHelper as _;

        let asset = Stage::asset();
        (asset, asset)
    }

    fn setup_balances_and_pool(asset: AssetId, account: AccountId) {
        let amount = u128::from(u64::MAX);
        pallet_asset_rate::ConversionRateToNative::<Runtime>::insert(asset, FixedU128::from_u32(1));
        // A failure here fails the benchmark that needs the balance.
        let _ = <Assets as Mutate<AccountId>>::mint_into(asset, &account, amount);
        let _ = <crate::Balances as frame_support::traits::fungible::Mutate<AccountId>>::mint_into(&account, amount);
    }
}

impl pallet_asset_rate::AssetKindFactory<AssetId> for FeeHelper {
    fn create_asset_kind(seed: u32) -> AssetId {
        seed
    }
}

/// Sets the stage for the benchmarks of the exchange.
pub struct Stage;

impl pallet_cloister_risk::BenchmarkHelper<FeedId> for Stage {
    fn set_time(now: u64) {
        pallet_timestamp::Now::<Runtime>::put(now);
    }

    fn feed(number: u32) -> FeedId {
        BTC_INDEX.saturating_add(number)
    }

    fn widen() {
        let widest = StatementKind::Batch { units: 1, places: 8 };
        let _ = pallet_cloister_verifier::benchmarking::register::<Runtime>(KeyId::MAX, widest);
        let _ = pallet_cloister_verifier::benchmarking::fill::<Runtime>();
    }

    fn set_price(feed: &FeedId, price: FixedU128, now: u64) {
        pallet_oracle::Values::<Runtime>::insert(
            feed,
            TimestampedValue {
                value: price,
                timestamp: now,
            },
        );
    }
}

impl pallet_cloister_execution::BenchmarkHelper<AccountId, AssetId> for Stage {
    fn set_time(now: u64) {
        pallet_timestamp::Now::<Runtime>::put(now);
    }

    fn asset() -> AssetId {
        if !<Assets as Inspect<AccountId>>::asset_exists(SETTLEMENT_ASSET) {
            let issuer = Execution::keyless_custodian();
            // Benchmarks start from an empty state; a failure here fails the benchmark that needs the asset.
            let _ = Assets::force_create(
                enacted(),
                codec::Compact(SETTLEMENT_ASSET),
                issuer.into(),
                true,
                SETTLEMENT_MINIMUM,
            );
            let _ = Assets::force_set_metadata(
                enacted(),
                codec::Compact(SETTLEMENT_ASSET),
                SETTLEMENT_NAME.as_bytes().to_vec(),
                SETTLEMENT_SYMBOL.as_bytes().to_vec(),
                SETTLEMENT_DECIMALS,
                false,
            );
        }
        SETTLEMENT_ASSET
    }

    fn endow(asset: &AssetId, who: &AccountId, amount: u128) {
        let _ = <Assets as Mutate<AccountId>>::mint_into(*asset, who, amount);
    }

    fn group_with_table(number: u32, now: u64) -> (u32, u64) {
        use pallet_cloister_risk::BenchmarkHelper as _;

        let GenesisGroup {
            group,
            params,
            instruments,
        } = genesis_presets::btc_group();
        // Beside those of the genesis, and in their place where all there may be are asked for.
        let group = group.saturating_add(1_000).saturating_add(number);
        pallet_cloister_risk::GroupIds::<Runtime>::mutate(|ids| ids.retain(|id| *id >= 1_000));
        let _ = Risk::create_group(enacted(), group, params);
        for GenesisInstrument { feed, params, .. } in instruments {
            let _ = Risk::list_instrument(enacted(), group, feed, None, params);
            <Self as pallet_cloister_risk::BenchmarkHelper<FeedId>>::set_time(now);
            Self::set_price(&feed, FixedU128::from_u32(50_000), now);
        }
        let caller: AccountId = [0u8; 32].into();
        let _ = Risk::refresh_table(RuntimeOrigin::signed(caller), group);
        (group, Risk::latest_version(group).unwrap_or_default())
    }

    fn fill_window(group: u32, now: u64) {
        use pallet_cloister_risk::{bounds::FINAL_MOST, Groups, TableInfo, TableInfos, Tables};

        let first = Risk::latest_version(group).unwrap_or_default();
        let Some(table) = Tables::<Runtime>::get(group, first) else {
            return;
        };
        let info = TableInfo {
            risk_hash: [0; 32],
            time: now,
            good_until: None,
        };
        let last = first.saturating_add(FINAL_MOST.into());
        for version in first..=last {
            Tables::<Runtime>::insert(group, version, table.clone());
            TableInfos::<Runtime>::insert(group, version, info);
        }
        Groups::<Runtime>::mutate(group, |state| {
            if let Some(state) = state {
                state.version = last;
            }
        });
    }

    fn set_verifying_key(id: KeyId, statement: StatementKind) {
        let _ = pallet_cloister_verifier::benchmarking::register::<Runtime>(id, statement);
    }

    fn fill_verifying_keys() {
        use pallet_cloister_verifier::VerifyingKeys;

        let _ = pallet_cloister_verifier::benchmarking::fill::<Runtime>();
        // Whoever looks for one of solvency finds it last.
        let keys: Vec<_> = VerifyingKeys::<Runtime>::iter().collect();
        let last = keys.len().saturating_sub(1);
        let found = keys.iter().find(|(_, key)| key.statement.solvency_shape().is_some());
        let Some(statement) = found.map(|(_, key)| key.statement) else {
            return;
        };
        for (place, (id, mut key)) in keys.into_iter().enumerate() {
            if place == last {
                key.statement = statement;
            } else if key.statement.solvency_shape().is_some() {
                key.statement = StatementKind::Seal;
            }
            VerifyingKeys::<Runtime>::insert(id, key);
        }
    }

    fn set_sequencer(group: u32, who: AccountId) {
        let _ = pallet_cloister_sequencers::benchmarking::lead::<Runtime>(group, who);
    }

    fn set_seal_key(group: u32, x: Field, y: Field) {
        let _ = crate::Sequencers::put_seal_key(group, x, y);
    }
}

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
