//! A batch in the making: groups of steps that stand or fall together, under the rules of the house (B-HOUSE).

use crate::{
    book::{Book, Outcome},
    market::ROWS,
    step::{Action, Step},
};
use cloister_ledger::Shape;
use cloister_liquidator::{Holding, Refusal};
use cloister_risk::RiskTable;

/// A batch in the making.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    table: &'a RiskTable,
    /// The book as the steps so far leave it.
    pub book: Book,
    /// The steps so far.
    pub steps: Vec<Step>,
    house: Holding,
    total: Outcome,
}

impl<'a> Draft<'a> {
    /// An empty batch on a book.
    pub fn new(table: &'a RiskTable, book: &Book) -> Self {
        let mut next = book.clone();
        next.settle_house(table);
        Self {
            table,
            house: next.house,
            book: next,
            steps: Vec::new(),
            total: Outcome::default(),
        }
    }

    /// The table of the batch.
    pub fn table(&self) -> &'a RiskTable {
        self.table
    }

    /// Steps that still fit if none of them has more than one fill.
    pub fn room(&self) -> usize {
        usize::from(largest(self.wide()).units) - self.steps.len()
    }

    /// Adds steps, all or none.
    ///
    /// # Errors
    /// The first [`Refusal`]; the draft is as before then.
    pub fn push(&mut self, group: &[Step]) -> Result<(), Refusal> {
        let kept = (self.book.clone(), self.total);
        let steps = self.steps.len();
        let added = self.add(group);
        if added.is_err() {
            (self.book, self.total) = kept;
            self.steps.truncate(steps);
        }
        added
    }

    fn add(&mut self, group: &[Step]) -> Result<(), Refusal> {
        let mut incoming = 0;
        for step in group {
            let outcome = self.book.apply(self.table, step, incoming)?;
            self.total.taken_over += outcome.taken_over;
            self.total.penalties += outcome.penalties;
            for (sum, part) in self.total.shed.iter_mut().zip(outcome.shed) {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
            for (sum, part) in self.total.deleveraged.iter_mut().zip(outcome.deleveraged) {
                *sum = (sum.0 + part.0, sum.1 + part.1);
            }
            incoming = match step.action {
                Action::Transfer { amount, .. } => amount,
                _ => 0,
            };
            self.steps.push(step.clone());
        }
        if self.steps.len() > usize::from(largest(self.wide()).units) {
            return Err(Refusal::Full);
        }
        // B-DELEVERAGE.
        if self.total.deleveraged != [(0, 0); ROWS] {
            return Err(Refusal::Unmatched);
        }
        self.check_house()
    }

    /// B-HOUSE-GROWTH, B-HOUSE-EQUITY, B-HOUSE-MARGIN.
    fn check_house(&self) -> Result<(), Refusal> {
        let (before, after) = (&self.house, &self.book.house);
        for row in 0..ROWS {
            let (long, short) = self.total.shed[row];
            let lowest = before.lots[row].get().min(0) - short as i64;
            let highest = before.lots[row].get().max(0) + long as i64;
            if !(lowest..=highest).contains(&after.lots[row].get()) {
                return Err(Refusal::HouseGrowth);
            }
        }
        if after.equity(self.table) < before.equity(self.table) + self.total.taken_over + self.total.penalties {
            return Err(Refusal::HouseEquity);
        }
        let short = |house: &Holding| house.shortfall(self.table, self.table.header.initial);
        if short(after) > 0 && short(after) > short(before) {
            return Err(Refusal::HouseMargin);
        }
        Ok(())
    }

    /// Some unit needs more than one place.
    fn wide(&self) -> bool {
        self.steps.iter().any(|step| match &step.action {
            Action::Liquidate(trades) | Action::Deleverage(_, trades) => trades.len() > 1,
            Action::Expire(rows) => rows.len() > 1,
            _ => false,
        })
    }

    /// The smallest shape that holds the batch.
    pub fn shape(&self) -> Shape {
        if self.wide() {
            return Shape::MAKER;
        }
        let fits = |shape: &&Shape| usize::from(shape.units) >= self.steps.len();
        [Shape::DEV, Shape::STANDARD]
            .iter()
            .find(fits)
            .copied()
            .unwrap_or(Shape::LARGE)
    }
}

fn largest(wide: bool) -> Shape {
    if wide {
        Shape::MAKER
    } else {
        Shape::LARGE
    }
}
