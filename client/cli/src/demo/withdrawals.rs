//! The traders of the tape take money out.

use crate::{demo::error::DemoError, replay::ReplayMarket};
use cloister_client::{
    chain::Chain,
    trader::{now, owner_of},
};
use cloister_client_core::{amount::show_money, trader::Trader};

/// Id of the withdrawals: above those of the tape, and within the window that a fresh account allows (B-ALIVE).
const WITHDRAWAL_ID: u64 = 1 << 31;
/// How long a withdrawal is good, in milliseconds.
const WITHDRAWAL_LIFE: u64 = 3_600_000;
/// What an account can withdraw is divided by this; it withdraws the quotient.
const WITHDRAW_DIVISOR: u128 = 2;

/// Withdrawals that the sequencer took.
#[derive(Clone, Debug, Default)]
pub struct Withdrawals {
    /// Amounts, 10^-6.
    pub amounts: Vec<u64>,
    /// What the owners had before, all together, 10^-6.
    before: u128,
}

impl Withdrawals {
    /// Every account withdraws half of what it can.
    ///
    /// # Errors
    /// [`DemoError`].
    pub async fn ask(market: &mut ReplayMarket, traders: &[Trader]) -> Result<Self, DemoError> {
        let before = balances(&market.chain, traders).await?;
        let sign = market.progress.wait("sending withdrawals");
        let mut amounts = Vec::new();
        for trader in traders {
            let account = market.sequencer.account(trader).await?;
            let amount = u64::try_from(account.available.get() / WITHDRAW_DIVISOR).unwrap_or(u64::MAX);
            if amount == 0 {
                continue;
            }
            // Ids of the replay count from 1; this one is above all of them.
            let signed = trader.withdrawal(WITHDRAWAL_ID, amount, now().saturating_add(WITHDRAWAL_LIFE));
            market.submit(&signed, &sign).await?;
            amounts.push(amount);
        }
        drop(sign);
        let asked = Self { amounts, before };
        market.progress.say(format!(
            "{} accounts withdraw {} in all",
            asked.amounts.len(),
            show_money(i128::try_from(asked.sum()).unwrap_or(i128::MAX))
        ));
        Ok(asked)
    }

    /// All together, 10^-6.
    pub fn sum(&self) -> u128 {
        self.amounts.iter().map(|amount| u128::from(*amount)).sum()
    }

    /// What the owners have got since, 10^-6.
    ///
    /// # Errors
    /// [`DemoError::Chain`].
    pub async fn paid(&self, chain: &Chain, traders: &[Trader]) -> Result<u128, DemoError> {
        Ok(balances(chain, traders).await?.saturating_sub(self.before))
    }
}

/// What the owners of accounts have of the settlement asset, all together.
async fn balances(chain: &Chain, traders: &[Trader]) -> Result<u128, DemoError> {
    let mut sum = 0u128;
    for trader in traders {
        let asset = chain.group_state(trader.group, None).await?.asset;
        let balance = chain.asset_balance(asset, &owner_of(&trader.keys), None).await?;
        sum = sum.saturating_add(balance);
    }
    Ok(sum)
}
