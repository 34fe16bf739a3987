//! Assets: the settlement asset of the exchange, and no others without notice.

use crate::{
    configs::notice::Announced,
    constants::money::{deposit, EXISTENTIAL_DEPOSIT},
    AccountId, AssetId, Balance, Balances, Runtime, RuntimeEvent,
};
use frame_support::{
    parameter_types,
    traits::{AsEnsureOriginWithArg, ConstU32},
};
use polkadot_sdk::*;

/// Who may create an asset by the ordinary call: nobody, so that no look-alike of the settlement asset appears in
/// wallets. `force_create` creates one by notice.
#[cfg(not(feature = "runtime-benchmarks"))]
type Creator = frame_support::traits::NeverEnsureOrigin<AccountId>;
/// A benchmark of the call needs an origin that may make it.
#[cfg(feature = "runtime-benchmarks")]
type Creator = frame_system::EnsureSigned<AccountId>;

parameter_types! {
    /// Deposit for an asset.
    pub const AssetDeposit: Balance = deposit(1, 190);
    /// Deposit for an account of an asset that is not sufficient.
    pub const AssetAccountDeposit: Balance = deposit(1, 16);
    /// Deposit for an approval.
    pub const ApprovalDeposit: Balance = EXISTENTIAL_DEPOSIT;
    /// Deposit for the metadata of an asset.
    pub const MetadataDepositBase: Balance = deposit(1, 68);
    /// Deposit for each byte of it.
    pub const MetadataDepositPerByte: Balance = deposit(0, 1);
}

impl pallet_assets::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Balance = Balance;
    type RemoveItemsLimit = ConstU32<1000>;
    type AssetId = AssetId;
    type AssetIdParameter = codec::Compact<AssetId>;
    type ReserveData = ();
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<Creator>;
    type ForceOrigin = Announced;
    type AssetDeposit = AssetDeposit;
    type AssetAccountDeposit = AssetAccountDeposit;
    type MetadataDepositBase = MetadataDepositBase;
    type MetadataDepositPerByte = MetadataDepositPerByte;
    type ApprovalDeposit = ApprovalDeposit;
    type StringLimit = ConstU32<50>;
    type Freezer = ();
    type Holder = ();
    type Extra = ();
    type CallbackHandle = ();
    type AssetIdAllocator = ();
    type WeightInfo = pallet_assets::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = ();
}
