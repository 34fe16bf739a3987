//! Solvency rounds beside what is counted from the outside, in groups that are made to owe.

use cloister_ledger::GroupLedger;
use cloister_ledger_testing::Random;
use cloister_liquidator::Holding;
use cloister_risk::RiskTable;
use cloister_simulation::{
    audit::Solvency,
    book::Book,
    market::PERPETUAL,
    prices,
    rounds::{Round, RoundError},
    Crash, Event, Setup,
};
use cloister_types::{AccountIndex, Money};

/// A group after two minutes, and its table.
struct Scene {
    state: GroupLedger,
    book: Book,
    table: RiskTable,
}

impl Scene {
    fn new() -> Self {
        let mut crash = Crash::new(Setup {
            accounts: 60,
            ..Setup::new(prices::drawn(7).into_iter().take(2).collect())
        })
        .expect("listings");
        let mut table = None;
        let mut keep = |event: Event<'_>| {
            if let Event::Round(round) = event {
                table = Some(round.statements[0].witness.table.clone());
            }
        };
        crash.run(&mut keep).expect("a run");
        Self {
            state: crash.exchange().state().clone(),
            book: crash.exchange().book.clone(),
            table: table.expect("a round at the end of the run"),
        }
    }

    fn round(&self) -> Round {
        Round::new(&self.state, &self.table, &mut Random::new(1)).expect("a round")
    }

    fn counted(&self) -> Solvency {
        Solvency::of(&self.book, &self.table)
    }

    /// Indices of the accounts with lots of the perpetual alone.
    fn holders(&self) -> Vec<u32> {
        let alone = |holding: &Holding| holding.held().map(|(row, _)| row).eq([PERPETUAL]);
        let holders = self.book.accounts.iter().filter(|(_, holding)| alone(holding));
        holders.map(|(index, _)| *index).collect()
    }

    /// Takes from an account what leaves it owing this much, in the forecast and, if `settled`, in the ledger; `flat`
    /// takes its lots too.
    fn break_account(&mut self, index: u32, owing: i128, flat: bool, settled: bool) {
        let holding = self.book.accounts.get_mut(&index).expect("an account");
        if flat {
            *holding = Holding::default();
        }
        holding.cash -= holding.equity(&self.table) + owing;
        if settled {
            let mut state = self.state.account(AccountIndex(index)).expect("an account").clone();
            (state.account.cash, state.account.positions) = (Money(holding.cash), holding.lots);
            self.state.restore_account(AccountIndex(index), state);
        }
    }
}

#[test]
fn a_round_should_show_what_is_counted_from_the_outside() {
    let mut scene = Scene::new();
    let healthy = scene.round();
    assert_eq!(healthy.statements.len(), 2);
    assert_eq!(healthy.agrees(&scene.counted()), Ok(()));
    let holders = scene.holders();
    // Two owe with lots, one without.
    scene.break_account(holders[0], 1, false, true);
    scene.break_account(holders[1], 70_000_000, false, true);
    scene.break_account(holders[2], 500, true, true);
    let round = scene.round();
    assert_eq!((round.shown.debt, round.shown.live_debt), (70_000_501, 70_000_001));
    assert_eq!(round.shown.short, healthy.shown.short + 3);
    assert_eq!(round.shown.surplus, healthy.shown.surplus - 70_000_501);
    assert_eq!(round.agrees(&scene.counted()), Ok(()));
    // With a dead feed nobody's debt is live.
    scene.table.rows[PERPETUAL].stale = true;
    let round = scene.round();
    assert_eq!((round.shown.debt, round.shown.live_debt), (70_000_501, 0));
    assert_eq!(round.agrees(&scene.counted()), Ok(()));
}

#[test]
fn a_wrong_number_should_be_found() {
    let mut scene = Scene::new();
    let (round, counted) = (scene.round(), scene.counted());
    let shown = round.shown;
    let refused = |counted| assert_eq!(round.agrees(&counted), Err(RoundError::Disagrees { shown, counted }));
    let numbers: [fn(&mut Solvency); 4] = [
        |counted| counted.short += 1,
        |counted| counted.debt += 1,
        |counted| counted.live_debt += 1,
        |counted| counted.surplus -= 1,
    ];
    for change in numbers {
        let mut other = counted;
        change(&mut other);
        refused(other);
    }
    // An account that owes 10^-6 in the forecast alone: the ledger spares it.
    let index = scene.holders()[0];
    scene.break_account(index, 1, false, false);
    let owing = Solvency {
        short: counted.short + 1,
        debt: counted.debt + 1,
        live_debt: counted.live_debt + 1,
        surplus: counted.surplus - 1,
    };
    assert_eq!(scene.counted(), owing);
    refused(owing);
}

#[test]
fn a_group_without_accounts_should_have_no_round() {
    let made = Round::new(&GroupLedger::default(), &RiskTable::default(), &mut Random::new(1));
    assert_eq!(made.err(), Some(RoundError::NoAccounts));
}

#[test]
fn a_shortfall_should_lower_the_ratio_of_all() {
    let of = |surplus| Solvency {
        surplus,
        ..Solvency::default()
    };
    assert_eq!((of(5).shortfall(), of(5).ratio(100)), (0, 1_000_000));
    assert_eq!((of(0).shortfall(), of(0).ratio(0)), (0, 1_000_000));
    assert_eq!((of(-50).shortfall(), of(-50).ratio(100)), (50, 666_666));
    assert_eq!(of(-1).ratio(0), 0);
}
