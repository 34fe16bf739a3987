//! A small market for tests: two instruments, a few traders, short ways to sign.
//!
//! For the tests of the engine and of whatever feeds on it. Panics are fine here: no product depends on this crate
//! (docs/decisions/0014).
//!
//! ```
//! use cloister_engine_testing::{buy, engine, prints, sell, submit, MARK};
//!
//! let mut engine = engine(2, 1_000_000_000);
//! submit(&mut engine, sell(0, 1, 5, MARK)).expect("rests");
//! let accepted = submit(&mut engine, buy(1, 1, 3, MARK)).expect("fills");
//! assert_eq!(prints(&accepted), [(0, MARK, 3)]);
//! ```

pub mod quiet;

use cloister_crypto::{schnorr::SecretKey, Fr};
use cloister_engine::{Accepted, Effect, Engine, EngineConfig, FeeRates, Fill, OrderKey, Rejection, Removal, Rules};
use cloister_ledger::{
    instruction::flags, Control, ControlAction, Instruction, InstructionKind, Side, SignedControl, SignedInstruction,
    Trigger,
};
use cloister_risk::{linear_scenarios, Header, LinearScan, RiskTable, Row, Status};
use cloister_types::{AccountIndex, Amount, GroupId, InstructionId, InstrumentId, Lots, PerLot, Price};

/// Genesis hash of the chain.
pub const GENESIS: [u8; 32] = [7; 32];
/// Margin group.
pub const GROUP: u32 = 1;
/// Instrument in row 0.
pub const BTC: u32 = 11;
/// Instrument in row 3.
pub const ETH: u32 = 12;
/// One unit of the settlement asset.
pub const ONE: u64 = 1_000_000;
/// Mark of a lot of [`BTC`].
pub const MARK: u64 = 100 * ONE;
/// Time of the table and of everything submitted.
pub const NOW: u64 = 1_000_000;
/// When instructions expire.
pub const LATER: u64 = NOW + 60_000;
/// The engine's fees.
pub const FEES: FeeRates = FeeRates { maker: 100, taker: 500 };
/// Highest fee that instructions allow.
pub const MAX_FEE: u64 = 100_000;

/// A row that trades, with a scan range of 10 % and floors of 1 and 2 %.
pub fn row(instrument_id: u32, mark: u64, funding: i64) -> Row {
    let mark = mark as i64;
    let scan = LinearScan {
        range: 100_000,
        extreme_multiple: 3_000_000,
        extreme_cover: 350_000,
    };
    Row {
        instrument_id: InstrumentId(instrument_id),
        status: Status::Trading,
        limit: Lots(1_000),
        chunk: Lots(100),
        band: Price(mark as u64 / 10),
        funding: PerLot(funding),
        value: PerLot(mark - funding),
        mark: PerLot(mark),
        floor_long: Price(mark as u64 / 100),
        floor_short: Price(mark as u64 / 50),
        scenarios: linear_scenarios(PerLot(mark), &scan).unwrap(),
        stale: false,
    }
}

/// The risk table: [`BTC`] at 100 in row 0, [`ETH`] at 10 in row 3.
pub fn table(version: u64) -> RiskTable {
    let header = Header {
        group: GroupId(GROUP),
        version,
        time: NOW,
        initial: 384,
        maintenance: 256,
        penalty: 0,
        max_discount: 8,
        fee_cap: 1_000,
    };
    let mut table = RiskTable {
        header,
        rows: Default::default(),
    };
    table.rows[0] = row(BTC, MARK, 3 * ONE as i64);
    table.rows[3] = row(ETH, 10 * ONE, -(ONE as i64));
    table
}

/// Trading key of an account.
pub fn secret(account: u32) -> SecretKey {
    let mut seed = [0u8; 32];
    seed[..4].copy_from_slice(&account.to_le_bytes());
    SecretKey::from_seed(&seed)
}

/// Configuration of the engine.
pub fn config() -> EngineConfig {
    EngineConfig {
        genesis: GENESIS,
        group: GroupId(GROUP),
        fees: FEES,
        settlement_slack: 0,
        rules: Rules::default(),
    }
}

/// An engine in which the accounts below `accounts` are open with the same deposit.
pub fn engine(accounts: u32, deposit: u64) -> Engine {
    let mut engine = Engine::new(config(), table(1)).unwrap();
    for account in 0..accounts {
        engine
            .open(
                AccountIndex(account),
                secret(account).public(),
                Fr::from(u64::from(account) + 1),
                Amount(deposit),
            )
            .unwrap();
    }
    engine
}

/// A limit order in [`BTC`].
pub fn order(account: u32, id: u64, side: Side, quantity: u64, limit: u64) -> Instruction {
    Instruction {
        kind: InstructionKind::Order,
        group: GroupId(GROUP),
        index: AccountIndex(account),
        id: InstructionId(id),
        instrument_id: InstrumentId(BTC),
        side,
        flags: 0,
        trigger: Price::ZERO,
        limit,
        quantity,
        expiry: LATER,
        max_fee: Price(MAX_FEE),
    }
}

/// A limit order to buy.
pub fn buy(account: u32, id: u64, quantity: u64, limit: u64) -> Instruction {
    order(account, id, Side::Buy, quantity, limit)
}

/// A limit order to sell.
pub fn sell(account: u32, id: u64, quantity: u64, limit: u64) -> Instruction {
    order(account, id, Side::Sell, quantity, limit)
}

/// The instruction with other flags.
pub fn with_flags(instruction: Instruction, flags: u8) -> Instruction {
    Instruction { flags, ..instruction }
}

/// The order as one that fills at once or not at all.
pub fn market(instruction: Instruction) -> Instruction {
    with_flags(instruction, flags::IMMEDIATE_OR_CANCEL)
}

/// The order as one that waits for a mark at the price or above.
pub fn above(order: Instruction, mark: u64) -> Instruction {
    order.waiting_for(Some(Trigger::AtOrAbove(Price(mark))))
}

/// The order as one that waits for a mark at the price or below.
pub fn below(order: Instruction, mark: u64) -> Instruction {
    order.waiting_for(Some(Trigger::AtOrBelow(Price(mark))))
}

/// The risk table with another mark of [`BTC`].
pub fn table_at(version: u64, mark: u64) -> RiskTable {
    let mut table = table(version);
    table.rows[0] = row(BTC, mark, 3 * ONE as i64);
    table
}

/// A signed control that is good as long as instructions are.
pub fn control(account: u32, number: u64, action: ControlAction) -> SignedControl {
    let control = Control {
        group: GroupId(GROUP),
        index: AccountIndex(account),
        number,
        expiry: LATER,
        action,
    };
    control.sign(&GENESIS, &secret(account))
}

/// An instruction that is no order.
pub fn other(kind: InstructionKind, account: u32, id: u64, amount: u64) -> Instruction {
    Instruction {
        kind,
        group: GroupId(GROUP),
        index: AccountIndex(account),
        id: InstructionId(id),
        limit: amount,
        expiry: LATER,
        ..Instruction::default()
    }
}

/// Signs with the key of the instruction's account.
pub fn sign(instruction: Instruction) -> SignedInstruction {
    let key = secret(instruction.index.get());
    instruction.sign(&GENESIS, &key)
}

/// Signs and submits.
///
/// # Errors
/// As [`Engine::submit`].
pub fn submit(engine: &mut Engine, instruction: Instruction) -> Result<Accepted, Rejection> {
    engine.submit(NOW, sign(instruction))
}

/// Signs an order and lets it take the place of another one.
///
/// # Errors
/// As [`Engine::amend`].
pub fn amend(engine: &mut Engine, replaces: u64, order: Instruction) -> Result<Accepted, Rejection> {
    engine.amend(NOW, InstructionId(replaces), sign(order))
}

/// Orders that left, and why.
pub fn removals(effects: &[Effect]) -> Vec<(u32, u64, Removal)> {
    let removed = |effect: &Effect| match effect {
        Effect::Removed { key, reason, .. } => Some((key.account.get(), key.id.get(), *reason)),
        _ => None,
    };
    effects.iter().filter_map(removed).collect()
}

/// Orders that came to wait, or wait again.
pub fn waits(effects: &[Effect]) -> Vec<(u32, u64)> {
    let waits = |effect: &Effect| match effect {
        Effect::Waits { key } => Some((key.account.get(), key.id.get())),
        _ => None,
    };
    effects.iter().filter_map(waits).collect()
}

/// Orders that fired.
pub fn fired(effects: &[Effect]) -> Vec<(u32, u64)> {
    let fired = |effect: &Effect| match effect {
        Effect::Fired { key } => Some((key.account.get(), key.id.get())),
        _ => None,
    };
    effects.iter().filter_map(fired).collect()
}

/// The fills among the effects.
pub fn fills(accepted: &Accepted) -> Vec<&Fill> {
    accepted
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::Filled(fill) => Some(fill),
            _ => None,
        })
        .collect()
}

/// Maker, price and quantity of every fill.
pub fn prints(accepted: &Accepted) -> Vec<(u32, u64, u64)> {
    fills(accepted)
        .iter()
        .map(|f| (f.maker.key.account.get(), f.price.get(), f.quantity.get()))
        .collect()
}

/// Names an order.
pub fn key(account: u32, id: u64) -> OrderKey {
    OrderKey {
        account: AccountIndex(account),
        id: InstructionId(id),
    }
}

/// Lots of [`BTC`] that an account holds.
pub fn position(engine: &Engine, account: u32) -> i64 {
    engine.account(AccountIndex(account)).unwrap().holdings.positions[0].get()
}

/// Cash of an account.
pub fn cash(engine: &Engine, account: u32) -> i128 {
    engine.account(AccountIndex(account)).unwrap().holdings.cash.get()
}
