//! Who may do what: at once, and which calls each office may announce (C-GOVERN).

use crate::{
    configs::development::{is_development, RootOnDevelopment},
    offices::Origin as Office,
    OriginCaller, RuntimeCall, RuntimeOrigin,
};
use frame_support::traits::{EitherOf, EnsureOrigin, EnsureOriginWithArg, OriginTrait};
use frame_system::RawOrigin;
use pallet_cloister_execution::Call as Execution;
use pallet_cloister_risk::Call as Risk;
use pallet_utility::Call as Utility;
use polkadot_sdk::*;

macro_rules! offices {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl EnsureOrigin<RuntimeOrigin> for $name {
            type Success = ();

            fn try_origin(origin: RuntimeOrigin) -> Result<(), RuntimeOrigin> {
                match origin.caller() {
                    OriginCaller::Offices(Office::$name) => Ok(()),
                    _ => Err(origin),
                }
            }

            #[cfg(feature = "runtime-benchmarks")]
            fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
                Ok(Office::$name.into())
            }
        }
    )*};
}

offices! {
    /// The office of [`Office::Government`].
    Government
    /// The office of [`Office::RiskAdmin`].
    RiskAdmin
    /// The office of [`Office::ListingAdmin`].
    ListingAdmin
    /// The office of [`Office::EmergencyPause`].
    EmergencyPause
    /// The office of [`Office::Treasurer`].
    Treasurer
}

/// The highest office; on a development chain Root too. Everybody below has a share of what it may do.
pub type Governance = EitherOf<Government, RootOnDevelopment>;
/// Winds groups up and removes verifying keys.
pub type OverRisk = EitherOf<RiskAdmin, Governance>;
/// Takes sequencers away.
pub type OverListings = EitherOf<ListingAdmin, Governance>;
/// Takes back spends that are not paid yet.
pub type OverTreasury = EitherOf<Treasurer, Governance>;
/// Closes instruments to what opens positions, disables groups, pauses calls.
pub type Narrowing = EitherOf<EmergencyPause, OverRisk>;

/// Announces and withdraws calls of its own field ([`is_of_field`]); Root all of them, on a development chain.
pub struct Announcing;

impl EnsureOriginWithArg<RuntimeOrigin, RuntimeCall> for Announcing {
    type Success = ();

    fn try_origin(origin: RuntimeOrigin, call: &RuntimeCall) -> Result<(), RuntimeOrigin> {
        let may = match origin.caller() {
            OriginCaller::Offices(office) => is_of_field(*office, call),
            OriginCaller::system(RawOrigin::Root) => is_development(),
            _ => false,
        };
        if may {
            Ok(())
        } else {
            Err(origin)
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin(_: &RuntimeCall) -> Result<RuntimeOrigin, ()> {
        Ok(Office::Government.into())
    }
}

/// Whether a call is one that an office may announce: for what holds others, whether all of them are. Government may
/// announce any, the others what is named here and no more.
pub fn is_of_field(office: Office, call: &RuntimeCall) -> bool {
    match call {
        _ if office == Office::Government => true,
        RuntimeCall::Utility(
            Utility::batch { calls } | Utility::batch_all { calls } | Utility::force_batch { calls },
        ) => calls.iter().all(|call| is_of_field(office, call)),
        RuntimeCall::Utility(Utility::if_else { main, fallback }) => {
            is_of_field(office, main) && is_of_field(office, fallback)
        }
        _ => match office {
            Office::RiskAdmin => is_of_risk(call),
            Office::ListingAdmin => is_of_listings(call),
            Office::Government | Office::EmergencyPause | Office::Treasurer => false,
        },
    }
}

/// Parameters inside hard bounds, and the end of what was narrowed.
fn is_of_risk(call: &RuntimeCall) -> bool {
    matches!(
        call,
        RuntimeCall::Risk(
            Risk::set_group_params { .. }
                | Risk::set_instrument_params { .. }
                | Risk::set_instrument_status { .. }
                | Risk::set_table_grace { .. }
                | Risk::set_settle_after { .. }
                | Risk::set_jump_limit { .. }
        ) | RuntimeCall::Execution(
            Execution::set_queue_terms { .. }
                | Execution::set_solvency_terms { terms: Some(_), .. }
                | Execution::set_group_enabled { .. }
        )
    )
}

/// What is traded, who runs it, and where its prices are from.
fn is_of_listings(call: &RuntimeCall) -> bool {
    match call {
        RuntimeCall::Risk(
            Risk::create_group { .. } | Risk::list_instrument { .. } | Risk::set_instrument_feeds { .. },
        )
        | RuntimeCall::Execution(Execution::create_group { .. })
        | RuntimeCall::Sequencers(
            pallet_cloister_sequencers::Call::set_members { .. }
            | pallet_cloister_sequencers::Call::set_seal_key { .. }
            | pallet_cloister_sequencers::Call::set_take_over { .. },
        )
        | RuntimeCall::Bonds(pallet_cloister_bonds::Call::set_terms { .. }) => true,
        RuntimeCall::OracleOperators(call) => !matches!(call, pallet_membership::Call::change_key { .. }),
        _ => false,
    }
}
