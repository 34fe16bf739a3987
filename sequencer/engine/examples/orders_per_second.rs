//! How many orders one core takes in a second: matching alone, with the margin check of accounts that hold positions in
//! every instrument, and signed, with every arithmetic that the machine has.
//!
//! `cargo run --release -p cloister-engine --example orders_per_second`
//!
//! The stream: a hundred accounts; of three orders two rest at one of twenty prices on their side of the mark and one
//! takes, twice as many lots, so that the books grow no more than those of a market. It comes out of a generator with a
//! fixed seed, so two runs take the same orders. Only the time that this thread has of the processor counts, and of
//! several rounds the one in the middle.

use cloister_crypto_many::Backend;
use cloister_engine::{Accepted, Checker, Claim, Engine, TraderInput, Verified};
use cloister_engine_testing::{config, market, order, row, secret, table, BTC, GENESIS, MARK, NOW, ONE};
use cloister_ledger::{Instruction, Side, SignedInstruction};
use cloister_types::{AccountIndex, Amount, InstrumentId, Position};
use rustix::time::{clock_gettime, ClockId};
use std::{collections::BTreeMap, time::Duration};

const ACCOUNTS: u32 = 100;
/// Orders of an account: as many as its slots.
const IDS: u64 = 500;
/// Inputs whose signatures are checked together.
const TOGETHER: usize = 64;
/// How often matching is measured.
const ROUNDS: usize = 9;
const DEPOSIT: u64 = 1_000_000_000 * ONE;

/// The time that this thread has had of the processor.
fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Numbers that look random and are the same in every run (a linear congruence modulo 2^64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % end
    }
}

fn stream() -> Vec<Instruction> {
    let mut numbers = Numbers(7);
    let mut out = Vec::new();
    for id in 1..=IDS {
        for account in 0..ACCOUNTS {
            let side = if numbers.below(2) == 0 { Side::Buy } else { Side::Sell };
            let (away, lots) = ((1 + numbers.below(20)) * 10_000, 1 + numbers.below(9));
            let limit = match side {
                Side::Buy => MARK - away,
                Side::Sell => MARK + away,
            };
            let rests = order(account, id, side, lots, limit);
            out.push(match numbers.below(3) {
                0 => {
                    let across = match side {
                        Side::Buy => MARK + 200_000,
                        Side::Sell => MARK - 200_000,
                    };
                    market(Instruction {
                        limit: across,
                        quantity: 2 * lots,
                        ..rests
                    })
                }
                _ => rests,
            });
        }
    }
    out
}

/// An engine with every account open; with `rows` instruments in the table, in each of which every account holds lots.
fn engine(rows: u32) -> Engine {
    let mut table = table(1);
    for (number, place) in table.rows.iter_mut().enumerate().take(rows as usize).skip(1) {
        *place = row(BTC + 10 + number as u32, (number as u64 + 1) * ONE, 0);
    }
    let mut engine = Engine::new(config(), table.clone()).expect("the table is valid");
    for account in 0..ACCOUNTS {
        let view_key = u64::from(account).into();
        engine
            .open(
                AccountIndex(account),
                secret(account).public(),
                view_key,
                Amount(DEPOSIT),
            )
            .expect("the account is new");
    }
    let mut holdings = BTreeMap::new();
    for (index, view) in engine.accounts() {
        let mut held = view.holdings;
        for (number, position) in held.positions.iter_mut().enumerate().take(rows as usize).skip(1) {
            let sign = if (index.get() as usize + number).is_multiple_of(2) {
                1
            } else {
                -1
            };
            *position = Position(sign * 5);
        }
        holdings.insert(index, held);
    }
    engine.rebase(&holdings).expect("the accounts are open");
    assert!(engine.account(AccountIndex(0)).is_some_and(|view| {
        let held = view.holdings.positions.iter().filter(|p| p.get() != 0).count();
        held + 1 == rows.max(1) as usize && table.row_of(InstrumentId(BTC)).is_some()
    }));
    engine
}

fn claim(engine: &Engine, signed: &SignedInstruction) -> Claim {
    let input = TraderInput::Instruction(signed.clone());
    engine.claim(input).expect("the instruction is well-formed")
}

/// Counts what was filled, so that a stream which is refused does not look fast.
fn count(filled: &mut (u64, u64), result: Result<Accepted, cloister_engine::Rejection>) {
    filled.0 += 1;
    if let Ok(Accepted { order: Some(order), .. }) = result {
        filled.1 += u64::from(order.filled.get() > 0);
    }
}

fn rate((orders, fills): (u64, u64), time: Duration) -> f64 {
    assert!(
        fills * 5 > orders,
        "only {fills} of {orders} orders were filled at once"
    );
    orders as f64 / time.as_secs_f64()
}

/// The stream with its signatures checked.
fn verified(stream: &[SignedInstruction]) -> Vec<Verified> {
    let (engine, mut checker) = (engine(1), Checker::new(GENESIS));
    let claims = stream.iter().map(|signed| claim(&engine, signed)).collect();
    let verified: Vec<_> = checker.check_many(claims).into_iter().flatten().collect();
    assert_eq!(verified.len(), stream.len());
    verified
}

/// Matching and margin of inputs whose signatures are already checked.
fn unsigned(rows: u32, stream: &[Verified]) -> f64 {
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (mut engine, stream) = (engine(rows), stream.to_vec());
            let (start, mut filled) = (spent(), (0, 0));
            for verified in stream {
                count(&mut filled, engine.take_verified(NOW, verified).1);
            }
            rate(filled, spent() - start)
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

/// All of it: checks before the signature, signatures, and matching.
fn signed(backend: Backend, stream: &[SignedInstruction]) -> f64 {
    let mut engine = engine(1);
    let mut checker = Checker::with_backend(GENESIS, backend);
    let (start, mut filled) = (spent(), (0, 0));
    for part in stream.chunks(TOGETHER) {
        let claims = part.iter().map(|signed| claim(&engine, signed)).collect();
        for verified in checker.check_many(claims).into_iter().flatten() {
            count(&mut filled, engine.take_verified(NOW, verified).1);
        }
    }
    rate(filled, spent() - start)
}

/// As it is without a checker: one signature after the other.
fn one_by_one(stream: &[SignedInstruction]) -> f64 {
    let mut engine = engine(1);
    let (start, mut filled) = (spent(), (0, 0));
    for signed in stream {
        count(&mut filled, engine.submit(NOW, signed.clone()));
    }
    rate(filled, spent() - start)
}

fn main() {
    let secrets: Vec<_> = (0..ACCOUNTS).map(secret).collect();
    let sign = |instruction: Instruction| {
        let key = &secrets[instruction.index.get() as usize];
        instruction.sign(&GENESIS, key)
    };
    let stream: Vec<SignedInstruction> = stream().into_iter().map(sign).collect();
    let some = &stream[..stream.len() / 10];
    let verified = verified(&stream);
    println!("engine_orders_per_second {:.0}", unsigned(1, &verified));
    println!("with_margin {:.0}", unsigned(16, &verified));
    if std::env::args().any(|argument| argument == "matching") {
        return;
    }
    println!("signed {:.0}", signed(Backend::detect(), &stream));
    println!("signed_portable {:.0}", signed(Backend::Portable, some));
    println!("signed_pure {:.0}", signed(Backend::Pure, some));
    println!("signed_one_by_one {:.0}", one_by_one(some));
}
