//! Who makes and finalises blocks, and what it costs to do so twice (C-VALIDATORS).

use crate::{
    configs::{development::Blocks, notice::Announced},
    constants::validators as of,
    opaque::SessionKeys,
    validators::NeverEmpty,
    AccountId, Aura, Balances, BlockNumber, Grandpa, Runtime, RuntimeEvent, Validators,
};
use frame_support::{
    parameter_types,
    traits::{ConstU128, ConstU32, ConstU64},
    PalletId,
};
use pallet_session::{disabling::UpToLimitDisablingStrategy, PeriodicSessions};
use polkadot_sdk::*;
use sp_runtime::traits::ConvertInto;

parameter_types! {
    /// Of the account from which authors are paid.
    pub const AuthorsPot: PalletId = PalletId(*b"clo/auth");
    /// The first session ends with the others.
    pub const NoOffset: BlockNumber = 0;
}

/// Blocks of a session.
pub type SessionBlocks = Blocks<{ of::SESSION }, { of::DEVELOPMENT_SESSION }>;
/// Blocks after which an idle candidate goes.
pub type KickThreshold = Blocks<{ of::KICK_THRESHOLD }, { of::DEVELOPMENT_KICK_THRESHOLD }>;
/// Blocks for which an offender is kept out.
pub type BarredFor = Blocks<{ of::BARRED }, { of::DEVELOPMENT_BARRED }>;
/// When a session ends.
pub type Sessions = PeriodicSessions<SessionBlocks, NoOffset>;
/// Blocks for which a report waits in the pool: as long as the keys can be proved on a chain for money.
pub type ReportLongevity = ConstU64<{ (of::KEPT_SESSIONS * of::SESSION) as u64 }>;

/// No session ends by the pallet of sessions, which would take a whole block for it: [`crate::validators`] ends them.
pub struct ByValidators;

impl pallet_session::ShouldEndSession<BlockNumber> for ByValidators {
    fn should_end_session(_: BlockNumber) -> bool {
        false
    }
}

impl pallet_session::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = ConvertInto;
    type ShouldEndSession = ByValidators;
    type NextSessionRotation = Sessions;
    type SessionManager = Validators;
    type SessionHandler = (Aura, NeverEmpty<Grandpa>);
    type Keys = SessionKeys;
    // Less than a third, so that blocks and finality go on.
    type DisablingStrategy = UpToLimitDisablingStrategy;
    type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type KeyDeposit = ConstU128<{ of::KEY_DEPOSIT }>;
}

impl pallet_collator_selection::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Currency = Balances;
    // Government alone announces it: the calls are in no other office's field.
    type UpdateOrigin = Announced;
    type PotId = AuthorsPot;
    type MaxCandidates = ConstU32<{ of::MAX_CANDIDATES }>;
    type MinEligibleCollators = ConstU32<1>;
    type MaxInvulnerables = ConstU32<{ of::MAX_INVULNERABLES }>;
    type KickThreshold = KickThreshold;
    type ValidatorId = AccountId;
    type ValidatorIdOf = pallet_collator_selection::IdentityCollator;
    type ValidatorRegistration = Validators;
    type WeightInfo = pallet_collator_selection::weights::SubstrateWeight<Runtime>;
}

impl pallet_offences::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type IdentificationTuple = AccountId;
    type OnOffenceHandler = Validators;
}

impl crate::validators::Config for Runtime {
    type Sessions = Sessions;
    type BarredFor = BarredFor;
    type KeptSessions = ConstU32<{ of::KEPT_SESSIONS }>;
}
