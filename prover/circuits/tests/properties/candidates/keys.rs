//! Opens and re-keys.

use cloister_crypto::schnorr::SecretKey;
use cloister_ledger::{Account, Key, Mode, UnitWitness};
use cloister_ledger_testing::Random;
use cloister_types::{Amount, InstructionId, Money, Position};

use cloister_circuits::Fr;

use crate::market::{Market, TRADERS};

/// A key with its half, mostly good.
fn key(random: &mut Random) -> (Key, Key) {
    let public = SecretKey::from_seed(&random.bytes()).public();
    let (x, y) = public.preimage();
    let (good, half) = (Key::from(&public), Key { x, y });
    let (zero, one) = (Fr::zero(), Fr::one());
    match random.below(24) {
        0 => (good, good),
        1 => (good, Key { x: -x, y }),
        2 => (
            Key {
                x: good.x + one,
                ..good
            },
            half,
        ),
        3 => (good, Key { y: y + one, ..half }),
        // The point of order two clears to the identity.
        4 => (Key { x: zero, y: one }, Key { x: zero, y: -one }),
        5 => (Key { x: zero, y: -one }, Key { x: zero, y: -one }),
        6 => (Key { x: zero, y: one }, half),
        _ => (good, half),
    }
}

impl Market {
    /// An open of the next index.
    pub(super) fn open(&self, random: &mut Random, places: usize) -> UnitWitness {
        let (key, preimage) = key(random);
        let mut before = Account::fresh(key, random.field());
        match random.below(12) {
            0 => before.cash = Money(1),
            1 => before.positions[random.below(32) as usize] = Position(-1),
            2 => before.min_id = InstructionId(1),
            3 => before.nonce = 1,
            4 => before.orders_root = random.field(),
            5 => before.switches.transfers = true,
            _ => (),
        }
        // At times of an index that is taken.
        let taken = u32::from(random.once_in(16));
        let mut unit = UnitWitness {
            mode: Mode::Open,
            deposit: Amount(random.word() >> 20),
            preimage,
            ..self.idle(TRADERS as u32 - taken, before, places)
        };
        if random.once_in(8) {
            unit.incoming = Amount(random.word() >> 30);
        }
        if random.once_in(24) {
            unit.new_view_key = random.field();
        }
        unit
    }

    /// New keys for an account.
    pub(super) fn rekey(&self, random: &mut Random, unit: &mut UnitWitness) {
        (unit.new_key, unit.preimage) = key(random);
        unit.new_view_key = random.field();
        if random.once_in(8) {
            // The same key again.
            let public = self.world.traders[unit.index.get() as usize].secret.public();
            let (x, y) = public.preimage();
            (unit.new_key, unit.preimage) = (Key::from(&public), Key { x, y });
        }
    }
}
