//! Who plays the scenes, besides the traders of the tape.

use crate::{
    demo::error::DemoError,
    replay::{OpenedAccounts, ReplayMarket},
};
use cloister_client_core::trader::Trader;
use std::time::Duration;

/// First deposits, 10^-6: of the maker, the bold trader, the careful trader and the leaver. They are odd, so that a log
/// that told one would be found.
pub const DEPOSITS: [u64; 4] = [20_043_217_891, 2_017_345_679, 2_029_456_781, 1_038_567_893];
/// What the leaver asks the chain for, 10^-6.
pub const FORCED: u64 = 401_234_567;

/// Four people with an account each.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Makes the market.
    pub mara: Trader,
    /// Buys as much as her margin allows.
    pub lena: Trader,
    /// Buys less, and protects it with a stop.
    pub stella: Trader,
    /// Does not trade. He wants his money from the chain itself.
    pub frank: Trader,
    /// How long the proof of each seal took.
    pub sealing: Vec<Duration>,
}

impl Cast {
    /// Has their owners funded and their accounts queued for opening.
    ///
    /// # Errors
    /// [`DemoError`].
    pub async fn open(market: &ReplayMarket) -> Result<Self, DemoError> {
        let OpenedAccounts { traders, sealing, .. } = market.open_accounts("//Cast//", &DEPOSITS).await?;
        let [mara, lena, stella, frank] = <[Trader; DEPOSITS.len()]>::try_from(traders).map_err(|_| DemoError::Cast)?;
        Ok(Self {
            mara,
            lena,
            stella,
            frank,
            sealing,
        })
    }

    /// All of them.
    pub fn traders(&self) -> [&Trader; 4] {
        [&self.mara, &self.lena, &self.stella, &self.frank]
    }
}
