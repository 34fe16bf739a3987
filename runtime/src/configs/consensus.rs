//! Block production (Aura), finality (GRANDPA) and the clock. The authorities are those of the genesis block.

use crate::{configs::development::is_development, constants::time, Aura, Moment, Runtime, RuntimeEvent};
use frame_support::{
    parameter_types,
    traits::{ConstBool, ConstU32, ConstU64, Get},
};
use polkadot_sdk::*;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;

/// Maximum number of validators that may produce and finalise blocks.
pub const MAX_AUTHORITIES: u32 = 100;

/// Milliseconds of a slot: [`time::SLOT_MILLISECONDS`], on a development chain [`time::DEVELOPMENT_SLOT_MILLISECONDS`].
/// Aura cannot bear a change of it, and there is none: what makes a development chain is written in the genesis block
/// only.
pub struct SlotDuration;

impl Get<Moment> for SlotDuration {
    fn get() -> Moment {
        if is_development() {
            time::DEVELOPMENT_SLOT_MILLISECONDS
        } else {
            time::SLOT_MILLISECONDS
        }
    }
}

parameter_types! {
    /// Minimum number of milliseconds between two blocks: half a slot, because an author may be late in its slot and
    /// the next one early in its own.
    pub MinimumPeriod: Moment = SlotDuration::get() / 2;
}

impl pallet_timestamp::Config for Runtime {
    type Moment = Moment;
    type OnTimestampSet = Aura;
    type MinimumPeriod = MinimumPeriod;
    type WeightInfo = pallet_timestamp::weights::SubstrateWeight<Runtime>;
}

impl pallet_aura::Config for Runtime {
    type AuthorityId = AuraId;
    type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
    type DisabledValidators = ();
    type AllowMultipleBlocksPerSlot = ConstBool<false>;
    type SlotDuration = SlotDuration;
}

impl pallet_grandpa::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
    type MaxNominators = ConstU32<0>;
    type MaxSetIdSessionEntries = ConstU64<0>;
    // The authorities hold no stake that an equivocation could cost them.
    type KeyOwnerProof = sp_core::Void;
    type EquivocationReportSystem = ();
}
