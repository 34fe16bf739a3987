//! The treasury: what the shares of the groups' fees and the deposits of killed referenda bring, and who spends it.

use crate::{
    configs::{
        governance::authority::{Governance, OverTreasury, Treasurer},
        notice::DAYS,
    },
    constants::money::{SETTLEMENT_ASSET, SETTLEMENT_UNIT, UNIT},
    AccountId, AssetId, Assets, Balance, Balances, Runtime, RuntimeEvent, System,
};
use frame_support::{
    parameter_types,
    traits::{
        fungible::{NativeFromLeft, NativeOrWithId, UnionOf},
        tokens::{pay::PayAssetFromAccount, ConversionFromAssetBalance},
        ConstU128, ConstU32, EitherOf, MapSuccess,
    },
    PalletId,
};
use polkadot_sdk::*;
use sp_runtime::{
    traits::{IdentityLookup, Replace},
    Permill,
};

/// What a referendum of the treasurer spends at most, native tokens or units of the settlement asset.
pub const TREASURER_MOST: Balance = 10_000 * UNIT;
/// What a referendum of government spends at most, likewise.
pub const GOVERNMENT_MOST: Balance = 1_000_000 * UNIT;

/// What the treasury spends: the native token, and assets.
pub type Spendable = NativeOrWithId<AssetId>;
/// The native token and the assets together.
type Monies = UnionOf<Balances, Assets, NativeFromLeft, Spendable, AccountId>;

parameter_types! {
    /// The treasury's account derives from it.
    pub const TreasuryPalletId: PalletId = PalletId(*b"clo/trsy");
    /// Nothing is burned.
    pub const Burn: Permill = Permill::zero();
}

/// Measures a spend against the bound of an office. The chain knows no price of its token: one unit of the settlement
/// asset counts as one native token, and another asset is not spent.
pub struct Measure;

impl ConversionFromAssetBalance<Balance, Spendable, Balance> for Measure {
    type Error = ();

    fn from_asset_balance(amount: Balance, asset: Spendable) -> Result<Balance, ()> {
        match asset {
            Spendable::Native => Ok(amount),
            Spendable::WithId(SETTLEMENT_ASSET) => amount.checked_mul(UNIT / SETTLEMENT_UNIT).ok_or(()),
            Spendable::WithId(_) => Err(()),
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn ensure_successful(_: Spendable) {}
}

/// Who may spend, and how much in one call. In what one transaction or scheduled call makes, it is the sum that counts.
type Spenders = EitherOf<
    MapSuccess<Treasurer, Replace<ConstU128<TREASURER_MOST>>>,
    MapSuccess<Governance, Replace<ConstU128<GOVERNMENT_MOST>>>,
>;

impl pallet_treasury::Config for Runtime {
    type Currency = Balances;
    type RejectOrigin = OverTreasury;
    type RuntimeEvent = RuntimeEvent;
    // Of what the deprecated way of spending needs, which the filter of calls refuses.
    type SpendPeriod = ConstU32<{ 7 * DAYS }>;
    type Burn = Burn;
    type PalletId = TreasuryPalletId;
    type BurnDestination = ();
    type WeightInfo = pallet_treasury::weights::SubstrateWeight<Runtime>;
    type SpendFunds = ();
    type MaxApprovals = ConstU32<100>;
    type SpendOrigin = Spenders;
    type AssetKind = Spendable;
    type Beneficiary = AccountId;
    type BeneficiaryLookup = IdentityLookup<AccountId>;
    type Paymaster = PayAssetFromAccount<Monies, pallet_treasury::TreasuryAccountId<Runtime>>;
    type BalanceConverter = Measure;
    type PayoutPeriod = ConstU32<{ 30 * DAYS }>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Samples;
    type BlockNumberProvider = System;
}

/// Spends for the benchmarks of the treasury.
#[cfg(feature = "runtime-benchmarks")]
pub struct Samples;

#[cfg(feature = "runtime-benchmarks")]
impl pallet_treasury::ArgumentsFactory<Spendable, AccountId> for Samples {
    fn create_asset_kind(_: u32) -> Spendable {
        Spendable::WithId(SETTLEMENT_ASSET)
    }

    fn create_beneficiary(seed: [u8; 32]) -> AccountId {
        seed.into()
    }
}
