//! Both days of March 2020 on the native transition, and a sample of the batches by the circuit.
//!
//! The recorded prices are read where they lie and never copied; where they are absent the same test runs on a drawn
//! path.

mod circuit;

use circuit::{Kind, Samples};
use cloister_ledger::{BatchWitness, Mode, Shape, UnitWitness};
use cloister_simulation::{
    audit::{Audit, Broken},
    exchange::MODE_NAMES,
    prices::{self, Bar, DOLLAR, MINUTE, MINUTES},
    Crash, CrashError, Event, Report, Setup, Terms,
};
use cloister_types::Amount;
use std::path::Path;

/// The recorded bars, or drawn ones and what need not happen on them: funding there is too small to bring hedged pairs
/// down.
fn bars() -> (Vec<Bar>, &'static [Kind]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/bitmex_xbtusd_1m_20200312-13.csv");
    if path.exists() {
        return (prices::read(&path).expect("minute bars"), &[]);
    }
    eprintln!("{} is absent: a drawn path stands in", path.display());
    (prices::drawn(1), &[Kind::LiquidationOfPair])
}

/// A book at up to sixteen times its money, more than such days forgive: nothing stays unused.
fn setup(bars: Vec<Bar>) -> Setup {
    Setup {
        terms: Terms::with_range(50_000),
        accounts: 120,
        every: 4,
        recheck: 50,
        ..Setup::new(bars)
    }
}

fn check_report(report: &Report) {
    assert_eq!(report.tables, MINUTES as u64 + 1);
    for (name, count) in MODE_NAMES.iter().zip(report.totals.modes) {
        // Nobody of a simulated day has an empty account to close.
        assert!(count > 0 || *name == "close", "no unit of mode {name}");
    }
    let used = [
        report.totals.fills,
        report.totals.withdrawals,
        report.totals.transfers,
        report.totals.cancels,
        report.totals.rechecked,
    ];
    assert!(used.iter().all(|count| *count > 0), "{used:?}");
    let (deposits, withdrawals, swept) = report.flows;
    assert!(deposits > 0 && withdrawals > 0 && swept > 0);
    assert_ne!(report.funding, 0);
    // What the house paid for was taken over; what it earned were penalties and better prices.
    assert!(report.bad_debt < 0 && report.house_gain > report.seed);
    assert!(report.house_low.0 < report.seed);
    // Nothing is left in the expired row, and the live one sums to zero.
    let lots = |row: usize| {
        report.book.accounts.values().map(|h| h.lots[row].get()).sum::<i64>() + report.book.house.lots[row].get()
    };
    assert_eq!((lots(0), lots(1)), (0, 0));
    assert!(report.book.accounts.values().all(|h| h.lots[1].is_zero()));
    // A round at the end of every hour; whoever became insolvent held no lots one table later.
    assert_eq!(report.hours.len(), MINUTES / 60);
    assert!(report.hours.iter().all(|hour| hour.shown.is_some()));
    assert!(report.longest_open <= 1);
    assert!(report.totals.deleveraged_lots > 0 && report.deleveraged.2 < 0);
    // With the last prices everything that came in is out again or still there.
    let cash: i128 = report.book.accounts.values().map(|h| h.cash).sum();
    let inside = cash + report.book.house.cash + report.book.fees as i128;
    assert_eq!(inside, deposits - withdrawals - swept);
}

#[test]
fn both_days_should_keep_every_invariant_and_satisfy_the_circuit() {
    let mut samples = Samples::default();
    let (bars, excused) = bars();
    let report = Crash::new(setup(bars))
        .and_then(|mut crash| crash.run(&mut |event| samples.offer(event)))
        .expect("no batch is refused and no invariant breaks");
    println!("{}\n{}", report.hours_markdown(), report.solvency_markdown());
    println!("{}", report.totals_markdown());
    check_report(&report);
    let mut missing = samples.missing();
    missing.retain(|kind| !excused.contains(kind));
    assert_eq!(missing, Vec::<Kind>::new());
    samples.check_round();
    samples.check();
}

/// A short run, for what needs no crash.
fn short(minutes: usize) -> Setup {
    Setup {
        bars: prices::drawn(7).into_iter().take(minutes).collect(),
        accounts: 12,
        ..Setup::new(Vec::new())
    }
}

#[test]
fn a_run_should_follow_from_its_seed() {
    let roots = |seed: u64| {
        let mut crash = Crash::new(Setup { seed, ..short(3) }).expect("listings");
        crash.run(&mut |_| ()).expect("a run");
        crash.exchange().state().root()
    };
    assert_eq!(roots(1), roots(1));
    assert_ne!(roots(1), roots(2));
}

#[test]
fn the_audit_should_name_what_a_batch_breaks() {
    let mut last = None;
    let mut crash = Crash::new(short(2)).expect("listings");
    let mut keep = |event: Event<'_>| {
        if let Event::Batch(settled) = event {
            last = Some(settled.clone());
        }
    };
    crash.run(&mut keep).expect("a run");
    let settled = last.expect("a batch");
    let exchange = crash.exchange();
    let house = exchange.state().house();
    let check = |audit: &mut Audit, witness: &BatchWitness| {
        audit.check(house, witness, &settled.effect, exchange.state(), &exchange.book)
    };
    // The same statement again does not join itself.
    let again = check(&mut exchange.audit.clone(), &settled.witness);
    assert_eq!(again, Err(Broken::Chain));
    // Without the earlier deposits all money is too much.
    let mut all = exchange.book.house.cash + exchange.book.fees as i128;
    all += exchange.book.accounts.values().map(|h| h.cash).sum::<i128>();
    let paid: i128 = settled
        .effect
        .statement
        .units
        .iter()
        .map(|u| i128::from(u.withdrawal.get()))
        .sum();
    let alone = check(&mut Audit::default(), &settled.witness);
    assert_eq!(alone, Err(Broken::Cash(all + paid)));
    // Nobody was in need: whatever claims it is named.
    for mode in [Mode::Liquidation, Mode::Takeover] {
        let mut witness = settled.witness.clone();
        witness.units[0].mode = mode;
        let index = witness.units[0].index;
        let expected = match mode {
            Mode::Liquidation => Broken::Healthy(index.get()),
            _ => Broken::Solvent(index.get()),
        };
        assert_eq!(check(&mut Audit::default(), &witness), Err(expected));
    }
}

#[test]
fn a_run_should_end_where_an_account_stays_insolvent_with_open_lots() {
    // The price halves, and nobody makes a batch.
    let mut setup = short(4);
    for bar in &mut setup.bars[1..] {
        (bar.open, bar.close) = (bar.open / 2, bar.close / 2);
    }
    setup.batches_a_minute = 0;
    let third = setup.bars[2].time + MINUTE;
    let ended = Crash::new(setup).and_then(|mut crash| crash.run(&mut |_| ()));
    let Err(CrashError::Insolvent { tables, time, .. }) = ended else {
        panic!("{ended:?}");
    };
    assert_eq!((tables, time), (2, third));
}

#[test]
fn a_batch_should_take_the_smallest_shape_that_holds_it() {
    let mut crash = Crash::new(Setup {
        accounts: 40,
        ..short(4)
    })
    .expect("listings");
    let mut seen = Vec::new();
    let report = crash
        .run(&mut |event| {
            let Event::Batch(settled) = event else {
                return;
            };
            let padding = |unit: &&UnitWitness| {
                unit.mode == Mode::Padding && (unit.deposit, unit.incoming) == (Amount::ZERO, Amount::ZERO)
            };
            let idle = settled.witness.units.iter().rev().take_while(padding).count();
            seen.push((settled.shape, settled.witness.units.len() - idle));
        })
        .expect("a run");
    for (shape, used) in &seen {
        let fits = [Shape::DEV, Shape::STANDARD, Shape::LARGE]
            .into_iter()
            .find(|s| *used <= s.units.into());
        assert_eq!(fits, Some(*shape));
    }
    assert!(seen.iter().any(|(shape, _)| *shape == Shape::STANDARD));
    // The sponsors pay the seed to within the price of a lot.
    assert!(report.seed.abs_diff(i128::from(500_000 * DOLLAR)) < u128::from(DOLLAR));
}
