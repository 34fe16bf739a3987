//! Calls that nobody makes: what would put a vault's money into somebody's hands (C-CUSTODY).
//!
//! Root passes every filter. A chain for money has no Root: what governs it acts by origins of its own
//! ([`crate::offices`]).

use crate::{configs::development::is_development, AssetId, Execution, Runtime, RuntimeCall};
use frame_support::traits::Contains;
use pallet_assets::Call as Assets;
use polkadot_sdk::*;
use sp_runtime::traits::{StaticLookup, Zero};

/// How a call names an account.
type Source = <<Runtime as frame_system::Config>::Lookup as StaticLookup>::Source;

/// The calls that may be made, by whoever signs and by notice alike, inside other calls too.
pub struct Permitted;

impl Contains<RuntimeCall> for Permitted {
    fn contains(call: &RuntimeCall) -> bool {
        match call {
            RuntimeCall::System(call) => !replaces_state(call),
            // Only a development chain has a key for it.
            RuntimeCall::Sudo(_) => is_development(),
            RuntimeCall::Assets(call) => leaves_custody(call),
            // Nothing costs nothing; such a value would not count (C-ORACLE).
            RuntimeCall::Oracle(pallet_oracle::Call::feed_values { values }) => {
                values.iter().all(|(_, value)| !value.is_zero())
            }
            // Deprecated; `spend` says what it spends and when.
            RuntimeCall::Treasury(pallet_treasury::Call::spend_local { .. }) => false,
            _ => true,
        }
    }
}

/// Whether a call writes the state itself, code included.
fn replaces_state(call: &frame_system::Call<Runtime>) -> bool {
    use frame_system::Call as System;

    matches!(
        call,
        System::set_heap_pages { .. }
            | System::set_code { .. }
            | System::set_code_without_checks { .. }
            | System::set_storage { .. }
            | System::kill_storage { .. }
            | System::kill_prefix { .. }
    )
}

/// Whether an account is a vault. What names no account names no vault.
fn is_vault(source: &Source) -> bool {
    <Runtime as frame_system::Config>::Lookup::lookup(source.clone()).is_ok_and(|account| Execution::is_vault(&account))
}

fn is_listed(id: &codec::Compact<AssetId>) -> bool {
    Execution::is_listed(&id.0)
}

/// Whether the roles, the description and the vaults of listed assets stay as they are. Calls that do no harm are
/// named, so a new one is refused until somebody has looked at it.
fn leaves_custody(call: &Assets<Runtime>) -> bool {
    match call {
        // Of assets that do not exist yet.
        Assets::create { .. } | Assets::force_create { .. } => true,
        Assets::mint { .. }
        | Assets::transfer { .. }
        | Assets::transfer_keep_alive { .. }
        | Assets::transfer_all { .. }
        | Assets::thaw { .. }
        | Assets::thaw_asset { .. }
        | Assets::approve_transfer { .. }
        | Assets::cancel_approval { .. }
        | Assets::force_cancel_approval { .. }
        | Assets::touch { .. }
        | Assets::touch_other { .. }
        | Assets::refund { .. } => true,
        // Whoever holds a role may do it to others, and to no vault.
        Assets::burn { id, who, .. }
        | Assets::freeze { id, who, .. }
        | Assets::block { id, who, .. }
        | Assets::refund_other { id, who, .. }
        | Assets::force_transfer { id, source: who, .. }
        | Assets::transfer_approved { id, owner: who, .. } => !is_listed(id) || !is_vault(who),
        Assets::start_destroy { id, .. }
        | Assets::destroy_accounts { id, .. }
        | Assets::destroy_approvals { id, .. }
        | Assets::finish_destroy { id, .. }
        | Assets::freeze_asset { id, .. }
        | Assets::transfer_ownership { id, .. }
        | Assets::set_team { id, .. }
        | Assets::set_metadata { id, .. }
        | Assets::clear_metadata { id, .. }
        | Assets::force_set_metadata { id, .. }
        | Assets::force_clear_metadata { id, .. }
        | Assets::force_asset_status { id, .. }
        | Assets::set_min_balance { id, .. }
        | Assets::set_reserves { id, .. } => !is_listed(id),
        _ => false,
    }
}
