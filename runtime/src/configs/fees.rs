//! Fees of transactions (C-FEE). In the native token a fifth is for the authors of blocks, and the rest is burned: if
//! authors had all of it, one could fill blocks for nothing, and if the treasury had it, whoever governs would want
//! dear transactions. In the settlement asset they are the treasury's, because to burn them would be a gift to whoever
//! issues the asset.

use crate::{
    configs::{development::is_development, notice::Announced},
    constants::{
        money::{DECIMALS, SETTLEMENT_ASSET, SETTLEMENT_DECIMALS},
        validators::AUTHORS_SHARE,
    },
    AccountId, AssetId, Assets, Balance, Balances, CollatorSelection, Runtime, RuntimeEvent, Treasury,
};
use frame_support::{
    parameter_types,
    traits::{fungible, fungibles, tokens::ConversionToAssetBalance, ConstU128, ConstU8, Imbalance, OnUnbalanced},
    weights::{ConstantMultiplier, IdentityFee},
};
use pallet_asset_rate::ConversionRateToNative;
use pallet_asset_tx_payment::{FungiblesAdapter, HandleCredit};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use polkadot_sdk::*;
use sp_runtime::{
    helpers_128bit::multiply_by_rational_with_rounding, FixedPointNumber, FixedU128, Percent, Perquintill, Rounding,
};

/// Fee of a byte: a megabyte of the chain costs as much as a second of it, one native token.
const FEE_PER_BYTE: Balance = 1_000_000;

parameter_types! {
    /// How full blocks may be on average before the fee rises.
    pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
    /// How fast the fee follows: each full block raises it by 3.8 %, so ten minutes of them at 6 s multiply it by 42.
    /// An empty one lowers it by 1.2 %. Whoever fills blocks to keep others out pays that; what keeps groups going does
    /// not wait for it ([`pallet_cloister_execution::ESSENTIAL_PRIORITY`]).
    pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(5, 100);
    /// The fee falls to a tenth in quiet times, no further: spam stays expensive.
    pub MinimumMultiplier: Multiplier = Multiplier::saturating_from_rational(1, 10);
    /// A full block costs 2,000 native tokens then. Without a bound the fee that members' calls are charged before they
    /// succeed, and get back, would outgrow what they have.
    pub MaximumMultiplier: Multiplier = Multiplier::saturating_from_integer(1_000);
}

/// Pays [`AUTHORS_SHARE`] percent of what transactions are charged into the pot of the authors, of which whoever makes
/// a block gets half. What is dropped is burned: the rest, and a share smaller than the pot may begin with.
pub struct AuthorsShare;

impl OnUnbalanced<fungible::Credit<AccountId, Balances>> for AuthorsShare {
    fn on_nonzero_unbalanced(charged: fungible::Credit<AccountId, Balances>) {
        let share = Percent::from_rational(AUTHORS_SHARE, 100) * charged.peek();
        let (share, burned) = charged.split(share);
        drop(burned);
        if let Err(refused) =
            <Balances as fungible::Balanced<AccountId>>::resolve(&CollatorSelection::account_id(), share)
        {
            drop(refused);
        }
    }
}

impl pallet_transaction_payment::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type OnChargeTransaction = FungibleAdapter<Balances, AuthorsShare>;
    // A picosecond of reference time costs the smallest unit, so a second costs one native token.
    type WeightToFee = IdentityFee<Balance>;
    type LengthToFee = ConstantMultiplier<Balance, ConstU128<FEE_PER_BYTE>>;
    type FeeMultiplierUpdate =
        TargetedFeeAdjustment<Self, TargetBlockFullness, AdjustmentVariable, MinimumMultiplier, MaximumMultiplier>;
    type OperationalFeeMultiplier = ConstU8<5>;
    type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Runtime>;
}

/// Native units for a unit of the settlement asset on a development chain where nobody has set a rate: a token for one
/// of it.
const DEVELOPMENT_RATE: u32 = 10u32.pow(DECIMALS as u32 - SETTLEMENT_DECIMALS as u32);

/// What a fee is in an asset: divided by the rate that governance has set, exactly, and rounded up. The SDK multiplies
/// by the inverse of the rate and rounds down. An asset without a rate, or with one of 0, pays no fees.
pub struct Rate;

impl ConversionToAssetBalance<Balance, AssetId, Balance> for Rate {
    type Error = pallet_asset_rate::Error<Runtime>;

    fn to_asset_balance(fee: Balance, asset: AssetId) -> Result<Balance, Self::Error> {
        let on_development = || FixedU128::from_u32(DEVELOPMENT_RATE);
        let rate = ConversionRateToNative::<Runtime>::get(asset)
            .or_else(|| (asset == SETTLEMENT_ASSET && is_development()).then(on_development))
            .ok_or(pallet_asset_rate::Error::UnknownAssetKind)?;
        multiply_by_rational_with_rounding(fee, FixedU128::DIV, rate.into_inner(), Rounding::Up)
            .ok_or(pallet_asset_rate::Error::Overflow)
    }
}

/// Fees in an asset go to the treasury. What it cannot hold, less than the asset's smallest balance, is burned.
pub struct ToTreasury;

impl HandleCredit<AccountId, Assets> for ToTreasury {
    fn handle_credit(credit: fungibles::Credit<AccountId, Assets>) {
        // What comes back is dropped, which burns it.
        let _ = <Assets as fungibles::Balanced<AccountId>>::resolve(&Treasury::account_id(), credit);
    }
}

impl pallet_asset_tx_payment::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Fungibles = Assets;
    type OnChargeAssetTransaction = FungiblesAdapter<Rate, ToTreasury>;
    type WeightInfo = pallet_asset_tx_payment::weights::SubstrateWeight<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = super::benchmarks::FeeHelper;
}

// The rate is native units for a unit of the asset.
impl pallet_asset_rate::Config for Runtime {
    type WeightInfo = pallet_asset_rate::weights::SubstrateWeight<Runtime>;
    type RuntimeEvent = RuntimeEvent;
    type CreateOrigin = Announced;
    type RemoveOrigin = Announced;
    type UpdateOrigin = Announced;
    type Currency = Balances;
    type AssetKind = AssetId;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = super::benchmarks::FeeHelper;
}
