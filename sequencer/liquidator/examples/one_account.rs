//! One account below maintenance margin, and what the policy decides about it:
//! `cargo run --release -p cloister-liquidator --example one_account`.

use cloister_ledger::Side;
use cloister_liquidator::{decide, BatchDraft, Decision, Holding, Offer, OfferPrice, Policy, Refusal};
use cloister_risk::{linear_scenarios, Header, LinearScan, RiskTable, Row, ScenarioError, Status};
use cloister_types::{GroupId, InstrumentId, Lots, PerLot, Position, Price};

/// A draft that accepts everything. One that feeds a ledger checks the rules of the batch here.
struct Draft<'t> {
    table: &'t RiskTable,
    account: Holding,
    house: Holding,
}

impl<'t> BatchDraft<'t> for Draft<'t> {
    fn table(&self) -> &'t RiskTable {
        self.table
    }

    fn accounts(&self) -> impl Iterator<Item = (u32, Holding)> + '_ {
        std::iter::once((0, self.account))
    }

    fn holding(&self, account: u32) -> Holding {
        if account == 0 {
            self.account
        } else {
            Holding::default()
        }
    }

    fn house(&self) -> Holding {
        self.house
    }

    fn room(&self) -> usize {
        10
    }

    /// No maker takes anything, so that the house has to.
    fn offers(&self, _row: usize, _side: Side, _price: OfferPrice) -> Vec<Offer> {
        Vec::new()
    }

    fn profit(&self, _account: u32, _row: usize) -> i128 {
        0
    }

    fn push(&mut self, group: &[Decision]) -> Result<(), Refusal> {
        for decision in group {
            println!("{decision:?}");
            if let Decision::Liquidate { trades, .. } = decision {
                for trade in trades {
                    self.account = self.account.traded(self.table, trade);
                    self.house.lots[trade.row].0 -= trade.change();
                    self.house.cash += trade.paid(self.table) + trade.fee as i128;
                }
            }
        }
        Ok(())
    }
}

/// A perpetual at 100 per lot that may move by 16 %.
fn table() -> Result<RiskTable, ScenarioError> {
    let mark = PerLot(100_000_000);
    let scan = LinearScan {
        range: 160_000,
        extreme_multiple: 2_000_000,
        extreme_cover: 350_000,
    };
    let mut table = RiskTable {
        header: Header {
            group: GroupId(1),
            initial: 320,
            maintenance: 256,
            penalty: 4,
            max_discount: 4,
            ..Header::default()
        },
        ..RiskTable::default()
    };
    table.rows[0] = Row {
        instrument_id: InstrumentId(1),
        status: Status::Trading,
        limit: Lots(1_000_000),
        chunk: Lots(1_000),
        band: Price(2_000_000),
        value: mark,
        mark,
        scenarios: linear_scenarios(mark, &scan)?,
        ..Row::default()
    };
    Ok(table)
}

fn main() -> Result<(), ScenarioError> {
    let table = table()?;
    // A hundred lots, worth 10,000, on 1,500 of its own: maintenance asks for 1,600.
    let mut account = Holding {
        cash: -8_500_000_000,
        ..Holding::default()
    };
    account.lots[0] = Position(100);
    let house = Holding {
        cash: 100_000_000_000,
        ..Holding::default()
    };
    let mut draft = Draft {
        table: &table,
        account,
        house,
    };
    let policy = Policy {
        discount: 2_000,
        house_leverage: 500,
    };
    let left = decide(&mut draft, &policy);
    println!("left as they are: {left:?}");
    let short = draft.account.shortfall(&table, table.header.initial);
    println!(
        "lots left: {}, short of initial margin: {}",
        draft.account.lots[0],
        short > 0
    );
    Ok(())
}
