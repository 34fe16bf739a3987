//! Instruments as people call them, and lots and prices in their units.

use cloister_client::{
    chain::{Chain, ChainError},
    instrument::name_of,
};
use cloister_client_core::amount::{show_money, Lot};
use cloister_types::{InstrumentId, Lots, Position, Price};
use std::collections::BTreeMap;

/// Names and lots of a group's instruments.
pub(super) struct Names(BTreeMap<InstrumentId, (String, Lot)>);

impl Names {
    #[cfg(test)]
    pub(super) fn of(names: impl IntoIterator<Item = (InstrumentId, (String, Lot))>) -> Self {
        Self(names.into_iter().collect())
    }

    pub(super) async fn read(chain: &Chain, group: u32) -> Result<Self, ChainError> {
        let listed = chain.risk_group(group, None).await?.instruments;
        Ok(Self(
            listed
                .iter()
                .map(|i| {
                    let what = (name_of(i.feed, i.id), Lot(i.params.lot_size));
                    (InstrumentId::from(i.id), what)
                })
                .collect(),
        ))
    }

    pub(super) fn name(&self, id: InstrumentId) -> String {
        self.0
            .get(&id)
            .map_or_else(|| format!("instrument {id}"), |(name, _)| name.clone())
    }

    pub(super) fn quantity(&self, id: InstrumentId, lots: Position) -> String {
        let sign = if lots < Position::ZERO { "-" } else { "" };
        match self.0.get(&id) {
            Some((_, lot)) => format!("{sign}{}", lot.quantity(lots.size().get())),
            None => format!("{lots} lots"),
        }
    }

    /// Lots as a quantity of the underlying.
    pub(super) fn lots(&self, id: InstrumentId, lots: Lots) -> String {
        self.quantity(id, lots.bought().unwrap_or(Position::MAX))
    }

    pub(super) fn price(&self, id: InstrumentId, price: Price) -> String {
        self.0.get(&id).map_or_else(
            || show_money(price.get().into()),
            |(_, lot)| lot.unit_price(price.get()).to_string(),
        )
    }
}
