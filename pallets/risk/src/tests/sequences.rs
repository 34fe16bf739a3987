//! What holds of tables whatever feeds and governance do: sequences that are drawn.

use super::dead::{list_other, OTHER};
use crate::{
    bounds::HOLD, mock::*, pricing, DeadFeeds, DeadInstrument, Groups, InstrumentParams, JumpLimits, SettleAfter,
    Tables,
};
use cloister_risk::{RiskTable, Row, Status};
use polkadot_sdk::{frame_support::traits::Hooks, sp_runtime::FixedU128};

/// Draws numbers (xorshift).
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

/// What was seen, so that no rule goes untested.
#[derive(Default)]
struct Seen {
    dead: u32,
    held: u32,
    passed: u32,
    expired: u32,
    beyond: u32,
}

/// A feed.
struct Source {
    price: u64,
    /// For how many tables it says nothing.
    asleep: u64,
}

/// Feeds that go on, jump, fall silent for one table or for hours, and say nonsense.
fn feed_any(dice: &mut Dice, feed: u32, source: &mut Source) {
    if dice.one_in(100) {
        source.asleep = 40 + dice.roll(80);
    }
    if source.asleep > 0 {
        source.asleep -= 1;
        return silence(feed);
    }
    let price = &mut source.price;
    let factor = match dice.roll(12) {
        0 => return silence(feed),
        1 => return set_price(feed, FixedU128::from_u32(0)),
        2 | 3 => return,
        4 => 20 + dice.roll(480),
        _ => 90 + dice.roll(22),
    };
    *price = (*price * factor / 100).clamp(10, 190_000_000);
    set_price(feed, FixedU128::from_u32(u32::try_from(*price).unwrap()));
}

/// Governance sets something, within the bounds or not.
fn govern_any(dice: &mut Dice) {
    let root = RuntimeOrigin::root;
    let id = 1 + dice.roll(2) as u32;
    let _ = match dice.roll(6) {
        0 => Risk::set_settle_after(root(), 3_600_000 * (1 + dice.roll(4))),
        1 => Risk::set_jump_limit(root(), GROUP, 100_000 * (1 + dice.roll(5) as u32)),
        2 => Risk::set_instrument_status(root(), GROUP, id, Status::CloseOnly),
        3 => Risk::set_instrument_status(root(), GROUP, id, Status::Trading),
        _ => {
            let params = InstrumentParams {
                scan_range: 20_000 + dice.roll(480_001) as u32,
                extreme_multiple: 1_000_000 + dice.roll(4_000_001) as u32,
                extreme_cover: 100_000 + dice.roll(900_001) as u32,
                floor_long: dice.roll(200_001) as u32,
                limit: (1 << (30 + dice.roll(11))) - 1,
                ..instrument_params()
            };
            Risk::set_instrument_params(root(), GROUP, id, params)
        }
    };
}

/// What must hold of a row after another one of the same instrument.
fn check(old: &Row, row: &Row, noted: Option<&DeadInstrument>, seen: &mut Seen) {
    let now = Now::get();
    let dead = DeadFeeds::<Test>::get(GROUP);
    let dead = dead.iter().find(|dead| dead.id == row.instrument_id.get());
    assert_eq!(row.stale, dead.is_some());
    if row.is_priced() {
        let limit = JumpLimits::<Test>::get(GROUP);
        if pricing::jumps(old.mark.get(), row.mark.get(), limit) {
            let since = noted
                .and_then(|noted| noted.held_since)
                .expect("it was held before it passed");
            assert!(now - since >= HOLD, "it passed too early");
            seen.passed += 1;
        }
        return;
    }
    assert_eq!((row.mark, row.value, row.funding), (old.mark, old.value, old.funding));
    if row.status == Status::Expired {
        seen.expired += u32::from(old.status != Status::Expired);
        return;
    }
    let dead = dead.unwrap();
    assert_ne!(old.status, Status::Expired, "nothing that has expired lives again");
    assert!(dead.dead_for < SettleAfter::<Test>::get());
    assert!(
        dead.held_since.is_none_or(|since| now - since < HOLD),
        "it is held for too long"
    );
    seen.held += u32::from(dead.held_since.is_some());
    seen.dead += u32::from(dead.held_since.is_none());
}

fn newest() -> RiskTable {
    Tables::<Test>::get(GROUP, Groups::<Test>::get(GROUP).unwrap().version).unwrap()
}

/// Whether the prices of now, none held back, would take the table beyond C-BOUND.
fn is_beyond() -> bool {
    let state = Groups::<Test>::get(GROUP).unwrap();
    let exposures = state.instruments.iter().filter_map(|i| {
        let (price, _) = Prices::get().get(&i.feed).copied()?;
        let mark = pricing::mark(price, i.params.lot_size).ok()?;
        Some(pricing::exposure(&pricing::row(i, mark).ok()?, i.limit_high))
    });
    !pricing::within_bound(exposures)
}

fn play(seed: u64, seen: &mut Seen) {
    on_listed(|| {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (seed + 1));
        let mut sources = [
            (FEED, if seed.is_multiple_of(2) { 50_000 } else { 90_000_000 }),
            (OTHER, 7_000),
        ]
        .map(|(feed, price)| (feed, Source { price, asleep: 0 }));
        list_other();
        Risk::set_settle_after(RuntimeOrigin::root(), 3_600_000).unwrap();
        Risk::on_initialize(1);
        let start = Now::get();
        for _ in 0..200 {
            let old = newest();
            let noted = DeadFeeds::<Test>::get(GROUP);
            pass(if dice.one_in(20) {
                1_000_000
            } else {
                10_000 + dice.roll(80_000)
            });
            for (feed, source) in &mut sources {
                feed_any(&mut dice, *feed, source);
            }
            if dice.one_in(4) {
                govern_any(&mut dice);
            }
            seen.beyond += u32::from(is_beyond());
            Risk::on_initialize(1);
            let table = newest();
            assert_eq!(
                table.header.version,
                old.header.version + 1,
                "seed {seed}: no table was built"
            );
            Risk::do_try_state().unwrap();
            for (old, row) in old.rows.iter().zip(&table.rows).take(2) {
                let id = old.instrument_id.get();
                check(old, row, noted.iter().find(|dead| dead.id == id), seen);
            }
            for dead in DeadFeeds::<Test>::get(GROUP) {
                assert!(
                    dead.dead_for <= Now::get() - start,
                    "no time runs faster than the clock"
                );
                let before = noted
                    .iter()
                    .find(|noted| noted.id == dead.id)
                    .map_or(0, |noted| noted.dead_for);
                assert!(dead.dead_for - before <= 60_000);
            }
        }
    });
}

#[test]
fn tables_should_go_on_and_keep_the_rules_whatever_happens() {
    let mut seen = Seen::default();
    for seed in 0..12 {
        play(seed, &mut seen);
    }
    for (what, times, least) in [
        ("dead", seen.dead, 100),
        ("held", seen.held, 100),
        ("passed after a hold", seen.passed, 10),
        ("expired", seen.expired, 3),
        ("beyond the bound", seen.beyond, 20),
    ] {
        assert!(times >= least, "{what}: {times} times only");
    }
}
