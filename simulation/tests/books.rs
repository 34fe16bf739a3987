//! Five books on whole days: no account stays insolvent with open lots, and every solvency round shows what is counted
//! from the outside. Left to `make test-long`; `make test` lives through the dearest minutes.

use cloister_liquidator::ONE_TIMES;
use cloister_simulation::{
    prices::{self, Bar, DOLLAR},
    Crash, Report, Setup, Terms,
};
use std::path::Path;

/// The books of `docs/real-days.md`.
fn books(bars: &[Bar]) -> [(char, Setup); 5] {
    let of = |range, every| Setup {
        terms: Terms::with_range(range),
        every,
        ..Setup::new(bars.to_vec())
    };
    let poor = Setup {
        maker_deposit: 50_000 * DOLLAR,
        ..of(160_000, 3)
    };
    let daring = Setup {
        house_leverage: 16 * ONE_TIMES,
        ..of(50_000, 3)
    };
    [
        ('A', of(160_000, 1)),
        ('B', of(80_000, 3)),
        ('C', poor),
        ('D', of(50_000, 3)),
        ('E', daring),
    ]
}

/// The run itself ends with an error at an account that stays insolvent with open lots, and at a round that shows
/// something else than what is counted.
fn live(book: char, setup: Setup) -> Report {
    let report = Crash::new(setup)
        .and_then(|mut crash| crash.run(&mut |_| ()))
        .unwrap_or_else(|error| panic!("book {book}: {error}"));
    assert!(report.longest_open <= 1, "book {book}: {} tables", report.longest_open);
    assert!(report.hours.iter().all(|hour| hour.shown.is_some()), "book {book}");
    report
}

/// Lives through both days with all books, two at a time.
fn live_all(bars: &[Bar]) {
    let live_some = |books: Vec<(char, Setup)>| {
        for (book, setup) in books {
            let report = live(book, setup);
            println!(
                "book {book}\n{}\n{}",
                report.solvency_markdown(),
                report.totals_markdown()
            );
            assert!(report.totals.liquidated_lots > 0, "book {book}");
        }
    };
    let [a, b, c, d, e] = books(bars);
    std::thread::scope(|scope| {
        scope.spawn(|| live_some(vec![a, c]));
        live_some(vec![d, e, b]);
    });
}

#[test]
fn five_books_should_shed_at_once_when_the_price_jumps() {
    // A minute down by a seventh, and three minutes later one up by a fifth.
    let bars = &prices::drawn(1)[1_588..1_600];
    for (book, setup) in books(bars) {
        let report = live(book, Setup { accounts: 80, ..setup });
        let (shed, worth) = (report.totals.deleveraged_lots, report.totals.deleveraged_worth);
        println!("book {book}\n{}", report.solvency_markdown());
        // At sixteen times their money accounts owe after such a minute, and shed what nobody takes.
        assert!(shed > 0 && worth > 0 || !matches!(book, 'D' | 'E'), "book {book}");
    }
}

#[test]
#[ignore = "ten minutes of a core; `make test-long`"]
fn five_books_should_shed_at_once_on_a_drawn_path() {
    live_all(&prices::drawn(1));
}

#[test]
#[ignore = "ten minutes of a core; `make test-long`"]
fn five_books_should_shed_at_once_in_march_2020() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/bitmex_xbtusd_1m_20200312-13.csv");
    if path.exists() {
        live_all(&prices::read(&path).expect("minute bars"));
    } else {
        eprintln!("{} is absent: the drawn path stands for it", path.display());
    }
}
