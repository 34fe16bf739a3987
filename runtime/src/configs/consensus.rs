//! Block production (Aura), finality (GRANDPA) and the clock. Who the validators are is in [`super::validators`].

use crate::{
    configs::{development::is_development, validators::ReportLongevity},
    constants::{
        time,
        validators::{KEPT_SESSIONS, MAX_AUTHORITIES},
    },
    Aura, Moment, Offences, Runtime, RuntimeCall, RuntimeEvent, Session, UncheckedExtrinsic, Validators,
};
use frame_support::{
    parameter_types,
    traits::{ConstBool, ConstU32, ConstU64, Get},
};
use polkadot_sdk::*;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;

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
    type DisabledValidators = Session;
    type AllowMultipleBlocksPerSlot = ConstBool<false>;
    type SlotDuration = SlotDuration;
}

impl pallet_grandpa::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_AUTHORITIES>;
    type MaxNominators = ConstU32<0>;
    type MaxSetIdSessionEntries = ConstU64<{ KEPT_SESSIONS as u64 }>;
    type KeyOwnerProof = sp_session::MembershipProof;
    type EquivocationReportSystem =
        pallet_grandpa::EquivocationReportSystem<Self, Offences, Validators, ReportLongevity>;
}

impl pallet_authorship::Config for Runtime {
    type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Aura>;
    type EventHandler = crate::CollatorSelection;
}

// Reports of equivocations are transactions without a signature, which the node of a validator makes.
impl<C> frame_system::offchain::CreateTransactionBase<C> for Runtime
where
    RuntimeCall: From<C>,
{
    type Extrinsic = UncheckedExtrinsic;
    type RuntimeCall = RuntimeCall;
}

impl<C> frame_system::offchain::CreateBare<C> for Runtime
where
    RuntimeCall: From<C>,
{
    fn create_bare(call: RuntimeCall) -> UncheckedExtrinsic {
        UncheckedExtrinsic::new_bare(call)
    }
}
