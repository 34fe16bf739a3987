//! Our engine with everything that it checks: accounts, ids, slots, fees, position limits, and margin before every
//! order and every fill. Signatures are checked before the clock starts, as a sequencer checks them outside of the
//! engine.

use crate::{
    error::BenchError,
    messages::{Message, Recording},
    ours,
    outcome::Lots,
    subject::Subject,
};
use cloister_engine::{Accepted, Checker, Engine, TraderInput, Verified};
use cloister_engine_testing::{config, market, order, other, row, secret, table, BTC, GENESIS, NOW};
use cloister_ledger::{Instruction, InstructionKind, Side};
use cloister_types::{AccountIndex, Amount, InstructionId, InstrumentId, Lots as Count};
use std::collections::HashMap;

/// Whose orders take.
const TAKER: u32 = 0;
/// Whose orders rest, in turns.
const MAKERS: u32 = 100;
/// Slots of an account (S-SLOT).
const SLOTS: u64 = 512;
/// Orders that trade at once, and may rest then, have an account each: they must not meet one of their own account.
const BOTH: u32 = 5_000;
const DEPOSIT: u64 = 1 << 60;
/// About the price of the recording, of which all prices are within a tenth.
const MARK: u64 = 2_233_000;

/// Our engine.
#[derive(Debug)]
pub struct OurEngine {
    engine: Engine,
}

fn fresh() -> Result<Engine, BenchError> {
    let mut table = table(1);
    table.rows[0] = row(BTC, MARK, 0);
    table.rows[0].limit = Count(1 << 39);
    let mut engine = Engine::new(config(), table)?;
    // Nothing that is measured depends on whose key it is.
    let key = secret(TAKER).public();
    for account in 0..=MAKERS + BOTH {
        let index = AccountIndex(account);
        engine.open(index, key, u64::from(account).into(), Amount(DEPOSIT))?;
    }
    Ok(engine)
}

/// Gives orders accounts and ids.
#[derive(Debug, Default)]
struct Writer {
    /// Orders as they were signed last, by the ids of the recording.
    orders: HashMap<u64, Instruction>,
    resting: u64,
    crossing: u32,
    taking: u64,
}

impl Writer {
    fn limit_order(&mut self, side: Side, price: u64, lots: u64, crosses: bool) -> Result<Instruction, BenchError> {
        if crosses {
            self.crossing += 1;
            if self.crossing > BOTH {
                return Err(BenchError::TooMany(BOTH.into()));
            }
            return Ok(order(MAKERS + self.crossing, 1, side, lots, price));
        }
        let (turn, account) = (self.resting / u64::from(MAKERS), self.resting % u64::from(MAKERS));
        if turn >= SLOTS {
            return Err(BenchError::TooMany(SLOTS * u64::from(MAKERS)));
        }
        self.resting += 1;
        Ok(order(1 + account as u32, turn, side, lots, price))
    }

    /// What a trader signs for a message, and the id that it replaces.
    fn write(&mut self, message: &Message) -> Result<(Instruction, Option<InstructionId>), BenchError> {
        Ok(match *message {
            Message::Order {
                id,
                side,
                price,
                lots,
                crosses,
            } => {
                let order = self.limit_order(side, price, lots, crosses)?;
                self.orders.insert(id, order.clone());
                (order, None)
            }
            Message::Reduce { id, left } => {
                let order = self.orders.get_mut(&id).ok_or(BenchError::NotThere(id))?;
                let replaces = order.id;
                order.id = InstructionId(replaces.get() + SLOTS);
                order.quantity = left;
                (order.clone(), Some(replaces))
            }
            Message::Cancel { id } => {
                let order = self.orders.remove(&id).ok_or(BenchError::NotThere(id))?;
                let (account, id) = (order.index.get(), order.id.get());
                (other(InstructionKind::Cancel, account, id, 0), None)
            }
            Message::Take { side, price, lots } => {
                self.taking += 1;
                (market(order(TAKER, self.taking, side, lots, price)), None)
            }
        })
    }
}

impl Subject for OurEngine {
    const NAME: &'static str = "our engine";
    type Prepared = Vec<Verified>;

    fn prepare(recording: &Recording) -> Result<Self::Prepared, BenchError> {
        let (engine, mut writer, mut checker) = (fresh()?, Writer::default(), Checker::new(GENESIS));
        let secret = secret(TAKER);
        let mut claims = Vec::with_capacity(recording.messages.len());
        for (number, message) in recording.messages.iter().enumerate() {
            let (instruction, replaces) = writer.write(message)?;
            let signed = instruction.sign(&GENESIS, &secret);
            let input = match replaces {
                None => TraderInput::Instruction(signed),
                Some(replaces) => TraderInput::Amend { replaces, signed },
            };
            let refused = |rejection| BenchError::Refused {
                number,
                rejection: Box::new(rejection),
            };
            claims.push(engine.claim(input).map_err(refused)?);
        }
        let checked = checker.check_many(claims).into_iter().enumerate();
        checked
            .map(|(number, result)| {
                result.map_err(|rejection| BenchError::Refused {
                    number,
                    rejection: Box::new(rejection),
                })
            })
            .collect()
    }

    fn new() -> Result<Self, BenchError> {
        Ok(Self { engine: fresh()? })
    }

    fn run(&mut self, messages: Vec<Verified>) -> Result<u64, BenchError> {
        let mut traded = 0;
        for (number, message) in messages.into_iter().enumerate() {
            match self.engine.take_verified(NOW, message).1 {
                Ok(Accepted { order: Some(order), .. }) => traded += order.filled.get(),
                Ok(_) => {}
                Err(rejection) => {
                    return Err(BenchError::Refused {
                        number,
                        rejection: Box::new(rejection),
                    })
                }
            }
        }
        Ok(traded)
    }

    fn book(&self) -> Result<Lots, BenchError> {
        Ok(self.engine.book(InstrumentId(BTC)).map(ours::lots).unwrap_or_default())
    }
}
