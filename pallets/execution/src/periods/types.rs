//! What the pallet stores of income, credits of provers and shares (C-PERIOD).

use cloister_ledger::solvency::SUBTREE_LEAVES;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use pallet_cloister_verifier::StatementKind;
use polkadot_sdk::sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};
use scale_info::TypeInfo;

/// All of a group's income, basis points.
pub const WHOLE: u16 = 10_000;
/// Smallest and largest share of the provers, basis points.
pub const PROVERS_SHARE: core::ops::RangeInclusive<u16> = 1_000..=9_000;
/// Smallest share of the insurance, basis points.
pub const MIN_INSURANCE_SHARE: u16 = 500;
/// Largest share of the treasury, basis points.
pub const MAX_TREASURY_SHARE: u16 = 3_000;
/// Maximum number of batches that a period must have had before a sweep closes it.
pub const MAX_MIN_BATCHES: u32 = 100_000;

/// What a proof costs whatever it covers, in hundreds of constraints: tables, house, hashes.
const PROOF: u128 = 500;
/// What a unit of a batch costs besides, without its places.
const UNIT: u128 = 136;
/// What a place of a unit costs.
const PLACE: u128 = 68;
/// What an account of a solvency statement costs.
const SOLVENCY_ACCOUNT: u128 = 42;

/// What a proof of a statement is worth to its payee: about what it costs to make, in hundreds of constraints.
/// Statements of owners are worth nothing.
pub(crate) fn credit_of(statement: StatementKind) -> u128 {
    match statement {
        StatementKind::Batch { units, places } => {
            let unit = PLACE.saturating_mul(places.into()).saturating_add(UNIT);
            PROOF.saturating_add(unit.saturating_mul(units.into()))
        }
        StatementKind::Solvency { subtrees } => {
            let accounts = u128::from(subtrees).saturating_mul(SUBTREE_LEAVES as u128);
            PROOF.saturating_add(SOLVENCY_ACCOUNT.saturating_mul(accounts))
        }
        StatementKind::Seal | StatementKind::HouseRekey | StatementKind::Exit => 0,
    }
}

/// How a group's income is shared. The shares are basis points and sum to [`WHOLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct PayoutTerms {
    /// Number of batches that a period has at least before a sweep closes it.
    pub min_batches: u32,
    /// Share of those who proved, over their credits.
    pub provers: u16,
    /// Share of the group's fee account.
    pub sequencer: u16,
    /// Share of the group's insurance.
    pub insurance: u16,
    /// Share of the treasury.
    pub treasury: u16,
}

impl Default for PayoutTerms {
    /// Half for the proofs, which cost most of what it takes to run a group.
    fn default() -> Self {
        Self {
            min_batches: 1_000,
            provers: 5_000,
            sequencer: 2_500,
            insurance: 1_500,
            treasury: 1_000,
        }
    }
}

impl PayoutTerms {
    /// Whether the terms are within their hard bounds.
    pub fn are_within_bounds(&self) -> bool {
        let shares = [self.provers, self.sequencer, self.insurance, self.treasury];
        shares.into_iter().map(u32::from).sum::<u32>() == u32::from(WHOLE)
            && PROVERS_SHARE.contains(&self.provers)
            && self.insurance >= MIN_INSURANCE_SHARE
            && self.treasury <= MAX_TREASURY_SHARE
            && (1..=MAX_MIN_BATCHES).contains(&self.min_batches)
    }
}

/// So many basis points of an amount, rounded down.
fn part(amount: u128, share: u16) -> Option<u128> {
    multiply_by_rational_with_rounding(amount, share.into(), WHOLE.into(), Rounding::Down)
}

/// A group's present period: from one closing sweep to the next. Amounts are 10^-6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct Period {
    /// Its number; the first is 0.
    pub number: u32,
    /// Number of its first batch.
    pub from_batch: u64,
    /// How its income is shared: the group's terms when it began.
    pub terms: PayoutTerms,
    /// Its income: the sum of its sweeps.
    pub collected: u128,
    /// What of its income, and of `owed`, was set apart for provers.
    pub apart: u128,
    /// What was set apart for provers before and was nobody's.
    pub carried: u128,
    /// What is due to provers from earlier periods, and was not there.
    pub owed: u128,
    /// Credits of its payees, in hundreds of constraints.
    pub credits: u128,
}

impl Period {
    /// A period without anything.
    pub(crate) fn begin(number: u32, from_batch: u64, terms: PayoutTerms) -> Self {
        Self {
            number,
            from_batch,
            terms,
            collected: 0,
            apart: 0,
            carried: 0,
            owed: 0,
            credits: 0,
        }
    }

    /// The provers' part of the income so far. Of the sum, so that many small sweeps lose nothing to rounding.
    pub(crate) fn of_provers(&self) -> Option<u128> {
        part(self.collected, self.terms.provers)
    }

    /// What is due to provers and not set apart yet.
    pub(crate) fn missing(&self) -> Option<u128> {
        self.of_provers()?.checked_add(self.owed)?.checked_sub(self.apart)
    }

    /// What is set apart for provers.
    pub(crate) fn set_apart(&self) -> Option<u128> {
        self.apart.checked_add(self.carried)
    }

    /// The parts of the others; the insurance's is what rounding leaves.
    pub(crate) fn shares(&self) -> Option<[(Beneficiary, u128); 3]> {
        let sequencer = part(self.collected, self.terms.sequencer)?;
        let treasury = part(self.collected, self.terms.treasury)?;
        let rest = self.collected.checked_sub(self.of_provers()?)?;
        let insurance = rest.checked_sub(sequencer)?.checked_sub(treasury)?;
        Some([
            (Beneficiary::Sequencer, sequencer),
            (Beneficiary::Insurance, insurance),
            (Beneficiary::Treasury, treasury),
        ])
    }

    /// The income that is neither shared nor set apart.
    #[cfg(any(feature = "std", feature = "try-runtime"))]
    pub(crate) fn unshared(&self) -> Option<u128> {
        self.collected.checked_add(self.owed)?.checked_sub(self.apart)
    }
}

/// What a period's provers get, 10^-6. It is gone once all have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen)]
pub struct ClosedPeriod {
    /// What all of them get together.
    pub provers: u128,
    /// The credits that share it; never 0.
    pub credits: u128,
    /// What was paid of it.
    pub paid: u128,
    /// Credits of those who were paid.
    pub claimed: u128,
}

impl ClosedPeriod {
    /// The part of so many credits, rounded down: the same whoever comes first.
    pub(crate) fn due(&self, credits: u128) -> Option<u128> {
        multiply_by_rational_with_rounding(self.provers, credits, self.credits, Rounding::Down)
    }
}

/// Who shares a group's income with the provers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, TypeInfo, MaxEncodedLen,
)]
pub enum Beneficiary {
    /// The group's fee account.
    Sequencer,
    /// The house, through its door (C-DOORS).
    Insurance,
    /// The treasury.
    Treasury,
}
