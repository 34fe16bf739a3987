//! A small market, and a batch in the making that accepts whatever leaves nobody with more lots than before.

use cloister_ledger::Side;
use cloister_liquidator::{BatchDraft, Decision, Holding, Offer, OfferPrice, Refusal, Resting, Trade};
use cloister_risk::{linear_scenarios, Header, LinearScan, Positions, RiskTable, Row, Status};
use cloister_types::{GroupId, InstrumentId, Lots, PerLot, Position, Price};
use std::collections::{BTreeMap, BTreeSet};

/// Price of a lot in both live rows, 10^-6.
pub const MARK: i64 = 100_000_000;
/// Rows.
pub const PERPETUAL: usize = 0;
pub const FUTURE: usize = 3;
pub const EXPIRED: usize = 7;

fn row(instrument_id: u32, status: Status) -> Row {
    let scan = LinearScan {
        range: 160_000,
        extreme_multiple: 2_000_000,
        extreme_cover: 350_000,
    };
    let live = status != Status::Expired;
    Row {
        instrument_id: InstrumentId(instrument_id),
        status,
        limit: Lots(1_000_000),
        chunk: Lots(50),
        band: Price(2_000_000),
        funding: PerLot(0),
        value: PerLot(MARK),
        mark: PerLot(MARK),
        floor_long: Price(u64::from(live) * 300_000),
        floor_short: Price(u64::from(live) * 500_000),
        scenarios: match live {
            true => linear_scenarios(PerLot(MARK), &scan).expect("small marks"),
            false => Default::default(),
        },
        stale: false,
    }
}

/// A perpetual and a future that move together by 16 %, and an expired row.
pub fn table() -> RiskTable {
    let mut table = RiskTable {
        header: Header {
            group: GroupId(1),
            version: 1,
            time: 1,
            initial: 320,
            maintenance: 256,
            penalty: 4,
            max_discount: 4,
            fee_cap: 1_000,
        },
        ..RiskTable::default()
    };
    table.rows[PERPETUAL] = row(1, Status::Trading);
    table.rows[FUTURE] = row(2, Status::Trading);
    table.rows[EXPIRED] = row(3, Status::Expired);
    table.validate().expect("bounds hold");
    table
}

/// An account with this equity and these lots.
pub fn holding(equity: i64, lots: &[(usize, i64)]) -> Holding {
    let mut positions = Positions::default();
    for (row, lots) in lots {
        positions[*row] = Position(*lots);
    }
    let mut holding = Holding {
        cash: i128::from(equity) * 1_000_000,
        lots: positions,
    };
    holding.cash -= holding.equity(&table()) - holding.cash;
    holding
}

/// The batch in the making.
pub struct Paper<'t> {
    pub table: &'t RiskTable,
    pub accounts: BTreeMap<u32, Holding>,
    pub house: Holding,
    /// What makers take at the mark, and at a discount, in every row.
    pub at_mark: Vec<Offer>,
    pub at_discount: Vec<Offer>,
    /// Orders at rest on the side that is asked for, in the order in which they trade.
    pub resting: Vec<Resting>,
    /// Those of them that cannot trade.
    pub unfit: BTreeSet<u64>,
    /// Groups that were accepted.
    pub groups: Vec<Vec<Decision>>,
    /// Number of units that fit.
    pub units: usize,
    /// Largest number of lots that the house's margin carries, all rows.
    pub house_lots: u64,
    /// Profits by account, in every row.
    pub profits: BTreeMap<u32, i128>,
}

impl<'t> Paper<'t> {
    pub fn new(table: &'t RiskTable, accounts: &[Holding]) -> Self {
        Self {
            table,
            accounts: (0..).zip(accounts.iter().copied()).collect(),
            house: holding(1_000_000, &[]),
            at_mark: Vec::new(),
            at_discount: Vec::new(),
            resting: Vec::new(),
            unfit: BTreeSet::new(),
            groups: Vec::new(),
            units: 100,
            house_lots: u64::MAX,
            profits: BTreeMap::new(),
        }
    }

    /// All decisions so far.
    pub fn decisions(&self) -> Vec<Decision> {
        self.groups.concat()
    }

    fn trade(&mut self, account: u32, trade: &Trade) {
        let held = self.accounts.entry(account).or_default();
        *held = held.traded(self.table, trade);
        self.house.cash += trade.paid(self.table) + trade.fee as i128;
        self.house.lots[trade.row].0 -= trade.change();
    }
}

impl<'t> BatchDraft<'t> for Paper<'t> {
    fn table(&self) -> &'t RiskTable {
        self.table
    }

    fn accounts(&self) -> impl Iterator<Item = (u32, Holding)> + '_ {
        self.accounts.iter().map(|(account, holding)| (*account, *holding))
    }

    fn holding(&self, account: u32) -> Holding {
        self.accounts.get(&account).copied().unwrap_or_default()
    }

    fn house(&self) -> Holding {
        self.house
    }

    fn room(&self) -> usize {
        self.units - self.decisions().len()
    }

    fn offers(&self, _row: usize, _side: Side, price: OfferPrice) -> Vec<Offer> {
        match price {
            OfferPrice::Mark => self.at_mark.clone(),
            OfferPrice::Discount => self.at_discount.clone(),
        }
    }

    fn resting(&self, _row: usize, _side: Side) -> Vec<Resting> {
        self.resting.clone()
    }

    fn profit(&self, account: u32, _row: usize) -> i128 {
        self.profits.get(&account).copied().unwrap_or_default()
    }

    fn push(&mut self, group: &[Decision]) -> Result<(), Refusal> {
        if self.room() < group.len() {
            return Err(Refusal::Full);
        }
        let orders = group.iter().filter_map(|decision| match decision {
            Decision::Match { order, .. } => Some(*order),
            _ => None,
        });
        if let Some(unfit) = orders.into_iter().find(|order| self.unfit.contains(order)) {
            self.resting.retain(|resting| resting.order != unfit);
            return Err(Refusal::Order);
        }
        let (accounts, house) = (self.accounts.clone(), self.house);
        for decision in group {
            match decision {
                Decision::Liquidate { account, trades } | Decision::Deleverage { account, trades, .. } => {
                    trades.iter().for_each(|trade| self.trade(*account, trade))
                }
                Decision::Take { account, trade } => self.trade(*account, trade),
                Decision::Match { account, order, trade } => {
                    self.trade(*account, trade);
                    for resting in self.resting.iter_mut().filter(|resting| resting.order == *order) {
                        resting.lots -= trade.lots;
                    }
                    self.resting.retain(|resting| resting.lots > 0);
                }
                Decision::TakeOver { account } => {
                    let taken = self.accounts.insert(*account, Holding::default()).unwrap_or_default();
                    self.house.cash += taken.cash;
                    for (mine, theirs) in self.house.lots.iter_mut().zip(taken.lots) {
                        mine.0 += theirs.get();
                    }
                }
                Decision::Expire { account, rows } => {
                    let held = self.accounts.entry(*account).or_default();
                    for row in rows {
                        held.cash += i128::from(held.lots[*row].get()) * i128::from(self.table.rows[*row].value.get());
                        held.lots[*row] = Position(0);
                    }
                }
            }
        }
        let lots: u64 = self.house.lots.iter().map(|lots| lots.size().get()).sum();
        if lots > self.house_lots {
            (self.accounts, self.house) = (accounts, house);
            return Err(Refusal::HouseMargin);
        }
        self.groups.push(group.to_vec());
        Ok(())
    }
}
