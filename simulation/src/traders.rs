//! Who trades: roles, money, leverage, times of arrival, keys.

use crate::prices::{DOLLAR, MINUTES};
use cloister_crypto::{schnorr::SecretKey, Fr};
use cloister_ledger::Key;
use cloister_ledger_testing::Random;
use cloister_liquidator::ONE_TIMES;

/// What a trader is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The operator's two accounts, whose first trades with each other pay the insurance's seed.
    Sponsor,
    /// Takes the other side at the mark up to a leverage, and of liquidations at a discount up to a higher one.
    Maker,
    /// Holds the perpetual or the future long at a leverage.
    Long,
    /// The same, short.
    Short,
    /// Short perpetual against as much of the future.
    Hedger,
}

/// A trader and the keys it holds.
#[derive(Clone, Debug)]
pub struct Trader {
    /// Role.
    pub role: Role,
    /// First deposit, 10^-6.
    pub deposit: u64,
    /// Leverage it aims at, hundredths.
    pub leverage: u64,
    /// Row it prefers.
    pub row: usize,
    /// Adds money when its margin gets thin.
    pub careful: bool,
    /// Minute in which it opens its account; the first ones are there before the first minute.
    pub arrives: Option<usize>,
    /// Trading key.
    pub secret: SecretKey,
    /// View key.
    pub view_key: Fr,
    /// Next instruction id.
    pub next_id: u64,
}

/// A new pair of keys, with the point that shows the trading key to be of prime order.
pub fn keys(random: &mut Random) -> (SecretKey, Fr) {
    (SecretKey::from_seed(&random.bytes()), random.field())
}

/// Public form of a trading key and its preimage.
pub fn public(secret: &SecretKey) -> (Key, Key) {
    let public = secret.public();
    let (x, y) = public.preimage();
    (Key::from(&public), Key { x, y })
}

/// What of a population each role gets, in hundredths; the rest are hedgers.
const SHARES: [(Role, usize); 3] = [(Role::Maker, 6), (Role::Long, 54), (Role::Short, 32)];
/// Of this many traders, one arrives only during the days.
const LATE: u64 = 4;

/// Two sponsors and `count` traders, in order of arrival. `max_leverage` is what initial margin allows, hundredths;
/// `maker` a maker's smallest deposit, 10^-6.
pub fn population(count: usize, max_leverage: u64, maker: u64, random: &mut Random) -> Vec<Trader> {
    let mut out = Vec::with_capacity(count + 2);
    for _ in 0..2 {
        out.push(trader(Role::Sponsor, max_leverage, maker, random));
    }
    let mut bounds = Vec::new();
    let mut upto = 0;
    for (role, share) in SHARES {
        upto += (count * share).div_ceil(100);
        bounds.push((upto, role));
    }
    for i in 0..count {
        let role = bounds.iter().find(|(upto, _)| i < *upto).map_or(Role::Hedger, |b| b.1);
        out.push(trader(role, max_leverage, maker, random));
    }
    // Stable: those who were there first keep their order.
    out.sort_by_key(|t| t.arrives);
    out
}

fn trader(role: Role, max_leverage: u64, maker: u64, random: &mut Random) -> Trader {
    let (secret, view_key) = keys(random);
    // Money over two and a half powers of ten, evenly in its logarithm but for the steps between powers of two.
    let power = random.below(8);
    let money = (5_000 << power) + random.below(5_000 << power);
    let deposit = match role {
        Role::Sponsor => 20_000_000 * DOLLAR,
        Role::Maker => maker + random.below(maker),
        Role::Long | Role::Short => money * DOLLAR,
        Role::Hedger => money * DOLLAR / 4,
    };
    let highest = max_leverage * 98 / 100;
    let leverage = match role {
        Role::Sponsor | Role::Maker => ONE_TIMES,
        Role::Long | Role::Short => random.between(ONE_TIMES, highest),
        Role::Hedger => random.between(20 * ONE_TIMES, 132 * ONE_TIMES),
    };
    let late = matches!(role, Role::Long | Role::Short) && random.once_in(LATE);
    Trader {
        role,
        deposit,
        leverage,
        row: usize::from(random.once_in(4)),
        careful: random.once_in(6),
        arrives: late.then(|| random.below(MINUTES as u64 * 9 / 10) as usize),
        secret,
        view_key,
        next_id: 1,
    }
}
