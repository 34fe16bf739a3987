//! What accounts hold in the middle of a plan.

use crate::{
    assessed::{Assessed, Found, Moved},
    flat::Flat,
    ids::AccountIndex,
    trade::Holdings,
};

/// Accounts for which there is room without allocating.
const ROOM: usize = 64;

/// What accounts hold in the middle of a plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// Where to find each.
    places: Flat<AccountIndex, usize>,
    /// In the order in which they came; what is behind them is left from another plan.
    holders: Vec<Holder>,
}

#[derive(Clone, Debug)]
struct Holder {
    assessed: Box<Assessed>,
    trades: bool,
}

impl Held {
    /// Nobody any more; some room is left.
    pub fn clear(&mut self) {
        self.places.clear();
        self.holders.truncate(ROOM);
    }

    /// What an account holds.
    pub fn get(&self, account: AccountIndex) -> Option<&Assessed> {
        self.at(*self.places.get(account)?)
    }

    /// What the account at a place holds.
    pub fn at(&self, place: usize) -> Option<&Assessed> {
        self.holders.get(place).map(|holder| holder.assessed.as_ref())
    }

    /// Where an account is; at first it holds this.
    pub fn place<'p>(&mut self, account: AccountIndex, first: impl FnOnce() -> Option<Found<'p>>) -> Option<usize> {
        if let Some(place) = self.places.get(account) {
            return Some(*place);
        }
        let (place, first) = (self.places.len(), first()?);
        if let Some(holder) = self.holders.get_mut(place) {
            holder.trades = false;
            match first {
                Found::Before(first) => holder.assessed.as_mut().clone_from(first),
                Found::Now(first) => holder.assessed = first,
            }
        } else {
            self.holders.push(Holder {
                assessed: first.boxed(),
                trades: false,
            });
        }
        self.places.insert(account, place);
        Some(place)
    }

    /// The account at a place trades; gives what it holds then.
    pub fn trade(&mut self, place: usize, moved: &Moved<'_>) -> Option<&Holdings> {
        let holder = self.holders.get_mut(place)?;
        holder.trades = true;
        holder.assessed.apply(moved);
        Some(holder.assessed.held())
    }

    /// The accounts that trade, in order.
    pub fn accounts(&self) -> impl Iterator<Item = AccountIndex> + '_ {
        let trades = |place: usize| self.holders.get(place).is_some_and(|holder| holder.trades);
        let there = self.places.iter().filter(move |(_, place)| trades(**place));
        there.map(|(account, _)| account)
    }

    /// The same with what each holds.
    pub fn each(&mut self, mut with: impl FnMut(AccountIndex, &mut Box<Assessed>)) {
        for (account, place) in self.places.iter() {
            if let Some(holder) = self.holders.get_mut(*place).filter(|holder| holder.trades) {
                with(account, &mut holder.assessed);
            }
        }
    }
}
