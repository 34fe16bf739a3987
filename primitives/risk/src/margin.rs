//! Margin of an account over the scenarios of a risk table (S-RISK), and the rules that
//! ask for it: B-MARGIN, B-EQUITY, B-LIQUIDATION, B-FORCED, B-TAKEOVER, B-HOUSE-MARGIN; B-DELEVERAGE and B-NEED have
//! files of their own.
//!
//! Deficits are in 2^-8 of 10^-6 of the settlement asset, so that ratios stay exact.

mod deleveraging;
mod doors;
mod traded;

pub use self::doors::DoorsError;
pub use self::traded::{highest_discount, Traded};
use crate::{positions::Positions, table::RiskTable};
use cloister_crypto::constants::{FORCED_DEFICITS, FORCED_SLACK, RATIO_SHIFT, SCENARIOS};
use cloister_types::{Amount, Deficit, Money, PerLot, Position};

/// Why an account or the house fails its margin rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarginError {
    /// A position or price is outside the range in which the sums fit.
    #[error("a position or a price is out of range")]
    OutOfRange,
    /// B-EQUITY: equity after is negative.
    #[error("equity would be negative")]
    NegativeEquity,
    /// B-MARGIN, B-DELEVERAGE, B-HOUSE-MARGIN: an initial deficit is positive and the account or the house does not get
    /// safer.
    #[error("initial margin is short")]
    InitialMarginShort,
    /// B-MARGIN, B-LIQUIDATION, B-DELEVERAGE, B-HOUSE-MARGIN: a deficit after is above the chosen one before.
    #[error("the account would get riskier while it is short of margin")]
    RiskIncreased,
    /// B-MARGIN: a withdrawal or a transfer needs initial margin afterwards.
    #[error("a withdrawal or a transfer needs initial margin afterwards")]
    WithdrawalWhileShort,
    /// The chosen scenario does not exist.
    #[error("the chosen scenario does not exist")]
    Threshold,
    /// The rule of the mode or of the house does not offer this choice.
    #[error("the margin choice is not one that the rule offers")]
    Choice,
    /// B-MARGIN, B-LIQUIDATION: the account is short of margin, and prices and penalties take more than a quarter of
    /// what the unit frees.
    #[error("prices and penalties take more than they may of an account that is short of margin")]
    Conceded,
    /// B-NEED: a liquidation closed more than initial margin needs.
    #[error("more was closed than initial margin needs")]
    NotNeeded,
    /// B-LIQUIDATION: the chosen maintenance deficit before is below 1.
    #[error("the account is not short of maintenance margin")]
    NotShort,
    /// B-TAKEOVER, B-DELEVERAGE: equity before is not negative.
    #[error("the account is solvent")]
    Solvent,
    /// B-FORCED: more is paid than was requested.
    #[error("more would be paid than was requested")]
    AboveRequested,
    /// B-FORCED: something is paid, and initial margin or equity is short afterwards.
    #[error("more would be paid than initial margin allows")]
    PaidWhileShort,
    /// B-FORCED: less is paid than was requested, and the chosen deficit has room for more.
    #[error("less would be paid than initial margin allows")]
    PaidTooLittle,
}

/// How a unit or the house meets its margin rule: part of the witness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarginChoice {
    /// No initial deficit is positive afterwards (B-MARGIN, B-DELEVERAGE, B-HOUSE-MARGIN). In a forced withdrawal, or
    /// where insurance is paid out: all that was asked for is paid.
    #[default]
    Initial,
    /// No deficit after is above the deficit of this scenario before: maintenance deficits in normal, liquidation and
    /// deleveraging (B-MARGIN, B-LIQUIDATION, B-DELEVERAGE), initial ones for the house (B-HOUSE-MARGIN).
    NotWorse(u8),
    /// Forced withdrawal, or insurance paid out: this one of the 17 deficits after leaves no room for one more unit of
    /// money (B-FORCED, B-DOORS); 16 is equity itself, or what must stay of it.
    Tight(u8),
}

/// Equity and scenario exposures of one account at one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// `cash + Σ q_j·V_j`.
    pub equity: Money,
    /// `loss_s + floor`, by scenario.
    pub exposure: [Money; SCENARIOS],
}

fn add_product(sum: Money, position: Position, price: PerLot) -> Option<Money> {
    sum.checked_add(price.times(position))
}

impl Assessment {
    /// Assesses an account.
    ///
    /// # Errors
    /// [`MarginError::OutOfRange`] if a sum does not fit (impossible inside the widths of the specification).
    pub fn new(table: &RiskTable, positions: &Positions, cash: Money) -> Result<Self, MarginError> {
        Self::compute(table, positions, cash).ok_or(MarginError::OutOfRange)
    }

    fn compute(table: &RiskTable, positions: &Positions, cash: Money) -> Option<Self> {
        let mut equity = cash;
        let mut floor = Money::ZERO;
        let mut loss = [Money::ZERO; SCENARIOS];
        for (row, &q) in table.rows.iter().zip(positions).filter(|(_, q)| !q.is_zero()) {
            equity = add_product(equity, q, row.value)?;
            let unit = if q > Position::ZERO {
                row.floor_long
            } else {
                row.floor_short
            };
            floor = floor.checked_add(unit.times(q.size()).signed()?)?;
            for (l, r) in loss.iter_mut().zip(&row.scenarios) {
                *l = add_product(*l, q.checked_neg()?, *r)?;
            }
        }
        let mut exposure = loss;
        for e in &mut exposure {
            *e = e.checked_add(floor)?;
        }
        Some(Self { equity, exposure })
    }

    /// `ratio·exposure_s - 2^8·equity` for every scenario.
    ///
    /// # Errors
    /// [`MarginError::OutOfRange`] if a product does not fit.
    pub fn deficits(&self, ratio: u16) -> Result<[Deficit; SCENARIOS], MarginError> {
        let equity = Deficit::of(self.equity, 1 << RATIO_SHIFT).ok_or(MarginError::OutOfRange)?;
        let mut out = [Deficit::ZERO; SCENARIOS];
        for (d, e) in out.iter_mut().zip(&self.exposure) {
            let required = Deficit::of(*e, ratio).ok_or(MarginError::OutOfRange)?;
            *d = required.checked_sub(equity).ok_or(MarginError::OutOfRange)?;
        }
        Ok(out)
    }

    /// The largest deficit and its scenario.
    ///
    /// # Errors
    /// As [`Self::deficits`].
    pub fn worst(&self, ratio: u16) -> Result<(u8, Deficit), MarginError> {
        let deficits = self.deficits(ratio)?;
        let mut worst = (0u8, deficits[0]);
        for (s, d) in deficits.iter().enumerate() {
            if *d > worst.1 {
                worst = (s as u8, *d);
            }
        }
        Ok(worst)
    }

    /// The requirement at a ratio: `max(0, ratio·max_s exposure_s)` rounded up.
    ///
    /// # Errors
    /// [`MarginError::OutOfRange`] if a product does not fit.
    pub fn requirement(&self, ratio: u16) -> Result<Money, MarginError> {
        let worst = self.exposure.iter().copied().fold(Money::ZERO, Money::max);
        let scaled = Deficit::of(worst, ratio).ok_or(MarginError::OutOfRange)?.get();
        let one = 1i128 << RATIO_SHIFT;
        let rounded = scaled.checked_add(one - 1).ok_or(MarginError::OutOfRange)? >> RATIO_SHIFT;
        Ok(Money(rounded))
    }

    /// True if no deficit of `self` at a ratio is above `limit`.
    fn within(&self, ratio: u16, limit: Deficit) -> Result<bool, MarginError> {
        Ok(self.deficits(ratio)?.iter().all(|d| *d <= limit))
    }

    /// The deficit of one scenario at a ratio.
    fn deficit(&self, ratio: u16, scenario: u8) -> Result<Deficit, MarginError> {
        self.deficits(ratio)?
            .get(usize::from(scenario))
            .copied()
            .ok_or(MarginError::Threshold)
    }

    /// B-MARGIN and B-EQUITY with the witness's own choice; `traded` sums the unit's fills; `payment`: the unit has a
    /// withdrawal or a transfer.
    ///
    /// # Errors
    /// The part of the rule that fails.
    pub fn check(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        traded: &Traded,
        payment: bool,
        choice: MarginChoice,
    ) -> Result<(), MarginError> {
        if after.equity.is_negative() {
            return Err(MarginError::NegativeEquity);
        }
        match choice {
            MarginChoice::Initial if after.within(table.header.initial, Deficit::ZERO)? => Ok(()),
            MarginChoice::Initial => Err(MarginError::InitialMarginShort),
            MarginChoice::NotWorse(_) if payment => Err(MarginError::WithdrawalWhileShort),
            MarginChoice::NotWorse(scenario) => {
                let limit = before.deficit(table.header.maintenance, scenario)?;
                after.check_not_worse(table, traded, limit)
            }
            MarginChoice::Tight(_) => Err(MarginError::Choice),
        }
    }

    /// Finds a choice that meets B-MARGIN, preferring initial margin.
    ///
    /// # Errors
    /// Why none does.
    pub fn choose(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        traded: &Traded,
        payment: bool,
    ) -> Result<MarginChoice, MarginError> {
        let first = match Self::check(before, after, table, traded, payment, MarginChoice::Initial) {
            Ok(()) => return Ok(MarginChoice::Initial),
            Err(e) => e,
        };
        if payment || first == MarginError::NegativeEquity {
            return Err(if payment && first == MarginError::InitialMarginShort {
                MarginError::WithdrawalWhileShort
            } else {
                first
            });
        }
        let choice = MarginChoice::NotWorse(before.worst(table.header.maintenance)?.0);
        match Self::check(before, after, table, traded, payment, choice) {
            Ok(()) => Ok(choice),
            // Short of initial margin and not reducing risk: the trader must learn the first.
            Err(MarginError::RiskIncreased) => Err(MarginError::InitialMarginShort),
            Err(e) => Err(e),
        }
    }

    /// B-LIQUIDATION, B-NEED and B-EQUITY with the witness's own choice, [`MarginChoice::NotWorse`], and its own
    /// scenario of need.
    ///
    /// # Errors
    /// The part of the rule that fails.
    pub fn check_liquidation(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        traded: &Traded,
        choice: MarginChoice,
        need: u8,
    ) -> Result<(), MarginError> {
        let MarginChoice::NotWorse(scenario) = choice else {
            return Err(MarginError::Choice);
        };
        let limit = before.deficit(table.header.maintenance, scenario)?;
        if limit < Deficit(1) {
            return Err(MarginError::NotShort);
        }
        // What an insolvent account owes must not grow; nobody can demand that it be solvent afterwards.
        if after.equity < before.equity.min(Money::ZERO) {
            return Err(MarginError::NegativeEquity);
        }
        after.check_not_worse(table, traded, limit)?;
        after.check_need(table, traded, need)
    }

    /// Finds a choice that meets B-LIQUIDATION and B-NEED: the worst scenario before, which leaves the most room, and
    /// the worst one after.
    ///
    /// # Errors
    /// Why none does.
    pub fn choose_liquidation(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        traded: &Traded,
    ) -> Result<(MarginChoice, u8), MarginError> {
        let choice = MarginChoice::NotWorse(before.worst(table.header.maintenance)?.0);
        let need = after.most_needed(table)?;
        Self::check_liquidation(before, after, table, traded, choice, need).map(|()| (choice, need))
    }

    /// B-TAKEOVER: equity before is negative.
    ///
    /// # Errors
    /// [`MarginError::Solvent`] if it is not.
    pub fn check_takeover(&self) -> Result<(), MarginError> {
        if self.equity.is_negative() {
            Ok(())
        } else {
            Err(MarginError::Solvent)
        }
    }

    /// The deficits that bound a forced withdrawal: 16 initial ones, then that of equity itself, `-2^8·equity`.
    ///
    /// # Errors
    /// [`MarginError::OutOfRange`] if a product does not fit.
    pub fn forced_deficits(&self, table: &RiskTable) -> Result<[Deficit; FORCED_DEFICITS], MarginError> {
        let mut out = [Deficit::ZERO; FORCED_DEFICITS];
        let equity = Deficit::of(self.equity, 1 << RATIO_SHIFT).and_then(|d| Deficit::ZERO.checked_sub(d));
        let initial = self.deficits(table.header.initial)?.into_iter();
        for (slot, d) in out.iter_mut().zip(initial.chain(equity)) {
            *slot = d;
        }
        equity.map(|_| out).ok_or(MarginError::OutOfRange)
    }

    /// B-FORCED of the account after `paid` has left it.
    ///
    /// # Errors
    /// The part of the rule that fails.
    pub fn check_forced(
        after: &Self,
        table: &RiskTable,
        requested: Amount,
        paid: Amount,
        choice: MarginChoice,
    ) -> Result<(), MarginError> {
        let deficits = after.forced_deficits(table)?;
        if paid > requested {
            return Err(MarginError::AboveRequested);
        }
        if !paid.is_zero() && deficits.iter().any(|d| *d > Deficit::ZERO) {
            return Err(MarginError::PaidWhileShort);
        }
        match choice {
            MarginChoice::Initial if paid == requested => Ok(()),
            MarginChoice::Initial => Err(MarginError::PaidTooLittle),
            MarginChoice::Tight(scenario) => {
                let deficit = deficits.get(usize::from(scenario)).ok_or(MarginError::Threshold)?;
                if deficit.get() >= -i128::from(FORCED_SLACK) {
                    Ok(())
                } else {
                    Err(MarginError::PaidTooLittle)
                }
            }
            MarginChoice::NotWorse(_) => Err(MarginError::Choice),
        }
    }

    /// The one amount that B-FORCED allows, from the account before, and the choice that proves it.
    ///
    /// # Errors
    /// [`MarginError::OutOfRange`] if a sum does not fit.
    pub fn forced_amount(
        before: &Self,
        table: &RiskTable,
        requested: Amount,
    ) -> Result<(Amount, MarginChoice), MarginError> {
        most_paid(&before.forced_deficits(table)?, requested)
    }

    /// B-HOUSE-MARGIN with the witness's own choice; `before` has what was paid into the insurance already.
    ///
    /// # Errors
    /// The part of the rule that fails.
    pub fn check_house(
        before: &Self,
        after: &Self,
        table: &RiskTable,
        choice: MarginChoice,
    ) -> Result<(), MarginError> {
        match choice {
            MarginChoice::Initial if after.within(table.header.initial, Deficit::ZERO)? => Ok(()),
            MarginChoice::Initial => Err(MarginError::InitialMarginShort),
            MarginChoice::NotWorse(scenario) => {
                let limit = before.deficit(table.header.initial, scenario)?;
                not_worse(after.within(table.header.initial, limit)?)
            }
            MarginChoice::Tight(_) => Err(MarginError::Choice),
        }
    }

    /// Finds a choice that meets B-HOUSE-MARGIN, preferring initial margin.
    ///
    /// # Errors
    /// Why none does.
    pub fn choose_house(before: &Self, after: &Self, table: &RiskTable) -> Result<MarginChoice, MarginError> {
        let choices = [
            MarginChoice::Initial,
            MarginChoice::NotWorse(before.worst(table.header.initial)?.0),
        ];
        for choice in choices {
            match Self::check_house(before, after, table, choice) {
                Ok(()) => return Ok(choice),
                Err(MarginError::InitialMarginShort | MarginError::RiskIncreased) => (),
                Err(e) => return Err(e),
            }
        }
        Err(MarginError::InitialMarginShort)
    }
}

/// The most that can be paid of what is asked for until one of these deficits leaves no room, and the choice that
/// proves it (B-FORCED, B-DOORS).
fn most_paid(deficits: &[Deficit; FORCED_DEFICITS], asked: Amount) -> Result<(Amount, MarginChoice), MarginError> {
    let mut worst = (0u8, deficits[0]);
    for (s, d) in deficits.iter().enumerate() {
        if *d > worst.1 {
            worst = (s as u8, *d);
        }
    }
    // The shift rounds down, also below zero.
    let room = worst.1.get().checked_neg().ok_or(MarginError::OutOfRange)? >> RATIO_SHIFT;
    let room = Amount(u64::try_from(room.max(0)).unwrap_or(u64::MAX));
    Ok(if room >= asked {
        (asked, MarginChoice::Initial)
    } else {
        (room, MarginChoice::Tight(worst.0))
    })
}

fn not_worse(holds: bool) -> Result<(), MarginError> {
    if holds {
        Ok(())
    } else {
        Err(MarginError::RiskIncreased)
    }
}
