//! Fees of transactions. A fifth is for the authors of blocks, the rest is burned: if authors had all of it, one could
//! fill blocks for nothing, and if the treasury had it, whoever governs would want dear transactions.

use crate::{
    constants::validators::AUTHORS_SHARE, AccountId, Balance, Balances, CollatorSelection, Runtime, RuntimeEvent,
};
use frame_support::{
    parameter_types,
    traits::{
        fungible::{Balanced, Credit},
        ConstU128, ConstU8, Imbalance, OnUnbalanced,
    },
    weights::{ConstantMultiplier, IdentityFee},
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use polkadot_sdk::*;
use sp_runtime::{FixedPointNumber, Percent, Perquintill};

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

impl OnUnbalanced<Credit<AccountId, Balances>> for AuthorsShare {
    fn on_nonzero_unbalanced(charged: Credit<AccountId, Balances>) {
        let share = Percent::from_rational(AUTHORS_SHARE, 100) * charged.peek();
        let (share, burned) = charged.split(share);
        drop(burned);
        if let Err(refused) = <Balances as Balanced<AccountId>>::resolve(&CollatorSelection::account_id(), share) {
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
