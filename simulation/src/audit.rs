//! What must hold of every batch, looked at from the outside: the ledger's state, the witness, the public statement.
//! And how the group stands at a table, which every solvency round must agree with.

use crate::{book::Book, market::ROWS};
use cloister_ledger::{BatchEffect, BatchWitness, GroupLedger, House, Mode, Party, Statement};
use cloister_liquidator::Holding;
use cloister_risk::{Positions, RiskTable, Status};

/// What a batch breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Money appeared or vanished, 10^-6.
    #[error("cash, insurance and fees are off by {0}")]
    Cash(i128),
    /// The lots of a row do not sum to zero.
    #[error("the lots of row {0} sum to {1}")]
    Lots(usize, i64),
    /// The house's open interest is not that of the accounts.
    #[error("the open interest of row {0} is wrong")]
    OpenInterest(usize),
    /// An account was liquidated that met its maintenance margin.
    #[error("account {0} was liquidated while it met its maintenance margin")]
    Healthy(u32),
    /// An account was taken over that was solvent.
    #[error("account {0} was taken over while it was solvent")]
    Solvent(u32),
    /// An account shed lots onto others while it was solvent.
    #[error("account {0} shed lots onto others while it was solvent")]
    Shed(u32),
    /// Deleveraging closed lots of a row that no insolvent account shed.
    #[error("deleveraging closed lots of row {0} that no insolvent account shed")]
    NoNeed(usize),
    /// Deleveraging changed an account's equity, or left it short though it was not, or shorter.
    #[error("deleveraging harmed account {0}")]
    Harmed(u32),
    /// The house lost more than it took over, or did not keep the penalties, 10^-6.
    #[error("the house lost {0} that it did not take over, or did not keep as penalties")]
    Drained(i128),
    /// More or less left the insurance than margin of the house and what must stay allow, 10^-6.
    #[error("{0} left the insurance, which is more or less than must")]
    Doors(u64),
    /// The ledger's state is not the forecast one.
    #[error("the ledger's account {0} is not the forecast one")]
    Forecast(u32),
    /// The ledger's house is not the forecast one.
    #[error("the ledger's house is not the forecast one")]
    ForecastHouse,
    /// A statement does not join the one before it.
    #[error("the statement does not join the one before")]
    Chain,
    /// The witness, checked again by itself, does not give the effect.
    #[error("the witness does not give the effect")]
    Recheck,
}

/// Sums over all batches, from public statements and witnesses.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    /// Deposits of all records, 10^-6.
    pub deposits: i128,
    /// Withdrawals of all records, 10^-6.
    pub withdrawals: i128,
    /// Sweeps, 10^-6.
    pub swept: i128,
    /// Paid into the insurance by the queue, less what was taken out of it.
    pub doors: i128,
    /// Equity taken over, 0 or negative, 10^-6.
    pub bad_debt: i128,
    /// Fees of liquidations, 10^-6.
    pub penalties: i128,
    /// What the house gained by penalties and prices, 10^-6.
    pub house_gain: i128,
    last: Option<(cloister_crypto::Fr, cloister_crypto::Fr, u64)>,
}

/// How the group stands at a table, counted account by account with nothing of the solvency statement's own code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Solvency {
    /// Number of accounts below maintenance margin.
    pub short: u64,
    /// What accounts with negative equity owe together, 10^-6.
    pub debt: i128,
    /// The part of it that is owed by accounts with lots in rows that are not stale, 10^-6.
    pub live_debt: i128,
    /// Equity of the house less the debt, 10^-6; negative is the shortfall.
    pub surplus: i128,
}

impl Solvency {
    /// Counts the accounts of a book.
    pub fn of(book: &Book, table: &RiskTable) -> Self {
        let mut counted = Self::default();
        for holding in book.accounts.values() {
            let debt = -holding.equity(table).min(0);
            counted.short += u64::from(holding.shortfall(table, table.header.maintenance) > 0);
            counted.debt += debt;
            counted.live_debt += if holds_live(holding, table) { debt } else { 0 };
        }
        counted.surplus = book.house.equity(table) - counted.debt;
        counted
    }

    /// What the insurance lacks, 10^-6.
    pub fn shortfall(&self) -> i128 {
        (-self.surplus).max(0)
    }

    /// The part of a payout that is due (C-CLAIM), 10^-6, rounded down; `vault` is what came in less what went out.
    pub fn ratio(&self, vault: i128) -> u64 {
        let (vault, shortfall) = (vault.max(0), self.shortfall());
        if shortfall == 0 {
            WHOLE
        } else {
            (vault * i128::from(WHOLE) / (vault + shortfall)) as u64
        }
    }
}

/// A ratio of one, 10^-6.
pub const WHOLE: u64 = 1_000_000;

/// True if it holds lots in a row that is not stale.
pub fn holds_live(holding: &Holding, table: &RiskTable) -> bool {
    holding.held().any(|(row, _)| !table.rows[row].stale)
}

impl Audit {
    /// What came in less what went out, 10^-6: the vault, if nothing is withheld.
    pub fn vault(&self) -> i128 {
        self.deposits + self.doors - self.withdrawals - self.swept
    }

    /// Checks a batch that was applied; `before` is the house before it.
    ///
    /// # Errors
    /// [`Broken`]: what does not hold.
    pub fn check(
        &mut self,
        before: &House,
        witness: &BatchWitness,
        effect: &BatchEffect,
        state: &GroupLedger,
        book: &Book,
    ) -> Result<(), Broken> {
        let table = &witness.context.table;
        self.read_statement(effect)?;
        let (taken_over, penalties) = needed(witness, table)?;
        check_deleveraging(witness, effect, table)?;
        self.check_money(state, table)?;
        check_lots(state, table)?;
        check_doors(&effect.statement, state.house(), table)?;
        let through = through_doors(&effect.statement);
        self.check_house((before, state.house()), table, taken_over, penalties, through)?;
        check_forecast(state, book)
    }

    /// The public part: sums, and that it joins what came before.
    fn read_statement(&mut self, effect: &BatchEffect) -> Result<(), Broken> {
        let statement = &effect.statement;
        let first = (statement.old_root, statement.old_house, statement.batch_no);
        if self.last.is_some_and(|last| last != first) {
            return Err(Broken::Chain);
        }
        self.last = Some((statement.new_root, statement.new_house, statement.batch_no + 1));
        for unit in &statement.units {
            self.deposits += i128::from(unit.deposit.get());
            self.withdrawals += i128::from(unit.withdrawal.get());
        }
        self.swept += i128::from(statement.sweep.get());
        self.doors += through_doors(statement);
        Ok(())
    }

    /// Cash, insurance, fees and what expired lots are still owed are what came in less what went out.
    fn check_money(&self, state: &GroupLedger, table: &RiskTable) -> Result<(), Broken> {
        let house = state.house();
        let mut sum = house.insurance.get() + house.fee_pool.get() as i128;
        for (_, account) in state.accounts() {
            sum += account.account.cash.get();
        }
        for (row, lots) in sums(state).into_iter().enumerate() {
            if table.rows[row].status == Status::Expired {
                sum += i128::from(lots.get()) * i128::from(table.rows[row].value.get());
            }
        }
        match sum - self.vault() {
            0 => Ok(()),
            off => Err(Broken::Cash(off)),
        }
    }

    /// B-HOUSE-EQUITY, with nothing of the batch's own code.
    fn check_house(
        &mut self,
        (before, after): (&House, &House),
        table: &RiskTable,
        taken: i128,
        penalties: i128,
        through: i128,
    ) -> Result<(), Broken> {
        let equity = |house: &House| Holding::from(house).equity(table);
        let gain = equity(after) - equity(before) - taken - through;
        self.bad_debt += taken;
        self.house_gain += gain;
        self.penalties += penalties;
        if gain < penalties {
            Err(Broken::Drained(penalties - gain))
        } else {
            Ok(())
        }
    }
}

/// What the queue paid into the insurance, less what was taken out of it.
fn through_doors(statement: &Statement) -> i128 {
    i128::from(statement.doors.paid_in.get()) - i128::from(statement.insurance_out.get())
}

/// B-DOORS, with nothing of the batch's own code: what leaves is what was asked for, unless margin of the house or what
/// must stay leaves less.
fn check_doors(statement: &Statement, after: &House, table: &RiskTable) -> Result<(), Broken> {
    let (asked, paid) = (statement.doors.asked, statement.insurance_out);
    let holding = Holding::from(after);
    let lacking = i128::from(statement.doors.keep.get()) - holding.equity(table);
    let worst = holding.shortfall(table, table.header.initial).max(256 * lacking);
    let too_much = paid > asked || !paid.is_zero() && worst > 0;
    let too_little = paid < asked && worst <= -256;
    if too_much || too_little {
        Err(Broken::Doors(paid.get()))
    } else {
        Ok(())
    }
}

/// Every liquidated account was short, every one taken over was insolvent, at the moment of its unit. What was taken
/// over, and the fees of the liquidations.
fn needed(witness: &BatchWitness, table: &RiskTable) -> Result<(i128, i128), Broken> {
    let (mut taken_over, mut penalties) = (0, 0);
    for unit in &witness.units {
        let mut before = Holding::from(&unit.before);
        before.cash += i128::from(unit.deposit.get()) + i128::from(unit.incoming.get());
        match unit.mode {
            Mode::Liquidation if before.shortfall(table, table.header.maintenance) <= 0 => {
                return Err(Broken::Healthy(unit.index.get()));
            }
            Mode::Liquidation => {
                penalties += unit
                    .places
                    .iter()
                    .map(|place| place.fill.fee.get() as i128)
                    .sum::<i128>()
            }
            Mode::Takeover if before.equity(table) >= 0 => return Err(Broken::Solvent(unit.index.get())),
            Mode::Takeover => taken_over += before.equity(table),
            _ => (),
        }
    }
    Ok((taken_over, penalties))
}

/// Every lot that a counterparty gave up faces one that an insolvent account shed, on the other side of the row; equity
/// is what it was, and nobody is shorter for it.
fn check_deleveraging(witness: &BatchWitness, effect: &BatchEffect, table: &RiskTable) -> Result<(), Broken> {
    // Long and short lots by row, that insolvent accounts and that counterparties gave up.
    let mut gone = [[[0u64; 2]; 2]; ROWS];
    for (unit, done) in witness.units.iter().zip(&effect.units) {
        let Mode::Deleveraging(party) = unit.mode else {
            continue;
        };
        let index = unit.index.get();
        let (mut before, after) = (Holding::from(&unit.before), Holding::from(&done.after));
        before.cash += i128::from(unit.deposit.get()) + i128::from(unit.incoming.get());
        let short = |holding: &Holding, ratio| holding.shortfall(table, ratio);
        let (initial, maintenance) = (table.header.initial, table.header.maintenance);
        let shorter = short(&after, initial) > 0 && short(&after, maintenance) > short(&before, maintenance);
        if before.equity(table) != after.equity(table) || shorter {
            return Err(Broken::Harmed(index));
        }
        if party == Party::Insolvent && before.equity(table) >= 0 {
            return Err(Broken::Shed(index));
        }
        for (row, lots) in gone.iter_mut().enumerate() {
            let (old, new) = (before.lots[row].get(), after.lots[row].get());
            lots[usize::from(party == Party::Counterparty)][usize::from(old < 0)] += old.abs_diff(new);
        }
    }
    match gone.iter().position(|[[a, b], [c, d]]| (a, b) != (d, c)) {
        Some(row) => Err(Broken::NoNeed(row)),
        None => Ok(()),
    }
}

/// Lots of all accounts and the house, by row.
fn sums(state: &GroupLedger) -> Positions {
    let mut sums = Holding::from(state.house()).lots;
    for (_, account) in state.accounts() {
        for (sum, lots) in sums.iter_mut().zip(account.account.positions) {
            sum.0 += lots.get();
        }
    }
    sums
}

fn check_lots(state: &GroupLedger, table: &RiskTable) -> Result<(), Broken> {
    for (row, sum) in sums(state).into_iter().enumerate() {
        // An expired row empties account by account, the house first.
        if !sum.is_zero() && table.rows[row].status != Status::Expired {
            return Err(Broken::Lots(row, sum.get()));
        }
        let of_accounts = state
            .accounts()
            .map(|(_, a)| a.account.positions[row].size().get())
            .sum::<u64>();
        if of_accounts != state.house().open_interest[row] {
            return Err(Broken::OpenInterest(row));
        }
    }
    Ok(())
}

fn check_forecast(state: &GroupLedger, book: &Book) -> Result<(), Broken> {
    for (index, account) in state.accounts() {
        if book.accounts.get(&index.get()) != Some(&Holding::from(&account.account)) {
            return Err(Broken::Forecast(index.get()));
        }
    }
    let house = state.house();
    if book.accounts.len() == state.accounts().count()
        && book.house == Holding::from(house)
        && book.fees == house.fee_pool.get()
    {
        Ok(())
    } else {
        Err(Broken::ForecastHouse)
    }
}
