//! What the pallet stores of the end of a frozen group.

use crate::Field;
use cloister_crypto::{
    constants::INSTRUMENTS,
    field::{from_bytes, to_bytes},
};
use cloister_ledger::FinalValues;
use cloister_types::{GroupId, PerLot};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use polkadot_sdk::sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};
use scale_info::TypeInfo;

/// A day, milliseconds.
const DAY: u64 = 24 * 3_600_000;

/// How long exits are claims of the first phase, milliseconds: at least 30 days.
pub const EXIT_PERIOD: u64 = 30 * DAY;
/// The same on a development chain, whose money is worth nothing: a minute.
pub const DEVELOPMENT_EXIT_PERIOD: u64 = 60_000;
/// For this long after a freeze only governance chooses the final table of a group whose oracle was dead,
/// milliseconds.
pub const FALLBACK_AFTER: u64 = 7 * DAY;
/// What no claim has a right to stays in the vault for this long after the ratio was fixed, milliseconds.
pub const JUNIOR_AFTER: u64 = 365 * DAY;
/// Number of withheld claims that one `settle_exits` looks at.
pub const SCAN_PAGE: u32 = 128;

/// The final table of a frozen group: what a lot of each row is worth.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct FinalTable {
    /// Version of the risk table that it is named after: of a median, the newest one of the window.
    pub version: u64,
    /// Hash of that table.
    pub risk_hash: Field,
    /// Value of a lot of each row, 10^-6.
    pub values: [PerLot; INSTRUMENTS],
    /// The `final_hash` of exits (X-FINAL).
    pub final_hash: Field,
    /// When it was fixed, milliseconds of Unix time.
    pub fixed_at: u64,
}

impl FinalTable {
    /// The table of these values, fixed now.
    pub(crate) fn new(group: u32, values: &FinalValues, fixed_at: u64) -> Self {
        Self {
            version: values.version,
            risk_hash: to_bytes(&values.risk_hash),
            values: values.values,
            final_hash: to_bytes(&values.hash(GroupId(group))),
            fixed_at,
        }
    }

    /// The values, for whoever proves an exit. `None` if the hash is not canonical, which the chain never stores.
    pub fn final_values(&self) -> Option<FinalValues> {
        Some(FinalValues {
            version: self.version,
            risk_hash: from_bytes(&self.risk_hash).ok()?,
            values: self.values,
        })
    }
}

/// The exit of an index. It stays after it was paid: an index exits once.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct ExitClaim<AccountId> {
    /// Is paid.
    pub owner: AccountId,
    /// What the account is worth at the final table, 10^-6.
    pub gross: u128,
    /// What was paid of it, 10^-6.
    pub paid: u128,
    /// What it has a right to if it came after the first phase, fixed when it came: no more than the ratio gives, and
    /// no more than all claims before it left, 10^-6.
    pub late: Option<u128>,
}

/// The ratio that claims of a group are paid at: `part / of`, at most 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Ratio {
    /// What is there for the claims, 10^-6, what they have received included.
    pub part: u128,
    /// The claims, 10^-6; never 0.
    pub of: u128,
    /// When it was fixed, milliseconds of Unix time.
    pub fixed_at: u64,
}

impl Ratio {
    /// What a claim of this gross amount has a right to, rounded down.
    pub fn share(&self, gross: u128) -> Option<u128> {
        multiply_by_rational_with_rounding(gross, self.part, self.of, Rounding::Down)
    }
}

/// The exits of a group that has a final table.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub struct ExitSums {
    /// Gross amount of all exits, 10^-6.
    pub claimed: u128,
    /// What was paid of them, 10^-6.
    pub paid: u128,
    /// The first phase is over from here on, milliseconds of Unix time.
    pub claims_until: u64,
    /// The ratio, once it is fixed.
    pub ratio: Option<Ratio>,
    /// What of the vault is kept for all exits and withheld claims that are recorded, 10^-6: at least what is due to
    /// them. 0 before the ratio is fixed.
    pub reserved: u128,
}

/// The search for the ratio of a group some of whose withheld claims have been paid more already than it gives. Those
/// keep what they got and receive no more, so the others share what is left.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct ExitScan<AccountId> {
    /// What is there for all claims, what was paid of them included, 10^-6.
    pub backing: u128,
    /// Gross amount of all claims, 10^-6.
    pub claims: u128,
    /// The ratio that this pass compares with, `part / of`.
    pub part: u128,
    /// See `part`.
    pub of: u128,
    /// What the claims above the ratio were paid, as far as this pass has come, 10^-6.
    pub above_paid: u128,
    /// Their gross amount, 10^-6.
    pub above_gross: u128,
    /// The claim that this pass has looked at last; `None` at its beginning.
    pub last: Option<AccountId>,
}
