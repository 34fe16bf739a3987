//! Which web sites may ask.

use cloister_sequencer::entry::Origins;
use std::{convert::Infallible, str::FromStr};

/// A web site whose pages may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Any.
    All,
    /// This one.
    Site(String),
}

impl FromStr for Origin {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "all" => Self::All,
            site => Self::Site(site.into()),
        })
    }
}

/// Those of a list; all of them, if one of the list stands for all.
pub(super) fn allowed(origins: &[Origin]) -> Origins {
    let sites = origins.iter().map(|origin| match origin {
        Origin::All => None,
        Origin::Site(site) => Some(site.clone()),
    });
    sites.collect::<Option<Vec<_>>>().map_or(Origins::Any, Origins::Only)
}
