//! What traders send beside single instructions: amendments, lists, controls; and what they are told of what is void.

use super::{SequencerClient, SequencerError};
use crate::trader::now;
use cloister_client_core::trader::Trader;
use cloister_crypto::auth::Purpose;
use cloister_ledger::{SignedControl, SignedInstruction};
use cloister_sequencer_rpc::{
    types::{
        AcceptedInfo, AccountQuery, Amendment, BatchEntry, ControlSubmission, EntryOutcome, FillInfo, NoticeInfo,
        Submission,
    },
    CloisterRpcClient,
};
use cloister_types::{AccountIndex, InstructionId};

/// Maximum number of entries in a list (Q-RPC).
pub const LIST: usize = 64;

/// An entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The instruction.
    pub signed: SignedInstruction,
    /// The order that it replaces, if it is an amendment.
    pub replaces: Option<InstructionId>,
}

impl SequencerClient {
    /// Sends a cancel that binds whatever is known of its id, unless the order is filled (Q-CANCEL).
    ///
    /// # Errors
    /// [`SequencerError::Refused`].
    pub async fn annul(&self, signed: &SignedInstruction) -> Result<AcceptedInfo, SequencerError> {
        Ok(self.rpc.annul(Submission::encoded(signed)).await?)
    }

    /// Sends an order that takes the place of another one (Q-AMEND).
    ///
    /// # Errors
    /// [`SequencerError::Refused`]; the other order is as it was then.
    pub async fn amend(
        &self,
        replaces: InstructionId,
        signed: &SignedInstruction,
    ) -> Result<AcceptedInfo, SequencerError> {
        let instruction = Submission::encoded(signed);
        Ok(self.rpc.amend(Amendment { replaces, instruction }).await?)
    }

    /// Sends a list of up to [`LIST`] instructions, which are taken in order with nobody's between. Each has an outcome
    /// of its own.
    ///
    /// # Errors
    /// [`SequencerError::Refused`] if the list as a whole is.
    pub async fn submit_list(
        &self,
        entries: &[Entry],
    ) -> Result<Vec<Result<AcceptedInfo, SequencerError>>, SequencerError> {
        let entries = entries.iter().map(|entry| BatchEntry {
            instruction: Submission::encoded(&entry.signed),
            replaces: entry.replaces,
        });
        let outcomes = self.rpc.submit_batch(entries.collect()).await?;
        let outcomes = outcomes.into_iter().map(|outcome| match outcome {
            EntryOutcome::Accepted(accepted) => Ok(accepted),
            EntryOutcome::Refused(refused) => Err(SequencerError::Refused {
                code: refused.code,
                message: refused.message,
            }),
        });
        Ok(outcomes.collect())
    }

    /// Sends a control of the account's orders (Q-CONTROL).
    ///
    /// # Errors
    /// [`SequencerError::Refused`].
    pub async fn control(&self, signed: &SignedControl) -> Result<AcceptedInfo, SequencerError> {
        Ok(self.rpc.control(ControlSubmission::encoded(signed)).await?)
    }

    /// What could not be proven of a trader's account (Q-VOID), with numbers from `from` on, oldest first.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn notices(&self, trader: &Trader, from: u64) -> Result<Vec<NoticeInfo>, SequencerError> {
        let mut out: Vec<NoticeInfo> = Vec::new();
        loop {
            let from = out.last().map_or(from, |last| last.number.saturating_add(1));
            let query = query(trader, Purpose::Notices);
            let page = self.rpc.notices(query, Some(from)).await?;
            if page.is_empty() {
                return Ok(out);
            }
            out.extend(page);
        }
    }

    /// The fills of a trader's account with numbers from `from` on, oldest first.
    ///
    /// # Errors
    /// [`SequencerError`].
    pub async fn fills(&self, trader: &Trader, from: u64) -> Result<Vec<FillInfo>, SequencerError> {
        let mut out: Vec<FillInfo> = Vec::new();
        loop {
            let from = out.last().map_or(from, |last| last.id.saturating_add(1));
            let page = self.rpc.fills(query(trader, Purpose::Fills), Some(from)).await?;
            if page.is_empty() {
                return Ok(out);
            }
            out.extend(page);
        }
    }
}

fn query(trader: &Trader, purpose: Purpose) -> AccountQuery {
    AccountQuery::new(
        trader.view_key(),
        trader.scope(),
        purpose,
        AccountIndex::from(trader.index),
        now(),
    )
}
