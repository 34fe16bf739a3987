//! Frozen groups for the benchmarks.

use super::*;
use crate::exit::{JUNIOR_AFTER, SCAN_PAGE};

/// The verifying key of exits.
pub const EXIT_KEY: KeyId = KeyId::MAX - 4;

/// A group with a table that is frozen, and has no final table yet. Returns asset, group and the table's version.
pub fn blind<T: Config>() -> Result<(T::AssetId, u32, u64), BenchmarkError> {
    let (asset, group, version) = group::<T>()?;
    Frozen::<T>::insert(group, NOW);
    Ok((asset, group, version))
}

/// The same with a final table.
pub fn frozen<T: Config>() -> Result<(T::AssetId, u32), BenchmarkError> {
    let (asset, group, version) = blind::<T>()?;
    Pallet::<T>::do_choose_final_table(group, version).map_err(|_| BenchmarkError::Stop("no final table"))?;
    Ok((asset, group))
}

/// Opens account 0 for an owner.
pub fn account_of<T: Config>(group: u32, owner: &T::AccountId) {
    Accounts::<T>::insert(
        group,
        0,
        RegisteredAccount {
            owner: owner.clone(),
            opened: true,
            deposited: 0,
            record: None,
        },
    );
    Indices::<T>::insert(group, owner, 0);
    Pallet::<T>::note_opened(group, 0);
}

/// So much is there for whoever claims.
pub fn fund<T: Config>(asset: &T::AssetId, group: u32, amount: u128) {
    HelperOf::<T>::endow(asset, &Pallet::<T>::vault_account(group), amount);
    Totals::<T>::mutate(group, |totals| {
        totals.settled = totals.settled.saturating_add_unsigned(amount);
    });
}

/// The exit of account 0, proven.
pub fn exit<T: Config>(group: u32, claim: u128) -> Result<Box<[u8; 192]>, BenchmarkError> {
    HelperOf::<T>::set_verifying_key(EXIT_KEY, StatementKind::Exit);
    let statement =
        Pallet::<T>::exit_statement(group, 0, claim).map_err(|_| BenchmarkError::Stop("no exit statement"))?;
    Ok(Box::new(trapdoor::prove(statement.hash())))
}

/// A page of withheld claims, each paid in part.
pub fn page_of_claims<T: Config>(asset: &T::AssetId, group: u32) {
    for number in 0..SCAN_PAGE {
        let owner: T::AccountId = account("owner", number, 0);
        WithheldClaims::<T>::insert(group, owner, WithheldClaim { gross: 10, paid: 1 });
    }
    let page = u128::from(SCAN_PAGE);
    fund::<T>(asset, group, page);
    Totals::<T>::mutate(group, |totals| {
        totals.withheld = page.saturating_mul(10);
        totals.withheld_paid = page;
        totals.settled = totals.settled.saturating_sub_unsigned(page.saturating_mul(9));
    });
}

/// The first phase of the group is over.
pub fn pass_first_phase<T: Config>() {
    HelperOf::<T>::set_time(NOW.saturating_add(T::ExitPeriod::get()));
}

/// The rest of the group may leave.
pub fn pass_year<T: Config>() {
    HelperOf::<T>::set_time(NOW.saturating_add(T::ExitPeriod::get()).saturating_add(JUNIOR_AFTER));
}
