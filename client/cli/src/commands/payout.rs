//! `cloister withdraw`, `claim`, `pay-claim`: how money comes back to the owner.

use super::{
    error::CommandError,
    kept,
    outcome::Outcome,
    session::{scope_of, Session},
};
use crate::cli::Global;
use cloister_cli::progress::Progress;
use cloister_client::{
    chain::{Chain, ChainError, Until},
    sequencer::SequencerError,
    trader::{self, owner_of},
};
use cloister_client_core::amount::{money, show_money};
use cloister_runtime::AccountId;
use cloister_sequencer_rpc::ErrorCode;
use std::time::{Duration, Instant};

/// How long settling a withdrawal and everything before it may take.
const PATIENCE: Duration = Duration::from_secs(900);
/// Time between two looks at the queue.
const POLL: Duration = Duration::from_secs(2);
/// How long a withdrawal is good, in milliseconds.
const WITHDRAWAL_LIFE: u64 = 3_600_000;

/// What the chain holds back from an owner, 10^-6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct HeldBack {
    /// Payouts that the settlement asset refused.
    refused: u128,
    /// Payouts that wait for a solvency round, in all and whatever was paid of them.
    withheld: u128,
}

impl HeldBack {
    async fn of(chain: &Chain, group: u32, owner: &AccountId) -> Result<Self, ChainError> {
        let withheld = chain.withheld_of(group, owner, None).await?;
        Ok(Self {
            refused: chain.claim_of(group, owner, None).await?,
            withheld: withheld.map_or(0, |claim| claim.gross),
        })
    }
}

/// What became of a withdrawal, 10^-6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Payout {
    paid: u128,
    refused: u128,
    withheld: u128,
}

impl Payout {
    /// Of an amount, by what was held back before and after it was settled.
    fn of(amount: u64, before: HeldBack, after: HeldBack) -> Self {
        let amount = u128::from(amount);
        let refused = after.refused.saturating_sub(before.refused).min(amount);
        let withheld = after.withheld.saturating_sub(before.withheld).min(amount - refused);
        Self {
            paid: amount - refused - withheld,
            refused,
            withheld,
        }
    }

    /// A sentence for each part.
    fn lines(&self, smallest: u128) -> Vec<String> {
        let mut lines = Vec::new();
        if self.paid > 0 {
            lines.push(format!("{} is paid", shown(self.paid)));
        }
        if self.refused > 0 {
            lines.push(format!(
                "{} is held as a claim of the owner: the settlement asset refused the payment, as it does where an account \
                 would hold less than {}, the smallest balance. `cloister claim` takes it once the account can hold it",
                shown(self.refused),
                shown(smallest)
            ));
        }
        if self.withheld > 0 {
            lines.push(format!(
                "{} is withheld until a solvency round shows that it is due; `cloister pay-claim` has it paid then",
                shown(self.withheld)
            ));
        }
        lines
    }

    fn outcome(&self) -> Outcome {
        match self.refused + self.withheld {
            0 => Outcome::Done,
            _ => Outcome::HeldBack,
        }
    }
}

fn shown(amount: u128) -> String {
    show_money(i128::try_from(amount).unwrap_or(i128::MAX))
}

pub async fn withdraw(global: &Global, text: &str, wait: bool) -> Result<Outcome, CommandError> {
    let amount = money(text)?;
    if amount == 0 {
        return Err(CommandError::NothingToPay);
    }
    let (mut session, clock) = Session::with_sequencer(global).await?;
    let owner = owner_of(&session.trader.keys);
    let before = HeldBack::of(&session.chain, global.group, &owner).await?;
    let id = session.take_id().await?;
    let signed = session
        .trader
        .withdrawal(id, amount, clock.now().saturating_add(WITHDRAWAL_LIFE));
    match session.sequencer.submit(&signed).await {
        Ok(accepted) => kept::keep(session.wallet.path(), global.group, &accepted),
        Err(error) => return Err(reworded(error, &session, amount).await),
    }
    say!(
        "withdrawal {id} of {} is accepted; it is paid when its batch is settled",
        show_money(amount.into())
    );
    if !wait {
        return Ok(Outcome::Done);
    }
    let sign = Progress::begin().wait("waiting for the batches before it");
    session
        .sequencer
        .settled(PATIENCE, |backlog| {
            sign.set_message(format!("{} batches to go", backlog.batches));
        })
        .await?;
    drop(sign);
    let after = HeldBack::of(&session.chain, global.group, &owner).await?;
    let payout = Payout::of(amount, before, after);
    let asset = session.chain.group_state(global.group, None).await?.asset;
    let (_, smallest) = session.chain.asset_supply(asset, None).await?;
    for line in payout.lines(smallest) {
        say!("{line}");
    }
    Ok(payout.outcome())
}

/// A refusal in the unit that was typed.
async fn reworded(error: SequencerError, session: &Session, amount: u64) -> CommandError {
    if !error.is(ErrorCode::WithdrawalShort) {
        return error.into();
    }
    match session.sequencer.account(&session.trader).await {
        Ok(account) => CommandError::TooMuch {
            amount: amount.into(),
            available: account.available.get(),
        },
        Err(_) => error.into(),
    }
}

/// Asks the chain, so that no sequencer can refuse it.
pub async fn force_withdrawal(global: &Global, text: &str, wait: bool) -> Result<(), CommandError> {
    let amount = money(text)?;
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    let keys = wallet.keys_in(&scope_of(&chain, global.group))?;
    let trader = trader::find(&chain, global.group, &keys).await?;
    let fee = chain.queue_fee(global.group, true, None).await?;
    trader::force_withdrawal(&chain, global.group, &keys, amount, Until::Final).await?;
    say!(
        "queued for a fee of {}: a batch pays as much of {} as the initial margin of the positions leaves then",
        show_money(fee.into()),
        show_money(amount.into())
    );
    if wait {
        let sign = Progress::begin().wait("waiting for the batch that takes it");
        let begin = Instant::now();
        while trader::request_waits(&chain, &trader).await? {
            if begin.elapsed() > PATIENCE {
                return Err(CommandError::StillQueued);
            }
            tokio::time::sleep(POLL).await;
        }
        drop(sign);
        say!("taken; `cloister account` shows what was paid, and what is held as a claim");
    }
    Ok(())
}

/// Takes what the settlement asset refused to pay.
pub async fn claim(global: &Global) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    let paid = trader::claim(&chain, global.group, wallet.keys(), Until::Final).await?;
    say!("{} is paid to the owner", shown(paid));
    Ok(())
}

/// Has paid what was withheld until solvency was proven.
pub async fn pay_claim(global: &Global) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    let (paid, left) = trader::pay_claim(&chain, global.group, wallet.keys(), Until::Final).await?;
    say!(
        "{} is paid to the owner, {} is withheld still",
        shown(paid),
        shown(left)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(refused: u128, withheld: u128) -> HeldBack {
        HeldBack { refused, withheld }
    }

    #[test]
    fn a_payout_that_the_asset_refused_should_be_told_as_a_claim_and_not_as_paid() {
        // 0.005, less than the smallest balance.
        let payout = Payout::of(5_000, held(0, 0), held(5_000, 0));
        assert_eq!(payout.outcome(), Outcome::HeldBack);
        let lines = payout.lines(10_000);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].starts_with("0.005 is held as a claim of the owner"),
            "{lines:?}"
        );
        assert!(
            lines[0].contains("less than 0.01, ") && lines[0].contains("`cloister claim`"),
            "{lines:?}"
        );
    }

    #[test]
    fn each_part_of_a_payout_should_be_told_apart() {
        let whole = Payout::of(7_000_000, held(3, 4), held(3, 4));
        assert_eq!(
            (whole.lines(1), whole.outcome()),
            (vec!["7.00 is paid".into()], Outcome::Done)
        );
        let parts = Payout::of(7_000_000, held(1_000_000, 0), held(3_000_000, 4_000_000));
        let expected = Payout {
            paid: 1_000_000,
            refused: 2_000_000,
            withheld: 4_000_000,
        };
        assert_eq!(parts, expected);
        assert_eq!(parts.lines(1).len(), 3);
        // Another payout of the owner came in between.
        let more = Payout::of(7, held(0, 0), held(5, 9));
        assert_eq!((more.paid, more.refused, more.withheld), (0, 5, 2));
    }
}
