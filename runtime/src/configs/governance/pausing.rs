//! What may be stopped by a pause, for how long, and by whom (C-PAUSE). Everything else goes on, whatever governs.

use crate::{
    configs::{
        development::Blocks,
        governance::authority::Narrowing,
        notice::{Announced, DAYS},
    },
    Balance, Balances, BlockNumber, Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason, SafeMode, TxPause,
};
use frame_support::{
    parameter_types,
    traits::{CallMetadata, ConstU32, Contains, Get, GetCallMetadata, MapSuccess, NeverEnsureOrigin, TypedGet},
};
use pallet_tx_pause::RuntimeCallNameOf;
use polkadot_sdk::*;
use sp_runtime::traits::Replace;

/// The calls that may be paused, by pallet and name: those that let somebody in or money out of nobody's account.
///
/// None of them is what somebody needs who is in: to put money behind a position, to order, to get out, to be paid, to
/// vote. That holds for wrappers too: an account of several signers gets out by them and by nothing else. A call that
/// is not named here, one of a later pallet too, goes on.
pub const STOPPABLE: [(&str, &str); 4] = [
    // A stolen key of a custodian.
    ("Assets", "mint"),
    // New accounts.
    ("Execution", "open"),
    // A spend that was a mistake.
    ("Treasury", "payout"),
    ("Treasury", "spend"),
];

/// Maximum number of bytes of the name of a pallet or of a call. No name of this runtime is longer.
const MAX_NAME: u32 = 64;
/// Blocks of safe mode: a day, after which it ends by itself. Nobody extends it; it may be entered again by another
/// vote.
pub const SAFE_MODE: BlockNumber = DAYS;
/// The same on a development chain.
pub const DEVELOPMENT_SAFE_MODE: BlockNumber = 30;

/// Whether a pause can stop a call.
pub fn is_stoppable(pallet: &[u8], call: &[u8]) -> bool {
    let mut all = STOPPABLE.iter();
    all.any(|(of, name)| of.as_bytes() == pallet && name.as_bytes() == call)
}

/// What no pause stops.
pub struct NeverPaused;

impl Contains<RuntimeCallNameOf<Runtime>> for NeverPaused {
    fn contains((pallet, call): &RuntimeCallNameOf<Runtime>) -> bool {
        !is_stoppable(pallet, call)
    }
}

impl Contains<RuntimeCall> for NeverPaused {
    fn contains(call: &RuntimeCall) -> bool {
        let CallMetadata {
            pallet_name,
            function_name,
        } = call.get_call_metadata();
        !is_stoppable(pallet_name.as_bytes(), function_name.as_bytes())
    }
}

/// The calls that no pause stops now. For what is never paused nothing is read.
pub struct Unpaused;

impl Contains<RuntimeCall> for Unpaused {
    fn contains(call: &RuntimeCall) -> bool {
        <NeverPaused as Contains<RuntimeCall>>::contains(call)
            || (!SafeMode::is_entered() && <TxPause as Contains<RuntimeCall>>::contains(call))
    }
}

parameter_types! {
    /// Nobody enters safe mode by a deposit, or extends it.
    pub const NoDeposit: Option<Balance> = None;
    /// There are no deposits that could be released.
    pub const NoRelease: Option<BlockNumber> = None;
}

/// [`SAFE_MODE`], or [`DEVELOPMENT_SAFE_MODE`].
pub type SafeModeBlocks = Blocks<SAFE_MODE, DEVELOPMENT_SAFE_MODE>;

/// The same, for an origin that is given it.
pub struct SafeModePeriod;

impl TypedGet for SafeModePeriod {
    type Type = BlockNumber;

    fn get() -> BlockNumber {
        <SafeModeBlocks as Get<BlockNumber>>::get()
    }
}

impl pallet_tx_pause::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PauseOrigin = Narrowing;
    // What is let through again widens.
    type UnpauseOrigin = Announced;
    type WhitelistedCalls = NeverPaused;
    type MaxNameLen = ConstU32<MAX_NAME>;
    type WeightInfo = pallet_tx_pause::weights::SubstrateWeight<Runtime>;
}

impl pallet_safe_mode::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Currency = Balances;
    type RuntimeHoldReason = RuntimeHoldReason;
    type WhitelistedCalls = NeverPaused;
    type EnterDuration = SafeModeBlocks;
    type ExtendDuration = ConstU32<0>;
    type EnterDepositAmount = NoDeposit;
    type ExtendDepositAmount = NoDeposit;
    type ForceEnterOrigin = MapSuccess<Narrowing, Replace<SafeModePeriod>>;
    type ForceExtendOrigin = NeverEnsureOrigin<BlockNumber>;
    type ForceExitOrigin = Announced;
    // There are none.
    type ForceDepositOrigin = NeverEnsureOrigin<()>;
    type Notify = ();
    type ReleaseDelay = NoRelease;
    type WeightInfo = pallet_safe_mode::weights::SubstrateWeight<Runtime>;
}
