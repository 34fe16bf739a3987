//! `cloister take-back`.

use super::error::CommandError;
use crate::cli::Global;
use cloister_client::{
    chain::{ChainError, Until},
    trader::{self, now, owner_of, TraderError},
};
use cloister_client_core::amount::show_money;
use cloister_runtime::{configs::cloister::MaxRiskAge, Runtime};
use pallet_cloister_execution::Error;
use std::time::Duration;

/// Time between two tries.
const POLL: Duration = Duration::from_secs(6);

/// Asks for what is late, or has it paid.
pub async fn run(global: &Global, wait: bool) -> Result<(), CommandError> {
    let wallet = global.open_wallet()?;
    let chain = global.connect().await?;
    let (group, keys) = (global.group, wallet.keys());
    let owner = owner_of(keys);
    let found = chain.index_of(group, &owner, None).await?;
    let index = found.ok_or(TraderError::NoAccount(group))?;
    match trader::take_back(&chain, group, keys, Until::Final).await {
        Ok((amount, _)) => say!("{} is taken back", show_money(amount.into())),
        // It may have been asked for before.
        Err(TraderError::Chain(error)) if is_not_due(&error) => {}
        Err(error) => return Err(error.into()),
    }
    loop {
        let waiting = chain.waiting(group, &[index], None).await?;
        let marked = waiting.iter().filter_map(|(_, item)| item.until).max();
        let until = marked.ok_or(CommandError::NothingLate(index))?;
        let due = until.saturating_add(MaxRiskAge::get());
        if now() >= due {
            match trader::pay_back(&chain, group, index, keys, Until::Final).await {
                Ok(paid) => {
                    say!("{} is paid back", show_money(paid.into()));
                    return Ok(());
                }
                // The chain's clock is that of its blocks.
                Err(TraderError::Chain(error)) if is_not_due(&error) => {}
                Err(error) => return Err(error.into()),
            }
        } else if !wait {
            let left = due.saturating_sub(now()).div_ceil(1_000);
            say!("batches may take it for {left} more seconds; then run `cloister take-back` again to be paid");
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}

fn is_not_due(error: &ChainError) -> bool {
    let refusal = match error {
        ChainError::Failed(failure) => failure.execution(),
        _ => None,
    };
    refusal == Some(Error::<Runtime>::TakeBackNotDue)
}
