//! Reading price paths.

use cloister_simulation::{
    prices::{clock, drawn, read, Bar, PriceError, DOLLAR, FIRST_DAY, MINUTE, MINUTES},
    Crash, Setup,
};
use std::{fs, path::PathBuf};

/// A file of its own for each test.
fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("cloister-prices-{}-{name}.csv", std::process::id()));
    fs::write(&path, text).expect("a temporary file");
    path
}

fn read_text(name: &str, text: &str) -> Result<Vec<Bar>, PriceError> {
    let path = file(name, text);
    let bars = read(&path);
    fs::remove_file(path).expect("it was there");
    bars
}

const HEAD: &str = "timestamp,symbol,open,high,low,close\n";

#[test]
fn bars_should_be_read_by_the_names_of_columns() {
    let text = format!("{HEAD}2020-03-12T00:00:00.000Z,X,7931.5,1,1,7939\n2020-03-12T00:01:00Z,X,7939,1,1,0.000001\n");
    let bars = read_text("good", &text).expect("two bars");
    let first = Bar {
        time: FIRST_DAY,
        open: 7_931_500_000,
        close: 7_939 * DOLLAR,
    };
    assert_eq!(bars[0], first);
    assert_eq!((bars[1].time, bars[1].close), (FIRST_DAY + MINUTE, 1));
}

#[test]
fn commas_in_quotes_should_not_shift_columns() {
    let text = "timestamp,stats,open,close\n2020-03-12T00:00:00Z,\"{'volume': 717.1, 'low': 0.006}\",7931.5,7939\n";
    let bars = read_text("quoted", text).expect("a bar");
    assert_eq!((bars[0].open, bars[0].close), (7_931_500_000, 7_939 * DOLLAR));
    // Commas that nothing quotes: more cells than columns.
    let shifted = text.replace('"', "");
    assert!(matches!(read_text("shifted", &shifted), Err(PriceError::Line(2))));
}

#[test]
fn a_quote_without_an_end_should_not_swallow_the_lines_after_it() {
    let text = "timestamp,open,close,stats\n2020-03-12T00:00:00Z,1,2,\"x\"\n2020-03-12T00:01:00Z,1,2,\"x\n2020-03-12T00:02:00Z,1,2,y\n";
    assert!(matches!(read_text("open-quote", text), Err(PriceError::Line(3))));
}

#[test]
fn days_should_be_those_of_the_file() {
    let times = ["2021-05-19T12:59:00.000Z", "2021-05-19T13:00:00.000Z"];
    let text = format!("{HEAD}{},X,37000,1,1,37000\n{},X,37000,1,1,36000\n", times[0], times[1]);
    let bars = read_text("days", &text).expect("two bars");
    assert_eq!([clock(bars[0].time), clock(bars[1].time)], ["19 12:59", "19 13:00"]);
    let report = Crash::new(Setup {
        accounts: 12,
        ..Setup::new(bars)
    })
    .and_then(|mut crash| crash.run(&mut |_| ()))
    .expect("a run");
    let hours: Vec<String> = report.hours.iter().map(|hour| clock(hour.start)).collect();
    assert_eq!(hours, ["19 12:00", "19 13:00"]);
    assert!(report.totals_markdown().contains(", 19 1"));
    // The last day of a leap year's February, and the first of a drawn path.
    assert_eq!(clock(1_582_934_400_000), "29 00:00");
    assert_eq!(clock(FIRST_DAY), "12 00:00");
}

#[test]
fn bad_files_should_be_refused_with_their_line() {
    assert!(matches!(read_text("empty", HEAD), Err(PriceError::Empty)));
    assert!(matches!(
        read_text("column", "timestamp,open\n"),
        Err(PriceError::Column("close"))
    ));
    let bar = |time: &str, price: &str| format!("{time},X,1,1,1,{price}\n");
    let day = "2020-03-12T00:00:00Z";
    for (i, price) in ["0", "", "-1", "1.0000001", "1e3"].into_iter().enumerate() {
        let text = format!("{HEAD}{}", bar(day, price));
        assert!(
            matches!(read_text(&format!("price{i}"), &text), Err(PriceError::Line(2))),
            "{price}"
        );
    }
    for (i, time) in ["2020-03-12 00:00:00Z", "2020-03-12T00:00:30Z", "x"]
        .into_iter()
        .enumerate()
    {
        let text = format!("{HEAD}{}", bar(time, "1"));
        assert!(
            matches!(read_text(&format!("time{i}"), &text), Err(PriceError::Line(2))),
            "{time}"
        );
    }
    let gap = format!("{HEAD}{}{}", bar(day, "1"), bar("2020-03-12T00:02:00Z", "1"));
    assert!(matches!(read_text("gap", &gap), Err(PriceError::Gap(3))));
    let other_ends = gap.replace('\n', "\r\n");
    assert!(matches!(read_text("ends", &other_ends), Err(PriceError::Gap(3))));
}

#[test]
fn the_drawn_path_should_crash_and_jump() {
    let bars = drawn(1);
    assert_eq!(bars.len(), MINUTES);
    assert!(bars
        .windows(2)
        .all(|pair| pair[0].time + MINUTE == pair[1].time && pair[0].close == pair[1].open));
    let moves = |pair: &[Bar]| pair[1].close as f64 / pair[0].close as f64 - 1.0;
    let lowest = bars.windows(2).map(moves).fold(0.0, f64::min);
    let highest = bars.windows(2).map(moves).fold(0.0, f64::max);
    assert!(lowest < -0.14 && highest > 0.17, "{lowest} {highest}");
    assert_eq!(clock(bars[MINUTES - 1].time), "13 23:59");
}
