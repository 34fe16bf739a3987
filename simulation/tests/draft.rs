//! What a draft refuses, with the exact reason.

use cloister_ledger::{Shape, Side};
use cloister_liquidator::{Holding, Refusal, Trade};
use cloister_risk::RiskTable;
use cloister_simulation::{
    book::Book,
    draft::Draft,
    market::{Market, Terms, PERPETUAL},
    prices::{Bar, DOLLAR, FIRST_DAY, HOUR, MINUTE},
    step::{Action, Step},
};
use cloister_types::Position;

/// A thousand lots, one coin at 8,000 dollars, so that 16 % of the worth are 1,280.
const LOTS: i64 = 1_000;

fn table() -> RiskTable {
    let price = 8_000 * DOLLAR;
    let bar = Bar {
        time: FIRST_DAY,
        open: price,
        close: price,
    };
    let mut market =
        Market::new(Terms::with_range(160_000), FIRST_DAY - MINUTE, FIRST_DAY + 32 * HOUR).expect("listings");
    market.table(&bar).expect("a table")
}

/// Account 0 is long and has this equity; account 1 has money; the house has this equity and nothing else.
fn book(equity: i64, house: i64) -> Book {
    let dollars = |x: i64| i128::from(x) * i128::from(DOLLAR);
    let flat = |x: i64| Holding {
        cash: dollars(x),
        ..Holding::default()
    };
    let mut long = flat(equity - 8_000);
    long.lots[PERPETUAL] = Position(LOTS);
    Book {
        accounts: [(0, long), (1, flat(1_000_000))].into(),
        house: flat(house),
        fees: 0,
        ..Book::default()
    }
}

const MARK: u64 = 8 * DOLLAR;

fn liquidation(lots: u64, price: u64, fee: u128) -> Step {
    let mut trade = Trade::at(PERPETUAL, Side::Sell, lots, price);
    trade.fee = fee;
    Step::new(0, Action::Liquidate(vec![trade]))
}

fn take_over() -> Step {
    Step::new(0, Action::TakeOver)
}

fn order(side: Side, lots: u64, price: u64) -> Step {
    Step::order(1, Trade::at(PERPETUAL, side, lots, price))
}

fn push(book: &Book, group: &[Step]) -> Result<(), Refusal> {
    Draft::new(&table(), book).push(group)
}

#[test]
fn nobody_should_be_liquidated_or_taken_over_without_need() {
    // At maintenance to the dollar.
    let healthy = book(1_280, 10_000);
    assert_eq!(push(&healthy, &[liquidation(100, MARK, 0)]), Err(Refusal::NotInNeed));
    let short = book(1_279, 10_000);
    assert_eq!(push(&short, &[liquidation(100, MARK, 0)]), Ok(()));
    assert_eq!(push(&short, &[take_over()]), Err(Refusal::NotInNeed));
    assert_eq!(push(&book(0, 10_000), &[take_over()]), Err(Refusal::NotInNeed));
    assert_eq!(push(&book(-1, 10_000), &[take_over()]), Ok(()));
}

#[test]
fn a_liquidation_should_cost_the_penalty_at_most() {
    let short = book(1_000, 10_000);
    // 1/64 of eight dollars is an eighth.
    let penalty = u128::from(MARK / 64);
    assert_eq!(push(&short, &[liquidation(100, MARK, 100 * penalty)]), Ok(()));
    assert_eq!(
        push(&short, &[liquidation(100, MARK, 100 * penalty + 1)]),
        Err(Refusal::Fill)
    );
    let worse = MARK - 1;
    assert_eq!(
        push(&short, &[liquidation(100, worse, 100 * penalty)]),
        Err(Refusal::Fill)
    );
    // What price and fee leave, and the house buys below the mark.
    assert_eq!(push(&short, &[liquidation(100, worse, 100 * penalty - 100)]), Ok(()));
}

#[test]
fn a_broke_account_should_be_closed_at_the_mark_only() {
    let broke = book(-10, 10_000);
    assert_eq!(push(&broke, &[liquidation(100, MARK, 0)]), Ok(()));
    assert_eq!(push(&broke, &[liquidation(100, MARK, 1)]), Err(Refusal::Equity));
    assert_eq!(push(&broke, &[liquidation(100, MARK - 1, 0)]), Err(Refusal::Equity));
    // And cannot even cancel.
    assert_eq!(push(&broke, &[Step::new(0, Action::CancelAll)]), Err(Refusal::Equity));
    assert_eq!(push(&broke, &[Step::new(0, Action::Rekey)]), Ok(()));
}

#[test]
fn the_house_should_keep_its_rules() {
    // It carries 1.25 times 16 % of eight thousand dollars, and the debt.
    assert_eq!(push(&book(-10, 1_610), &[take_over()]), Ok(()));
    assert_eq!(push(&book(-10, 1_609), &[take_over()]), Err(Refusal::HouseMargin));
    // With makers behind it, only the debt is left to carry.
    let both = [take_over(), order(Side::Buy, LOTS as u64, MARK)];
    assert_eq!(push(&book(-10, 10), &both), Ok(()));
    assert_eq!(push(&book(-10, 9), &both), Err(Refusal::HouseMargin));
    // It does not sell below the mark what it took over.
    let cheap = [take_over(), order(Side::Buy, LOTS as u64, MARK - 1)];
    assert_eq!(push(&book(-10, 10_000), &cheap), Err(Refusal::HouseEquity));
    // It is no trader.
    assert_eq!(
        push(&book(5_000, 10_000), &[order(Side::Buy, 1, MARK)]),
        Err(Refusal::HouseGrowth)
    );
    assert_eq!(
        push(&book(5_000, 10_000), &[order(Side::Sell, 1, MARK)]),
        Err(Refusal::HouseGrowth)
    );
}

#[test]
fn a_refused_group_should_leave_nothing_behind() {
    let (table, book) = (table(), book(-10, 10_000));
    let mut draft = Draft::new(&table, &book);
    let group = [take_over(), take_over()];
    assert_eq!(draft.push(&group), Err(Refusal::NotInNeed));
    assert_eq!((draft.steps.len(), &draft.book), (0, &book));
    let idle = |count: usize| vec![Step::new(1, Action::Idle); count];
    assert_eq!(draft.push(&idle(50)), Err(Refusal::Full));
    assert_eq!(draft.push(&idle(11)), Ok(()));
    let room = usize::from(Shape::LARGE.units) - 11;
    assert_eq!((draft.shape(), draft.room()), (Shape::STANDARD, room));
}
