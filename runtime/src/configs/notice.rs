//! What waits before it is done, and who may do it (C-NOTICE).

use crate::{
    configs::{
        development::{is_development, RootOnDevelopment},
        governance::authority::Announcing,
    },
    constants::time,
    BlockNumber, Hash, Runtime, RuntimeCall,
};
use frame_support::{
    parameter_types,
    traits::{EitherOf, Get},
};
use pallet_cloister_execution::Call as ExecutionCall;
use pallet_cloister_risk::Call as RiskCall;
use pallet_cloister_sequencers::Call as SequencersCall;
use pallet_cloister_timelock::{Class, Classify, Delays, EnsureEnacted};
use pallet_cloister_verifier::Call as VerifierCall;
use polkadot_sdk::*;

/// Blocks of a day.
pub const DAYS: BlockNumber = 24 * time::HOURS;

parameter_types! {
    /// Shortest delays outside a development chain. The longest leaves time for everything that takes a trader out: a
    /// queue that is overdue for a day freezes its group, one that is taken just in part within ten days, stopped
    /// clocks add three days at most (C-FREEZE).
    pub const LeastDelays: Delays<BlockNumber> = Delays {
        terms: DAYS,
        members: 3 * DAYS,
        keys_and_code: 14 * DAYS,
    };
    /// Longest delay.
    pub const MostDelay: BlockNumber = 60 * DAYS;
    /// How long what is due may be enacted.
    pub const Lifetime: BlockNumber = 30 * DAYS;
}

/// What was announced and is enacted; on a development chain Root too, so that whoever tries the chain waits for
/// nothing.
pub type Announced = EitherOf<EnsureEnacted, RootOnDevelopment>;

/// [`is_development`], for pallets that ask for it.
pub struct OnDevelopment;

impl Get<bool> for OnDevelopment {
    fn get() -> bool {
        is_development()
    }
}

/// Whether the chain has a sudo key.
pub struct HasSudo;

impl Get<bool> for HasSudo {
    fn get() -> bool {
        pallet_sudo::Key::<Runtime>::exists()
    }
}

/// What each call of the runtime can do at worst. A call that is not named here has the longest delay.
pub struct Classes;

impl Classes {
    fn longest<'a>(calls: impl IntoIterator<Item = &'a RuntimeCall>) -> Option<Class> {
        calls
            .into_iter()
            .try_fold(Class::Terms, |longest, call| Some(longest.max(Self::class_of(call)?)))
    }
}

impl Classify<RuntimeCall, Hash> for Classes {
    fn class_of(call: &RuntimeCall) -> Option<Class> {
        use pallet_utility::Call as Utility;

        match call {
            RuntimeCall::Risk(
                RiskCall::set_group_params { .. }
                | RiskCall::set_instrument_params { .. }
                | RiskCall::set_instrument_status { .. }
                | RiskCall::set_table_grace { .. }
                | RiskCall::set_settle_after { .. }
                | RiskCall::set_jump_limit { .. },
            ) => Some(Class::Terms),
            RuntimeCall::Execution(
                ExecutionCall::set_queue_terms { .. }
                | ExecutionCall::set_payout_terms { .. }
                | ExecutionCall::set_solvency_terms { terms: Some(_), .. },
            ) => Some(Class::Terms),
            // A rate that is old costs those who pay by it, or lets them pay too little.
            RuntimeCall::AssetRate(_) => Some(Class::Terms),
            // The end of a pause, which ends by itself anyhow.
            RuntimeCall::TxPause(pallet_tx_pause::Call::unpause { .. })
            | RuntimeCall::SafeMode(pallet_safe_mode::Call::force_exit { .. }) => Some(Class::Terms),
            // What narrows waits for nothing; inside a batch it is no reason to wait longer.
            RuntimeCall::Execution(ExecutionCall::set_group_enabled { enabled: false, .. })
            | RuntimeCall::Verifier(VerifierCall::remove_verifying_key { .. }) => Some(Class::Terms),
            RuntimeCall::Risk(
                RiskCall::create_group { .. }
                | RiskCall::list_instrument { .. }
                | RiskCall::set_instrument_feeds { .. },
            ) => Some(Class::Members),
            RuntimeCall::Execution(
                ExecutionCall::create_group { .. }
                | ExecutionCall::set_group_enabled { .. }
                // Without terms payouts ask for no round.
                | ExecutionCall::set_solvency_terms { terms: None, .. }
                | ExecutionCall::take_insurance { .. }
                | ExecutionCall::set_custodians { .. }
                | ExecutionCall::restore_custody { .. },
            ) => Some(Class::Members),
            RuntimeCall::Sequencers(
                SequencersCall::set_members { .. }
                | SequencersCall::set_seal_key { .. }
                | SequencersCall::set_take_over { .. },
            ) => Some(Class::Members),
            RuntimeCall::Bonds(pallet_cloister_bonds::Call::set_terms { .. }) => Some(Class::Members),
            RuntimeCall::OracleOperators(_) => Some(Class::Members),
            RuntimeCall::CollatorSelection(_) => Some(Class::Members),
            RuntimeCall::Assets(pallet_assets::Call::force_create { .. }) => Some(Class::Members),
            RuntimeCall::Utility(
                Utility::batch { calls } | Utility::batch_all { calls } | Utility::force_batch { calls },
            ) => Self::longest(calls),
            RuntimeCall::Utility(Utility::if_else { main, fallback }) => Self::longest([&**main, &**fallback]),
            RuntimeCall::Timelock(
                pallet_cloister_timelock::Call::announce { .. } | pallet_cloister_timelock::Call::enact { .. },
            ) => None,
            _ => Some(Class::Keys),
        }
    }

    fn upgrade_of(call: &RuntimeCall) -> Option<Hash> {
        match call {
            // The other one leaves out the check of name and version.
            RuntimeCall::System(frame_system::Call::authorize_upgrade { code_hash }) => Some(*code_hash),
            _ => None,
        }
    }
}

impl pallet_cloister_timelock::Config for Runtime {
    type RuntimeCall = RuntimeCall;
    type AnnounceOrigin = Announcing;
    type WithdrawOrigin = Announcing;
    type NoticeOrigin = Announced;
    type Classes = Classes;
    type Development = OnDevelopment;
    type Bypass = HasSudo;
    type LeastDelays = LeastDelays;
    type MostDelay = MostDelay;
    type Lifetime = Lifetime;
    type WeightInfo = pallet_cloister_timelock::weights::SubstrateWeight<Runtime>;
}
