//! Quantities of the chain that are not of the protocol: money, time, the settlement asset. The protocol's own
//! widths and bounds are in `cloister_crypto::constants` and nowhere else.

/// Money: the native token pays fees and deposits; the exchange settles in the settlement asset.
pub mod money {
    use crate::{AssetId, Balance};

    /// Decimals of the native token.
    pub const DECIMALS: u8 = 12;
    /// One native token.
    pub const UNIT: Balance = 1_000_000_000_000;
    /// A thousandth of the native token.
    pub const MILLI_UNIT: Balance = UNIT / 1_000;
    /// Smallest balance of the native token that an account may hold.
    pub const EXISTENTIAL_DEPOSIT: Balance = MILLI_UNIT;
    /// Symbol of the native token.
    pub const SYMBOL: &str = "CLO";

    /// The one asset in which accounts hold cash and instruments settle.
    pub const SETTLEMENT_ASSET: AssetId = 1;
    /// Decimals of the settlement asset: the protocol counts in 10^-6.
    pub const SETTLEMENT_DECIMALS: u8 = 6;
    /// One unit of the settlement asset.
    pub const SETTLEMENT_UNIT: Balance = 1_000_000;
    /// Smallest balance of the settlement asset that an account may hold: one cent.
    pub const SETTLEMENT_MINIMUM: Balance = SETTLEMENT_UNIT / 100;
    /// Name of the settlement asset on chains of the presets.
    pub const SETTLEMENT_NAME: &str = "Cloister Dollar";
    /// Symbol of the settlement asset on chains of the presets.
    pub const SETTLEMENT_SYMBOL: &str = "USDX";

    /// Deposit for storage that a call keeps: `items` entries of `bytes` bytes together.
    pub const fn deposit(items: u32, bytes: u32) -> Balance {
        items as Balance * 100 * MILLI_UNIT + bytes as Balance * MILLI_UNIT / 10
    }
}

/// What is public on a development chain, so that anyone can run one and nobody can mistake it for another.
pub mod development {
    /// Seed of the sequencers' sealing key in the development preset (`cloister_crypto::seal::SealKey::from_seed`):
    /// what a sequencer takes when it is given no key, padded with zeros.
    pub const SEAL_SEED: [u8; 32] = *b"//Sequencer\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
}

/// Validators: their number, the length of a session, what an offence costs (C-VALIDATORS).
pub mod validators {
    use super::time::{HOURS, MINUTES};
    use crate::{constants::money, Balance, BlockNumber};

    /// Maximum number of validators that government names.
    pub const MAX_INVULNERABLES: u32 = 50;
    /// Maximum number of candidates with a bond.
    pub const MAX_CANDIDATES: u32 = 50;
    /// Maximum number of validators that may produce and finalise blocks.
    pub const MAX_AUTHORITIES: u32 = MAX_INVULNERABLES + MAX_CANDIDATES;
    /// Blocks of a session.
    pub const SESSION: BlockNumber = HOURS;
    /// The same on a development chain: 20 s.
    pub const DEVELOPMENT_SESSION: BlockNumber = MINUTES;
    /// Blocks after which a candidate that has made none is no candidate any more.
    pub const KICK_THRESHOLD: BlockNumber = 4 * HOURS;
    /// The same on a development chain.
    pub const DEVELOPMENT_KICK_THRESHOLD: BlockNumber = 6 * MINUTES;
    /// Sessions whose keys can be proved to be somebody's, and so for how long an equivocation can be reported: a week
    /// of sessions of an hour.
    pub const KEPT_SESSIONS: u32 = 7 * 24;
    /// Blocks for which an offender is kept out: four weeks.
    pub const BARRED: BlockNumber = 28 * 24 * HOURS;
    /// The same on a development chain.
    pub const DEVELOPMENT_BARRED: BlockNumber = HOURS;
    /// Deposit for the keys of a validator: themselves, and the owner of each.
    pub const KEY_DEPOSIT: Balance = money::deposit(3, 256);
    /// Bond of a candidate on chains of the presets.
    pub const CANDIDACY_BOND: Balance = 10_000 * money::UNIT;
    /// Share of the fee and the tip of a transaction that goes to authors of blocks, percent; the rest is burned.
    pub const AUTHORS_SHARE: u32 = 20;
}

/// Time: milliseconds and blocks.
pub mod time {
    use crate::{BlockNumber, Moment};

    /// Milliseconds of a slot, and so of a block.
    pub const SLOT_MILLISECONDS: Moment = 6_000;
    /// Milliseconds of a slot of a development chain, where one machine is the whole network: a person who tries
    /// a call, and every end-to-end test, waits for a block or two, and 2 s still holds several proof verifications.
    pub const DEVELOPMENT_SLOT_MILLISECONDS: Moment = 2_000;
    /// Blocks of a minute.
    pub const MINUTES: BlockNumber = (60_000 / SLOT_MILLISECONDS) as BlockNumber;
    /// Blocks of an hour.
    pub const HOURS: BlockNumber = 60 * MINUTES;
}
