//! Places with instructions, at or about the bounds of their rules.

use cloister_ledger::{
    instruction::flags,
    slot::{slot_number, Slot},
    Fill, Instruction, InstructionKind, OrderTree, PlaceWitness, Side, UnitWitness,
};
use cloister_ledger_testing::{Random, GENESIS};
use cloister_types::{Deficit, InstructionId, Lots, Position, Price, Total};

use crate::market::{near, Market};

/// How much of an order's id is filled already.
fn filled_before(orders: &OrderTree, id: u64) -> u64 {
    let slot = Slot::from_field(&orders.leaf(slot_number(InstructionId(id)).into())).unwrap_or_default();
    if slot.id == InstructionId(id) {
        slot.filled.get()
    } else {
        0
    }
}

impl Market {
    /// The places of a unit in mode normal: some empty, mostly one with an instruction or more.
    pub(super) fn signed_places(&mut self, random: &mut Random, unit: &UnitWitness) -> Vec<PlaceWitness> {
        let mut orders = self.account(unit.index.get()).orders.clone();
        let count = unit.places.len();
        let mut places = unit.places.clone();
        for (number, place) in places.iter_mut().enumerate() {
            if random.once_in(if count == 1 { 20 } else { 3 }) {
                continue;
            }
            let last = number + 1 == count;
            let (instruction, fill) = match random.below(10) {
                0..=6 => self.filled(random, unit.index.get(), &orders),
                7 | 8 if last || random.once_in(4) => self.payment(random, unit),
                _ => {
                    let kind = [InstructionKind::Cancel, InstructionKind::CancelAll][random.below(2) as usize];
                    (self.instruction(random, unit.index.get(), kind), Fill::default())
                }
            };
            *place = self.place(random, &mut orders, instruction, fill);
        }
        places
    }

    /// An instruction with an id that is fresh, used, or too old.
    fn instruction(&mut self, random: &mut Random, index: u32, kind: InstructionKind) -> Instruction {
        let mut instruction = self.world.order(index as usize, 0, Side::Buy, 0, 0);
        instruction.kind = kind;
        let fresh = instruction.id;
        instruction.id = match random.below(12) {
            0 => InstructionId(random.below(fresh.get())),
            1 => self
                .account(index)
                .account
                .min_id
                .saturating_sub(InstructionId(random.below(2))),
            2 => {
                let bits = [20, 24, 40][random.below(3) as usize];
                InstructionId(fresh.get() + 512 * random.below(1 << bits))
            }
            // About the highest that may be signed.
            4 => {
                let away = [0, 1, 512][random.below(3) as usize];
                let highest = self.account(index).account.min_id.get() + ((1 << 32) - 1);
                InstructionId(highest + random.below(2) - away)
            }
            3 => InstructionId(random.word()),
            _ => fresh,
        };
        instruction.expiry = match random.below(20) {
            0 => self.context.time,
            1 => self.context.time - 1,
            _ => instruction.expiry,
        };
        instruction
    }

    /// Signs an instruction and opens its slot, which `orders` then holds as used.
    fn place(
        &self,
        random: &mut Random,
        orders: &mut OrderTree,
        mut instruction: Instruction,
        fill: Fill,
    ) -> PlaceWitness {
        let index = instruction.index;
        // At times the owner signed it for another account.
        instruction.index.0 ^= u32::from(random.once_in(60));
        let id = instruction.id;
        let slot = u32::from(slot_number(id));
        let place = PlaceWitness {
            signed: instruction.sign(&GENESIS, &self.world.traders[index.get() as usize].secret),
            fill,
            path: orders.path(slot),
        };
        let filled = match place.signed.instruction.kind {
            InstructionKind::Order => filled_before(orders, id.get()).saturating_add(fill.quantity.get()),
            _ => cloister_crypto::constants::FILLED_MAX,
        };
        orders.set(
            slot,
            Slot {
                id,
                filled: Lots(filled),
            }
            .to_field(),
        );
        place
    }

    /// An order with a fill at or about a bound of some rule.
    fn filled(&mut self, random: &mut Random, index: u32, orders: &OrderTree) -> (Instruction, Fill) {
        let mut order = self.instruction(random, index, InstructionKind::Order);
        let reduces = random.once_in(2).then(|| self.short_of_initial(index)).flatten();
        let number = match random.below(5) {
            _ if reduces.is_some() => reduces.map_or(0, |(row, _)| row),
            // Close-only, expired and empty rows too.
            0 => random.below(self.rows() + 1).min(31) as usize,
            _ => random.below(self.world.live as u64) as usize,
        };
        let row = self.context.table.rows[number].clone();
        order.instrument_id = row.instrument_id;
        order.side = if random.once_in(2) { Side::Buy } else { Side::Sell };
        if let Some((_, held)) = reduces {
            order.side = if held > Position::ZERO { Side::Sell } else { Side::Buy };
        }
        order.flags = match random.below(8) {
            0 | 1 => flags::REDUCE_ONLY,
            2 => random.below(16) as u8,
            3 => random.word() as u8,
            _ => 0,
        };
        order.trigger = match order.flags & flags::DIRECTIONS {
            0 if random.once_in(60) => Price(1),
            0 => Price::ZERO,
            _ => self.trigger(random, number),
        };
        if random.once_in(4) {
            let flag = [flags::TRIGGER_ABOVE, flags::TRIGGER_BELOW][random.below(2) as usize];
            order.flags = order.flags & !flags::DIRECTIONS | flag;
            order.trigger = self.trigger(random, number);
        }
        let held = i128::from(self.account(index).account.positions[number].size().get());
        let quantity = match random.below(6) {
            _ if reduces.is_some() => i128::from(1 + random.below(held.clamp(1, 20) as u64)),
            0 => near(
                random,
                &[
                    held,
                    held + i128::from(row.limit.get()),
                    i128::from(row.limit.get()) - held,
                ],
            ),
            1 => i128::from(random.below(2_000)),
            2 => near(random, &[0, 1, 1 << 40]),
            _ => i128::from(1 + random.below(20)),
        };
        let quantity = quantity.clamp(0, 1 << 40);
        // What an account below initial margin may just concede for a lot that nothing hedges, or else any price.
        let freed = row.lone_lot(order.side == Side::Sell).get() * i128::from(self.context.table.header.maintenance);
        let price = match random.below(4) {
            n if n == 0 || reduces.is_some() => {
                i128::from(row.mark.get()) + i128::from(order.side.sign()) * near(random, &[freed / 1_024, freed / 900])
            }
            _ => self.price(random, number),
        };
        let generous = price + i128::from(order.side.sign()) * 5_000;
        let limit = near(random, &[price, generous, generous, generous]);
        order.limit = limit.clamp(0, u64::MAX.into()) as u64;
        let cost = match random.below(10) {
            0 => near(random, &[quantity * i128::from(order.limit)]),
            1 => {
                let (mark, band) = (i128::from(row.mark.get()), i128::from(row.band.get()));
                near(random, &[quantity * (mark + band), quantity * (mark - band)])
            }
            _ => quantity * price + i128::from(random.below(2)) * (quantity / 3),
        };
        let cost = cost.clamp(0, (1 << 80) - 1);
        order.max_fee = if random.once_in(4) {
            Price(random.below(10_000))
        } else {
            Price(100_000)
        };
        let maximum = quantity * i128::from(order.max_fee.get());
        let cap = cost * i128::from(self.context.table.header.fee_cap) / 1_000_000;
        let fee = match random.below(4) {
            0 => near(random, &[maximum, cap, maximum.min(cap)]),
            1 => maximum.min(cap),
            _ => 0,
        };
        let filled = i128::from(filled_before(orders, order.id.get()));
        let signed = match random.below(6) {
            0 => near(random, &[filled + quantity]),
            _ => filled + quantity + i128::from(random.below(5)),
        };
        order.quantity = signed.clamp(0, (1 << 40) - 1) as u64;
        let fill = Fill {
            row: if random.once_in(30) {
                random.below(32) as u8
            } else {
                number as u8
            },
            quantity: Lots(quantity as u64),
            cost: Total(cost as u128),
            fee: Total(fee.max(0) as u128),
            ..Fill::default()
        };
        (order, fill)
    }

    /// A live row in which an account that is short of initial margin holds lots, if it is, and the lots.
    fn short_of_initial(&self, index: u32) -> Option<(usize, Position)> {
        let ratio = self.context.table.header.initial;
        let (_, worst) = self.world.assess(index as usize).worst(ratio).expect("in range");
        let positions = &self.account(index).account.positions;
        let mut held = self.context.table.rows.iter().zip(positions).enumerate();
        let found = held.find(|(_, (row, q))| row.is_live() && !q.is_zero());
        found.filter(|_| worst > Deficit::ZERO).map(|(row, (_, q))| (row, *q))
    }

    /// A trigger at the mark, about it, or at an end of the width.
    fn trigger(&self, random: &mut Random, row: usize) -> Price {
        let mark = i128::from(self.context.table.rows[row].mark.get());
        let away = i128::from(random.below(10_000_000));
        let price = near(random, &[mark, mark, mark + away, mark - away, 0, u64::MAX.into()]);
        Price(price.clamp(0, u64::MAX.into()) as u64)
    }

    /// A price within the band or about its ends.
    pub(super) fn price(&self, random: &mut Random, row: usize) -> i128 {
        let row = &self.context.table.rows[row];
        let (mark, band) = (i128::from(row.mark.get()), i128::from(row.band.get()));
        match random.below(8) {
            0 => near(random, &[mark - band, mark + band]),
            _ => mark + i128::from(random.below(4_000_000)) - 2_000_000,
        }
    }

    /// A withdrawal or a transfer of about as much as some rule allows.
    fn payment(&mut self, random: &mut Random, unit: &UnitWitness) -> (Instruction, Fill) {
        let kind = [InstructionKind::Withdrawal, InstructionKind::Transfer][random.below(2) as usize];
        let mut instruction = self.instruction(random, unit.index.get(), kind);
        instruction.limit = self.amount(random, unit);
        if kind == InstructionKind::Transfer {
            let bits = [3, 24, 40][random.below(3) as usize];
            instruction.quantity = random.below(1 << bits);
        }
        (instruction, Fill::default())
    }
}
