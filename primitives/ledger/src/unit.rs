//! One unit: one account, one mode, up to J places (B-UNIT).

use crate::{
    account::{cash_fits, clears_cofactor, Account, Key},
    batch::BatchContext,
    instruction::Kind,
    packing::{positions_fit, OpenInterest},
    place::{PlaceContext, PlaceError, PlaceWitness},
    record::{OpenRecord, UnitRecord},
    tree::{root_of, root_with, Path},
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{ACCOUNT_TREE_DEPTH, INDEX_BITS, INSTRUMENTS},
    stream::view_commitment,
    Fr,
};
use cloister_risk::{Assessment, MarginChoice, MarginError, Positions};

/// What a unit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Opens an account from the queue.
    Open,
    /// Runs instructions under the margin rule.
    Normal,
    /// Changes nothing but nonce, leaf and a queued deposit.
    Padding,
}

/// Private data of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitWitness {
    /// Account index.
    pub index: u32,
    /// Mode.
    pub mode: Mode,
    /// Queued deposit, 10^-6; public in the record.
    pub deposit: u64,
    /// The account before; in an open the fresh account with its keys.
    pub before: Account,
    /// Path of the leaf before.
    pub path: Path<ACCOUNT_TREE_DEPTH>,
    /// In an open, `P'` with `key = 8·P'`; anything else otherwise.
    pub preimage: Key,
    /// J places.
    pub places: Vec<PlaceWitness>,
    /// How the margin rule is met.
    pub margin: MarginChoice,
}

/// What a unit did, for the batch's sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitEffect {
    /// Account root after.
    pub root: Fr,
    /// Account after.
    pub after: Account,
    /// Public record.
    pub record: UnitRecord,
    /// Change of cash, deposit and withdrawal included.
    pub cash: i128,
    /// Fees taken.
    pub fees: u128,
    /// Changes of positions.
    pub positions: Positions,
    /// Changes of the gross long side.
    pub longs: [i64; INSTRUMENTS],
}

/// Why a unit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// B-RANGE: index, old cash or old positions do not fit.
    #[error("a value of the old account does not fit its width")]
    Width,
    /// The unit does not have J places.
    #[error("the unit has the wrong number of places")]
    Places,
    /// B-OPENS: the old leaf does not open the root.
    #[error("the old leaf does not open the account root")]
    Path,
    /// B-OPEN: the account before is not a fresh one.
    #[error("an open needs a fresh account")]
    NotFresh,
    /// B-OPEN: the key is not eight times the given point, or is the identity.
    #[error("the trading key is not in the prime-order subgroup")]
    KeyPreimage,
    /// An instruction in an open or padding unit.
    #[error("this mode takes no instruction")]
    InstructionInMode,
    /// A place is refused.
    #[error("place {0}: {1}")]
    Place(u8, PlaceError),
    /// B-RANGE: the new cash does not fit.
    #[error("cash does not fit its width")]
    CashWidth,
    /// B-MARGIN or B-EQUITY.
    #[error("margin: {0}")]
    Margin(MarginError),
    /// The nonce is used up.
    #[error("the nonce is used up")]
    Nonce,
}

fn long_side(q: i64) -> i64 {
    q.max(0)
}

impl UnitWitness {
    /// The leaf the tree holds before: 0 for an open.
    pub fn old_leaf(&self) -> Fr {
        match self.mode {
            Mode::Open => Fr::zero(),
            Mode::Normal | Mode::Padding => self.before.leaf(),
        }
    }

    /// Checks every rule of B-UNIT and computes the effect.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, context: &BatchContext, root: Fr, places: usize) -> Result<UnitEffect, UnitError> {
        if self.places.len() != places {
            return Err(UnitError::Places);
        }
        if self.index >> INDEX_BITS != 0 || !positions_fit(&self.before.positions) {
            return Err(UnitError::Width);
        }
        if root_of(&self.path, self.index, self.old_leaf()) != Some(root) {
            return Err(UnitError::Path);
        }
        if self.mode == Mode::Open {
            self.check_open()?;
        }
        if self.mode != Mode::Normal && self.places.iter().any(|p| p.signed.instruction.kind != Kind::None) {
            return Err(UnitError::InstructionInMode);
        }
        let mut after = self.before.clone();
        after.cash = after
            .cash
            .checked_add(self.deposit.into())
            .ok_or(UnitError::CashWidth)?;
        let entry = after.clone();
        let (slots, withdrawal, fees) = self.apply_places(context, &mut after)?;
        if !cash_fits(after.cash) {
            return Err(UnitError::CashWidth);
        }
        if self.mode == Mode::Normal {
            let assess = |a: &Account| Assessment::new(&context.table, &a.positions, a.cash);
            let before = assess(&entry).map_err(UnitError::Margin)?;
            let now = assess(&after).map_err(UnitError::Margin)?;
            // The mere presence of a withdrawal counts, even of amount 0: it is what the circuit sees.
            let withdraws = self
                .places
                .iter()
                .any(|p| p.signed.instruction.kind == Kind::Withdrawal);
            Assessment::check(&before, &now, &context.table, withdraws, self.margin).map_err(UnitError::Margin)?;
        }
        after.nonce = after.nonce.checked_add(1).ok_or(UnitError::Nonce)?;
        Ok(self.effect(context, after, &slots, withdrawal, fees))
    }

    fn check_open(&self) -> Result<(), UnitError> {
        if self.before != Account::fresh(self.before.key, self.before.view_key) {
            return Err(UnitError::NotFresh);
        }
        if !clears_cofactor(&self.before.key, &self.preimage) {
            return Err(UnitError::KeyPreimage);
        }
        Ok(())
    }

    /// The account as the margin rule sees it before (deposit included) and after the places.
    ///
    /// # Errors
    /// A place is refused, or cash leaves its width.
    pub fn before_and_after(&self, context: &BatchContext) -> Result<(Account, Account), UnitError> {
        let mut before = self.before.clone();
        before.cash = before
            .cash
            .checked_add(self.deposit.into())
            .ok_or(UnitError::CashWidth)?;
        let mut after = before.clone();
        self.apply_places(context, &mut after)?;
        Ok((before, after))
    }

    /// Runs the places in order; returns their slots, the withdrawal and the fees.
    fn apply_places(&self, context: &BatchContext, account: &mut Account) -> Result<(Vec<Fr>, u64, u128), UnitError> {
        let mut slots = Vec::with_capacity(self.places.len());
        let (mut withdrawal, mut fees) = (0u64, 0u128);
        for (i, place) in self.places.iter().enumerate() {
            let error = |e| UnitError::Place(i as u8, e);
            let place_context = PlaceContext {
                genesis: &context.genesis,
                group: context.group,
                index: self.index,
                time: context.time,
                table: &context.table,
                last: i + 1 == self.places.len(),
            };
            let effect = place.apply(&place_context, account).map_err(error)?;
            slots.push(effect.slot);
            withdrawal = withdrawal.checked_add(effect.withdrawal).ok_or(UnitError::CashWidth)?;
            fees = fees.checked_add(effect.fee).ok_or(UnitError::CashWidth)?;
        }
        Ok((slots, withdrawal, fees))
    }

    fn effect(&self, context: &BatchContext, after: Account, slots: &[Fr], withdrawal: u64, fees: u128) -> UnitEffect {
        let new_leaf = after.leaf();
        let mut positions = Positions::default();
        let mut longs: [i64; INSTRUMENTS] = Positions::default();
        let pairs = after.positions.iter().zip(&self.before.positions);
        for ((dq, dl), (new, old)) in positions.iter_mut().zip(longs.iter_mut()).zip(pairs) {
            // Both are below 2^40 in size, so the differences are exact.
            *dq = new.saturating_sub(*old);
            *dl = long_side(*new).saturating_sub(long_side(*old));
        }
        let open = (self.mode == Mode::Open).then(|| OpenRecord {
            x: after.key.x,
            y: after.key.y,
            view_commitment: view_commitment(after.view_key),
        });
        let record = UnitRecord {
            index: self.index,
            deposit: self.deposit,
            withdrawal,
            new_leaf,
            open,
            ciphertext: UnitRecord::encrypt(&after, slots, context.salt),
        };
        UnitEffect {
            root: root_with(&self.path, self.index, new_leaf),
            cash: after.cash.saturating_sub(self.before.cash),
            after,
            record,
            fees,
            positions,
            longs,
        }
    }
}

/// Adds signed changes to open interests; `None` if one leaves its width.
pub(crate) fn move_open_interest(open: &OpenInterest, longs: &[i64; INSTRUMENTS], bits: usize) -> Option<OpenInterest> {
    let mut out = *open;
    for (o, d) in out.iter_mut().zip(longs) {
        *o = o.checked_add_signed(*d).filter(|x| x >> bits == 0)?;
    }
    Some(out)
}
