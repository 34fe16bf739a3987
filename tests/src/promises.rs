//! What clients were promised, and whether it was kept: nothing acknowledged is lost, nothing is applied twice, and
//! what an account has follows from what it was told (Q-JOURNAL, Q-RECEIPT).

use crate::promises_error::Broken;
use cloister_client::{
    audit::{audit_batches, recover_trader, AssetHoldings},
    chain::Chain,
    sequencer::{SequencerClient, SequencerError},
    trader::now,
};
use cloister_client_core::trader::Trader;
use cloister_crypto::{auth::Purpose, field::to_bytes};
use cloister_ledger::SignedInstruction;
use cloister_receipts::{check, Outcome, Scope, SignedReceipt};
use cloister_sequencer_rpc::{
    types::{AcceptedInfo, AccountInfo, AccountQuery, FillInfo, NoticeInfo, SideName, Trade, VoidInfo},
    CloisterRpcClient,
};
use cloister_types::{AccountIndex, GroupId};
use std::collections::BTreeMap;

/// What was acknowledged to the accounts of a group, which are all that it has.
#[derive(Clone, Debug, Default)]
pub struct Promises {
    /// By the number of the receipt.
    acknowledged: BTreeMap<u64, Acknowledged>,
    /// By account and number.
    fills: BTreeMap<(u32, u64), FillInfo>,
    tape: Vec<Trade>,
    /// What accounts paid in, by index, 10^-6.
    paid_in: BTreeMap<u32, u64>,
}

/// An instruction that was taken.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The account.
    pub account: u32,
    /// The instruction.
    pub signed: SignedInstruction,
    /// What was promised.
    pub receipt: SignedReceipt,
}

/// What was found to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Receipts of all accounts, those included whose answer never came.
    pub receipts: usize,
    /// Fills that count, each once.
    pub fills: usize,
    /// Fills that could not be proven any more.
    pub void: usize,
    /// Lots traded.
    pub lots: u64,
}

/// What the sequencer says of one account.
struct Told {
    info: AccountInfo,
    receipts: Vec<SignedReceipt>,
    fills: Vec<FillInfo>,
    notices: Vec<NoticeInfo>,
}

impl Promises {
    /// An account has paid in.
    pub fn paid_in(&mut self, trader: &Trader, amount: u64) {
        let sum = self.paid_in.entry(trader.index).or_default();
        *sum = sum.saturating_add(amount);
    }

    /// An instruction was acknowledged.
    ///
    /// # Errors
    /// Its receipt is missing, of another instruction, or has a number that another one has.
    pub fn note(&mut self, signed: &SignedInstruction, answer: &AcceptedInfo) -> Result<u64, Broken> {
        let account = signed.instruction.index.get();
        let text = answer.receipt.as_ref().ok_or(Broken::NoReceipt(account))?;
        let receipt = SignedReceipt::from_hex(text).map_err(|source| Broken::Unreadable { account, source })?;
        let number = receipt.receipt.number;
        if !receipt.receipt.is_of(signed) {
            return Err(Broken::OfAnother(number));
        }
        for fill in &answer.fills {
            self.fills.insert((account, fill.id), fill.clone());
        }
        let acknowledged = Acknowledged {
            account,
            signed: signed.clone(),
            receipt,
        };
        match self.acknowledged.insert(number, acknowledged) {
            Some(_) => Err(Broken::NumberTwice(number)),
            None => Ok(number),
        }
    }

    /// Number of instructions that were acknowledged.
    pub fn len(&self) -> usize {
        self.acknowledged.len()
    }

    /// Whether nothing was acknowledged.
    pub fn is_empty(&self) -> bool {
        self.acknowledged.is_empty()
    }

    /// What was acknowledged at this place, counted from the first.
    pub fn nth(&self, place: usize) -> Option<&Acknowledged> {
        self.acknowledged.values().nth(place)
    }

    /// Compares all that was promised with what the sequencer says now. Nobody may trade meanwhile.
    ///
    /// # Errors
    /// The first thing that was not kept.
    pub async fn check(&mut self, chain: &Chain, traders: &[Trader]) -> Result<Kept, Broken> {
        let mut told = BTreeMap::new();
        for trader in traders {
            told.insert(trader.index, Told::of(chain, trader).await?);
        }
        let submitter = chain.submitters(group_of(traders), None).await?.into_iter().next();
        let submitter: [u8; 32] = submitter.ok_or(Broken::NoSubmitter)?.into();
        let receipts = self.check_receipts(chain, &submitter, group_of(traders), &told)?;
        let (fills, void, lots) = self.check_fills(&told)?;
        for (account, told) in &told {
            self.check_account(*account, told)?;
        }
        self.check_tape(SequencerClient::of(chain).trades(0).await?)?;
        Ok(Kept {
            receipts,
            fills,
            void,
            lots,
        })
    }

    fn check_receipts(
        &self,
        chain: &Chain,
        key: &[u8; 32],
        group: u32,
        told: &BTreeMap<u32, Told>,
    ) -> Result<usize, Broken> {
        for (number, acknowledged) in &self.acknowledged {
            let own = told.get(&acknowledged.account).map(|told| told.receipts.as_slice());
            let found = own.unwrap_or_default().iter().find(|own| own.receipt.number == *number);
            let found = found.ok_or(Broken::Lost {
                account: acknowledged.account,
                number: *number,
            })?;
            if found.receipt != acknowledged.receipt.receipt {
                return Err(Broken::Changed(*number));
            }
        }
        let scope = Scope {
            genesis: chain.genesis().0,
            group: GroupId(group),
        };
        let own = told.values().flat_map(|told| &told.receipts);
        let given = self.acknowledged.values().map(|acknowledged| &acknowledged.receipt);
        let checked = check(&scope, key, own.chain(given))?;
        // All accounts of the group are here, so each follows the one before, from the first on.
        if checked.links != checked.receipts.saturating_sub(1) {
            return Err(Broken::Gap {
                receipts: checked.receipts,
                links: checked.links,
            });
        }
        Ok(checked.receipts)
    }

    /// How many fills count, how many are void, and the lots of those that count.
    fn check_fills(&self, told: &BTreeMap<u32, Told>) -> Result<(usize, usize, u64), Broken> {
        let mut now: BTreeMap<(u32, u64), &FillInfo> = BTreeMap::new();
        let mut sides: BTreeMap<u64, Vec<&FillInfo>> = BTreeMap::new();
        for (account, told) in told {
            for fill in &told.fills {
                sides.entry(fill.id).or_default().push(fill);
                if now.insert((*account, fill.id), fill).is_some() {
                    return Err(Broken::Sides(fill.id));
                }
            }
        }
        for ((account, fill), before) in &self.fills {
            // It may have become void meanwhile, and never the other way round.
            let same = now.get(&(*account, *fill)).is_some_and(|now| {
                let fate = FillInfo {
                    void: now.void,
                    ..before.clone()
                };
                **now == fate && (now.void || !before.void)
            });
            if !same {
                return Err(Broken::Fill {
                    account: *account,
                    fill: *fill,
                });
            }
        }
        let (mut fills, mut void, mut lots) = (0, 0, 0u64);
        for (id, sides) in &sides {
            let agree = |one: &FillInfo, other: &FillInfo| {
                (one.price, one.quantity, one.void) == (other.price, other.quantity, other.void)
                    && one.side != other.side
                    && one.maker != other.maker
            };
            match sides.as_slice() {
                [one, other] if agree(one, other) && one.void => void += 1,
                [one, other] if agree(one, other) => {
                    fills += 1;
                    lots = lots.saturating_add(one.quantity.get());
                }
                _ => return Err(Broken::Sides(*id)),
            }
        }
        Ok((fills, void, lots))
    }

    /// An account has what it paid in, less what it bought, paid in fees and withdrew.
    fn check_account(&self, account: u32, told: &Told) -> Result<(), Broken> {
        let out_of_range = || Broken::Range(account);
        let mut cash = i128::from(self.paid_in.get(&account).copied().unwrap_or_default());
        let mut lots: BTreeMap<u32, i128> = BTreeMap::new();
        for fill in told.fills.iter().filter(|fill| !fill.void) {
            let sign = match fill.side {
                SideName::Buy => 1,
                SideName::Sell => -1,
            };
            let cost = fill.price.times(fill.quantity).signed().ok_or_else(out_of_range)?.get();
            let fee = fill.fee.signed().ok_or_else(out_of_range)?.get();
            cash = cash
                .checked_sub(sign * cost)
                .and_then(|cash| cash.checked_sub(fee))
                .ok_or_else(out_of_range)?;
            *lots.entry(fill.instrument_id.get()).or_default() += sign * i128::from(fill.quantity.get());
        }
        for signed in &told.receipts {
            if let Outcome::Withdrawal { amount } = signed.receipt.outcome {
                cash -= i128::from(amount.get());
            }
        }
        for notice in &told.notices {
            if let VoidInfo::Withdrawal { amount, .. } = &notice.what {
                cash += i128::from(amount.get());
            }
        }
        let differs = |what, expected, found| Broken::Account {
            account,
            what,
            expected,
            found,
        };
        if told.info.cash.get() != cash {
            return Err(differs("cash", cash, told.info.cash.get()));
        }
        for position in &told.info.positions {
            let expected = lots.remove(&position.instrument_id.get()).unwrap_or_default();
            let found = i128::from(position.quantity.get());
            if expected != found {
                return Err(differs("lots", expected, found));
            }
        }
        match lots.values().find(|lots| **lots != 0) {
            Some(expected) => Err(differs("lots", *expected, 0)),
            None => Ok(()),
        }
    }

    /// The tape goes on from what was told, without gaps.
    fn check_tape(&mut self, now: Vec<Trade>) -> Result<(), Broken> {
        for (place, print) in now.iter().enumerate() {
            let told = self.tape.get(place);
            if print.id != place as u64 || told.is_some_and(|told| told != print) {
                return Err(Broken::Tape(print.id));
            }
        }
        if now.len() < self.tape.len() {
            return Err(Broken::Tape(now.len() as u64));
        }
        self.tape = now;
        Ok(())
    }

    /// Once everything has settled: sequencer and chain have one root, every proof verifies, every account can be
    /// rebuilt from the chain, and neither money nor lots were made or lost since `before`. Returns the number of
    /// batches.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub async fn check_settled(
        &self,
        chain: &Chain,
        traders: &[Trader],
        before: &AssetHoldings,
    ) -> Result<usize, Broken> {
        let (group, sequencer) = (group_of(traders), SequencerClient::of(chain));
        let head = chain.finalized().await?;
        let state = chain.group_state(group, Some(head)).await?;
        let status = sequencer.batch_status().await?;
        if state.root != status.settled_root || state.root != status.head_root {
            return Err(Broken::Roots {
                own: hex::encode(status.settled_root),
                chain: hex::encode(state.root),
            });
        }
        let audit = audit_batches(chain, group, head).await?;
        let mut lots: BTreeMap<u32, i128> = BTreeMap::new();
        for trader in traders {
            let rebuilt = to_bytes(&recover_trader(&audit.batches, trader)?.account.leaf());
            let info = sequencer.account(trader).await?;
            let settled = info.settled.as_ref().ok_or(Broken::Rebuilt(trader.index))?;
            if settled.leaf != rebuilt || settled.cash != info.cash {
                return Err(Broken::Rebuilt(trader.index));
            }
            for position in &info.positions {
                *lots.entry(position.instrument_id.get()).or_default() += i128::from(position.quantity.get());
            }
        }
        if let Some(sum) = lots.values().find(|sum| **sum != 0) {
            return Err(Broken::NotConserved("lots", *sum));
        }
        let after = AssetHoldings::at(chain, group, head).await?;
        if !after.conserved_since(before) {
            let excess = i128::try_from(after.vault)
                .ok()
                .zip(i128::try_from(after.owed + after.minimum).ok());
            let excess = excess.map_or(i128::MAX, |(vault, owed)| vault - owed);
            return Err(Broken::NotConserved("10^-6 of the settlement asset", excess));
        }
        Ok(audit.batches.len())
    }
}

impl Told {
    async fn of(chain: &Chain, trader: &Trader) -> Result<Self, Broken> {
        let sequencer = SequencerClient::of(chain);
        let account = trader.index;
        let mut receipts = Vec::new();
        loop {
            let from = receipts
                .last()
                .map_or(0, |last: &SignedReceipt| last.receipt.number + 1);
            let page = sequencer.receipts(trader, from).await?;
            if page.is_empty() {
                break;
            }
            for text in page {
                let receipt =
                    SignedReceipt::from_hex(&text).map_err(|source| Broken::Unreadable { account, source })?;
                receipts.push(receipt);
            }
        }
        let mut fills: Vec<FillInfo> = Vec::new();
        loop {
            let from = fills.last().map_or(0, |last| last.id + 1);
            let page = chain.rpc().fills(query(trader, Purpose::Fills), Some(from)).await;
            let page = page.map_err(SequencerError::from)?;
            if page.is_empty() {
                break;
            }
            fills.extend(page);
        }
        let mut notices: Vec<NoticeInfo> = Vec::new();
        loop {
            let from = notices.last().map_or(0, |last| last.number + 1);
            let page = chain.rpc().notices(query(trader, Purpose::Notices), Some(from)).await;
            let page = page.map_err(SequencerError::from)?;
            if page.is_empty() {
                break;
            }
            notices.extend(page);
        }
        Ok(Self {
            info: sequencer.account(trader).await?,
            receipts,
            fills,
            notices,
        })
    }
}

fn query(trader: &Trader, purpose: Purpose) -> AccountQuery {
    let index = AccountIndex(trader.index);
    AccountQuery::new(trader.view_key(), trader.scope(), purpose, index, now())
}

fn group_of(traders: &[Trader]) -> u32 {
    traders.first().map_or(0, |trader| trader.group)
}
