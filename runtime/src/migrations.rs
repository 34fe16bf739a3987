//! Migrations of the storage, in the order in which runtimes brought them (C-MIGRATIONS). Each runs once: it asks for
//! the version that a pallet's storage has, and leaves the next one.

use crate::{AccountId, Execution, Runtime};
use alloc::vec::Vec;
use frame_support::{
    migrations::VersionedMigration,
    storage::{migration::move_storage_from_pallet, storage_prefix, unhashed},
    traits::UncheckedOnRuntimeUpgrade,
    weights::Weight,
    BoundedVec,
};
use pallet_cloister_execution::Groups;
use pallet_cloister_sequencers::{Field, Members, SealKeys};
use pallet_cloister_verifier::MAX_KEYS;
use polkadot_sdk::*;

/// All of them.
pub type Migrations = (VersionedMigration<0, 1, Split, Execution, <Runtime as frame_system::Config>::DbWeight>,);

/// Name of the pallet that had it all.
const FROM: &[u8] = b"Execution";
/// What the registry of verifying keys takes over as it is.
const OF_VERIFIER: [&[u8]; 3] = [b"Development", b"VerifyingKeys", b"CounterForVerifyingKeys"];

/// Version 1 of `execution` (`spec_version` 3): the verifying keys are in the pallet `verifier`, and who submits
/// batches and the sealing key, which all groups had in common, are each group's own in the pallet `sequencers`.
pub struct Split;

impl UncheckedOnRuntimeUpgrade for Split {
    fn on_runtime_upgrade() -> Weight {
        for name in OF_VERIFIER {
            move_storage_from_pallet(name, FROM, b"Verifier");
        }
        // A submitter could be named twice.
        let mut members: Vec<AccountId> = Vec::new();
        for who in take::<Vec<AccountId>>(b"Submitters").unwrap_or_default() {
            if !members.contains(&who) {
                members.push(who);
            }
        }
        let seal_key: Option<(Field, Field)> = take(b"SealKey");
        let groups: Vec<u32> = Groups::<Runtime>::iter_keys().collect();
        for group in groups.iter().filter(|_| !members.is_empty()) {
            // The chain had as many submitters as a group may have members.
            Members::<Runtime>::insert(group, BoundedVec::truncate_from(members.clone()));
        }
        for group in &groups {
            if let Some(key) = seal_key {
                SealKeys::<Runtime>::insert(group, key);
            }
        }
        let groups = groups.len() as u64;
        // Each value is read, written and removed; of a map the keys are read too.
        let moved = u64::from(MAX_KEYS).saturating_add(4);
        <Runtime as frame_system::Config>::DbWeight::get().reads_writes(
            moved.saturating_mul(2).saturating_add(groups.saturating_mul(2)),
            moved.saturating_mul(2).saturating_add(groups.saturating_mul(2)),
        )
    }

    #[cfg(feature = "try-runtime")]
    fn pre_upgrade() -> Result<Vec<u8>, sp_runtime::TryRuntimeError> {
        use codec::Encode;

        let members: Vec<AccountId> = get(b"Submitters").unwrap_or_default();
        let keys: u32 = get(b"CounterForVerifyingKeys").unwrap_or_default();
        let seal_key: Option<(Field, Field)> = get(b"SealKey");
        let development: bool = get(b"Development").unwrap_or_default();
        Ok((members, keys, seal_key, development).encode())
    }

    #[cfg(feature = "try-runtime")]
    fn post_upgrade(state: Vec<u8>) -> Result<(), sp_runtime::TryRuntimeError> {
        use codec::Decode;

        type Before = (Vec<AccountId>, u32, Option<(Field, Field)>, bool);
        let (members, keys, seal_key, development) =
            Before::decode(&mut state.as_slice()).map_err(|_| "what was noted before the upgrade cannot be read")?;
        frame_support::ensure!(
            crate::Verifier::verifying_keys().len() == keys as usize,
            "verifying keys were lost"
        );
        frame_support::ensure!(
            crate::Verifier::is_development() == development,
            "another kind of chain"
        );
        for group in Groups::<Runtime>::iter_keys() {
            frame_support::ensure!(SealKeys::<Runtime>::get(group) == seal_key, "a sealing key was lost");
            let now = Members::<Runtime>::get(group);
            frame_support::ensure!(members.iter().all(|who| now.contains(who)), "members were lost");
        }
        Ok(())
    }
}

fn take<T: codec::Decode>(name: &[u8]) -> Option<T> {
    unhashed::take(&storage_prefix(FROM, name))
}

#[cfg(feature = "try-runtime")]
fn get<T: codec::Decode>(name: &[u8]) -> Option<T> {
    unhashed::get(&storage_prefix(FROM, name))
}
