//! The kinds of batches.

/// What the first units of a batch are about. The others are of rich accounts, of every mode that suits those.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// No positions at all, in a table of few rows.
    Empty,
    /// Trades of accounts with positions and used slots.
    Traded,
    /// A position in each of the 32 rows of a full table, long and short.
    Full,
    /// Short of initial margin: only what reduces is accepted.
    Short,
    /// Short of maintenance margin: steps of a liquidation, to a trader or to the house.
    Liquidated,
    /// Expired rows, long and short, in solvent accounts and others.
    Settled,
    /// Accounts that owe money pass to the house.
    TakenOver,
    /// An account that owes money sheds lots to another at the mark.
    Deleveraged,
    /// Forced withdrawals: nothing, all that was requested, or what margin leaves.
    Forced,
    /// Transfers, one after the other.
    Sent,
    /// New keys.
    Rekeyed,
    /// The house gets rid of positions, or just keeps them while it is short of margin.
    Unloaded,
    /// The owners allow transfers, or no longer, or close their accounts, empty or not.
    Switched,
    /// The feed of a row is dead: its lots are reduced by orders, those of another row by liquidations.
    Stale,
    /// Left to chance, in a market that has seen some batches.
    Roamed,
}

pub const SCENES: [Scene; 15] = [
    Scene::Liquidated,
    Scene::Traded,
    Scene::Forced,
    Scene::Full,
    Scene::Settled,
    Scene::Short,
    Scene::TakenOver,
    Scene::Unloaded,
    Scene::Sent,
    Scene::Rekeyed,
    Scene::Switched,
    Scene::Stale,
    Scene::Roamed,
    Scene::Empty,
    Scene::Deleveraged,
];

/// The scene of a seed: seeds go round.
pub fn scene(seed: u64) -> Scene {
    SCENES[(seed % SCENES.len() as u64) as usize]
}

/// How often seeds have gone round before this one.
pub fn turn(seed: u64) -> u64 {
    seed / SCENES.len() as u64
}
