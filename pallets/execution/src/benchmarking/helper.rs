//! What benchmarks need of the runtime.

use crate::{Field, KeyId};
use pallet_cloister_verifier::StatementKind;

/// What benchmarks need of the runtime.
pub trait BenchmarkHelper<AccountId, AssetId> {
    /// Sets the clock, milliseconds of Unix time.
    fn set_time(now: u64);
    /// A settlement asset with 6 decimals.
    fn asset() -> AssetId;
    /// Mints the asset.
    fn endow(asset: &AssetId, who: &AccountId, amount: u128);
    /// The n-th group of pallet risk with a table built at `now`, and the table's version. Pallet execution does not
    /// know it.
    fn group_with_table(number: u32, now: u64) -> (u32, u64);
    /// Builds as many tables of that group as final values are made of, all at `now`.
    fn fill_window(group: u32, now: u64);
    /// Registers the trapdoor's key for a statement, good from the first block.
    fn set_verifying_key(id: KeyId, statement: StatementKind);
    /// Registers keys until there is room for no more.
    fn fill_verifying_keys();
    /// Makes somebody the first of as many members as a group's sequencers may have; terms say that members lead in
    /// turn, and that it does.
    fn set_sequencer(group: u32, who: AccountId);
    /// Sets the sealing key of a group, coordinates x and y.
    fn set_seal_key(group: u32, x: Field, y: Field);
}
