//! One unit: one account, one mode, up to J places (B-UNIT). Each mode has a file of its own.

mod effect;
mod error;
mod forced;
mod keys;
mod normal;
mod party;
mod unsigned;

use self::effect::{Differences, Moved};
pub use self::{effect::UnitEffect, error::UnitError, party::Party};
use crate::{
    account::{cash_fits, Account, Key, Switches},
    context::BatchContext,
    fill::FillRule,
    packing::positions_fit,
    place::PlaceWitness,
    record::UnitRecord,
    tree::{root_of, root_with, Path},
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{ACCOUNT_TREE_DEPTH, INDEX_BITS},
    Fr,
};
use cloister_risk::{Assessment, MarginChoice, MarginError};
use cloister_types::{AccountIndex, Amount};

/// What a unit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Opens an account from the queue (B-OPEN).
    Open,
    /// Changes the keys, from the queue (B-REKEY).
    Rekey,
    /// Runs instructions under the margin rule (B-NORMAL).
    Normal,
    /// Pays the owner what was queued, as far as initial margin allows (B-FORCED).
    Forced,
    /// Reduces positions of an account below maintenance margin (B-LIQUIDATION).
    Liquidation,
    /// Settles positions in expired instruments (B-EXPIRY).
    Expiry,
    /// Passes an account of negative equity to the house (B-TAKEOVER).
    Takeover,
    /// Changes nothing but nonce, leaf, a queued deposit and an incoming transfer (B-PADDING).
    Padding,
    /// Closes lots at the mark against other units of the batch, because an insolvent account must shed them
    /// (B-DELEVERAGE).
    Deleveraging(Party),
    /// Sets the flags of the account, from the queue (B-SWITCH).
    Switch,
    /// Closes the account if it is empty, from the queue (B-CLOSE).
    Close,
}

/// Private data of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitWitness {
    /// Account index.
    pub index: AccountIndex,
    /// Mode.
    pub mode: Mode,
    /// Queued deposit; public in the record.
    pub deposit: Amount,
    /// Amount of the transfer in the unit before, 0 without one (B-TRANSFER).
    pub incoming: Amount,
    /// Forced withdrawal: the amount as queued. 0 in other modes.
    pub requested: Amount,
    /// Forced withdrawal: the amount paid. 0 in other modes.
    pub paid: Amount,
    /// The account before; in an open the fresh account with its keys.
    pub before: Account,
    /// Path of the leaf before.
    pub path: Path<ACCOUNT_TREE_DEPTH>,
    /// Trading key after; that of `before` except in a re-key.
    pub new_key: Key,
    /// View key after; that of `before` except in a re-key.
    pub new_view_key: Fr,
    /// Flags after; those of `before` except in a switch.
    pub new_switches: Switches,
    /// In an open or a re-key, `P'` with `new_key = 8·P'`. Ignored in other modes.
    pub preimage: Key,
    /// J places.
    pub places: Vec<PlaceWitness>,
    /// Normal, deleveraging: how the margin rule is met. Liquidation: [`MarginChoice::NotWorse`]. Forced withdrawal:
    /// [`MarginChoice::Tight`], or [`MarginChoice::Initial`] if all that was requested is paid. Ignored in other modes.
    pub margin: MarginChoice,
    /// Liquidation: the scenario whose initial deficit after shows that no more was closed than needed (B-NEED).
    /// Ignored in other modes.
    pub need: u8,
}

impl UnitWitness {
    /// The leaf that the tree holds before the unit: 0 for an open.
    pub fn old_leaf(&self) -> Fr {
        if self.mode == Mode::Open {
            Fr::zero()
        } else {
            self.before.leaf()
        }
    }

    /// The account with deposit and incoming transfer: what the rules call "before" (B-DEPOSIT).
    ///
    /// # Errors
    /// [`UnitError::CashWidth`] if cash cannot be computed.
    pub fn entry(&self) -> Result<Account, UnitError> {
        let cash = self
            .before
            .cash
            .checked_add(self.deposit.into())
            .and_then(|cash| cash.checked_add(self.incoming.into()))
            .ok_or(UnitError::CashWidth)?;
        Ok(Account {
            cash,
            ..self.before.clone()
        })
    }

    /// Checks every rule of B-UNIT and computes the effect. That `incoming` is what the unit
    /// before sent is checked by the batch.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, context: &BatchContext, root: Fr, places: usize) -> Result<UnitEffect, UnitError> {
        self.check_shape(root, places)?;
        let entry = self.entry()?;
        let moved = self.run(context, &entry)?;
        self.check_margin(context, &entry, &moved)?;
        self.conclude(context, moved)
    }

    /// Chooses what follows from the rest of the witness (the amount paid and how margin is met), then does as
    /// [`Self::check`].
    ///
    /// # Errors
    /// The first rule that does not hold, whatever the choice.
    pub fn complete(&mut self, context: &BatchContext, root: Fr, places: usize) -> Result<UnitEffect, UnitError> {
        self.check_shape(root, places)?;
        if self.mode == Mode::Forced {
            (self.paid, self.margin) = self.choose_forced(context)?;
        }
        let entry = self.entry()?;
        let moved = self.run(context, &entry)?;
        (self.margin, self.need) = self.choose_margin(context, &entry, &moved)?;
        self.conclude(context, moved)
    }

    /// B-OPENS, keys, and which values and places the mode may have.
    fn check_shape(&self, root: Fr, places: usize) -> Result<(), UnitError> {
        if self.places.len() != places {
            return Err(UnitError::Places);
        }
        if self.index.get() >> INDEX_BITS != 0 || !positions_fit(&self.before.positions) {
            return Err(UnitError::Width);
        }
        if root_of(&self.path, self.index.get(), self.old_leaf()) != Some(root) {
            return Err(UnitError::Path);
        }
        self.check_keys()?;
        if self.mode != Mode::Forced && (self.requested, self.paid) != (Amount::ZERO, Amount::ZERO) {
            return Err(UnitError::ForcedInMode);
        }
        if self.mode == Mode::Close && !self.incoming.is_zero() {
            return Err(UnitError::IncomingInClose);
        }
        if self.mode != Mode::Normal && self.places.iter().any(PlaceWitness::is_signed) {
            return Err(UnitError::InstructionInMode);
        }
        let takes_fills = matches!(
            self.mode,
            Mode::Normal | Mode::Liquidation | Mode::Expiry | Mode::Deleveraging(_)
        );
        if !takes_fills && self.places.iter().any(|p| !p.fill.is_nothing()) {
            return Err(UnitError::FillInMode);
        }
        Ok(())
    }

    /// What the mode does to the account; `entry` as [`Self::entry`] gives it.
    fn run(&self, context: &BatchContext, entry: &Account) -> Result<Moved, UnitError> {
        let moved = match self.mode {
            Mode::Open | Mode::Rekey | Mode::Switch | Mode::Padding | Mode::Close => {
                Moved::unchanged(entry, self.places.len())
            }
            Mode::Normal => self.run_normal(context, entry)?,
            Mode::Forced => self.run_forced(entry)?,
            Mode::Liquidation => self.run_fills(context, entry, FillRule::Liquidation)?,
            Mode::Expiry => self.run_fills(context, entry, FillRule::Expiry)?,
            Mode::Takeover => self.run_takeover(context, entry)?,
            Mode::Deleveraging(_) => self.run_fills(context, entry, FillRule::Deleveraging)?,
        };
        if cash_fits(moved.after.cash) {
            Ok(moved)
        } else {
            Err(UnitError::CashWidth)
        }
    }

    /// B-MARGIN, B-EQUITY, B-LIQUIDATION, B-NEED, B-FORCED, B-DELEVERAGE with the witness's own choice.
    fn check_margin(&self, context: &BatchContext, entry: &Account, moved: &Moved) -> Result<(), MarginError> {
        let (table, after, traded) = (&context.table, &moved.after, &moved.traded);
        let assess = |account: &Account| Assessment::new(table, &account.positions, account.cash);
        match self.mode {
            Mode::Normal => self.check_normal(context, &assess(entry)?, &assess(after)?, traded),
            Mode::Forced => {
                let (requested, paid) = (self.requested, self.paid);
                Assessment::check_forced(&assess(after)?, table, requested, paid, self.margin)
            }
            Mode::Liquidation => {
                let (margin, need) = (self.margin, self.need);
                Assessment::check_liquidation(&assess(entry)?, &assess(after)?, table, traded, margin, need)
            }
            Mode::Deleveraging(party) => {
                let insolvent = party == Party::Insolvent;
                Assessment::check_deleveraging(&assess(entry)?, &assess(after)?, table, insolvent, self.margin)
            }
            // A takeover checks equity when it runs; the other modes cannot make an account worse.
            Mode::Open | Mode::Rekey | Mode::Switch | Mode::Expiry | Mode::Takeover | Mode::Padding | Mode::Close => {
                Ok(())
            }
        }
    }

    /// Choices with which [`Self::check_margin`] holds: of margin, and of the scenario of need.
    fn choose_margin(
        &self,
        context: &BatchContext,
        entry: &Account,
        moved: &Moved,
    ) -> Result<(MarginChoice, u8), MarginError> {
        let (table, after, traded) = (&context.table, &moved.after, &moved.traded);
        let assess = |account: &Account| Assessment::new(table, &account.positions, account.cash);
        let margin = match self.mode {
            Mode::Normal => self.choose_normal(context, &assess(entry)?, &assess(after)?, traded),
            // Chosen with the amount.
            Mode::Forced => self.check_margin(context, entry, moved).map(|()| self.margin),
            Mode::Liquidation => {
                return Assessment::choose_liquidation(&assess(entry)?, &assess(after)?, table, traded);
            }
            Mode::Deleveraging(party) => {
                let insolvent = party == Party::Insolvent;
                Assessment::choose_deleveraging(&assess(entry)?, &assess(after)?, table, insolvent)
            }
            Mode::Open | Mode::Rekey | Mode::Switch | Mode::Expiry | Mode::Takeover | Mode::Padding | Mode::Close => {
                Ok(MarginChoice::default())
            }
        };
        Ok((margin?, 0))
    }

    /// Nonce, keys, leaf, record and differences.
    fn conclude(&self, context: &BatchContext, moved: Moved) -> Result<UnitEffect, UnitError> {
        let mut after = moved.after;
        after.nonce = after.nonce.checked_add(1).ok_or(UnitError::Nonce)?;
        (after.key, after.view_key, after.switches) = (self.new_key, self.new_view_key, self.new_switches);
        // B-CLOSE: a close leaves what an account holds as it is.
        let closed = self.mode == Mode::Close && after.is_empty();
        let new_leaf = if closed { Fr::zero() } else { after.leaf() };
        let sheds = matches!(self.mode, Mode::Liquidation | Mode::Takeover);
        let differences = Differences::new(&self.before.positions, &after.positions, sheds);
        let record = UnitRecord {
            index: self.index,
            kind: self.record_kind(&context.scope()),
            deposit: self.deposit,
            withdrawal: moved.withdrawal,
            new_leaf,
            ciphertext: UnitRecord::encrypt(self.index, &after, &moved.slots, context.stream_salt()),
        };
        Ok(UnitEffect {
            root: root_with(&self.path, self.index.get(), new_leaf),
            // Cash before may be anything that a leaf was opened with.
            cash: after.cash.checked_sub(self.before.cash).ok_or(UnitError::CashWidth)?,
            after,
            record,
            slots: moved.slots,
            fees: moved.fees,
            penalties: moved.traded.penalties,
            positions: differences.positions,
            gross: differences.gross,
            shed_long: differences.shed_long,
            shed_short: differences.shed_short,
            taken_over: moved.taken_over,
            deleveraged: match self.mode {
                Mode::Deleveraging(party) => Some(party),
                _ => None,
            },
            transfer: moved.transfer,
            closed,
        })
    }
}
