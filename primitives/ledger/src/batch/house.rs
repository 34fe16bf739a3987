//! The house of a batch: it takes what the units leave over (B-HOUSE).

use super::{doors::Doors, error::BatchError, sums::Sums, witness::BatchWitness};
use crate::{
    account::cash_fits,
    house::House,
    packing::{position_fits, OpenInterest},
};
use cloister_crypto::constants::{FEE_POOL_BITS, INSTRUMENTS, OPEN_INTEREST_BITS};
use cloister_risk::{Assessment, DoorsError, MarginChoice, MarginError, Positions, RiskTable, Status};
use cloister_types::{Amount, Money, Position, Total};

/// The house after, with its margin before and after.
pub(super) struct HouseMove<'a> {
    table: &'a RiskTable,
    before: Assessment,
    after: Assessment,
    /// The house after.
    pub house: House,
    /// Paid out of the insurance.
    pub insurance_out: Amount,
    /// How that meets B-DOORS.
    pub doors_choice: MarginChoice,
}

impl<'a> HouseMove<'a> {
    /// Moves the house by the sums of the units and by what the witness pays out of the insurance, and checks every
    /// rule but B-DOORS and B-HOUSE-MARGIN.
    pub fn new(witness: &'a BatchWitness, sums: &Sums) -> Result<Self, BatchError> {
        Self::with(witness, sums, |_| Ok((witness.insurance_out, witness.doors_choice)))
    }

    /// The same with the one amount that B-DOORS allows.
    pub fn paying(witness: &'a BatchWitness, sums: &Sums) -> Result<Self, BatchError> {
        let Doors { asked, keep, .. } = witness.doors;
        Self::with(witness, sums, |before| {
            Assessment::doors_amount(before, &witness.context.table, (asked, keep)).map_err(BatchError::Doors)
        })
    }

    /// Moves the house and pays what is found from its margin after everything else.
    fn with(
        witness: &'a BatchWitness,
        sums: &Sums,
        pay: impl FnOnce(&Assessment) -> Result<(Amount, MarginChoice), BatchError>,
    ) -> Result<Self, BatchError> {
        let old = &witness.house;
        let table = &witness.context.table;
        let positions = move_positions(table, &old.positions, sums)?;
        check_growth(&old.positions, &positions, sums)?;
        let pool = old.fee_pool.checked_add(sums.fees).ok_or(BatchError::Width)?;
        let fee_pool = pool.checked_sub(witness.sweep.into()).ok_or(BatchError::Sweep)?;
        if fee_pool.get() >> FEE_POOL_BITS != 0 {
            return Err(BatchError::Width);
        }
        let settled = settled(table, &old.positions, &positions, sums).ok_or(BatchError::Width)?;
        let insurance = insurance_after(witness, sums, fee_pool)
            .and_then(|insurance| insurance.checked_sub(settled))
            .ok_or(BatchError::Width)?;

        let assess = |positions: &Positions, insurance| {
            Assessment::new(table, positions, insurance).map_err(BatchError::HouseMargin)
        };
        // What was paid in is there before anything moves: it is no room to take over more risk with.
        let entry = old.insurance.checked_add(witness.doors.paid_in.into());
        let before = assess(&old.positions, entry.ok_or(BatchError::Width)?)?;
        let whole = assess(&positions, insurance)?;
        let (insurance_out, doors_choice) = pay(&whole)?;
        let insurance = insurance
            .checked_sub(insurance_out.into())
            .filter(|insurance| cash_fits(*insurance))
            .ok_or(BatchError::Width)?;
        let after = whole.without(insurance_out).ok_or(BatchError::Width)?;
        let least = before.equity.checked_add(sums.taken_over);
        let least = least
            .and_then(|e| e.checked_add(sums.penalties))
            .and_then(|e| e.checked_sub(insurance_out.into()))
            .ok_or(BatchError::Width)?;
        if after.equity < least {
            return Err(BatchError::HouseEquity);
        }

        let open_interest = move_open_interest(&old.open_interest, &sums.gross).ok_or(BatchError::OpenInterest)?;
        check_mask(witness.empty_mask, &open_interest, &positions)?;
        Ok(Self {
            table,
            before,
            after,
            house: House {
                // B-HOUSE-KEY: only a re-key changes it, which shows the sequencers the new one.
                key: old.key,
                nonce: old.nonce.checked_add(1).ok_or(BatchError::Width)?,
                insurance,
                fee_pool,
                positions,
                open_interest,
            },
            insurance_out,
            doors_choice,
        })
    }

    /// B-DOORS with the witness's own amount and choice.
    pub fn check_doors(&self, witness: &BatchWitness) -> Result<(), BatchError> {
        let Doors { asked, keep, .. } = witness.doors;
        let paid = witness.insurance_out;
        Assessment::check_doors(&self.after, self.table, (asked, keep), paid, witness.doors_choice)
            .map_err(BatchError::Doors)?;
        // What B-HOUSE-MARGIN allows besides is for a house that pays nothing.
        if !paid.is_zero() && witness.house_margin != MarginChoice::Initial {
            return Err(BatchError::Doors(DoorsError::Relaxed));
        }
        Ok(())
    }

    /// B-HOUSE-MARGIN with the witness's own choice.
    pub fn check_margin(&self, choice: MarginChoice) -> Result<(), MarginError> {
        Assessment::check_house(&self.before, &self.after, self.table, choice)
    }

    /// A choice that meets B-HOUSE-MARGIN.
    pub fn choose_margin(&self) -> Result<MarginChoice, MarginError> {
        Assessment::choose_house(&self.before, &self.after, self.table)
    }
}

/// B-CONSERVE-Q: the house's positions after.
fn move_positions(table: &RiskTable, old: &Positions, sums: &Sums) -> Result<Positions, BatchError> {
    let mut new = Positions::default();
    for (j, row) in table.rows.iter().enumerate() {
        let number = j as u8;
        // B-STALE: two owners may agree on a price; the house cannot.
        if row.stale && !sums.positions[j].is_zero() {
            return Err(BatchError::StaleHouse(number));
        }
        if !position_fits(old[j]) {
            return Err(BatchError::HousePosition(number));
        }
        new[j] = match row.status {
            Status::Trading | Status::CloseOnly => old[j]
                .checked_sub(sums.positions[j])
                .filter(|q| position_fits(*q))
                .ok_or(BatchError::HousePosition(number))?,
            Status::Empty if !sums.positions[j].is_zero() => return Err(BatchError::Unbalanced(number)),
            Status::Empty => old[j],
            // Settled at once, at the final value.
            Status::Expired => Position::ZERO,
        };
    }
    Ok(new)
}

/// B-HOUSE-GROWTH: the house does not trade. It takes what liquidations and takeovers shed; apart from that it only
/// gets rid of positions.
fn check_growth(old: &Positions, new: &Positions, sums: &Sums) -> Result<(), BatchError> {
    for (j, (before, after)) in old.iter().zip(new).enumerate() {
        // In 128 bits nothing can overflow.
        let (before, after) = (i128::from(before.get()), i128::from(after.get()));
        let lowest = before.min(0).saturating_sub(sums.shed_short[j].get().into());
        let highest = before.max(0).saturating_add(sums.shed_long[j].get().into());
        if !(lowest..=highest).contains(&after) {
            return Err(BatchError::HouseGrowth(j as u8));
        }
    }
    Ok(())
}

/// `Σ_{expired j} V_j·(Σ Δq_j + ΔH_j)`: minus what expired positions of accounts and house were worth.
fn settled(table: &RiskTable, old: &Positions, new: &Positions, sums: &Sums) -> Option<Money> {
    let mut settled = Money::ZERO;
    for (j, row) in table.rows.iter().enumerate() {
        if row.status == Status::Expired {
            let house = i128::from(new[j].get()).checked_sub(old[j].get().into())?;
            let lots = i128::from(sums.positions[j].get()).checked_add(house)?;
            settled = settled.checked_add(Money(lots.checked_mul(row.value.get().into())?))?;
        }
    }
    Some(settled)
}

/// B-CONSERVE-CASH without what expired positions are worth and what leaves the insurance:
/// `insurance + paid in + deposits - withdrawals - sweep - ΣΔcash - Δfee_pool`.
fn insurance_after(witness: &BatchWitness, sums: &Sums, fee_pool: Total) -> Option<Money> {
    let fee_change = fee_pool.signed()?.checked_sub(witness.house.fee_pool.signed()?)?;
    witness
        .house
        .insurance
        .checked_add(witness.doors.paid_in.into())?
        .checked_add(sums.deposits)?
        .checked_sub(sums.withdrawals)?
        .checked_sub(witness.sweep.into())?
        .checked_sub(sums.cash)?
        .checked_sub(fee_change)
}

/// Adds the changes of `|q_j|` to open interests; `None` if one leaves its width.
fn move_open_interest(open: &OpenInterest, gross: &[Position; INSTRUMENTS]) -> Option<OpenInterest> {
    let mut out = *open;
    for (o, d) in out.iter_mut().zip(gross) {
        *o = o.checked_add_signed(d.get()).filter(|x| x >> OPEN_INTEREST_BITS == 0)?;
    }
    Some(out)
}

/// A row that is claimed empty may be relisted under another instrument; a position left in it would change its
/// meaning.
fn check_mask(mask: u32, open: &OpenInterest, house: &Positions) -> Result<(), BatchError> {
    let full = |j: usize| (mask >> j) & 1 == 1 && (open[j], house[j]) != (0, Position::ZERO);
    match (0..INSTRUMENTS).find(|j| full(*j)) {
        Some(j) => Err(BatchError::NotEmpty(j as u8)),
        None => Ok(()),
    }
}
